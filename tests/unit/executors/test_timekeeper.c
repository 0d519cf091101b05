/* SPDX-License-Identifier: MIT */
/* Who must start in time and does not is ended then, though nobody waits and no thread is free; and the thread that sees to that
 * goes when it is not needed. */
#include <dirent.h>

#include "shop.h"

enum { MANY = 500 };

static atomic_int told;
static troupe_status outcomes[MANY];

static void tell(void *context, troupe_task task, troupe_status outcome)
{
	(void)task;
	*(troupe_status *)context = outcome;
	atomic_fetch_add(&told, 1);
}

static troupe_task submit_limited(int64_t within_ns, troupe_status *outcome)
{
	int number = 1;
	troupe_task task;

	CHECK_OK(troupe_submit(pool, work_number, &number, sizeof number,
	                       TROUPE_OPTIONS(troupe_task_options, .start_within_ns = within_ns, .done = tell, .context = outcome),
	                       &task));
	return task;
}

static int threads(void)
{
	DIR *tasks = opendir("/proc/self/task");
	int count = 0;

	CHECK(tasks != NULL);
	while (readdir(tasks) != NULL)
		count++;
	CHECK_OK(closedir(tasks));
	return count;
}

TEST(timekeeper, ends_tasks_that_nobody_waits_for)
{
	open_pool(1);
	keep_busy(1);
	for (int i = 0; i < MANY; i++) /* the later the earlier */
		troupe_task_drop(submit_limited((MANY - i) * TROUPE_US * 20, &outcomes[i]));
	await(&told, MANY);
	CHECK_EQ(done, 0); /* the thread is still at the door */
	for (int i = 0; i < MANY; i++)
		CHECK_EQ(outcomes[i], TROUPE_ETIMEOUT);
	close_pool();
	CHECK_EQ(done, 1);
}

TEST(timekeeper, wakes_for_an_earlier_one)
{
	open_pool(1);
	keep_busy(1);
	troupe_task later = submit_limited(3600 * TROUPE_S, &outcomes[0]);
	nap();
	submit_limited(TROUPE_MS, &outcomes[1]);
	await(&told, 1);
	CHECK_EQ(outcomes[1], TROUPE_ETIMEOUT);
	CHECK(!troupe_task_is_over(later, NULL));
	CHECK_OK(troupe_task_cancel(later));
	CHECK_EQ(outcomes[0], TROUPE_ECANCELLED);
	close_pool();
}

TEST(timekeeper, leaves_those_alone_that_start_in_time)
{
	open_pool(1);
	for (int i = 0; i < MANY; i++)
		submit_limited(3600 * TROUPE_S, &outcomes[i]);
	await(&told, MANY);
	for (int i = 0; i < MANY; i++)
		CHECK_OK(outcomes[i]);
	close_pool();
}

TEST(timekeeper, starts_and_expires_at_once)
{
	for (int round = 0; round < 10; round++) {
		atomic_store(&told, 0);
		open_pool(2);
		for (int i = 0; i < MANY; i++)
			troupe_task_drop(submit_limited(TROUPE_US * (1 + i), &outcomes[i]));
		close_pool();
		CHECK_EQ(told, MANY);
		for (int i = 0; i < MANY; i++)
			CHECK(outcomes[i] == TROUPE_OK || outcomes[i] == TROUPE_ETIMEOUT);
	}
}

TEST(timekeeper, goes_with_the_last_pool)
{
	int before = threads();

	open_pool(1);
	keep_busy(1);
	submit_limited(3600 * TROUPE_S, &outcomes[0]);
	CHECK(threads() >= before + 2);
	close_pool();
	CHECK_EQ(threads(), before);
}

/* Whatever fails, there is no task; and if there is one, its time counts. */
TEST(timekeeper, no_thread_no_task)
{
	troupe_status status = TROUPE_ENOMEM;
	int number = 1, failures = 0, without_thread = 0;

	open_pool(1);
	keep_busy(1);
	for (; status != TROUPE_OK; failures++) {
		atomic_store(&allocations_allowed, failures);
		troupei_memory_fail_by(fail_when_used_up);
		status = troupe_submit(pool, work_number, &number, sizeof number,
		                       TROUPE_OPTIONS(troupe_task_options, .start_within_ns = TROUPE_MS, .done = tell,
		                                      .context = &outcomes[0]),
		                       NULL);
		troupei_memory_fail_by(NULL);
		CHECK(status == TROUPE_OK || status == TROUPE_ENOMEM || status == TROUPE_ETHREAD);
		without_thread += status == TROUPE_ETHREAD;
	}
	CHECK(without_thread > 0);
	await(&told, 1);
	CHECK_EQ(outcomes[0], TROUPE_ETIMEOUT);
	close_pool();
	CHECK_EQ(done, 1);
}

TEST(timekeeper, no_memory_no_task)
{
	int number = 1;

	open_pool(1);
	keep_busy(1);
	troupei_memory_fail_by(fail_when_used_up);
	for (int allowed = 0; allowed < 2; allowed++) {
		atomic_store(&allocations_allowed, allowed);
		CHECK_EQ(troupe_submit(pool, work_number, &number, sizeof number,
		                       TROUPE_OPTIONS(troupe_task_options, .start_within_ns = TROUPE_S), NULL), TROUPE_ENOMEM);
	}
	troupei_memory_fail_by(NULL);
	close_pool();
	CHECK_EQ(done, 1);
}
