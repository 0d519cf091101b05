/* SPDX-License-Identifier: MIT */
/* blocking: the threads on which actors run whose behaviour says `blocks`. They are a crew beside the scheduler (base/crew.h):
 *
 *       woken as any actor ──> a worker begins its turn ──> queue (here) ──> a thread of the crew runs the turn
 *
 *   B1  Such an actor is queued for the workers like any other. The worker whose turn it would be sees SIGNAL_BLOCKS, at the
 *       place where it looks for signals anyway, and hands the cell over: so nobody else pays, and who wakes it need not know.
 *   B2  A thread of the crew is an actor_worker that is none of the scheduler's (`apart`): its actor may block, so whoever it
 *       wakes goes to the inject queue at once, never to its lifo slot, and its timers go to a worker's wheel.
 *   B3  From the hand-over to the end of the turn the scheduler counts it (apart), so that the system is not settled.
 *   B4  Once one such actor was made there is always a thread: so a hand-over cannot fail, and who spawns is told when there
 *       is none to be had. */
#ifndef TROUPEI_ACTORS_BLOCKING_H
#define TROUPEI_ACTORS_BLOCKING_H

#include "actors/system.h"

enum { BLOCKING_THREADS_DEFAULT = 64 };

void troupei_blocking_init(struct troupei_system *system, uint32_t threads_max);
void troupei_blocking_fini(struct troupei_system *system);

/* The system is quiet: end the threads. */
void troupei_blocking_stop(struct troupei_system *system);

/* Before a blocking actor is made: see that there is a thread. TROUPE_ETHREAD: none can be made. */
troupe_status troupei_blocking_open(struct troupei_system *system);

/* From now on the system contains crashes: each thread has a shelter, and so has each that is made later. Once; False: no memory. */
bool troupei_blocking_contain(struct troupei_system *system);

/* A turn of a blocking actor begins. False: this thread must not run it, and it has been handed over. */
bool troupei_blocking_begin(struct actor_worker *worker, struct cell *cell);

/* Queue the actor; the caller has the right to (mailbox.h, I3), and must not touch the cell any more. */
void troupei_blocking_hand_over(struct troupei_system *system, struct cell *cell);

/* B2: whom the handler has just woken. */
void troupei_blocking_publish(struct actor_worker *worker);
void troupei_blocking_arm(struct actor_worker *worker, struct timer_entry *entry);

/* The workers of all threads that ever were, one after the other, for sums and reports; NULL: begin, or that was the last. */
const struct actor_worker *troupei_blocking_next(const struct troupei_system *system, const struct actor_worker *at);

#endif
