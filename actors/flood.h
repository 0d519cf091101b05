/* SPDX-License-Identifier: MIT */
/* flood: what a worker remembers of actors that it sends to and that do not get to run meanwhile, so that their messages go to
 * chunks. An actor is given a chunk when the worker has sent it several alike in a row, with nobody else's between. */
#ifndef TROUPEI_ACTORS_FLOOD_H
#define TROUPEI_ACTORS_FLOOD_H

#include "actors/system.h"
#include "base/record.h"
#include "base/threads.h"
#include "mailbox/chunk.h"

static inline struct flood_entry *troupei_flood_entry_at(struct actor_worker *worker, uint32_t slot)
{
	return &worker->floods[slot % FLOOD_ENTRIES];
}

static inline struct flood_entry *troupei_flood_entry(struct actor_worker *worker, const struct cell *cell)
{
	return troupei_flood_entry_at(worker, troupei_slot_of(cell));
}

/* The turn floods from now on, or no more. */
static inline void troupei_flood_set(struct actor_worker *worker, bool flooding)
{
	worker->flooding = flooding;
	/* 0: remote.h, Q1. In a simulation each send takes the slow way, past a point; in a recording one of its own. */
	worker->sends_to = flooding || worker->system_id == 0 || troupei_is_noted() ? UINT32_MAX : worker->system_id;
}

/* Append to the chunk that is the newest message of the actor in this cell, if it is this worker's. The message is not counted yet.
 * K2 */
static inline __attribute__((always_inline)) bool troupei_flood_append(struct actor_worker *worker, const struct cell *cell,
                                                                       uint32_t slot, uint32_t generation, int32_t kind,
                                                                       const void *data, size_t size)
{
	struct chunk *chunk = troupei_flood_entry_at(worker, slot)->chunk;

	return chunk != NULL && troupei_load_relaxed_ptr(&cell->mailbox.head) == &chunk->envelope &&
	       chunk->envelope.generation == generation && troupei_chunk_append(chunk, kind, data, size);
}

/* Send to an actor whose mailbox is not empty, when append has said no. True: a new chunk was begun with it; counted as sent.
 * False: send it in a block of its own, and tell troupei_flood_push. */
bool troupei_flood_begin(struct actor_worker *worker, struct cell *cell, struct envelope *head, uint32_t generation,
                        int32_t kind, const void *data, size_t size);

/* The worker is about to push @p envelope to a mailbox where @p head was the newest. */
void troupei_flood_push(struct actor_worker *worker, struct cell *cell, const struct envelope *head,
                        struct envelope *envelope);

/* The turn floods from now on. */
void troupei_flood_on(struct actor_worker *worker);

/* The turn that flooded is over: what it wrote to goes to its readers whole, and they have their turn (F5 in worker.h). */
void troupei_flood_over(struct actor_worker *worker);

#endif
