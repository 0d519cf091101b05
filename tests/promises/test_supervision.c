/* SPDX-License-Identifier: MIT */
/* Supervision, with OTP's meaning: order, strategies, kinds of restart, and what goes on from one life to the next. */
#include "journal.h"

/* ------------------------------------------------------------------------------------------------------------- order -- */

TEST(supervision, starts_in_order_and_stops_in_reverse)
{
	static const troupe_supervisor tree = { .name = "three", .children = three };
	troupe_ref top = start(&tree, 2);

	expect("+a+b+c");
	CHECK_OK(troupe_stop_wait(top, LIMIT));
	expect("-c-b-a");
	fixture_finish(&f);
}

TEST(supervision, end_of_the_system_is_in_order_too)
{
	static const troupe_supervisor tree = { .children = three };

	start(&tree, 2);
	expect("+a+b+c");
	fixture_finish(&f);
	CHECK_STR_EQ(journal, "-c-b-a");
}

TEST(supervision, messages_wait_for_the_beginning)
{
	static const troupe_supervisor tree = { .children = three };
	troupe_ref top = start(&tree, 1);

	send(find(top, "c"), SAY);
	expect("+a+b+cc");
	fixture_finish(&f);
}

/* -------------------------------------------------------------------------------------------------------- strategies -- */

TEST(supervision, one_for_one)
{
	static const troupe_supervisor tree = { .children = three };
	troupe_ref top = start(&tree, 2);

	expect("+a+b+c");
	send(find(top, "b"), FAIL);
	expect("-b+b");
	CHECK_EQ(restarts(), 1);
	fixture_finish(&f);
}

TEST(supervision, one_for_all)
{
	static const troupe_supervisor tree = { .children = three, .strategy = TROUPE_ONE_FOR_ALL };
	troupe_ref top = start(&tree, 2);

	expect("+a+b+c");
	send(find(top, "b"), FAIL);
	expect("-b-c-a+a+b+c");
	fixture_finish(&f);
}

TEST(supervision, rest_for_one)
{
	static const troupe_supervisor tree = { .children = three, .strategy = TROUPE_REST_FOR_ONE };
	troupe_ref top = start(&tree, 2);

	expect("+a+b+c");
	send(find(top, "b"), FAIL);
	expect("-b-c+b+c");
	fixture_finish(&f);
}

/* ------------------------------------------------------------------------------------------------------ restart types -- */

static const troupe_child_spec kinds[] = {
	CHILD_WITH(a, .restart = TROUPE_PERMANENT), CHILD_WITH(b, .restart = TROUPE_TRANSIENT), CHILD_WITH(c, .restart = TROUPE_TEMPORARY), { 0 },
};

TEST(supervision, normal_ends_restart_the_permanent_only)
{
	static const troupe_supervisor tree = { .children = kinds };
	troupe_ref top = start(&tree, 2), gone[] = { find(top, "b"), find(top, "c") }, ref;

	expect("+a+b+c");
	send(find(top, "a"), LEAVE);
	expect("-a+a");
	send(gone[0], LEAVE);
	expect("-b");
	send(gone[1], LEAVE);
	expect("-c");
	for (int i = 0; i < 2; i++)
		CHECK_OK(troupe_wait_end(gone[i], LIMIT, NULL));
	CHECK_EQ(troupe_child(top, "b", &ref), TROUPE_ENOENT);
	fixture_finish(&f);
}

TEST(supervision, failures_restart_all_but_the_temporary)
{
	static const troupe_supervisor tree = { .children = kinds };
	troupe_ref top = start(&tree, 2), c_ref = find(top, "c");

	expect("+a+b+c");
	send(find(top, "a"), FAIL);
	expect("-a+a");
	send(find(top, "b"), FAIL);
	expect("-b+b");
	send(c_ref, FAIL);
	expect("-c");
	CHECK_OK(troupe_wait_end(c_ref, LIMIT, NULL));
	CHECK(!troupe_is_alive(c_ref));
	fixture_finish(&f);
}

TEST(supervision, temporary_ones_are_not_begun_again_with_their_group)
{
	static const troupe_supervisor tree = { .children = kinds, .strategy = TROUPE_ONE_FOR_ALL };
	troupe_ref top = start(&tree, 2);

	expect("+a+b+c");
	send(find(top, "a"), FAIL);
	expect("-a-c-b+a+b");
	fixture_finish(&f);
}

TEST(supervision, killed_is_failed)
{
	static const troupe_supervisor tree = { .children = kinds };
	troupe_ref top = start(&tree, 2);

	expect("+a+b+c");
	CHECK_OK(troupe_kill(find(top, "b")));
	expect("-b+b");
	CHECK_OK(troupe_stop(find(top, "a"))); /* a normal end: permanent */
	expect("-a+a");
	fixture_finish(&f);
}

/* --------------------------------------------------------------------------------------------------- same actor, new life -- */

static troupe_ref club;

static troupe_verdict enrol(troupe_actor *me)
{
	troupe_status status = troupe_name(me->ref, "enrolled");

	return troupe_done(me, status == TROUPE_OK ? troupe_join(club, me->ref) : status);
}

TEST(supervision, each_life_may_name_itself_and_join)
{
	static const troupe_behaviour enrolling = { .receive = child_receive, .init = enrol, .state_size = sizeof(struct life) };
	static const troupe_child_spec children[] = { { .behaviour = &enrolling }, { 0 } };
	static const troupe_supervisor tree = { .children = children };
	troupe_ref ref, member;
	size_t count;

	fixture_start(&f, 2);
	CHECK_OK(troupe_group_open(f.system, NULL, NULL, &club));
	CHECK_OK(troupe_supervise(f.system, NULL, &tree, NULL));
	for (uint64_t lives = 0; lives < 3; lives++) {
		fixture_settle(&f);
		CHECK_EQ(restarts(), lives);
		CHECK_OK(troupe_find(f.system, "enrolled", &ref));
		CHECK_OK(troupe_group_members(club, &member, 1, &count));
		CHECK_EQ(count, 1);
		CHECK(troupe_ref_equal(ref, member));
		send(ref, FAIL);
	}
	fixture_settle(&f);
	fixture_finish(&f);
}

static troupe_verdict tell_lives(troupe_actor *me, void *argument)
{
	troupe_status *last = argument;

	CHECK_EQ(troupe_lives(me, last), 0);
	CHECK_EQ(troupe_lives(NULL, last), 0);
	return TROUPE_HANDLED;
}

TEST(supervision, others_have_one_life)
{
	troupe_status last = TROUPE_EFAILED;

	fixture_start(&f, 1);
	perform(&f, doer_spawn(&f).ref, tell_lives, &last);
	CHECK_EQ(last, TROUPE_OK);
	fixture_finish(&f);
}

static atomic_int lives_seen;

static troupe_verdict lives_init(troupe_actor *me)
{
	troupe_status last;
	uint32_t lives = troupe_lives(me, &last);

	CHECK_EQ(lives, (uint32_t)atomic_fetch_add(&lives_seen, 1));
	CHECK_EQ(last, lives == 0 ? TROUPE_OK : TROUPE_EUSER - 1);
	return TROUPE_HANDLED;
}

TEST(supervision, reference_name_and_queue_go_on)
{
	static const troupe_behaviour behaviour = { .receive = child_receive, .init = lives_init, .terminate = child_terminate,
		                                    .state_size = sizeof(struct life) };
	static const troupe_child_spec children[] = { { .name = "a", .behaviour = &behaviour, .initial = &a }, { 0 } };
	static const troupe_supervisor tree = { .children = children };
	troupe_ref ref = find(start(&tree, 1), "a");
	static const int32_t kinds_sent[] = { SAY, FAIL, SAY, FAIL, SAY };

	for (int i = 0; i < 5; i++)
		send(ref, kinds_sent[i]);
	expect("a-aa-aa");
	CHECK(troupe_is_alive(ref));
	CHECK_EQ(atomic_load(&lives_seen), 3);
	CHECK_EQ(fixture_letters(&f, FAIL, TROUPE_EFAILED), 2);
	fixture_finish(&f);
	CHECK_EQ(f.ledger.handled, 3);
}

static troupe_verdict send_all(troupe_actor *me, void *argument)
{
	const troupe_ref *to = argument;
	static const int32_t said[] = { NAP, FAIL, SAY, SAY };

	for (int i = 0; i < 4; i++)
		CHECK_OK(troupe_send_bytes_from(me, *to, said[i], NULL, 0));
	return TROUPE_HANDLED;
}

TEST(supervision, queue_may_be_dropped)
{
	static const troupe_child_spec children[] = { CHILD_WITH(a, .queue = TROUPE_QUEUE_DROP), { 0 } };
	static const troupe_supervisor tree = { .children = children };
	troupe_ref ref = find(start(&tree, 2), "a");

	perform(&f, doer_spawn(&f).ref, send_all, &ref);
	expect("+a-a+a");
	CHECK_EQ(fixture_letters(&f, SAY, TROUPE_EGONE), 2);
	fixture_finish(&f);
}

static atomic_int handed_back;

static troupe_verdict take_back(troupe_actor *me, const troupe_message *m)
{
	if (m->kind != TROUPE_RETURNED)
		return do_task(me, m);
	CHECK_EQ(m->returned, SAY);
	atomic_fetch_add(&handed_back, 1);
	return TROUPE_HANDLED;
}

TEST(supervision, queue_may_be_handed_back)
{
	static const troupe_behaviour sender = { .receive = take_back };
	static const troupe_child_spec children[] = { CHILD_WITH(a, .queue = TROUPE_QUEUE_HAND_BACK), { 0 } };
	static const troupe_supervisor tree = { .children = children };
	troupe_ref ref = find(start(&tree, 2), "a"), from;

	CHECK_OK(troupe_spawn(f.system, &sender, NULL, &from));
	perform(&f, from, send_all, &ref);
	expect("+a-a+a");
	fixture_settle(&f);
	CHECK_EQ(atomic_load(&handed_back), 2);
	fixture_finish(&f);
}

/* ------------------------------------------------------------------------------------------------------- who looks on -- */

static atomic_int downs, links_told;

static troupe_verdict look_on(troupe_actor *me, const troupe_message *m)
{
	if (m->kind != TROUPE_DOWN && m->kind != TROUPE_LINKED)
		return do_task(me, m);
	atomic_fetch_add(m->kind == TROUPE_DOWN ? &downs : &links_told, 1);
	return TROUPE_HANDLED;
}

static troupe_verdict watch_it(troupe_actor *me, void *ref)
{
	CHECK_OK(troupe_monitor(me, *(troupe_ref *)ref, 1, NULL));
	CHECK_OK(troupe_link(me, *(troupe_ref *)ref));
	return TROUPE_HANDLED;
}

TEST(supervision, links_tell_the_end_of_a_life_and_monitors_the_end)
{
	static const troupe_behaviour onlooker = { .receive = look_on, .traps = 1 };
	static const troupe_supervisor tree = { .children = three };
	troupe_ref top = start(&tree, 2), ref = find(top, "b"), other;

	CHECK_OK(troupe_spawn(f.system, &onlooker, NULL, &other));
	perform(&f, other, watch_it, &ref);
	expect("+a+b+c");
	send(ref, FAIL);
	expect("-b+b");
	CHECK_EQ(atomic_load(&links_told), 1);
	CHECK_EQ(atomic_load(&downs), 0);
	CHECK_OK(troupe_remove_child(top, ref));
	CHECK_OK(troupe_wait_end(ref, LIMIT, NULL));
	fixture_settle(&f);
	CHECK_EQ(atomic_load(&links_told), 1);
	CHECK_EQ(atomic_load(&downs), 1);
	fixture_finish(&f);
}
