/* SPDX-License-Identifier: MIT */
/* Groups in the table: found while their actor lives, freed by the second owner that lets go (G4). */
#include "crowd.h"

static struct stage s;
static const troupe_group_options by_turns = { .struct_size = sizeof by_turns };

TEST(table, finds_each_of_many_and_only_those_that_live)
{
	enum { MANY = 200 }; /* several in each bucket */
	static troupe_ref refs[MANY];
	stage_start(&s, 1);
	for (int i = 0; i < MANY; i++)
		refs[i] = crowd(&s, TROUPE_BY_TURNS);
	for (int i = 0; i < MANY; i++) {
		const struct group *group = troupei_group_lock(refs[i]);
		CHECK(group != NULL && troupe_ref_equal(group->ref, refs[i]));
		CHECK_EQ(group->system, s.system.private_->id);
		troupei_group_unlock(refs[i]);
	}
	for (int i = 0; i < MANY; i += 2)
		CHECK_OK(troupe_stop_wait(refs[i], LIMIT));
	for (int i = 0; i < MANY; i++) {
		const struct group *group = troupei_group_lock(refs[i]);
		CHECK_EQ(group != NULL, i % 2 != 0);
		if (group != NULL)
			troupei_group_unlock(refs[i]);
	}
	CHECK(troupei_group_lock((troupe_ref){ 0 }) == NULL);
	stage_finish(&s);
	CHECK(troupei_group_lock(refs[1]) == NULL);
}

/* The sanitizers see what is freed, and that it is freed once. */
TEST(table, a_group_is_freed_by_the_second_owner_that_lets_go)
{
	const troupe_ref ref = { 64 };
	stage_start(&s, 1);
	struct group *group = troupei_group_new(s.system, &by_turns);
	CHECK_EQ(group->owners, 2);
	troupei_group_publish(group, ref);
	CHECK_EQ(group->owners, 1);
	CHECK(group_of(ref) == group);
	troupei_group_end(group, ref);
	CHECK(troupei_group_lock(ref) == NULL);
	stage_finish(&s);
}

/* Its actor may have ended before who opened it has got round to the table. */
TEST(table, one_that_has_ended_is_not_listed_any_more)
{
	const troupe_ref ref = { 64 }, other = { 128 };
	stage_start(&s, 1);
	struct group *early = troupei_group_new(s.system, &by_turns), *group = troupei_group_new(s.system, &by_turns);
	troupei_group_publish(group, other); /* in the same bucket */
	troupei_group_end(early, ref);
	troupei_group_publish(early, ref);
	CHECK(troupei_group_lock(ref) == NULL);
	CHECK(group_of(other) == group);
	troupei_group_end(group, other);
	stage_finish(&s);
}

TEST(table, own_lock_is_that_of_the_group)
{
	stage_start(&s, 1);
	troupe_ref ref = crowd(&s, TROUPE_BY_TURNS);
	troupei_group_lock_own(ref);
	troupei_group_unlock(ref);
	CHECK(group_of(ref) != NULL);
	stage_finish(&s);
}
