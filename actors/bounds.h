/* SPDX-License-Identifier: MIT */
/* bounds: a mailbox with limits. Its user messages, and orders to stop, lie in a queue of their own, under a lock:
 *
 *       send ──> queue here ──> one token in the mailbox, however many wait ──> the actor's turn takes one, and
 *       answers, timers, news, kill: as ever, through the mailbox              puts the token back if more wait
 *
 * So a sender can count, drop the oldest or wait for room, and the lock-free mailbox knows of no limits. The token is a user message
 * in all that holds those up: awaiting, parking, ending, another life.
 *
 *   B1  A cell is marked (slots.h) from its birth to its end if it has bounds: sends to it leave the hot path for here. All cells
 *       of a system with a ceiling are.
 *   B2  `extra->bounds` of a marked cell is looked at with the lock of its slot held, and freed after the mark was taken away
 *       under that lock. So a sender with a stale reference finds another generation, no mark, or what it looks for.
 *   B3  The token is in the mailbox or in the actor's list if and only if the queue is not empty; or the actor takes it just now.
 *       It is pushed under the lock, and the queue is closed under the lock before the mailbox is: it is never refused.
 *   B4  Orders to stop are queued in their order, and neither counted nor dropped. */
#ifndef TROUPEI_ACTORS_BOUNDS_H
#define TROUPEI_ACTORS_BOUNDS_H

#include "actors/delay.h"
#include "actors/room.h"
#include "mailbox/deque.h"

struct bounds {
	troupe_bounds limits;
	struct troupei_system *system;
	struct deque queue;
	uint32_t count;       /* messages in it; orders to stop do not count */
	uint32_t stops;       /* those */
	uint64_t bytes;
	struct delay delay;
	struct room room;     /* who waits */
	bool token_out;       /* B3 */
	bool closed;
	struct envelope token; /* SORT_BOUNDED, embedded */
	struct envelope_extension token_extension;
};

/* NULL is valid: none. */
bool troupei_bounds_are_valid(const troupe_bounds *limits);

/* The cell, nobody's yet, gets bounds; @p limits NULL: the system's ceiling alone. False: no memory. */
bool troupei_bounds_make(struct troupei_system *system, struct cell *cell, const troupe_bounds *limits);

/* The same if there is any need. */
static inline bool troupei_bounds_birth(struct troupei_system *system, struct cell *cell, const troupe_bounds *limits)
{
	return troupei_likely(limits == NULL && system->ceiling.max == 0) || troupei_bounds_make(system, cell, limits);
}

/* Nobody finds them any more; they are empty. */
void troupei_bounds_free(struct cell *cell);

/* As troupei_post_cell, for what is not in the control lane. TROUPE_EFULL and TROUPE_ENOMEM: it is still the caller's. TROUPE_OK
 * may mean that it, or an older one, is a dead letter. */
troupe_status troupei_bounds_post(struct troupei_system *system, struct actor_worker *worker, struct cell *cell,
                                  uint32_t generation, struct envelope *envelope);

/* The token has come: the message to handle now; NULL: none, they were too old. */
struct envelope *troupei_bounds_next(struct actor_worker *worker, struct cell *cell);

/* Nothing comes in any more; whoever waits is told. The owner, before it closes its mailbox. */
void troupei_bounds_close(struct actor_worker *worker, struct cell *cell);

/* The owner has the token in its hands: all that waits goes before @p tail, a list. */
void troupei_bounds_empty(struct actor_worker *worker, struct cell *cell, struct envelope **tail);

/* How many wait there; any thread. 0 if nobody is there. */
uint32_t troupei_bounds_queued(struct cell *cell, uint32_t generation);

/* Wait for room there. False: there is some, or nobody: the request is still the caller's. */
bool troupei_bounds_wait(struct troupei_system *system, struct cell *cell, uint32_t generation,
                         struct room_request *request);

#endif
