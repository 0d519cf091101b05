/* SPDX-License-Identifier: MIT */
/* What hangs at an actor's point: for the tests of links and watches. */
#ifndef TROUPE_TESTS_UNIT_ACTORS_HANGING_H
#define TROUPE_TESTS_UNIT_ACTORS_HANGING_H

#include "actors/watch.h"

#include "stage.h"

static inline unsigned hanging(troupe_ref of, enum watch_list list)
{
	unsigned n = 0;
	CHECK(troupei_points_ready());
	troupei_point_lock(of);
	for (struct watch_node *node = troupei_point_first(of, list); node != NULL; node = troupei_point_next(node))
		n++;
	troupei_point_unlock(of);
	return n;
}

static inline troupe_verdict link_other(troupe_actor *me, void *other)
{
	CHECK_OK(troupe_link(me, *(troupe_ref *)other));
	return TROUPE_HANDLED;
}

#endif
