/* SPDX-License-Identifier: MIT */
/* Starting workers, waiting until they are quiet, stopping them: the protocol at the head of scheduler.h. */
#include "scheduler/scheduler.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/memory.h"
#include "base/threads.h"

static void worker_free(struct worker *worker)
{
	troupei_fresh_stack_fini(&worker->fresh);
	troupei_timers_fini(&worker->timers);
	troupei_deallocate_aligned(worker);
}

struct worker *troupei_worker_new(struct scheduler *scheduler, uint32_t index, bool spare)
{
	struct worker *worker = troupei_allocate_aligned(scheduler->hooks.worker_size);

	if (worker == NULL)
		return NULL;
	memset(worker, 0, scheduler->hooks.worker_size);
	worker->scheduler = scheduler;
	worker->index = index;
	worker->spare = spare;
	worker->timers_checked = troupei_clock_ticks();
	worker->random = (scheduler->environment.seed + 1) * UINT64_C(0x9e3779b97f4a7c15) + index * 2 + 1;
	ck_ring_init(&worker->ring, RING_CAPACITY);
	troupei_parker_init(&worker->parker);
	troupei_timers_init(&worker->timers, troupei_scheduler_now(scheduler));
	if (scheduler->hooks.begin == NULL || scheduler->hooks.begin(worker))
		return worker;
	worker_free(worker);
	return NULL;
}

/* What the end of its thread would have given up. */
static void end_unstarted(struct worker *worker)
{
	if (!worker->started && worker->scheduler->hooks.end != NULL)
		worker->scheduler->hooks.end(worker);
}

static void scheduler_fini(struct scheduler *scheduler)
{
	if (troupei_is_simulated())
		troupei_thread_seam->close(scheduler);
	for (uint32_t i = 0; i < scheduler->worker_count; i++)
		if (scheduler->workers[i] != NULL) {
			end_unstarted(scheduler->workers[i]);
			worker_free(scheduler->workers[i]);
		}
	troupei_deallocate(scheduler->workers, scheduler->worker_limit * sizeof(struct worker *));
	troupei_inject_queue_fini(&scheduler->inject);
	pthread_cond_destroy(&scheduler->settled);
	pthread_mutex_destroy(&scheduler->settle_lock);
}

static bool scheduler_init(struct scheduler *scheduler, const struct scheduler_hooks *hooks,
                           const struct environment *environment, uint32_t workers)
{
	memset(scheduler, 0, sizeof *scheduler);
	scheduler->hooks = *hooks;
	scheduler->environment = *environment;
	pthread_mutex_init(&scheduler->settle_lock, NULL);
	troupei_cond_init(&scheduler->settled);
	troupei_idle_set_init(&scheduler->idle);
	troupei_inject_queue_init(&scheduler->inject);
	troupei_parker_init(&scheduler->watcher);
	uint32_t limit = 2 * workers < IDLE_WORDS * 64 ? 2 * workers : IDLE_WORDS * 64;
	scheduler->workers = troupei_allocate(limit * sizeof(struct worker *));
	if (scheduler->workers == NULL)
		return false;
	memset(scheduler->workers, 0, limit * sizeof(struct worker *));
	scheduler->worker_limit = limit;
	scheduler->worker_count = scheduler->regular_count = workers;
	for (uint32_t i = 0; i < workers; i++)
		if ((scheduler->workers[i] = troupei_worker_new(scheduler, i, false)) == NULL)
			return false;
	return true;
}

enum scheduler_start troupei_scheduler_start(struct scheduler *scheduler, const struct scheduler_hooks *hooks,
                                             const struct environment *environment, uint32_t workers)
{
	if (!scheduler_init(scheduler, hooks, environment, workers)) {
		scheduler_fini(scheduler);
		return SCHEDULER_NO_MEMORY;
	}
	for (uint32_t i = 0; i < workers; i++) {
		struct worker *worker = scheduler->workers[i];
		if (troupei_thread_create(&worker->thread, troupei_worker_main, worker) != 0) {
			troupei_scheduler_stop(scheduler, INT64_MAX);
			return SCHEDULER_NO_THREAD;
		}
		worker->started = 1;
	}
	return SCHEDULER_STARTED;
}

bool troupei_scheduler_start_alone(struct scheduler *scheduler, const struct scheduler_hooks *hooks,
                                   const struct environment *environment)
{
	if (scheduler_init(scheduler, hooks, environment, 1))
		return true;
	scheduler_fini(scheduler);
	return false;
}

bool troupei_scheduler_reserve(struct scheduler *scheduler, size_t runnables)
{
	return troupei_inject_queue_reserve(&scheduler->inject, runnables);
}

void troupei_scheduler_inject(struct scheduler *scheduler, struct runnable *runnable)
{
	if (troupei_is_simulated()) {
		troupei_thread_seam->offer(scheduler, runnable);
		return;
	}
	troupei_inject_queue_push(&scheduler->inject, runnable);
	troupei_fence_full(); /* S1 */
	if (troupei_idle_set_should_wake(&scheduler->idle))
		troupei_scheduler_wake_one(scheduler);
}

void troupei_scheduler_wake_one(struct scheduler *scheduler)
{
	uint32_t index = troupei_idle_set_take(&scheduler->idle);

	if (index != IDLE_NOBODY)
		troupei_parker_wake(&scheduler->workers[index]->parker);
}

void troupei_scheduler_timer_armed(struct scheduler *scheduler)
{
	/* As S1, but whoever searches now may find work and not look at the time: so one sleeper is woken in any case. One that
	 * joins the sleepers after this fence sees the timer before it sleeps. */
	troupei_fence_full();
	troupei_scheduler_wake_one(scheduler);
}

/* ---------------------------------------------------------------------------------------------------------- quiet -- */

bool troupei_scheduler_has_queued(struct scheduler *scheduler)
{
	if (!troupei_inject_queue_is_empty(&scheduler->inject))
		return true;
	if (troupei_is_simulated() && troupei_thread_seam->has_offers(scheduler))
		return true;
	for (uint32_t i = 0; i < troupei_scheduler_workers(scheduler); i++)
		if (troupei_worker_ring_size(scheduler->workers[i]) > 0)
			return true;
	return false;
}

static uint64_t parks(const struct scheduler *scheduler)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < troupei_scheduler_workers(scheduler); i++)
		sum += troupei_load_acquire_64(&scheduler->workers[i]->parks);
	return sum;
}

/* A worker counts its parks before it sets its bit. If all bits are set twice with no park between, then no bit was cleared
 * between either, and at that moment nobody held work (S5). */
bool troupei_scheduler_is_quiet(struct scheduler *scheduler)
{
	uint64_t before = parks(scheduler);

	if (!troupei_idle_set_all(&scheduler->idle, troupei_scheduler_workers(scheduler)))
		return false;
	/* While all sleep, nobody hands work to threads apart: once there is none it stays so. What they woke before they said so
	 * (APART.add) is in the inject queue by now, which is looked at after that: the other way round it could be missed. */
	if (troupei_load_acquire_32(&scheduler->apart) != 0 || troupei_scheduler_has_queued(scheduler))
		return false;
	/* QUIET.fence, with S5: who had taken what was not in the queues any more is seen to have left the sleepers. */
	troupei_fence_full();
	return troupei_idle_set_all(&scheduler->idle, troupei_scheduler_workers(scheduler)) && parks(scheduler) == before;
}

void troupei_scheduler_apart_begin(struct scheduler *scheduler)
{
	troupei_add_full_32(&scheduler->apart, 1);
}

void troupei_scheduler_apart_end(struct scheduler *scheduler)
{
	/* APART.add, full, pairs with the load in is_quiet: what was injected before is seen by who sees this. It is also the
	 * fence before notify_settled: either that sees the waiter, or the waiter's look sees this. */
	if (troupei_add_full_32(&scheduler->apart, (uint32_t)-1) == 1)
		troupei_scheduler_notify_settled(scheduler);
}

bool troupei_scheduler_settle(struct scheduler *scheduler, int64_t deadline_ns)
{
	bool quiet;

	pthread_mutex_lock(&scheduler->settle_lock);
	troupei_add_full_32(&scheduler->settle_waiters, 1);
	while (!(quiet = troupei_scheduler_is_quiet(scheduler)) &&
	       troupei_cond_wait(&scheduler->settled, &scheduler->settle_lock, deadline_ns))
		;
	troupei_add_full_32(&scheduler->settle_waiters, (uint32_t)-1);
	pthread_mutex_unlock(&scheduler->settle_lock);
	return quiet;
}

void troupei_scheduler_notify_settled(struct scheduler *scheduler)
{
	/* The full fence of troupei_idle_set_join stands before this load, that of the count before the waiter's look at the
	 * bits: one of the two sees the other. The lock closes the gap between the waiter's look and its wait. */
	if (troupei_load_relaxed_32(&scheduler->settle_waiters) == 0)
		return;
	if (!troupei_idle_set_all(&scheduler->idle, troupei_scheduler_workers(scheduler)))
		return;
	pthread_mutex_lock(&scheduler->settle_lock);
	troupei_cond_broadcast(&scheduler->settled);
	pthread_mutex_unlock(&scheduler->settle_lock);
}

/* -------------------------------------------------------------------------------------------------------- stopping -- */

static bool join_all(struct scheduler *scheduler, int64_t deadline_ns)
{
	bool all = true;

	for (uint32_t i = 0; i < troupei_scheduler_workers(scheduler); i++) {
		struct worker *worker = scheduler->workers[i];
		if (worker->started && !troupei_thread_join(worker->thread, deadline_ns))
			all = false;
	}
	return all;
}

bool troupei_scheduler_stop(struct scheduler *scheduler, int64_t deadline_ns)
{
	troupei_store_release_32(&scheduler->stop, 1); /* STOP.store, before anybody is woken by WAKE.add, which is full */
	troupei_fence_full();
	for (uint32_t i = 0; i < troupei_scheduler_workers(scheduler); i++) {
		troupei_store_release_32(&scheduler->workers[i]->off, 1); /* a spare's loop looks at this alone */
		troupei_parker_wake(&scheduler->workers[i]->parker);
	}
	if (!join_all(scheduler, deadline_ns))
		return false;
	scheduler_fini(scheduler);
	return true;
}
