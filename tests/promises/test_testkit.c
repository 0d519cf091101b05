/* SPDX-License-Identifier: MIT */
/* Promise: a test holds a system in its hands: its time, its order, what its actors are sent and answered. And the same test, given
 * to the explorer, sees all the orders that one seed does not show. */
#include <stdio.h>

#include "support/testing.h"
#include "troupe.h"

enum { CELL_GET = 1, CELL_SET, ADDER_GO, VALUE };

struct value { int64_t n; };
typedef union value_reply { troupe_ref ref; const struct value *VALUE; } value_reply;
struct get { value_reply reply; };
typedef union cell {
	troupe_ref ref;
	const void *data;
	const struct get *CELL_GET;
	const struct value *CELL_SET, *VALUE;
} cell;
struct go { cell to; int64_t within_ns; };
typedef union adder {
	troupe_ref ref;
	const void *data;
	const struct go *ADDER_GO;
	const struct value *VALUE;
} adder;

static const troupe_kind cell_kinds[] = { TROUPE_KIND(cell, CELL_GET), TROUPE_KIND(cell, CELL_SET), TROUPE_KIND(cell, VALUE), { 0 } };

static troupe_verdict cell_receive(troupe_actor *me, const troupe_message *m)
{
	struct value *self = me->state;
	cell in = { .data = m->data };

	switch (m->kind) {
	case CELL_GET:
		return troupe_done(me, troupe_send(in.CELL_GET->reply, VALUE, .n = self->n));
	case CELL_SET:
		*self = *in.CELL_SET;
		return TROUPE_HANDLED;
	default:
		return TROUPE_UNKNOWN;
	}
}

static const troupe_behaviour cell_behaviour = { .name = "cell", .receive = cell_receive, .state_size = sizeof(struct value) };

#define PATIENCE (2 * TROUPE_S)

/* It reads, and writes one more: what others write meanwhile is lost. */
static troupe_verdict adder_receive(troupe_actor *me, const troupe_message *m)
{
	struct go *self = me->state;
	adder in = { .data = m->data };

	switch (m->kind) {
	case ADDER_GO:
		*self = *in.ADDER_GO;
		return troupe_done(me, troupe_ask_then(me, self->to, CELL_GET, NULL, self->within_ns, .reply = { { 0 } }));
	case VALUE:
		return troupe_done(me, troupe_send(self->to, CELL_SET, .n = in.VALUE->n + 1));
	case TROUPE_UNANSWERED:
		return troupe_done(me, troupe_send(self->to, CELL_SET, .n = -1));
	default:
		return TROUPE_UNKNOWN;
	}
}

static const troupe_behaviour adder_behaviour = { .name = "adder", .receive = adder_receive, .state_size = sizeof(struct go) };

static troupe_system sys;

static adder new_adder(void)
{
	adder a;

	troupe_must(troupe_spawn(sys, &adder_behaviour, NULL, &a.ref));
	return a;
}

TEST(testkit, an_actor_is_tested_against_a_stub_of_the_other)
{
	troupe_probe stub;
	cell in;

	CHECK_OK(troupe_test_begin(NULL, &sys));
	CHECK_OK(troupe_probe_open(sys, TROUPE_OPTIONS(troupe_probe_options, .name = "cell", .kinds = cell_kinds), &stub));
	CHECK_OK(troupe_probe_answer(stub, in, CELL_GET, 1, VALUE, .n = 41));
	CHECK_OK(troupe_send(new_adder(), ADDER_GO, .to = { stub.ref }));
	CHECK_OK(troupe_probe_expect(stub, in, CELL_SET, 0));
	CHECK_EQ(in.CELL_SET->n, 42);
	CHECK_EQ(troupe_probe_calls(stub, CELL_GET), 1);
	CHECK_OK(troupe_test_end(sys));
}

TEST(testkit, an_answer_in_time_and_one_that_is_late)
{
	troupe_probe stub;
	cell in;

	CHECK_OK(troupe_test_begin(NULL, &sys));
	CHECK_OK(troupe_probe_open(sys, NULL, &stub));
	for (int late = 0; late < 2; late++) {
		CHECK_OK(troupe_send(new_adder(), ADDER_GO, .to = { stub.ref }, .within_ns = PATIENCE));
		CHECK_OK(troupe_probe_expect(stub, in, CELL_GET, 0));
		struct get question = *in.CELL_GET;
		CHECK_OK(troupe_test_advance(PATIENCE - 1 + late));
		CHECK_OK(troupe_send(question.reply, VALUE, .n = 1));
		CHECK_OK(troupe_probe_expect(stub, in, CELL_SET, 0));
		CHECK_EQ(in.CELL_SET->n, late ? -1 : 2);
	}
	CHECK_OK(troupe_test_end(sys));
	CHECK_EQ(troupe_test_letters(VALUE, TROUPE_ECLOSED), 1); /* the late one */
}

/* Three adders, one after the other or all at once. */
static void add_three(void *at_once)
{
	troupe_probe probe;
	cell c, in;

	troupe_test_must(troupe_test_begin(NULL, &sys));
	troupe_test_must(troupe_probe_open(sys, TROUPE_OPTIONS(troupe_probe_options, .kinds = cell_kinds), &probe));
	troupe_must(troupe_spawn(sys, &cell_behaviour, NULL, &c.ref));
	for (int i = 0; i < 3; i++) {
		troupe_must(troupe_send(new_adder(), ADDER_GO, .to = c));
		if (!*(bool *)at_once)
			troupe_test_must(troupe_test_run());
	}
	troupe_test_must(troupe_test_run());
	troupe_test_must(troupe_probe_ask(probe, c, CELL_GET, 0, .reply = { { 0 } }));
	troupe_test_must(troupe_probe_expect(probe, in, VALUE, TROUPE_S));
	troupe_holds(in.VALUE->n == 3, "three have been added");
	troupe_test_must(troupe_test_end(sys));
}

TEST(testkit, the_same_test_is_searched_by_the_explorer)
{
	bool at_once = false;
	troupe_finding finding;

	add_three(&at_once);
	CHECK_OK(troupe_explore(TROUPE_OPTIONS(troupe_exploration, .schedules = 300), add_three, &at_once, &finding));
	CHECK_EQ(finding.schedules, 300);
	at_once = true;
	CHECK(troupe_explore(NULL, add_three, &at_once, &finding) == TROUPE_EFAILED);
	CHECK_STR_EQ(finding.what, "three have been added");
}

static void expect_in_vain(void *context)
{
	const int32_t kinds[] = { CELL_SET, CELL_GET };
	troupe_probe probe, other;

	(void)context;
	troupe_test_must(troupe_test_begin(NULL, &sys));
	troupe_test_must(troupe_probe_open(sys, TROUPE_OPTIONS(troupe_probe_options, .name = "cell", .kinds = cell_kinds), &probe));
	troupe_test_must(troupe_probe_open(sys, NULL, &other));
	troupe_test_must(troupe_probe_expect_none(other, TROUPE_S));
	adder a = new_adder();
	troupe_must(troupe_send(a, ADDER_GO, .to = { probe.ref }));
	troupe_test_must(troupe_probe_send(other, (cell){ probe.ref }, CELL_SET, .n = 1));
	troupe_test_must(troupe_probe_expect_order(probe, kinds, 2, TROUPE_S));
	troupe_test_must(troupe_test_end(sys));
}

TEST(testkit, an_expectation_that_fails_in_some_order_is_a_finding_and_is_shown_again)
{
	troupe_finding finding, again;

	CHECK(troupe_explore(NULL, expect_in_vain, NULL, &finding) == TROUPE_EFAILED);
	CHECK(strstr(finding.what, "expected CELL_SET (2), number 1 of 2; CELL_GET (1) came to cell first") == finding.what);
	CHECK(troupe_explore(TROUPE_OPTIONS(troupe_exploration, .replay = finding.replay), expect_in_vain, NULL, &again) ==
	      TROUPE_EFAILED);
	CHECK_STR_EQ(again.what, finding.what);
	CHECK_EQ(again.hash, finding.hash);
}

/* Work for a pool, in virtual time: a thread of it is the simulation's. */
static troupe_status wait_long(troupe_job *job, void *end_of)
{
	int64_t n = 7;

	troupe_ignore(troupe_wait_end(*(const troupe_ref *)end_of, 3600 * TROUPE_S, NULL));
	return troupe_job_give(job, &n, sizeof n);
}

static void work_for_a_pool(int64_t limit_ns)
{
	troupe_task first, late;
	troupe_status outcome;
	troupe_probe probe;
	troupe_pool pool;

	CHECK_OK(troupe_test_begin(NULL, &sys));
	int64_t since = troupe_now(sys);
	CHECK_OK(troupe_probe_open(sys, NULL, &probe));
	CHECK_OK(troupe_pool_open(TROUPE_OPTIONS(troupe_pool_options, .threads_max = 1), &pool));
	CHECK_OK(troupe_submit(pool, wait_long, &probe.ref, sizeof probe.ref, NULL, &first));
	CHECK_OK(troupe_submit(pool, wait_long, &probe.ref, sizeof probe.ref,
	                       TROUPE_OPTIONS(troupe_task_options, .start_within_ns = limit_ns), &late));
	CHECK_OK(troupe_test_advance(limit_ns - 1));
	CHECK(!troupe_task_is_over(late, NULL));
	CHECK_OK(troupe_test_advance(1));
	CHECK(troupe_task_is_over(late, &outcome));
	CHECK_EQ(outcome, TROUPE_ETIMEOUT);
	CHECK_OK(troupe_task_wait(first, 0, &outcome));
	CHECK_OK(outcome);
	CHECK_EQ(troupe_now(sys) - since, 3600 * TROUPE_S);
	CHECK_OK(troupe_test_advance(365 * 24 * 3600 * TROUPE_S));
	troupe_task_drop(first);
	troupe_task_drop(late);
	CHECK_OK(troupe_pool_close(pool, 0, TROUPE_RUN_QUEUED));
	CHECK_OK(troupe_test_end(sys));
}

TEST(testkit, pools_work_in_its_time_in_one_test_after_another)
{
	for (int i = 0; i < 3; i++)
		work_for_a_pool((60 - 20 * i) * TROUPE_S);
}

#if !TEST_WITH_ASAN /* the pool is left behind, and its thread, which is a leak */
TEST(testkit, a_pool_that_was_not_closed_is_told)
{
	troupe_pool pool;

	CHECK_OK(troupe_test_begin(NULL, &sys));
	CHECK_OK(troupe_pool_open(TROUPE_OPTIONS(troupe_pool_options, .threads_max = 1, .threads_min = 1), &pool));
	CHECK_EQ(troupe_test_end(sys), TROUPE_EFAILED);
	CHECK(strstr(troupe_test_words(), "pool") != NULL);
}
#endif

/* Everything that a probe can do, where the explorer chooses, with allocations that fail. */
static void do_all(void *context)
{
	troupe_probe probe, stub;
	cell in;

	(void)context;
	if (troupe_test_begin(NULL, &sys) != TROUPE_OK)
		return;
	if (troupe_probe_open(sys, NULL, &probe) == TROUPE_OK && troupe_probe_open(sys, NULL, &stub) == TROUPE_OK) {
		troupe_test_must(troupe_probe_answer(stub, in, CELL_GET, 0, VALUE, .n = 5));
		troupe_status asked = troupe_probe_ask(probe, (cell){ stub.ref }, CELL_GET, TROUPE_S, .reply = { { 0 } });
		troupe_status came = asked == TROUPE_OK ? troupe_probe_expect(probe, in, VALUE, TROUPE_S) : TROUPE_OK;
		troupe_holds(came != TROUPE_OK || asked != TROUPE_OK || in.VALUE->n == 5, "the stub's answer");
		troupe_ignore(troupe_probe_monitor(probe, stub.ref, 1));
		troupe_ignore(troupe_stop(stub.ref));
		troupe_ignore(troupe_test_advance(TROUPE_S));
		troupe_probe_clear(probe);
		troupe_ignore(troupe_probe_expect_none(probe, TROUPE_S));
	}
	troupe_test_must(troupe_test_end(sys));
}

TEST(testkit, survives_allocations_that_fail)
{
	troupe_finding finding;
	troupe_status status =
		troupe_explore(TROUPE_OPTIONS(troupe_exploration, .schedules = 500, .refusals_ppm = 50000), do_all, NULL, &finding);

	if (status != TROUPE_OK)
		fprintf(stderr, "%s\n", finding.what);
	CHECK_OK(status);
	CHECK_EQ(finding.schedules, 500);
}
