/* SPDX-License-Identifier: MIT */
/* future: a reply address that threads read. Outcomes are queued in it behind a lock: plain threads are off the hot path.
 * The locks are a few for all slots, and type-stable like these, so that an answer that comes late may take one safely. */
#ifndef TROUPEI_ACTORS_FUTURE_H
#define TROUPEI_ACTORS_FUTURE_H

#include "actors/ask.h"

/* Lock what belongs to this slot's future, whichever it is by now; unlock what is returned. */
pthread_mutex_t *troupei_future_lock(const struct ask *ask);

/* An outcome, taken with the lock held: an answer is queued; SORT_UNANSWERED tells why no more come. Consumes the envelope. */
void troupei_future_put(struct ask *ask, struct envelope *envelope, bool last);

/* With the lock held, before an outcome is taken: close it if its time is over. */
void troupei_future_look_at_time(struct ask *ask, uint32_t generation);

/* The system ends: this one, if it is one, closes with TROUPE_ECLOSED. */
void troupei_future_abandon(struct troupei_system *system, struct ask *ask);

#endif
