/* SPDX-License-Identifier: MIT */
/* Making trees: no memory at each allocation, nothing left behind; added children get copies. */
#include "actors/supervisor.h"

#include "stage.h"

static struct stage s;

/* While it is armed so many allocations work, of any thread; then none. */
static atomic_int left;
static atomic_bool armed;

static bool fail_after(size_t size)
{
	(void)size;
	return atomic_load(&armed) && atomic_fetch_sub(&left, 1) <= 0;
}

/* With TROUPE_ALLOC=malloc each block is an allocation. */
static void start(void)
{
	CHECK_OK(setenv("TROUPE_ALLOC", "malloc", 1));
	troupei_memory_fail_by(fail_after);
	stage_start(&s, 1);
}

static void arm(int allocations)
{
	atomic_store(&left, allocations);
	atomic_store(&armed, true);
}

static void disarm(void)
{
	atomic_store(&armed, false);
}

static troupe_verdict receive(troupe_actor *me, const troupe_message *m)
{
	(void)me, (void)m;
	return TROUPE_HANDLED;
}

/* A life of the first needs memory, of the second none. */
static const troupe_behaviour large = { .name = "large", .receive = receive, .state_size = 100 };
static const troupe_behaviour child = { .name = "child", .receive = receive, .state_size = 16 };
static const troupe_child_spec leaves[] = { { .name = "x", .behaviour = &child }, { .name = "y", .behaviour = &child }, { 0 } };
static const troupe_supervisor branch = { .children = leaves };
static const troupe_child_spec stem[] = { { .name = "a", .behaviour = &child }, { .name = "b", .supervisor = &branch }, { 0 } };
static const troupe_supervisor tree = { .children = stem };

TEST(supervise, no_memory_leaves_nothing_behind)
{
	start();
	troupe_status status = TROUPE_ENOMEM;
	int failures = 0;
	for (int n = 0; status == TROUPE_ENOMEM; n++, failures++) {
		troupe_ref top;
		CHECK(n < 1000);
		arm(n);
		status = troupe_supervise(s.system, NULL, &tree, &top);
		disarm();
		if (status == TROUPE_ENOMEM)
			CHECK_EQ(stage_alive(&s), 0);
	}
	CHECK_OK(status);
	CHECK(failures > 10); /* two supervisions, five extras, four records */
	stage_settle(&s);
	CHECK_EQ(stage_alive(&s), 5);
	stage_finish(&s);
}

TEST(supervise, no_memory_to_add)
{
	static const troupe_supervisor none = { 0 };
	troupe_status status = TROUPE_ENOMEM;
	troupe_ref top;
	uint64_t initial[2] = { 1, 2 };

	start();
	CHECK_OK(troupe_supervise(s.system, NULL, &none, &top));
	stage_settle(&s);
	for (int n = 0; status == TROUPE_ENOMEM; n++) {
		CHECK(n < 100);
		arm(n);
		status = troupe_add_child(top, &(troupe_child_spec){ .behaviour = &child, .initial = initial }, NULL);
		disarm();
		CHECK_EQ(stage_alive(&s), status == TROUPE_OK ? 2 : 1);
	}
	CHECK_OK(status);
	stage_finish(&s);
}

static const troupe_child_spec needs[] = { { .name = "a", .behaviour = &large }, { 0 } };
static const troupe_supervisor needy = { .children = needs };

/* A life for which there is no memory is one that failed. */
TEST(supervise, no_memory_for_a_life)
{
	troupe_ref top, ref;

	start();
	CHECK_OK(troupe_supervise(s.system, NULL, &needy, &top));
	stage_settle(&s);
	CHECK_OK(troupe_child(top, "a", &ref));
	arm(1); /* the message */
	CHECK_OK(troupe_kill(ref));
	stage_settle(&s);
	disarm();
	CHECK_OK(troupe_wait_end(top, LIMIT, NULL)); /* three times more is too often */
	stage_finish(&s);
}

TEST(supervise, refused_in_whole)
{
	static const troupe_child_spec bad_leaves[] = { { .behaviour = &child }, { .behaviour = &child, .stop_within_ns = -2 }, { 0 } };
	static const troupe_supervisor bad_branch = { .children = bad_leaves };
	static const troupe_child_spec bad_stem[] = { { .behaviour = &child }, { .supervisor = &bad_branch }, { 0 } };
	static const troupe_supervisor bad_tree = { .children = bad_stem };

	stage_start(&s, 1);
	CHECK_EQ(troupe_supervise(s.system, NULL, &bad_tree, NULL), TROUPE_EINVAL);
	CHECK_EQ(stage_alive(&s), 0);
	stage_finish(&s);
}
