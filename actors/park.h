/* SPDX-License-Identifier: MIT */
/* park: a sending actor that waits for room, by its own wish or not, handles control messages alone (FLAG_HOLD). It is never a thread
 * that waits.
 *
 * An edge says: this actor is parked until that one's mailbox has room. What was sent on the way into parking has been queued beyond
 * the bound, so what is queued there is bounded by messages_max and what each sender sends in one handler.
 *
 *   P1  An edge is in the graph (under one lock, that of parks) if and only if it is in the list of its receiver's room (room.h,
 *       under that lock too). While it is, both ends live: the receiver grants all of them when it closes its queue, the sender
 *       forgets its own before it closes its mailbox.
 *   P2  No edge closes a circle: who would is given credit, and goes on beyond the bound until its handler ends and again. So
 *       from each who is parked a path leads to one who is not, and who handles its messages or waits for what is no mailbox.
 *       The newest edge is also in the table of waits (waits.h), so that an awaited answer and a park cannot close one together
 *       either: whoever comes last is told. It is written there when the actor has nothing more to handle (K1 in deadlock.h): until
 *       then it may still answer what others await. The others follow one by one, when what the table says is over.
 *   P3  Granted, the edge is a message to its sender (SORT_CREDIT); who handles it frees it, and goes on if no other is left. */
#ifndef TROUPEI_ACTORS_PARK_H
#define TROUPEI_ACTORS_PARK_H

#include "actors/bounds.h"

struct park {
	struct room_request request; /* first */
	struct cell *from, *to;
	struct park *next, *previous; /* of the same sender: extra->parks */
	struct park *search;          /* list of a search */
	uint64_t seen;                /* by the search of this number */
	int32_t kind;                 /* of the message that found no room */
};

/* Can whoever sends now be parked? */
bool troupei_park_is_possible(const struct actor_worker *sender);

/* Is the running actor of @p sender parked at @p to since an earlier handler, and handles a control message now? Such handlers are
 * not to send on and on. With the lock of @p to held. */
bool troupei_park_is_waiting(const struct actor_worker *sender, const struct cell *to);

/* The running actor of @p sender goes on sending to @p to, whose lock is held, and which is full: park it, unless it is or that would
 * close a circle. @p kind: of the message. TROUPE_ENOMEM: neither parked nor given credit. */
troupe_status troupei_park(struct actor_worker *sender, struct cell *to, struct room *room, pthread_mutex_t *lock, int32_t kind);

/* Room was made for it: it leaves the graph. room.c, under the receiver's lock. */
void troupei_park_granted(struct room_request *request);

/* Is it parked? By its turn, with an extra. Relaxed: none but this turn adds an edge, and one that is taken off right now sends its
 * credit, which looks again. */
static inline bool troupei_park_is_parked(const struct cell *cell)
{
	return troupei_load_relaxed_ptr(&cell->extra->parks) != NULL;
}

/* It has nothing to handle: it waits from now on, if it is parked. False: that would have closed a circle, and it goes on. */
bool troupei_park_rests(struct cell *cell);

/* SORT_CREDIT has come. */
void troupei_park_credited(struct cell *cell, struct envelope *envelope);

/* The actor ends, or a life of it: it waits for nobody's room. */
void troupei_park_forget(struct cell *cell);

#endif
