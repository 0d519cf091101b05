/* SPDX-License-Identifier: MIT */
/* future: a reply address that threads read. Outcomes are queued in it behind a lock: plain threads are off the hot path.
 * The locks are a few for all slots, and type-stable like these, so that an answer that comes late may take one safely. */
#ifndef TROUPEI_ACTORS_FUTURE_H
#define TROUPEI_ACTORS_FUTURE_H

#include "actors/ask.h"

struct future_watch; /* future.c */
struct timer;        /* timers.c */

struct future {
	struct troupei_system *system; /* valid while its slot is this future's */
	pthread_cond_t changed;
	struct future_watch *watches;    /* of threads that wait for several */
	struct envelope *answers; /* circular, as mailbox.tail */
	troupe_status closed;     /* once nothing more comes: why; TROUPE_OK while something may */
	troupe_status failed;     /* TROUPE_ANSWERS_ALL: why one of them has not answered */
	uint32_t references;      /* its slot, and each thread that waits; the last one frees it */
	int64_t deadline_ns;      /* INT64_MAX: none */

	/* future_then.c */
	void (*then)(void *context, const troupe_message *outcome); /* NULL: threads read it */
	void *context;
	bool serving;             /* a thread calls it, and goes on until nothing is left */
	bool told;                /* that nothing more comes */
	struct timer *timer;      /* for its deadline, while it is armed or on its way */
};

/* Lock what belongs to this slot's future, whichever it is by now; unlock what is returned. */
pthread_mutex_t *troupei_future_lock(const struct ask *ask);

/* An outcome, taken with the lock held: an answer is queued; SORT_UNANSWERED tells why no more come. Consumes the envelope. */
void troupei_future_put(struct ask *ask, struct envelope *envelope, bool last);

/* With the lock held, before an outcome is taken: close it if its time is over. */
void troupei_future_look_at_time(struct ask *ask, uint32_t generation);

/* With the lock held. */
void troupei_future_drop(struct future *future);

/* The slot of an open future, locked; NULL: there is none any more. */
struct ask *troupei_future_find(troupe_future future, pthread_mutex_t **lock);

/* Close it and free the slot; with the lock held, which is given up. */
void troupei_future_close_locked(struct troupei_system *system, struct ask *ask, pthread_mutex_t *lock);

/* With the lock held, which is given up: whatever has come goes to `then`, if there is one and nobody serves it yet. */
void troupei_future_serve(struct ask *ask, uint32_t generation, pthread_mutex_t *lock);

/* Its time has come, says the record, which the caller frees. */
void troupei_future_expire(troupe_ref address, const struct timer *timer);

/* With the lock held: nothing is to come at its time. */
void troupei_future_disarm(struct future *future);

/* The system ends: this one, if it is one, closes with TROUPE_ECLOSED. */
void troupei_future_abandon(struct troupei_system *system, struct ask *ask);

#endif
