/* SPDX-License-Identifier: MIT */
/* room: who waits until there is room, in a mailbox or under the ceiling of a system, first come first served.
 *
 *   R1  A list has a lock, its owner's. A request is in the list, or `taken`; both change under that lock.
 *   R2  Once taken, an actor's request is its news: its envelope goes to the actor, whose turn frees it. A thread's request lies on
 *       its stack, and is touched only under the lock.
 *   R3  The locks are static: they outlive actors and systems. Order: a mailbox's, the ceiling's, that of parks. */
#ifndef TROUPEI_ACTORS_ROOM_H
#define TROUPEI_ACTORS_ROOM_H

#include "actors/system.h"

struct room_request {
	struct envelope envelope;     /* SORT_ROOM or SORT_CREDIT, embedded */
	struct envelope_extension extension; /* word: where there is room */
	troupe_ref who;
	uint64_t token;
	struct room_request *next, *previous;
	struct room *room;            /* the list it was put in */
	pthread_mutex_t *lock;        /* of that list */
	pthread_cond_t *changed;      /* a thread's; else NULL */
	uint32_t life;                /* of an actor that is supervised: which of its lives asked */
	bool taken;                   /* R1 */
};

/* An actor's: {0} but for these. */
void troupei_room_request_init(struct room_request *request, enum envelope_sort sort, troupe_ref who, troupe_ref about);

/* With the lock of the list held. */
void troupei_room_add(struct room *room, pthread_mutex_t *lock, struct room_request *request);
void troupei_room_remove(struct room_request *request);

/* The first @p count are taken: threads are woken, the requests of actors are put behind @p told. */
void troupei_room_take(struct room *room, uint32_t count, struct room_request **told);

/* With no lock held: bring the news to all of @p told. */
void troupei_room_tell(struct troupei_system *system, struct actor_worker *worker, struct room_request *told);

/* SORT_ROOM or SORT_CREDIT that nobody will handle. */
void troupei_room_discard(struct envelope *envelope);

/* SORT_ROOM has come: what it says; frees it. False: an earlier life than @p life had asked, and nobody is told. */
bool troupei_room_reached(struct envelope *envelope, uint32_t life, troupe_message *out);

#endif
