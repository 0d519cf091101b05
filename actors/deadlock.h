/* SPDX-License-Identifier: MIT */
/* deadlock: when a wait begins, and what becomes of a circle of waits (waits.h): it is reported, and one question of it fails
 * with TROUPE_EDEADLOCK, that of the link that closed it. None of this needs memory.
 *
 *   K1  An actor waits from when it has nothing more to handle after the handler that asked: until then it may still answer what
 *       others wait for. So its question has been pushed before that. One that is parked waits from then on, too, not from when it
 *       sent. A blocking one waits from the moment when its thread does.
 *   K2  Each post of a question passes troupei_deadlock_pass, so nobody can pass one on unseen. */
#ifndef TROUPEI_ACTORS_DEADLOCK_H
#define TROUPEI_ACTORS_DEADLOCK_H

#include "actors/waits.h"

/* The running actor awaits an answer (extra->hold), and has nothing to handle: K1. NULL: fine, or the news is on its way;
 * else its question has failed and there is no memory for the news: the caller closes this address by TROUPE_EDEADLOCK.
 * @param quiet  HOLD_QUIET in waits.h */
struct ask *troupei_deadlock_hold(struct actor_worker *worker, struct cell *cell, bool *quiet);

/* The running actor is parked: does nothing but room make it run, so that it cannot answer what it has kept? */
bool troupei_deadlock_is_deaf(const struct cell *cell);

/* The same right behind the handler of a message that came alone. True: quiet; false: nothing is said or done yet. */
bool troupei_deadlock_hold_alone(struct actor_worker *worker, struct cell *cell);

/* A question is about to be pushed to the actor at @p to. True: that closed a circle; it has failed, and the envelope is
 * consumed. @p worker: the calling thread's, if it is one of @p system. */
bool troupei_deadlock_pass(struct troupei_system *system, struct actor_worker *worker, troupe_ref to,
                           struct envelope *envelope);

/* The push failed. */
void troupei_deadlock_pass_failed(const struct envelope *envelope);

/* The actor that runs on this thread, if one does, and may block. NULL: not so. */
struct actor_worker *troupei_deadlock_blocker(void);

/* It will block until the answer is at the future. True: that closed a circle. Else end_block follows. */
bool troupei_deadlock_block(struct actor_worker *worker, const struct ask *future, struct wait_circle *circle);
void troupei_deadlock_end_block(struct actor_worker *worker);

/* Tell the log, and count. With no lock held that a hook may want. */
void troupei_deadlock_report(struct troupei_system *system, struct actor_worker *worker, const struct wait_circle *circle);

#endif
