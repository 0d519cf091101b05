/* SPDX-License-Identifier: MIT */
/* Steal or rest. E1 to E4: pace.h. */
#include "scheduler/pace.h"

#include "base/clock.h"
#include "base/threads.h"
#include "scheduler/scheduler.h"

#define BETTER 1.15
enum { OFTEN = 10 /* thefts in a measure */, STEALS_FOR_MAX = 512, RESTS_FOR_MAX = 64 /* measures */ };

static void begin(struct pace *pace, enum pace_phase phase, const struct pace_sight *sight)
{
	pace->phase = phase;
	pace->since = pace->slice_since = sight->now;
	pace->handled = pace->slice_handled = sight->handled;
	pace->steals = sight->steals;
}

/* Messages a tick in this phase. */
static double rate(const struct pace *pace, const struct pace_sight *sight)
{
	return (double)(sight->handled - pace->handled) / (double)(sight->now - pace->since);
}

static bool is_better(double rate, double than)
{
	return rate > than * BETTER;
}

/* Resting is not better: it is asked again later, and later. */
static void go_on(struct pace *pace, const struct pace_sight *sight)
{
	if (pace->steals_for < STEALS_FOR_MAX * sight->measure)
		pace->steals_for *= 4;
	begin(pace, PACE_STEALS, sight);
}

/* One that was not here for long slept, or had work of its own: what it measures says nothing about theft. */
static void steals(struct pace *pace, const struct pace_sight *sight)
{
	uint64_t passed = sight->now - pace->since;

	if (pace->steals_for == 0)
		pace->steals_for = 2 * sight->measure;
	if (passed < pace->steals_for)
		return;
	bool often = passed < 2 * pace->steals_for && (sight->steals - pace->steals) * sight->measure >= OFTEN * passed;
	begin(pace, often && sight->asks ? PACE_BEFORE : PACE_STEALS, sight);
}

/* It steals, and is measured. After a rest only when it has what it steals in its cache again. */
static void measures(struct pace *pace, const struct pace_sight *sight)
{
	uint64_t passed = sight->now - pace->since;
	double before = pace->stealing;

	if (passed < sight->measure)
		return;
	if (pace->phase == PACE_BACK || passed > 3 * sight->measure) {
		begin(pace, pace->phase == PACE_BACK ? PACE_AFTER : PACE_STEALS, sight);
		return;
	}
	pace->stealing = rate(pace, sight);
	if (pace->phase == PACE_BEFORE) {
		pace->rests_for = sight->measure;
	} else if (is_better(pace->resting, before) && is_better(pace->resting, pace->stealing)) {
		pace->steals_for = sight->measure;
		if (pace->rests_for < RESTS_FOR_MAX * sight->measure)
			pace->rests_for *= 2;
	} else {
		go_on(pace, sight);
		return;
	}
	begin(pace, PACE_RESTS, sight);
}

/* E2 */
static bool others_stand(const struct pace *pace, const struct pace_sight *sight)
{
	bool first = pace->rests_for <= sight->measure;
	double least = pace->stealing * (double)(sight->now - pace->slice_since) * (first ? 0.9 : 0.5);
	uint64_t handled = sight->handled - pace->slice_handled;

	return sight->kept || handled == 0 || (double)handled < least;
}

/* A slice of rest is over. */
static void rests(struct pace *pace, const struct pace_sight *sight)
{
	bool stand = others_stand(pace, sight);
	uint64_t passed = sight->now - pace->since;

	pace->slice_since = sight->now;
	pace->slice_handled = sight->handled;
	if (!stand && !sight->asks && passed >= RESTS_FOR_MAX * sight->measure) { /* E4 */
		begin(pace, PACE_STEALS, sight);
		return;
	}
	if (!stand && (passed < pace->rests_for || !sight->asks))
		return;
	pace->resting = rate(pace, sight);
	if (stand || !is_better(pace->resting, pace->stealing))
		go_on(pace, sight);
	else
		begin(pace, PACE_BACK, sight);
}

bool troupei_pace_step(struct pace *pace, const struct pace_sight *sight)
{
	if (pace->phase == PACE_STEALS)
		steals(pace, sight);
	else if (pace->phase == PACE_RESTS)
		rests(pace, sight);
	else
		measures(pace, sight);
	return pace->phase != PACE_RESTS;
}

/* ---------------------------------------------------------------------------------------------------------- a worker's -- */

static uint64_t handled_by_all(const struct scheduler *scheduler)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < troupei_scheduler_workers(scheduler); i++)
		sum += scheduler->hooks.handled(scheduler->workers[i]);
	return sum;
}

/* E2: does the one that was looked at before a slice stand, with something in its ring? If not, another is looked at. */
static bool is_kept(struct worker *worker)
{
	const struct scheduler *scheduler = worker->scheduler;
	struct pace *pace = &worker->pace;
	uint32_t count = troupei_scheduler_workers(scheduler), at = pace->suspect;
	const struct worker *suspect = scheduler->workers[at];

	if (suspect != worker && troupei_worker_ring_size(suspect) > 0 &&
	    scheduler->hooks.handled(suspect) == pace->suspect_handled)
		return true;
	do
		at = (at + 1) % count;
	while (at != pace->suspect && (at == worker->index || troupei_worker_ring_size(scheduler->workers[at]) == 0));
	pace->suspect = troupei_worker_ring_size(scheduler->workers[at]) > 0 ? at : worker->index; /* itself: nobody */
	pace->suspect_handled = scheduler->hooks.handled(scheduler->workers[at]);
	return false;
}

/* E4: it does not ask in a long rest, nor while it steals freely. */
static bool asks(const struct pace *pace, uint64_t measure)
{
	return pace->phase != PACE_STEALS && (pace->phase != PACE_RESTS || pace->rests_for <= measure);
}

/* Relaxed: a glance that two workers have at the same moment costs a bad measure, nothing else. */
static void step(struct worker *worker)
{
	struct scheduler *scheduler = worker->scheduler;
	uint32_t me = worker->index + 1, asking = troupei_load_relaxed_32(&scheduler->pacing);
	struct pace_sight sight = { .now = troupei_clock_ticks(), .handled = handled_by_all(scheduler),
		                    .steals = worker->steals, .measure = troupei_clock_ticks_in(PACE_MEASURE_NS),
		                    .asks = asking == 0 || asking == me,
		                    .kept = worker->pace.phase == PACE_RESTS && is_kept(worker) };

	troupei_pace_step(&worker->pace, &sight);
	if (asks(&worker->pace, sight.measure))
		troupei_store_relaxed_32(&scheduler->pacing, me);
	else if (asking == me)
		troupei_store_relaxed_32(&scheduler->pacing, 0);
}

bool troupei_pace_may_steal(struct worker *worker)
{
	struct pace *pace = &worker->pace;
	const struct scheduler *scheduler = worker->scheduler;

	/* Spares have come because others stand. Under test, time and order are a test's. */
	if (scheduler->hooks.handled == NULL || worker->spare || troupei_is_simulated() || scheduler->environment.choose != NULL ||
	    scheduler->environment.now_ns != NULL)
		return true;
	if (pace->phase == PACE_RESTS) {
		uint32_t ticket = troupei_parker_ticket(&worker->parker);
		if (troupei_load_acquire_32(&scheduler->stop) == 0) /* STOP.store comes before it wakes the parker */
			troupei_parker_sleep(&worker->parker, ticket, troupei_clock_ns() + (int64_t)PACE_SLICE_NS);
	}
	if (pace->phase != PACE_STEALS || troupei_clock_ticks() - pace->since >= pace->steals_for)
		step(worker);
	return pace->phase != PACE_RESTS;
}
