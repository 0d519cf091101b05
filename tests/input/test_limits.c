/* SPDX-License-Identifier: MIT */
/* At the limits: as many actors as there may be, kinds that nobody knows, calls that would block a worker. */
#include "victim.h"

enum { ACTORS_MAX = 10 };

static void start_with_limit(void)
{
	troupe_options options = victim_options();

	options.actors_max = ACTORS_MAX;
	victim_start_with(&options); /* the victim is one of them */
}

static troupe_status spawn(troupe_ref *out)
{
	return troupe_spawn(theirs, &victim_behaviour, NULL, out);
}

/* A reference is stale a moment before its slot is free. */
static void spawn_soon(troupe_ref *out)
{
	settle();
	CHECK_OK(spawn(out));
}

/* The victim's end, when there is no room for the address of a last question. */
static void finish_full(void)
{
	CHECK_OK(troupe_finish(theirs, LIMIT));
	check_books();
}

static void fill_up(troupe_ref *refs, int count)
{
	for (int i = 0; i < count; i++)
		CHECK_OK(spawn(&refs[i]));
}

/* --------------------------------------------------------------------------------------------------------- actors -- */

TEST(limits, more_actors_than_allowed_and_again_after_one_has_ended)
{
	troupe_ref refs[ACTORS_MAX], out = { 7 };

	start_with_limit();
	fill_up(refs, ACTORS_MAX - 1);
	for (int i = 0; i < 100; i++) {
		CHECK_EQ(spawn(&out), TROUPE_ELIMIT);
		CHECK_EQ(out.bits_private, 7);
		CHECK_OK(troupe_stop_wait(refs[i % (ACTORS_MAX - 1)], LIMIT));
		spawn_soon(&refs[i % (ACTORS_MAX - 1)]);
	}
	finish_full();
}

TEST(limits, one_actor_at_most)
{
	troupe_options options = victim_options();

	options.actors_max = 1;
	victim_start_with(&options);
	CHECK_EQ(spawn(NULL), TROUPE_ELIMIT);
	CHECK_OK(troupe_stop_wait(actor.ref, LIMIT));
	spawn_soon(&actor.ref);
	finish_full();
}

TEST(limits, a_name_that_is_taken_uses_nothing_up)
{
	troupe_ref refs[ACTORS_MAX];

	start_with_limit();
	CHECK_OK(troupe_name(actor.ref, "taken"));
	for (int i = 0; i < 100; i++)
		CHECK_EQ(troupe_spawn_with(theirs, NULL, &victim_behaviour, NULL,
		                           TROUPE_OPTIONS(troupe_spawn_options, .name = "taken"), NULL),
		         TROUPE_EEXIST);
	fill_up(refs, ACTORS_MAX - 1);
	CHECK_EQ(spawn(NULL), TROUPE_ELIMIT);
	finish_full();
}

static troupe_verdict try_children(troupe_actor *me, const troupe_message *m)
{
	troupe_ref child;

	(void)m;
	for (int i = 0; i < ACTORS_MAX - 1; i++)
		CHECK_OK(troupe_spawn_child(me, &victim_behaviour, NULL, &child));
	CHECK_EQ(troupe_spawn_child(me, &victim_behaviour, NULL, &child), TROUPE_ELIMIT);
	CHECK_EQ(troupe_spawn(me->system, &victim_behaviour, NULL, NULL), TROUPE_ELIMIT);
	CHECK_EQ(troupe_expect(me, NULL, &child), TROUPE_ELIMIT);
	CHECK_EQ(troupe_ask_then(me, actor, GET, NULL, LIMIT, .n = 1), TROUPE_ELIMIT);
	return TROUPE_HANDLED;
}

TEST(limits, children_and_addresses_inside_a_handler)
{
	start_with_limit();
	perform(try_children);
	finish_full();
}

/* ------------------------------------------------------------------------------------------------- reply addresses -- */

TEST(limits, open_futures_count_as_actors)
{
	troupe_future futures[ACTORS_MAX], more;
	struct value answer;

	start_with_limit();
	for (int i = 0; i < ACTORS_MAX - 1; i++)
		CHECK_OK(troupe_future_open(theirs, NULL, &futures[i]));
	CHECK_EQ(troupe_future_open(theirs, NULL, &more), TROUPE_ELIMIT);
	CHECK_EQ(spawn(NULL), TROUPE_ELIMIT);
	CHECK_EQ(troupe_call(actor, GET, VALUE, &answer, LIMIT, .n = 1), TROUPE_ELIMIT);
	troupe_future_close(futures[0]);
	check_answers();
	CHECK_OK(troupe_future_open(theirs, NULL, &futures[0]));
	for (int i = 0; i < ACTORS_MAX - 1; i++)
		troupe_future_close(futures[i]);
	victim_finish();
}

static troupe_ref opened[ACTORS_MAX];

static troupe_verdict try_addresses(troupe_actor *me, const troupe_message *m)
{
	troupe_ref more;

	(void)m;
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < ACTORS_MAX - 1; i++)
			CHECK_OK(troupe_expect(me, NULL, &opened[i]));
		CHECK_EQ(troupe_expect(me, NULL, &more), TROUPE_ELIMIT);
		CHECK_EQ(troupe_spawn(me->system, &victim_behaviour, NULL, NULL), TROUPE_ELIMIT);
		for (int i = 0; i < ACTORS_MAX - 1; i++)
			CHECK_OK(troupe_forget(me, opened[i]));
	}
	return TROUPE_HANDLED;
}

TEST(limits, open_addresses_count_as_actors)
{
	start_with_limit();
	perform(try_addresses);
	victim_finish();
}

/* ----------------------------------------------------------------------------------------------------- unknown kinds -- */

TEST(limits, an_unknown_kind_is_a_dead_letter_and_the_sender_goes_on)
{
	victim_start();
	for (int i = 0; i < 100; i++)
		CHECK_OK(troupe_send(actor, STRANGE, .n = i));
	settle();
	CHECK_EQ(letters, 100);
	CHECK_EQ(letters_of[STRANGE], 100);
	CHECK_EQ(last_why, TROUPE_EUNKNOWN);
	victim_finish();
}

static troupe_verdict try_strange(troupe_actor *me, const troupe_message *m)
{
	(void)m;
	CHECK_OK(troupe_send((victim){ me->ref }, STRANGE, .n = 1));
	CHECK_OK(troupe_send_from(me, (victim){ me->ref }, STRANGE, .n = 1));
	CHECK_OK(troupe_send((victim){ me->ref }, NOTE, .n = 1));
	return TROUPE_HANDLED;
}

TEST(limits, an_unknown_kind_from_an_actor)
{
	victim_start();
	perform(try_strange);
	CHECK_EQ(letters_of[STRANGE], 2);
	CHECK_EQ(notes, 1);
	victim_finish();
}

TEST(limits, an_unknown_kind_of_question_is_answered_so)
{
	struct value answer;

	victim_start();
	CHECK_EQ(troupe_call_bytes(actor.ref, STRANGE, &(struct get){ .n = 1 }, sizeof(struct get), 0, VALUE, &answer,
	                           sizeof answer, LIMIT),
	         TROUPE_EUNKNOWN);
	CHECK_EQ(letters_of[STRANGE], 1);
	victim_finish();
}

static troupe_verdict receive_with_strange_verdict(troupe_actor *me, const troupe_message *m)
{
	return m->kind == STRANGE ? (troupe_verdict)77 : victim_receive(me, m);
}

TEST(limits, a_verdict_that_there_is_not_is_an_unknown_kind)
{
	static const troupe_behaviour strange = { .receive = receive_with_strange_verdict };
	victim odd;

	victim_start();
	CHECK_OK(troupe_spawn(theirs, &strange, NULL, &odd.ref));
	CHECK_OK(troupe_send(odd, STRANGE, .n = 1));
	CHECK_OK(troupe_send(odd, NOTE, .n = 1));
	settle();
	CHECK_EQ(letters_of[STRANGE], 1);
	CHECK_EQ(notes, 1);
	victim_finish();
}

/* -------------------------------------------------------------------------------------------------- blocking calls -- */

static troupe_future outside;

static troupe_verdict try_blocking(troupe_actor *me, const troupe_message *m)
{
	struct value answer = { 77 };
	troupe_status why = TROUPE_EUSER;

	(void)m;
	CHECK_EQ(troupe_call(actor, GET, VALUE, &answer, LIMIT, .n = 1), TROUPE_ECONTEXT);
	CHECK_EQ(troupe_next(outside, VALUE, &answer, sizeof answer), TROUPE_ECONTEXT);
	CHECK_EQ(troupe_wait_end(me->ref, LIMIT, &why), TROUPE_ECONTEXT);
	CHECK_EQ(troupe_stop_wait(me->ref, LIMIT), TROUPE_ECONTEXT);
	CHECK_EQ(troupe_run(me->system), TROUPE_ECONTEXT);
	CHECK_EQ(troupe_settle(me->system, LIMIT), TROUPE_ECONTEXT);
	CHECK_EQ(troupe_finish(me->system, LIMIT), TROUPE_ECONTEXT);
	CHECK_EQ(answer.n, 77);
	CHECK_EQ(why, TROUPE_EUSER);
	return TROUPE_HANDLED;
}

TEST(limits, blocking_calls_inside_a_handler_do_nothing)
{
	struct value answer;

	victim_start();
	CHECK_OK(troupe_future_open(theirs, NULL, &outside));
	troupe_ledger before = ledger_now();
	perform(try_blocking);
	before.sent++; /* what told it to */
	check_nothing_since(before);
	CHECK_OK(troupe_ask(actor, GET, outside.ref, .n = 5));
	CHECK_OK(troupe_next(outside, VALUE, &answer, sizeof answer));
	troupe_future_close(outside);
	victim_finish();
}

/* Another system's worker is a worker too. */
static troupe_verdict try_blocking_elsewhere(troupe_actor *me, const troupe_message *m)
{
	(void)me, (void)m;
	CHECK_EQ(troupe_settle(theirs, LIMIT), TROUPE_ECONTEXT);
	CHECK_EQ(troupe_finish(theirs, LIMIT), TROUPE_ECONTEXT);
	CHECK_EQ(troupe_wait_end(actor.ref, LIMIT, NULL), TROUPE_ECONTEXT);
	notes++;
	return TROUPE_HANDLED;
}

TEST(limits, blocking_calls_inside_a_handler_of_another_system)
{
	troupe_system other;
	victim there;

	victim_start();
	CHECK_OK(troupe_start(TROUPE_OPTIONS(troupe_options, .workers = 1), &other));
	CHECK_OK(troupe_spawn(other, &victim_behaviour, NULL, &there.ref));
	CHECK_OK(troupe_send(there, DO, .run = try_blocking_elsewhere));
	CHECK_OK(troupe_finish(other, LIMIT));
	CHECK_EQ(notes, 1);
	victim_finish();
}

static void run_blocking_at_the_end(troupe_actor *me, troupe_status why)
{
	(void)why;
	try_blocking(me, NULL);
	notes++;
}

static troupe_verdict run_blocking_at_first(troupe_actor *me)
{
	return try_blocking(me, NULL);
}

TEST(limits, blocking_calls_inside_init_and_terminate)
{
	static const troupe_behaviour at_both_ends = {
		.receive = victim_receive, .init = run_blocking_at_first, .terminate = run_blocking_at_the_end
	};

	victim_start();
	CHECK_OK(troupe_future_open(theirs, NULL, &outside));
	CHECK_OK(troupe_spawn(theirs, &at_both_ends, NULL, NULL));
	troupe_future_close(outside);
	victim_finish();
	CHECK_EQ(notes, 1);
}

/* -------------------------------------------------------------------------------------------------------- systems -- */

TEST(limits, more_systems_than_allowed)
{
	static troupe_system systems[TROUPE_SYSTEMS_MAX];
	troupe_system more = { NULL };
	const int many = TEST_WITH_ASAN || TEST_WITH_TSAN ? 0 : TROUPE_SYSTEMS_MAX; /* their threads are heavy there */

	for (int i = 0; i < many; i++)
		CHECK_OK(troupe_start(TROUPE_OPTIONS(troupe_options, .workers = 1), &systems[i]));
	if (many > 0)
		CHECK_EQ(troupe_start(TROUPE_OPTIONS(troupe_options, .workers = 1), &more), TROUPE_ELIMIT);
	CHECK(more.private_ == NULL);
	for (int i = 0; i < many; i++)
		CHECK_OK(troupe_finish(systems[i], LIMIT));
	CHECK_OK(troupe_start(TROUPE_OPTIONS(troupe_options, .workers = 1), &more));
	CHECK_OK(troupe_finish(more, LIMIT));
}
