/* SPDX-License-Identifier: MIT */
/* A task's end: once, whoever brings it about; what it gave; handles that are stale. */
#include "base/callback.h"
#include "shop.h"

enum { RACERS = 4, TASKS = 400 };

TEST(job, gives_its_result)
{
	open_pool(1);
	troupe_task task = submit_number(4);
	CHECK_EQ(outcome_of(task), TROUPE_OK);
	CHECK_EQ(result_of(task), 40);
	CHECK_STR_EQ(troupe_task_text(task), "");
	troupe_task_drop(task);
	close_pool();
}

TEST(job, a_failure_reaches_who_waits_with_its_words)
{
	troupe_status why = TROUPE_EUSER - 7;
	troupe_task task;
	open_pool(1);
	CHECK_OK(troupe_submit(pool, work_fail, &why, sizeof why, NULL, &task));
	CHECK_EQ(outcome_of(task), why);
	CHECK_STR_EQ(troupe_task_text(task), "it was too dark");
	CHECK(troupe_task_result(task, NULL) == NULL);
	troupe_task_drop(task);
	close_pool();
}

TEST(job, before_its_end_there_is_nothing_to_see)
{
	open_pool(1);
	keep_busy(1);
	troupe_task task = submit_number(1);
	CHECK(!troupe_task_is_over(task, NULL));
	CHECK(troupe_task_result(task, NULL) == NULL);
	CHECK_STR_EQ(troupe_task_text(task), "");
	close_pool();
	CHECK(troupe_task_is_over(task, NULL));
}

TEST(job, cancelled_never_starts)
{
	open_pool(1);
	keep_busy(1);
	troupe_task task = submit_number(1);
	CHECK_OK(troupe_task_cancel(task));
	CHECK_EQ(outcome_of(task), TROUPE_ECANCELLED); /* at once: the thread is busy still */
	CHECK_EQ(troupe_task_cancel(task), TROUPE_ECLOSED);
	close_pool();
	CHECK_EQ(done, 1);
}

TEST(job, started_is_not_cancelled)
{
	open_pool(1);
	shut = 1;
	troupe_task task = submit_number(1);
	await(&working, 1);
	CHECK_EQ(troupe_task_cancel(task), TROUPE_ECLOSED);
	shut = 0;
	CHECK_EQ(outcome_of(task), TROUPE_OK);
	close_pool();
}

TEST(job, dropped_goes_on_and_its_handle_is_stale)
{
	open_pool(1);
	keep_busy(1);
	troupe_task task = submit_number(1);
	troupe_task_drop(task);
	troupe_task_drop(task);
	CHECK_EQ(troupe_task_cancel(task), TROUPE_EGONE);
	CHECK_EQ(troupe_task_wait(task, 0, NULL), TROUPE_EGONE);
	CHECK(!troupe_task_is_over(task, NULL));
	shut = 0;
	await(&done, 2);
	close_pool();
	open_pool(1);
	troupe_task next = submit_number(2); /* may have the same record */
	CHECK_EQ(troupe_task_cancel(task), TROUPE_EGONE);
	CHECK_EQ(outcome_of(next), TROUPE_OK);
	close_pool();
}

TEST(job, records_go_with_the_pool_when_nobody_needs_them)
{
	troupe_task old[3];
	open_pool(1);
	struct pool *place = troupei_pool_at((uint32_t)pool.bits_private - 1);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(outcome_of(old[i] = submit_number(i)), TROUPE_OK);
	troupe_task_drop(old[0]);
	troupe_task_drop(old[1]);
	close_pool();
	CHECK_EQ(result_of(old[2]), 20);
	CHECK(place->chunks != NULL);
	troupe_task_drop(old[2]);
	CHECK(place->chunks == NULL);
	open_pool(1); /* at the same place */
	troupe_task task = submit_number(5);
	CHECK_EQ(outcome_of(task), TROUPE_OK);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(troupe_task_cancel(old[i]), TROUPE_EGONE);
	troupe_task_drop(task);
	close_pool();
	CHECK(place->chunks == NULL);
}

static troupe_status told;
static troupe_task told_of;
static atomic_int calls;

static void tell(void *context, troupe_task task, troupe_status outcome)
{
	CHECK(context == &told);
	CHECK_EQ(released, 1); /* before anybody hears of it */
	told = outcome;
	told_of = task;
	atomic_fetch_add(&calls, 1);
}

TEST(job, done_is_called_once_and_the_argument_released)
{
	int number = 3;
	troupe_task task;
	troupe_task_options *options = TROUPE_OPTIONS(troupe_task_options, .done = tell, .context = &told, .release = count_release);
	open_pool(1);
	CHECK_OK(troupe_submit(pool, work_number, &number, 0, options, &task));
	await(&calls, 1);
	CHECK_EQ(told, TROUPE_OK);
	CHECK_EQ(told_of.bits_private, task.bits_private);
	released = 0;
	keep_busy(1);
	CHECK_OK(troupe_submit(pool, work_number, &number, 0, options, &task));
	CHECK_OK(troupe_task_cancel(task));
	CHECK_EQ(calls, 2); /* on this thread */
	CHECK_EQ(told, TROUPE_ECANCELLED);
	close_pool();
}

static void is_callback_when_released(void *context)
{
	atomic_fetch_add((atomic_int *)context, troupei_in_callback());
}

static void is_callback_when_done(void *context, troupe_task task, troupe_status outcome)
{
	(void)task, (void)outcome;
	is_callback_when_released(context);
}

/* Who cancels may be a handler, and must not be left by a jump out of these: the task would never be over. */
TEST(job, release_and_done_are_callbacks)
{
	atomic_int inside = 0;
	troupe_task task;
	open_pool(1);
	keep_busy(1);
	CHECK_OK(troupe_submit(pool, work_number, &inside, 0,
	                       TROUPE_OPTIONS(troupe_task_options, .done = is_callback_when_done, .context = &inside,
	                                      .release = is_callback_when_released), &task));
	CHECK_OK(troupe_task_cancel(task));
	CHECK_EQ(inside, 2);
	CHECK(!troupei_in_callback());
	close_pool();
}

static void read_result(void *context, troupe_task task, troupe_status outcome)
{
	CHECK_OK(outcome);
	*(int *)context = result_of(task);
	troupe_task_drop(task); /* nobody's */
	CHECK_EQ(result_of(task), *(int *)context);
	atomic_fetch_add(&calls, 1);
}

TEST(job, done_sees_the_result_though_nobody_has_a_handle)
{
	int number = 7, seen = 0;
	open_pool(1);
	CHECK_OK(troupe_submit(pool, work_number, &number, sizeof number,
	                       TROUPE_OPTIONS(troupe_task_options, .done = read_result, .context = &seen), NULL));
	await(&calls, 1);
	CHECK_EQ(seen, 70);
	close_pool();
}

static troupe_status give_twice(troupe_job *job, void *nothing)
{
	(void)nothing;
	CHECK_EQ(troupe_job_give(job, NULL, 1), TROUPE_EINVAL);
	CHECK_EQ(troupe_job_give(NULL, "a", 1), TROUPE_EINVAL);
	CHECK_OK(troupe_job_give(job, "first", 6));
	troupei_memory_fail_by(fail_when_used_up);
	CHECK_EQ(troupe_job_give(job, "lost", 5), TROUPE_ENOMEM);
	troupei_memory_fail_by(NULL);
	CHECK_OK(troupe_job_give(job, "second", 7));
	char text[200];
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = 0;
	troupe_job_explain(job, NULL);
	troupe_job_explain(job, text);
	return TROUPE_OK;
}

TEST(job, the_last_result_counts_and_long_words_are_cut)
{
	troupe_task task;
	open_pool(1);
	CHECK_OK(troupe_submit(pool, give_twice, NULL, 0, NULL, &task));
	CHECK_EQ(outcome_of(task), TROUPE_OK);
	CHECK_STR_EQ(troupe_task_result(task, NULL), "second");
	CHECK_EQ(strlen(troupe_task_text(task)), TROUPE_TASK_TEXT_MAX);
	troupe_task_drop(task);
	close_pool();
}

TEST(job, forged_handles_are_nobodys)
{
	open_pool(1);
	CHECK_EQ(troupe_task_cancel((troupe_task){ 0 }), TROUPE_EGONE);
	CHECK_EQ(troupe_task_cancel((troupe_task){ UINT64_MAX }), TROUPE_EGONE);
	CHECK_EQ(troupe_task_cancel((troupe_task){ UINT64_C(1) << 32 | 5 }), TROUPE_EGONE);
	troupe_task_drop((troupe_task){ UINT64_MAX });
	close_pool();
}

/* ------------------------------------------------------------------------------------------------------------ races -- */

static troupe_task tasks[TASKS];
static atomic_int cancelled, ready;

static void *cancel_all(void *nothing)
{
	atomic_fetch_add(&ready, 1);
	while (atomic_load(&ready) < RACERS)
		;
	for (int i = 0; i < TASKS; i++)
		atomic_fetch_add(&cancelled, troupe_task_cancel(tasks[i]) == TROUPE_OK);
	return nothing;
}

TEST(job, cancelled_or_run_but_never_both)
{
	pthread_t threads[RACERS];
	int outcomes[2] = { 0 };
	open_pool(2);
	keep_busy(2);
	for (int i = 0; i < TASKS; i++)
		tasks[i] = submit_number(i);
	for (int i = 0; i < RACERS; i++)
		CHECK_OK(pthread_create(&threads[i], NULL, cancel_all, NULL));
	shut = 0;
	for (int i = 0; i < RACERS; i++)
		CHECK_OK(pthread_join(threads[i], NULL));
	for (int i = 0; i < TASKS; i++) {
		troupe_status outcome = outcome_of(tasks[i]);
		CHECK(outcome == TROUPE_OK || outcome == TROUPE_ECANCELLED);
		outcomes[outcome == TROUPE_ECANCELLED]++;
		troupe_task_drop(tasks[i]);
	}
	close_pool();
	CHECK_EQ(outcomes[1], cancelled);
	CHECK_EQ(outcomes[0], done - 2);
}

TEST(job, how_far_it_has_come)
{
	open_pool(1);
	CHECK_EQ(troupe_task_look((troupe_task){ 0 }), TROUPE_TASK_NONE);
	atomic_store(&shut, 1);
	troupe_task runs = submit_number(1), waits = submit_number(2);
	await(&working, 1);
	CHECK_EQ(troupe_task_look(runs), TROUPE_TASK_RUNNING);
	CHECK_EQ(troupe_task_look(waits), TROUPE_TASK_WAITING);
	CHECK_OK(troupe_task_cancel(waits));
	CHECK_EQ(troupe_task_look(waits), TROUPE_TASK_OVER);
	CHECK_EQ(outcome_of(waits), TROUPE_ECANCELLED);
	close_pool();
	CHECK_EQ(troupe_task_look(runs), TROUPE_TASK_OVER);
	troupe_task_drop(runs);
	CHECK_EQ(troupe_task_look(runs), TROUPE_TASK_NONE);
	troupe_task_drop(waits);
}

static int order[8], order_count;

static void write_down(void *number, troupe_task task, troupe_status outcome)
{
	(void)task;
	CHECK_OK(outcome);
	order[order_count++] = *(int *)number;
}

static void write_down_and_add(void *number, troupe_task task, troupe_status outcome)
{
	static int third = 3;

	write_down(number, task, outcome);
	CHECK_OK(troupe_task_then(task, write_down, &third)); /* it joins those that are being called */
	CHECK_EQ(order[order_count - 1], *(int *)number);
}

TEST(job, calls_all_that_want_to_know_in_order)
{
	static int numbers[] = { 0, 1, 2, 3, 4 };
	troupe_task task;

	open_pool(1);
	atomic_store(&shut, 1);
	CHECK_OK(troupe_submit(pool, work_number, &numbers[0], sizeof(int),
	                       TROUPE_OPTIONS(troupe_task_options, .done = write_down, .context = &numbers[0]), &task));
	CHECK_OK(troupe_task_then(task, write_down_and_add, &numbers[1]));
	CHECK_OK(troupe_task_then(task, write_down, &numbers[2]));
	CHECK_EQ(order_count, 0);
	close_pool();
	CHECK_EQ(order_count, 4);
	for (int i = 0; i < 4; i++)
		CHECK_EQ(order[i], i);
	CHECK_OK(troupe_task_then(task, write_down, &numbers[4])); /* it is over: at once */
	CHECK_EQ(order_count, 5);
	CHECK_EQ(troupe_task_then(task, NULL, NULL), TROUPE_EINVAL);
	troupei_memory_fail_by(fail_when_used_up);
	CHECK_EQ(troupe_task_then(task, write_down, NULL), TROUPE_ENOMEM);
	troupei_memory_fail_by(NULL);
	troupe_task_drop(task);
	CHECK_EQ(troupe_task_then(task, write_down, NULL), TROUPE_EGONE);
	CHECK_EQ(order_count, 5);
}
