/* SPDX-License-Identifier: MIT */
/* Supervisors, links, monitors, groups, tasks, questions, timers, crashes and blocking handlers, all at once and by chance, while
 * other threads kill, remove and add. What is shown: the books are right, everything ends, and nobody waits for ever. */
#include "fixture.h"
#include "support/faults.h"

enum { STEP = 1, QUESTION, REPLY, TICK, TASK, MEMBERS = 12, THREADS = 2, STEPS = 3000, ROUNDS = 3 };

struct number {
	uint64_t n;
};

typedef union number_reply {
	troupe_ref ref;
	const struct number *REPLY;
} number_reply;

struct question {
	number_reply reply;
};

typedef union being {
	troupe_ref ref;
	const void *data;
	const struct number *STEP;
	const struct question *QUESTION;
} being;

struct state {
	uint64_t alive;
	uint64_t room[6]; /* larger than a cell's */
};

static struct fixture f;
static troupe_pool pool;
static troupe_ref top, all, any;
static being members[MEMBERS];
static atomic_int strays;
static atomic_bool over;

static uint32_t roll(uint64_t *dice, uint32_t sides)
{
	*dice = *dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(*dice >> 33) % sides;
}

static being someone(uint64_t *dice)
{
	return members[roll(dice, MEMBERS)];
}

static troupe_status work(troupe_job *job, void *dice)
{
	uint64_t n = *(uint64_t *)dice;

	return roll(&n, 3) == 0 ? (troupe_status)-1024 : troupe_job_give(job, &(struct number){ n }, sizeof(struct number));
}

static troupe_verdict receive(troupe_actor *me, const troupe_message *m);

static const troupe_behaviour orphan = { .name = "orphan", .receive = receive, .state_size = sizeof(struct state),
	                                 .leftovers = TROUPE_HAND_BACK };

/* What may fail does so with a status, and that is all. */
static void ask_somebody(troupe_actor *me, uint64_t *dice)
{
	bool every = roll(dice, 2) == 0;
	troupe_expectation options = { .struct_size = sizeof options, .answers = every ? TROUPE_ANSWERS_ALL : 1,
		                       .hold = roll(dice, 4) == 0, .within_ns = roll(dice, 2) == 0 ? 20 * TROUPE_MS : 10 * TROUPE_S };
	troupe_ref address;

	if (troupe_expect(me, &options, &address) == TROUPE_OK)
		troupe_ignore(troupe_ask((being){ every ? all : any }, QUESTION, address, 0));
}

static troupe_verdict step(troupe_actor *me, const troupe_message *m, uint64_t dice)
{
	troupe_ref ref, address;
	uint64_t n = dice ^ 1;

	switch (roll(&dice, 20)) {
	case 0:
		return troupe_fail(me, TROUPE_EUSER);
	case 1:
		troupe_exit(me, TROUPE_OK);
		return TROUPE_HANDLED;
	case 2:
		troupe_fail_now(me, TROUPE_EUSER - 1);
	case 3:
		troupe_ignore(troupe_link(me, someone(&dice).ref));
		return TROUPE_HANDLED;
	case 4:
		troupe_ignore(troupe_unlink(me, someone(&dice).ref));
		return TROUPE_HANDLED;
	case 5:
		troupe_ignore(troupe_monitor(me, someone(&dice).ref, 1, NULL));
		return TROUPE_HANDLED;
	case 6:
	case 7:
		ask_somebody(me, &dice);
		return TROUPE_HANDLED;
	case 8:
		troupe_ignore(troupe_submit_then(me, pool, work, &n, sizeof n, TASK, NULL, TROUPE_S));
		return TROUPE_HANDLED;
	case 9:
		if (troupe_expect(me, TROUPE_OPTIONS(troupe_expectation, .answers = TROUPE_ANSWERS_ALL, .questions = 2), &address) == TROUPE_OK)
			for (int i = 0; i < 2; i++)
				troupe_ignore(troupe_submit(pool, work, &n, sizeof n,
				                            TROUPE_OPTIONS(troupe_task_options, .answer_to = address, .answer_kind = TASK), NULL));
		return TROUPE_HANDLED;
	case 10:
		troupe_ignore(troupe_after(me, roll(&dice, 1000) * TROUPE_US, TICK, 0, NULL));
		return TROUPE_HANDLED;
	case 11:
		troupe_ignore(troupe_spawn_with(me->system, me, &orphan, &(struct state){ .alive = 1 },
		                                TROUPE_OPTIONS(troupe_spawn_options, .child = true, .link = roll(&dice, 2) == 0, .monitor = 1), &ref));
		return TROUPE_HANDLED;
	case 12:
		return TROUPE_DEFERRED;
	case 13:
		troupe_undefer(me);
		return TROUPE_HANDLED;
	case 14:
		troupe_ignore(troupe_forward(me, m, any));
		return TROUPE_HANDLED;
	default:
		for (int i = 0; i < 3; i++)
			troupe_ignore(troupe_send_from(me, someone(&dice), STEP, .n = n * 16 + 15 + (uint64_t)i));
		return TROUPE_HANDLED;
	}
}

static troupe_verdict answer(troupe_actor *me, const troupe_message *m)
{
	being in = { .data = m->data };
	uint64_t dice = (uint64_t)troupe_now(me->system);

	switch (roll(&dice, 6)) {
	case 0:
		return TROUPE_FAILED;
	case 1:
		return TROUPE_HANDLED; /* forgotten */
	case 2:
		return troupe_keep(me, m) == TROUPE_OK ? TROUPE_HANDLED : TROUPE_FAILED;
	case 3:
		return troupe_done(me, troupe_submit(pool, work, &dice, sizeof dice,
		                                     TROUPE_OPTIONS(troupe_task_options, .answer_to = in.QUESTION->reply.ref, .answer_kind = REPLY),
		                                     NULL));
	default:
		return troupe_done(me, troupe_send(in.QUESTION->reply, REPLY, .n = dice));
	}
}

static troupe_verdict receive(troupe_actor *me, const troupe_message *m)
{
	const struct state *self = me->state;
	being in = { .data = m->data };
	uint64_t dice = (uint64_t)troupe_now(me->system) + (uint64_t)m->kind;

	if (self->alive != 1)
		atomic_fetch_add(&strays, 1);
	if (m->kind == STEP)
		return atomic_load(&over) ? TROUPE_HANDLED : step(me, m, in.STEP->n);
	if (m->kind == QUESTION)
		return answer(me, m);
	return roll(&dice, 8) == 0 && !atomic_load(&over) ? TROUPE_FAILED : TROUPE_HANDLED;
}

static troupe_verdict crash(troupe_actor *me, const troupe_message *m)
{
	uint64_t dice = (uint64_t)troupe_now(me->system);

	if (m->kind == STEP && !atomic_load(&over) && roll(&dice, 40) == 0)
		fault_null();
	return receive(me, m);
}

static troupe_verdict begin(troupe_actor *me)
{
	((struct state *)me->state)->alive = 1;
	troupe_status status = troupe_join(any, me->ref);
	return troupe_done(me, status == TROUPE_OK ? troupe_join(all, me->ref) : status);
}

static void end(troupe_actor *me, troupe_status why)
{
	(void)why;
	((struct state *)me->state)->alive = 2;
}

#define BEING .init = begin, .terminate = end, .state_size = sizeof(struct state)
static const troupe_behaviour plain = { .name = "plain", .receive = receive, BEING };
static const troupe_behaviour trapping = { .name = "trapping", .receive = receive, .traps = 1, .leftovers = TROUPE_HAND_BACK, BEING };
static const troupe_behaviour crashing = { .name = "crashing", .receive = crash, .isolation = TROUPE_CONTAINED, BEING };
static const troupe_behaviour blocking = { .name = "blocking", .receive = receive, .blocks = 1, .leftovers = TROUPE_DRAIN, BEING };

#define FOUR(a, b, c, d)                                                                                                  \
	{                                                                                                                 \
		{ .name = a, .behaviour = &plain, .stop_within_ns = 20 * TROUPE_MS },                                     \
		{ .name = b, .behaviour = &trapping, .queue = TROUPE_QUEUE_DROP },                                        \
		{ .name = c, .behaviour = &crashing, .queue = TROUPE_QUEUE_HAND_BACK },                                   \
		{ .name = d, .behaviour = &blocking, .stop_within_ns = TROUPE_AT_ONCE }, { 0 }                            \
	}
static const troupe_child_spec first_four[] = FOUR("0", "1", "2", "3"), second_four[] = FOUR("4", "5", "6", "7");
static const troupe_child_spec third_four[] = FOUR("8", "9", "10", "11");
#define OFTEN .restarts_max = 50, .within_ns = 20 * TROUPE_MS
static const troupe_supervisor branches[] = {
	{ .name = "one", .children = first_four, OFTEN, .back_off_ns = 100 * TROUPE_US, .back_off_ns_max = TROUPE_MS },
	{ .name = "all", .children = second_four, .strategy = TROUPE_ONE_FOR_ALL, OFTEN },
	{ .name = "rest", .children = third_four, .strategy = TROUPE_REST_FOR_ONE, OFTEN },
};
static const troupe_child_spec limbs[] = {
	{ .name = "one", .supervisor = &branches[0] }, { .name = "all", .supervisor = &branches[1] },
	{ .name = "rest", .supervisor = &branches[2] }, { 0 },
};
static const troupe_supervisor trunk = { .name = "trunk", .children = limbs, .restarts_max = TROUPE_UNLIMITED, .within_ns = TROUPE_S };

/* ------------------------------------------------------------------------------------------------- from other threads -- */

static void *disturb(void *seed)
{
	uint64_t dice = *(uint64_t *)seed;
	troupe_ref branch, ref;

	for (int i = 0; i < STEPS && !atomic_load(&over); i++) {
		if (i % 8 == 0)
			troupe_ignore(troupe_settle(f.system, TROUPE_MS)); /* so that there are lives to disturb */
		troupe_ignore(troupe_send(someone(&dice), STEP, .n = dice * 16 + 15));
		if (roll(&dice, 20) == 0)
			troupe_ignore(troupe_kill(someone(&dice).ref));
		if (roll(&dice, 20) == 0)
			troupe_ignore(troupe_stop(someone(&dice).ref));
		if (roll(&dice, 50) == 0)
			troupe_ignore(troupe_leave(any, someone(&dice).ref));
		if (roll(&dice, 100) == 0 && troupe_child(top, "one", &branch) == TROUPE_OK)
			troupe_ignore(troupe_kill(branch));
		if (roll(&dice, 30) != 0 || troupe_child(top, "rest", &branch) != TROUPE_OK ||
		    troupe_add_child(branch, &(troupe_child_spec){ .behaviour = &plain }, &ref) != TROUPE_OK)
			continue;
		troupe_ignore(troupe_send((being){ ref }, STEP, .n = dice));
		troupe_ignore(troupe_remove_child(branch, ref));
	}
	return NULL;
}

static void find_members(void)
{
	char name[8];
	troupe_ref branch;

	for (unsigned i = 0; i < MEMBERS; i++) {
		snprintf(name, sizeof name, "%u", i);
		CHECK_OK(troupe_child(top, branches[i / 4].name, &branch));
		CHECK_OK(troupe_child(branch, name, &members[i].ref));
	}
}

static void start(void)
{
	troupe_options options = fixture_options(&f, 2);

	options.crashes_max = UINT64_MAX;
	atomic_store(&over, false);
	CHECK_OK(troupe_start(&options, &f.system));
	CHECK_OK(troupe_pool_open(TROUPE_OPTIONS(troupe_pool_options, .threads_max = 2), &pool));
	CHECK_OK(troupe_group_open(f.system, "all", TROUPE_OPTIONS(troupe_group_options, .routing = TROUPE_TO_ALL), &all));
	CHECK_OK(troupe_group_open(f.system, "any", NULL, &any));
	CHECK_OK(troupe_supervise(f.system, NULL, &trunk, &top));
	find_members();
}

static void storm(uint64_t seed)
{
	uint64_t seeds[THREADS] = { seed, seed ^ 77 };
	pthread_t threads[THREADS];

	start();
	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, disturb, &seeds[i]), 0);
	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_join(threads[i], NULL), 0);
}

static void close_pool(void)
{
	CHECK_OK(troupe_pool_close(pool, LIMIT, TROUPE_RUN_QUEUED));
	CHECK_EQ(strays, 0);
}

TEST(storm_of_parts, ends_in_order, .timeout = 180)
{
	for (uint64_t round = 0; round < ROUNDS; round++) {
		storm(round);
		atomic_store(&over, true);
		close_pool();
		fixture_finish(&f);
	}
}

/* However it ends: all that is left is killed in the middle of it. */
TEST(storm_of_parts, ends_at_once, .timeout = 180)
{
	for (uint64_t round = 0; round < ROUNDS; round++) {
		storm(round + 1000);
		troupe_status status = troupe_finish(f.system, TROUPE_MS);
		CHECK(status == TROUPE_OK || status == TROUPE_ETIMEOUT);
		fixture_check_ledger(&f);
		close_pool();
	}
}
