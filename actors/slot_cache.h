/* SPDX-License-Identifier: MIT */
/* slot_cache: taking and giving back a slot where that is a step or two: on a worker that has free ones. Reply addresses come and
 * go with each question. */
#ifndef TROUPEI_ACTORS_SLOT_CACHE_H
#define TROUPEI_ACTORS_SLOT_CACHE_H

#include "actors/spawn.h"

enum { SLOTS_FREE_QUICKLY_MAX = 512 }; /* as many stay with a worker in any case: CHAIN in slots.c */

/* As troupei_cell_take. */
static inline troupe_status troupei_cell_take_quickly(struct troupei_system *system, struct actor_worker *worker,
                                                      struct cell **out)
{
	struct cell *cell = worker != NULL ? worker->slots.free : NULL;

	if (troupei_unlikely(cell == NULL || system->counts_actors))
		return troupei_cell_take(system, worker, out);
	worker->slots.free = (struct cell *)cell->mailbox.tail;
	worker->slots.free_count--;
	troupei_store_release_32(&cell->generation, cell->generation + 1); /* odd: somebody's, as in slots.c */
	*out = cell;
	return TROUPE_OK;
}

/* As troupei_cell_give. */
static inline void troupei_cell_give_quickly(struct troupei_system *system, struct actor_worker *worker, struct cell *cell)
{
	if (troupei_unlikely(worker == NULL || system->counts_actors || cell->generation >= GENERATION_LAST ||
	                     worker->slots.free_count >= SLOTS_FREE_QUICKLY_MAX)) {
		troupei_cell_give(system, worker, cell);
		return;
	}
	cell->mailbox.tail = (struct envelope *)worker->slots.free;
	worker->slots.free = cell;
	worker->slots.free_count++;
}

#endif
