/* SPDX-License-Identifier: MIT */
/* turn: one actor runs: up to so many messages, or so long, then the next actor's turn. */
#ifndef TROUPEI_ACTORS_TURN_H
#define TROUPEI_ACTORS_TURN_H

#include "actors/system.h"

enum { TURN_MESSAGES_DEFAULT = 64 };

/* The hook of the scheduler. */
void troupei_turn_run(struct worker *worker, struct runnable *runnable);

/* The end of each turn. @p more: the actor has more to do, or may have. */
void troupei_turn_over(struct actor_worker *worker, struct runnable *runnable, bool more);

/* The message in hand is about to leave the handler's hands by another way than the plain one: it leaves the mailbox first, if it
 * lies there still. T2 in turn.c */
void troupei_turn_settle(struct actor_worker *worker);

/* The message that the actor is handling, which may lie in its mailbox still (T2); NULL: none, or @p system, the actor's, is not
 * known. A glance of another thread, to compare with, not to follow. */
const void *troupei_turn_in_hand(const struct troupei_system *system, const struct cell *cell);

/* Somebody set these signals. False: the actor has ended. (signals.c) */
bool troupei_signals_obey(struct actor_worker *worker, struct cell *cell, uint8_t signals);

/* handle.c: handle one message that is not of the small form, or that did not end in the plain way. */

/* What the turn does next. */
enum turn_next {
	TURN_GOES_ON,
	TURN_RECEIVE_CHANGED, /* it goes on, with another receive function */
	TURN_ACTOR_GONE,
};

/* A message in extended form; it has been taken from the list. */
enum turn_next troupei_handle_extended(struct actor_worker *worker, struct cell *cell, struct envelope *envelope,
                                       troupe_receive *receive);

/* The handler has returned, with a verdict other than TROUPE_HANDLED or wishes in worker->after. */
enum turn_next troupei_handle_verdict(struct actor_worker *worker, struct cell *cell, struct envelope *envelope,
                                      troupe_verdict verdict);

/* An answer has come alone: the only one that its address expects? Then the address is settled, and this is its receive function; the
 * message has its token. NULL: nothing has changed. */
troupe_receive *troupei_handle_only_answer(struct actor_worker *worker, struct cell *cell, const struct envelope *envelope);

/* An actor that awaits something (FLAG_HOLD) has nothing to handle: it waits from now on (deadlock.h, K1).
 * @param quiet  HOLD_QUIET in waits.h */
enum turn_next troupei_handle_wait(struct actor_worker *worker, struct cell *cell, bool *quiet);

/* The same for a message that lies in a chunk, whose last reader this may be. */
enum turn_next troupei_handle_chunk_verdict(struct actor_worker *worker, struct cell *cell, struct chunk *chunk,
                                            const void *payload, troupe_verdict verdict);

/* The message of the chunk that worker->chunk is was left by a jump: as if its handler had returned TROUPE_FAILED. */
enum turn_next troupei_turn_chunk_failed(struct actor_worker *worker, struct cell *cell);

/* The receive function in force. */
static inline troupe_receive *troupei_cell_receive(const struct cell *cell)
{
	return troupei_unlikely(cell->flags & FLAG_BECOME) ? cell->extra->receive : cell->behaviour->receive;
}

/* Debug builds: the payload is as large as the behaviour's table says, or the program stops. */
void troupei_handle_check_size(const struct cell *cell, int32_t kind, uint32_t size);

#endif
