/* SPDX-License-Identifier: MIT */
/* Promise: each question asked by an actor has one outcome, and it arrives at the address it was asked with: interleaved with
 * other messages or awaited, in the actor's receive or in a continuation, never at a newer question. */
#include "fixture.h"

enum { GET = 1, SILENT, UNKNOWN_KIND, FAIL, KEEP, RELEASE, VALUE, NOISE, MANY = 100000, LOG_MAX = 64 };

struct value { int64_t n; };
typedef union value_reply { troupe_ref ref; const struct value *VALUE; } value_reply;
struct get { value_reply reply; int64_t n; };
typedef union server {
	troupe_ref ref;
	const void *data;
	const struct get *GET, *SILENT, *UNKNOWN_KIND, *FAIL, *KEEP;
	const troupe_nothing *RELEASE;
} server;
typedef union noise { troupe_ref ref; const struct value *NOISE; } noise;

/* ---------------------------------------------------------------------------------------------------------- server -- */

enum { KEPT_MAX = 8 };

struct server_state {
	struct get kept[KEPT_MAX];
	int kept_count;
};

static troupe_verdict serve(troupe_actor *me, const troupe_message *m)
{
	struct server_state *self = me->state;
	server in = { .data = m->data };

	switch (m->kind) {
	case GET:
		CHECK_OK(troupe_send(in.GET->reply, VALUE, .n = in.GET->n));
		return TROUPE_HANDLED;
	case SILENT:
		return TROUPE_HANDLED;
	case FAIL:
		return troupe_fail(me, TROUPE_EUSER);
	case KEEP:
		CHECK_OK(troupe_keep(me, m));
		self->kept[self->kept_count++] = *in.KEEP;
		return TROUPE_HANDLED;
	case RELEASE:
		for (int i = 0; i < self->kept_count; i++)
			CHECK_OK(troupe_send(self->kept[i].reply, VALUE, .n = self->kept[i].n));
		self->kept_count = 0;
		return TROUPE_HANDLED;
	default:
		return m->kind == DO ? do_task(me, m) : TROUPE_UNKNOWN;
	}
}

static const troupe_behaviour serving = { .name = "server", .receive = serve, .state_size = sizeof(struct server_state) };

static server server_spawn(struct fixture *f)
{
	server s;

	CHECK_OK(troupe_spawn(f->system, &serving, NULL, &s.ref));
	return s;
}

/* ----------------------------------------------------------------------------------------------------------- asker -- */

/* What came to the asker, in order: an answer's number, a reason, noise. */
struct event {
	int32_t kind;
	int64_t n;
	uint64_t token;
	bool continued; /* in the continuation */
};

static struct event events[LOG_MAX];
static atomic_int event_count;

static void note(const troupe_message *m, bool continued)
{
	int64_t n = m->kind == TROUPE_UNANSWERED ? m->why : ((const struct value *)m->data)->n;
	int at = atomic_fetch_add(&event_count, 1);

	if (at < LOG_MAX)
		events[at] = (struct event){ m->kind, n, m->token, continued };
}

static void check_event(int at, int32_t kind, int64_t n, uint64_t token, bool continued)
{
	CHECK(at < event_count);
	CHECK_EQ(events[at].kind, kind);
	CHECK_EQ(events[at].n, n);
	CHECK_EQ(events[at].token, token);
	CHECK_EQ(events[at].continued, continued);
}

static troupe_verdict receive_events(troupe_actor *me, const troupe_message *m)
{
	if (m->kind == DO)
		return do_task(me, m);
	note(m, false);
	return TROUPE_HANDLED;
}

static troupe_verdict continued(troupe_actor *me, const troupe_message *m)
{
	(void)me;
	note(m, true);
	return TROUPE_HANDLED;
}

static const troupe_behaviour asking = { .name = "asker", .receive = receive_events };

static troupe_ref asker_spawn(struct fixture *f)
{
	troupe_ref ref;

	event_count = 0;
	CHECK_OK(troupe_spawn(f->system, &asking, NULL, &ref));
	return ref;
}

static server target, second;
static troupe_expectation expectation;
static troupe_ref address;

/* Ask the target with the expectation; it keeps the question. */
static troupe_verdict do_ask(troupe_actor *me, void *kind)
{
	CHECK_OK(troupe_expect(me, &expectation, &address));
	CHECK_OK(troupe_ask_bytes(target.ref, *(int *)kind, &(struct get){ .n = 5 }, sizeof(struct get),
	                          offsetof(struct get, reply), address));
	return TROUPE_HANDLED;
}

static int get_kind = GET, silent_kind = SILENT, unknown_kind = UNKNOWN_KIND, fail_kind = FAIL, keep_kind = KEEP;

static troupe_ref setup(struct fixture *f, uint32_t workers)
{
	fixture_start(f, workers);
	target = server_spawn(f);
	second = server_spawn(f);
	expectation = (troupe_expectation){ .token = 9 };
	return asker_spawn(f);
}

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

static void wait_events(struct fixture *f, int count)
{
	for (int64_t waited = 0; event_count < count; waited += TROUPE_MS) {
		CHECK(waited < LIMIT);
		sleep_ns(TROUPE_MS);
	}
	fixture_settle(f);
	CHECK_EQ(event_count, count);
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

/* ------------------------------------------------------------------------------------- several questions and answers -- */

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

TEST(asking, two_with_one_address_brings_two_answers_then_closes)
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

TEST(asking, two_of_which_one_fails_brings_the_answer_and_that_there_is_no_other)
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

TEST(asking, the_first_of_two_answers_is_enough_when_one_is_expected)
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

/* Each question counts once, whatever becomes of it after its answer. */

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

TEST(asking, one_that_answers_and_then_fails_has_answered)
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

TEST(asking, one_that_answers_and_does_not_know_the_kind_has_answered)
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

TEST(asking, one_that_takes_answers_and_frees_the_question_has_answered)
{
	static const troupe_behaviour taking = { .receive = serve_taken };
	struct fixture f;
	troupe_ref asker = setup(&f, 1);
	CHECK_OK(troupe_spawn(f.system, &taking, NULL, &target.ref));
	check_both_answer(&f, asker, GET);
}

TEST(asking, one_that_keeps_answers_and_ends_has_answered)
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

TEST(asking, one_that_keeps_and_fails_counts_once)
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

/* ---------------------------------------------------------------------------------------------- interleaved, awaited -- */

static noise asker_noise(troupe_ref asker)
{
	return (noise){ asker };
}

TEST(asking, handles_other_messages_meanwhile)
{
	struct fixture f;
	troupe_ref asker = setup(&f, 2);
	perform(&f, asker, do_ask, &keep_kind);
	CHECK_OK(troupe_send(asker_noise(asker), NOISE, .n = 1));
	fixture_settle(&f);
	CHECK_OK(troupe_send(target, RELEASE, 0));
	fixture_settle(&f);
	CHECK_EQ(event_count, 2);
	check_event(0, NOISE, 1, 0, false);
	check_event(1, VALUE, 5, 9, false);
	fixture_finish(&f);
}

static troupe_verdict do_ask_holding_and_arm(troupe_actor *me, void *argument)
{
	(void)argument;
	expectation.hold = true;
	do_ask(me, &keep_kind);
	CHECK_EQ(troupe_expect(me, &expectation, &(troupe_ref){ 0 }), TROUPE_EINVAL); /* a second hold */
	return TROUPE_HANDLED;
}

TEST(asking, that_holds_lets_user_messages_wait_in_their_order)
{
	struct fixture f;
	troupe_ref asker = setup(&f, 2);
	perform(&f, asker, do_ask_holding_and_arm, NULL);
	for (int i = 0; i < 10; i++)
		CHECK_OK(troupe_send(asker_noise(asker), NOISE, .n = i));
	fixture_settle(&f);
	CHECK_EQ(event_count, 0);
	CHECK_OK(troupe_send(target, RELEASE, 0));
	fixture_settle(&f);
	CHECK_EQ(event_count, 11);
	check_event(0, VALUE, 5, 9, false);
	for (int i = 0; i < 10; i++)
		check_event(i + 1, NOISE, i, 0, false);
	fixture_finish(&f);
}

static troupe_verdict note_ticks(troupe_actor *me, const troupe_message *m)
{
	if (m->kind == DO)
		return do_task(me, m);
	if (m->data == NULL && m->kind == NOISE) { /* a timer's */
		events[event_count++] = (struct event){ .kind = NOISE, .n = -1 };
		return TROUPE_HANDLED;
	}
	note(m, false);
	return TROUPE_HANDLED;
}

static troupe_verdict do_hold_and_tick(troupe_actor *me, void *argument)
{
	do_ask_holding_and_arm(me, argument);
	CHECK_OK(troupe_after(me, 2 * TROUPE_MS, NOISE, 0, NULL));
	return TROUPE_HANDLED;
}

TEST(asking, that_holds_lets_control_messages_through)
{
	static const troupe_behaviour ticking = { .receive = note_ticks };
	struct fixture f;
	troupe_ref asker = setup(&f, 2);
	CHECK_OK(troupe_spawn(f.system, &ticking, NULL, &asker));
	tell(asker, do_hold_and_tick, NULL);
	CHECK_OK(troupe_send(asker_noise(asker), NOISE, .n = 1));
	wait_events(&f, 1);
	CHECK_EQ(events[0].n, -1);
	CHECK_OK(troupe_send(target, RELEASE, 0));
	wait_events(&f, 3);
	check_event(1, VALUE, 5, 9, false);
	check_event(2, NOISE, 1, 0, false);
	fixture_finish(&f);
}

TEST(asking, that_holds_ends_with_its_time)
{
	struct fixture f;
	troupe_ref asker = setup(&f, 2);
	expectation.within_ns = 5 * TROUPE_MS;
	tell(asker, do_ask_holding_and_arm, NULL);
	CHECK_OK(troupe_send(asker_noise(asker), NOISE, .n = 1));
	wait_events(&f, 2);
	check_event(0, TROUPE_UNANSWERED, TROUPE_ETIMEOUT, 9, false);
	check_event(1, NOISE, 1, 0, false);
	fixture_finish(&f);
}

TEST(asking, that_holds_can_be_killed)
{
	struct fixture f;
	troupe_ref asker = setup(&f, 2);
	tell(asker, do_ask_holding_and_arm, NULL);
	CHECK_OK(troupe_send(asker_noise(asker), NOISE, .n = 1));
	fixture_settle(&f);
	CHECK_OK(troupe_kill(asker));
	CHECK_OK(troupe_wait_end(asker, LIMIT, NULL));
	fixture_settle(&f);
	CHECK_EQ(fixture_letters(&f, NOISE, TROUPE_EKILLED), 1);
	CHECK_EQ(event_count, 0);
	fixture_finish(&f);
}

TEST(asking, that_holds_does_not_hold_up_the_end_of_the_system)
{
	struct fixture f;
	troupe_ref asker = setup(&f, 2);
	tell(asker, do_ask_holding_and_arm, NULL);
	CHECK_OK(troupe_send(asker_noise(asker), NOISE, .n = 1));
	fixture_settle(&f);
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
