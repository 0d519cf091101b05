/* SPDX-License-Identifier: MIT */
/* Promise: several questions may be asked with one address; each of them counts once, whatever becomes of it after its answer. */
#include "asker.h"

static troupe_verdict do_ask_both(troupe_actor *me, void *kinds)
{
	const int *kind = kinds;
	struct get question = { .n = 1 };

	CHECK_OK(troupe_expect(me, &expectation, &address));
	CHECK_OK(troupe_ask_bytes(target.ref, kind[0], &question, sizeof question, 0, address));
	question.n = 2;
	CHECK_OK(troupe_ask_bytes(second.ref, kind[1], &question, sizeof question, 0, address));
	return TROUPE_HANDLED;
}

TEST(several_answers, two_with_one_address_brings_two_answers_then_closes)
{
	struct fixture f;
	troupe_ref asker = setup(&f, 2);
	expectation.answers = 2;
	perform(&f, asker, do_ask_both, (int[]){ GET, GET });
	CHECK_EQ(event_count, 2);
	CHECK_EQ(events[0].n + events[1].n, 3);
	CHECK_EQ(events[0].token, 9);
	CHECK_EQ(events[1].token, 9);
	CHECK_EQ(troupe_send((value_reply){ address }, VALUE, .n = 3), TROUPE_OK);
	fixture_settle(&f);
	CHECK_EQ(event_count, 2);
	fixture_finish(&f);
}

TEST(several_answers, two_of_which_one_fails_brings_the_answer_and_that_there_is_no_other)
{
	struct fixture f;
	troupe_ref asker = setup(&f, 1);
	expectation.answers = 2;
	perform(&f, asker, do_ask_both, (int[]){ SILENT, GET });
	CHECK_EQ(event_count, 2);
	check_event(0, VALUE, 2, 9, false);
	CHECK_EQ(events[1].kind, TROUPE_UNANSWERED);
	fixture_finish(&f);
}

TEST(several_answers, the_first_of_two_answers_is_enough_when_one_is_expected)
{
	struct fixture f;
	troupe_ref asker = setup(&f, 1);
	expectation.answers = 1;
	expectation.questions = 2;
	perform(&f, asker, do_ask_both, (int[]){ GET, GET });
	CHECK_EQ(event_count, 1);
	CHECK_EQ(events[0].kind, VALUE);
	CHECK_EQ(fixture_letters(&f, VALUE, TROUPE_ECLOSED), 1);
	perform(&f, asker, do_ask_both, (int[]){ SILENT, GET });
	CHECK_EQ(event_count, 2);
	check_event(1, VALUE, 2, 9, false);
	fixture_finish(&f);
}

static troupe_verdict do_answer_then_fail(troupe_actor *me, void *argument);

static troupe_verdict serve_then_fail(troupe_actor *me, const troupe_message *m)
{
	server in = { .data = m->data };

	CHECK_OK(troupe_send(in.GET->reply, VALUE, .n = in.GET->n));
	return do_answer_then_fail(me, NULL);
}

static troupe_verdict do_answer_then_fail(troupe_actor *me, void *argument)
{
	(void)argument;
	return troupe_fail(me, TROUPE_EUSER);
}

static void check_both_answer(struct fixture *f, troupe_ref asker, int kind)
{
	expectation.answers = 2;
	perform(f, asker, do_ask_both, (int[]){ kind, KEEP });
	CHECK_OK(troupe_send(second, RELEASE, 0));
	fixture_settle(f);
	CHECK_EQ(event_count, 2);
	check_event(0, VALUE, 1, 9, false);
	check_event(1, VALUE, 2, 9, false);
	fixture_finish(f);
}

TEST(several_answers, one_that_answers_and_then_fails_has_answered)
{
	static const troupe_behaviour failing = { .receive = serve_then_fail };
	struct fixture f;
	troupe_ref asker = setup(&f, 1);
	CHECK_OK(troupe_spawn(f.system, &failing, NULL, &target.ref));
	check_both_answer(&f, asker, GET);
}

static troupe_verdict serve_and_say_unknown(troupe_actor *me, const troupe_message *m)
{
	server in = { .data = m->data };

	(void)me;
	CHECK_OK(troupe_send(in.GET->reply, VALUE, .n = in.GET->n));
	return TROUPE_UNKNOWN;
}

TEST(several_answers, one_that_answers_and_does_not_know_the_kind_has_answered)
{
	static const troupe_behaviour confused = { .receive = serve_and_say_unknown };
	struct fixture f;
	troupe_ref asker = setup(&f, 1);
	CHECK_OK(troupe_spawn(f.system, &confused, NULL, &target.ref));
	check_both_answer(&f, asker, GET);
}

static troupe_verdict serve_taken(troupe_actor *me, const troupe_message *m)
{
	struct get *question = troupe_take(me, m);

	CHECK(question != NULL);
	CHECK_OK(troupe_send(question->reply, VALUE, .n = question->n));
	troupe_free(question);
	return TROUPE_HANDLED;
}

TEST(several_answers, one_that_takes_answers_and_frees_the_question_has_answered)
{
	static const troupe_behaviour taking = { .receive = serve_taken };
	struct fixture f;
	troupe_ref asker = setup(&f, 1);
	CHECK_OK(troupe_spawn(f.system, &taking, NULL, &target.ref));
	check_both_answer(&f, asker, GET);
}

TEST(several_answers, one_that_keeps_answers_and_ends_has_answered)
{
	struct fixture f;
	troupe_ref asker = setup(&f, 1);
	expectation.answers = 2;
	perform(&f, asker, do_ask_both, (int[]){ KEEP, KEEP });
	CHECK_OK(troupe_send(target, RELEASE, 0));
	CHECK_OK(troupe_stop(target.ref));
	fixture_settle(&f);
	CHECK(!troupe_is_alive(target.ref));
	CHECK_OK(troupe_send(second, RELEASE, 0));
	fixture_settle(&f);
	CHECK_EQ(event_count, 2);
	check_event(0, VALUE, 1, 9, false);
	check_event(1, VALUE, 2, 9, false);
	fixture_finish(&f);
}

static troupe_verdict keep_then_fail(troupe_actor *me, const troupe_message *m)
{
	CHECK_OK(troupe_keep(me, m));
	return troupe_fail(me, TROUPE_EUSER);
}

TEST(several_answers, one_that_keeps_and_fails_counts_once)
{
	static const troupe_behaviour failing = { .receive = keep_then_fail };
	struct fixture f;
	troupe_ref asker = setup(&f, 1);
	CHECK_OK(troupe_spawn(f.system, &failing, NULL, &target.ref));
	expectation.answers = 2;
	perform(&f, asker, do_ask_both, (int[]){ GET, KEEP });
	CHECK_EQ(event_count, 0);
	CHECK_OK(troupe_send(second, RELEASE, 0));
	fixture_settle(&f);
	CHECK_EQ(event_count, 2);
	check_event(0, VALUE, 2, 9, false);
	CHECK_EQ(events[1].kind, TROUPE_UNANSWERED);
	fixture_finish(&f);
}

