/* SPDX-License-Identifier: MIT */
/* Pools: members that are children of their group. */
#include "crowd.h"

static struct stage s;

TEST(pool, members_are_children_of_the_group)
{
	troupe_ref members[5], pool;
	size_t count;
	stage_start(&s, 2);
	CHECK_OK(troupe_group_spawn(s.system, NULL, &player_behaviour, NULL, 5, &pool));
	stage_settle(&s);
	CHECK_EQ(stage_alive(&s), 6);
	CHECK_OK(troupe_group_members(pool, members, 5, &count));
	CHECK_EQ(count, 5);
	for (int i = 0; i < 5; i++)
		CHECK(troupe_ref_equal(cell_of(members[i])->extra->parent, pool));
	CHECK_OK(troupe_kill(members[0]));
	CHECK_OK(troupe_stop_wait(pool, LIMIT));
	CHECK_EQ(stage_alive(&s), 0);
	stage_finish(&s);
}

static atomic_uint_fast64_t sum;

static troupe_verdict add(troupe_actor *me, const troupe_message *m)
{
	(void)m;
	sum += *(uint64_t *)me->state;
	return TROUPE_HANDLED;
}

/* A copy is made before the call returns. */
TEST(pool, each_member_begins_with_a_copy)
{
	static const troupe_behaviour adding = { .name = "adder", .receive = add, .state_size = 200 };
	uint64_t initial[25] = { 7 };
	troupe_ref pool, zeros;
	stage_start(&s, 1);
	CHECK_OK(troupe_group_spawn(s.system, NULL, &adding, initial, 3, &pool));
	CHECK_OK(troupe_group_spawn(s.system, NULL, &adding, NULL, 3, &zeros));
	initial[0] = 1000;
	for (int i = 0; i < 6; i++) {
		CHECK_OK(troupe_send_bytes(pool, 1, NULL, 0));
		CHECK_OK(troupe_send_bytes(zeros, 1, NULL, 0));
	}
	stage_settle(&s);
	CHECK_EQ(sum, 42);
	stage_finish(&s);
}

TEST(pool, without_memory_for_its_members_it_ends_and_says_so)
{
	troupe_ref pool;
	int failed = 0, ended = 0;
	use_malloc();
	stage_start(&s, 1);
	troupei_memory_fail_by(fail_when_used_up);
	for (int allowed = 0; allowed < 40; allowed++) {
		allocations_allowed = allowed;
		troupe_status status = troupe_group_spawn(s.system, NULL, &player_behaviour, NULL, 4, &pool);
		CHECK(status == TROUPE_OK || status == TROUPE_ENOMEM);
		failed += status != TROUPE_OK;
		stage_settle(&s);
		allocations_allowed = 1000;
		ended += status == TROUPE_OK && !troupe_is_alive(pool);
		if (status == TROUPE_OK && troupe_is_alive(pool))
			CHECK_OK(troupe_stop_wait(pool, LIMIT));
		stage_settle(&s);
		CHECK_EQ(stage_alive(&s), 0);
	}
	troupei_memory_fail_by(NULL);
	CHECK(failed >= 2 && failed < 40);
	CHECK(ended > 0);
	CHECK(stage_logged(&s, "its 4 members could not be made: TROUPE_ENOMEM"));
	stage_finish(&s);
}

TEST(pool, free_allows_null)
{
	troupei_pool_free(NULL);
}
