/* SPDX-License-Identifier: MIT */
/* Submitting: what is copied, what is refused and then left alone, and answers to reply addresses. */
#include "shop.h"

enum { ANSWER = 1, SUBMITTERS = 4, EACH = 500 };

TEST(submit, copies_or_passes_on)
{
	int number = 5;
	troupe_task copied, passed;
	open_pool(1);
	keep_busy(1);
	CHECK_OK(troupe_submit(pool, work_number, &number, sizeof number, NULL, &copied));
	CHECK_OK(troupe_submit(pool, work_number, &number, 0, NULL, &passed));
	number = 6;
	shut = 0;
	CHECK_EQ(outcome_of(copied), TROUPE_OK);
	CHECK_EQ(outcome_of(passed), TROUPE_OK);
	CHECK_EQ(result_of(copied), 50);
	CHECK_EQ(result_of(passed), 60);
	troupe_task_drop(copied);
	troupe_task_drop(passed);
	close_pool();
}

TEST(submit, a_bound_refuses_and_leaves_the_argument)
{
	int number = 1;
	troupe_task_options *options = TROUPE_OPTIONS(troupe_task_options, .release = count_release);
	CHECK_OK(troupe_pool_open(TROUPE_OPTIONS(troupe_pool_options, .threads_max = 1, .queue_max = 2), &pool));
	keep_busy(1);
	submit_number(1);
	submit_number(2);
	CHECK_EQ(troupe_submit(pool, work_number, &number, 0, options, NULL), TROUPE_EFULL);
	CHECK_EQ(released, 0);
	shut = 0;
	await(&done, 3);
	CHECK_EQ(outcome_of(submit_number(3)), TROUPE_OK);
	close_pool();
}

TEST(submit, no_memory_at_any_place)
{
	troupe_system system;
	troupe_future future;
	int number = 1, succeeded = 0;
	CHECK_OK(setenv("TROUPE_ALLOC", "malloc", 1));
	CHECK_OK(troupe_start(TROUPE_OPTIONS(troupe_options, .workers = 1), &system));
	CHECK_OK(troupe_future_open(system, TROUPE_OPTIONS(troupe_expectation, .answers = 100), &future));
	open_pool(1);
	troupei_memory_fail_by(fail_when_used_up);
	for (int allowed = 0; allowed < 12; allowed++) {
		troupe_task task;
		atomic_store(&allocations_allowed, allowed);
		troupe_status status = troupe_submit(pool, work_number, &number, sizeof number,
		                                     TROUPE_OPTIONS(troupe_task_options, .answer_to = future.ref, .answer_kind = ANSWER),
		                                     &task);
		CHECK(status == TROUPE_OK || status == TROUPE_ENOMEM || status == TROUPE_ETHREAD);
		if (status != TROUPE_OK)
			continue;
		succeeded++; /* but the task may have no memory for its result, or for the answer */
		CHECK(outcome_of(task) == TROUPE_OK || outcome_of(task) == TROUPE_ENOMEM);
		troupe_task_drop(task);
	}
	CHECK(succeeded > 0);
	close_pool();
	troupei_memory_fail_by(NULL);
	troupe_future_close(future);
	CHECK_OK(troupe_finish(system, LIMIT));
}

/* ---------------------------------------------------------------------------------------------------------- answers -- */

static troupe_system theirs;

static troupe_future future_for(uint32_t answers, uint32_t questions)
{
	troupe_future future;
	CHECK_OK(troupe_future_open(theirs, TROUPE_OPTIONS(troupe_expectation, .answers = answers, .questions = questions), &future));
	return future;
}

static troupe_status submit_for(troupe_future future, troupe_work *work, const void *argument, size_t size)
{
	return troupe_submit(pool, work, argument, size,
	                     TROUPE_OPTIONS(troupe_task_options, .answer_to = future.ref, .answer_kind = ANSWER), NULL);
}

TEST(submit, answers_success_with_the_result)
{
	int number = 5, answer = 0;
	CHECK_OK(troupe_start(TROUPE_OPTIONS(troupe_options, .workers = 1), &theirs));
	open_pool(1);
	troupe_future future = future_for(1, 1);
	CHECK_OK(submit_for(future, work_number, &number, sizeof number));
	CHECK_OK(troupe_next(future, ANSWER, &answer, sizeof answer));
	CHECK_EQ(answer, 50);
	CHECK_EQ(submit_for(future, work_number, &number, sizeof number), TROUPE_ECLOSED); /* it has closed */
	troupe_future_close(future);
	close_pool();
	CHECK_OK(troupe_finish(theirs, LIMIT));
}

TEST(submit, a_failure_closes_the_question_with_its_reason)
{
	troupe_status why = TROUPE_EUSER - 1;
	CHECK_OK(troupe_start(TROUPE_OPTIONS(troupe_options, .workers = 1), &theirs));
	open_pool(1);
	troupe_future future = future_for(1, 1);
	CHECK_OK(submit_for(future, work_fail, &why, sizeof why));
	CHECK_EQ(troupe_next(future, ANSWER, NULL, 0), why);
	troupe_future_close(future);
	close_pool();
	CHECK_OK(troupe_finish(theirs, LIMIT));
}

TEST(submit, two_of_three_are_enough)
{
	int number = 5, answer = 0;
	troupe_status why = TROUPE_EFAILED;
	CHECK_OK(troupe_start(TROUPE_OPTIONS(troupe_options, .workers = 1), &theirs));
	open_pool(1);
	troupe_future future = future_for(2, 3);
	CHECK_OK(submit_for(future, work_fail, &why, sizeof why));
	CHECK_OK(submit_for(future, work_number, &number, sizeof number));
	CHECK_OK(submit_for(future, work_number, &number, sizeof number));
	CHECK_OK(troupe_next(future, ANSWER, &answer, sizeof answer));
	CHECK_OK(troupe_next(future, ANSWER, &answer, sizeof answer));
	CHECK_EQ(troupe_next(future, ANSWER, &answer, sizeof answer), TROUPE_ECLOSED);
	troupe_future_close(future);
	close_pool();
	CHECK_OK(troupe_finish(theirs, LIMIT));
}

TEST(submit, the_system_may_be_gone_by_then)
{
	int number = 5;
	CHECK_OK(troupe_start(TROUPE_OPTIONS(troupe_options, .workers = 1), &theirs));
	open_pool(1);
	keep_busy(1);
	troupe_future future = future_for(2, 2);
	CHECK_OK(submit_for(future, work_number, &number, sizeof number));
	CHECK_OK(submit_for(future, work_fail, &(troupe_status){ TROUPE_EFAILED }, sizeof(troupe_status)));
	CHECK_OK(troupe_finish(theirs, LIMIT));
	close_pool();
}

/* ------------------------------------------------------------------------------------------------------------ races -- */

static atomic_int accepted, refused;

static void *submit_many(void *nothing)
{
	int number = 1;
	for (int i = 0; i < EACH; i++) {
		troupe_status status = troupe_submit(pool, work_number, &number, sizeof number, NULL, NULL);
		CHECK(status == TROUPE_OK || status == TROUPE_ECLOSED);
		atomic_fetch_add(status == TROUPE_OK ? &accepted : &refused, 1);
	}
	return nothing;
}

TEST(submit, while_the_pool_closes_it_is_run_or_refused)
{
	pthread_t threads[SUBMITTERS];
	open_pool(3);
	for (int i = 0; i < SUBMITTERS; i++)
		CHECK_OK(pthread_create(&threads[i], NULL, submit_many, NULL));
	await(&done, 100);
	close_pool();
	for (int i = 0; i < SUBMITTERS; i++)
		CHECK_OK(pthread_join(threads[i], NULL));
	CHECK_EQ(accepted, done);
	CHECK_EQ(accepted + refused, SUBMITTERS * EACH);
}
