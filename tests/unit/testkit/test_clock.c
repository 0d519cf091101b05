/* SPDX-License-Identifier: MIT */
/* Virtual time, and who goes on while a test waits. */
#include "clocked.h"

static bool has_ticked(void *context)
{
	return troupe_probe_calls(probe, CLOCK_TICK) >= *(size_t *)context;
}

TEST(clock, time_goes_by_as_far_as_it_is_told_and_no_further)
{
	begin();
	int64_t since = troupe_now(theirs);

	CHECK_OK(troupe_test_run());
	CHECK_EQ(troupe_now(theirs), since);
	CHECK_OK(troupe_test_advance(3600 * TROUPE_S + 7));
	CHECK_EQ(troupe_now(theirs) - since, 3600 * TROUPE_S + 7);
	end();
}

TEST(clock, what_is_due_at_the_end_of_the_time_has_been_handled)
{
	begin();
	CHECK_OK(troupe_send(clock_actor, CLOCK_START, .to = probe.ref, .every_ns = TROUPE_S));
	CHECK_OK(troupe_test_run());
	CHECK_OK(troupe_test_advance(TROUPE_S - 1));
	CHECK_EQ(troupe_probe_waiting(probe), 0);
	CHECK_OK(troupe_test_advance(1));
	CHECK_EQ(troupe_probe_waiting(probe), 1);
	CHECK_OK(troupe_test_advance(10 * TROUPE_S));
	CHECK_EQ(troupe_probe_waiting(probe), 11);
	end();
}

TEST(clock, nobody_runs_but_the_test_until_it_waits)
{
	begin();
	CHECK_OK(troupe_send(clock_actor, CLOCK_TICK, .ticks = 1));
	CHECK_OK(troupe_probe_send(probe, (ticker){ probe.ref }, CLOCK_TICK, .ticks = 2));
	CHECK_EQ(troupe_probe_calls(probe, 0), 0);
	CHECK_OK(troupe_test_run());
	CHECK_EQ(troupe_probe_calls(probe, 0), 1);
	end();
}

TEST(clock, a_condition_ends_the_wait_at_the_deadline_that_made_it_true)
{
	size_t ticks = 3;

	begin();
	int64_t since = troupe_now(theirs);
	CHECK_OK(troupe_send(clock_actor, CLOCK_START, .to = probe.ref, .every_ns = TROUPE_S));
	CHECK_OK(troupe_test_until(has_ticked, &ticks, "three ticks", 10 * TROUPE_S));
	CHECK_EQ(troupe_now(theirs) - since, 3 * TROUPE_S);
	CHECK_OK(troupe_test_until(has_ticked, &ticks, "three ticks", 0));
	ticks = 100;
	CHECK_EQ(troupe_test_until(has_ticked, &ticks, "a hundred ticks", 10 * TROUPE_S), TROUPE_ETIMEOUT);
	CHECK_STR_EQ(troupe_test_words(), "expected within 10 s: a hundred ticks");
	CHECK_EQ(troupe_now(theirs) - since, 13 * TROUPE_S);
	CHECK_EQ(troupe_test_until(has_ticked, &ticks, NULL, 0), TROUPE_ETIMEOUT);
	CHECK(troupe_test_until(NULL, NULL, NULL, 0) == TROUPE_EINVAL);
	CHECK(troupe_test_until(has_ticked, &ticks, NULL, -1) == TROUPE_EINVAL);
	end();
}

TEST(clock, no_time_before_now_and_none_past_the_end_of_time)
{
	int64_t deadline;

	begin();
	CHECK(troupe_test_advance(-1) == TROUPE_EINVAL);
	CHECK(troupe_test_advance(INT64_MAX) == TROUPE_EINVAL);
	CHECK(!troupei_kit_deadline(INT64_MAX - troupe_now(theirs), &deadline));
	CHECK(troupei_kit_deadline(INT64_MAX - 1 - troupe_now(theirs), &deadline));
	CHECK_EQ(deadline, INT64_MAX - 1);
	end();
}

TEST(clock, one_that_never_rests_is_told_and_does_not_stop_time)
{
	begin();
	spin();
	CHECK_EQ(troupe_test_run(), TROUPE_ETIMEOUT);
	CHECK_STR_EQ(troupe_test_words(), "expected that all comes to rest; after 200000 steps it has not");
	int64_t since = troupe_now(theirs);
	CHECK_EQ(troupe_test_advance(TROUPE_S), TROUPE_ETIMEOUT);
	CHECK(troupe_now(theirs) - since >= TROUPE_S);
	CHECK_EQ(troupe_probe_expect_kind(probe, CLOCK_TICK, TROUPE_MS), TROUPE_ETIMEOUT);
	CHECK_OK(troupe_send(clock_actor, CLOCK_START, .to = probe.ref, .every_ns = TROUPE_MS));
	CHECK_OK(troupe_probe_expect_kind(probe, CLOCK_TICK, TROUPE_S)); /* the others get their turn too */
	CHECK(troupe_test_end(theirs) != TROUPE_EFAILED);
}

/* Two actors that send a probe ten messages each. */
static troupe_verdict send_ten(troupe_actor *me, const troupe_message *m)
{
	for (int64_t i = 0; i < 10; i++)
		CHECK_OK(troupe_send_from(me, *(const ticker *)m->data, CLOCK_TICK, .ticks = i));
	return TROUPE_HANDLED;
}

static uint64_t order_by(uint64_t seed)
{
	static const troupe_behaviour ten = { .name = "ten", .receive = send_ten };
	troupe_ref first, second;
	uint64_t order = 0;

	begin_by(seed);
	CHECK_OK(troupe_spawn(theirs, &ten, NULL, &first));
	CHECK_OK(troupe_spawn(theirs, &ten, NULL, &second));
	CHECK_OK(troupe_send_bytes(first, 1, &probe.ref, sizeof probe.ref));
	CHECK_OK(troupe_send_bytes(second, 1, &probe.ref, sizeof probe.ref));
	for (unsigned i = 0; i < 20; i++) {
		CHECK_OK(troupe_probe_expect_kind(probe, CLOCK_TICK, 0));
		order = 2 * order + troupe_ref_equal(troupe_probe_last(probe)->sender, first);
	}
	end();
	return order;
}

TEST(clock, the_same_seed_is_the_same_order_and_others_are_others)
{
	uint64_t differ = 0;

	for (uint64_t seed = 1; seed <= 8; seed++) {
		CHECK_EQ(order_by(seed), order_by(seed));
		differ += order_by(seed) != order_by(seed + 1);
	}
	CHECK(differ >= 6);
}
