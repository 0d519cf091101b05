/* SPDX-License-Identifier: MIT */
/* route: the way of one send from wherever it is called to the cell it is for, off the hot path. */
#ifndef TROUPEI_ACTORS_ROUTE_H
#define TROUPEI_ACTORS_ROUTE_H

#include "actors/system.h"

struct route {
	troupe_ref to;
	struct troupei_system *system; /* the receiver's; NULL: not open */
	struct actor_worker *worker;   /* the sender, if it is one of that system's workers */
	struct cell *cell;
	bool gate;                     /* passed one: leave it */
	struct gate_pass pass;
};

/* TROUPE_EGONE: stale, forged or null. TROUPE_ECLOSED: the system takes nothing more from outside. */
troupe_status troupei_route_open(struct route *route, troupe_ref to);
void troupei_route_close(struct route *route);

/* The send is refused: a dead letter, if there is a system to count it in: the sender's or else the receiver's. Closes the
 * route and returns @p why. */
troupe_status troupei_route_refuse(struct route *route, troupe_status why, int32_t kind, const void *data, size_t size);

#endif
