/* SPDX-License-Identifier: MIT */
/* Promise: a timer is never early, never comes after it was cancelled or its actor has ended, and keeps its rhythm. */
#include "fixture.h"

enum { TICK = 1, MANY = 100000, FEW = 200 };

/* What an actor of these tests knows. The test reads it when the system is settled or finished. */
struct clockwork {
	int64_t armed_ns[FEW], delay_ns[FEW], seen_ns[FEW];
	int count, early, after_cancel;
	atomic_int ticks;
	uint64_t last_beat;
	bool twice; /* two ticks in it */
	int64_t period_ns;
	troupe_timer timers[FEW];
	troupe_timer *many;
	atomic_uchar *marks;
	int64_t block_ns;
};

static struct clockwork clockwork;

static void reset(void)
{
	memset(&clockwork, 0, sizeof clockwork);
}

static troupe_ref spawned(struct fixture *f, const troupe_behaviour *behaviour)
{
	troupe_ref ref;

	CHECK_OK(troupe_spawn(f->system, behaviour, NULL, &ref));
	return ref;
}

/* ------------------------------------------------------------------------------------------------------ never early -- */

static troupe_verdict note_time(troupe_actor *me, const troupe_message *m)
{
	if (m->kind == DO)
		return do_task(me, m);
	CHECK_EQ(m->kind, TICK);
	CHECK_EQ(m->size, 0);
	CHECK(m->data == NULL);
	CHECK(m->token < FEW);
	clockwork.seen_ns[m->token] = troupe_now(me->system);
	clockwork.count++;
	return TROUPE_HANDLED;
}

static const troupe_behaviour noting = { .name = "clock", .receive = note_time };
static const troupe_behaviour draining = { .name = "clock", .receive = note_time, .leftovers = TROUPE_DRAIN };

static troupe_verdict do_arm_few(troupe_actor *me, void *argument)
{
	(void)argument;
	for (int i = 0; i < FEW; i++) {
		clockwork.delay_ns[i] = i * 37 % 101 * 300 * TROUPE_US + i;
		clockwork.armed_ns[i] = troupe_now(me->system);
		CHECK_OK(troupe_after(me, clockwork.delay_ns[i], TICK, (uint64_t)i, &clockwork.timers[i]));
	}
	return TROUPE_HANDLED;
}

static void wait_for_count(struct fixture *f, const int *count, int wanted)
{
	for (int64_t waited = 0; waited < LIMIT; waited += TROUPE_MS) {
		troupe_counters counters;
		CHECK_OK(troupe_counters_read(f->system, &counters));
		if (counters.timers_armed == 0)
			break;
		sleep_ns(TROUPE_MS);
	}
	fixture_settle(f);
	CHECK_EQ(*count, wanted);
}

TEST(timers, are_never_early_and_each_comes_once)
{
	struct fixture f;
	fixture_start(&f, 2);
	reset();
	troupe_ref clock = spawned(&f, &noting);
	tell(clock, do_arm_few, NULL);
	fixture_settle(&f);
	wait_for_count(&f, &clockwork.count, FEW);
	for (int i = 0; i < FEW; i++)
		CHECK(clockwork.seen_ns[i] >= clockwork.armed_ns[i] + clockwork.delay_ns[i]);
	fixture_finish(&f);
}

/* ------------------------------------------------------------------------------------------------------ cancelling -- */

static troupe_verdict do_arm_few_far_away(troupe_actor *me, void *argument)
{
	(void)argument;
	for (int i = 0; i < FEW; i++)
		CHECK_OK(troupe_after(me, TROUPE_S * (30 + i), TICK, (uint64_t)i, &clockwork.timers[i]));
	return TROUPE_HANDLED;
}

static troupe_verdict do_cancel_few(troupe_actor *me, void *argument)
{
	(void)argument;
	for (int i = 0; i < FEW; i++) {
		CHECK_OK(troupe_cancel(me, clockwork.timers[i]));
		CHECK_EQ(troupe_cancel(me, clockwork.timers[i]), TROUPE_ENOENT);
	}
	return TROUPE_HANDLED;
}

TEST(timers, cancelled_long_before_they_are_due_never_come)
{
	struct fixture f;
	fixture_start(&f, 2);
	reset();
	troupe_ref clock = spawned(&f, &noting);
	tell(clock, do_arm_few_far_away, NULL);
	tell(clock, do_cancel_few, NULL);
	fixture_settle(&f);
	troupe_counters counters;
	CHECK_OK(troupe_counters_read(f.system, &counters));
	CHECK_EQ(counters.timers_armed, 0);
	CHECK_EQ(clockwork.count, 0);
	fixture_finish(&f);
}

/* All are due, and have been fired by the other workers, while this handler still runs. */
static troupe_verdict do_cancel_when_due(troupe_actor *me, void *argument)
{
	troupe_timer timers[FEW];

	(void)argument;
	for (int i = 0; i < FEW; i++)
		CHECK_OK(troupe_after(me, i % 3 * TROUPE_US, TICK, 0, &timers[i]));
	sleep_ns(20 * TROUPE_MS);
	for (int i = 0; i < FEW; i++)
		CHECK_OK(troupe_cancel(me, timers[i]));
	return TROUPE_HANDLED;
}

TEST(timers, cancelled_when_due_and_queued_never_come)
{
	struct fixture f;
	fixture_start(&f, 2);
	reset();
	troupe_ref clock = spawned(&f, &noting);
	doer other = doer_spawn(&f);
	tell(clock, do_cancel_when_due, NULL);
	for (int i = 0; i < 20; i++) { /* keeps another worker awake, so that it fires them */
		tell(other.ref, do_nothing, NULL);
		sleep_ns(TROUPE_MS);
	}
	wait_for_count(&f, &clockwork.count, 0);
	CHECK(troupe_is_alive(clock));
	fixture_finish(&f);
}

static troupe_timer stolen;

static troupe_verdict do_arm_one(troupe_actor *me, void *argument)
{
	(void)argument;
	CHECK_OK(troupe_after(me, 20 * TROUPE_MS, TICK, 0, &stolen));
	return TROUPE_HANDLED;
}

static troupe_verdict do_cancel_anothers(troupe_actor *me, void *argument)
{
	(void)argument;
	CHECK_EQ(troupe_cancel(me, stolen), TROUPE_ENOENT);
	CHECK_EQ(troupe_cancel(me, (troupe_timer){ 0 }), TROUPE_ENOENT);
	CHECK_EQ(troupe_cancel(me, (troupe_timer){ UINT64_MAX }), TROUPE_ENOENT);
	return TROUPE_HANDLED;
}

TEST(timers, of_one_actor_are_out_of_reach_for_another)
{
	struct fixture f;
	fixture_start(&f, 1);
	reset();
	troupe_ref clock = spawned(&f, &noting);
	doer thief = doer_spawn(&f);
	perform(&f, clock, do_arm_one, NULL);
	perform(&f, thief.ref, do_cancel_anothers, NULL);
	wait_for_count(&f, &clockwork.count, 1);
	fixture_finish(&f);
}

static troupe_verdict do_cancel_old(troupe_actor *me, void *argument)
{
	(void)argument;
	troupe_timer old, young;
	CHECK_OK(troupe_after(me, 3600 * TROUPE_S, TICK, 0, &old));
	CHECK_OK(troupe_cancel(me, old));
	CHECK_OK(troupe_after(me, 10 * TROUPE_MS, TICK, 0, &young));
	CHECK_EQ(troupe_cancel(me, old), TROUPE_ENOENT);
	return TROUPE_HANDLED;
}

TEST(timers, that_are_over_are_not_mistaken_for_newer_ones)
{
	struct fixture f;
	fixture_start(&f, 1);
	reset();
	troupe_ref clock = spawned(&f, &noting);
	perform(&f, clock, do_cancel_old, NULL);
	wait_for_count(&f, &clockwork.count, 1);
	fixture_finish(&f);
}

/* -------------------------------------------------------------------------------------------------------- periodic -- */

/* No tick is before its beat, and none is made up for: two may come to be handled in one beat, when this thread was held up
 * between the tick and the look at the clock, but never three. */
static troupe_verdict keep_rhythm(troupe_actor *me, const troupe_message *m)
{
	if (m->kind == DO)
		return do_task(me, m);
	int64_t since = troupe_now(me->system) - clockwork.armed_ns[0];
	uint64_t beat = (uint64_t)(since / clockwork.period_ns);
	CHECK_EQ(m->token, 77);
	CHECK(beat >= 1);
	CHECK(beat > clockwork.last_beat || (beat == clockwork.last_beat && !clockwork.twice));
	clockwork.twice = beat == clockwork.last_beat;
	clockwork.last_beat = beat;
	if (atomic_fetch_add(&clockwork.ticks, 1) % 4 == 1)
		sleep_ns(5 * clockwork.period_ns / 2); /* late: two beats are missed and left out */
	if (clockwork.ticks == 20)
		CHECK_OK(troupe_cancel(me, clockwork.timers[0]));
	return TROUPE_HANDLED;
}

static const troupe_behaviour rhythmic = { .name = "clock", .receive = keep_rhythm };

static troupe_verdict do_arm_periodic(troupe_actor *me, void *argument)
{
	(void)argument;
	clockwork.armed_ns[0] = troupe_now(me->system);
	CHECK_OK(troupe_every(me, clockwork.period_ns, TICK, 77, &clockwork.timers[0]));
	return TROUPE_HANDLED;
}

TEST(timers, that_are_periodic_keep_their_rhythm_and_do_not_catch_up)
{
	struct fixture f;
	fixture_start(&f, 2);
	reset();
	clockwork.period_ns = 4 * TROUPE_MS;
	troupe_ref clock = spawned(&f, &rhythmic);
	perform(&f, clock, do_arm_periodic, NULL);
	for (int64_t waited = 0; clockwork.ticks < 20; waited += TROUPE_MS) {
		CHECK(waited < LIMIT);
		sleep_ns(TROUPE_MS);
	}
	sleep_ns(20 * TROUPE_MS);
	fixture_settle(&f);
	CHECK_EQ(clockwork.ticks, 20);
	fixture_finish(&f);
}

/* ------------------------------------------------------------------------------------------------- the actor's end -- */

static troupe_verdict do_arm_and_exit(troupe_actor *me, void *block_ns)
{
	for (int i = 0; i < FEW; i++)
		CHECK_OK(troupe_after(me, i % 4 * 5 * TROUPE_US, TICK, 0, NULL));
	CHECK_OK(troupe_every(me, TROUPE_US, TICK, 0, NULL));
	sleep_ns(*(int64_t *)block_ns);
	troupe_exit(me, TROUPE_OK);
	return TROUPE_HANDLED;
}

static uint64_t timers_armed(struct fixture *f)
{
	troupe_counters counters;

	CHECK_OK(troupe_counters_read(f->system, &counters));
	return counters.timers_armed;
}

TEST(timers, armed_end_with_their_actor)
{
	struct fixture f;
	int64_t block_ns = 0;
	fixture_start(&f, 1);
	reset();
	troupe_ref clock = spawned(&f, &noting);
	tell(clock, do_arm_and_exit, &block_ns);
	CHECK_OK(troupe_wait_end(clock, LIMIT, NULL));
	fixture_settle(&f);
	CHECK_EQ(timers_armed(&f), 0);
	CHECK_EQ(clockwork.count, 0);
	fixture_finish(&f);
}

/* Fired by another worker and queued when the actor ends; then their memory is used again, many times. */
TEST(timers, queued_end_with_their_actor)
{
	struct fixture f;
	int64_t block_ns = 10 * TROUPE_MS;
	fixture_start(&f, 2);
	reset();
	doer other = doer_spawn(&f);
	for (int round = 0; round < 5; round++) {
		troupe_ref clock = spawned(&f, &noting);
		tell(clock, do_arm_and_exit, &block_ns);
		for (int i = 0; i < 8; i++) {
			tell(other.ref, do_nothing, NULL);
			sleep_ns(TROUPE_MS);
		}
		CHECK_OK(troupe_wait_end(clock, LIMIT, NULL));
	}
	fixture_settle(&f);
	CHECK_EQ(timers_armed(&f), 0);
	CHECK_EQ(clockwork.count, 0);
	for (int i = 0; i < 1000; i++)
		check_handles(&f, other.ref);
	fixture_finish(&f);
}

static troupe_verdict exit_on_tick(troupe_actor *me, const troupe_message *m)
{
	if (m->kind == DO)
		return do_task(me, m);
	atomic_fetch_add(&clockwork.ticks, 1);
	troupe_exit(me, TROUPE_OK);
	return TROUPE_HANDLED;
}

static const troupe_behaviour exiting = { .name = "clock", .receive = exit_on_tick };

static troupe_verdict do_arm_all_for_one_moment(troupe_actor *me, void *argument)
{
	(void)argument;
	for (int i = 0; i < FEW; i++)
		CHECK_OK(troupe_after(me, 0, TICK, 0, NULL));
	return TROUPE_HANDLED;
}

TEST(timers, due_at_the_same_moment_end_with_an_actor_that_the_first_one_ends)
{
	struct fixture f;
	fixture_start(&f, 1);
	reset();
	doer other = doer_spawn(&f);
	for (int round = 1; round <= 10; round++) {
		troupe_ref clock = spawned(&f, &exiting);
		tell(clock, do_arm_all_for_one_moment, NULL);
		CHECK_OK(troupe_wait_end(clock, LIMIT, NULL));
		CHECK_EQ(clockwork.ticks, round);
	}
	for (int i = 0; i < 1000; i++)
		check_handles(&f, other.ref);
	fixture_finish(&f);
}

static troupe_verdict do_sleep(troupe_actor *me, void *ns)
{
	(void)me;
	sleep_ns(*(int64_t *)ns);
	return TROUPE_HANDLED;
}

TEST(timers, that_come_due_while_their_actor_drains_end_with_it)
{
	struct fixture f;
	int64_t none = 0, some = 10 * TROUPE_MS;
	fixture_start(&f, 2);
	reset();
	doer other = doer_spawn(&f);
	troupe_ref clock = spawned(&f, &draining);
	tell(clock, do_sleep, &some);
	tell(clock, do_arm_and_exit, &none);
	for (int i = 0; i < 3; i++)
		tell(clock, do_sleep, &some);
	for (int i = 0; i < 40; i++) {
		tell(other.ref, do_nothing, NULL);
		sleep_ns(TROUPE_MS);
	}
	CHECK_OK(troupe_wait_end(clock, LIMIT, NULL));
	fixture_settle(&f);
	for (int i = 0; i < 1000; i++)
		check_handles(&f, other.ref);
	fixture_finish(&f);
}

/* Actors end just when their timers fire on other workers. */
TEST(timers, that_fire_while_their_actor_ends_do_no_harm)
{
	struct fixture f;
	int64_t block_ns[4] = { 1000, 5000, 10000, 60000 };
	const int rounds = TEST_WITH_TSAN ? 200 : 1000;
	fixture_start(&f, 4);
	reset();
	for (int i = 0; i < rounds; i++) {
		troupe_ref clock = spawned(&f, &noting);
		tell(clock, do_arm_and_exit, &block_ns[i % 4]);
	}
	fixture_settle(&f);
	CHECK_EQ(clockwork.count, 0);
	CHECK_EQ(timers_armed(&f), 0);
	fixture_finish(&f);
}

/* ------------------------------------------------------------------------------------------------------------- many -- */

static troupe_verdict mark(troupe_actor *me, const troupe_message *m)
{
	if (m->kind == DO)
		return do_task(me, m);
	clockwork.marks[m->token]++;
	clockwork.count++;
	return TROUPE_HANDLED;
}

static const troupe_behaviour marking = { .name = "clock", .receive = mark };

static troupe_verdict do_arm_many(troupe_actor *me, void *argument)
{
	(void)argument;
	for (int i = 0; i < MANY; i++)
		CHECK_OK(troupe_after(me, 100 * TROUPE_MS + i % 1000 * 20 * TROUPE_US, TICK, (uint64_t)i, &clockwork.many[i]));
	for (int i = 0; i < MANY; i += 2)
		CHECK_OK(troupe_cancel(me, clockwork.many[i]));
	return TROUPE_HANDLED;
}

TEST(timers, of_100000_the_cancelled_half_stays_away_and_the_other_half_comes_once)
{
	struct fixture f;
	fixture_start(&f, 2);
	reset();
	clockwork.many = calloc(MANY, sizeof *clockwork.many);
	clockwork.marks = calloc(MANY, sizeof *clockwork.marks);
	troupe_ref clock = spawned(&f, &marking);
	perform(&f, clock, do_arm_many, NULL);
	wait_for_count(&f, &clockwork.count, MANY / 2);
	for (int i = 0; i < MANY; i++)
		CHECK_EQ(clockwork.marks[i], i % 2);
	fixture_finish(&f);
	free(clockwork.many);
	free(clockwork.marks);
}

TEST(timers, armed_do_not_keep_a_system_from_ending)
{
	struct fixture f;
	fixture_start(&f, 2);
	reset();
	clockwork.period_ns = 3600 * TROUPE_S;
	troupe_ref clock = spawned(&f, &rhythmic);
	perform(&f, clock, do_arm_periodic, NULL);
	CHECK_EQ(timers_armed(&f), 1);
	fixture_finish(&f);
}

/* ---------------------------------------------------------------------------------------------- codes and far times -- */

static troupe_verdict do_bad_timers(troupe_actor *me, void *argument)
{
	troupe_timer timer = { 99 };

	(void)argument;
	CHECK_EQ(troupe_after(me, -1, TICK, 0, &timer), TROUPE_EINVAL);
	CHECK_EQ(troupe_after(me, 0, 0, 0, &timer), TROUPE_EINVAL);
	CHECK_EQ(troupe_after(me, 0, TROUPE_UNANSWERED, 0, &timer), TROUPE_EINVAL);
	CHECK_EQ(troupe_every(me, 0, TICK, 0, &timer), TROUPE_EINVAL);
	CHECK_EQ(troupe_every(me, -5, TICK, 0, &timer), TROUPE_EINVAL);
	CHECK_EQ(timer.bits_private, 99);
	CHECK_OK(troupe_after(me, INT64_MAX, TICK, 0, &timer));
	CHECK_OK(troupe_cancel(me, timer));
	CHECK_OK(troupe_every(me, INT64_MAX, TICK, 0, &timer));
	return TROUPE_HANDLED;
}

TEST(timers, refuse_what_is_not_allowed_and_wait_centuries_if_told_to)
{
	struct fixture f;
	fixture_start(&f, 1);
	reset();
	troupe_ref clock = spawned(&f, &noting);
	perform(&f, clock, do_bad_timers, NULL);
	sleep_ns(5 * TROUPE_MS);
	CHECK_EQ(clockwork.count, 0);
	CHECK_EQ(timers_armed(&f), 1);
	fixture_finish(&f);
}

TEST(timers, of_an_unknown_kind_are_dead_letters_like_other_messages)
{
	struct fixture f;
	fixture_start(&f, 1);
	reset();
	doer d = doer_spawn(&f); /* knows DO alone */
	perform(&f, d.ref, do_arm_one, NULL);
	for (int64_t waited = 0; timers_armed(&f) > 0; waited += TROUPE_MS) {
		CHECK(waited < LIMIT);
		sleep_ns(TROUPE_MS);
	}
	fixture_settle(&f);
	CHECK_EQ(fixture_letters(&f, TICK, TROUPE_EUNKNOWN), 1);
	fixture_finish(&f);
}
