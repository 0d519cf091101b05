/* SPDX-License-Identifier: MIT */
#include "crew.h"

#include "base/threads.h"
#include "base/clock.h"

enum { MEASURE = 1000 /* ticks */ };

/* A worker's view: time passes, messages are handled at a rate, it steals so often. */
struct thief {
	struct pace pace;
	struct pace_sight sight;
};

static struct thief thief(void)
{
	return (struct thief){ .sight = { .now = 100, .measure = MEASURE, .asks = true } };
}

/* True: it steals on. */
static bool passes(struct thief *t, uint64_t ticks, uint64_t messages, uint64_t thefts)
{
	t->sight.now += ticks;
	t->sight.handled += messages;
	t->sight.steals += thefts;
	return troupei_pace_step(&t->pace, &t->sight);
}

static void comes_to_steal(struct thief *t)
{
	CHECK(passes(t, 0, 0, 0));
	t->pace.since = t->sight.now;
}

/* Up to the first rest, with so many messages in each measure of work. */
static void asks(struct thief *t, uint64_t messages)
{
	comes_to_steal(t);
	uint64_t first = t->pace.steals_for / MEASURE;
	CHECK(passes(t, t->pace.steals_for, first * messages, first * 20));
	CHECK_EQ(t->pace.phase, PACE_BEFORE);
	CHECK(!passes(t, MEASURE, messages, 20));
	CHECK_EQ(t->pace.phase, PACE_RESTS);
}

TEST(pace, asks_nothing_of_one_that_steals_seldom)
{
	struct thief t = thief();
	comes_to_steal(&t);
	for (int i = 0; i < 1000; i++) {
		CHECK(passes(&t, MEASURE, 1000, 9));
		CHECK_EQ(t.pace.phase, PACE_STEALS);
	}
}

TEST(pace, asks_nothing_of_one_that_was_elsewhere)
{
	struct thief t = thief();
	comes_to_steal(&t);
	for (int i = 0; i < 1000; i++) {
		CHECK(passes(&t, 3 * t.pace.steals_for, 1000, 1000));
		CHECK_EQ(t.pace.phase, PACE_STEALS);
	}
}

TEST(pace, asks_nothing_while_another_does)
{
	struct thief t = thief();
	t.sight.asks = false;
	comes_to_steal(&t);
	for (int i = 0; i < 1000; i++)
		CHECK(passes(&t, MEASURE, 1000, 100));
	CHECK_EQ(t.pace.phase, PACE_STEALS);
}

TEST(pace, rests_for_longer_and_longer_while_that_is_better)
{
	struct thief t = thief();
	asks(&t, 1000);
	for (uint64_t measures = 1; measures <= 64; measures *= 2) {
		CHECK_EQ(t.pace.rests_for, measures * MEASURE);
		for (uint64_t slice = 1; slice < 4 * measures; slice++)
			CHECK(!passes(&t, MEASURE / 4, 500, 0));
		CHECK(passes(&t, MEASURE / 4, 500, 0));
		CHECK_EQ(t.pace.phase, PACE_BACK);
		CHECK(passes(&t, MEASURE, 100, 20)); /* of this nothing is concluded */
		CHECK_EQ(t.pace.phase, PACE_AFTER);
		CHECK(!passes(&t, MEASURE, 1000, 20));
	}
	CHECK_EQ(t.pace.rests_for, 64 * MEASURE);
}

TEST(pace, goes_on_when_resting_is_not_better)
{
	struct thief t = thief();
	asks(&t, 1000);
	uint64_t before = t.pace.steals_for;
	for (int slice = 1; slice < 4; slice++)
		CHECK(!passes(&t, MEASURE / 4, 280, 0)); /* 1.12 times as many are not enough */
	CHECK(passes(&t, MEASURE / 4, 280, 0));
	CHECK_EQ(t.pace.phase, PACE_STEALS);
	CHECK_EQ(t.pace.steals_for, 4 * before);
}

TEST(pace, goes_on_when_stealing_has_become_as_good)
{
	struct thief t = thief();
	asks(&t, 1000);
	for (int slice = 1; slice <= 4; slice++)
		passes(&t, MEASURE / 4, 500, 0);
	CHECK(passes(&t, MEASURE, 1000, 20));
	CHECK(passes(&t, MEASURE, 1900, 20));
	CHECK_EQ(t.pace.phase, PACE_STEALS);
}

TEST(pace, asks_later_and_later_but_never_stops_asking)
{
	struct thief t = thief();
	for (int i = 0; i < 20; i++) {
		asks(&t, 1000);
		CHECK(passes(&t, MEASURE / 4, 10, 0)); /* nine tenths would be 225 */
		CHECK_EQ(t.pace.phase, PACE_STEALS);
		CHECK(t.pace.steals_for <= 512 * MEASURE);
	}
	CHECK_EQ(t.pace.steals_for, 512 * MEASURE);
}

TEST(pace, a_long_rest_ends_when_the_others_stand)
{
	struct thief t = thief();
	asks(&t, 1000);
	for (int slice = 1; slice <= 4; slice++)
		passes(&t, MEASURE / 4, 500, 0);
	CHECK(passes(&t, MEASURE, 1000, 20));
	CHECK(!passes(&t, MEASURE, 1000, 20));
	CHECK_EQ(t.pace.rests_for, 2 * MEASURE);
	CHECK(!passes(&t, MEASURE / 4, 500, 0));
	CHECK(!passes(&t, MEASURE / 4, 130, 0)); /* more than half of what all did before: they get on */
	CHECK(passes(&t, MEASURE / 4, 120, 0));
	CHECK_EQ(t.pace.phase, PACE_STEALS);
}

TEST(pace, a_long_rest_is_not_measured_while_another_asks)
{
	struct thief t = thief();
	asks(&t, 1000);
	t.sight.asks = false;
	for (int slice = 0; slice < 100; slice++)
		CHECK(!passes(&t, MEASURE / 4, 500, 0));
	t.sight.asks = true;
	CHECK(passes(&t, MEASURE / 4, 500, 0));
	CHECK_EQ(t.pace.phase, PACE_BACK);
}

TEST(pace, a_measure_that_took_too_long_counts_for_nothing)
{
	struct thief t = thief();
	comes_to_steal(&t);
	CHECK(passes(&t, t.pace.steals_for, 1000, 100));
	CHECK_EQ(t.pace.phase, PACE_BEFORE);
	CHECK(passes(&t, 4 * MEASURE, 1000, 100));
	CHECK_EQ(t.pace.phase, PACE_STEALS);
}

/* Who asks may have found work of its own in between, and never come back to the question. */
TEST(pace, a_long_rest_ends_though_another_asks_for_ever)
{
	struct thief t = thief();
	asks(&t, 1000);
	t.sight.asks = false;
	int slices = 0;
	while (slices < 1000 && !passes(&t, MEASURE / 4, 500, 0))
		slices++;
	CHECK(slices <= 64 * 4);
	CHECK_EQ(t.pace.phase, PACE_STEALS);
}

TEST(pace, a_rest_ends_when_nobody_handles_anything_as_little_as_that_was_before)
{
	struct thief t = thief();
	asks(&t, 0);
	CHECK(passes(&t, MEASURE / 4, 0, 0));
	CHECK_EQ(t.pace.phase, PACE_STEALS);
}

TEST(pace, a_rest_ends_when_one_stands_with_work_in_its_ring_however_quick_the_others_are)
{
	struct thief t = thief();
	asks(&t, 1000);
	CHECK(!passes(&t, MEASURE / 4, 500, 0));
	t.sight.kept = true;
	CHECK(passes(&t, MEASURE / 4, 500, 0));
	CHECK_EQ(t.pace.phase, PACE_STEALS);
}

/* ------------------------------------------------------------------------------------------------ a crew without threads -- */

static uint64_t handled[4];

static uint64_t handled_by(const struct worker *worker)
{
	return worker->index == 3 ? handled[3] += 1000000000 : handled[worker->index]; /* the last one is quick */
}

/* A worker that would rest on, beside others that would let it: 1 stands, 2 goes on slowly, 3 does not stop. */
static void rest_in(struct scheduler *scheduler, struct worker **out)
{
	static struct runnable waiting[2];

	memset(handled, 0, sizeof handled);
	crew_init(scheduler, 4);
	scheduler->hooks.handled = handled_by;
	for (uint32_t i = 0; i < 2; i++) {
		struct worker *victim = scheduler->workers[1 + i];
		CHECK(ck_ring_enqueue_spmc(&victim->ring, victim->buffer, &waiting[i]));
	}
	*out = scheduler->workers[0];
	(*out)->pace = (struct pace){ .phase = PACE_RESTS, .rests_for = UINT64_MAX / 2, .stealing = 1e-9 };
}

/* Slices of rest; as many at most. */
static int count_rests(struct worker *worker, int max)
{
	int slices = 0;

	while (slices < max && !troupei_pace_may_steal(worker)) {
		handled[2]++;
		slices++;
	}
	return slices;
}

TEST(pace, does_not_let_work_wait_behind_one_of_several_who_stands)
{
	struct scheduler scheduler;
	struct worker *worker;
	rest_in(&scheduler, &worker);
	CHECK(count_rests(worker, 20) <= 6);
	crew_fini(&scheduler);
}

TEST(pace, rests_on_while_they_all_get_on_or_have_nothing_to_steal)
{
	struct scheduler scheduler;
	struct worker *worker;
	rest_in(&scheduler, &worker);
	CHECK(crew_take(scheduler.workers[1]) != NULL);
	CHECK_EQ(count_rests(worker, 20), 20);
	crew_fini(&scheduler);
}

TEST(pace, goes_on_when_resting_has_become_no_better_than_stealing_was_before)
{
	struct thief t = thief();
	comes_to_steal(&t);
	t.pace.phase = PACE_AFTER;
	t.pace.stealing = 10;
	t.pace.resting = 1;
	uint64_t before = t.pace.steals_for;
	CHECK(passes(&t, MEASURE, MEASURE, 20));
	CHECK_EQ(t.pace.phase, PACE_STEALS);
	CHECK_EQ(t.pace.steals_for, 4 * before); /* asks later */
}

TEST(pace, rests_on_while_nobody_has_anything)
{
	struct scheduler scheduler;
	struct worker *worker;
	rest_in(&scheduler, &worker);
	CHECK(crew_take(scheduler.workers[1]) != NULL && crew_take(scheduler.workers[2]) != NULL);
	worker->pace.suspect = 1;
	CHECK_EQ(count_rests(worker, 3), 3);
	CHECK_EQ(worker->pace.suspect, worker->index); /* nobody */
	crew_fini(&scheduler);
}

TEST(pace, does_not_sleep_when_all_is_to_stop)
{
	struct scheduler scheduler;
	struct worker *worker;
	rest_in(&scheduler, &worker);
	scheduler.stop = 1;
	troupei_pace_may_steal(worker);
	CHECK_EQ(worker->parker.deadline_ns, INT64_MAX); /* it never slept */
	scheduler.stop = 0;
	troupei_pace_may_steal(worker);
	CHECK(worker->parker.deadline_ns != INT64_MAX);
	crew_fini(&scheduler);
}

static uint32_t choose_first(void *context, uint32_t choices)
{
	(void)context, (void)choices;
	return 0;
}

static int64_t no_time(void *context)
{
	(void)context;
	return 0;
}

/* Whose order of events, or whose time, is a test's does not rest for a while. */
TEST(pace, says_nothing_under_test)
{
	static const struct thread_seam seam = { .workers = 4 };
	struct scheduler scheduler;
	struct worker *worker;
	rest_in(&scheduler, &worker);
	CHECK(crew_take(scheduler.workers[1]) != NULL && crew_take(scheduler.workers[2]) != NULL);
	CHECK(!troupei_pace_may_steal(worker));
	scheduler.environment.choose = choose_first;
	CHECK(troupei_pace_may_steal(worker));
	scheduler.environment.choose = NULL;
	scheduler.environment.now_ns = no_time;
	CHECK(troupei_pace_may_steal(worker));
	scheduler.environment.now_ns = NULL;
	troupei_thread_seam = &seam;
	CHECK(troupei_pace_may_steal(worker));
	troupei_thread_seam = NULL;
	CHECK(!troupei_pace_may_steal(worker));
	crew_fini(&scheduler);
}

/* It had nothing to do, and what has come to its ring since has not waited for a slice yet. */
TEST(pace, who_had_nothing_to_do_does_not_stand)
{
	static struct runnable late;
	struct scheduler scheduler;
	struct worker *worker;
	rest_in(&scheduler, &worker);
	struct worker *other = scheduler.workers[1];
	CHECK(crew_take(scheduler.workers[2]) != NULL);
	CHECK(!troupei_pace_may_steal(worker)); /* its ring is seen with something in it, */
	CHECK(crew_take(other) != NULL);
	handled[1]++;
	CHECK(!troupei_pace_may_steal(worker)); /* then empty, */
	CHECK(ck_ring_enqueue_spmc(&other->ring, other->buffer, &late));
	CHECK(!troupei_pace_may_steal(worker)); /* and with something again: from here on it is looked at */
	CHECK(troupei_pace_may_steal(worker));
	crew_fini(&scheduler);
}

/* E4: the question is nobody's while thieves steal freely, and one's who has begun to ask. */
TEST(pace, asks_once_it_has_stolen_often_and_not_before)
{
	struct scheduler scheduler;
	crew_init(&scheduler, 2);
	scheduler.hooks.handled = handled_by;
	struct worker *worker = scheduler.workers[1];
	CHECK(troupei_pace_may_steal(worker));
	CHECK_EQ(worker->pace.phase, PACE_STEALS);
	CHECK_EQ(scheduler.pacing, 0);
	worker->pace.steals_for = troupei_clock_ticks_in(1000000000);
	worker->pace.since = troupei_clock_ticks() - worker->pace.steals_for;
	worker->steals = 1000000;
	CHECK(troupei_pace_may_steal(worker));
	CHECK_EQ(worker->pace.phase, PACE_BEFORE);
	CHECK_EQ(scheduler.pacing, 2);
	crew_fini(&scheduler);
}

/* E3: a worker at rest is not woken for work, but takes what comes from outside. */
static struct task injected;

static void end_it(struct worker *worker, struct task *task)
{
	task->turns++;
	troupei_store_release_32(&worker->scheduler->stop, 1);
}

static uint64_t inject_while_it_rests(const struct worker *worker)
{
	static bool came;
	if (!came)
		troupei_inject_queue_push(&worker->scheduler->inject, &injected.runnable);
	came = true;
	return 0;
}

TEST(pace, what_comes_while_it_rests_is_not_lost)
{
	struct scheduler scheduler;
	crew_init(&scheduler, 2);
	struct worker *worker = scheduler.workers[0];
	scheduler.hooks.run = task_run;
	scheduler.hooks.handled = inject_while_it_rests;
	worker->pace = (struct pace){ .phase = PACE_RESTS, .rests_for = UINT64_MAX / 2 };
	injected.turn = end_it;
	troupei_worker_main(worker);
	CHECK_EQ(injected.turns, 1);
	troupei_worker_current = NULL;
	crew_fini(&scheduler);
}
