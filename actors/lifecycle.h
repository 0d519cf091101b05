/* SPDX-License-Identifier: MIT */
/* lifecycle: how an actor begins its first turn, and how it ends.
 *
 *   living ---- stop, exit, failure, kill ----> ending ------------> gone
 *                                               | waits for its children (only control messages are handled)
 *                                               | timers and its own questions go; the mailbox is closed
 *                                               | drains, if its behaviour says so
 *                                               | leftovers to the dead letters, or handed back; terminate
 *                                               | kept questions fail; state and extra are freed
 *                                               | references go stale; names go; waiters and the parent are told
 *
 *   L1  Ending cannot fail for want of memory: what must be sent lies in memory made at birth. (Handing back, and stopping in
 *       the order of the queue, take memory: without it, leftovers are dead letters, and the stop is at once.)
 *   L2  A parent ends after its children: it counts on the SORT_CHILD_ENDED of each.
 *   L3  A child's slot is given back by its parent, so that the parent may signal it until then. */
#ifndef TROUPEI_ACTORS_LIFECYCLE_H
#define TROUPEI_ACTORS_LIFECYCLE_H

#include "actors/system.h"

/* Run init. False: it failed, and the actor has ended. */
bool troupei_lifecycle_init(struct actor_worker *worker, struct cell *cell);

/* Init has failed, for the reason that the worker knows. False: the actor has ended. */
bool troupei_lifecycle_init_failed(struct actor_worker *worker, struct cell *cell, bool crashed);

/* What comes after terminate, however that was left: the actor has ended. */
void troupei_lifecycle_terminated(struct actor_worker *worker, struct cell *cell, troupe_status why);

/* The actor is to end for this reason. True: it has ended, the cell must not be touched any more; false: it waits for its
 * children, or drains, and its turn goes on. */
bool troupei_lifecycle_end(struct actor_worker *worker, struct cell *cell, troupe_status why);

/* A child has ended. True: and so has this actor, which waited for it. */
bool troupei_lifecycle_child_ended(struct actor_worker *worker, struct cell *cell, struct envelope *envelope);

/* Take a child off its parent's list, and free the record. */
void troupei_child_unlink(struct extra *parent, struct child_link *link);

/* Nothing is left to drain. */
void troupei_lifecycle_drained(struct actor_worker *worker, struct cell *cell);

/* All of these messages, which this actor has not handled, meet their fate. */
void troupei_lifecycle_leftovers(struct actor_worker *worker, struct cell *cell, struct envelope **tail, bool hand_back,
                                 troupe_status why);

/* What who waits for an answer of one that ends is told. */
static inline troupe_status troupei_reason_for_askers(troupe_status why)
{
	return why == TROUPE_EKILLED ? TROUPE_EKILLED : TROUPE_EGONE;
}

/* Run terminate, if there is one and the life it ends has begun. It may be left by a jump: contain.h. */
void troupei_lifecycle_terminate(struct actor_worker *worker, struct cell *cell, troupe_status why, enum part part);
/* What terminate asks for comes too late. */
void troupei_lifecycle_forget_wishes(struct actor_worker *worker);

/* The children of a supervisor are where they must be: its end goes on. True: it has ended. */
bool troupei_lifecycle_children_ended(struct actor_worker *worker, struct cell *cell);

/* A supervised actor that is between two lives ends for good. True: it has ended; false: its children go first. */
bool troupei_lifecycle_end_between(struct actor_worker *worker, struct cell *cell, troupe_status why);

/* wait.c: tell the threads that wait for this end. */
void troupei_wait_notify(struct troupei_system *system, troupe_ref ref, troupe_status why);

#endif
