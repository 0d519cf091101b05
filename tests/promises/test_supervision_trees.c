/* SPDX-License-Identifier: MIT */
/* Supervision, with OTP's meaning: limits, trees, children that come and go, and storms of failures. */
#include "journal.h"

/* --------------------------------------------------------------------------------------------------------- intensity -- */

TEST(supervision_trees, too_many_restarts_end_the_supervisor)
{
	static const troupe_supervisor tree = { .name = "tired", .children = three, .restarts_max = 2, .within_ns = 3600 * TROUPE_S };
	troupe_ref top = start(&tree, 2), b_ref = find(top, "b");
	troupe_status why;

	expect("+a+b+c");
	for (int i = 0; i < 2; i++) {
		send(b_ref, FAIL);
		expect("-b+b");
	}
	send(b_ref, FAIL);
	CHECK_OK(troupe_wait_end(top, LIMIT, &why));
	CHECK(why == TROUPE_ERESTARTS || why == TROUPE_EGONE);
	expect("-b-c-a");
	CHECK(fixture_logged(&f, "tired"));
	CHECK_EQ(troupe_child(top, "b", &b_ref), TROUPE_EGONE);
	fixture_finish(&f);
}

TEST(supervision_trees, unlimited_restarts)
{
	static const troupe_supervisor tree = { .children = three, .restarts_max = TROUPE_UNLIMITED, .within_ns = 1 };
	troupe_ref top = start(&tree, 2), ref = find(top, "b");

	for (int i = 0; i < 500; i++)
		send(ref, FAIL);
	fixture_settle(&f);
	CHECK_EQ(restarts(), 500);
	fixture_finish(&f);
}

static atomic_int failing_twice;

TEST(supervision_trees, failed_inits_are_tried_again)
{
	static const struct life d = { 'd', 0, &failing_twice };
	static const troupe_child_spec children[] = { CHILD(a), CHILD(d), CHILD(c), { 0 } };
	static const troupe_supervisor tree = { .children = children };

	atomic_store(&failing_twice, 2);
	start(&tree, 2);
	expect("+a!d!d+d+c");
	fixture_finish(&f);
}

TEST(supervision_trees, init_that_always_fails_ends_the_supervisor)
{
	static const struct life d = { 'd', 0, &failing_twice };
	static const troupe_child_spec children[] = { CHILD(a), CHILD(d), CHILD(c), { 0 } };
	static const troupe_supervisor tree = { .children = children };

	atomic_store(&failing_twice, 1 << 20);
	troupe_ref top = start(&tree, 2);
	CHECK_OK(troupe_wait_end(top, LIMIT, NULL));
	expect("+a!d!d!d!d-a");
	fixture_finish(&f);
}

TEST(supervision_trees, restarts_in_a_row_wait)
{
	static const troupe_supervisor tree = { .children = three, .restarts_max = 100, .within_ns = 3600 * TROUPE_S,
		                                .back_off_ns = 20 * TROUPE_MS };
	troupe_ref top = start(&tree, 2), ref = find(top, "b");
	int64_t from = troupe_now(f.system);

	expect("+a+b+c");
	for (int i = 0; i < 4; i++)
		send(ref, FAIL); /* at once, after 20, 40 and 80 ms, a quarter less each at most */
	expect("-b+b-b+b-b+b-b+b");
	CHECK(troupe_now(f.system) - from >= (15 + 30 + 60) * TROUPE_MS);
	fixture_finish(&f);
}

/* ------------------------------------------------------------------------------------------------------------- trees -- */

static const troupe_child_spec leaves[] = { CHILD(b), CHILD(c), { 0 } };
static const troupe_supervisor branch = { .name = "branch", .children = leaves, .restarts_max = 1, .within_ns = 3600 * TROUPE_S };
static const troupe_child_spec stem[] = { CHILD(a), { .name = "branch", .supervisor = &branch }, { 0 } };

TEST(supervision_trees, trees_begin_and_end_in_order)
{
	static const struct life d = { 'd', 0, NULL };
	static const troupe_child_spec children[] = { CHILD(a), { .name = "branch", .supervisor = &branch }, CHILD(d), { 0 } };
	static const troupe_supervisor tree = { .children = children };
	troupe_ref top = start(&tree, 2);

	expect("+a+b+c+d");
	CHECK_OK(troupe_stop_wait(top, LIMIT));
	expect("-d-c-b-a");
	fixture_finish(&f);
}

TEST(supervision_trees, escalation_restarts_the_branch_with_the_same_actors)
{
	static const troupe_supervisor tree = { .children = stem };
	troupe_ref top = start(&tree, 2), inner = find(top, "branch"), ref = find(inner, "b");

	expect("+a+b+c");
	send(ref, FAIL);
	expect("-b+b");
	send(ref, FAIL); /* once too often: the branch ends, and begins again */
	expect("-b-c+b+c");
	CHECK(troupe_ref_equal(find(inner, "b"), ref));
	send(ref, SAY);
	expect("b");
	send(ref, FAIL); /* with a new count */
	expect("-b+b");
	fixture_finish(&f);
}

TEST(supervision_trees, killed_supervisor_begins_again_with_its_children)
{
	static const troupe_supervisor tree = { .children = stem };
	troupe_ref top = start(&tree, 2), inner = find(top, "branch"), ref = find(inner, "b");

	expect("+a+b+c");
	CHECK_OK(troupe_kill(inner));
	fixture_settle(&f);
	CHECK(strstr(journal, "+b+c") != NULL);
	clear_journal();
	send(ref, SAY);
	expect("b");
	fixture_finish(&f);
}

TEST(supervision_trees, killed_top_takes_all_with_it)
{
	static const troupe_supervisor tree = { .children = stem };
	troupe_ref top = start(&tree, 2), ref = find(find(top, "branch"), "b");

	expect("+a+b+c");
	CHECK_OK(troupe_kill(top));
	CHECK_OK(troupe_wait_end(top, LIMIT, NULL));
	CHECK(!troupe_is_alive(ref));
	CHECK_EQ(journal_length, 6);
	fixture_finish(&f);
}

static troupe_verdict supervise_own(troupe_actor *me, void *argument)
{
	CHECK_OK(troupe_supervise(me->system, me, argument, NULL));
	return TROUPE_HANDLED;
}

TEST(supervision_trees, tree_of_an_actor_ends_with_it)
{
	static troupe_supervisor tree = { .children = three };

	fixture_start(&f, 2);
	clear_journal();
	doer owner = doer_spawn(&f);
	perform(&f, owner.ref, supervise_own, &tree);
	expect("+a+b+c");
	CHECK_OK(troupe_stop_wait(owner.ref, LIMIT));
	expect("-c-b-a");
	fixture_finish(&f);
}

/* ------------------------------------------------------------------------------------------------------ significant -- */

static const troupe_child_spec significant[] = {
	CHILD_WITH(a, .restart = TROUPE_TRANSIENT, .significant = true), CHILD(b),
	CHILD_WITH(c, .restart = TROUPE_TEMPORARY, .significant = true), { 0 },
};

TEST(supervision_trees, first_significant_end_is_everybodys)
{
	static const troupe_supervisor tree = { .children = significant, .auto_shutdown = TROUPE_ANY_SIGNIFICANT };
	troupe_ref top = start(&tree, 2);

	expect("+a+b+c");
	send(find(top, "a"), FAIL); /* begins again: no end */
	expect("-a+a");
	send(find(top, "a"), LEAVE);
	CHECK_OK(troupe_wait_end(top, LIMIT, NULL));
	expect("-a-c-b");
	fixture_finish(&f);
}

TEST(supervision_trees, last_significant_end_is_everybodys)
{
	static const troupe_supervisor tree = { .children = significant, .auto_shutdown = TROUPE_ALL_SIGNIFICANT };
	troupe_ref top = start(&tree, 2);

	expect("+a+b+c");
	send(find(top, "c"), FAIL);
	expect("-c");
	CHECK(troupe_is_alive(top));
	send(find(top, "a"), LEAVE);
	CHECK_OK(troupe_wait_end(top, LIMIT, NULL));
	expect("-a-b");
	fixture_finish(&f);
}

/* ----------------------------------------------------------------------------------------------------------- dynamic -- */

TEST(supervision_trees, children_come_and_go)
{
	static const troupe_supervisor tree = { .name = "pool" };
	troupe_ref top = start(&tree, 2), refs[3], found;
	struct life life = { 'x', 0, NULL };

	for (int i = 0; i < 3; i++) {
		life.name = (char)('x' + i); /* copied */
		CHECK_OK(troupe_add_child(top, &(troupe_child_spec){ .behaviour = &child, .initial = &life }, &refs[i]));
	}
	expect("+x+y+z");
	CHECK_EQ(troupe_add_child(top, &(troupe_child_spec)CHILD(a), &found), TROUPE_OK);
	CHECK_EQ(troupe_add_child(top, &(troupe_child_spec)CHILD(a), NULL), TROUPE_EEXIST);
	CHECK(troupe_ref_equal(find(top, "a"), found));
	expect("+a");
	send(refs[1], FAIL);
	expect("-y+y");
	CHECK_OK(troupe_remove_child(top, refs[1]));
	CHECK_EQ(troupe_remove_child(top, refs[1]), TROUPE_ENOENT);
	expect("-y");
	CHECK_OK(troupe_wait_end(refs[1], LIMIT, NULL));
	CHECK_OK(troupe_stop_wait(top, LIMIT));
	expect("-a-z-x");
	CHECK_EQ(troupe_add_child(top, &(troupe_child_spec)CHILD(a), NULL), TROUPE_EGONE);
	CHECK_EQ(troupe_remove_child(top, refs[0]), TROUPE_EGONE);
	fixture_finish(&f);
}

TEST(supervision_trees, added_children_are_forgotten_by_the_next_life)
{
	static const troupe_supervisor tree = { .children = stem };
	troupe_ref top = start(&tree, 2), inner = find(top, "branch"), ref;

	expect("+a+b+c");
	CHECK_OK(troupe_add_child(inner, &(troupe_child_spec)CHILD_WITH(a, .restart = TROUPE_TEMPORARY), &ref));
	expect("+a");
	for (int i = 0; i < 2; i++)
		send(find(inner, "b"), FAIL);
	expect("-b+b-b-a-c+b+c");
	CHECK_OK(troupe_wait_end(ref, LIMIT, NULL));
	fixture_finish(&f);
}

/* ------------------------------------------------------------------------------------------------------- stopping late -- */

static atomic_int stuck;

static troupe_verdict hold_on(troupe_actor *me, const troupe_message *m)
{
	(void)me, (void)m;
	atomic_store(&stuck, 1);
	sleep_ns(50 * TROUPE_MS);
	return TROUPE_HANDLED;
}

/* Killed while a hundred messages are before the stop. */
TEST(supervision_trees, who_does_not_stop_in_time_is_killed)
{
	static const troupe_behaviour slow = { .name = "slow", .receive = hold_on, .terminate = child_terminate,
		                               .state_size = sizeof(struct life) };
	static const troupe_child_spec children[] = {
		{ .name = "s", .behaviour = &slow, .initial = &a, .stop_within_ns = 10 * TROUPE_MS }, { 0 },
	};
	static const troupe_supervisor tree = { .children = children };
	troupe_ref top = start(&tree, 2), ref = find(top, "s");

	for (int i = 0; i < 100; i++)
		send(ref, SAY);
	await_flag(&stuck);
	CHECK_OK(troupe_stop_wait(top, LIMIT));
	CHECK(fixture_letters(&f, SAY, TROUPE_EKILLED) >= 90);
	expect("-a");
	fixture_finish(&f);
}

/* ------------------------------------------------------------------------------------------------------------- storms -- */

enum { STORM_CHILDREN = 20, STORM_ROUNDS = 300 };

static troupe_verdict storm_receive(troupe_actor *me, const troupe_message *m)
{
	return m->kind == FAIL ? troupe_fail(me, TROUPE_EUSER) : TROUPE_HANDLED;
}

static void storm(troupe_strategy strategy)
{
	static const troupe_behaviour behaviour = { .receive = storm_receive };
	const troupe_supervisor tree = { .strategy = strategy, .restarts_max = TROUPE_UNLIMITED, .within_ns = 1 };
	troupe_ref top, refs[STORM_CHILDREN];
	uint32_t random = 12345;

	fixture_start(&f, 3);
	CHECK_OK(troupe_supervise(f.system, NULL, &tree, &top));
	for (int i = 0; i < STORM_CHILDREN; i++)
		CHECK_OK(troupe_add_child(top, &(troupe_child_spec){ .behaviour = &behaviour }, &refs[i]));
	for (int round = 0; round < STORM_ROUNDS; round++) {
		random = random * 1664525 + 1013904223;
		troupe_ref ref = refs[(random >> 16) % STORM_CHILDREN];
		CHECK_OK(troupe_send_bytes(ref, (random >> 8) % 3 == 0 ? FAIL : SAY, NULL, 0));
		if ((random >> 24) % 16 == 0)
			CHECK_OK(troupe_kill(ref));
	}
	fixture_settle(&f);
	for (int i = 0; i < STORM_CHILDREN; i++)
		CHECK(troupe_is_alive(refs[i]));
	CHECK(restarts() > 0);
	fixture_finish(&f);
}

TEST(supervision_trees, storm_one_for_one)
{
	storm(TROUPE_ONE_FOR_ONE);
}

TEST(supervision_trees, storm_one_for_all)
{
	storm(TROUPE_ONE_FOR_ALL);
}

TEST(supervision_trees, storm_rest_for_one)
{
	storm(TROUPE_REST_FOR_ONE);
}
