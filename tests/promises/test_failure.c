/* SPDX-License-Identifier: MIT */
/* Promise: a handler or an init that fails hurts its own actor alone. */
#include "fixture.h"

static atomic_int inits, terminates, last_why;

static void reset(void)
{
	inits = terminates = last_why = 0;
}

static troupe_verdict do_fail(troupe_actor *me, void *why)
{
	return troupe_fail(me, *(troupe_status *)why);
}

static troupe_verdict do_fail_without_reason(troupe_actor *me, void *argument)
{
	(void)me, (void)argument;
	return TROUPE_FAILED;
}

static void remember_end(troupe_actor *me, troupe_status why)
{
	(void)me;
	terminates++;
	last_why = why;
}

static const troupe_behaviour remembering = { .name = "remembering", .receive = doer_receive, .terminate = remember_end };

static troupe_ref spawned(struct fixture *f, const troupe_behaviour *behaviour)
{
	troupe_ref ref;

	CHECK_OK(troupe_spawn(f->system, behaviour, NULL, &ref));
	return ref;
}

TEST(failure, of_a_handler_ends_its_actor_alone)
{
	struct fixture f;
	fixture_start(&f, 2);
	reset();
	doer before = doer_spawn(&f);
	troupe_ref failing = spawned(&f, &remembering);
	doer after = doer_spawn(&f);
	troupe_status why = TROUPE_EUSER - 7;
	perform(&f, failing, do_fail, &why);
	CHECK(!troupe_is_alive(failing));
	CHECK_EQ(terminates, 1);
	CHECK_EQ(last_why, TROUPE_EUSER - 7);
	CHECK_EQ(fixture_letters(&f, DO, TROUPE_EFAILED), 1);
	CHECK_STR_EQ(f.letters[0].to_name, "remembering");
	CHECK(fixture_logged(&f, "remembering"));
	check_handles(&f, before.ref);
	check_handles(&f, after.ref);
	fixture_finish(&f);
}

TEST(failure, without_a_reason_is_EFAILED)
{
	struct fixture f;
	fixture_start(&f, 1);
	reset();
	troupe_ref failing = spawned(&f, &remembering);
	perform(&f, failing, do_fail_without_reason, NULL);
	CHECK_EQ(last_why, TROUPE_EFAILED);
	troupe_ref fine = spawned(&f, &remembering);
	troupe_status why = TROUPE_OK;
	perform(&f, fine, do_fail, &why);
	CHECK_EQ(last_why, TROUPE_EFAILED);
	fixture_finish(&f);
}

static troupe_verdict do_change_ones_mind(troupe_actor *me, void *argument)
{
	(void)argument;
	return troupe_fail(me, TROUPE_EUSER - 1) == TROUPE_FAILED ? TROUPE_HANDLED : TROUPE_UNKNOWN;
}

TEST(failure, has_its_own_reason_and_not_that_of_another_actor)
{
	struct fixture f;
	fixture_start(&f, 1);
	reset();
	doer undecided = doer_spawn(&f);
	troupe_ref failing = spawned(&f, &remembering);
	perform(&f, undecided.ref, do_change_ones_mind, NULL);
	CHECK(troupe_is_alive(undecided.ref));
	perform(&f, failing, do_fail_without_reason, NULL);
	CHECK_EQ(last_why, TROUPE_EFAILED);
	fixture_finish(&f);
}

TEST(failure, of_an_actor_with_much_queued_makes_dead_letters_of_it)
{
	struct fixture f;
	troupe_status why = TROUPE_EUSER;
	atomic_int count = 0;
	fixture_start(&f, 1);
	troupe_ref failing = spawned(&f, &remembering);
	doer d = doer_spawn(&f);
	tell(failing, do_fail, &why);
	for (int i = 0; i < 1000; i++)
		troupe_ignore(troupe_send((doer){ failing }, DO, do_count, &count));
	fixture_settle(&f);
	CHECK_EQ(count, 0);
	CHECK_EQ(f.letter_count, 1001);
	check_handles(&f, d.ref);
	fixture_finish(&f);
}

/* -------------------------------------------------------------------------------------------------------------- init -- */

static troupe_verdict init_fails(troupe_actor *me)
{
	inits++;
	return troupe_fail(me, TROUPE_EUSER - 3);
}

static const troupe_behaviour unborn = {
	.name = "unborn", .receive = doer_receive, .init = init_fails, .terminate = remember_end
};

TEST(failure, of_init_ends_its_actor_alone_and_terminate_does_not_run)
{
	struct fixture f;
	atomic_int count = 0;
	fixture_start(&f, 2);
	reset();
	doer d = doer_spawn(&f);
	troupe_ref failing = spawned(&f, &unborn);
	troupe_ignore(troupe_send((doer){ failing }, DO, do_count, &count));
	fixture_settle(&f);
	CHECK(!troupe_is_alive(failing));
	CHECK_EQ(inits, 1);
	CHECK_EQ(terminates, 0);
	CHECK_EQ(count, 0);
	CHECK_EQ(fixture_letters(&f, DO, TROUPE_EGONE) + fixture_letters(&f, DO, TROUPE_ECLOSED), 1);
	CHECK(fixture_logged(&f, "unborn"));
	check_handles(&f, d.ref);
	fixture_finish(&f);
}

static troupe_verdict do_spawn_unborn(troupe_actor *me, void *out)
{
	CHECK_OK(troupe_spawn_child(me, &unborn, NULL, out));
	return TROUPE_HANDLED;
}

TEST(failure, of_a_childs_init_leaves_its_parent_alive)
{
	struct fixture f;
	troupe_ref child;
	fixture_start(&f, 2);
	reset();
	doer parent = doer_spawn(&f);
	perform(&f, parent.ref, do_spawn_unborn, &child);
	CHECK(!troupe_is_alive(child));
	check_handles(&f, parent.ref);
	CHECK_OK(troupe_stop_wait(parent.ref, LIMIT));
	fixture_finish(&f);
}

static troupe_ref child_of_unborn;

static troupe_verdict init_fails_with_a_child(troupe_actor *me)
{
	inits++;
	if (inits == 1)
		CHECK_OK(troupe_spawn_child(me, &doer_behaviour, NULL, &child_of_unborn));
	return troupe_fail(me, TROUPE_EUSER);
}

static const troupe_behaviour unborn_parent = {
	.name = "unborn parent", .receive = doer_receive, .init = init_fails_with_a_child, .terminate = remember_end
};

TEST(failure, of_init_ends_its_children_and_init_runs_once)
{
	struct fixture f;
	fixture_start(&f, 2);
	reset();
	troupe_ref failing = spawned(&f, &unborn_parent);
	CHECK_OK(troupe_wait_end(failing, LIMIT, NULL));
	fixture_settle(&f);
	CHECK(!troupe_is_alive(child_of_unborn));
	CHECK_EQ(inits, 1);
	CHECK_EQ(terminates, 0);
	fixture_finish(&f);
}

static troupe_verdict init_exits(troupe_actor *me)
{
	inits++;
	troupe_exit(me, TROUPE_EUSER - 4);
	return TROUPE_HANDLED;
}

TEST(failure, exit_in_init_ends_the_actor_and_terminate_runs)
{
	static const troupe_behaviour brief = { .receive = doer_receive, .init = init_exits, .terminate = remember_end };
	struct fixture f;
	fixture_start(&f, 1);
	reset();
	troupe_ref ref = spawned(&f, &brief);
	CHECK_OK(troupe_wait_end(ref, LIMIT, NULL));
	fixture_settle(&f);
	CHECK_EQ(terminates, 1);
	CHECK_EQ(last_why, TROUPE_EUSER - 4);
	troupe_ref failing = spawned(&f, &remembering);
	perform(&f, failing, do_fail_without_reason, NULL);
	CHECK_EQ(last_why, TROUPE_EFAILED);
	fixture_finish(&f);
}

/* --------------------------------------------------------------------- what init and terminate ask for is their own -- */

static troupe_verdict receive_other(troupe_actor *me, const troupe_message *m)
{
	(void)me, (void)m;
	inits += 100;
	return TROUPE_HANDLED;
}

static troupe_verdict init_becomes(troupe_actor *me)
{
	CHECK_OK(troupe_become(me, receive_other));
	return TROUPE_HANDLED;
}

TEST(failure, become_in_init_changes_that_actor_and_no_other)
{
	static const troupe_behaviour changing = { .receive = doer_receive, .init = init_becomes };
	struct fixture f;
	fixture_start(&f, 1);
	reset();
	troupe_ref ref = spawned(&f, &changing);
	fixture_settle(&f);
	doer plain = doer_spawn(&f);
	check_handles(&f, plain.ref);
	tell(ref, do_nothing, NULL);
	fixture_settle(&f);
	CHECK_EQ(inits, 100);
	fixture_finish(&f);
}

static void terminate_exits(troupe_actor *me, troupe_status why)
{
	remember_end(me, why);
	troupe_exit(me, TROUPE_EUSER);
}

TEST(failure, exit_in_terminate_ends_no_other_actor)
{
	static const troupe_behaviour insisting = { .receive = doer_receive, .terminate = terminate_exits };
	struct fixture f;
	fixture_start(&f, 1);
	reset();
	doer plain = doer_spawn(&f);
	troupe_ref ref = spawned(&f, &insisting);
	CHECK_OK(troupe_stop_wait(ref, LIMIT));
	fixture_settle(&f);
	check_handles(&f, plain.ref);
	check_handles(&f, plain.ref);
	CHECK(troupe_is_alive(plain.ref));
	fixture_finish(&f);
}

static void terminate_becomes(troupe_actor *me, troupe_status why)
{
	remember_end(me, why);
	troupe_ignore(troupe_become(me, receive_other));
}

TEST(failure, become_in_terminate_changes_no_other_actor)
{
	static const troupe_behaviour changing = { .receive = doer_receive, .terminate = terminate_becomes };
	struct fixture f;
	fixture_start(&f, 1);
	reset();
	doer plain = doer_spawn(&f);
	troupe_ref ref = spawned(&f, &changing);
	CHECK_OK(troupe_stop_wait(ref, LIMIT));
	fixture_settle(&f);
	check_handles(&f, plain.ref);
	fixture_finish(&f);
}

static troupe_status late_child_status;
static troupe_ref late_child;

static void terminate_spawns_child(troupe_actor *me, troupe_status why)
{
	remember_end(me, why);
	late_child_status = troupe_spawn_child(me, &doer_behaviour, NULL, &late_child);
}

TEST(failure, an_actor_that_is_ending_has_no_more_children)
{
	static const troupe_behaviour late = { .receive = doer_receive, .terminate = terminate_spawns_child };
	struct fixture f;
	fixture_start(&f, 1);
	reset();
	troupe_ref ref = spawned(&f, &late);
	CHECK_OK(troupe_stop_wait(ref, LIMIT));
	fixture_settle(&f);
	CHECK_EQ(late_child_status, TROUPE_ECLOSED);
	fixture_finish(&f);
}

static troupe_verdict fail_at_once(troupe_actor *me)
{
	troupe_fail_now(me, TROUPE_EUSER);
}

/* For the thread sanitizer: both are about the same worker. */
TEST(failure, by_jump_while_the_first_contained_actor_is_made)
{
	static const troupe_behaviour failing = { .receive = doer_receive, .init = fail_at_once };
	static const troupe_behaviour contained = { .receive = doer_receive, .isolation = TROUPE_CONTAINED };
	for (int n = 0; n < 10; n++) {
		struct fixture f;
		fixture_start(&f, 2);
		for (int i = 0; i < 100; i++)
			CHECK_OK(troupe_spawn(f.system, &failing, NULL, NULL));
		CHECK_OK(troupe_spawn(f.system, &contained, NULL, NULL));
		fixture_finish(&f);
	}
}
