/* SPDX-License-Identifier: MIT */
/* The table of waits: chains are followed, circles found by who closes them, and by nobody else. */
#include "actors/waits.h"

#include <sched.h>

#include "stage.h"

enum { ASK = 7, MANY = 50, RACES = TEST_WITH_TSAN ? 3000 : 30000 };

static struct stage s;
static struct wait_circle circle;

/* An address for one answer that @p owner may wait for. */
static troupe_ref address_of(troupe_ref owner)
{
	struct ask *ask;

	CHECK_OK(troupei_ask_make(s.system.private_, NO_WORKER, TROUPE_OPTIONS(troupe_expectation, .answers = 1), &ask));
	troupei_wait_open(ask, owner);
	troupei_ask_publish(ask);
	return troupei_address_of(ask);
}

static void close_address(troupe_ref address)
{
	struct ask *ask = troupei_address_ask(address);

	CHECK(ask != NULL);
	troupei_ask_free(s.system.private_, NO_WORKER, ask);
}

/* @p me asks @p to, and waits. True: that closed a circle. */
static bool ask_and_wait(troupe_ref me, troupe_ref to, troupe_ref *address)
{
	*address = address_of(me);
	CHECK(!troupei_wait_pass(*address, me, to, ASK, &circle));
	return troupei_wait_begin(me, *address, 0, false, &circle);
}

static void stop_waiting(troupe_ref me, troupe_ref address)
{
	troupei_wait_end(me);
	close_address(address);
}

TEST(waits, a_chain_is_no_circle)
{
	troupe_ref actors[MANY], addresses[MANY];
	stage_start(&s, 1);
	for (int i = 0; i < MANY; i++)
		actors[i] = player(&s);
	for (int i = 0; i < MANY - 1; i++)
		CHECK(!ask_and_wait(actors[i], actors[i + 1], &addresses[i]));
	for (int i = 0; i < MANY - 1; i++)
		stop_waiting(actors[i], addresses[i]);
	stage_finish(&s);
}

TEST(waits, the_last_link_closes_a_circle_and_only_it_is_taken_away)
{
	troupe_ref actors[MANY], addresses[MANY];
	struct wait_step step;
	stage_start(&s, 1);
	for (int i = 0; i < MANY; i++)
		actors[i] = player(&s);
	for (int i = 0; i < MANY; i++)
		CHECK_EQ(ask_and_wait(actors[i], actors[(i + 1) % MANY], &addresses[i]), i == MANY - 1);
	CHECK_EQ(circle.count, MANY);
	CHECK_EQ(circle.kept, MANY);
	for (uint32_t i = 0; i < MANY; i++) {
		CHECK_EQ(circle.steps[i].who.bits_private, actors[(i + MANY - 1) % MANY].bits_private);
		CHECK_EQ(circle.steps[i].holder.bits_private, actors[i].bits_private);
		CHECK_EQ(circle.steps[i].kind, ASK);
	}
	CHECK(!troupei_wait_read(actors[MANY - 1], &step));
	CHECK(troupei_wait_read(actors[0], &step));
	CHECK_EQ(step.holder.bits_private, actors[1].bits_private);
	for (int i = 0; i < MANY; i++)
		stop_waiting(actors[i], addresses[i]);
	stage_finish(&s);
}

TEST(waits, one_may_wait_for_itself)
{
	troupe_ref address;
	stage_start(&s, 1);
	troupe_ref a = player(&s);
	CHECK(ask_and_wait(a, a, &address));
	CHECK_EQ(circle.count, 1);
	stop_waiting(a, address);
	stage_finish(&s);
}

TEST(waits, an_answer_ends_a_link_before_its_owner_knows)
{
	troupe_ref to_b, to_a;
	stage_start(&s, 1);
	troupe_ref a = player(&s), b = player(&s);
	CHECK(!ask_and_wait(a, b, &to_b));
	CHECK(troupei_ask_close(troupei_address_ask(to_b)));
	CHECK(!ask_and_wait(b, a, &to_a));
	stop_waiting(a, to_b);
	stop_waiting(b, to_a);
	stage_finish(&s);
}

TEST(waits, passing_a_question_on_moves_its_link_and_may_close_a_circle)
{
	troupe_ref to_b, to_a;
	stage_start(&s, 1);
	troupe_ref a = player(&s), b = player(&s), c = player(&s);
	CHECK(!ask_and_wait(a, b, &to_b));
	CHECK(!ask_and_wait(c, a, &to_a));
	CHECK(troupei_wait_pass(to_b, b, c, ASK + 1, &circle));
	CHECK_EQ(circle.count, 2);
	CHECK_EQ(circle.steps[0].who.bits_private, a.bits_private);
	CHECK_EQ(circle.steps[0].kind, ASK + 1);
	CHECK_EQ(circle.steps[1].who.bits_private, c.bits_private);
	CHECK(!troupei_wait_pass(to_b, c, a, ASK, &circle)); /* nobody's any more */
	stop_waiting(a, to_b);
	stop_waiting(c, to_a);
	stage_finish(&s);
}

TEST(waits, what_could_not_be_passed_on_is_still_owed)
{
	troupe_ref to_b, to_a;
	stage_start(&s, 1);
	troupe_ref a = player(&s), b = player(&s), c = player(&s);
	CHECK(!ask_and_wait(a, b, &to_b));
	CHECK(!troupei_wait_pass(to_b, b, c, ASK, &circle));
	troupei_wait_pass_failed(to_b, b);
	CHECK(ask_and_wait(b, a, &to_a));
	stop_waiting(a, to_b);
	stop_waiting(b, to_a);
	stage_finish(&s);
}

TEST(waits, where_several_may_answer_there_is_no_link)
{
	troupe_ref to_b, to_a;
	stage_start(&s, 1);
	troupe_ref a = player(&s), b = player(&s), c = player(&s);
	CHECK(!ask_and_wait(a, b, &to_b));
	CHECK(!troupei_wait_pass(to_b, c, c, ASK, &circle)); /* c was given the address too */
	CHECK(!ask_and_wait(b, a, &to_a));
	CHECK(!troupei_wait_pass(to_b, b, b, ASK, &circle));
	stop_waiting(a, to_b);
	stop_waiting(b, to_a);
	stage_finish(&s);
}

TEST(waits, what_is_kept_counts_only_if_its_keeper_cannot_run)
{
	troupe_ref to_b, to_a;
	stage_start(&s, 1);
	troupe_ref a = player(&s), b = player(&s);
	CHECK(!ask_and_wait(a, b, &to_b));
	troupei_wait_kept(to_b, b, true);
	to_a = address_of(b);
	CHECK(!troupei_wait_pass(to_a, b, a, ASK, &circle));
	CHECK(!troupei_wait_begin(b, to_a, 0, false, &circle));
	CHECK(troupei_wait_begin(b, to_a, 0, true, &circle));
	CHECK_EQ(circle.count, 2);
	stop_waiting(a, to_b);
	stop_waiting(b, to_a);
	stage_finish(&s);
}

TEST(waits, to_wait_for_room_is_a_link_too)
{
	troupe_ref to_b;
	stage_start(&s, 1);
	troupe_ref a = player(&s), b = player(&s);
	CHECK(!ask_and_wait(a, b, &to_b));
	CHECK(troupei_wait_begin(b, a, ASK + 2, false, &circle));
	CHECK_EQ(circle.steps[0].who.bits_private, b.bits_private);
	CHECK_EQ(circle.steps[0].on.bits_private, a.bits_private);
	CHECK_EQ(circle.steps[0].kind, ASK + 2);
	stop_waiting(a, to_b);
	stage_finish(&s);
}

TEST(waits, for_whom_nobody_waits_need_not_look)
{
	troupe_ref to_b, to_a;
	stage_start(&s, 1);
	troupe_ref a = player(&s), b = player(&s);
	to_b = address_of(a);
	CHECK(!troupei_wait_pass(to_b, a, b, ASK, &circle));
	CHECK_EQ(troupei_wait_hold(a, to_b, false, true), HOLD_QUIET);
	CHECK(!troupei_wait_is_asked(a));
	CHECK_EQ(troupei_wait_hold(a, to_b, false, false), HOLD_SETTLED); /* whatever has come since has seen the link */
	to_a = address_of(b);
	CHECK(!troupei_wait_pass(to_a, b, a, ASK, &circle));
	CHECK_EQ(troupei_wait_hold(b, to_a, false, false), HOLD_LOOK);
	CHECK(troupei_wait_look(b, to_a, &circle));
	CHECK_EQ(circle.count, 2);
	stop_waiting(a, to_b);
	stop_waiting(b, to_a);
	stage_finish(&s);
}

TEST(waits, who_could_not_go_idle_looks_after_all)
{
	troupe_ref to_b, to_a;
	stage_start(&s, 1);
	troupe_ref a = player(&s), b = player(&s);
	CHECK(!ask_and_wait(b, a, &to_a));
	to_b = address_of(a);
	CHECK(!troupei_wait_pass(to_b, a, b, ASK, &circle));
	CHECK_EQ(troupei_wait_hold(a, to_b, false, true), HOLD_QUIET);
	troupei_wait_disturbed(a);
	CHECK_EQ(troupei_wait_hold(a, to_b, false, true), HOLD_LOOK);
	CHECK(troupei_wait_look(a, to_b, &circle));
	stop_waiting(a, to_b);
	stop_waiting(b, to_a);
	stage_finish(&s);
}

TEST(waits, what_no_mailbox_shows_in_time_makes_it_look)
{
	troupe_ref to_b, to_a;
	stage_start(&s, 1);
	troupe_ref a = player(&s), b = player(&s), c = player(&s), d = player(&s);
	CHECK(!ask_and_wait(a, b, &to_b));
	CHECK(!troupei_wait_is_asked(c));
	CHECK(!troupei_wait_pass(to_b, b, c, ASK, &circle)); /* passed on, and not yet pushed */
	CHECK(troupei_wait_is_asked(c));
	to_a = address_of(c);
	CHECK(!troupei_wait_pass(to_a, c, a, ASK, &circle));
	CHECK_EQ(troupei_wait_hold(c, to_a, false, true), HOLD_LOOK);
	CHECK(troupei_wait_look(c, to_a, &circle));
	CHECK(!troupei_wait_begin(c, d, ASK, true, &circle)); /* for room */
	CHECK(troupei_wait_is_asked(d));
	stop_waiting(a, to_b);
	stop_waiting(c, to_a);
	stage_finish(&s);
}

TEST(waits, who_has_ended_waits_no_more)
{
	troupe_ref to_b, to_a;
	stage_start(&s, 1);
	troupe_ref a = player(&s), b = player(&s);
	CHECK(!ask_and_wait(a, b, &to_b));
	CHECK_OK(troupe_stop_wait(a, LIMIT));
	CHECK(!ask_and_wait(b, a, &to_a));
	stop_waiting(b, to_a);
	close_address(to_b);
	stage_finish(&s);
}

TEST(waits, a_chain_that_is_too_long_is_followed_so_far)
{
	static troupe_ref actors[WAITS_STEPS_MAX + 1];
	stage_start(&s, 1);
	for (int i = 0; i <= WAITS_STEPS_MAX; i++)
		actors[i] = player(&s);
	for (int i = 0; i < WAITS_STEPS_MAX; i++)
		CHECK(!troupei_wait_begin(actors[i], actors[i + 1], ASK, false, &circle));
	CHECK(!troupei_wait_begin(actors[WAITS_STEPS_MAX], actors[0], ASK, false, &circle));
	CHECK(troupei_wait_begin(actors[WAITS_STEPS_MAX - 1], actors[0], ASK, false, &circle));
	CHECK_EQ(circle.count, WAITS_STEPS_MAX);
	CHECK_EQ(circle.kept, CIRCLE_STEPS_KEPT);
	for (int i = 0; i <= WAITS_STEPS_MAX; i++)
		troupei_wait_end(actors[i]);
	stage_finish(&s);
}

/* ------------------------------------------------------------------------------------------------------------ races -- */

static troupe_ref sides[2];
static atomic_int arrived, found;

/* Both have come here so often. Spinning: they go on within a few nanoseconds. */
static void meet(int times)
{
	atomic_fetch_add(&arrived, 1);
	for (unsigned i = 0; atomic_load(&arrived) < 2 * times; i++)
		if (i > 20000)
			sched_yield();
}

/* So that each comes first by any little while. */
static void linger(int steps)
{
	for (volatile int i = 0; i < steps; i++)
		;
}

static void *close_side(void *argument)
{
	int me = *(const int *)argument;
	struct wait_circle own;

	for (int round = 1; round <= RACES; round++) {
		meet(2 * round - 1);
		linger(me == 0 ? round % 61 : round / 61 % 61);
		if (troupei_wait_begin(sides[me], sides[!me], ASK, false, &own))
			atomic_fetch_add(&found, 1);
		meet(2 * round);
		CHECK_EQ(atomic_load(&found), round);
		troupei_wait_end(sides[me]);
	}
	return NULL;
}

TEST(waits, of_two_who_close_a_circle_at_once_one_is_told)
{
	static int numbers[2] = { 0, 1 };
	pthread_t thread;
	stage_start(&s, 1);
	sides[0] = player(&s);
	sides[1] = player(&s);
	CHECK_EQ(pthread_create(&thread, NULL, close_side, &numbers[0]), 0);
	close_side(&numbers[1]);
	CHECK_EQ(pthread_join(thread, NULL), 0);
	stage_finish(&s);
}

/* ------------------------------------------------------------------------------------------------------ Q6: late writes -- */

static _Atomic(uint64_t) passed; /* the address that b passes on to c; 0: it is over */
static troupe_ref b_side, c_side;

static void *pass_on(void *argument)
{
	struct wait_circle own;
	uint64_t address;

	(void)argument;
	while ((address = atomic_load(&passed)) != 0) {
		CHECK(!troupei_wait_pass((troupe_ref){ address }, b_side, c_side, ASK, &own));
		troupei_wait_kept((troupe_ref){ address }, c_side, true);
		troupei_wait_pass_failed((troupe_ref){ address }, c_side);
	}
	return NULL;
}

/* b passes on what is answered at that moment; the next question has the same slot, and b alone has the duty. */
TEST(waits, who_passes_on_too_late_gives_nobody_a_duty)
{
	pthread_t thread;
	struct wait_step step;
	stage_start(&s, 1);
	troupe_ref me = player(&s), first = address_of(me);
	b_side = player(&s);
	c_side = player(&s);
	passed = first.bits_private;
	CHECK_EQ(pthread_create(&thread, NULL, pass_on, NULL), 0);
	for (int round = 0; round < RACES; round++) {
		CHECK(!troupei_wait_pass(first, me, b_side, ASK, &circle));
		linger(round % 61);
		close_address(first);
		troupe_ref second = address_of(me);
		CHECK_EQ(troupei_ref_slot(second), troupei_ref_slot(first));
		CHECK(!troupei_wait_pass(second, me, b_side, ASK, &circle));
		CHECK(!troupei_wait_begin(me, second, 0, false, &circle));
		linger(round % 7);
		CHECK(troupei_wait_read(me, &step));
		CHECK_EQ(step.holder.bits_private, b_side.bits_private);
		stop_waiting(me, second);
		first = address_of(me);
		atomic_store(&passed, first.bits_private);
	}
	atomic_store(&passed, 0);
	CHECK_EQ(pthread_join(thread, NULL), 0);
	close_address(first);
	stage_finish(&s);
}
