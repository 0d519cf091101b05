/* SPDX-License-Identifier: MIT */
/* What the tests of this room share: a pool, and work that can be held up. */
#ifndef TROUPE_TESTS_UNIT_EXECUTORS_SHOP_H
#define TROUPE_TESTS_UNIT_EXECUTORS_SHOP_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "base/memory.h"
#include "executors/pool.h"
#include "support/testing.h"
#include "troupe.h"

#define LIMIT (30 * TROUPE_S) /* generous: no test depends on speed */

static troupe_pool pool;
static atomic_int working, done, shut, released;

static inline void nap(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 100000 }, NULL);
}

static inline void await(atomic_int *count, int value)
{
	for (int64_t waited = 0; atomic_load(count) < value; waited += TROUPE_MS / 10) {
		CHECK(waited < LIMIT);
		nap();
	}
}

static inline void open_pool(uint32_t threads_max)
{
	CHECK_OK(troupe_pool_open(TROUPE_OPTIONS(troupe_pool_options, .threads_max = threads_max), &pool));
}

static inline void close_pool(void)
{
	atomic_store(&shut, 0);
	CHECK_OK(troupe_pool_close(pool, LIMIT, TROUPE_RUN_QUEUED));
}

/* Gives back the number that it was given, times ten, when the door is open. */
static inline troupe_status work_number(troupe_job *job, void *argument)
{
	int number = *(int *)argument;

	atomic_fetch_add(&working, 1);
	while (atomic_load(&shut))
		nap();
	atomic_fetch_add(&done, 1);
	number *= 10;
	return troupe_job_give(job, &number, sizeof number);
}

static inline troupe_status work_fail(troupe_job *job, void *status)
{
	troupe_job_explain(job, "it was too dark");
	return *(troupe_status *)status;
}

static inline troupe_task submit_number(int number)
{
	troupe_task task;

	CHECK_OK(troupe_submit(pool, work_number, &number, sizeof number, NULL, &task));
	return task;
}

/* All threads are at a door that is shut: what is submitted now waits. */
static inline void keep_busy(int threads)
{
	int number = 0;

	atomic_store(&shut, 1);
	for (int i = 0; i < threads; i++)
		CHECK_OK(troupe_submit(pool, work_number, &number, sizeof number, NULL, NULL));
	await(&working, threads);
}

static inline troupe_status outcome_of(troupe_task task)
{
	troupe_status outcome = TROUPE_EUSER;

	CHECK_OK(troupe_task_wait(task, LIMIT, &outcome));
	return outcome;
}

static inline int result_of(troupe_task task)
{
	size_t size = 0;
	const int *result = troupe_task_result(task, &size);

	CHECK(result != NULL);
	CHECK_EQ(size, sizeof *result);
	return *result;
}

static inline void count_release(void *argument)
{
	(void)argument;
	atomic_fetch_add(&released, 1);
}

static atomic_int allocations_allowed;

static inline bool fail_when_used_up(size_t size)
{
	(void)size;
	return atomic_fetch_sub(&allocations_allowed, 1) <= 0;
}

#endif
