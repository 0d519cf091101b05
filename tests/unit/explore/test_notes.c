/* SPDX-License-Identifier: MIT */
#include "simulated.h"

#include "base/callback.h"

TEST(notes, each_message_is_noted_when_it_is_sent_and_when_it_is_handled)
{
	uint32_t handled = 0;

	simulate(troupei_random_walk(), 1, NULL);
	CHECK_EQ(run_notes(20).handled, 20);
	simulation_over();
	for (uint32_t i = 0; i < simulated_trace.event_count; i++) {
		const struct trace_event *event = &simulated_trace.events[i];
		if (event->sort != TRACE_HANDLE || event->kind != NOTE)
			continue;
		CHECK_EQ(event->message, ++handled); /* from one sender: in order */
		CHECK_EQ(event->by, troupei_unit_of_thread(0));
		CHECK_EQ(event->to, troupei_unit_of_actor(1));
	}
	CHECK_EQ(handled, 20);
	CHECK_EQ(events_of(TRACE_SEND), events_of(TRACE_HANDLE));
	CHECK_EQ(events_of(TRACE_SPAWN), 1);
	CHECK_EQ(events_of(TRACE_END), 1);
	CHECK_STR_EQ(simulated_trace.names[1], "noter");
}

TEST(notes, by_chance_a_handler_fails)
{
	static const struct simulation limits = { .steps_max = 1000000, .crashes_ppm = 1000000 };

	simulate(troupei_random_walk(), 1, &limits);
	troupe_ledger ledger = run_notes(1);
	simulation_over();
	CHECK_EQ(events_of(TRACE_CRASH), 1);
	CHECK_EQ(events_of(TRACE_HANDLE), 0);
	CHECK_EQ(ledger.sent, ledger.handled + ledger.dead + ledger.returned);
}
