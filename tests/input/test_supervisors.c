/* SPDX-License-Identifier: MIT */
/* Supervisors that cannot be: each with its status, and nothing started. */
#include "victim.h"

static const troupe_child_spec fine[] = { { .name = "a", .behaviour = &victim_behaviour }, { 0 } };
static const troupe_supervisor inner = { .children = fine };

#define CHILDREN(...) (const troupe_child_spec[]){ __VA_ARGS__, { 0 } }
#define WITH(...) { .children = CHILDREN({ .behaviour = &victim_behaviour, __VA_ARGS__ }) }

static const troupe_supervisor bad_trees[] = {
	{ .children = CHILDREN({ .behaviour = &victim_behaviour, .supervisor = &inner }) },
	{ .children = CHILDREN({ .name = "a", .behaviour = &victim_behaviour }, { .name = "a", .behaviour = &victim_behaviour }) },
	{ .children = CHILDREN({ .behaviour = &(const troupe_behaviour){ .name = "no receive" } }) },
	WITH(.restart = (troupe_restart)3),
	WITH(.restart = (troupe_restart)-1),
	WITH(.queue = (troupe_queue)3),
	WITH(.stop_within_ns = -2),
	WITH(.significant = true),
	WITH(.reserved = { 0, 0, 0, 1 }),
	WITH(.reserved_small = { 1 }),
	{ .strategy = (troupe_strategy)3 },
	{ .auto_shutdown = (troupe_auto_shutdown)3 },
	{ .restarts_max = 1 },
	{ .restarts_max = 0, .within_ns = 1 },
	{ .restarts_max = 1, .within_ns = -1 },
	{ .back_off_ns = -1 },
	{ .back_off_ns_max = -1 },
	{ .reserved_small = 1 },
	{ .reserved = { 1 } },
};

enum { BAD_TREES = sizeof bad_trees / sizeof *bad_trees };

TEST(supervisors, that_contradict_themselves)
{
	troupe_ref top = { 7 };

	victim_start();
	for (int i = 0; i < BAD_TREES; i++)
		CHECK_EQ(troupe_supervise(theirs, NULL, &bad_trees[i], &top), TROUPE_EINVAL);
	CHECK_EQ(top.bits_private, 7);
	victim_finish();
}

TEST(supervisors, null)
{
	troupe_ref top, ref;

	victim_start();
	CHECK_EQ(troupe_supervise(theirs, NULL, NULL, &top), TROUPE_EINVAL);
	CHECK_EQ(troupe_supervise((troupe_system){ NULL }, NULL, &inner, &top), TROUPE_EINVAL);
	CHECK_OK(troupe_supervise(theirs, NULL, &inner, NULL));
	CHECK_OK(troupe_supervise(theirs, NULL, &inner, &top));
	CHECK_EQ(troupe_child(top, NULL, &ref), TROUPE_EINVAL);
	CHECK_EQ(troupe_child(top, "a", NULL), TROUPE_EINVAL);
	CHECK_EQ(troupe_child(top, "b", &ref), TROUPE_ENOENT);
	CHECK_EQ(troupe_add_child(top, NULL, NULL), TROUPE_EINVAL);
	CHECK_EQ(troupe_add_child(top, &(troupe_child_spec){ 0 }, NULL), TROUPE_EINVAL);
	CHECK_EQ(troupe_remove_child(top, (troupe_ref){ 0 }), TROUPE_ENOENT);
	CHECK_EQ(troupe_lives(NULL, NULL), 0);
	victim_finish();
}

TEST(supervisors, that_are_none)
{
	const troupe_child_spec spec = { .behaviour = &victim_behaviour };
	troupe_ref refs[] = { { 0 }, { 0 }, { UINT64_MAX }, { 0x300000001 } }, out;
	troupe_future future;

	victim_start();
	CHECK_OK(troupe_spawn(theirs, &victim_behaviour, NULL, &refs[1]));
	CHECK_OK(troupe_future_open(theirs, NULL, &future));
	for (int i = 0; i < 4; i++) {
		troupe_status expected = i < 2 ? TROUPE_EINVAL : troupe_child(refs[i], "a", &out);
		CHECK(expected == TROUPE_EINVAL || expected == TROUPE_EGONE);
		CHECK_EQ(troupe_child(refs[i], "a", &out), expected);
		CHECK_EQ(troupe_add_child(refs[i], &spec, &out), expected);
		CHECK_EQ(troupe_remove_child(refs[i], refs[1]), expected);
	}
	CHECK_EQ(troupe_child(future.ref, "a", &out), TROUPE_EINVAL);
	troupe_future_close(future);
	victim_finish();
}

/* Seventeen supervisors, each in the next; and one that is its own child. */
TEST(supervisors, deeper_than_allowed)
{
	static troupe_supervisor trees[18];
	static troupe_child_spec specs[18][2];
	troupe_ref top;

	victim_start();
	for (int i = 0; i < 17; i++) {
		specs[i][0].supervisor = &trees[i + 1];
		trees[i].children = specs[i];
	}
	CHECK_EQ(troupe_supervise(theirs, NULL, &trees[0], &top), TROUPE_EINVAL);
	CHECK_EQ(troupe_supervise(theirs, NULL, &trees[1], &top), TROUPE_EINVAL);
	CHECK_OK(troupe_supervise(theirs, NULL, &trees[2], &top));
	specs[17][0].supervisor = &trees[17];
	trees[17].children = specs[17];
	CHECK_EQ(troupe_supervise(theirs, NULL, &trees[17], &top), TROUPE_EINVAL);
	victim_finish();
}

static troupe_verdict supervise_elsewhere(troupe_actor *me, const troupe_message *m)
{
	troupe_system other;

	(void)m;
	memcpy(&other, m->data, sizeof other);
	CHECK_EQ(troupe_supervise(other, me, &inner, NULL), TROUPE_EINVAL);
	return TROUPE_HANDLED;
}

TEST(supervisors, of_a_foreign_system)
{
	static const troupe_behaviour behaviour = { .receive = supervise_elsewhere };
	troupe_options options = victim_options();
	troupe_system other;
	troupe_ref ref;

	victim_start();
	options.ledger = NULL;
	CHECK_OK(troupe_start(&options, &other));
	CHECK_OK(troupe_spawn(theirs, &behaviour, NULL, &ref));
	CHECK_OK(troupe_send_bytes(ref, 1, &other, sizeof other));
	CHECK_OK(troupe_settle(theirs, 0));
	CHECK_OK(troupe_finish(other, 0));
	victim_finish();
}

TEST(supervisors, more_actors_than_allowed)
{
	troupe_options options = victim_options();
	troupe_counters counters;
	troupe_ref top;

	options.actors_max = 2;
	CHECK_OK(troupe_start(&options, &theirs));
	CHECK_OK(troupe_supervise(theirs, NULL, &inner, &top));
	CHECK_EQ(troupe_supervise(theirs, NULL, &inner, &top), TROUPE_ELIMIT);
	CHECK_EQ(troupe_add_child(top, &(troupe_child_spec){ .behaviour = &victim_behaviour }, NULL), TROUPE_ELIMIT);
	CHECK_OK(troupe_counters_read(theirs, &counters));
	CHECK_EQ(counters.actors_alive, 2);
	CHECK_OK(troupe_finish(theirs, LIMIT));
}
