/* SPDX-License-Identifier: MIT */
/* Bad input in structs and numbers: options, expectations and behaviours with a field out of range, sizes of options structs
 * that are not this library's, durations below 0. */
#include <limits.h>

#include "victim.h"

static const troupe_ref nobody;

/* An options struct of a newer program: larger than ours. */
struct newer_options { troupe_options known; uint64_t unknown[4]; };
struct newer_spawn { troupe_spawn_options known; uint64_t unknown[4]; };
struct newer_expectation { troupe_expectation known; uint64_t unknown[4]; };

/* ------------------------------------------------------------------------------------------------ sizes of structs -- */

static void check_start(const troupe_options *options, troupe_status expected)
{
	troupe_system system = { NULL };

	CHECK_EQ(troupe_start(options, &system), expected);
	if (expected == TROUPE_OK)
		CHECK_OK(troupe_finish(system, LIMIT));
	else
		CHECK(system.private_ == NULL);
}

TEST(options, of_a_system_by_size)
{
	struct newer_options newer = { .known = { .struct_size = sizeof newer, .workers = 1 } };

	check_start(&newer.known, TROUPE_OK);
	newer.unknown[3] = UINT64_C(1) << 63;
	check_start(&newer.known, TROUPE_EINVAL);
	newer.known.struct_size = sizeof newer.known;
	check_start(&newer.known, TROUPE_OK);
	for (uint32_t size = 0; size < 4; size++) {
		newer.known.struct_size = size;
		check_start(&newer.known, TROUPE_EINVAL);
	}
}

TEST(options, of_an_older_system_end_where_it_says)
{
	troupe_options older = { .struct_size = offsetof(troupe_options, actors_max), .workers = 1, .actors_max = 1,
		                 .turn_ns_max = -1 }; /* what lies behind its end is not read */
	troupe_system system;

	CHECK_OK(troupe_start(&older, &system));
	CHECK_OK(troupe_spawn(system, &victim_behaviour, NULL, NULL));
	CHECK_OK(troupe_spawn(system, &victim_behaviour, NULL, NULL));
	CHECK_OK(troupe_finish(system, LIMIT));
	check_start(&(troupe_options){ .struct_size = 4, .workers = 1000 }, TROUPE_OK);
}

TEST(options, of_a_spawn_by_size)
{
	struct newer_spawn newer = { .known = { .struct_size = sizeof newer } };

	victim_start();
	CHECK_OK(troupe_spawn_with(theirs, NULL, &victim_behaviour, NULL, &newer.known, NULL));
	newer.unknown[0] = 1;
	CHECK_EQ(troupe_spawn_with(theirs, NULL, &victim_behaviour, NULL, &newer.known, NULL), TROUPE_EINVAL);
	for (uint32_t size = 0; size < 4; size++) {
		newer.known.struct_size = size;
		CHECK_EQ(troupe_spawn_with(theirs, NULL, &victim_behaviour, NULL, &newer.known, NULL), TROUPE_EINVAL);
	}
	newer.known = (troupe_spawn_options){ .struct_size = 4, .child = true, .name = "" };
	CHECK_OK(troupe_spawn_with(theirs, NULL, &victim_behaviour, NULL, &newer.known, NULL));
	victim_finish();
}

TEST(options, of_a_future_by_size)
{
	struct newer_expectation newer = { .known = { .struct_size = sizeof newer } };
	troupe_future future;

	victim_start();
	CHECK_OK(troupe_future_open(theirs, &newer.known, &future));
	troupe_future_close(future);
	newer.unknown[1] = 1;
	CHECK_EQ(troupe_future_open(theirs, &newer.known, &future), TROUPE_EINVAL);
	for (uint32_t size = 0; size < 4; size++) {
		newer.known.struct_size = size;
		CHECK_EQ(troupe_future_open(theirs, &newer.known, &future), TROUPE_EINVAL);
	}
	newer.known = (troupe_expectation){ .struct_size = 8, .questions = 1 << 20 };
	CHECK_OK(troupe_future_open(theirs, &newer.known, &future));
	troupe_future_close(future);
	victim_finish();
}

/* --------------------------------------------------------------------------------------------------- out of range -- */

TEST(options, more_workers_than_allowed)
{
	check_start(TROUPE_OPTIONS(troupe_options, .workers = TROUPE_WORKERS_MAX + 1), TROUPE_EINVAL);
	check_start(TROUPE_OPTIONS(troupe_options, .workers = UINT32_MAX), TROUPE_EINVAL);
}

TEST(options, turns_below_0)
{
	check_start(TROUPE_OPTIONS(troupe_options, .turn_ns_max = -1), TROUPE_EINVAL);
	check_start(TROUPE_OPTIONS(troupe_options, .turn_ns_max = INT64_MIN), TROUPE_EINVAL);
	check_start(TROUPE_OPTIONS(troupe_options, .workers = 1, .turn_ns_max = INT64_MAX), TROUPE_OK);
}

TEST(options, crashes_within_less_than_no_time)
{
	check_start(TROUPE_OPTIONS(troupe_options, .crashes_within_ns = -1), TROUPE_EINVAL);
	check_start(TROUPE_OPTIONS(troupe_options, .crashes_max = 1, .crashes_within_ns = INT64_MIN), TROUPE_EINVAL);
	check_start(TROUPE_OPTIONS(troupe_options, .workers = 1, .crashes_max = UINT64_MAX, .crashes_within_ns = INT64_MAX),
	            TROUPE_OK);
}

TEST(options, handlers_that_may_take_less_than_no_time)
{
	check_start(TROUPE_OPTIONS(troupe_options, .handler_ns_max = -2), TROUPE_EINVAL);
	check_start(TROUPE_OPTIONS(troupe_options, .handler_ns_max = INT64_MIN), TROUPE_EINVAL);
	check_start(TROUPE_OPTIONS(troupe_options, .workers = 1, .handler_ns_max = -1), TROUPE_OK);
	check_start(TROUPE_OPTIONS(troupe_options, .workers = 1, .handler_ns_max = 1), TROUPE_OK);
	check_start(TROUPE_OPTIONS(troupe_options, .workers = 1, .handler_ns_max = INT64_MAX), TROUPE_OK);
}

static void check_behaviour(const troupe_behaviour *behaviour)
{
	troupe_ref out = { 7 };

	CHECK_EQ(troupe_spawn(theirs, behaviour, NULL, &out), TROUPE_EINVAL);
	CHECK_EQ(troupe_spawn_with(theirs, NULL, behaviour, NULL, NULL, &out), TROUPE_EINVAL);
	CHECK_EQ(out.bits_private, 7);
}

TEST(options, behaviour_whose_handlers_may_take_less_than_no_time)
{
	victim_start();
	check_behaviour(&(troupe_behaviour){ .receive = victim_receive, .handler_ns_max = -2 });
	check_behaviour(&(troupe_behaviour){ .receive = victim_receive, .handler_ns_max = INT64_MIN });
	victim_finish();
}

TEST(options, behaviour_without_receive)
{
	victim_start();
	check_behaviour(&(troupe_behaviour){ .name = "none" });
	victim_finish();
}

TEST(options, behaviour_with_a_fate_that_there_is_not)
{
	victim_start();
	check_behaviour(&(troupe_behaviour){ .receive = victim_receive, .leftovers = (troupe_fate)(TROUPE_DRAIN + 1) });
	check_behaviour(&(troupe_behaviour){ .receive = victim_receive, .leftovers = (troupe_fate)-1 });
	victim_finish();
}

TEST(options, behaviour_with_something_reserved)
{
	victim_start();
	for (unsigned i = 0; i < sizeof((troupe_behaviour *)0)->reserved / sizeof(uint64_t); i++) {
		troupe_behaviour behaviour = { .receive = victim_receive };
		behaviour.reserved[i] = UINT64_C(1) << (i * 8);
		check_behaviour(&behaviour);
	}
	check_behaviour(&(troupe_behaviour){ .receive = victim_receive, .bounds = &(troupe_bounds){ .messages_max = 0 } });
	check_behaviour(&(troupe_behaviour){ .receive = victim_receive, .blocks = 2 });
	check_behaviour(&(troupe_behaviour){ .receive = victim_receive, .traps = 2 });
	check_behaviour(&(troupe_behaviour){ .receive = victim_receive, .blocks = 1, .isolation = TROUPE_PROCESS });
	check_behaviour(&(troupe_behaviour){ .receive = victim_receive, .leftovers = TROUPE_DRAIN,
	                                     .isolation = TROUPE_PROCESS });
	check_behaviour(&(troupe_behaviour){ .receive = victim_receive, .handler_ns_max = 1, .isolation = TROUPE_PROCESS });
	check_behaviour(&(troupe_behaviour){ .receive = victim_receive, .isolation = (troupe_isolation)(TROUPE_PROCESS + 1) });
	check_behaviour(&(troupe_behaviour){ .receive = victim_receive, .reserved_small = 1 });
	victim_finish();
}

TEST(options, child_of_nobody)
{
	victim_start();
	CHECK_EQ(troupe_spawn_with(theirs, NULL, &victim_behaviour, NULL,
	                           TROUPE_OPTIONS(troupe_spawn_options, .child = true), NULL),
	         TROUPE_EINVAL);
	victim_finish();
}

#define EXPECTATION(...) { .struct_size = sizeof(troupe_expectation), __VA_ARGS__ }

static const troupe_expectation bad_expectations[] = {
	EXPECTATION(.answers = 65536), EXPECTATION(.answers = UINT32_MAX - 1), EXPECTATION(.questions = 65536),
	EXPECTATION(.within_ns = -1),  EXPECTATION(.within_ns = INT64_MIN),    EXPECTATION(.answers = 1, .questions = UINT32_MAX),
	{ .struct_size = 3 },          { .answers = 1 },
};

enum { BAD_EXPECTATIONS = sizeof bad_expectations / sizeof *bad_expectations };

TEST(options, futures_out_of_range)
{
	troupe_future future = { { 7 } };

	victim_start();
	for (int i = 0; i < BAD_EXPECTATIONS; i++)
		CHECK_EQ(troupe_future_open(theirs, &bad_expectations[i], &future), TROUPE_EINVAL);
	CHECK_EQ(troupe_future_open(theirs, TROUPE_OPTIONS(troupe_expectation, .hold = true), &future), TROUPE_EINVAL);
	CHECK_EQ(troupe_future_open(theirs, TROUPE_OPTIONS(troupe_expectation, .then = victim_receive), &future),
	         TROUPE_EINVAL);
	CHECK_EQ(future.ref.bits_private, 7);
	CHECK_OK(troupe_future_open(theirs, TROUPE_OPTIONS(troupe_expectation, .answers = 65535, .questions = 65535),
	                            &future));
	troupe_future_close(future);
	troupe_future_close(future);
	victim_finish();
}

static troupe_verdict try_expectations(troupe_actor *me, const troupe_message *m)
{
	troupe_ref first, out = { 7 };

	(void)m;
	for (int i = 0; i < BAD_EXPECTATIONS; i++)
		CHECK_EQ(troupe_expect(me, &bad_expectations[i], &out), TROUPE_EINVAL);
	CHECK_OK(troupe_expect(me, TROUPE_OPTIONS(troupe_expectation, .hold = true), &first));
	CHECK_EQ(troupe_expect(me, TROUPE_OPTIONS(troupe_expectation, .hold = true), &out), TROUPE_EINVAL);
	CHECK_OK(troupe_forget(me, first));
	CHECK_EQ(troupe_forget(me, first), TROUPE_EGONE);
	CHECK_EQ(troupe_forget(me, nobody), TROUPE_EGONE);
	CHECK_EQ(troupe_ask_then(me, actor, GET, NULL, -1, .n = 1), TROUPE_EINVAL);
	CHECK_EQ(out.bits_private, 7);
	return TROUPE_HANDLED;
}

TEST(options, expectations_out_of_range)
{
	victim_start();
	perform(try_expectations);
	victim_finish();
}

/* -------------------------------------------------------------------------------------------------------- durations -- */

TEST(options, durations_below_0)
{
	const int64_t below[] = { -1, INT64_MIN };
	struct value answer;

	victim_start();
	troupe_ledger before = ledger_now();
	for (int i = 0; i < 2; i++) {
		CHECK_EQ(troupe_settle(theirs, below[i]), TROUPE_EINVAL);
		CHECK_EQ(troupe_finish(theirs, below[i]), TROUPE_EINVAL);
		CHECK_EQ(troupe_wait_end(actor.ref, below[i], NULL), TROUPE_EINVAL);
		CHECK_EQ(troupe_stop_wait(actor.ref, below[i]), TROUPE_EINVAL);
		CHECK_EQ(troupe_call(actor, GET, VALUE, &answer, below[i], .n = 1), TROUPE_EINVAL);
	}
	check_nothing_since(before);
	victim_finish();
}

TEST(options, the_longest_durations_are_allowed)
{
	struct value answer;

	victim_start();
	CHECK_OK(troupe_settle(theirs, INT64_MAX));
	CHECK_OK(troupe_call(actor, GET, VALUE, &answer, INT64_MAX, .n = 1));
	CHECK_OK(troupe_stop_wait(actor.ref, INT64_MAX));
	CHECK_OK(troupe_finish(theirs, INT64_MAX));
	check_books();
}

static troupe_verdict try_timers(troupe_actor *me, const troupe_message *m)
{
	troupe_timer timer = { 7 };

	(void)m;
	CHECK_EQ(troupe_after(me, -1, NOTE, 0, &timer), TROUPE_EINVAL);
	CHECK_EQ(troupe_after(me, INT64_MIN, NOTE, 0, &timer), TROUPE_EINVAL);
	CHECK_EQ(troupe_every(me, 0, NOTE, 0, &timer), TROUPE_EINVAL);
	CHECK_EQ(troupe_every(me, -1, NOTE, 0, &timer), TROUPE_EINVAL);
	CHECK_EQ(troupe_every(me, INT64_MIN, NOTE, 0, &timer), TROUPE_EINVAL);
	CHECK_EQ(timer.bits_private, 7);
	CHECK_EQ(troupe_cancel(me, (troupe_timer){ 0 }), TROUPE_ENOENT);
	CHECK_EQ(troupe_cancel(me, (troupe_timer){ UINT64_MAX }), TROUPE_ENOENT);
	CHECK_OK(troupe_after(me, INT64_MAX, NOTE, 0, &timer));
	CHECK_OK(troupe_cancel(me, timer));
	CHECK_OK(troupe_every(me, INT64_MAX, NOTE, 0, &timer));
	return TROUPE_HANDLED;
}

TEST(options, delays_and_periods_out_of_range)
{
	victim_start();
	perform(try_timers);
	victim_finish();
	CHECK_EQ(notes, 0);
}

/* ----------------------------------------------------------------------------------------------------- status codes -- */

TEST(options, status_codes_that_there_are_not)
{
	const int codes[] = { 1, -99, -999, INT_MAX };

	for (int i = 0; i < 4; i++) {
		CHECK_STR_EQ(troupe_status_name((troupe_status)codes[i]), "?");
		CHECK(troupe_status_text((troupe_status)codes[i]) != NULL);
	}
	CHECK_STR_EQ(troupe_status_name((troupe_status)INT_MIN), "TROUPE_EUSER");
}
