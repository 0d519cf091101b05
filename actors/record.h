/* SPDX-License-Identifier: MIT */
/* record: what actors have to say to the recorder (base/record.h), and where a replay or a simulation hears the same.
 *
 * The stamp of a message lies behind its block, which has a tail for it (BLOCK_TAIL) in a process that is recorded. A message that is
 * part of something larger (a timer that fires, a child that ends) has none: it is known by its receiver and its sort. */
#ifndef TROUPEI_ACTORS_RECORD_H
#define TROUPEI_ACTORS_RECORD_H

#include "actors/system.h"
#include "base/record.h"
#include "base/threads.h"

/* Begin, if the options or the environment (TROUPE_RECORD) say so and this is no simulation. */
troupe_status troupei_record_if_asked(const troupe_options *options);

/* What is next cannot be replayed: the recording, if there is one, ends here. */
#define troupei_record_cannot(what) (troupei_is_recorded() ? troupei_record_break(what) : (void)0)

/* A worker begins. */
void troupei_record_worker(struct actor_worker *worker);
void troupei_record_now_and_then(struct worker *worker);

/* actors/turn_recorded.c */
void troupei_turn_run_recorded(struct worker *worker, struct runnable *runnable);

/* It is about to be handled; any message. */
void troupei_record_message(struct actor_worker *worker, const struct cell *cell, const struct envelope *envelope);

/* The worker runs this actor, and did not do so last: all that was written down of it until now comes before what is next. */
void troupei_record_moved(struct actor_worker *worker, struct cell *cell) __attribute__((cold));

static inline uint32_t *troupei_record_stamp_small(const struct envelope *envelope)
{
	return (uint32_t *)((uintptr_t)envelope + BLOCK_SIZE_SMALLEST);
}

/* The rest is for both, a process that is recorded and a simulation: call it if troupei_is_noted(). */

/* It is about to be pushed. */
void troupei_note_sent(const struct envelope *envelope, const struct cell *to) __attribute__((cold));

/* A send, or whatever else takes a stamp, ends before it is pushed, or was pushed and refused: TROUPE_OK is not what its caller is told. Whether
 * that is so depends on how far others have come. So it is written down; and a replay says, instead, what was written down:
 * (Unsent with TROUPE_OK: it is not said yet why.)
 *   - where a send begins, troupei_note_dictated; TROUPE_OK: it was done then;
 *   - where it ends all the same, troupei_note_told: what the caller is told. Who sent it does not see the difference to a dead letter. */
void troupei_note_refused(troupe_status why) __attribute__((cold));
void troupei_note_unsent(const struct envelope *envelope, troupe_status why) __attribute__((cold));
troupe_status troupei_note_dictated(void) __attribute__((cold));
troupe_status troupei_note_told(troupe_status why) __attribute__((cold));

void troupei_note_spawned(const struct cell *cell) __attribute__((cold));

/* The actor's init is about to run; it is about to obey these signals. */
void troupei_note_init(struct actor_worker *worker, const struct cell *cell) __attribute__((cold));
void troupei_note_signals(struct actor_worker *worker, const struct cell *cell, uint8_t signals) __attribute__((cold));

/* The actor has ended. */
void troupei_note_ended(struct actor_worker *worker, const struct cell *cell, troupe_status why) __attribute__((cold));

/* The time, as it is, as it is written down, or as it was written down. */
int64_t troupei_note_clock(int64_t now_ns) __attribute__((cold));

#endif
