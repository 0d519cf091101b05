/* SPDX-License-Identifier: MIT */
/* Trees that are told to end at the worst moment: while children fail again and again, wait for their next life, or have not begun. */
#include "fixture.h"

enum { FAIL = 1, NAP, SLEEP };

static struct fixture f;
static atomic_int lives, may_begin, napping, killing;

/* Until the system has named those that are in the way of its end, and kills them, however long that takes. */
static void sleep_on(void)
{
	while (atomic_load(&killing) == 0)
		sleep_ns(TROUPE_MS);
}

static void note_line(void *context, const char *line)
{
	if (strstr(line, "in the way of the end") != NULL)
		atomic_store(&killing, 1);
	fixture_log(context, line);
}

static troupe_verdict receive(troupe_actor *me, const troupe_message *m)
{
	if (m->kind == FAIL)
		return troupe_fail(me, TROUPE_EUSER);
	if (m->kind == NAP || m->kind == SLEEP) {
		atomic_store(&napping, 1);
		sleep_ns(60 * TROUPE_MS);
	}
	if (m->kind == SLEEP)
		sleep_on();
	return TROUPE_HANDLED;
}

static troupe_verdict count_life(troupe_actor *me)
{
	(void)me;
	atomic_fetch_add(&lives, 1);
	return TROUPE_HANDLED;
}

/* Fails as soon as it lives. */
static troupe_verdict begin_to_fail(troupe_actor *me)
{
	atomic_fetch_add(&lives, 1);
	troupe_ignore(troupe_send_bytes(me->ref, FAIL, NULL, 0));
	return TROUPE_HANDLED;
}

static troupe_verdict begin_if_it_may(troupe_actor *me)
{
	atomic_fetch_add(&lives, 1);
	return atomic_load(&may_begin) ? TROUPE_HANDLED : troupe_fail(me, TROUPE_EUSER);
}

static const troupe_behaviour steady = { .name = "steady", .receive = receive, .init = count_life };
static const troupe_behaviour looping = { .name = "looping", .receive = receive, .init = begin_to_fail };
static const troupe_behaviour unready = { .name = "unready", .receive = receive, .init = begin_if_it_may };

static void start(const troupe_supervisor *tree, troupe_ref *top)
{
	troupe_options options = fixture_options(&f, 2);

	options.log = note_line;
	CHECK_OK(troupe_start(&options, &f.system));
	atomic_store(&lives, 0);
	atomic_store(&killing, 0);
	CHECK_OK(troupe_supervise(f.system, NULL, tree, top));
}

static void await_lives(int count)
{
	for (int64_t waited = 0; atomic_load(&lives) < count; waited += TROUPE_MS / 4) {
		CHECK(waited < LIMIT);
		sleep_ns(TROUPE_MS / 4);
	}
}

#define NO_LIMIT .restarts_max = TROUPE_UNLIMITED, .within_ns = 1000 * TROUPE_S

/* --------------------------------------------------------------------------------------------- killed with the system -- */

/* One sleeps until all are killed; the others are at any point between two lives then. */
TEST(supervision_ends, all_are_killed_while_children_fail)
{
	static const troupe_child_spec loops[] = { { .behaviour = &looping }, { .behaviour = &looping }, { .behaviour = &looping },
		                                   { .behaviour = &looping }, { 0 } };
	static const troupe_supervisor inner = { .children = loops, NO_LIMIT };
	static const troupe_child_spec outer[] = {
		{ .supervisor = &inner }, { .name = "napper", .behaviour = &steady, .stop_within_ns = 1000 * TROUPE_S }, { 0 }
	};
	static const troupe_supervisor tree = { .children = outer };

	for (int round = 0; round < 20; round++) {
		troupe_ref top, napper;
		start(&tree, &top);
		CHECK_OK(troupe_child(top, "napper", &napper));
		atomic_store(&napping, 0);
		CHECK_OK(troupe_send_bytes(napper, SLEEP, NULL, 0));
		await_flag(&napping);
		await_lives(50);
		CHECK_EQ(troupe_finish(f.system, 20 * TROUPE_MS), TROUPE_ETIMEOUT);
		fixture_check_ledger(&f);
	}
}

/* ------------------------------------------------------------------------------------------------------------ removed -- */

/* Killed by one thread, removed by another, again and again. */
static void *kill_all(void *refs)
{
	for (int i = 0; i < 20000; i++)
		troupe_ignore(troupe_kill(((troupe_ref *)refs)[i % 8]));
	return NULL;
}

TEST(supervision_ends, killed_while_removed)
{
	static const troupe_supervisor tree = { .name = "pool", NO_LIMIT };
	troupe_ref top, refs[8];
	pthread_t killer;

	start(&tree, &top);
	for (int round = 0; round < 50; round++) {
		for (int i = 0; i < 8; i++)
			CHECK_OK(troupe_add_child(top, &(troupe_child_spec){ .behaviour = &looping }, &refs[i]));
		CHECK_EQ(pthread_create(&killer, NULL, kill_all, refs), 0);
		for (int i = 0; i < 8; i++)
			CHECK_OK(troupe_remove_child(top, refs[i]));
		for (int i = 0; i < 8; i++)
			CHECK_OK(troupe_wait_end(refs[i], LIMIT, NULL));
		CHECK_EQ(pthread_join(killer, NULL), 0);
	}
	fixture_finish(&f);
}

/* ------------------------------------------------------------------------------------------------------------ back-off -- */

/* A child that waits for its next life, when the life of its supervisor ends, begins with the next one of that. */
TEST(supervision_ends, who_waits_begins_with_its_supervisor)
{
	static const troupe_child_spec pair[] = { { .name = "waits", .behaviour = &steady }, { .name = "other", .behaviour = &steady }, { 0 } };
	static const troupe_supervisor inner = {
		.children = pair, .restarts_max = 3, .within_ns = 1000 * TROUPE_S, .back_off_ns = 1000 * TROUPE_S,
		.back_off_ns_max = 1000 * TROUPE_S,
	};
	static const troupe_child_spec outer[] = { { .name = "inner", .supervisor = &inner }, { 0 } };
	static const troupe_supervisor tree = { .children = outer };
	troupe_ref top, branch, waits;

	start(&tree, &top);
	CHECK_OK(troupe_child(top, "inner", &branch));
	CHECK_OK(troupe_child(branch, "waits", &waits));
	await_lives(2);
	for (int i = 0; i < 2; i++) {
		CHECK_OK(troupe_send_bytes(waits, FAIL, NULL, 0)); /* its second restart waits for 1000 s */
		fixture_settle(&f);
	}
	CHECK_EQ(lives, 3);
	CHECK_OK(troupe_kill(branch));
	await_lives(5);
	fixture_finish(&f);
}

/* ----------------------------------------------------------------------------------------------------------- not begun -- */

static struct barrier birth;

static troupe_verdict begin_when_open(troupe_actor *me)
{
	return do_wait(me, &birth);
}

/* Its children, one that was added meanwhile too, begin after it: not before the brother that it waits for. */
TEST(supervision_ends, a_child_is_added_before_its_supervisor_has_begun)
{
	static const troupe_behaviour waiting = { .name = "waiting", .receive = receive, .init = begin_when_open };
	static const troupe_child_spec one[] = { { .behaviour = &steady }, { 0 } };
	static const troupe_supervisor inner = { .children = one };
	static const troupe_child_spec outer[] = { { .behaviour = &waiting }, { .name = "inner", .supervisor = &inner }, { 0 } };
	static const troupe_supervisor tree = { .children = outer };
	troupe_ref top, branch;

	start(&tree, &top);
	await_flag(&birth.reached);
	CHECK_OK(troupe_child(top, "inner", &branch));
	for (int i = 0; i < 3; i++)
		CHECK_OK(troupe_add_child(branch, &(troupe_child_spec){ .behaviour = &steady }, NULL));
	sleep_ns(20 * TROUPE_MS);
	CHECK_EQ(lives, 0);
	barrier_open(&birth);
	await_lives(4);
	fixture_settle(&f);
	CHECK_EQ(lives, 4);
	fixture_finish(&f);
}

/* Children that fail whenever they have begun do not keep those behind their supervisor from beginning: it has begun too. */
TEST(supervision_ends, who_fails_again_and_again_has_begun)
{
	static const troupe_child_spec loops[] = { { .behaviour = &looping }, { .behaviour = &looping }, { .behaviour = &looping },
		                                   { .behaviour = &looping }, { 0 } };
	static const troupe_supervisor inner = { .children = loops, NO_LIMIT };
	static const troupe_child_spec outer[] = { { .supervisor = &inner }, { .name = "behind", .behaviour = &steady }, { 0 } };
	static const troupe_supervisor tree = { .children = outer };
	troupe_ref top, behind;

	start(&tree, &top);
	CHECK_OK(troupe_child(top, "behind", &behind));
	CHECK_OK(troupe_send_bytes(behind, NAP, NULL, 0));
	await_flag(&napping);
	troupe_status ended = troupe_finish(f.system, 4 * TROUPE_S); /* they never come to rest, and are killed after half of it */
	CHECK(ended == TROUPE_OK || ended == TROUPE_ETIMEOUT);
	fixture_check_ledger(&f);
}

static const troupe_child_spec one_unready[] = { { .behaviour = &unready }, { 0 } };
static const troupe_supervisor never = { .children = one_unready, NO_LIMIT, .back_off_ns = TROUPE_MS, .back_off_ns_max = TROUPE_MS };
static const troupe_child_spec branch_never[] = {
	{ .name = "first", .behaviour = &steady }, { .name = "never", .supervisor = &never }, { 0 }
};
static const troupe_supervisor tree_never = { .children = branch_never };

TEST(supervision_ends, a_supervisor_that_cannot_begin_can_be_stopped)
{
	troupe_ref top;

	start(&tree_never, &top);
	await_lives(4);
	CHECK_OK(troupe_stop_wait(top, LIMIT));
	fixture_finish(&f);
}

TEST(supervision_ends, a_supervisor_that_cannot_begin_can_be_killed)
{
	troupe_ref top;

	start(&tree_never, &top);
	await_lives(4);
	CHECK_OK(troupe_kill(top));
	CHECK_OK(troupe_wait_end(top, LIMIT, NULL));
	fixture_finish(&f);
}

TEST(supervision_ends, a_supervisor_that_cannot_begin_can_be_removed)
{
	troupe_ref top, branch;

	start(&tree_never, &top);
	await_lives(4);
	CHECK_OK(troupe_child(top, "never", &branch));
	CHECK_OK(troupe_remove_child(top, branch));
	CHECK_OK(troupe_wait_end(branch, LIMIT, NULL));
	fixture_finish(&f);
}

TEST(supervision_ends, a_system_with_one_that_cannot_begin_ends_in_order)
{
	troupe_ref top;

	start(&tree_never, &top);
	await_lives(4);
	fixture_finish(&f);
}

/* At whatever moment it is told, before its order to begin, with it, after it. */
TEST(supervision_ends, stopped_at_any_moment_of_the_beginning)
{
	for (int round = 0; round < 300; round++) {
		troupe_ref top;
		start(&tree_never, &top);
		for (int spin = 0; spin < round * 100; spin++)
			atomic_load(&lives);
		CHECK_OK(round % 2 == 0 ? troupe_stop(top) : troupe_kill(top));
		CHECK_OK(troupe_wait_end(top, LIMIT, NULL));
		fixture_finish(&f);
	}
}
