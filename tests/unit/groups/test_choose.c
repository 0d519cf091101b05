/* SPDX-License-Identifier: MIT */
/* Whom a message goes to, without a message. */
#include "crowd.h"

static struct stage s;
static uint64_t dice = 1;

static struct group made(troupe_routing routing, uint32_t count, const troupe_ref *refs)
{
	struct group group = { .routing = routing };

	CHECK(troupei_members_init(&group.seen, count));
	for (uint32_t i = 0; i < count; i++)
		troupei_members_add(&group.seen, refs != NULL ? refs[i] : (troupe_ref){ UINT64_C(0x100000001) + 2 * i });
	return group;
}

TEST(choose, by_turns_goes_round_and_stands_a_list_that_became_shorter)
{
	struct group group = made(TROUPE_BY_TURNS, 3, NULL);
	for (uint32_t i = 0; i < 7; i++)
		CHECK_EQ(troupei_group_choose(&group, 0, &dice), i % 3);
	group.turn = 3;
	group.seen.count = 1;
	CHECK_EQ(troupei_group_choose(&group, 0, &dice), 0);
	CHECK_EQ(troupei_group_choose(&group, 0, &dice), 0);
	troupei_members_fini(&group.seen);
}

TEST(choose, at_random_is_even)
{
	enum { MEMBERS = 10, ROUNDS = 100000 };
	struct group group = made(TROUPE_AT_RANDOM, MEMBERS, NULL);
	unsigned counts[MEMBERS] = { 0 };
	for (int i = 0; i < ROUNDS; i++)
		counts[troupei_group_choose(&group, 0, &dice)]++;
	for (int i = 0; i < MEMBERS; i++)
		CHECK(counts[i] > 9000 && counts[i] < 11000); /* 10 deviations */
	troupei_members_fini(&group.seen);
}

TEST(choose, by_key_is_even_and_keeps_to_the_same)
{
	enum { MEMBERS = 10, KEYS = 100000 };
	struct group group = made(TROUPE_BY_KEY, MEMBERS, NULL);
	unsigned counts[MEMBERS] = { 0 };
	for (uint64_t key = 0; key < KEYS; key++) {
		uint32_t at = troupei_group_choose(&group, key, &dice);
		CHECK_EQ(troupei_group_choose(&group, key, &dice), at);
		counts[at]++;
	}
	for (int i = 0; i < MEMBERS; i++)
		CHECK(counts[i] > 9000 && counts[i] < 11000);
	troupei_members_fini(&group.seen);
}

/* The order of the list does not matter: two groups with the same members agree. */
TEST(choose, by_key_depends_on_who_is_in_and_not_on_where)
{
	enum { MEMBERS = 7 };
	struct group group = made(TROUPE_BY_KEY, MEMBERS, NULL), turned = made(TROUPE_BY_KEY, MEMBERS, NULL);
	for (uint32_t i = 0; i < MEMBERS; i++)
		turned.seen.refs[i] = group.seen.refs[MEMBERS - 1 - i];
	for (uint64_t key = 0; key < 1000; key++)
		CHECK_EQ(troupei_group_choose(&group, key, &dice), MEMBERS - 1 - troupei_group_choose(&turned, key, &dice));
	troupei_members_fini(&group.seen);
	troupei_members_fini(&turned.seen);
}

/* Keys that differ as references do: they are mixed first, so that neighbours are not tied to each other. */
TEST(choose, by_key_is_not_led_by_the_bits_of_references)
{
	enum { KEYS = 1000 };
	struct group group = made(TROUPE_BY_KEY, 2, NULL);
	uint64_t difference = group.seen.refs[0].bits_private ^ group.seen.refs[1].bits_private;
	unsigned same = 0;
	for (uint64_t key = 0; key < KEYS; key++)
		same += troupei_group_choose(&group, key, &dice) == troupei_group_choose(&group, key ^ difference, &dice);
	CHECK(same > KEYS / 3 && same < KEYS * 2 / 3);
	troupei_members_fini(&group.seen);
}

TEST(choose, to_least_is_by_turns_where_all_are_idle)
{
	troupe_ref refs[3];
	stage_start(&s, 1);
	for (int i = 0; i < 3; i++)
		refs[i] = player(&s);
	struct group group = made(TROUPE_TO_LEAST, 3, refs);
	for (uint32_t i = 0; i < 7; i++)
		CHECK_EQ(troupei_group_choose(&group, 0, &dice), i % 3);
	troupei_members_fini(&group.seen);
	stage_finish(&s);
}

static atomic_int chosen;

static troupe_verdict choose_among_three(troupe_actor *me, void *argument)
{
	struct group *group = argument;
	(void)me;
	for (int i = 0; i < 5; i++)
		CHECK_EQ(troupei_group_choose(group, 0, &dice), 2);
	group->seen.count = 2;
	for (int i = 0; i < 5; i++)
		CHECK_EQ(troupei_group_choose(group, 0, &dice), 1);
	atomic_fetch_add(&chosen, 1);
	return TROUPE_HANDLED;
}

/* Idle before busy with nothing waiting, and that before one with a message that waits. */
TEST(choose, to_least_prefers_in_three_steps)
{
	struct barrier barriers[2];
	atomic_int count = 0;
	troupe_ref refs[3];
	stage_start(&s, 3);
	for (int i = 0; i < 3; i++)
		refs[i] = player(&s);
	struct group group = made(TROUPE_TO_LEAST, 3, refs);
	hold(&barriers[0], refs[0]);
	tell(refs[0], play_count, &count); /* waits */
	hold(&barriers[1], refs[1]);
	tell(player(&s), choose_among_three, &group);
	await_count(&chosen, 1);
	troupei_members_fini(&group.seen);
	let_go(&barriers[0]);
	let_go(&barriers[1]);
	stage_finish(&s);
}

/* Who is dead is chosen, so that it is found. */
TEST(choose, to_least_takes_the_dead_for_idle)
{
	struct barrier barrier;
	troupe_ref refs[2];
	stage_start(&s, 2);
	refs[0] = player(&s);
	refs[1] = ended_player(&s);
	struct group group = made(TROUPE_TO_LEAST, 2, refs);
	hold(&barrier, refs[0]);
	CHECK_EQ(troupei_group_choose(&group, 0, &dice), 1);
	troupei_members_fini(&group.seen);
	let_go(&barrier);
	stage_finish(&s);
}
