/* SPDX-License-Identifier: MIT */
/* Promise: a payload that is moved, shared or taken over is freed exactly once, wherever it has got to; a question that is taken
 * or passed on is still owed an answer. */
#include "fixture.h"

enum { CARRY = 1, ASK, VALUE, PLAIN, EMPTY, MANY = 64 };

struct cargo { int64_t n; int64_t filler[40]; };
struct value { int64_t n; };
typedef union value_reply { troupe_ref ref; const struct value *VALUE; const struct cargo *CARRY; } value_reply;
struct query { value_reply reply; int64_t n; };
typedef union carrier {
	troupe_ref ref;
	const void *data;
	const struct cargo *CARRY;
	const struct query *ASK;
	const struct value *PLAIN;
	const troupe_nothing *EMPTY;
} carrier;

static atomic_int released[MANY];

static void release_cargo(void *payload)
{
	released[((struct cargo *)payload)->n]++;
}

static struct cargo *cargo_new(int n)
{
	struct cargo *cargo = troupe_new(sizeof *cargo, release_cargo);

	CHECK(cargo != NULL);
	CHECK_EQ(cargo->n, 0);
	CHECK_EQ(cargo->filler[39], 0);
	CHECK_EQ((uintptr_t)cargo % 16, 0);
	cargo->n = n;
	cargo->filler[39] = n * 7;
	return cargo;
}

static void check_released(int from, int to, int times)
{
	for (int i = from; i < to; i++)
		CHECK_EQ(released[i], times);
}

/* ------------------------------------------------------------------------------------------------------------ actors -- */

static atomic_int seen;
static carrier next;
static const void *seen_at;
static void *_Atomic taken;

static troupe_verdict look(troupe_actor *me, const troupe_message *m)
{
	carrier in = { .data = m->data };

	if (m->kind == DO)
		return do_task(me, m);
	CHECK_EQ(m->kind, CARRY);
	CHECK_EQ(m->size, sizeof(struct cargo));
	CHECK_EQ(in.CARRY->filler[39], in.CARRY->n * 7);
	seen_at = m->data;
	seen++;
	return TROUPE_HANDLED;
}

static troupe_verdict take(troupe_actor *me, const troupe_message *m)
{
	struct cargo *cargo = troupe_take(me, m);

	CHECK(cargo != NULL);
	CHECK(troupe_take(me, m) == NULL);
	CHECK_EQ(troupe_forward(me, m, next.ref), TROUPE_EINVAL);
	CHECK_EQ(cargo->filler[39], cargo->n * 7);
	CHECK_EQ(((const struct cargo *)m->data)->n, cargo->n);
	taken = cargo;
	return TROUPE_HANDLED;
}

static troupe_verdict take_and_move_on(troupe_actor *me, const troupe_message *m)
{
	struct cargo *cargo = troupe_take(me, m);

	CHECK(cargo != NULL);
	CHECK_OK(troupe_move(next, CARRY, &cargo));
	CHECK(cargo == NULL);
	return TROUPE_HANDLED;
}

static troupe_verdict forward(troupe_actor *me, const troupe_message *m)
{
	if (m->kind == DO)
		return do_task(me, m);
	CHECK_OK(troupe_forward(me, m, next.ref));
	CHECK_EQ(troupe_forward(me, m, next.ref), TROUPE_EINVAL);
	CHECK(troupe_take(me, m) == NULL);
	return TROUPE_HANDLED;
}

static const troupe_behaviour looking = { .name = "looking", .receive = look };
static const troupe_behaviour taking = { .name = "taking", .receive = take };
static const troupe_behaviour moving = { .name = "moving", .receive = take_and_move_on };
static const troupe_behaviour forwarding = { .name = "forwarding", .receive = forward };

static carrier spawned(struct fixture *f, const troupe_behaviour *behaviour)
{
	carrier c;

	CHECK_OK(troupe_spawn(f->system, behaviour, NULL, &c.ref));
	return c;
}

static void setup(struct fixture *f)
{
	fixture_start(f, 2);
	seen = 0;
	for (int i = 0; i < MANY; i++)
		released[i] = 0;
	next = spawned(f, &looking);
}

/* ------------------------------------------------------------------------------------------------------------- moved -- */

TEST(payloads, moved_arrive_where_they_are_and_are_released_once)
{
	struct fixture f;
	setup(&f);
	for (int i = 0; i < MANY; i++) {
		struct cargo *cargo = cargo_new(i), *at = cargo;
		CHECK_OK(troupe_move(next, CARRY, &cargo));
		CHECK(cargo == NULL);
		fixture_settle(&f);
		CHECK(seen_at == at);
	}
	CHECK_EQ(seen, MANY);
	check_released(0, MANY, 1);
	fixture_finish(&f);
}

TEST(payloads, moved_in_vain_stay_with_the_sender)
{
	struct fixture f;
	setup(&f);
	struct cargo *cargo = cargo_new(3), *before = cargo;
	CHECK_OK(troupe_stop_wait(next.ref, LIMIT));
	CHECK_EQ(troupe_move(next, CARRY, &cargo), TROUPE_EGONE);
	CHECK(cargo == before);
	CHECK_EQ(troupe_send_moved(next.ref, 0, cargo), TROUPE_EINVAL);
	CHECK_EQ(troupe_send_moved(next.ref, CARRY, NULL), TROUPE_EINVAL);
	CHECK_EQ(cargo->filler[39], 21);
	check_released(3, 4, 0);
	troupe_free(cargo);
	troupe_free(NULL);
	check_released(3, 4, 1);
	CHECK_EQ(fixture_letters(&f, CARRY, TROUPE_EGONE), 1);
	fixture_finish(&f);
}

TEST(payloads, queued_at_the_end_of_their_receiver_are_released_once)
{
	struct fixture f;
	struct barrier barrier;
	setup(&f);
	barrier_raise(&barrier, next.ref);
	CHECK_OK(troupe_stop(next.ref));
	for (int i = 0; i < MANY; i++) {
		struct cargo *cargo = cargo_new(i);
		CHECK_OK(troupe_move(next, CARRY, &cargo));
	}
	barrier_open(&barrier);
	fixture_settle(&f);
	CHECK_EQ(seen, 0);
	check_released(0, MANY, 1);
	CHECK_EQ(fixture_letters(&f, CARRY, TROUPE_EGONE), MANY);
	fixture_finish(&f);
}

TEST(payloads, of_an_unknown_kind_are_released_once)
{
	struct fixture f;
	setup(&f);
	doer d = doer_spawn(&f);
	struct cargo *cargo = cargo_new(0);
	CHECK_OK(troupe_move((carrier){ d.ref }, CARRY, &cargo));
	fixture_settle(&f);
	check_released(0, 1, 1);
	fixture_finish(&f);
}

/* ------------------------------------------------------------------------------------------------------------ shared -- */

TEST(payloads, shared_are_one_for_all_and_released_with_the_last)
{
	struct fixture f;
	setup(&f);
	const struct cargo *frozen = troupe_freeze(cargo_new(5));
	CHECK(troupe_freeze(NULL) == NULL);
	for (int i = 0; i < 1000; i++)
		CHECK_OK(troupe_share(next, CARRY, frozen));
	fixture_settle(&f);
	CHECK_EQ(seen, 1000);
	CHECK(seen_at == frozen);
	check_released(5, 6, 0);
	troupe_retain(frozen);
	troupe_release(frozen);
	check_released(5, 6, 0);
	troupe_release(frozen);
	troupe_release(NULL);
	troupe_retain(NULL);
	check_released(5, 6, 1);
	fixture_finish(&f);
}

TEST(payloads, shared_in_vain_keep_the_callers_reference_alone)
{
	struct fixture f;
	setup(&f);
	CHECK_OK(troupe_stop_wait(next.ref, LIMIT));
	const struct cargo *frozen = troupe_freeze(cargo_new(5));
	for (int i = 0; i < 10; i++)
		CHECK_EQ(troupe_share(next, CARRY, frozen), TROUPE_EGONE);
	check_released(5, 6, 0);
	troupe_release(frozen);
	check_released(5, 6, 1);
	fixture_finish(&f);
}

static troupe_verdict retain(troupe_actor *me, const troupe_message *m)
{
	CHECK(troupe_take(me, m) == NULL); /* shared: nobody's alone */
	troupe_retain(m->data);
	taken = (void *)(uintptr_t)m->data;
	return TROUPE_HANDLED;
}

TEST(payloads, shared_outlive_the_handler_that_retains_them)
{
	static const troupe_behaviour retaining = { .receive = retain };
	struct fixture f;
	setup(&f);
	carrier keeper = spawned(&f, &retaining);
	const struct cargo *frozen = troupe_freeze(cargo_new(5));
	CHECK_OK(troupe_share(keeper, CARRY, frozen));
	troupe_release(frozen);
	fixture_settle(&f);
	check_released(5, 6, 0);
	CHECK_EQ(((const struct cargo *)taken)->filler[39], 35);
	troupe_release(taken);
	check_released(5, 6, 1);
	fixture_finish(&f);
}

enum { SHARERS = 3, SHARES = 500 };

static const struct cargo *everybodys;
static carrier dead_end;

static void *share_often(void *argument)
{
	(void)argument;
	for (int i = 0; i < SHARES; i++) {
		CHECK_OK(troupe_share(next, CARRY, everybodys));
		troupe_ignore(troupe_share(dead_end, CARRY, everybodys));
	}
	return NULL;
}

TEST(payloads, shared_by_many_threads_with_the_living_and_the_ending_are_released_once)
{
	struct fixture f;
	struct barrier barrier, drained = { 0 };
	pthread_t threads[SHARERS];
	static const troupe_behaviour draining = { .receive = look, .leftovers = TROUPE_DRAIN };
	setup(&f);
	dead_end = spawned(&f, &draining);
	barrier_raise(&barrier, dead_end.ref);
	CHECK_OK(troupe_stop(dead_end.ref));
	tell(dead_end.ref, do_wait, &drained);
	barrier_open(&barrier);
	await_flag(&drained.reached); /* from now on its mailbox is closed */
	everybodys = troupe_freeze(cargo_new(9));
	for (int i = 0; i < SHARERS; i++)
		CHECK_OK(pthread_create(&threads[i], NULL, share_often, NULL));
	for (int i = 0; i < SHARERS; i++)
		CHECK_OK(pthread_join(threads[i], NULL));
	barrier_open(&drained);
	fixture_settle(&f);
	CHECK_EQ(seen, SHARERS * SHARES);
	check_released(9, 10, 0);
	troupe_release(everybodys);
	check_released(9, 10, 1);
	fixture_finish(&f);
}

/* ------------------------------------------------------------------------------------------------------------- taken -- */

TEST(payloads, taken_are_the_handlers_until_freed)
{
	struct fixture f;
	setup(&f);
	carrier taker = spawned(&f, &taking);
	struct cargo *cargo = cargo_new(1), *at = cargo;
	CHECK_OK(troupe_move(taker, CARRY, &cargo));
	fixture_settle(&f);
	CHECK(taken == at);
	check_released(1, 2, 0);
	troupe_free(taken);
	check_released(1, 2, 1);
	fixture_finish(&f);
}

TEST(payloads, taken_from_a_copy_are_a_copy)
{
	struct fixture f;
	setup(&f);
	carrier taker = spawned(&f, &taking);
	CHECK_OK(troupe_send(taker, CARRY, .n = 4, .filler[39] = 28));
	fixture_settle(&f);
	CHECK_EQ(((struct cargo *)taken)->n, 4);
	troupe_free(taken);
	check_released(4, 5, 0);
	fixture_finish(&f);
}

TEST(payloads, taken_and_moved_on_are_released_once)
{
	struct fixture f;
	setup(&f);
	carrier mover = spawned(&f, &moving);
	for (int i = 0; i < MANY; i++) {
		struct cargo *cargo = cargo_new(i);
		CHECK_OK(troupe_move(mover, CARRY, &cargo));
		CHECK_OK(troupe_send(mover, CARRY, .n = i, .filler[39] = i * 7));
	}
	fixture_settle(&f);
	CHECK_EQ(seen, 2 * MANY);
	check_released(0, MANY, 1);
	fixture_finish(&f);
}

TEST(payloads, forwarded_are_released_once)
{
	struct fixture f;
	setup(&f);
	carrier forwarder = spawned(&f, &forwarding);
	const struct cargo *frozen = troupe_freeze(cargo_new(MANY - 1));
	for (int i = 0; i < MANY - 1; i++) {
		struct cargo *cargo = cargo_new(i);
		CHECK_OK(troupe_move(forwarder, CARRY, &cargo));
		CHECK_OK(troupe_share(forwarder, CARRY, frozen));
		CHECK_OK(troupe_send(forwarder, CARRY, .n = i, .filler[39] = i * 7));
	}
	troupe_release(frozen);
	fixture_settle(&f);
	CHECK_EQ(seen, 3 * (MANY - 1));
	check_released(0, MANY, 1);
	fixture_finish(&f);
}

static troupe_verdict take_then_fail(troupe_actor *me, const troupe_message *m)
{
	taken = troupe_take(me, m);
	CHECK(taken != NULL);
	return troupe_fail(me, TROUPE_EUSER);
}

TEST(payloads, taken_by_a_handler_that_then_fails_are_still_its_own)
{
	static const troupe_behaviour failing = { .receive = take_then_fail };
	struct fixture f;
	setup(&f);
	carrier failer = spawned(&f, &failing);
	struct cargo *cargo = cargo_new(1);
	CHECK_OK(troupe_move(failer, CARRY, &cargo));
	CHECK_OK(troupe_wait_end(failer.ref, LIMIT, NULL));
	check_released(1, 2, 0);
	troupe_free(taken);
	check_released(1, 2, 1);
	fixture_finish(&f);
}

static troupe_verdict take_nothing(troupe_actor *me, const troupe_message *m)
{
	troupe_message copy = *m;

	CHECK(troupe_take(me, &copy) == NULL);
	CHECK(troupe_take(me, m) == NULL); /* empty */
	CHECK(troupe_take(me, NULL) == NULL);
	CHECK_EQ(troupe_keep(me, m), TROUPE_EINVAL);
	seen++;
	return TROUPE_HANDLED;
}

TEST(payloads, empty_are_not_taken)
{
	static const troupe_behaviour nothing = { .receive = take_nothing };
	struct fixture f;
	setup(&f);
	carrier c = spawned(&f, &nothing);
	CHECK_OK(troupe_send_bytes(c.ref, EMPTY, NULL, 0));
	fixture_settle(&f);
	CHECK_EQ(seen, 1);
	fixture_finish(&f);
}

/* --------------------------------------------------------------------------------------------------------- questions -- */

static troupe_verdict answer(troupe_actor *me, const troupe_message *m)
{
	carrier in = { .data = m->data };

	(void)me;
	CHECK_EQ(m->kind, ASK);
	CHECK_OK(troupe_send(in.ASK->reply, VALUE, .n = in.ASK->n + 1));
	return TROUPE_HANDLED;
}

static troupe_verdict take_query(troupe_actor *me, const troupe_message *m)
{
	taken = troupe_take(me, m);
	CHECK(taken != NULL);
	return TROUPE_HANDLED;
}

static troupe_verdict take_query_and_move(troupe_actor *me, const troupe_message *m)
{
	struct query *query = troupe_take(me, m);

	CHECK(query != NULL);
	query->n += 100;
	CHECK_OK(troupe_move(next, ASK, &query));
	return TROUPE_HANDLED;
}

static troupe_verdict ask_on(troupe_actor *me, const troupe_message *m)
{
	carrier in = { .data = m->data };

	(void)me;
	CHECK_OK(troupe_ask(next, ASK, in.ASK->reply.ref, .n = in.ASK->n + 10));
	return TROUPE_HANDLED;
}

static const troupe_behaviour answering = { .receive = answer };

static int64_t called(carrier c, troupe_status expected)
{
	struct value value = { -1 };

	CHECK_EQ(troupe_call(c, ASK, VALUE, &value, LIMIT, .n = 1), expected);
	return value.n;
}

TEST(payloads, questions_forwarded_are_answered_by_the_next)
{
	struct fixture f;
	setup(&f);
	next = spawned(&f, &answering);
	CHECK_EQ(called(spawned(&f, &forwarding), TROUPE_OK), 2);
	fixture_finish(&f);
}

TEST(payloads, questions_asked_on_are_answered_by_the_next)
{
	static const troupe_behaviour asking = { .receive = ask_on };
	struct fixture f;
	setup(&f);
	next = spawned(&f, &answering);
	CHECK_EQ(called(spawned(&f, &asking), TROUPE_OK), 12);
	fixture_finish(&f);
}

TEST(payloads, questions_taken_and_moved_are_answered_by_the_next)
{
	static const troupe_behaviour mover = { .receive = take_query_and_move };
	struct fixture f;
	setup(&f);
	next = spawned(&f, &answering);
	CHECK_EQ(called(spawned(&f, &mover), TROUPE_OK), 102);
	next.ref = doer_spawn(&f).ref;
	called(spawned(&f, &mover), TROUPE_EUNKNOWN);
	fixture_finish(&f);
}

static void *free_taken_later(void *argument)
{
	(void)argument;
	for (int64_t waited = 0; taken == NULL; waited += TROUPE_MS) {
		CHECK(waited < LIMIT);
		sleep_ns(TROUPE_MS);
	}
	troupe_free(taken);
	return NULL;
}

TEST(payloads, questions_taken_and_freed_are_answered_as_forgotten)
{
	static const troupe_behaviour taker = { .receive = take_query };
	struct fixture f;
	pthread_t thread;
	setup(&f);
	taken = NULL;
	CHECK_OK(pthread_create(&thread, NULL, free_taken_later, NULL));
	called(spawned(&f, &taker), TROUPE_EUNANSWERED);
	CHECK_OK(pthread_join(thread, NULL));
	fixture_finish(&f);
}

static troupe_verdict forward_to_nobody(troupe_actor *me, const troupe_message *m)
{
	carrier in = { .data = m->data };

	CHECK_EQ(troupe_forward(me, m, (troupe_ref){ 0 }), TROUPE_EGONE);
	CHECK_EQ(troupe_forward(me, m, in.ASK->reply.ref), TROUPE_EINVAL);
	CHECK_EQ(in.ASK->n, 1); /* still here */
	CHECK_OK(troupe_send(in.ASK->reply, VALUE, .n = 55));
	return TROUPE_HANDLED;
}

TEST(payloads, questions_forwarded_in_vain_are_still_here)
{
	static const troupe_behaviour vain = { .receive = forward_to_nobody };
	struct fixture f;
	setup(&f);
	CHECK_EQ(called(spawned(&f, &vain), TROUPE_OK), 55);
	fixture_finish(&f);
}

/* Answers by pointer: the future copies them out and lets them go. */
static troupe_verdict answer_with_cargo(troupe_actor *me, const troupe_message *m)
{
	carrier in = { .data = m->data };
	struct cargo *cargo = cargo_new((int)in.ASK->n);

	(void)me;
	CHECK_OK(troupe_move(in.ASK->reply, CARRY, &cargo));
	CHECK(cargo == NULL);
	return TROUPE_HANDLED;
}

TEST(payloads, answered_by_pointer_are_released_once_in_time_or_late)
{
	static const troupe_behaviour cargo_server = { .receive = answer_with_cargo };
	struct fixture f;
	struct cargo cargo;
	troupe_future future;
	setup(&f);
	carrier c = spawned(&f, &cargo_server);
	CHECK_OK(troupe_call(c, ASK, CARRY, &cargo, LIMIT, .n = 2));
	CHECK_EQ(cargo.filler[39], 14);
	check_released(2, 3, 1);
	CHECK_OK(troupe_future_open(f.system, NULL, &future));
	CHECK_OK(troupe_ask(c, ASK, future.ref, .n = 3));
	fixture_settle(&f);
	check_released(3, 4, 0);
	troupe_future_close(future);
	check_released(3, 4, 1);
	struct cargo *late = cargo_new(4);
	CHECK_OK(troupe_move((value_reply){ future.ref }, CARRY, &late));
	check_released(4, 5, 1);
	fixture_finish(&f);
}
