/* SPDX-License-Identifier: MIT */
/* Workers on call. P1 to P4: spare.h. */
#include "scheduler/spare.h"

#include "base/memory.h"

static bool is_resting(const struct scheduler *scheduler, uint32_t index)
{
	return (troupei_load_acquire_64(&scheduler->idle.retired[index / 64]) >> index % 64 & 1) != 0;
}

/* ----------------------------------------------------------------------------------------------------- the caller's -- */

static void take_up(struct scheduler *scheduler, struct worker *spare)
{
	/* OFF.store before RETIRED.and, which is full: it is on duty, and not counted as asleep, before it can take work (S5). */
	troupei_store_release_32(&spare->off, 0);
	troupei_idle_set_unretire(&scheduler->idle, spare->index);
	troupei_parker_wake(&spare->parker);
}

/* There is no thread for it. While it was on duty it counted as awake: who has looked meanwhile whether all sleep looks again. */
static void lay_down(struct scheduler *scheduler, struct worker *spare)
{
	troupei_store_release_32(&spare->off, 1);
	troupei_idle_set_retire(&scheduler->idle, spare->index); /* full, before the load in notify_settled */
	troupei_scheduler_notify_settled(scheduler);
}

static bool add(struct scheduler *scheduler)
{
	uint32_t index = scheduler->worker_count;
	struct worker *spare = index < scheduler->worker_limit ? troupei_worker_new(scheduler, index, true) : NULL;

	if (spare == NULL)
		return false;
	troupei_store_release_ptr(&scheduler->workers[index], spare);
	/* COUNT.store, release, pairs with troupei_scheduler_workers: who counts it finds it. Before its thread: P1 */
	troupei_store_release_32(&scheduler->worker_count, index + 1);
	if (pthread_create(&spare->thread, NULL, troupei_worker_main, spare) == 0) {
		spare->started = 1;
		return true;
	}
	lay_down(scheduler, spare); /* it stays, without a thread: see call */
	return false;
}

/* One that was made when there was no thread to be had. */
static bool begin_again(struct worker *spare)
{
	if (spare->started)
		return true;
	spare->started = pthread_create(&spare->thread, NULL, troupei_worker_main, spare) == 0;
	return spare->started;
}

bool troupei_spare_call(struct scheduler *scheduler)
{
	for (uint32_t i = scheduler->regular_count; i < scheduler->worker_count; i++) {
		struct worker *spare = scheduler->workers[i];
		if (!is_resting(scheduler, i))
			continue;
		take_up(scheduler, spare);
		if (begin_again(spare))
			return true;
		lay_down(scheduler, spare);
		return false;
	}
	return add(scheduler);
}

void troupei_spare_dismiss(struct scheduler *scheduler)
{
	for (uint32_t i = scheduler->worker_count; i-- > scheduler->regular_count;) {
		struct worker *spare = scheduler->workers[i];
		if (troupei_load_relaxed_32(&spare->off) != 0)
			continue;
		troupei_store_release_32(&spare->off, 1);
		troupei_parker_wake(&spare->parker);
		return;
	}
}

uint32_t troupei_spare_count(const struct scheduler *scheduler)
{
	uint32_t count = 0;

	for (uint32_t i = scheduler->regular_count; i < scheduler->worker_count; i++)
		count += troupei_load_relaxed_32(&scheduler->workers[i]->off) == 0;
	return count;
}

void troupei_spare_poke(struct scheduler *scheduler)
{
	troupei_fence_full(); /* S1, in place of who left it out */
	if (troupei_scheduler_has_queued(scheduler))
		troupei_scheduler_wake_one(scheduler);
}

/* ------------------------------------------------------------------------------------------------------- the owner's -- */

static void give_away(struct worker *worker, struct runnable *runnable)
{
	if (!ck_ring_enqueue_spmc(&worker->ring, worker->buffer, runnable))
		troupei_inject_queue_push(&worker->scheduler->inject, runnable);
}

void troupei_worker_expose(struct worker *worker)
{
	struct fresh_stack *fresh = &worker->fresh;
	struct runnable *lifo = worker->lifo;

	worker->lifo = NULL;
	if (lifo != NULL)
		give_away(worker, lifo);
	while (fresh->bottom != fresh->top) /* without freeing the array, as a pop may */
		give_away(worker, fresh->array[fresh->bottom++ & (fresh->capacity - 1)]);
	troupei_store_relaxed_8(&worker->kept, 1);
	troupei_fence_full(); /* S1 */
	troupei_scheduler_wake_one(worker->scheduler);
}

static void empty_ring(struct worker *worker)
{
	void *runnable;

	while (ck_ring_dequeue_spmc(&worker->ring, worker->buffer, &runnable))
		troupei_inject_queue_push(&worker->scheduler->inject, runnable);
}

bool troupei_spare_rest(struct worker *worker)
{
	struct scheduler *scheduler = worker->scheduler;

	if (troupei_load_acquire_32(&scheduler->stop) != 0)
		return false;
	troupei_worker_expose(worker);
	troupei_store_relaxed_8(&worker->kept, 0);
	empty_ring(worker);
	troupei_memory_flush();
	troupei_count_own_64(&worker->parks, 1); /* before the bit, as in park */
	troupei_idle_set_retire(&scheduler->idle, worker->index); /* full */
	/* P2, S1: for what was given away, for the timers in its wheel, and for whoever woke this one a moment ago. */
	troupei_scheduler_wake_one(scheduler);
	troupei_scheduler_notify_settled(scheduler);
	for (;;) {
		uint32_t ticket = troupei_parker_ticket(&worker->parker);
		/* STOP.store, or RETIRED.and in take_up, each before it wakes the parker. Not `off`: who was called and dismissed
		 * again before it woke is none of those off duty now, and must go through its loop to become one. */
		if (troupei_load_acquire_32(&scheduler->stop) != 0)
			return false;
		if (!is_resting(scheduler, worker->index))
			return true;
		troupei_parker_sleep(&worker->parker, ticket, INT64_MAX);
	}
}
