/* SPDX-License-Identifier: MIT */
#include "explore/trace.h"

#include "support/testing.h"

static struct trace trace;

static uint64_t hash_of(struct trace_event event)
{
	troupei_trace_begin(&trace, 1);
	troupei_trace_event(&trace, &event);
	return trace.hash;
}

TEST(trace, each_part_of_an_event_is_in_the_hash)
{
	struct trace_event plain = { .sort = TRACE_SEND, .by = 1, .to = 3, .message = 1, .kind = 2, .now_ns = 1000 }, other;
	uint64_t hash = hash_of(plain);

	CHECK_EQ(hash_of(plain), hash);
#define DIFFERS(part, value) (other = plain, other.part = (value), hash_of(other) != hash)
	CHECK(DIFFERS(sort, TRACE_HANDLE) && DIFFERS(by, 2) && DIFFERS(to, 1) && DIFFERS(message, 2) && DIFFERS(kind, 1));
	CHECK(DIFFERS(now_ns, 2000) && DIFFERS(now_ns, INT64_C(1000) << 32));
}

TEST(trace, events_and_choices_are_kept_in_order_until_there_is_no_room)
{
	troupei_trace_begin(&trace, 5);
	CHECK_EQ(trace.seed, 5);
	for (uint32_t i = 0; i < TRACE_EVENTS_MAX + 10; i++) {
		troupei_trace_choice(&trace, i);
		troupei_trace_event(&trace, &(struct trace_event){ .to = i });
	}
	CHECK_EQ(trace.event_count, TRACE_EVENTS_MAX);
	CHECK_EQ(trace.events[100].to, 100);
	CHECK_EQ(trace.events[100].choices, 101);
	for (uint32_t i = 0; i < TRACE_CHOICES_MAX; i++)
		troupei_trace_choice(&trace, i);
	CHECK_EQ(trace.choice_count, TRACE_CHOICES_MAX);
	CHECK_EQ(trace.choices[100], 100);
	troupei_trace_begin(&trace, 6);
	CHECK_EQ(trace.event_count + trace.choice_count, 0);
}
