/* SPDX-License-Identifier: MIT */
/* Probes: opened, told what to do, and what is done in their names. */
#include "clocked.h"

TEST(probe, is_found_by_its_name)
{
	troupe_probe second;
	troupe_ref found;

	begin();
	CHECK_OK(troupe_find(theirs, "listener", &found));
	CHECK(troupe_ref_equal(found, probe.ref));
	CHECK(troupe_probe_open(theirs, TROUPE_OPTIONS(troupe_probe_options, .name = "listener"), &second) == TROUPE_EEXIST);
	CHECK(troupe_probe_open(theirs, TROUPE_OPTIONS(troupe_probe_options, .name = ""), &second) == TROUPE_EINVAL);
	CHECK(troupe_probe_open(theirs, TROUPE_OPTIONS(troupe_probe_options, .reserved = 1), &second) == TROUPE_EINVAL);
	CHECK(troupe_probe_open(theirs, NULL, NULL) == TROUPE_EINVAL);
	CHECK(troupe_probe_open((troupe_system){ NULL }, NULL, &second) == TROUPE_EINVAL);
	CHECK_OK(troupe_probe_open(theirs, NULL, &second));
	end();
	CHECK(troupe_probe_open(theirs, NULL, &second) == TROUPE_ECONTEXT);
}

TEST(probe, sends_in_its_own_name)
{
	troupe_probe other;
	ticker in;

	begin();
	CHECK_OK(troupe_probe_open(theirs, NULL, &other));
	CHECK_OK(troupe_probe_send(probe, (ticker){ other.ref }, CLOCK_TICK, .ticks = 42));
	CHECK_OK(troupe_probe_expect(other, in, CLOCK_TICK, 0));
	CHECK_EQ(in.CLOCK_TICK->ticks, 42);
	CHECK(troupe_ref_equal(troupe_probe_last(other)->sender, probe.ref));
	end();
}

TEST(probe, asks_and_is_answered)
{
	ticker in;

	begin();
	CHECK_OK(troupe_probe_ask(probe, clock_actor, CLOCK_READ, 0, .reply = { { 0 } }));
	CHECK_OK(troupe_probe_expect(probe, in, TIME, 0));
	CHECK_EQ(in.TIME->ticks, 0);
	CHECK_OK(troupe_stop_wait(clock_actor.ref, 0));
	CHECK_OK(troupe_probe_ask(probe, clock_actor, CLOCK_READ, 0, .reply = { { 0 } }));
	CHECK_OK(troupe_probe_expect_kind(probe, TROUPE_UNANSWERED, 0));
	CHECK_EQ(troupe_probe_last(probe)->why, TROUPE_EGONE);
	CHECK(troupe_probe_ask_bytes(probe, clock_actor.ref, CLOCK_READ, NULL, 0, 0, 0) == TROUPE_EINVAL);
	end();
}

TEST(probe, keeps_a_question_until_the_test_answers_it)
{
	troupe_probe asked;
	ticker in;

	begin();
	CHECK_OK(troupe_probe_open(theirs, NULL, &asked));
	CHECK_OK(troupe_probe_ask(probe, (ticker){ asked.ref }, CLOCK_READ, 10 * TROUPE_S, .reply = { { 0 } }));
	CHECK_OK(troupe_probe_expect(asked, in, CLOCK_READ, 0));
	CHECK_OK(troupe_probe_expect_none(probe, 9 * TROUPE_S));
	CHECK_OK(troupe_send(in.CLOCK_READ->reply, TIME, .ticks = 5));
	CHECK_OK(troupe_probe_expect(probe, in, TIME, 0));
	CHECK_EQ(in.TIME->ticks, 5);

	CHECK_OK(troupe_probe_ask(probe, (ticker){ asked.ref }, CLOCK_READ, 10 * TROUPE_S, .reply = { { 0 } }));
	CHECK_OK(troupe_probe_expect_none(probe, 10 * TROUPE_S - 1));
	CHECK_OK(troupe_probe_expect_kind(probe, TROUPE_UNANSWERED, 1));
	CHECK_EQ(troupe_probe_last(probe)->why, TROUPE_ETIMEOUT);

	CHECK_OK(troupe_probe_ask(probe, (ticker){ asked.ref }, CLOCK_READ, 0, .reply = { { 0 } }));
	end(); /* one that is never answered does not hold up the end */
}

TEST(probe, hears_of_an_end)
{
	begin();
	CHECK_OK(troupe_probe_monitor(probe, clock_actor.ref, 77));
	CHECK_OK(troupe_probe_expect_none(probe, TROUPE_S));
	CHECK_OK(troupe_send(clock_actor, CLOCK_STOP, 0));
	CHECK_OK(troupe_probe_expect_kind(probe, TROUPE_DOWN, 0));
	CHECK_EQ(troupe_probe_last(probe)->token, 77);
	CHECK(troupe_ref_equal(troupe_probe_last(probe)->about, clock_actor.ref));
	end();
}

static troupe_verdict adopt(troupe_actor *me, void *child)
{
	return troupe_done(me, troupe_spawn_child(me, &clock_behaviour, NULL, child));
}

static troupe_verdict link_it(troupe_actor *me, void *other)
{
	return troupe_done(me, troupe_link(me, *(troupe_ref *)other));
}

static troupe_verdict give_up(troupe_actor *me, void *argument)
{
	(void)argument;
	return troupe_fail(me, TROUPE_EUSER);
}

TEST(probe, does_what_an_actor_can)
{
	troupe_ref child;
	troupe_probe other;

	begin();
	CHECK_OK(troupe_probe_open(theirs, NULL, &other));
	CHECK_OK(troupe_probe_do(probe, adopt, &child));
	CHECK(troupe_is_alive(child));
	CHECK_OK(troupe_probe_do(other, link_it, &probe.ref));
	CHECK_OK(troupe_probe_do(probe, give_up, NULL));
	CHECK_OK(troupe_test_run());
	CHECK(!troupe_is_alive(child));
	CHECK_OK(troupe_probe_expect_kind(other, TROUPE_LINKED, 0)); /* it is told, and lives */
	CHECK_EQ(troupe_probe_last(other)->why, TROUPE_EUSER);
	CHECK(troupe_probe_do(probe, adopt, &child) == TROUPE_EGONE);
	CHECK(troupe_probe_expect_kind(probe, CLOCK_TICK, TROUPE_S) == TROUPE_EGONE);
	CHECK_STR_EQ(troupe_test_words(), "expected CLOCK_TICK (2); listener has ended");
	CHECK(troupe_probe_do(other, NULL, NULL) == TROUPE_EINVAL);
	end();
}

static troupe_verdict await_answer(troupe_actor *me, void *to)
{
	troupe_ref address;

	CHECK_OK(troupe_expect(me, TROUPE_OPTIONS(troupe_expectation, .hold = true, .within_ns = TROUPE_S), &address));
	return troupe_done(me, troupe_ask(*(ticker *)to, CLOCK_READ, address, .reply = { { 0 } }));
}

static troupe_verdict never(troupe_actor *me, void *argument)
{
	(void)me;
	*(bool *)argument = true;
	return TROUPE_HANDLED;
}

TEST(probe, that_awaits_an_answer_does_nothing_else_and_not_later)
{
	troupe_probe silent;
	bool done = false;

	begin();
	CHECK_OK(troupe_probe_open(theirs, NULL, &silent));
	CHECK_OK(troupe_probe_do(probe, await_answer, &silent.ref));
	CHECK(troupe_probe_do(probe, never, &done) == TROUPE_ETIMEOUT);
	CHECK_STR_EQ(troupe_test_words(), "expected that listener does what it is told; it awaits an answer");
	CHECK_OK(troupe_test_advance(2 * TROUPE_S));
	CHECK(!done);
	CHECK_OK(troupe_probe_do(probe, never, &done));
	CHECK(done);
	end();
}

TEST(probe, one_of_another_test_is_none)
{
	begin();
	troupe_probe old = probe;
	end();
	begin();
	old.ref.bits_private ^= 1; /* whatever is at its address now */
	CHECK(troupei_probe_of(old) == NULL);
	CHECK(troupei_probe_of((troupe_probe){ 0 }) == NULL);
	CHECK(troupe_probe_expect_kind(old, 1, 0) == TROUPE_EINVAL);
	CHECK(troupe_probe_expect_none(old, 0) == TROUPE_EINVAL);
	CHECK(troupe_probe_send(old, clock_actor, CLOCK_STOP, 0) == TROUPE_EINVAL);
	CHECK(troupe_probe_monitor(old, clock_actor.ref, 0) == TROUPE_EINVAL);
	CHECK(troupe_probe_last(old) == NULL);
	CHECK(troupe_probe_call(old, 0, 0) == NULL);
	CHECK_EQ(troupe_probe_waiting(old) + troupe_probe_clear(old) + troupe_probe_calls(old, 0), 0);
	end();
}
