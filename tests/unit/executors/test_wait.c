/* SPDX-License-Identifier: MIT */
/* Waiting for one, for the next, for all; times that are over. */
#include "shop.h"

enum { TASKS = 20, WAITERS = 4 };

static troupe_task tasks[TASKS];

static void submit_all(int n)
{
	for (int i = 0; i < n; i++)
		tasks[i] = submit_number(i);
}

TEST(wait, as_they_end)
{
	uint64_t after = 0, last = 0;
	size_t which, visits = 0, seen = 0;
	open_pool(3);
	submit_all(TASKS);
	while (troupe_task_next(tasks, TASKS, &after, LIMIT, &which) == TROUPE_OK) {
		CHECK(troupe_task_is_over(tasks[which], NULL));
		CHECK(after > last);
		last = after;
		seen |= (size_t)1 << which;
		visits++;
	}
	CHECK_EQ(visits, TASKS);
	CHECK_EQ(seen, ((size_t)1 << TASKS) - 1);
	CHECK_EQ(troupe_task_next(tasks, TASKS, &after, LIMIT, &which), TROUPE_ENOENT);
	close_pool();
}

TEST(wait, for_any_and_for_all)
{
	size_t which = 0;
	open_pool(1);
	keep_busy(1);
	submit_all(3);
	CHECK_EQ(troupe_task_next(tasks, 3, NULL, TROUPE_MS, &which), TROUPE_ETIMEOUT);
	CHECK_OK(troupe_task_cancel(tasks[2]));
	CHECK_OK(troupe_task_next(tasks, 3, NULL, LIMIT, &which));
	CHECK_EQ(which, 2);
	CHECK_EQ(troupe_task_all(tasks, 3, TROUPE_MS), TROUPE_ETIMEOUT);
	shut = 0;
	CHECK_OK(troupe_task_all(tasks, 3, LIMIT));
	CHECK_EQ(result_of(tasks[1]), 10);
	CHECK_OK(troupe_task_all(tasks, 0, LIMIT));
	CHECK_EQ(troupe_task_next(tasks, 0, NULL, LIMIT, &which), TROUPE_ENOENT);
	close_pool();
}

TEST(wait, not_started_in_time_is_seen_in_time_though_all_threads_are_busy)
{
	int number = 1;
	troupe_task task;
	open_pool(1);
	keep_busy(1);
	CHECK_OK(troupe_submit(pool, work_number, &number, sizeof number,
	                       TROUPE_OPTIONS(troupe_task_options, .start_within_ns = TROUPE_MS), &task));
	CHECK_EQ(outcome_of(task), TROUPE_ETIMEOUT);
	close_pool();
	CHECK_EQ(done, 1);
}

TEST(wait, not_started_in_time_never_runs_though_nobody_waits)
{
	int number = 1;
	troupe_task task;
	open_pool(1);
	keep_busy(1);
	CHECK_OK(troupe_submit(pool, work_number, &number, sizeof number,
	                       TROUPE_OPTIONS(troupe_task_options, .start_within_ns = 1), &task));
	nap();
	close_pool();
	CHECK_EQ(done, 1);
	CHECK_EQ(outcome_of(task), TROUPE_ETIMEOUT);
}

TEST(wait, tasks_of_two_pools_are_refused)
{
	troupe_pool first;
	size_t which;
	open_pool(1);
	tasks[0] = submit_number(1);
	first = pool;
	open_pool(1);
	tasks[1] = submit_number(2);
	CHECK_EQ(troupe_task_all(tasks, 2, 0), TROUPE_EINVAL);
	CHECK_EQ(troupe_task_next(tasks, 2, NULL, 0, &which), TROUPE_EINVAL);
	tasks[1] = (troupe_task){ 0 };
	CHECK_EQ(troupe_task_all(tasks, 2, 0), TROUPE_EGONE);
	close_pool();
	pool = first;
	close_pool();
}

static troupe_task own;
static atomic_int submitted;

static troupe_status wait_for_itself(troupe_job *job, void *nothing)
{
	(void)job, (void)nothing;
	await(&submitted, 1);
	return troupe_task_wait(own, 0, NULL);
}

TEST(wait, not_for_itself)
{
	open_pool(1);
	CHECK_OK(troupe_submit(pool, wait_for_itself, NULL, 0, NULL, &own));
	submitted = 1;
	CHECK_EQ(outcome_of(own), TROUPE_ECONTEXT);
	close_pool();
}

static void *wait_for_all(void *nothing)
{
	CHECK_OK(troupe_task_all(tasks, TASKS, LIMIT));
	return nothing;
}

TEST(wait, several_threads_wait_for_the_same)
{
	pthread_t threads[WAITERS];
	open_pool(2);
	keep_busy(2);
	submit_all(TASKS);
	for (int i = 0; i < WAITERS; i++)
		CHECK_OK(pthread_create(&threads[i], NULL, wait_for_all, NULL));
	shut = 0;
	for (int i = 0; i < WAITERS; i++)
		CHECK_OK(pthread_join(threads[i], NULL));
	close_pool();
}

TEST(wait, for_the_first_failure_or_all)
{
	troupe_status why = TROUPE_EUSER;
	troupe_task both[2];
	size_t which = 5;

	open_pool(1);
	keep_busy(1);
	both[0] = submit_number(1);
	CHECK_OK(troupe_submit(pool, work_fail, &why, sizeof why, NULL, &both[1]));
	CHECK_EQ(troupe_task_failure(both, 2, TROUPE_MS, &which), TROUPE_ETIMEOUT);
	CHECK_EQ(which, 5);
	atomic_store(&shut, 0);
	CHECK_OK(troupe_task_failure(both, 2, LIMIT, &which));
	CHECK_EQ(which, 1);
	CHECK_EQ(troupe_task_failure(both, 1, LIMIT, &which), TROUPE_ENOENT);
	CHECK_EQ(troupe_task_failure(both, 0, LIMIT, &which), TROUPE_ENOENT);
	CHECK_EQ(troupe_task_failure(both, 2, LIMIT, NULL), TROUPE_EINVAL);
	CHECK_EQ(troupe_task_failure(NULL, 2, LIMIT, &which), TROUPE_EINVAL);
	close_pool();
	for (int i = 0; i < 2; i++)
		troupe_task_drop(both[i]);
}

/* The others have not ended: a failure is told without waiting for them. */
TEST(wait, a_failure_does_not_wait_for_the_rest)
{
	troupe_status why = TROUPE_EUSER;
	troupe_task both[2];
	size_t which;

	open_pool(2);
	atomic_store(&shut, 1);
	both[0] = submit_number(1);
	CHECK_OK(troupe_submit(pool, work_fail, &why, sizeof why, NULL, &both[1]));
	CHECK_OK(troupe_task_failure(both, 2, LIMIT, &which));
	CHECK_EQ(which, 1);
	CHECK(!troupe_task_is_over(both[0], NULL));
	close_pool();
	for (int i = 0; i < 2; i++)
		troupe_task_drop(both[i]);
}
