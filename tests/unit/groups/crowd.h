/* SPDX-License-Identifier: MIT */
/* What the tests of this room share: the stage of actors/, and groups whose insides are in sight. */
#ifndef TROUPE_TESTS_UNIT_GROUPS_CROWD_H
#define TROUPE_TESTS_UNIT_GROUPS_CROWD_H

#include "groups/group.h"
#include "unit/actors/stage.h"

static inline troupe_ref crowd(struct stage *s, troupe_routing routing)
{
	troupe_ref ref;

	CHECK_OK(troupe_group_open(s->system, NULL, TROUPE_OPTIONS(troupe_group_options, .routing = routing), &ref));
	return ref;
}

/* Its group, for a test that knows that nothing else happens. */
static inline struct group *group_of(troupe_ref ref)
{
	struct group *group = troupei_group_lock(ref);

	CHECK(group != NULL);
	troupei_group_unlock(ref);
	return group;
}

static inline void join_players(struct stage *s, troupe_ref group, troupe_ref *players, int count)
{
	for (int i = 0; i < count; i++) {
		players[i] = player(s);
		CHECK_OK(troupe_join(group, players[i]));
	}
}

/* Counts itself: that an actor lives and handles. */
static inline troupe_verdict play_count(troupe_actor *me, void *count)
{
	(void)me;
	atomic_fetch_add((atomic_int *)count, 1);
	return TROUPE_HANDLED;
}

#endif
