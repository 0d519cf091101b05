/* SPDX-License-Identifier: MIT */
/* Promise: questions go to and from an actor in a process as they do anywhere: each has one outcome. */
#include "fixture.h"

enum { GET = 1, SILENT, NOT_KNOWN, FAIL, KEEP, RELEASE, PASS_ON, CRASH, VALUE, ASK, ASK_MANY, ASK_HOLDING, ASK_FOR_NOTHING,
       NOTE, ORDER, ORDER_SLOWLY, ASK_KEPT };

struct value {
	int64_t n;
};
typedef union value_reply {
	troupe_ref ref;
	const struct value *VALUE;
} value_reply;
struct get {
	value_reply reply;
	int64_t n;
};
typedef union server {
	troupe_ref ref;
	const void *data;
	const struct get *GET, *SILENT, *NOT_KNOWN, *FAIL, *KEEP, *PASS_ON, *CRASH;
	const troupe_nothing *RELEASE;
	const struct value *ASK, *ASK_MANY, *ASK_HOLDING, *ASK_FOR_NOTHING, *ORDER, *NOTE, *ORDER_SLOWLY, *ASK_KEPT;
} server;

struct state {
	server other;
	value_reply kept;
	int64_t kept_n;
	server sink;
	int64_t got;
};

static struct fixture f;

/* ---------------------------------------------------------------------------------------------------------- asked -- */

static troupe_verdict asked(troupe_actor *me, const troupe_message *m)
{
	struct state *self = me->state;
	server in = { .data = m->data };

	switch (m->kind) {
	case GET:
		return troupe_done(me, troupe_send(in.GET->reply, VALUE, .n = in.GET->n + 1));
	case SILENT:
		return TROUPE_HANDLED;
	case FAIL:
		return troupe_fail(me, TROUPE_EUSER);
	case KEEP:
		self->kept = in.KEEP->reply;
		self->kept_n = in.KEEP->n;
		return troupe_done(me, troupe_keep(me, m));
	case RELEASE:
		return troupe_done(me, troupe_send(self->kept, VALUE, .n = self->kept_n + 2));
	case PASS_ON:
		return troupe_done(me, troupe_ask(self->other, GET, in.PASS_ON->reply.ref, .n = in.PASS_ON->n + 10));
	case CRASH:
		abort();
	default:
		return TROUPE_UNKNOWN;
	}
}

static const troupe_behaviour asked_there = { .name = "asked", .receive = asked, .state_size = sizeof(struct state),
	                                      .isolation = TROUPE_PROCESS };
static const troupe_behaviour asked_here = { .name = "asked", .receive = asked, .state_size = sizeof(struct state) };

static server asked_spawn(const troupe_behaviour *behaviour, server other)
{
	server s;

	CHECK_OK(troupe_spawn(f.system, behaviour, &(struct state){ .other = other }, &s.ref));
	return s;
}

#define CALL(server, KIND, out, number) troupe_call(server, KIND, VALUE, out, LIMIT, .n = (number))

TEST(process_questions, each_has_its_outcome)
{
	struct value got = { 0 };

	fixture_start(&f, 2);
	server other = asked_spawn(&asked_here, (server){ { 0 } }), s = asked_spawn(&asked_there, other);
	CHECK_OK(CALL(s, GET, &got, 5));
	CHECK_EQ(got.n, 6);
	CHECK_OK(CALL(s, PASS_ON, &got, 5));
	CHECK_EQ(got.n, 16);
	CHECK_EQ(CALL(s, SILENT, &got, 0), TROUPE_EUNANSWERED);
	CHECK_EQ(CALL(s, NOT_KNOWN, &got, 0), TROUPE_EUNKNOWN);
	CHECK_EQ(CALL(s, FAIL, &got, 0), TROUPE_EFAILED);
	CHECK_EQ(CALL(s, GET, &got, 0), TROUPE_EGONE);
	fixture_finish(&f);
}

TEST(process_questions, one_that_is_kept_is_answered_later_or_fails_with_the_process)
{
	troupe_future future;
	struct value got = { 0 };

	fixture_start(&f, 2);
	server s = asked_spawn(&asked_there, (server){ { 0 } });
	CHECK_OK(troupe_future_open(f.system, NULL, &future));
	CHECK_OK(troupe_ask(s, KEEP, future.ref, .n = 5));
	fixture_settle(&f);
	CHECK(!troupe_future_ready(future));
	CHECK_OK(troupe_send(s, RELEASE, 0));
	CHECK_OK(troupe_next(future, VALUE, &got, sizeof got));
	CHECK_EQ(got.n, 7);
	troupe_future_close(future);

	CHECK_OK(troupe_future_open(f.system, NULL, &future));
	CHECK_OK(troupe_ask(s, KEEP, future.ref, .n = 5));
	CHECK_OK(troupe_send(s, CRASH, 0));
	CHECK_EQ(troupe_next(future, VALUE, &got, sizeof got), TROUPE_EGONE);
	troupe_future_close(future);
	fixture_finish(&f);
	CHECK_EQ(fixture_letters(&f, CRASH, TROUPE_ECRASHED), 1);
}

TEST(process_questions, a_death_answers_what_was_being_asked)
{
	struct value got;

	fixture_start(&f, 2);
	server s = asked_spawn(&asked_there, (server){ { 0 } });
	CHECK_EQ(CALL(s, CRASH, &got, 0), TROUPE_ECRASHED);
	fixture_finish(&f);
}

/* ---------------------------------------------------------------------------------------------------------- asking -- */

static troupe_verdict note(troupe_actor *me, int64_t n)
{
	const struct state *self = me->state;

	return troupe_done(me, troupe_send(self->sink, NOTE, .n = n));
}

static troupe_verdict had_answer(troupe_actor *me, const troupe_message *m)
{
	return note(me, m->kind == VALUE ? ((const struct value *)m->data)->n : m->why);
}

static troupe_verdict note_slowly(troupe_actor *me, const troupe_message *m)
{
	sleep_ns(10 * TROUPE_MS);
	return had_answer(me, m);
}

static troupe_verdict ask_for_later(troupe_actor *me, bool hold)
{
	const struct state *self = me->state;
	troupe_ref address;
	troupe_status status = troupe_expect(me, TROUPE_OPTIONS(troupe_expectation, .hold = hold, .then = note_slowly), &address);

	if (status == TROUPE_OK)
		status = troupe_ask(self->other, KEEP, address, .n = 1);
	return troupe_done(me, status);
}

static troupe_verdict ask_many(troupe_actor *me, uint32_t answers, uint32_t questions, int64_t n, bool hold)
{
	const struct state *self = me->state;
	troupe_ref address;

	troupe_status status = troupe_expect(me, TROUPE_OPTIONS(troupe_expectation, .answers = answers, .questions = questions,
	                                                        .token = 77, .hold = hold), &address);
	for (int64_t i = 0; i < n && status == TROUPE_OK; i++)
		status = troupe_ask(self->other, GET, address, .n = i * 10);
	return troupe_done(me, status);
}

static troupe_verdict asking(troupe_actor *me, const troupe_message *m)
{
	struct state *self = me->state;
	server in = { .data = m->data };

	switch (m->kind) {
	case ASK:
		return troupe_done(me, troupe_ask_then(me, self->other, GET, had_answer, LIMIT, .n = in.ASK->n));
	case ASK_MANY:
		return ask_many(me, TROUPE_ANSWERS_ALL, (uint32_t)in.ASK_MANY->n, in.ASK_MANY->n, false);
	case ASK_HOLDING:
		return ask_many(me, 1, 1, 1, true);
	case ASK_FOR_NOTHING:
		return troupe_done(me, troupe_ask_then(me, self->other, KEEP, had_answer, TROUPE_MS, .n = 0));
	case ASK_KEPT:
		return ask_for_later(me, in.ASK_KEPT->n != 0);
	case ORDER:
		return note(me, in.ORDER->n);
	case ORDER_SLOWLY:
		sleep_ns(10 * TROUPE_MS);
		return note(me, in.ORDER_SLOWLY->n);
	case VALUE:
		return note(me, ((const struct value *)m->data)->n + (m->token == 77 ? 1000 : 0));
	case TROUPE_UNANSWERED:
		return note(me, 5000 + m->why);
	default:
		return TROUPE_UNKNOWN;
	}
}

static const troupe_behaviour asking_there = { .name = "asking", .receive = asking, .state_size = sizeof(struct state),
	                                       .isolation = TROUPE_PROCESS };

static atomic_int noted;
static int64_t notes[64];

static troupe_verdict take_note(troupe_actor *me, const troupe_message *m)
{
	(void)me;
	notes[atomic_load(&noted)] = ((const struct value *)m->data)->n;
	atomic_fetch_add(&noted, 1);
	return TROUPE_HANDLED;
}

static const troupe_behaviour noting = { .name = "noting", .receive = take_note };

static server asking_spawn(const troupe_behaviour *other)
{
	struct state state = { .other = asked_spawn(other, (server){ { 0 } }) };
	server s;

	CHECK_OK(troupe_spawn(f.system, &noting, NULL, &state.sink.ref));
	CHECK_OK(troupe_spawn(f.system, &asking_there, &state, &s.ref));
	return s;
}

static void await_notes(int count)
{
	for (int64_t waited = 0; atomic_load(&noted) < count; waited += TROUPE_MS) {
		CHECK(waited < LIMIT);
		sleep_ns(TROUPE_MS);
	}
	fixture_settle(&f);
	CHECK_EQ(noted, count);
}

static void asks_both(const troupe_behaviour *other)
{
	noted = 0;
	fixture_start(&f, 2);
	server s = asking_spawn(other);
	CHECK_OK(troupe_send(s, ASK, .n = 41));
	await_notes(1);
	CHECK_EQ(notes[0], 42);
	CHECK_OK(troupe_send(s, ASK_MANY, .n = 3));
	await_notes(5);
	CHECK_EQ(notes[1] + notes[2] + notes[3], 3 * 1000 + 3 + 0 + 10 + 20);
	CHECK_EQ(notes[4], 5000 + TROUPE_OK); /* all of them: TROUPE_ANSWERS_ALL ends so */
	CHECK_OK(troupe_send(s, ASK_HOLDING, .n = 0));
	CHECK_OK(troupe_send(s, ORDER, .n = 9));
	await_notes(7);
	CHECK_EQ(notes[5], 1001); /* the answer was awaited */
	CHECK_EQ(notes[6], 9);
	CHECK_OK(troupe_send(s, ASK_FOR_NOTHING, .n = 0));
	await_notes(8);
	CHECK_EQ(notes[7], TROUPE_ETIMEOUT);
	fixture_finish(&f);
}

/* The process rests, with an answer to come; when that has come it is at work again. */
static void settles_after(bool holding, int64_t orders)
{
	struct state state = { 0 };
	server s;

	noted = 0;
	fixture_start(&f, 2);
	state.other = asked_spawn(&asked_here, (server){ { 0 } });
	CHECK_OK(troupe_spawn(f.system, &noting, NULL, &state.sink.ref));
	CHECK_OK(troupe_spawn(f.system, &asking_there, &state, &s.ref));
	CHECK_OK(troupe_send(s, ASK_KEPT, .n = holding));
	fixture_settle(&f);
	for (int64_t i = 0; i < orders; i++)
		CHECK_OK(troupe_send(s, ORDER_SLOWLY, .n = i));
	fixture_settle(&f);
	CHECK_EQ(noted, 0);
	CHECK_OK(troupe_send(state.other, RELEASE, 0));
	fixture_settle(&f);
	CHECK_EQ(noted, 1 + orders);
	fixture_finish(&f);
}

TEST(process_questions, settled_means_that_an_answer_was_handled)
{
	settles_after(false, 0);
}

TEST(process_questions, settled_means_that_what_was_held_back_was_handled)
{
	settles_after(true, 5);
}

TEST(process_questions, it_asks_who_is_here)
{
	asks_both(&asked_here);
}

TEST(process_questions, one_process_asks_another)
{
	asks_both(&asked_there);
}
