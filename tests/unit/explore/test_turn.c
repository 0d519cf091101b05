/* SPDX-License-Identifier: MIT */
#include "simulated.h"

/* An order of others can come between any two messages of an actor. */
TEST(turn, handles_one_message_at_a_time)
{
	static const uint32_t main_first[] = { 0, 0, 0, 0, 0, 0, 0, 0 };

	simulate(troupei_replay(main_first, 8), 1, NULL);
	CHECK_EQ(run_notes(5).handled, 5);
	simulation_over();
	CHECK_EQ(simulated_trace.messages, events_of(TRACE_HANDLE));
	CHECK_EQ(events_of(TRACE_HANDLE), 6);
	for (uint32_t i = 1; i < simulated_trace.event_count; i++) {
		const struct trace_event *event = &simulated_trace.events[i];
		CHECK(event[0].sort != TRACE_HANDLE || event[-1].sort != TRACE_HANDLE || event[0].now_ns > event[-1].now_ns);
	}
}
