/* SPDX-License-Identifier: MIT */
/* Tasks of pools, and actors: a task may answer for an actor, and the reason of its failure arrives as it was. */
#include "fixture.h"

enum { COUNT = 1, COUNTED };

struct counted {
	int n;
};

typedef union counted_reply {
	troupe_ref ref;
	const struct counted *COUNTED;
} counted_reply;

struct count {
	counted_reply reply;
};

typedef union counting {
	troupe_ref ref;
	const void *data;
	const struct count *COUNT;
	const struct counted *COUNTED;
} counting;

static struct fixture f;
static troupe_pool pool;
static atomic_int told;
static troupe_status why;
static bool keeps;

static void start(void)
{
	fixture_start(&f, 2);
	CHECK_OK(troupe_pool_open(TROUPE_OPTIONS(troupe_pool_options, .threads_max = 2), &pool));
}

static void finish(void)
{
	CHECK_OK(troupe_pool_close(pool, LIMIT, TROUPE_RUN_QUEUED));
	fixture_finish(&f);
}

/* ------------------------------------------------------------------------------------- a question goes on to a task -- */

static troupe_status work_count(troupe_job *job, void *number)
{
	sleep_ns(5 * TROUPE_MS); /* the handler has returned by then */
	return troupe_job_give(job, &(struct counted){ *(int *)number }, sizeof(struct counted));
}

static troupe_verdict pass_on(troupe_actor *me, const troupe_message *m)
{
	counting in = { .data = m->data };
	int number = 42;

	if (m->kind != COUNT)
		return TROUPE_UNKNOWN;
	if (keeps)
		CHECK_OK(troupe_keep(me, m));
	CHECK_OK(troupe_submit(pool, work_count, &number, sizeof number,
	                       TROUPE_OPTIONS(troupe_task_options, .answer_to = in.COUNT->reply.ref, .answer_kind = COUNTED), NULL));
	troupe_exit(me, TROUPE_OK); /* it is the task's to answer now */
	return TROUPE_HANDLED;
}

static const troupe_behaviour passing = { .name = "passing", .receive = pass_on };

static void ask_and_get(void)
{
	struct counted answer = { 0 };
	counting c;

	start();
	CHECK_OK(troupe_spawn(f.system, &passing, NULL, &c.ref));
	CHECK_OK(troupe_call(c, COUNT, COUNTED, &answer, LIMIT, 0));
	CHECK_EQ(answer.n, 42);
	finish();
}

TEST(tasks, a_question_is_passed_on_to_one)
{
	ask_and_get();
}

TEST(tasks, a_question_that_was_kept_is_passed_on_to_one)
{
	keeps = true;
	ask_and_get();
}

/* ------------------------------------------------------------------------------------------------- reasons of one's own -- */

static troupe_status work_fail(troupe_job *job, void *reason)
{
	(void)job;
	return *(troupe_status *)reason;
}

static troupe_verdict hear(troupe_actor *me, const troupe_message *m)
{
	(void)me;
	why = m->why;
	atomic_fetch_add(&told, m->kind == TROUPE_UNANSWERED);
	return TROUPE_HANDLED;
}

/* The lowest byte of these is 0, or a number above 0. */
static const troupe_status reasons[] = { (troupe_status)-1024, (troupe_status)-1000 };

static troupe_verdict submit_failures(troupe_actor *me, void *expectation)
{
	troupe_expectation options = *(troupe_expectation *)expectation;
	troupe_ref address;
	int number = 1;

	options.then = hear;
	CHECK_OK(troupe_expect(me, &options, &address));
	troupe_task_options to = { .struct_size = sizeof to, .answer_to = address, .answer_kind = COUNTED };
	for (unsigned i = 0; i < 2; i++)
		CHECK_OK(troupe_submit(pool, work_fail, &reasons[i], sizeof reasons[i], &to, NULL));
	if (options.questions == 3)
		CHECK_OK(troupe_submit(pool, work_count, &number, sizeof number, &to, NULL));
	return TROUPE_HANDLED;
}

static void fail_both(troupe_expectation *expectation)
{
	start();
	tell(doer_spawn(&f).ref, submit_failures, expectation);
	await_flag(&told);
	CHECK(why == reasons[0] || why == reasons[1]);
	finish();
}

TEST(tasks, reasons_arrive_whole_when_all_are_expected)
{
	fail_both(TROUPE_OPTIONS(troupe_expectation, .answers = TROUPE_ANSWERS_ALL, .questions = 2));
}

TEST(tasks, reasons_arrive_whole_when_several_are_expected)
{
	fail_both(TROUPE_OPTIONS(troupe_expectation, .answers = 2, .questions = 2));
}

TEST(tasks, reasons_arrive_whole_with_answers_before_them)
{
	fail_both(TROUPE_OPTIONS(troupe_expectation, .answers = TROUPE_ANSWERS_ALL, .questions = 3));
}
