/* SPDX-License-Identifier: MIT */
/* supervisor: an actor of the library's own. Its handler decides what its children are to be; one function (step) brings them there.
 *
 *   W1  One thing at a time: first the lives that are to end, last child first, each waited for; then what is to go for good, last
 *       first; then those that are to live, first child first, each waited for until its init has returned (but one for one,
 *       only the first time). So order holds for starting, stopping and restarting alike, and a failure in the middle only
 *       changes what is wanted.
 *   W2  The list of children is changed and gone through under one lock, since other threads add, remove and look up. What is
 *       done under it posts and signals, and never calls a hook of the user's.
 *   W3  The cell's behaviour is troupei_supervisor_behaviour while other threads may look at its supervision; when it ends it is
 *       given another one under the lock. So who holds the lock and sees this one knows that the supervision stays. */
#ifndef TROUPEI_ACTORS_SUPERVISOR_H
#define TROUPEI_ACTORS_SUPERVISOR_H

#include <pthread.h>

#include "actors/intensity.h"
#include "actors/supervised.h"

enum { SUPERVISOR_DEPTH_MAX = 16 };

struct supervision {
	const troupe_supervisor *tree;
	troupe_ref ref;
	struct supervised *first, *last;
	struct intensity restarts;
	bool ending;                /* its life ends, or has ended: nobody begins */
	bool at_once;               /* it was killed: all are */
	bool for_good;              /* ending: its own end is */
	bool begun;                 /* all children have */
};

/* W2 */
extern pthread_mutex_t troupei_supervisor_lock;

extern const troupe_behaviour troupei_supervisor_behaviour, troupei_supervisor_ended_behaviour;

static inline bool troupei_supervisor_is(const struct cell *cell)
{
	return troupei_load_relaxed_ptr(&cell->behaviour) == &troupei_supervisor_behaviour;
}

/* Its supervision; the caller runs it, or holds the lock (W3). */
static inline struct supervision *troupei_supervision_of(const struct cell *cell)
{
	struct supervision *supervision;

	__builtin_memcpy(&supervision, cell->state, sizeof supervision);
	return supervision;
}

/* What a supervision begins as. */
void troupei_supervision_init(struct supervision *supervision, const troupe_supervisor *tree);

/* Under the lock: into and out of the list. */
void troupei_supervision_append(struct supervision *supervision, struct supervised *record);
void troupei_supervision_remove(struct supervision *supervision, struct supervised *record);

/* The supervisor is to end. True: all of its children are where they must be; false: it will be told. */
bool troupei_supervisor_end(struct actor_worker *worker, struct cell *cell, bool killed);

/* News of a child: its life has ended, for good or not. True: and the supervisor has ended. */
bool troupei_supervisor_child_ended(struct actor_worker *worker, struct cell *cell, struct supervised *record);

/* A child has begun. True: the supervisor has ended. */
bool troupei_supervisor_child_begun(struct actor_worker *worker, struct cell *cell, struct supervised *record);

/* SIGNAL_LOOK: the list has changed. True: the supervisor has ended. */
bool troupei_supervisor_look(struct actor_worker *worker, struct cell *cell);

/* The supervisor has ended for good: other threads find it no more; its memory is freed. */
void troupei_supervisor_ended(struct cell *cell);

/* The record and what is its own. */
void troupei_supervised_free(struct supervised *record);

#endif
