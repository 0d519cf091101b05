/* SPDX-License-Identifier: MIT */
/* Promise: actors that wait for each other in a circle are found at once, and one of their questions fails; where nobody waits in
 * a circle nobody is accused. */
#include "waiting.h"

/* ---------------------------------------------------------------------------------------------------------- circles -- */

/* Each asks the next one, all at once; none answers before it has asked. */
static void run_circle(int first, int count)
{
	for (int i = 0; i < count; i++)
		tell(players[first + i].ref, do_await_and_serve, &players[first + (i + 1) % count].ref);
}

static void check_circle(int count)
{
	fixture_start(&f, 2);
	cast_all(count, DEFERS);
	run_circle(0, count);
	fixture_settle(&f);
	check_outcomes(0, count, 1);
	finish(1);
}

TEST(deadlocks, of_one_that_waits_for_itself)
{
	check_circle(1);
	CHECK(fixture_logged(&f, "waits for itself"));
}

TEST(deadlocks, of_two_are_reported_with_names_and_kinds)
{
	check_circle(2);
	CHECK(fixture_logged(&f, "2 actors wait for each other; the question of node"));
	CHECK(fixture_logged(&f, "waits for the answer to GET from node"));
}

TEST(deadlocks, of_three)
{
	check_circle(3);
}

TEST(deadlocks, of_fifty)
{
	check_circle(50);
}

TEST(deadlocks, are_found_though_a_limit_of_time_was_set)
{
	fixture_start(&f, 2);
	cast_all(2, DEFERS);
	players[0].within_ns = players[1].within_ns = 1000 * LIMIT;
	run_circle(0, 2);
	fixture_settle(&f);
	check_outcomes(0, 2, 1);
	finish(1);
}

TEST(deadlocks, closed_by_several_at_once_fail_one_question_each)
{
	enum { ROUNDS = 300, CIRCLES = 8 };
	uint32_t seed = 1, circles = 0;

	fixture_start(&f, 2);
	for (int round = 0; round < ROUNDS; round++) {
		int first[CIRCLES + 1] = { 0 };
		for (int c = 0; c < CIRCLES; c++) {
			seed = seed * 1664525 + 1013904223;
			first[c + 1] = first[c] + 1 + (int)(seed >> 24) % 7;
		}
		cast_all(first[CIRCLES], DEFERS);
		for (int c = 0; c < CIRCLES; c++)
			run_circle(first[c], first[c + 1] - first[c]);
		fixture_settle(&f);
		for (int c = 0; c < CIRCLES; c++)
			check_outcomes(first[c], first[c + 1] - first[c], 1);
		for (int i = 0; i < first[CIRCLES]; i++)
			CHECK_OK(troupe_stop(players[i].ref));
		circles += CIRCLES;
	}
	finish(circles);
}

/* --------------------------------------------------------------------------------------------------- ways round them -- */

TEST(deadlocks, are_found_when_a_question_is_passed_on)
{
	static enum manner forwards = FORWARDS;
	fixture_start(&f, 2);
	troupe_ref a = cast(0, &plain, ANSWERS), b = cast(1, &plain, DEFERS), c = cast(2, &plain, ANSWERS);
	players[1].to = c;
	perform(&f, a, do_await, &b);
	perform(&f, c, do_await, &a);
	CHECK_EQ(deadlocks(), 0);
	perform(&f, b, do_serve, &forwards);
	CHECK_EQ(players[0].failed, 1);
	CHECK_EQ(players[2].answered, 1);
	CHECK_EQ(fixture_letters(&f, GET, TROUPE_EDEADLOCK), 1);
	finish(1);
}

TEST(deadlocks, are_found_through_a_group)
{
	troupe_ref group;
	struct barrier barrier;
	fixture_start(&f, 2);
	troupe_ref a = cast(0, &plain, ANSWERS), b = cast(1, &plain, ANSWERS);
	CHECK_OK(troupe_group_open(f.system, NULL, NULL, &group));
	CHECK_OK(troupe_join(group, b));
	barrier_raise(&barrier, a);
	tell(a, do_await, &group);
	tell(b, do_await, &a);
	barrier_open(&barrier);
	fixture_settle(&f);
	CHECK_EQ(players[0].failed + players[1].failed, 1);
	finish(1);
}

TEST(deadlocks, are_found_through_who_keeps_a_question)
{
	fixture_start(&f, 2);
	troupe_ref a = cast(0, &plain, ANSWERS), b = cast(1, &plain, KEEPS);
	perform(&f, a, do_await, &b);
	perform(&f, b, do_await, &a);
	CHECK_EQ(players[1].failed, 1);
	CHECK_EQ(players[0].answered, 0);
	perform(&f, b, do_release, NULL);
	CHECK_EQ(players[0].answered, 1);
	finish(1);
}

TEST(deadlocks, of_who_blocks_come_back_as_a_status)
{
	fixture_start(&f, 2);
	troupe_ref self = cast(0, &blocking, ANSWERS);
	perform(&f, self, do_await, &self);
	CHECK_EQ(players[0].failed, 1);
	finish(1);
}

/* In the handler of an actor that may block. */
static troupe_verdict do_call(troupe_actor *me, void *argument)
{
	troupe_status status = troupe_call(*(node *)argument, GET, VALUE, &(troupe_nothing){ 0 }, 0, 0);

	CHECK(status == TROUPE_OK || status == TROUPE_EDEADLOCK);
	atomic_fetch_add(status == TROUPE_OK ? &self_of(me)->answered : &self_of(me)->failed, 1);
	return TROUPE_HANDLED;
}

TEST(deadlocks, of_a_thread_that_calls_its_own_actor)
{
	fixture_start(&f, 1);
	troupe_ref self = cast(0, &blocking, ANSWERS);
	perform(&f, self, do_call, &self);
	CHECK_EQ(players[0].failed, 1);
	finish(1);
}

TEST(deadlocks, of_threads_that_block_and_actors_that_await)
{
	struct barrier barrier;
	fixture_start(&f, 2);
	troupe_ref a = cast(0, &plain, ANSWERS), b = cast(1, &blocking, ANSWERS), c = cast(2, &blocking, ANSWERS);
	barrier_raise(&barrier, b);
	tell(b, do_call, &c); /* each of these before it is asked */
	tell(a, do_await, &b);
	tell(c, do_call, &a);
	barrier_open(&barrier);
	fixture_settle(&f);
	check_outcomes(0, 3, 1);
	finish(1);
}

TEST(deadlocks, that_are_broken_leave_everybody_at_work)
{
	fixture_start(&f, 2);
	cast_all(3, DEFERS);
	run_circle(0, 3);
	fixture_settle(&f);
	for (int i = 0; i < 3; i++)
		check_handles(&f, players[i].ref);
	finish(1);
}

/* -------------------------------------------------------------------------------------------------- no false alarms -- */

TEST(no_deadlock, where_one_of_two_interleaves)
{
	fixture_start(&f, 2);
	troupe_ref a = cast(0, &plain, ANSWERS), b = cast(1, &plain, ANSWERS);
	tell(a, do_interleave, &b);
	tell(b, do_await, &a);
	fixture_settle(&f);
	check_outcomes(0, 2, 0);
	finish(0);
}

/* Asks, and only then answers what it is asked: all in one handler. */
static troupe_verdict ask_then_answer(troupe_actor *me, const troupe_message *m)
{
	if (m->kind != GET)
		return node_receive(me, m);
	ask(me, self_of(me)->to, true);
	return serve(me, self_of(me), m);
}

TEST(no_deadlock, where_the_answer_follows_in_the_same_handler)
{
	static const troupe_behaviour late = { .name = "late", .receive = ask_then_answer, .state_size = sizeof(int) };
	fixture_start(&f, 2);
	troupe_ref a = cast(0, &late, ANSWERS), b = cast(1, &plain, ANSWERS);
	players[0].to = b;
	perform(&f, b, do_await, &a);
	check_outcomes(0, 2, 0);
	finish(0);
}

static troupe_verdict do_await_with_timer(troupe_actor *me, void *to)
{
	CHECK_OK(troupe_after(me, TROUPE_MS, TICK, 0, NULL));
	return do_await(me, to);
}

TEST(no_deadlock, where_a_timer_may_still_bring_the_answer)
{
	fixture_start(&f, 2);
	troupe_ref a = cast(0, &plain, ANSWERS), b = cast(1, &plain, KEEPS);
	perform(&f, a, do_await, &b);
	tell(b, do_await_with_timer, &a);
	await_flag(&players[0].answered);
	await_flag(&players[1].answered);
	finish(0);
}

static troupe_verdict note_tick(troupe_actor *me, const troupe_message *m)
{
	return m->kind == TICK ? TROUPE_HANDLED : node_receive(me, m);
}

TEST(deadlocks, are_found_when_the_last_timer_has_brought_no_answer)
{
	static const troupe_behaviour idle = { .name = "idle", .receive = note_tick, .state_size = sizeof(int) };
	fixture_start(&f, 2);
	troupe_ref a = cast(0, &plain, ANSWERS), b = cast(1, &idle, KEEPS);
	perform(&f, a, do_await, &b);
	tell(b, do_await_with_timer, &a);
	await_flag(&players[1].failed);
	perform(&f, b, do_release, NULL);
	CHECK_EQ(players[0].answered, 1);
	finish(1);
}

static troupe_status answer_later(troupe_job *job, void *barrier)
{
	(void)job;
	await_flag(&((struct barrier *)barrier)->open);
	return TROUPE_OK;
}

static troupe_pool pool;

/* What it has kept is a pool's to answer too. */
static troupe_verdict do_hand_to_pool(troupe_actor *me, void *barrier)
{
	return troupe_done(me, troupe_submit(pool, answer_later, barrier, 0,
	                                     TROUPE_OPTIONS(troupe_task_options, .answer_to = self_of(me)->kept,
	                                                    .answer_kind = VALUE), NULL));
}

TEST(no_deadlock, where_a_job_may_still_bring_the_answer)
{
	static struct barrier barrier;
	fixture_start(&f, 2);
	CHECK_OK(troupe_pool_open(TROUPE_OPTIONS(troupe_pool_options, .threads_max = 1), &pool));
	troupe_ref a = cast(0, &plain, ANSWERS), b = cast(1, &plain, KEEPS);
	perform(&f, a, do_await, &b);
	perform(&f, b, do_hand_to_pool, &barrier);
	perform(&f, b, do_await, &a);
	CHECK_EQ(players[0].answered + players[1].failed, 0);
	barrier_open(&barrier);
	await_flag(&players[0].answered);
	await_flag(&players[1].answered);
	CHECK_OK(troupe_pool_close(pool, LIMIT, TROUPE_RUN_QUEUED));
	finish(0);
}

/* Each may ask only those with higher numbers: so nobody waits in a circle, however many wait. A question is answered at once,
 * passed on, kept until an answer has come that is awaited for it, or blocked for. */
enum { STORM_NODES = 40, STORM_QUESTIONS = 3000 };

static troupe_verdict storm_answered(troupe_actor *me, const troupe_message *m)
{
	struct player *self = self_of(me);

	CHECK_EQ(m->kind, VALUE);
	atomic_fetch_add(&self->answered, 1);
	return troupe_done(me, troupe_send((value_reply){ self->kept }, VALUE, 0));
}

static uint32_t chance(const struct player *self, uint32_t choices)
{
	static _Thread_local uint32_t seed = 1;

	seed = seed * 1664525 + 1013904223 + (uint32_t)(uintptr_t)self;
	return (seed >> 16) % choices;
}

static troupe_verdict keep_and_await(troupe_actor *me, struct player *self, const troupe_message *m, troupe_ref to)
{
	troupe_ref address;

	self->kept = ((const struct get *)m->data)->reply.ref;
	CHECK_OK(troupe_keep(me, m));
	CHECK_OK(troupe_expect(me, TROUPE_OPTIONS(troupe_expectation, .hold = true, .then = storm_answered), &address));
	return troupe_done(me, troupe_ask((node){ to }, GET, address, .reply = { { 0 } }));
}

static troupe_verdict storm_receive(troupe_actor *me, const troupe_message *m)
{
	struct player *self = self_of(me);
	node in = { .data = m->data }, to;
	int number = *(int *)me->state;

	if (m->kind != GET)
		return node_receive(me, m);
	if (number == STORM_NODES - 1)
		return troupe_done(me, troupe_send(in.GET->reply, VALUE, 0));
	to.ref = players[number + 1 + (int)chance(self, (uint32_t)(STORM_NODES - 1 - number))].ref;
	switch (chance(self, 4)) {
	case 0:
		return troupe_done(me, troupe_send(in.GET->reply, VALUE, 0));
	case 1:
		return troupe_done(me, troupe_forward(me, m, to.ref));
	default:
		break;
	}
	if (number % 5 != 0)
		return keep_and_await(me, self, m, to.ref);
	CHECK_OK(troupe_call(to, GET, VALUE, &(troupe_nothing){ 0 }, 0, 0));
	return troupe_done(me, troupe_send(in.GET->reply, VALUE, 0));
}

TEST(no_deadlock, in_a_storm_of_questions_that_all_go_one_way)
{
	static const troupe_behaviour awaits = { .name = "awaits", .receive = storm_receive, .state_size = sizeof(int) };
	static const troupe_behaviour blocks = { .name = "blocks", .receive = storm_receive, .state_size = sizeof(int),
		                                 .blocks = 1 };
	troupe_future answers;
	fixture_start(&f, 2);
	for (int i = 0; i < STORM_NODES; i++)
		cast(i, i % 5 == 0 ? &blocks : &awaits, ANSWERS);
	CHECK_OK(troupe_future_open(f.system, TROUPE_OPTIONS(troupe_expectation, .answers = STORM_QUESTIONS), &answers));
	for (int i = 0; i < STORM_QUESTIONS; i++)
		CHECK_OK(troupe_ask((node){ players[i % STORM_NODES].ref }, GET, answers.ref, .reply = { { 0 } }));
	for (int i = 0; i < STORM_QUESTIONS; i++)
		CHECK_OK(troupe_next(answers, VALUE, &(troupe_nothing){ 0 }, sizeof(troupe_nothing)));
	troupe_future_close(answers);
	fixture_settle(&f);
	finish(0);
}
