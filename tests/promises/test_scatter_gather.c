/* SPDX-License-Identifier: MIT */
/* Promise: a question to a group is answered as one to an actor; to a group that goes to all it is one question for each
 * member, and the asker hears of the first, of so many, or of all of them, and when there will be no more. */
#include "grouped.h"

/* What came to the asker: answers, then why no more come. */
static struct gathered {
	atomic_uint answers, ends;
	uint64_t sum;
	troupe_status why;
	uint64_t token;
} got;
static troupe_expectation expectation;
static member asked;

static troupe_verdict gather(troupe_actor *me, const troupe_message *m)
{
	if (m->kind == DO)
		return do_task(me, m);
	CHECK(m->kind == VALUE || m->kind == TROUPE_UNANSWERED);
	CHECK_EQ(m->token, 7);
	CHECK_EQ(got.ends, 0);
	if (m->kind == VALUE) {
		got.sum += ((const struct value *)m->data)->n;
		got.answers++;
	} else {
		got.why = m->why;
		got.ends++;
	}
	return TROUPE_HANDLED;
}

static troupe_verdict do_ask(troupe_actor *me, void *times)
{
	troupe_ref address;

	CHECK_OK(troupe_expect(me, &expectation, &address));
	for (int i = 0; i < *(int *)times; i++)
		CHECK_OK(troupe_ask(asked, GET, address, .reply = { { 0 } }));
	return TROUPE_HANDLED;
}

static int once = 1, twice = 2;

/* Ask the group, and wait for all that follows. */
static void ask(struct fixture *f, member group, uint32_t answers, uint32_t questions, int *times)
{
	static const troupe_behaviour asking = { .name = "asker", .receive = gather };
	troupe_ref asker;

	got = (struct gathered){ .why = TROUPE_EUSER };
	asked = group;
	expectation = (troupe_expectation){ .struct_size = sizeof expectation, .answers = answers, .questions = questions,
		                            .token = 7 };
	CHECK_OK(troupe_spawn(f->system, &asking, NULL, &asker));
	perform(f, asker, do_ask, times);
}

static void check_got(unsigned answers, unsigned ends, troupe_status why)
{
	CHECK_EQ(got.answers, answers);
	CHECK_EQ(got.ends, ends);
	CHECK_EQ(got.why, why);
}

TEST(scatter_gather, a_question_to_one_member_is_answered_once)
{
	struct fixture f;
	member group = grouped(&f, 2, TROUPE_BY_TURNS, 3);
	struct value value;
	for (uint64_t i = 0; i < 6; i++) {
		CHECK_OK(troupe_call(group, GET, VALUE, &value, LIMIT, .reply = { { 0 } }));
		CHECK_EQ(value.n, i % 3);
	}
	fixture_finish(&f);
}

TEST(scatter_gather, the_first_answer_is_enough)
{
	struct fixture f;
	member group = grouped(&f, 1, TROUPE_TO_ALL, 5);
	ask(&f, group, 0, 0, &once);
	check_got(1, 0, TROUPE_EUSER);
	CHECK_EQ(fixture_letters(&f, VALUE, TROUPE_ECLOSED), 4); /* late */
	for (int i = 0; i < 5; i++)
		CHECK_EQ(books[i].count, 1);
	fixture_finish(&f);
}

TEST(scatter_gather, the_first_answer_comes_though_others_fail)
{
	struct fixture f;
	member group = grouped(&f, 1, TROUPE_TO_ALL, 5);
	for (int i = 0; i < 4; i++)
		books[i].manner = SILENT;
	ask(&f, group, 0, 0, &once);
	check_got(1, 0, TROUPE_EUSER);
	CHECK_EQ(got.sum, 4);
	fixture_finish(&f);
}

TEST(scatter_gather, all_answers_then_the_news_that_it_was_all)
{
	struct fixture f;
	member group = grouped(&f, 2, TROUPE_TO_ALL, 20);
	ask(&f, group, TROUPE_ANSWERS_ALL, 0, &once);
	check_got(20, 1, TROUPE_OK);
	CHECK_EQ(got.sum, 190);
	ask(&f, group, TROUPE_ANSWERS_ALL, 2, &twice); /* two questions with one address */
	check_got(40, 1, TROUPE_OK);
	fixture_finish(&f);
	CHECK_EQ(f.ledger.dead, 0);
}

TEST(scatter_gather, all_answers_of_which_one_does_not_come)
{
	struct fixture f;
	member group = grouped(&f, 2, TROUPE_TO_ALL, 10);
	books[4].manner = SILENT;
	ask(&f, group, TROUPE_ANSWERS_ALL, 0, &once);
	check_got(9, 1, TROUPE_EUNANSWERED);
	fixture_finish(&f);
}

TEST(scatter_gather, all_answers_of_an_actor_that_is_no_group)
{
	struct fixture f;
	member group = grouped(&f, 1, TROUPE_TO_ALL, 1);
	(void)group;
	ask(&f, members[0], TROUPE_ANSWERS_ALL, 0, &once);
	check_got(1, 1, TROUPE_OK);
	books[0].manner = SILENT;
	ask(&f, members[0], TROUPE_ANSWERS_ALL, 0, &once);
	check_got(0, 1, TROUPE_EUNANSWERED);
	fixture_finish(&f);
}

TEST(scatter_gather, a_quorum_is_so_many_answers)
{
	struct fixture f;
	member group = grouped(&f, 1, TROUPE_TO_ALL, 5);
	books[0].manner = books[1].manner = SILENT;
	ask(&f, group, 3, 1, &once);
	check_got(3, 0, TROUPE_EUSER);
	CHECK_EQ(got.sum, 2 + 3 + 4);
	books[2].manner = SILENT; /* it can not come about any more, and is known when the last has failed or answered */
	ask(&f, group, 3, 1, &once);
	check_got(2, 1, TROUPE_EUNANSWERED);
	fixture_finish(&f);
}

static troupe_verdict do_nothing_more(troupe_actor *me, void *argument)
{
	(void)argument;
	troupe_exit(me, TROUPE_OK);
	return TROUPE_HANDLED;
}

/* One keeps the question and ends: its outcome is that. */
TEST(scatter_gather, one_that_ends_before_it_answers_is_heard_of)
{
	struct fixture f;
	member group = grouped(&f, 2, TROUPE_TO_ALL, 3);
	books[1].manner = KEEPS;
	ask(&f, group, TROUPE_ANSWERS_ALL, 0, &once);
	check_got(2, 0, TROUPE_EUSER);
	perform(&f, members[1].ref, do_nothing_more, NULL);
	check_got(2, 1, TROUPE_EGONE);
	fixture_finish(&f);
}

TEST(scatter_gather, a_deadline_ends_the_wait)
{
	struct fixture f;
	member group = grouped(&f, 2, TROUPE_TO_ALL, 3);
	troupe_future future;
	struct value value;
	books[1].manner = KEEPS;
	CHECK_OK(troupe_future_open(f.system, TROUPE_OPTIONS(troupe_expectation, .answers = TROUPE_ANSWERS_ALL,
	                                                     .within_ns = 20 * TROUPE_MS), &future));
	CHECK_OK(troupe_ask(group, GET, future.ref, .reply = { { 0 } }));
	fixture_settle(&f);
	troupe_status status = troupe_next(future, VALUE, &value, sizeof value);
	for (int i = 0; i < 3 && status == TROUPE_OK; i++)
		status = troupe_next(future, VALUE, &value, sizeof value);
	CHECK_EQ(status, TROUPE_ETIMEOUT);
	troupe_future_close(future);
	fixture_finish(&f);
}

TEST(scatter_gather, a_future_takes_all_answers)
{
	struct fixture f;
	member group = grouped(&f, 2, TROUPE_TO_ALL, 6);
	const troupe_expectation all = { .struct_size = sizeof all, .answers = TROUPE_ANSWERS_ALL };
	troupe_future future;
	struct value value;
	for (int round = 0; round < 2; round++) {
		CHECK_OK(troupe_future_open(f.system, &all, &future));
		CHECK_OK(troupe_ask(group, GET, future.ref, .reply = { { 0 } }));
		for (int i = 0; i < 6 - round; i++)
			CHECK_OK(troupe_next(future, VALUE, &value, sizeof value));
		CHECK_EQ(troupe_next(future, VALUE, &value, sizeof value), round == 0 ? TROUPE_ECLOSED : TROUPE_EUNANSWERED);
		troupe_future_close(future);
		fixture_settle(&f);
		books[2].manner = SILENT;
	}
	fixture_finish(&f);
}

TEST(scatter_gather, an_empty_group_answers_at_once_that_nobody_is_there)
{
	struct fixture f;
	member all = grouped(&f, 1, TROUPE_TO_ALL, 0), one;
	struct value value;
	CHECK_OK(troupe_group_open(f.system, NULL, NULL, &one.ref));
	CHECK_EQ(troupe_call(all, GET, VALUE, &value, 0, .reply = { { 0 } }), TROUPE_ENOENT);
	CHECK_EQ(troupe_call(one, GET, VALUE, &value, 0, .reply = { { 0 } }), TROUPE_ENOENT);
	ask(&f, all, TROUPE_ANSWERS_ALL, 0, &once);
	check_got(0, 1, TROUPE_ENOENT);
	ask(&f, all, 3, 1, &once);
	check_got(0, 1, TROUPE_ENOENT);
	CHECK_EQ(fixture_letters(&f, GET, TROUPE_ENOENT), 4);
	fixture_finish(&f);
}

/* Each group widens the question by what it has itself. */
TEST(scatter_gather, groups_of_groups_are_all_asked)
{
	struct fixture f;
	member outer = grouped(&f, 2, TROUPE_TO_ALL, 2), inner;
	CHECK_OK(troupe_group_open(f.system, NULL, TROUPE_OPTIONS(troupe_group_options, .routing = TROUPE_TO_ALL), &inner.ref));
	for (int i = 2; i < 7; i++)
		member_make(&f, inner.ref, i);
	CHECK_OK(troupe_join(outer.ref, inner.ref));
	ask(&f, outer, TROUPE_ANSWERS_ALL, 0, &once);
	check_got(7, 1, TROUPE_OK);
	CHECK_EQ(got.sum, 21);
	fixture_finish(&f);
}

/* A question that lay in a payload of its own is one for each all the same. */
TEST(scatter_gather, a_question_that_is_asked_with_a_closed_address_does_no_harm)
{
	struct fixture f;
	struct barrier barrier;
	member group = grouped(&f, 2, TROUPE_TO_ALL, 3);
	troupe_future future;
	doer d = doer_spawn(&f);
	CHECK_OK(troupe_join(group.ref, d.ref));
	barrier_raise(&barrier, d.ref);
	CHECK_OK(troupe_future_open(f.system, NULL, &future));
	CHECK_OK(troupe_ask(group, GET, future.ref, .reply = { { 0 } }));
	troupe_future_close(future);
	barrier_open(&barrier);
	fixture_settle(&f);
	CHECK_EQ(books[0].count + books[1].count + books[2].count, 3);
	fixture_finish(&f);
}
