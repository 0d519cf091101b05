/* SPDX-License-Identifier: MIT */
/* Pools: opened with limits, found by name, closed with or without what is queued, named when it takes too long. */
#include "shop.h"

#include <stdio.h>

static char lines[8][200];
static atomic_int line_count;

static void keep_line(void *context, const char *line)
{
	CHECK(context == lines);
	snprintf(lines[atomic_fetch_add(&line_count, 1)], sizeof lines[0], "%s", line);
}

static troupe_pool_numbers numbers(void)
{
	troupe_pool_numbers n;
	CHECK_OK(troupe_pool_read(pool, &n));
	return n;
}

TEST(pool, threads_come_with_work_up_to_the_limit)
{
	open_pool(3);
	CHECK_EQ(numbers().threads, 0);
	keep_busy(3);
	submit_number(1);
	CHECK_EQ(numbers().threads, 3);
	CHECK_EQ(numbers().running, 3);
	CHECK_EQ(numbers().queued, 1);
	close_pool();
	CHECK_EQ(done, 4);
}

TEST(pool, the_least_number_of_threads_is_there_at_once)
{
	CHECK_OK(troupe_pool_open(TROUPE_OPTIONS(troupe_pool_options, .threads_max = 4, .threads_min = 2), &pool));
	CHECK_EQ(numbers().threads, 2);
	close_pool();
}

TEST(pool, surplus_threads_end)
{
	CHECK_OK(troupe_pool_open(TROUPE_OPTIONS(troupe_pool_options, .threads_max = 4, .idle_ns = TROUPE_MS), &pool));
	keep_busy(4);
	shut = 0;
	while (numbers().threads > 0)
		nap();
	CHECK_EQ(outcome_of(submit_number(2)), TROUPE_OK);
	close_pool();
}

TEST(pool, is_found_by_its_name_until_it_closes)
{
	troupe_pool found, other;
	troupe_pool_options *options = TROUPE_OPTIONS(troupe_pool_options, .threads_max = 1, .name = "files");
	CHECK_EQ(troupe_pool_find("files", &found), TROUPE_ENOENT);
	CHECK_OK(troupe_pool_open(options, &pool));
	CHECK_EQ(troupe_pool_open(options, &other), TROUPE_EEXIST);
	CHECK_OK(troupe_pool_find("files", &found));
	CHECK_EQ(found.bits_private, pool.bits_private);
	close_pool();
	CHECK_EQ(troupe_pool_find("files", &found), TROUPE_ENOENT);
	CHECK_OK(troupe_pool_open(options, &other));
	CHECK(other.bits_private != pool.bits_private);
	CHECK_EQ(troupe_pool_close(pool, 0, TROUPE_RUN_QUEUED), TROUPE_ECLOSED); /* not its successor */
	CHECK_OK(troupe_pool_close(other, 0, TROUPE_RUN_QUEUED));
}

TEST(pool, runs_what_is_queued_before_it_closes)
{
	open_pool(1);
	keep_busy(1);
	troupe_task task = submit_number(7);
	close_pool();
	CHECK_EQ(result_of(task), 70); /* handles outlive the pool */
	troupe_task_drop(task);
}

TEST(pool, cancels_what_is_queued_before_it_closes)
{
	open_pool(1);
	keep_busy(1);
	troupe_task task = submit_number(7);
	CHECK_EQ(troupe_pool_close(pool, TROUPE_MS, TROUPE_CANCEL_QUEUED), TROUPE_ETIMEOUT);
	CHECK_EQ(outcome_of(task), TROUPE_ECANCELLED);
	close_pool();
	CHECK_EQ(done, 1);
}

TEST(pool, names_who_is_still_running)
{
	int number = 1;
	CHECK_OK(troupe_pool_open(TROUPE_OPTIONS(troupe_pool_options, .threads_max = 2, .name = "slow", .log = keep_line,
	                                         .context = lines), &pool));
	shut = 1;
	CHECK_OK(troupe_submit(pool, work_number, &number, sizeof number,
	                       TROUPE_OPTIONS(troupe_task_options, .name = "reading a tape"), NULL));
	await(&working, 1);
	CHECK_EQ(troupe_pool_close(pool, TROUPE_MS, TROUPE_RUN_QUEUED), TROUPE_ETIMEOUT);
	CHECK_EQ(line_count, 1);
	CHECK(strstr(lines[0], "slow") != NULL && strstr(lines[0], "reading a tape") != NULL);
	CHECK_EQ(troupe_submit(pool, work_number, &number, sizeof number, NULL, NULL), TROUPE_ECLOSED);
	close_pool();
	CHECK_EQ(troupe_pool_close(pool, LIMIT, TROUPE_RUN_QUEUED), TROUPE_ECLOSED); /* twice */
	CHECK_EQ(troupe_pool_read(pool, &(troupe_pool_numbers){ 0 }), TROUPE_ECLOSED);
}

static troupe_status close_own(troupe_job *job, void *nothing)
{
	(void)job, (void)nothing;
	return troupe_pool_close(pool, 0, TROUPE_RUN_QUEUED);
}

TEST(pool, is_not_closed_by_its_own_task)
{
	troupe_task task;
	open_pool(1);
	CHECK_OK(troupe_submit(pool, close_own, NULL, 0, NULL, &task));
	CHECK_EQ(outcome_of(task), TROUPE_ECONTEXT);
	close_pool();
}

static void close_when_done(void *status, troupe_task task, troupe_status outcome)
{
	(void)task, (void)outcome;
	*(troupe_status *)status = troupe_pool_close(pool, 100 * TROUPE_MS, TROUPE_RUN_QUEUED);
	atomic_fetch_add(&released, 1);
}

/* It would wait for itself. */
TEST(pool, is_not_closed_by_a_callback_on_its_own_thread)
{
	troupe_status status = TROUPE_OK;
	int number = 1;
	open_pool(1);
	CHECK_OK(troupe_submit(pool, work_number, &number, sizeof number,
	                       TROUPE_OPTIONS(troupe_task_options, .done = close_when_done, .context = &status), NULL));
	await(&released, 1);
	CHECK_EQ(status, TROUPE_ECONTEXT);
	close_pool();
}

static void *close_it(void *status)
{
	*(troupe_status *)status = troupe_pool_close(pool, LIMIT, TROUPE_RUN_QUEUED);
	return NULL;
}

TEST(pool, one_of_several_closers_closes_it)
{
	enum { CLOSERS = 4 };
	pthread_t threads[CLOSERS];
	troupe_status status[CLOSERS];
	int closed = 0;
	open_pool(2);
	keep_busy(2);
	for (int i = 0; i < CLOSERS; i++)
		CHECK_OK(pthread_create(&threads[i], NULL, close_it, &status[i]));
	shut = 0;
	for (int i = 0; i < CLOSERS; i++) {
		CHECK_OK(pthread_join(threads[i], NULL));
		CHECK(status[i] == TROUPE_OK || status[i] == TROUPE_ECLOSED);
		closed += status[i] == TROUPE_OK;
	}
	CHECK_EQ(closed, 1);
}

TEST(pool, there_are_so_many_and_no_more)
{
	static troupe_pool all[TROUPE_POOLS_MAX];
	for (int i = 0; i < TROUPE_POOLS_MAX; i++)
		CHECK_OK(troupe_pool_open(TROUPE_OPTIONS(troupe_pool_options, .threads_max = 1), &all[i]));
	CHECK_EQ(troupe_pool_open(TROUPE_OPTIONS(troupe_pool_options, .threads_max = 1), &pool), TROUPE_ELIMIT);
	for (int i = 0; i < TROUPE_POOLS_MAX; i++)
		CHECK_OK(troupe_pool_close(all[i], 0, TROUPE_RUN_QUEUED));
}

TEST(pool, no_memory_for_the_first_thread)
{
	allocations_allowed = 0;
	troupei_memory_fail_by(fail_when_used_up);
	CHECK_EQ(troupe_pool_open(TROUPE_OPTIONS(troupe_pool_options, .threads_max = 2, .threads_min = 1), &pool),
	         TROUPE_ETHREAD);
	troupei_memory_fail_by(NULL);
	open_pool(1);
	close_pool();
}
