/* SPDX-License-Identifier: MIT */
/* Promise: an actor that asks handles other messages meanwhile, or, if it holds, lets them wait until it has its answer. */
#include "asker.h"

static noise asker_noise(troupe_ref asker)
{
	return (noise){ asker };
}

TEST(awaiting, handles_other_messages_meanwhile)
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

TEST(awaiting, that_holds_lets_user_messages_wait_in_their_order)
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

TEST(awaiting, that_holds_lets_control_messages_through)
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

TEST(awaiting, that_holds_ends_with_its_time)
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

TEST(awaiting, that_holds_can_be_killed)
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

TEST(awaiting, that_holds_does_not_hold_up_the_end_of_the_system)
{
	struct fixture f;
	troupe_ref asker = setup(&f, 2);
	tell(asker, do_ask_holding_and_arm, NULL);
	CHECK_OK(troupe_send(asker_noise(asker), NOISE, .n = 1));
	fixture_settle(&f);
	fixture_finish(&f);
}

