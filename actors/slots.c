/* SPDX-License-Identifier: MIT */
/* The reserved range of cells, dealt out in chunks. */
#include "actors/slots.h"

#include <string.h>
#include <sys/mman.h>

#include "base/check.h"
#include "base/memory.h"

enum { CHUNKS = SLOTS_MAX / SLOT_CHUNK, CHAIN = 512 };

struct cell *troupei_cells;
uint32_t troupei_slot_limit;

static pthread_mutex_t chunk_lock = PTHREAD_MUTEX_INITIALIZER;
static uint8_t chunk_owner[CHUNKS];   /* system; 0: nobody. Written with the lock held */
static uint32_t chunks_used;          /* above it no chunk ever had an owner */
static uint32_t first_generation;     /* of cells that were never used */
static uint32_t chunk_hint;           /* below it every chunk has one */

static void *reserve_range(void)
{
	size_t size = (size_t)SLOTS_MAX * sizeof(struct cell);
	void *range = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return range == MAP_FAILED ? NULL : range;
}

bool troupei_slots_init(void)
{
	pthread_mutex_lock(&chunk_lock);
	if (troupei_cells == NULL && (troupei_cells = reserve_range()) != NULL)
		troupei_slot_limit = SLOTS_MAX;
	bool done = troupei_cells != NULL;
	pthread_mutex_unlock(&chunk_lock);
	return done;
}

bool troupei_slots_reborn(uint32_t slot, uint32_t generation)
{
	size_t size = (size_t)SLOTS_MAX * sizeof(struct cell);

	if (mmap(troupei_cells, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) ==
	    MAP_FAILED)
		return false;
	pthread_mutex_init(&chunk_lock, NULL);
	memset(chunk_owner, 0, sizeof chunk_owner);
	chunk_owner[slot / SLOT_CHUNK] = UINT8_MAX;
	chunks_used = chunk_hint = 0;
	first_generation = generation - 1; /* even: free */
	return true;
}

static uint32_t chunk_take(uint8_t system)
{
	uint32_t chunk;

	pthread_mutex_lock(&chunk_lock);
	for (chunk = chunk_hint; chunk < CHUNKS && chunk_owner[chunk] != 0; chunk++)
		;
	if (chunk < CHUNKS) {
		troupei_store_relaxed_8(&chunk_owner[chunk], system);
		chunk_hint = chunk + 1;
		if (chunk >= chunks_used)
			troupei_store_relaxed_32(&chunks_used, chunk + 1);
	}
	pthread_mutex_unlock(&chunk_lock);
	return chunk < CHUNKS ? chunk : SLOT_NONE;
}

static void chunks_give(uint8_t system)
{
	pthread_mutex_lock(&chunk_lock);
	for (uint32_t chunk = chunks_used; chunk-- > 0;)
		if (chunk_owner[chunk] == system) {
			troupei_store_relaxed_8(&chunk_owner[chunk], 0);
			if (chunk < chunk_hint)
				chunk_hint = chunk;
		}
	pthread_mutex_unlock(&chunk_lock);
}

void troupei_slot_pool_init(struct slot_pool *pool, uint8_t system)
{
	memset(pool, 0, sizeof *pool);
	pthread_mutex_init(&pool->lock, NULL);
	pool->system = system;
}

void troupei_slot_pool_fini(struct slot_pool *pool)
{
	chunks_give(pool->system);
	pthread_mutex_destroy(&pool->lock);
}

/* A cell from a new system: its generation goes on from where an earlier owner left it, so that old references stay stale.
 * Written before it is read: to read an untouched page costs a fault of its own, and an interrupt of every other core when it
 * is written after all. False: retired. */
static bool prepare(struct slot_pool *pool, struct cell *cell)
{
	troupei_store_relaxed_8(&cell->runnable.fresh, 0); /* the first touch of a page */
	if (cell->generation == 0) { /* never used: C4 does not hold yet */
		troupei_store_relaxed_ptr(&cell->mailbox.head, MAILBOX_CLOSED);
		if (troupei_unlikely(first_generation != 0))
			cell->generation = first_generation;
	}
	/* Release: a send by a forged reference compares generation and system, and then trusts the mailbox to be closed. */
	troupei_store_release_8(&cell->system, pool->system);
	return cell->generation < GENERATION_LAST;
}

static bool chunk_open(struct slot_pool *pool, struct slot_cache *cache, bool (*reserve)(void *, uint64_t), void *context)
{
	uint64_t cells = ck_pr_faa_64(&pool->cells, SLOT_CHUNK) + SLOT_CHUNK;
	uint32_t chunk = reserve(context, cells) ? chunk_take(pool->system) : SLOT_NONE;

	if (chunk == SLOT_NONE) {
		ck_pr_sub_64(&pool->cells, SLOT_CHUNK);
		return false;
	}
	cache->fresh = chunk * SLOT_CHUNK;
	cache->fresh_end = cache->fresh + SLOT_CHUNK;
	if (cache->fresh == 0)
		cache->fresh = 1; /* slot 0 is nobody's: 0 ends lists of slots */
	return true;
}

/* A list that another thread gave back; NULL: none. Lock held. */
static struct cell *chain_get(struct slot_pool *pool)
{
	struct cell *chain = pool->chains;

	if (chain != NULL)
		troupei_store_relaxed_ptr(&pool->chains, chain->extra);
	return chain;
}

static void chain_use(struct slot_cache *cache, struct cell *chain)
{
	cache->free = chain;
	cache->free_count = chain != NULL ? CHAIN : 0;
}

static struct cell *take_from(struct slot_pool *pool, struct slot_cache *cache, bool (*reserve)(void *, uint64_t),
                              void *context)
{
	struct cell *cell = cache->free;

	if (cell != NULL) {
		cache->free = (struct cell *)cell->mailbox.tail;
		cache->free_count--;
		return cell;
	}
	/* A chunk at its end may have retired slots in it that a second owner must not use. */
	for (;;) {
		if (cache->fresh == cache->fresh_end && !chunk_open(pool, cache, reserve, context))
			return NULL;
		cell = &troupei_cells[cache->fresh++];
		if (prepare(pool, cell))
			return cell;
	}
}

/* Even while it is free, odd while it is somebody's: so a reference that is forged ahead of time reaches nobody either. */
static struct cell *live(struct cell *cell)
{
	if (cell != NULL)
		troupei_store_release_32(&cell->generation, cell->generation + 1);
	return cell;
}

struct cell *troupei_slot_take(struct slot_pool *pool, struct slot_cache *cache, bool (*reserve)(void *, uint64_t cells),
                               void *context)
{
	struct cell *cell;

	if (cache == NULL) {
		pthread_mutex_lock(&pool->lock);
		if (pool->shared.free == NULL)
			chain_use(&pool->shared, chain_get(pool));
		cell = take_from(pool, &pool->shared, reserve, context);
		pthread_mutex_unlock(&pool->lock);
		return live(cell);
	}
	if (cache->free == NULL && troupei_load_relaxed_ptr(&pool->chains) != NULL) {
		pthread_mutex_lock(&pool->lock);
		chain_use(cache, chain_get(pool));
		pthread_mutex_unlock(&pool->lock);
	}
	return live(take_from(pool, cache, reserve, context));
}

/* Half of a long list goes to the pool, so that actors may be born on one worker and end on another for ever. */
static struct cell *chain_cut(struct slot_cache *cache)
{
	struct cell *chain = cache->free, *last = chain;

	for (unsigned i = 1; i < CHAIN; i++)
		last = (struct cell *)last->mailbox.tail;
	cache->free = (struct cell *)last->mailbox.tail;
	cache->free_count -= CHAIN;
	last->mailbox.tail = NULL;
	return chain;
}

void troupei_slot_give(struct slot_pool *pool, struct slot_cache *cache, struct cell *cell)
{
	if (cell->generation >= GENERATION_LAST)
		return;
	if (cache == NULL)
		pthread_mutex_lock(&pool->lock);
	struct slot_cache *to = cache != NULL ? cache : &pool->shared;
	cell->mailbox.tail = (struct envelope *)to->free;
	to->free = cell;
	struct cell *chain = ++to->free_count >= 2 * CHAIN ? chain_cut(to) : NULL;
	if (cache != NULL && chain != NULL)
		pthread_mutex_lock(&pool->lock);
	if (chain != NULL) {
		chain->extra = (struct extra *)pool->chains;
		troupei_store_relaxed_ptr(&pool->chains, chain);
	}
	if (cache == NULL || chain != NULL)
		pthread_mutex_unlock(&pool->lock);
}

void troupei_slots_each(const struct slot_pool *pool, void (*visit)(struct cell *cell, void *context), void *context)
{
	uint32_t used = troupei_load_relaxed_32(&chunks_used);

	for (uint32_t chunk = 0; chunk < used; chunk++) {
		if (troupei_load_relaxed_8(&chunk_owner[chunk]) != pool->system)
			continue;
		for (uint32_t i = 0; i < SLOT_CHUNK; i++) {
			struct cell *cell = &troupei_cells[chunk * SLOT_CHUNK + i];
			if (troupei_load_relaxed_32(&cell->generation) != 0)
				visit(cell, context);
		}
	}
}
