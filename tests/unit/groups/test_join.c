/* SPDX-License-Identifier: MIT */
/* Who is in a group, and what the router sees of it: G1 to G3. */
#include "crowd.h"

static struct stage s;

TEST(join, the_router_sees_what_has_changed_when_it_looks)
{
	troupe_ref players[20];
	stage_start(&s, 1);
	troupe_ref ref = crowd(&s, TROUPE_BY_TURNS);
	struct group *group = group_of(ref);
	join_players(&s, ref, players, 20);
	CHECK(group->version != group->seen_version);
	CHECK_EQ(group->seen.count, 0);
	troupei_group_refresh(group, ref);
	CHECK_EQ(group->version, group->seen_version);
	CHECK_EQ(group->seen.count, 20);
	CHECK(memcmp(group->seen.refs, players, sizeof players) == 0);
	CHECK_OK(troupe_leave(ref, players[0]));
	CHECK(group->version != group->seen_version);
	troupei_group_refresh(group, ref);
	CHECK_EQ(group->seen.count, 19);
	CHECK(memcmp(group->seen.refs, players + 1, sizeof players - sizeof *players) == 0);
	stage_finish(&s);
}

/* G3: an idle group in which members come and die does not grow. */
TEST(join, the_dead_make_room)
{
	stage_start(&s, 1);
	troupe_ref ref = crowd(&s, TROUPE_TO_ALL), stays = player(&s);
	CHECK_OK(troupe_join(ref, stays));
	for (int i = 0; i < 1000; i++) {
		troupe_ref dies = player(&s);
		CHECK_OK(troupe_join(ref, dies));
		CHECK_OK(troupe_stop_wait(dies, LIMIT));
	}
	CHECK_EQ(group_of(ref)->joined.capacity, 8);
	CHECK(troupei_members_find(&group_of(ref)->joined, stays) != MEMBERS_NONE);
	stage_finish(&s);
}

TEST(join, bury_takes_the_dead_out_of_both_lists)
{
	troupe_ref players[3];
	stage_start(&s, 1);
	troupe_ref ref = crowd(&s, TROUPE_BY_TURNS);
	struct group *group = group_of(ref);
	join_players(&s, ref, players, 3);
	CHECK_OK(troupe_stop_wait(players[1], LIMIT));
	troupei_group_bury(group, ref);
	CHECK_EQ(group->joined.count, 2);
	CHECK_EQ(group->seen.count, 2);
	CHECK_EQ(group->version, group->seen_version);
	stage_finish(&s);
}

TEST(join, forget_is_leave_without_a_word)
{
	troupe_ref players[2];
	size_t count;
	stage_start(&s, 1);
	troupe_ref ref = crowd(&s, TROUPE_BY_TURNS);
	join_players(&s, ref, players, 2);
	troupei_group_forget(ref, players[0]);
	troupei_group_forget(ref, players[0]);
	troupei_group_forget(players[1], players[0]);
	CHECK_OK(troupe_group_members(ref, NULL, 0, &count));
	CHECK_EQ(count, 1);
	stage_finish(&s);
}

/* G2. All or nothing, and then leaving needs none. */
TEST(join, without_memory_nothing_has_changed)
{
	troupe_ref players[9];
	stage_start(&s, 1);
	troupe_ref ref = crowd(&s, TROUPE_BY_TURNS);
	struct group *group = group_of(ref);
	join_players(&s, ref, players, 8); /* full */
	players[8] = player(&s);
	uint32_t version = group->version;
	troupei_memory_fail_by(fail_when_used_up);
	for (int allowed = 0; allowed < 2; allowed++) {
		allocations_allowed = allowed;
		CHECK_EQ(troupe_join(ref, players[8]), TROUPE_ENOMEM);
	}
	CHECK_EQ(group->joined.count, 8);
	CHECK_EQ(group->version, version);
	allocations_allowed = 0;
	CHECK_OK(troupe_leave(ref, players[3]));
	troupei_group_refresh(group, ref);
	CHECK_OK(troupe_join(ref, players[8]));
	troupei_group_refresh(group, ref);
	CHECK_EQ(group->seen.count, 8);
	troupei_memory_fail_by(NULL);
	stage_finish(&s);
}
