/* SPDX-License-Identifier: MIT */
/* watch_point: where those who want to hear of an actor's end hang. Each slot has a point with three lists, in a range of its own
 * beside the cells', reserved by the first who needs it and touched as needed.
 *
 *   monitors   of this actor
 *   links      of this actor; the other node of the same record hangs at the other actor's point
 *   news       links that have ended at the other end, while the news of it is on its way to this one
 *
 *   P1  Lists are read and written with the point's lock held. Points share locks, by slot; two are locked at once, in the
 *       order of the locks.
 *   P2  Who hangs something at a point sets SIGNAL_WATCHED and then looks at the generation, all with the lock held. Who ends
 *       moves the generation on, then looks at the signal, and then locks the point and empties it. So either the one who ends
 *       finds it, or the one who hangs it sees that it is too late. */
#ifndef TROUPEI_ACTORS_WATCH_POINT_H
#define TROUPEI_ACTORS_WATCH_POINT_H

#include "actors/slots.h"

enum watch_list { WATCH_NOWHERE, WATCH_MONITORS, WATCH_LINKS, WATCH_NEWS };

struct watch_node {
	struct watch_node *next, *previous; /* a ring: the oldest first */
	troupe_ref of;                      /* whose point it is for */
	uint8_t list;                       /* enum watch_list: where it hangs */
	uint8_t side;                       /* which node of its record it is */
};

/* Reserve the range; once per process. False: no address space. Before anything below. */
bool troupei_points_ready(void);

/* Has anybody ever monitored or linked anything? If not, there is nothing to lock either. */
bool troupei_points_exist(void);

void troupei_point_lock(troupe_ref of);
void troupei_point_unlock(troupe_ref of);
void troupei_points_lock(troupe_ref one, troupe_ref other);
void troupei_points_unlock(troupe_ref one, troupe_ref other);

/* With the lock held: does the actor live, and will it look here when it ends (P2)? */
bool troupei_point_is_open(troupe_ref of);

/* With the lock held. */
void troupei_point_hang(struct watch_node *node, enum watch_list list);
void troupei_point_take_off(struct watch_node *node); /* one that hangs nowhere is left alone */
struct watch_node *troupei_point_first(troupe_ref of, enum watch_list list);
struct watch_node *troupei_point_next(const struct watch_node *node); /* NULL: it was the last */

#endif
