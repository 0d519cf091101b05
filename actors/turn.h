/* SPDX-License-Identifier: MIT */
/* turn: one actor runs: up to so many messages, or so long, then the next actor's turn. */
#ifndef TROUPEI_ACTORS_TURN_H
#define TROUPEI_ACTORS_TURN_H

#include "actors/system.h"
#include "base/check.h"
#include "base/clock.h"

enum {
	TURN_MESSAGES_DEFAULT = 64,
	LOOK_EVERY = 8, /* messages between two looks at clock and signals */
};

/* What a turn knows besides the actor. */
struct turn {
	uint32_t handled; /* messages so far */
	uint32_t max;
	uint32_t stop_at; /* the next look: after 1, 2, 4, 8, 16, 24 ... messages, so that a turn of one never reads the clock */
	uint64_t since;   /* ticks at the first look */
};

enum {
	SIGNALS_TO_WAKE = SIGNAL_STOP | SIGNAL_KILL | SIGNAL_LOOK,
	SIGNALS_TO_OBEY = SIGNAL_CONTROL | SIGNALS_TO_WAKE,
	FLAGS_WAITING = FLAG_HOLD | FLAG_ENDING,
};

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

/* chunked.c: messages of a chunk, which is the first in the list and leaves it before its last one is handled. */
enum turn_next troupei_turn_chunk(struct actor_worker *worker, struct cell *cell, struct chunk *chunk, struct turn *turn,
                                  troupe_receive *receive);

/* The message of the chunk that worker->chunk is was left by a jump: as if its handler had returned TROUPE_FAILED. */
enum turn_next troupei_turn_chunk_failed(struct actor_worker *worker, struct cell *cell);

/* The receive function in force. */
static inline troupe_receive *troupei_cell_receive(const struct cell *cell)
{
	return troupei_unlikely(cell->flags & FLAG_BECOME) ? cell->extra->receive : cell->behaviour->receive;
}

/* Debug builds: the payload is as large as the behaviour's table says, or the program stops. */
void troupei_handle_check_size(const struct cell *cell, int32_t kind, uint32_t size);

/* turn->handled has just come to turn->stop_at, in a loop of plain messages: is nothing to be seen, and does the turn go on? Then so
 * many more; else 0, and the whole look (turn.c) says what to do. */
static inline __attribute__((always_inline)) uint32_t troupei_turn_look_quickly(const struct actor_worker *worker,
                                                                                 const struct cell *cell, struct turn *turn)
{
	uint32_t handled = turn->stop_at, more = handled < LOOK_EVERY ? handled : LOOK_EVERY;
	uint64_t now = troupei_clock_ticks();

	if (turn->since == 0)
		turn->since = now;
	if (handled + more > turn->max || (troupei_load_acquire_8(&cell->signals) & SIGNALS_TO_OBEY) ||
	    now - turn->since > worker->system->turn_ticks_max)
		return 0;
	turn->stop_at = handled + more;
	return more;
}

/* worker->message is filled in. */
static inline __attribute__((always_inline)) troupe_verdict troupei_turn_receive(struct actor_worker *worker,
                                                                                  const struct cell *cell, troupe_receive *receive)
{
#if TROUPE_DEBUG
	troupei_handle_check_size(cell, worker->message.kind, worker->message.size);
#else
	(void)cell;
#endif
	return receive(&worker->me, &worker->message);
}

#endif
