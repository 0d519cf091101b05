/* SPDX-License-Identifier: MIT */
/* Promise: who is parked for room and who awaits an answer are found in a circle together; and nobody is accused who may go on. */
#include "waiting.h"

static const troupe_bounds one = { .messages_max = 1, .overflow = TROUPE_PARK };
static const troupe_behaviour small = { .name = "small", .receive = node_receive, .state_size = sizeof(int), .kinds = kinds,
	                                .bounds = &one };
static atomic_int parked, asked, kept;

/* Send until that parks. */
static void park_at(troupe_ref to)
{
	for (int i = 0; i < 3; i++)
		tell(to, do_nothing, NULL);
	parked = 1;
}

/* Give who has found a circle the time to say so. */
static void wait_for_accusation(void)
{
	for (int i = 0; i < 50 && deadlocks() == 0; i++)
		sleep_ns(TROUPE_MS);
}

/* Its asker waits, and its mailbox is full; but the answer comes from the same handler. */
static troupe_verdict park_then_answer(troupe_actor *me, const troupe_message *m)
{
	if (m->kind != GET)
		return node_receive(me, m);
	park_at(self_of(me)->to);
	wait_for_accusation();
	return serve(me, self_of(me), m);
}

static troupe_verdict do_await_when_parked(troupe_actor *me, void *to)
{
	ask(me, *(troupe_ref *)to, true);
	await_flag(&parked);
	return TROUPE_HANDLED;
}

TEST(no_deadlock, where_the_answer_follows_a_send_that_parks)
{
	static const troupe_behaviour late = { .name = "late", .receive = park_then_answer, .state_size = sizeof(int) };
	parked = 0;
	fixture_start(&f, 2);
	troupe_ref a = cast(0, &late, ANSWERS), b = cast(1, &small, ANSWERS);
	players[0].to = b;
	perform(&f, b, do_await_when_parked, &a);
	CHECK_EQ(players[1].answered, 1);
	CHECK_EQ(counters_now().parked, 1);
	finish(0);
}

static troupe_verdict do_park(troupe_actor *me, void *to)
{
	(void)me;
	await_flag(&asked);
	park_at(*(troupe_ref *)to);
	return TROUPE_HANDLED;
}

static troupe_verdict do_park_with_timer(troupe_actor *me, void *to)
{
	CHECK_OK(troupe_after(me, 50 * TROUPE_MS, TICK, 0, NULL));
	return do_park(me, to);
}

static troupe_verdict do_await_and_be_filled(troupe_actor *me, void *to)
{
	asked = 1;
	return do_await_when_parked(me, to);
}

/* It keeps a's question, and is parked at b, which awaits an answer of a's: but its timer brings a's. */
TEST(no_deadlock, where_a_timer_of_who_is_parked_may_still_bring_the_answer)
{
	parked = asked = 0;
	fixture_start(&f, 3);
	troupe_ref a = cast(0, &plain, ANSWERS), b = cast(1, &small, ANSWERS), keeper = cast(2, &plain, KEEPS);
	perform(&f, a, do_await, &keeper);
	tell(b, do_await_and_be_filled, &a);
	tell(keeper, do_park_with_timer, &b);
	await_flag(&players[0].answered);
	await_flag(&players[1].answered);
	finish(0);
}

/* It is parked at b, which awaits its answer: whoever comes last is told, by a failure or by credit. */
TEST(deadlocks, of_a_park_and_a_question_let_somebody_go_on)
{
	parked = asked = 0;
	fixture_start(&f, 2);
	troupe_ref a = cast(0, &plain, ANSWERS), b = cast(1, &small, ANSWERS);
	tell(b, do_await_and_be_filled, &a);
	tell(a, do_park, &b);
	fixture_settle(&f);
	CHECK_EQ(players[1].answered + players[1].failed, 1);
	CHECK_EQ(deadlocks(), players[1].failed);
	check_handles(&f, a);
	check_handles(&f, b);
	fixture_finish(&f);
}

/* The answer that a awaited brings b's: b, where a is parked, waits for that one until the handler has sent it. */
static troupe_verdict answer_later(troupe_actor *me, const troupe_message *m)
{
	if (m->kind != VALUE) {
		troupe_verdict verdict = node_receive(me, m);
		kept = kept || m->kind == GET;
		return verdict;
	}
	parked = 1; /* so b begins to wait now */
	wait_for_accusation();
	return do_release(me, NULL);
}

static troupe_verdict do_await_and_park(troupe_actor *me, void *to)
{
	ask(me, self_of(me)->to, true);
	for (int i = 0; i < 3; i++)
		tell(*(troupe_ref *)to, do_nothing, NULL);
	return TROUPE_HANDLED;
}

TEST(no_deadlock, where_a_parked_actor_handles_the_answer_that_it_awaited)
{
	static const troupe_behaviour late = { .name = "late", .receive = answer_later, .state_size = sizeof(int) };
	struct barrier barrier;
	parked = kept = 0;
	fixture_start(&f, 3);
	troupe_ref a = cast(0, &late, KEEPS), b = cast(1, &small, ANSWERS), c = cast(2, &plain, ANSWERS);
	players[0].to = c;
	barrier_raise(&barrier, c);
	tell(b, do_await_when_parked, &a);
	await_flag(&kept);
	tell(a, do_await_and_park, &b);
	while (counters_now().parked == 0)
		sleep_ns(TROUPE_MS);
	barrier_open(&barrier);
	fixture_settle(&f);
	CHECK_EQ(players[1].answered, 1);
	CHECK_EQ(counters_now().parked, 1);
	finish(0);
}
