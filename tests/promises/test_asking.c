/* SPDX-License-Identifier: MIT */
/* Promise: each question asked by an actor has one outcome, and it arrives at the address it was asked with: an answer, or why
 * there is none; in the actor's receive or in a continuation; never after it was forgotten. */
#include "asker.h"

/* -------------------------------------------------------------------------------------------------------- outcomes -- */

TEST(asking, brings_the_answer_with_its_token)
{
	struct fixture f;
	troupe_ref asker = setup(&f, 2);
	perform(&f, asker, do_ask, &get_kind);
	CHECK_EQ(event_count, 1);
	check_event(0, VALUE, 5, 9, false);
	fixture_finish(&f);
}

TEST(asking, continues_where_then_says)
{
	struct fixture f;
	troupe_ref asker = setup(&f, 2);
	expectation.then = continued;
	perform(&f, asker, do_ask, &get_kind);
	perform(&f, asker, do_ask, &silent_kind);
	CHECK_EQ(event_count, 2);
	check_event(0, VALUE, 5, 9, true);
	check_event(1, TROUPE_UNANSWERED, TROUPE_EUNANSWERED, 9, true);
	fixture_finish(&f);
}

static troupe_verdict do_ask_in_one_line(troupe_actor *me, void *argument)
{
	(void)argument;
	CHECK_OK(troupe_ask_then(me, target, GET, continued, 0, .n = 31));
	CHECK_OK(troupe_ask_then(me, target, KEEP, continued, 5 * TROUPE_MS, .n = 32));
	return TROUPE_HANDLED;
}

TEST(asking, in_one_line_opens_and_asks)
{
	struct fixture f;
	troupe_ref asker = setup(&f, 2);
	perform(&f, asker, do_ask_in_one_line, NULL);
	wait_events(&f, 2);
	check_event(0, VALUE, 31, 0, true);
	check_event(1, TROUPE_UNANSWERED, TROUPE_ETIMEOUT, 0, true);
	fixture_finish(&f);
}

static void check_reason(struct fixture *f, troupe_ref asker, int *kind, troupe_status why)
{
	event_count = 0;
	perform(f, asker, do_ask, kind);
	CHECK_EQ(event_count, 1);
	check_event(0, TROUPE_UNANSWERED, why, 9, false);
}

TEST(asking, tells_why_there_is_no_answer)
{
	struct fixture f;
	troupe_ref asker = setup(&f, 2);
	check_reason(&f, asker, &silent_kind, TROUPE_EUNANSWERED);
	check_reason(&f, asker, &unknown_kind, TROUPE_EUNKNOWN);
	check_reason(&f, asker, &fail_kind, TROUPE_EFAILED);
	CHECK(!troupe_is_alive(target.ref));
	check_reason(&f, asker, &get_kind, TROUPE_EGONE);
	target.ref = (troupe_ref){ 0 };
	check_reason(&f, asker, &get_kind, TROUPE_EGONE);
	CHECK_EQ(fixture_letters(&f, UNKNOWN_KIND, TROUPE_EUNKNOWN), 1);
	CHECK_EQ(fixture_letters(&f, FAIL, TROUPE_EFAILED), 1);
	CHECK_EQ(fixture_letters(&f, GET, TROUPE_EGONE), 2);
	fixture_finish(&f);
}

TEST(asking, tells_when_the_one_who_kept_the_question_ends)
{
	struct fixture f;
	troupe_ref asker = setup(&f, 2);
	perform(&f, asker, do_ask, &keep_kind);
	CHECK_EQ(event_count, 0);
	CHECK_OK(troupe_stop_wait(target.ref, LIMIT));
	fixture_settle(&f);
	CHECK_EQ(event_count, 1);
	check_event(0, TROUPE_UNANSWERED, TROUPE_EGONE, 9, false);
	fixture_finish(&f);
}

TEST(asking, tells_when_the_queue_of_the_one_asked_ends_with_it)
{
	struct fixture f;
	troupe_ref asker = setup(&f, 1);
	tell(asker, do_ask, &fail_kind); /* one worker: the second question is queued when the first one is failed on */
	tell(asker, do_ask, &get_kind);
	fixture_settle(&f);
	CHECK_EQ(event_count, 2);
	check_event(0, TROUPE_UNANSWERED, TROUPE_EFAILED, 9, false);
	CHECK_EQ(events[1].kind, TROUPE_UNANSWERED);
	fixture_finish(&f);
}

TEST(asking, times_out_and_a_late_answer_is_a_dead_letter_but_no_failure)
{
	struct fixture f;
	troupe_ref asker = setup(&f, 2);
	expectation.within_ns = 10 * TROUPE_MS;
	perform(&f, asker, do_ask, &keep_kind);
	wait_events(&f, 1);
	check_event(0, TROUPE_UNANSWERED, TROUPE_ETIMEOUT, 9, false);
	CHECK_OK(troupe_send(target, RELEASE, 0)); /* the server checks that sending the answer is TROUPE_OK */
	fixture_settle(&f);
	CHECK_EQ(event_count, 1);
	CHECK_EQ(fixture_letters(&f, VALUE, TROUPE_ECLOSED), 1);
	fixture_finish(&f);
}

/* -------------------------------------------------------------------------------------------------- closing early -- */

static troupe_verdict do_forget(troupe_actor *me, void *argument)
{
	(void)argument;
	CHECK_OK(troupe_forget(me, address));
	CHECK_EQ(troupe_forget(me, address), TROUPE_EGONE);
	return TROUPE_HANDLED;
}

TEST(asking, forgotten_brings_nothing_more)
{
	struct fixture f;
	troupe_ref asker = setup(&f, 2);
	perform(&f, asker, do_ask, &keep_kind);
	perform(&f, asker, do_forget, NULL);
	CHECK_OK(troupe_send(target, RELEASE, 0));
	fixture_settle(&f);
	CHECK_EQ(event_count, 0);
	CHECK_EQ(fixture_letters(&f, VALUE, TROUPE_ECLOSED), 1);
	fixture_finish(&f);
}

static troupe_verdict do_forget_when_answered(troupe_actor *me, void *argument)
{
	(void)argument;
	CHECK_OK(troupe_expect(me, &expectation, &address));
	CHECK_OK(troupe_send((value_reply){ address }, VALUE, .n = 1)); /* queued here already */
	CHECK_OK(troupe_forget(me, address));
	return TROUPE_HANDLED;
}

TEST(asking, forgotten_brings_not_even_what_was_queued)
{
	struct fixture f;
	troupe_ref asker = setup(&f, 2);
	perform(&f, asker, do_forget_when_answered, NULL);
	CHECK_EQ(event_count, 0);
	CHECK_EQ(fixture_letters(&f, VALUE, TROUPE_ECLOSED), 1);
	fixture_finish(&f);
}

static troupe_verdict do_forget_not_mine(troupe_actor *me, void *argument)
{
	(void)argument;
	CHECK_EQ(troupe_forget(me, address), TROUPE_EGONE);
	CHECK_EQ(troupe_forget(me, target.ref), TROUPE_EGONE);
	CHECK_EQ(troupe_forget(me, (troupe_ref){ 0 }), TROUPE_EGONE);
	return TROUPE_HANDLED;
}

TEST(asking, is_forgotten_by_its_asker_alone)
{
	struct fixture f;
	troupe_ref asker = setup(&f, 2);
	perform(&f, asker, do_ask, &keep_kind);
	doer d = doer_spawn(&f);
	perform(&f, d.ref, do_forget_not_mine, NULL);
	CHECK_OK(troupe_send(target, RELEASE, 0));
	fixture_settle(&f);
	CHECK_EQ(event_count, 1);
	fixture_finish(&f);
}

TEST(asking, ends_with_the_asker)
{
	struct fixture f;
	troupe_ref asker = setup(&f, 2);
	perform(&f, asker, do_ask, &keep_kind);
	CHECK_OK(troupe_stop_wait(asker, LIMIT));
	CHECK_OK(troupe_send(target, RELEASE, 0));
	fixture_settle(&f);
	CHECK_EQ(event_count, 0);
	CHECK_EQ(fixture_letters(&f, VALUE, TROUPE_ECLOSED), 1);
	fixture_finish(&f);
}

static troupe_verdict pass_kept_on(troupe_actor *me, void *to)
{
	const struct server_state *self = me->state;

	CHECK_OK(troupe_ask(*(server *)to, GET, self->kept[0].reply.ref, .n = self->kept[0].n));
	troupe_exit(me, TROUPE_OK);
	return TROUPE_HANDLED;
}

/* Kept first, then passed on: whoever has it now owes the answer, not the one that has ended. */
TEST(asking, a_kept_question_is_passed_on)
{
	static struct fixture f;
	struct barrier barrier;
	struct value answer = { 0 };
	troupe_future future;

	fixture_start(&f, 2);
	server middle = server_spawn(&f), last = server_spawn(&f);
	CHECK_OK(troupe_future_open(f.system, NULL, &future));
	CHECK_OK(troupe_ask(middle, KEEP, future.ref, .n = 7));
	barrier_raise(&barrier, last.ref);
	tell(middle.ref, pass_kept_on, &last);
	CHECK_OK(troupe_wait_end(middle.ref, LIMIT, NULL));
	barrier_open(&barrier);
	CHECK_OK(troupe_next(future, VALUE, &answer, sizeof answer));
	CHECK_EQ(answer.n, 7);
	troupe_future_close(future);
	fixture_finish(&f);
}
