/* SPDX-License-Identifier: MIT */
/* Promise: work that blocks, in an actor that says so or in a pool, keeps nobody else waiting. */
#include "asker.h"

enum { ALL = 64, BLOCK = 2000, DONE, ROUNDS = 200 };

static struct fixture f;
static atomic_int inside, opened;

static void wait_until_open(void)
{
	atomic_fetch_add(&inside, 1);
	while (!atomic_load(&opened))
		sleep_ns(TROUPE_MS / 4);
}

static troupe_verdict block(troupe_actor *me, const troupe_message *m)
{
	(void)me, (void)m;
	wait_until_open();
	return TROUPE_HANDLED;
}

static const troupe_behaviour blocking = { .name = "blocking", .receive = block, .blocks = 1 };
/* One worker, and 64 handlers that do not return: an ask is answered all the same. */
TEST(blocking, sixty_four_that_block_do_not_hold_up_an_ask)
{
	struct value value;
	fixture_start(&f, 1);
	server s = server_spawn(&f);
	for (int i = 0; i < ALL; i++) {
		troupe_ref ref;
		CHECK_OK(troupe_spawn(f.system, &blocking, NULL, &ref));
		CHECK_OK(troupe_send_bytes(ref, BLOCK, NULL, 0));
	}
	while (atomic_load(&inside) < ALL)
		sleep_ns(TROUPE_MS / 4);
	for (int i = 0; i < ROUNDS; i++) {
		CHECK_OK(troupe_call(s, GET, VALUE, &value, LIMIT, .n = i));
		CHECK_EQ(value.n, i);
	}
	CHECK_EQ(troupe_settle(f.system, TROUPE_MS), TROUPE_ETIMEOUT);
	opened = 1;
	fixture_finish(&f);
	CHECK_EQ(f.ledger.handled, ALL + 2 * ROUNDS);
}

/* In a handler that may block, what blocks may be called: the answer comes from an actor on the only worker. */
static server asked;

static troupe_verdict call_in_handler(troupe_actor *me, const troupe_message *m)
{
	struct value value = { 0 };
	troupe_future futures[2];
	size_t which = 9;
	(void)m;
	CHECK_OK(troupe_call(asked, GET, VALUE, &value, LIMIT, .n = 7));
	CHECK_EQ(value.n, 7);
	for (int i = 0; i < 2; i++)
		CHECK_OK(troupe_future_open(me->system, NULL, &futures[i]));
	CHECK_OK(troupe_ask(asked, GET, futures[1].ref, .n = 8));
	CHECK_OK(troupe_future_first(futures, 2, LIMIT, &which));
	CHECK_EQ(which, 1);
	CHECK_OK(troupe_next(futures[1], VALUE, &value, sizeof value));
	CHECK_EQ(value.n, 8);
	for (int i = 0; i < 2; i++)
		troupe_future_close(futures[i]);
	troupe_exit(me, TROUPE_OK);
	return TROUPE_HANDLED;
}

TEST(blocking, its_handlers_may_call_what_blocks)
{
	static const troupe_behaviour caller = { .name = "caller", .receive = call_in_handler, .blocks = 1 };
	troupe_ref ref;
	fixture_start(&f, 1);
	asked = server_spawn(&f);
	CHECK_OK(troupe_spawn(f.system, &caller, NULL, &ref));
	CHECK_OK(troupe_send_bytes(ref, BLOCK, NULL, 0));
	CHECK_OK(troupe_wait_end(ref, LIMIT, NULL));
	fixture_finish(&f);
}

/* It is an actor like any other: it asks, is asked, keeps its order, and drains at the end. */
static troupe_verdict count_in_order(troupe_actor *me, const troupe_message *m)
{
	int64_t *next = me->state;
	const struct value *value = m->data;
	CHECK_EQ(value->n, (*next)++);
	return TROUPE_HANDLED;
}

TEST(blocking, order_holds_and_nothing_is_lost)
{
	static const troupe_behaviour counting = { .name = "counting", .receive = count_in_order, .blocks = 1,
		                                   .state_size = sizeof(int64_t), .leftovers = TROUPE_DRAIN };
	noise n;
	fixture_start(&f, 2);
	CHECK_OK(troupe_spawn(f.system, &counting, NULL, &n.ref));
	for (int i = 0; i < 5000; i++)
		CHECK_OK(troupe_send(n, NOISE, .n = i));
	fixture_finish(&f);
	CHECK_EQ(f.ledger.handled, 5000);
	CHECK_EQ(f.ledger.dead, 0);
}

TEST(blocking, its_failure_and_its_questions)
{
	static const troupe_behaviour server_apart = { .name = "server", .receive = serve, .blocks = 1,
		                                       .state_size = sizeof(struct server_state) };
	struct value value;
	server s;
	fixture_start(&f, 2);
	CHECK_OK(troupe_spawn(f.system, &server_apart, NULL, &s.ref));
	CHECK_OK(troupe_call(s, GET, VALUE, &value, LIMIT, .n = 3));
	CHECK_EQ(value.n, 3);
	CHECK_EQ(troupe_call(s, SILENT, VALUE, &value, LIMIT, 0), TROUPE_EUNANSWERED);
	CHECK_EQ(troupe_call(s, FAIL, VALUE, &value, LIMIT, 0), TROUPE_EFAILED);
	CHECK_OK(troupe_wait_end(s.ref, LIMIT, NULL));
	fixture_finish(&f);
}

/* ------------------------------------------------------------------------------------------------------------ pools -- */

static troupe_pool pool;

static troupe_status triple(troupe_job *job, void *argument)
{
	struct value value = *(struct value *)argument;
	if (value.n < 0)
		return TROUPE_EUSER;
	value.n *= 3;
	return troupe_job_give(job, &value, sizeof value);
}

struct customer {
	int64_t sum;
	int answers, failures;
};

static troupe_verdict outcome(troupe_actor *me, const troupe_message *m)
{
	struct customer *self = me->state;
	if (m->kind == TROUPE_UNANSWERED) {
		CHECK_EQ(m->why, TROUPE_EUSER);
		self->failures++;
	} else {
		CHECK_EQ(m->kind, DONE);
		self->sum += ((const struct value *)m->data)->n;
		self->answers++;
	}
	if (self->answers == 4 && self->failures == 1)
		troupe_exit(me, TROUPE_OK);
	return TROUPE_HANDLED;
}

static troupe_verdict shop_around(troupe_actor *me, const troupe_message *m)
{
	troupe_ref place;
	troupe_task task;
	if (m->kind != BLOCK)
		return outcome(me, m);
	CHECK_OK(troupe_expect(me, TROUPE_OPTIONS(troupe_expectation, .answers = 3), &place));
	for (int i = 1; i <= 3; i++)
		CHECK_OK(troupe_submit(pool, triple, &(struct value){ i }, sizeof(struct value),
		                       TROUPE_OPTIONS(troupe_task_options, .answer_to = place, .answer_kind = DONE), NULL));
	CHECK_OK(troupe_submit_then(me, pool, triple, &(struct value){ 10 }, sizeof(struct value), DONE, NULL, 0));
	CHECK_OK(troupe_submit_then(me, pool, triple, &(struct value){ -1 }, sizeof(struct value), DONE, outcome, LIMIT));
	CHECK_OK(troupe_submit(pool, triple, &(struct value){ 1 }, sizeof(struct value), NULL, &task));
	CHECK_EQ(troupe_task_wait(task, 0, NULL), TROUPE_ECONTEXT);
	CHECK_EQ(troupe_pool_close(pool, 0, TROUPE_RUN_QUEUED), TROUPE_ECONTEXT);
	troupe_task_drop(task);
	return TROUPE_HANDLED;
}

static atomic_int sum;

static void sum_up(troupe_actor *me, troupe_status why)
{
	CHECK_EQ(why, TROUPE_OK);
	atomic_store(&sum, (int)((struct customer *)me->state)->sum);
}

TEST(blocking, a_pool_answers_an_actor_by_messages)
{
	static const troupe_behaviour customer = { .name = "customer", .receive = shop_around, .terminate = sum_up,
		                                   .state_size = sizeof(struct customer) };
	troupe_ref ref;
	fixture_start(&f, 1);
	CHECK_OK(troupe_pool_open(TROUPE_OPTIONS(troupe_pool_options, .threads_max = 2), &pool));
	CHECK_OK(troupe_spawn(f.system, &customer, NULL, &ref));
	CHECK_OK(troupe_send_bytes(ref, BLOCK, NULL, 0));
	CHECK_OK(troupe_wait_end(ref, LIMIT, NULL));
	CHECK_EQ(sum, 3 + 6 + 9 + 30);
	CHECK_OK(troupe_pool_close(pool, LIMIT, TROUPE_RUN_QUEUED));
	fixture_finish(&f);
}

static troupe_status hold_up(troupe_job *job, void *nothing)
{
	(void)job, (void)nothing;
	wait_until_open();
	return TROUPE_OK;
}

TEST(blocking, a_full_pool_holds_up_no_actor)
{
	struct value value;
	fixture_start(&f, 1);
	server s = server_spawn(&f);
	CHECK_OK(troupe_pool_open(TROUPE_OPTIONS(troupe_pool_options, .threads_max = ALL), &pool));
	for (int i = 0; i < 2 * ALL; i++)
		CHECK_OK(troupe_submit(pool, hold_up, NULL, 0, NULL, NULL));
	while (atomic_load(&inside) < ALL)
		sleep_ns(TROUPE_MS / 4);
	CHECK_OK(troupe_call(s, GET, VALUE, &value, LIMIT, .n = 1));
	opened = 1;
	CHECK_OK(troupe_pool_close(pool, LIMIT, TROUPE_RUN_QUEUED));
	CHECK_EQ(inside, 2 * ALL);
	fixture_finish(&f);
}
