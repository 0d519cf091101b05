/* SPDX-License-Identifier: MIT */
/* Promise: a supervised actor that crashes lives again, however often and for whatever reason; every crash is counted, and
 * whoever else there is loses nothing. */
#include "fixture.h"
#include "support/faults.h"

enum { CRASH = 1, NOTE, CHILDREN = 4, EACH_CAUSE = TEST_WITH_TSAN ? 40 : 400 };

static struct fixture f;
static atomic_long noted, begun, in_terminate;
static atomic_int fault_of_init = -1, fault_of_terminate = -1;

struct cause {
	int64_t fault;
};

static troupe_verdict begin(troupe_actor *me)
{
	int fault = atomic_exchange(&fault_of_init, -1);

	(void)me;
	if (fault >= 0)
		fault_make((enum fault)fault);
	atomic_fetch_add(&begun, 1);
	return TROUPE_HANDLED;
}

static troupe_verdict receive(troupe_actor *me, const troupe_message *m)
{
	(void)me;
	if (m->kind == CRASH)
		fault_make((enum fault)((const struct cause *)m->data)->fault);
	atomic_fetch_add(&noted, 1);
	return TROUPE_HANDLED;
}

static void terminate(troupe_actor *me, troupe_status why)
{
	int fault = atomic_exchange(&fault_of_terminate, -1);

	(void)me;
	CHECK(why != TROUPE_ECRASHED); /* its state cannot be trusted */
	atomic_fetch_add(&in_terminate, 1);
	if (fault >= 0)
		fault_make((enum fault)fault);
}

static const troupe_behaviour child = { .name = "child", .receive = receive, .init = begin, .terminate = terminate,
	                                .state_size = 64, .isolation = TROUPE_CONTAINED };
static const troupe_child_spec children[] = {
	{ .name = "0", .behaviour = &child }, { .name = "1", .behaviour = &child }, { .name = "2", .behaviour = &child },
	{ .name = "3", .behaviour = &child }, { 0 },
};

static void start(const troupe_supervisor *tree, troupe_ref refs[CHILDREN])
{
	static const char *const names[CHILDREN] = { "0", "1", "2", "3" };
	troupe_options options = fixture_options(&f, 2);
	troupe_ref top;

	options.crashes_max = UINT64_MAX;
	CHECK_OK(troupe_start(&options, &f.system));
	CHECK_OK(troupe_supervise(f.system, NULL, tree, &top));
	for (int i = 0; i < CHILDREN; i++)
		CHECK_OK(troupe_child(top, names[i], &refs[i]));
	fixture_settle(&f);
}

static troupe_counters counters(void)
{
	troupe_counters now;

	CHECK_OK(troupe_counters_read(f.system, &now));
	return now;
}

static void crash(troupe_ref ref, int fault)
{
	CHECK_OK(troupe_send_bytes(ref, CRASH, &(struct cause){ fault }, sizeof(struct cause)));
}

/* Each crash with two messages behind it, which the next life handles. */
static void storm(troupe_strategy strategy)
{
	const troupe_supervisor tree = { .children = children, .strategy = strategy, .restarts_max = TROUPE_UNLIMITED,
		                         .within_ns = 1 };
	troupe_ref refs[CHILDREN];

	start(&tree, refs);
	for (int i = 0; i < EACH_CAUSE; i++)
		for (int fault = 0; fault < FAULTS; fault++) {
			troupe_ref ref = refs[(i + fault) % CHILDREN];
			crash(ref, fault);
			for (int k = 0; k < 2; k++)
				CHECK_OK(troupe_send_bytes(ref, NOTE, NULL, 0));
		}
	fixture_settle(&f);
	CHECK_EQ(counters().crashes, (uint64_t)EACH_CAUSE * FAULTS);
	/* Who crashes while it is to end with its group is not restarted for that. */
	uint64_t restarts = counters().restarts, all = (uint64_t)EACH_CAUSE * FAULTS;
	CHECK(strategy == TROUPE_ONE_FOR_ONE ? restarts == all : restarts > 0 && restarts <= all);
	CHECK_EQ(atomic_load(&noted), 2L * EACH_CAUSE * FAULTS);
	for (int i = 0; i < CHILDREN; i++)
		CHECK(troupe_is_alive(refs[i]));
	fixture_finish(&f);
	CHECK_EQ(f.letter_count, (uint64_t)EACH_CAUSE * FAULTS);
}

TEST(crashing_lives, of_every_cause_begin_again)
{
	storm(TROUPE_ONE_FOR_ONE);
	CHECK_EQ(atomic_load(&begun), CHILDREN + EACH_CAUSE * FAULTS);
}

TEST(crashing_lives, begin_again_with_their_group)
{
	storm(TROUPE_REST_FOR_ONE);
}

TEST(crashing_lives, may_crash_in_init_and_in_terminate)
{
	static const troupe_supervisor tree = { .children = children, .restarts_max = 10, .within_ns = 3600 * TROUPE_S };
	troupe_ref refs[CHILDREN];

	start(&tree, refs);
	atomic_store(&fault_of_init, 0);
	crash(refs[1], 0);
	fixture_settle(&f);
	CHECK_EQ(counters().crashes, 2); /* the handler, then the next init */
	CHECK_EQ(counters().restarts, 2);
	atomic_store(&fault_of_terminate, 0);
	CHECK_OK(troupe_kill(refs[2]));
	fixture_settle(&f);
	CHECK_EQ(counters().crashes, 3);
	CHECK_EQ(counters().restarts, 3);
	for (int i = 0; i < CHILDREN; i++)
		CHECK_OK(troupe_send_bytes(refs[i], NOTE, NULL, 0));
	fixture_settle(&f);
	CHECK_EQ(atomic_load(&noted), CHILDREN);
	fixture_finish(&f);
}
