/* SPDX-License-Identifier: MIT */
/* What the tests of this room share: things to run, and a crew of workers without threads, which a test moves by itself. */
#ifndef TROUPE_TESTS_UNIT_SCHEDULER_CREW_H
#define TROUPE_TESTS_UNIT_SCHEDULER_CREW_H

#include <sched.h>
#include <stdlib.h>

#include "scheduler/scheduler.h"
#include "support/testing.h"

/* A runnable with its turn. */
struct task {
	struct runnable runnable;
	uint32_t number;
	void (*turn)(struct worker *worker, struct task *task);
	uint64_t turns; /* this and own are the turn's, to do with what it wants */
	void *own;
};

/* Hook: run a task, on the worker that this thread is. */
static inline void task_run(struct worker *worker, struct runnable *runnable)
{
	struct task *task = (struct task *)runnable;

	CHECK(worker == troupei_worker_current);
	runnable->fresh = 0;
	if (task->turn != NULL)
		task->turn(worker, task);
}

/* Block until @p word is at least @p value. */
static inline void wait_for(const uint64_t *word, uint64_t value)
{
	while (troupei_load_acquire_64(word) < value)
		sched_yield();
}

static inline void start_workers(struct scheduler *scheduler, const struct scheduler_hooks *hooks,
                                 const struct environment *environment, uint32_t workers)
{
	static const struct environment real = { .seed = 1 };

	CHECK_EQ(troupei_scheduler_start(scheduler, hooks, environment != NULL ? environment : &real, workers),
	         SCHEDULER_STARTED);
	CHECK(troupei_scheduler_reserve(scheduler, 1024));
}

static inline void settle(struct scheduler *scheduler)
{
	CHECK(troupei_scheduler_settle(scheduler, INT64_MAX));
}

static inline void settle_and_stop(struct scheduler *scheduler)
{
	settle(scheduler);
	CHECK(troupei_scheduler_stop(scheduler, INT64_MAX));
}

/* ------------------------------------------------------------------------------------------------ without threads -- */

static inline struct worker *crew_worker(struct scheduler *scheduler, uint32_t index)
{
	struct worker *worker = aligned_alloc(TROUPEI_CACHE_LINE, sizeof *worker);

	CHECK(worker != NULL);
	memset(worker, 0, sizeof *worker);
	worker->scheduler = scheduler;
	worker->index = index;
	worker->random = index + 1;
	ck_ring_init(&worker->ring, RING_CAPACITY);
	troupei_parker_init(&worker->parker);
	troupei_timers_init(&worker->timers, 0);
	return worker;
}

static inline void crew_init(struct scheduler *scheduler, uint32_t workers)
{
	memset(scheduler, 0, sizeof *scheduler);
	troupei_idle_set_init(&scheduler->idle);
	troupei_inject_queue_init(&scheduler->inject);
	CHECK(troupei_inject_queue_reserve(&scheduler->inject, 1));
	CHECK_OK(pthread_mutex_init(&scheduler->settle_lock, NULL));
	CHECK_OK(pthread_cond_init(&scheduler->settled, NULL));
	scheduler->workers = calloc(workers, sizeof(struct worker *));
	CHECK(scheduler->workers != NULL);
	scheduler->worker_count = scheduler->regular_count = scheduler->worker_limit = workers;
	for (uint32_t i = 0; i < workers; i++)
		scheduler->workers[i] = crew_worker(scheduler, i);
}

static inline void crew_fini(struct scheduler *scheduler)
{
	for (uint32_t i = 0; i < scheduler->worker_count; i++) {
		troupei_fresh_stack_fini(&scheduler->workers[i]->fresh);
		troupei_timers_fini(&scheduler->workers[i]->timers);
		free(scheduler->workers[i]);
	}
	free(scheduler->workers);
	troupei_inject_queue_fini(&scheduler->inject);
	pthread_cond_destroy(&scheduler->settled);
	pthread_mutex_destroy(&scheduler->settle_lock);
}

/* What any thread may do with a ring: take its oldest; NULL: empty. */
static inline struct task *crew_take(struct worker *worker)
{
	void *runnable;

	return ck_ring_dequeue_spmc(&worker->ring, worker->buffer, &runnable) ? runnable : NULL;
}

#endif
