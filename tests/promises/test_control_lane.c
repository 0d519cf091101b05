/* SPDX-License-Identifier: MIT */
/* Promise: answers, timers and kill do not wait behind 100,000 queued messages; a stop does. */
#include "fixture.h"

/* An actor that is in the middle of its queue may handle a few more before it looks. */
enum { NOTE = 1, TICK, VALUE, MANY = 100000, FEW_MORE = 16 };

struct note { int64_t n; };
typedef union noted { troupe_ref ref; const void *data; const struct note *NOTE; } noted;
typedef union value_reply { troupe_ref ref; const struct note *VALUE; } value_reply;

static atomic_int notes;
static int notes_at_tick, notes_at_answer;

static troupe_verdict receive(troupe_actor *me, const troupe_message *m)
{
	switch (m->kind) {
	case NOTE:
		notes++;
		return TROUPE_HANDLED;
	case TICK:
		notes_at_tick = notes;
		return TROUPE_HANDLED;
	case VALUE:
		notes_at_answer = notes;
		return TROUPE_HANDLED;
	default:
		return m->kind == DO ? do_task(me, m) : TROUPE_UNKNOWN;
	}
}

static const troupe_behaviour noting = { .name = "noting", .receive = receive };
static value_reply address;

/* Arms and expects; then waits until 100,000 messages are queued behind it, the timer is due, the answer given. */
static troupe_verdict do_arm_and_expect(troupe_actor *me, void *barrier)
{
	CHECK_OK(troupe_after(me, 0, TICK, 0, NULL));
	CHECK_OK(troupe_expect(me, NULL, &address.ref));
	return do_wait(me, barrier);
}

TEST(control_lane, brings_timers_and_answers_ahead_of_100000_messages)
{
	struct fixture f;
	struct barrier barrier = { 0 };
	noted n;
	fixture_start(&f, 2);
	notes_at_tick = notes_at_answer = -1;
	CHECK_OK(troupe_spawn(f.system, &noting, NULL, &n.ref));
	doer other = doer_spawn(&f);
	tell(n.ref, do_arm_and_expect, &barrier);
	await_flag(&barrier.reached);
	for (int i = 0; i < MANY; i++)
		CHECK_OK(troupe_send(n, NOTE, .n = i));
	for (troupe_counters counters = { .timers_armed = 1 }; counters.timers_armed > 0; sleep_ns(TROUPE_MS)) {
		tell(other.ref, do_nothing, NULL); /* keeps a worker awake that fires what is due */
		CHECK_OK(troupe_counters_read(f.system, &counters));
	}
	CHECK_OK(troupe_send(address, VALUE, .n = 1));
	sleep_ns(5 * TROUPE_MS);
	barrier_open(&barrier);
	fixture_settle(&f);
	CHECK_EQ(notes, MANY);
	CHECK(notes_at_tick >= 0 && notes_at_tick <= FEW_MORE);
	CHECK(notes_at_answer >= 0 && notes_at_answer <= FEW_MORE);
	fixture_finish(&f);
}

TEST(control_lane, brings_kill_ahead_of_100000_messages)
{
	struct fixture f;
	struct barrier barrier;
	noted n;
	fixture_start(&f, 2);
	CHECK_OK(troupe_spawn(f.system, &noting, NULL, &n.ref));
	barrier_raise(&barrier, n.ref);
	for (int i = 0; i < MANY; i++)
		CHECK_OK(troupe_send(n, NOTE, .n = i));
	CHECK_OK(troupe_kill(n.ref));
	barrier_open(&barrier);
	fixture_settle(&f);
	CHECK_EQ(notes, 0);
	CHECK_EQ(f.letter_count, MANY);
	CHECK_EQ(f.letters[0].why, TROUPE_EKILLED);
	fixture_finish(&f);
}

TEST(control_lane, is_not_for_stop_which_comes_in_the_order_of_the_queue)
{
	struct fixture f;
	struct barrier barrier;
	noted n;
	fixture_start(&f, 2);
	CHECK_OK(troupe_spawn(f.system, &noting, NULL, &n.ref));
	barrier_raise(&barrier, n.ref);
	for (int i = 0; i < MANY; i++) {
		CHECK_OK(troupe_send(n, NOTE, .n = i));
		if (i == MANY / 2 - 1)
			CHECK_OK(troupe_stop(n.ref));
	}
	barrier_open(&barrier);
	fixture_settle(&f);
	CHECK_EQ(notes, MANY / 2);
	CHECK_EQ(f.letter_count, MANY / 2);
	fixture_finish(&f);
}

/* A busy actor is killed by a thread: it ends soon, not when its queue is done. */
static troupe_verdict always_more(troupe_actor *me, const troupe_message *m)
{
	(void)m;
	notes++;
	CHECK_OK(troupe_send((noted){ me->ref }, NOTE, .n = 1));
	return TROUPE_HANDLED;
}

TEST(control_lane, reaches_an_actor_that_always_has_more_to_do)
{
	static const troupe_behaviour endless = { .name = "endless", .receive = always_more };
	struct fixture f;
	noted n;
	fixture_start(&f, 2);
	CHECK_OK(troupe_spawn(f.system, &endless, NULL, &n.ref));
	CHECK_OK(troupe_send(n, NOTE, .n = 1));
	await_flag(&notes);
	CHECK_OK(troupe_kill(n.ref));
	CHECK_OK(troupe_wait_end(n.ref, LIMIT, NULL));
	fixture_finish(&f);
}
