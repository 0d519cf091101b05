/* SPDX-License-Identifier: MIT */
/* Receiving from chunks: what each handler is given, when the turn ends within one, and what awaiting does there. (All verdicts, and
 * ends of actors: test_flood.c) */
#include "actors/turn.h"

#include "actors/flood.h"
#include "stage.h"

enum { NUMBER = 1, NOTHING, QUESTION, ANSWER, COUNT = 300 };

static struct stage s;
static unsigned received, chunked, others;
static troupe_ref helper;

static troupe_verdict receive_number(troupe_actor *me, const troupe_message *m)
{
	const struct actor_worker *worker = troupei_me_worker(me);

	chunked += worker->chunk != NULL;
	CHECK((m->data == NULL) == (m->kind == NOTHING));
	CHECK_EQ(m->size, m->kind == NOTHING ? 0 : sizeof received);
	if (m->kind == NUMBER)
		CHECK_EQ(*(const unsigned *)m->data, received);
	received++;
	/* The ledger is never further behind than one look. */
	CHECK(worker->tally.handled + LOOK_EVERY + 1 >= received);
	return TROUPE_HANDLED;
}

static troupe_verdict send_numbers(troupe_actor *me, void *argument)
{
	const troupe_ref to = *(troupe_ref *)argument;

	(void)me;
	for (unsigned i = 0; i < COUNT; i++)
		CHECK_OK(troupe_send_bytes(to, NUMBER, &i, sizeof i));
	for (unsigned i = 0; i < COUNT; i++)
		CHECK_OK(troupe_send_bytes(to, NOTHING, NULL, 0));
	return TROUPE_HANDLED;
}

TEST(chunked, payloads_in_order_and_none)
{
	static const troupe_behaviour receiving = { .receive = receive_number };
	stage_start(&s, 1);
	troupe_ref to = spawned(&s, &receiving);
	perform(&s, player(&s), send_numbers, &to);
	CHECK_EQ(received, 2 * COUNT);
	CHECK(chunked > COUNT);
	stage_finish(&s);
}

/* A turn of five ends in the middle of a chunk, and the next one goes on there. */
static troupe_verdict count_other(troupe_actor *me, const troupe_message *m)
{
	(void)m;
	others++;
	if (received < 2 * COUNT)
		CHECK_OK(troupe_send_bytes(me->ref, NOTHING, NULL, 0));
	return TROUPE_HANDLED;
}

static troupe_verdict send_beside_another(troupe_actor *me, void *argument)
{
	CHECK_OK(troupe_send_bytes(helper, NOTHING, NULL, 0));
	return send_numbers(me, argument);
}

static troupe_verdict receive_and_send(troupe_actor *me, const troupe_message *m)
{
	if (received % 5 == 0) /* so that it is not drained: F5 in worker.h */
		CHECK_OK(troupe_send_bytes(helper, NOTHING, NULL, 0));
	return receive_number(me, m);
}

TEST(chunked, turns_end_within)
{
	static const troupe_behaviour fives = { .receive = receive_and_send, .turn_messages_max = 5 };
	static const troupe_behaviour other = { .receive = count_other };
	stage_start_timeless(&s, 1);
	troupe_ref to = spawned(&s, &fives);
	helper = spawned(&s, &other);
	perform(&s, player(&s), send_beside_another, &to);
	CHECK_EQ(received, 2 * COUNT);
	CHECK(chunked > COUNT);
	CHECK(others >= 2 * COUNT / 5);
	stage_finish(&s);
}

/* Each message of a flood awaits an answer before the next one is handled; the answer is taken where it lies. */
static bool awaits;
static unsigned in_place;

struct question {
	troupe_ref reply;
};

static troupe_verdict answer(troupe_actor *me, const troupe_message *m)
{
	return troupe_done(me, troupe_send_bytes(((const struct question *)m->data)->reply, ANSWER, NULL, 0));
}

static troupe_verdict answered(troupe_actor *me, const troupe_message *m)
{
	CHECK_EQ(m->kind, ANSWER);
	CHECK(awaits);
	awaits = false;
	in_place += troupei_me_worker(me)->peeked;
	return TROUPE_HANDLED;
}

static troupe_verdict ask_for_each(troupe_actor *me, const troupe_message *m)
{
	struct question question = { { 0 } };
	troupe_ref address;

	CHECK(!awaits);
	awaits = true;
	CHECK_OK(troupe_expect(me, TROUPE_OPTIONS(troupe_expectation, .hold = true, .then = answered), &address));
	CHECK_OK(troupe_ask_bytes(helper, QUESTION, &question, sizeof question, 0, address));
	return receive_number(me, m);
}

TEST(chunked, each_awaits_an_answer)
{
	static const troupe_behaviour asking = { .receive = ask_for_each }, answering = { .receive = answer };
	stage_start(&s, 1);
	troupe_ref to = spawned(&s, &asking);
	helper = spawned(&s, &answering);
	perform(&s, player(&s), send_numbers, &to);
	CHECK_EQ(received, 2 * COUNT);
	CHECK(chunked > COUNT);
	CHECK_EQ(in_place, 2 * COUNT); /* although the next ones wait */
	stage_finish(&s);
	CHECK_EQ(s.ledger.handled, 1 + 3 * 2 * COUNT);
}
