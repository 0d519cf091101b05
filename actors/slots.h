/* SPDX-License-Identifier: MIT */
/* slots: from a reference to a cell, and who owns which cells.
 *
 * All cells of the process lie in one address range, reserved once and touched as needed, so that a reference (slot number and
 * generation) leads to its cell with one addition and no table. The range is dealt out to systems in chunks; within a system
 * each worker takes cells from a chunk of its own and keeps those that ended with it. */
#ifndef TROUPEI_ACTORS_SLOTS_H
#define TROUPEI_ACTORS_SLOTS_H

#include <pthread.h>

#include "actors/cell.h"

#define SLOTS_MAX  (UINT32_C(1) << 27) /* 8 GB of addresses */
#define SLOT_CHUNK UINT32_C(1024)
#define SLOT_NONE  UINT32_MAX
#define GENERATION_LAST UINT32_C(0x7fff0000) /* a slot with it is not used again: see state_make in ask.c */

extern struct cell *troupei_cells TROUPEI_HIDDEN;  /* set once, before the first system */
extern uint32_t troupei_slot_limit TROUPEI_HIDDEN; /* likewise: SLOTS_MAX; 0 before, so that every reference is stale */

/* Where a thread takes cells from and puts them. */
struct slot_cache {
	struct cell *free; /* linked by mailbox.tail */
	uint32_t free_count;
	uint32_t fresh;    /* the next one never used */
	uint32_t fresh_end;
};

/* The cells of one system. */
struct slot_pool {
	pthread_mutex_t lock;
	struct cell *chains;      /* lists of so many free cells (CHAIN in slots.c): linked by extra, each list by mailbox.tail */
	struct slot_cache shared; /* of threads that are no workers; with the lock held */
	uint64_t cells;           /* in its chunks */
	uint8_t system;
};

/* Reserve the range; once per process. False: no address space. */
bool troupei_slots_init(void);

/* In a child process: all cells are as never used, but @p slot, which is somebody's, and its neighbours, which are nobody's;
 * generations begin at @p generation. False: no address space. */
bool troupei_slots_reborn(uint32_t slot, uint32_t generation);

void troupei_slot_pool_init(struct slot_pool *pool, uint8_t system);
/* All cells of the system go to whoever starts the next one. */
void troupei_slot_pool_fini(struct slot_pool *pool);

/* A free cell, generation set and head CLOSED; NULL: none left. @p cache: this worker's; NULL: from a thread that is none.
 * @p reserve is called, with no lock held that it could want, before the cells of a new chunk are used: false makes the
 * take fail. */
struct cell *troupei_slot_take(struct slot_pool *pool, struct slot_cache *cache, bool (*reserve)(void *, uint64_t cells),
                               void *context);

/* Its references are stale from now on: the generation is even until the slot is taken again. */
static inline void troupei_cell_retire(struct cell *cell)
{
	troupei_store_release_32(&cell->generation, cell->generation + 1);
}

/* Give a cell back: closed, nothing in it, retired. One whose generations are spent is not used again. */
void troupei_slot_give(struct slot_pool *pool, struct slot_cache *cache, struct cell *cell);

/* Call @p visit for each cell of the system that was ever used. Any thread, while cells come and go. */
void troupei_slots_each(const struct slot_pool *pool, void (*visit)(struct cell *cell, void *context), void *context);

/* In cell.system, above the number of the system: sends to it take the slow way, for the sake of bounds.h, B1. */
enum { CELL_MARK = 0x80 };

/* The number of its system with the mark: a worker's own number if plain sends may reach it. Relaxed: the number changes only
 * between systems, and the gate decides; of the mark bounds.c says more. */
static inline uint8_t troupei_cell_lane(const struct cell *cell)
{
	return troupei_load_relaxed_8(&cell->system);
}

/* Which system the cell belongs to, or did last. */
static inline uint8_t troupei_cell_system(const struct cell *cell)
{
	return troupei_cell_lane(cell) & (uint8_t)~CELL_MARK;
}

static inline bool troupei_cell_is_marked(const struct cell *cell)
{
	return (troupei_cell_lane(cell) & CELL_MARK) != 0;
}

static inline void troupei_cell_mark(struct cell *cell, bool marked)
{
	troupei_store_relaxed_8(&cell->system, (uint8_t)(troupei_cell_system(cell) | (marked ? CELL_MARK : 0)));
}

static inline uint32_t troupei_slot_of(const struct cell *cell)
{
	return (uint32_t)(cell - troupei_cells);
}

static inline troupe_ref troupei_ref(uint32_t slot, uint32_t generation)
{
	return (troupe_ref){ (uint64_t)generation << 32 | slot };
}

static inline troupe_ref troupei_ref_of(const struct cell *cell)
{
	return troupei_ref(troupei_slot_of(cell), cell->generation);
}

/* The same while another thread may be ending it: whose it is at this moment. Relaxed: a glance. */
static inline troupe_ref troupei_ref_glance(const struct cell *cell)
{
	return troupei_ref(troupei_slot_of(cell), troupei_load_relaxed_32(&cell->generation));
}

/* Set in the slot number of a reply address, so that one that is stale is still known for what it was. Larger than any slot:
 * who wants an actor finds none. */
#define SLOT_ADDRESS (UINT32_C(1) << 31)

static inline bool troupei_ref_is_address(troupe_ref ref)
{
	return ((uint32_t)ref.bits_private & SLOT_ADDRESS) != 0;
}

static inline uint32_t troupei_ref_slot(troupe_ref ref)
{
	return (uint32_t)ref.bits_private & ~SLOT_ADDRESS;
}

static inline uint32_t troupei_ref_generation(troupe_ref ref)
{
	return (uint32_t)(ref.bits_private >> 32);
}

/* The cell of the actor that the reference reaches, if it is alive at this moment; NULL: stale, forged, null, an address. */
static inline struct cell *troupei_ref_cell(troupe_ref ref)
{
	uint32_t slot = (uint32_t)ref.bits_private, generation = troupei_ref_generation(ref);

	if (troupei_unlikely(slot >= troupei_slot_limit || (generation & 1) == 0))
		return NULL;
	struct cell *cell = &troupei_cells[slot];
	/* Relaxed: a first look; the receiver's look decides (C2). */
	return troupei_likely(troupei_load_relaxed_32(&cell->generation) == generation) ? cell : NULL;
}

#endif
