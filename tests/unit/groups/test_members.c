/* SPDX-License-Identifier: MIT */
#include "groups/members.h"

#include "crowd.h"

static struct stage s;

static troupe_ref ref(uint64_t bits)
{
	return (troupe_ref){ bits };
}

TEST(members, are_found_in_the_order_in_which_they_came)
{
	struct members members;
	CHECK(troupei_members_init(&members, 4));
	CHECK_EQ(troupei_members_find(&members, ref(1)), MEMBERS_NONE);
	for (uint64_t i = 1; i <= 4; i++)
		troupei_members_add(&members, ref(i));
	for (uint64_t i = 1; i <= 4; i++)
		CHECK_EQ(troupei_members_find(&members, ref(i)), i - 1);
	troupei_members_remove(&members, 1);
	CHECK_EQ(members.count, 3);
	CHECK_EQ(troupei_members_find(&members, ref(2)), MEMBERS_NONE);
	CHECK_EQ(members.refs[0].bits_private, 1);
	CHECK_EQ(members.refs[1].bits_private, 3);
	CHECK_EQ(members.refs[2].bits_private, 4);
	troupei_members_remove(&members, 2);
	CHECK_EQ(members.count, 2);
	troupei_members_fini(&members);
	CHECK_EQ(members.capacity, 0);
}

TEST(members, are_copied_where_there_is_room)
{
	struct members from, to, none = { 0 };
	CHECK(troupei_members_init(&from, 2));
	CHECK(troupei_members_init(&to, 3));
	troupei_members_add(&to, ref(9));
	troupei_members_add(&from, ref(5));
	troupei_members_add(&from, ref(6));
	troupei_members_copy(&to, &from);
	CHECK_EQ(to.count, 2);
	CHECK_EQ(to.refs[1].bits_private, 6);
	troupei_members_copy(&to, &none);
	CHECK_EQ(to.count, 0);
	troupei_members_copy(&none, &to);
	troupei_members_fini(&from);
	troupei_members_fini(&to);
	troupei_members_fini(&none);
}

TEST(members, more_than_there_is_room_for_stops_the_program, .signal = SIGABRT)
{
	struct members members;
	CHECK(troupei_members_init(&members, 1));
	troupei_members_add(&members, ref(1));
	troupei_members_add(&members, ref(2));
}

TEST(members, without_memory)
{
	struct members members;
	troupei_memory_fail_by(fail_when_used_up);
	CHECK(!troupei_members_init(&members, 8));
	troupei_memory_fail_by(NULL);
	CHECK_EQ(members.capacity, 0);
	troupei_members_fini(&members);
}

/* One that drains lives still, but takes nothing: it is not in any more either. */
TEST(members, that_have_ended_are_dropped_and_others_keep_their_order)
{
	struct members members;
	struct barrier barrier;
	troupe_ref refs[5];
	stage_start(&s, 2);
	CHECK(troupei_members_init(&members, 5));
	for (int i = 0; i < 5; i++) {
		refs[i] = i == 1 ? ended_player(&s) : i == 3 ? spawned(&s, &drainer_behaviour) : player(&s);
		troupei_members_add(&members, refs[i]);
	}
	drain(&barrier, refs[3]);
	CHECK(troupe_is_alive(refs[3]) && !troupei_member_is_in(refs[3]));
	CHECK(!troupei_member_is_in(refs[1]) && troupei_member_is_in(refs[0]));
	CHECK(!troupei_member_is_in(ref(0)));
	CHECK_EQ(troupei_members_drop_dead(&members), 2);
	CHECK_EQ(troupei_members_drop_dead(&members), 0);
	CHECK_EQ(members.count, 3);
	CHECK_EQ(members.refs[0].bits_private, refs[0].bits_private);
	CHECK_EQ(members.refs[1].bits_private, refs[2].bits_private);
	CHECK_EQ(members.refs[2].bits_private, refs[4].bits_private);
	troupei_members_fini(&members);
	let_go(&barrier);
	stage_finish(&s);
}
