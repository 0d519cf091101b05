/* SPDX-License-Identifier: MIT */
/* spare: workers that stand in for those that a handler keeps. One is made when it is first needed, with a thread of its own; from
 * then on it is a worker like any other, but goes off duty when it is not needed any more.
 *
 *   P1  Spares have the numbers behind the regular workers; worker_count grows, and never falls: so whoever goes through all
 *       workers sees their rings and timers too.
 *   P2  Off duty it holds no work, and has its bit in idle.retired instead of among the sleepers: it counts as asleep (S5), but
 *       nobody wakes it for work. A wake-up that was meant for it is passed on.
 *   P3  One thread calls and dismisses.
 *   P4  A worker that is kept gives away what only it could reach (expose), since nobody can take it from outside: its lifo slot and
 *       its fresh stack. It does so itself, in a signal handler, when none of its own functions is under way. */
#ifndef TROUPEI_SCHEDULER_SPARE_H
#define TROUPEI_SCHEDULER_SPARE_H

#include "scheduler/scheduler.h"

/* One spare more on duty. False: there are as many as may be, or no memory, or no thread. P3 */
bool troupei_spare_call(struct scheduler *scheduler);

/* One less; it goes when its turn is over. P3 */
void troupei_spare_dismiss(struct scheduler *scheduler);

/* How many are on duty. P3 */
uint32_t troupei_spare_count(const struct scheduler *scheduler);

/* A spare's thread has left its loop: until it is called again. False: the scheduler stops. */
bool troupei_spare_rest(struct worker *worker);

/* P4. Owner, between two instructions of a turn: nothing of the scheduler's is half done on this thread. Allocates and frees
 * nothing. */
void troupei_worker_expose(struct worker *worker);

/* Somebody sleeps while something waits: wake one. To be sure, where S1 was left out because a worker was alone. Any thread. */
void troupei_spare_poke(struct scheduler *scheduler);

#endif
