/* SPDX-License-Identifier: MIT */
/* The loop of a worker: its own queues, the inject queue, other workers' rings, then sleep. Rules F1 to F4: worker.h. */
#include "scheduler/worker.h"

#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/threads.h"
#include "scheduler/scheduler.h"
#include "scheduler/spare.h"

enum { SEARCH_ROUNDS = 200, INJECT_BATCH = 64 };

__thread struct worker *troupei_worker_current __attribute__((tls_model("initial-exec")));

static bool ring_push(struct worker *worker, struct runnable *runnable)
{
	return ck_ring_enqueue_spmc(&worker->ring, worker->buffer, runnable);
}

static struct runnable *ring_pop(struct worker *worker)
{
	void *runnable;

	return ck_ring_dequeue_spmc(&worker->ring, worker->buffer, &runnable) ? runnable : NULL;
}

/* A worker alone needs neither the fence nor the look. */
static void wake_for_ring(struct worker *worker)
{
	struct scheduler *scheduler = worker->scheduler;

	if (troupei_scheduler_workers(scheduler) == 1 || troupei_is_simulated())
		return;
	troupei_fence_full(); /* S1 */
	if (troupei_idle_set_should_wake(&scheduler->idle))
		troupei_scheduler_wake_one(scheduler);
}

void troupei_worker_queue(struct worker *worker, struct runnable *runnable)
{
	if ((runnable->fresh & 1) && troupei_worker_ring_size(worker) >= FRESH_THRESHOLD &&
	    troupei_fresh_stack_push(&worker->fresh, runnable))
		return;
	if (!ring_push(worker, runnable))
		troupei_inject_queue_push(&worker->scheduler->inject, runnable);
	if (worker->streak > LIFO_STREAK_MAX)
		worker->streak = LIFO_STREAK_MAX; /* F1 */
	wake_for_ring(worker);
}

void troupei_worker_publish(struct worker *worker)
{
	struct runnable *runnable = worker->lifo;

	/* A worker alone need not, but for the spare that is about to come if it is kept (spare.h, P4). */
	if (runnable == NULL || (troupei_scheduler_workers(worker->scheduler) == 1 && !troupei_load_relaxed_8(&worker->kept)))
		return;
	worker->lifo = NULL;
	troupei_worker_queue(worker, runnable);
}

bool troupei_worker_has_more(const struct worker *worker)
{
	return worker->lifo != NULL || troupei_worker_ring_size(worker) > 0 ||
	       troupei_fresh_stack_count(&worker->fresh) > 0 || !troupei_inject_queue_is_empty(&worker->scheduler->inject);
}

/* One to run now, others to the ring. */
static struct runnable *take_injected(struct worker *worker)
{
	struct runnable *batch[INJECT_BATCH];
	uint32_t room = RING_CAPACITY - 1 - troupei_worker_ring_size(worker); /* thieves only make it larger */
	size_t n = troupei_inject_queue_pop(&worker->scheduler->inject, batch, room < INJECT_BATCH ? room + 1 : INJECT_BATCH);

	for (size_t i = 1; i < n; i++)
		ring_push(worker, batch[i]);
	if (n > 1)
		wake_for_ring(worker);
	return n > 0 ? batch[0] : NULL;
}

/* The lifo slot has had its streak: it gives way to the ring, if others wait there (F1). */
static struct runnable *take_own(struct worker *worker)
{
	struct runnable *runnable = worker->lifo;
	bool alone = troupei_worker_ring_size(worker) == 0;

	worker->lifo = NULL;
	worker->streak = alone ? LIFO_STREAK_ALONE : LIFO_STREAK_MAX;
	if (alone && runnable != NULL)
		return runnable;
	if (runnable != NULL) {
		if (troupei_unlikely(runnable == worker->drained)) {
			worker->drained = NULL; /* once: it says so again */
			return runnable;
		}
		troupei_worker_queue(worker, runnable);
	}
	return ring_pop(worker);
}

/* The fresh stack feeds the owner from the top, the ring (and so thieves) when that runs low, and ages (F1). */
static struct runnable *take_fresh(struct worker *worker, struct runnable *runnable)
{
	struct fresh_stack *fresh = &worker->fresh;
	struct runnable *moved;

	if (runnable == NULL)
		runnable = troupei_fresh_stack_pop_newest(fresh);
	if ((worker->turns & (AGING_TURNS - 1)) == 0 && troupei_worker_ring_size(worker) < RING_CAPACITY - 1 &&
	    (moved = troupei_fresh_stack_pop_oldest(fresh)) != NULL)
		ring_push(worker, moved);
	if (troupei_worker_ring_size(worker) >= FRESH_THRESHOLD / 4)
		return runnable;
	for (unsigned i = 0; i < FRESH_THRESHOLD / 2 && (moved = troupei_fresh_stack_pop_newest(fresh)) != NULL; i++)
		ring_push(worker, moved);
	wake_for_ring(worker);
	return runnable;
}

void troupei_worker_offer(struct worker *worker)
{
	struct runnable *runnable = worker->lifo;

	worker->lifo = NULL;
	if (runnable != NULL)
		troupei_thread_seam->offer(worker->scheduler, runnable);
	while ((runnable = ring_pop(worker)) != NULL || (runnable = troupei_fresh_stack_pop_oldest(&worker->fresh)) != NULL)
		troupei_thread_seam->offer(worker->scheduler, runnable);
}

/* Under test a seeded chooser says which of the waiting ones runs next: turn the ring until it is first. */
static struct runnable *take_chosen(struct worker *worker)
{
	const struct environment *environment = &worker->scheduler->environment;

	if (troupei_is_simulated()) {
		troupei_worker_offer(worker);
		return troupei_thread_seam->take(worker->scheduler);
	}
	if (worker->lifo != NULL && ring_push(worker, worker->lifo))
		worker->lifo = NULL;
	uint32_t choices = troupei_worker_ring_size(worker);
	uint32_t turn = choices > 1 ? environment->choose(environment->context, choices) % choices : 0;
	for (; turn > 0; turn--)
		ring_push(worker, ring_pop(worker));
	return ring_pop(worker);
}

/* Time is looked at when timers are armed, or every INJECT_TURNS turns, if 50 us have gone by. (Not at each turn of a streak.) */
static void look_at_timers(struct worker *worker)
{
	uint64_t ticks = troupei_clock_ticks();

	if (ticks - worker->timers_checked < troupei_clock_ticks_in(50000) && !worker->scheduler->environment.now_ns)
		return;
	worker->timers_checked = ticks;
	troupei_worker_fire_due(worker);
}

/* What runs now is none from the lifo slot. Under test each choice is the chooser's. */
static void begin_streak(struct worker *worker)
{
	worker->streak = worker->scheduler->environment.choose == NULL ? LIFO_STREAK_MAX : 0;
}

/* Every INJECT_TURNS turns, or a little later. */
static struct runnable *look_around(struct worker *worker)
{
	worker->inject_turn = worker->turns + INJECT_TURNS;
	if (worker->turns >= worker->balance_turn) {
		worker->balance_turn = worker->turns + BALANCE_TURNS;
		troupei_worker_balance(worker);
		if (worker->scheduler->hooks.now_and_then != NULL)
			worker->scheduler->hooks.now_and_then(worker);
	}
	return take_injected(worker);
}

static struct runnable *next_runnable(struct worker *worker)
{
	struct runnable *runnable = NULL;
	bool has_timers = troupei_timers_next(&worker->timers) != INT64_MAX;
	bool late = worker->turns >= worker->inject_turn;

	if (troupei_unlikely(has_timers || late)) {
		look_at_timers(worker);
		if (late && (runnable = look_around(worker)) != NULL)
			begin_streak(worker);
	}
	if (runnable == NULL)
		runnable = troupei_likely(worker->scheduler->environment.choose == NULL) ? take_own(worker)
		                                                                         : take_chosen(worker);
	if (troupei_unlikely(troupei_fresh_stack_count(&worker->fresh) > 0)) {
		runnable = take_fresh(worker, runnable);
		worker->streak = 0; /* each turn counts for them */
	}
	return runnable != NULL ? runnable : take_injected(worker);
}

/* It is not to steal for a while (pace.h). What comes from outside is not meant for any worker. */
static struct runnable *rest(struct worker *worker)
{
	struct runnable *runnable;

	do
		runnable = take_injected(worker);
	while (runnable == NULL && troupei_load_relaxed_32(&worker->scheduler->stop) == 0 && !troupei_pace_may_steal(worker));
	return runnable;
}

/* Nothing of one's own: look at the others for a bounded time. The last searcher that finds work wakes the next one (S3). */
static struct runnable *search(struct worker *worker)
{
	struct scheduler *scheduler = worker->scheduler;
	uint32_t workers = troupei_scheduler_workers(scheduler);
	struct runnable *runnable = NULL;

	if (workers == 1 || troupei_is_simulated())
		return NULL;
	if (!troupei_pace_may_steal(worker))
		return rest(worker);
	if (!troupei_idle_set_search_begin(&scheduler->idle, workers))
		return NULL;
	for (unsigned i = 0; i < SEARCH_ROUNDS && runnable == NULL; i++) {
		runnable = troupei_worker_steal(worker);
		if (runnable == NULL)
			runnable = take_injected(worker);
		if (runnable == NULL)
			troupei_spin_hint();
	}
	if (troupei_idle_set_search_end(&scheduler->idle) && runnable != NULL)
		wake_for_ring(worker);
	return runnable;
}

/* Apart from the function that jumps land in: its variables may lie in registers. */
static void __attribute__((noinline)) run_until_stopped(struct worker *worker)
{
	struct scheduler *scheduler = worker->scheduler;
	const uint32_t *stop = worker->spare ? &worker->off : &scheduler->stop;

	while (troupei_likely(troupei_load_acquire_32(stop) == 0)) {
		struct runnable *runnable = worker->lifo;
		troupei_count_own_64(&worker->turns, 1);
		if (troupei_likely(runnable != NULL && worker->streak > 0)) {
			worker->streak--;
			worker->lifo = NULL;
		} else if ((runnable = next_runnable(worker)) == NULL) {
			runnable = search(worker);
			begin_streak(worker);
		}
		if (troupei_likely(runnable != NULL))
			scheduler->hooks.run(worker, runnable);
		else
			troupei_worker_park(worker);
	}
}

void *troupei_worker_main(void *argument)
{
	struct worker *worker = argument;

	troupei_worker_current = worker;
	troupei_store_relaxed_32(&worker->tid, (uint32_t)gettid());
	/* Once in a worker's life: a turn costs nothing for it. The mask is not saved, which would be a system call. */
	if (sigsetjmp(worker->top, 0) != 0)
		worker->scheduler->hooks.escaped(worker);
	do
		run_until_stopped(worker);
	while (worker->spare && troupei_spare_rest(worker));
	if (worker->scheduler->hooks.end != NULL)
		worker->scheduler->hooks.end(worker);
	troupei_memory_flush();
	return NULL;
}
