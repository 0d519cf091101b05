/* SPDX-License-Identifier: MIT */
/* The slow half of message memory on the side of a thread: its magazines exchanged with the depot. And plain memory. */
#include "base/memory.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/depot.h"

#ifndef TROUPE_ALLOC_MALLOC
#define TROUPE_ALLOC_MALLOC 0
#endif

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t thread_end;
static bool use_malloc = TROUPE_ALLOC_MALLOC;

__thread struct block_cache troupei_block_cache __attribute__((tls_model("initial-exec")));
static bool (*_Atomic allocation_fails)(size_t size);

static void flush_at_end(void *cache)
{
	(void)cache;
	troupei_memory_flush();
}

static void initialise(void)
{
	const char *choice = getenv("TROUPE_ALLOC");

	if (choice != NULL)
		use_malloc = strcmp(choice, "malloc") == 0;
	/* No key is left (PTHREAD_KEYS_MAX): the magazines of threads that end would be lost, so there are none. */
	if (pthread_key_create(&thread_end, flush_at_end) != 0)
		use_malloc = true;
}

uint32_t troupei_block_tail;

bool troupei_memory_leave_room(void)
{
	if (troupei_block_tail == 0 && troupei_memory_bytes() > 0)
		return false;
	troupei_block_tail = BLOCK_TAIL;
	return true;
}

bool troupei_memory_is_malloc(void)
{
	pthread_once(&once, initialise);
	return use_malloc;
}

void troupei_memory_fail_by(bool (*fails)(size_t size))
{
	allocation_fails = fails;
}

bool troupei_memory_refuses(size_t size)
{
	bool (*fails)(size_t) = allocation_fails; /* once: a test may take it away meanwhile */

	return fails != NULL && fails(size);
}

void *troupei_allocate(size_t size)
{
	return troupei_memory_refuses(size) ? NULL : malloc(size);
}

void troupei_deallocate(void *memory, size_t size)
{
	(void)size;
	free(memory);
}

void *troupei_reallocate(void *old, size_t old_size, size_t size)
{
	(void)old_size;
	return troupei_memory_refuses(size) ? NULL : realloc(old, size);
}

void *troupei_allocate_aligned(size_t size)
{
	size_t whole = (size + TROUPEI_CACHE_LINE - 1) & ~(size_t)(TROUPEI_CACHE_LINE - 1);

	return troupei_memory_refuses(whole) ? NULL : aligned_alloc(TROUPEI_CACHE_LINE, whole);
}

void troupei_deallocate_aligned(void *memory)
{
	free(memory);
}

/* Blocks a full magazine holds. */
static uint32_t magazine_size(unsigned class)
{
	return class < 4 ? 256u >> class : 16;
}

/* First use by this thread: from now on its magazines have a size, and are given back when it ends. False: there is no memory to have
 * them given back, so it has none: each block comes from the depot, and goes there. */
static bool cache_register(void)
{
	if (troupei_block_cache.registered)
		return true;
	if (pthread_setspecific(thread_end, &troupei_block_cache) != 0)
		return false;
	troupei_block_cache.registered = true;
	for (unsigned class = 0; class < BLOCK_CLASSES; class++)
		troupei_block_cache.classes[class].limit = magazine_size(class);
	return true;
}

/* One block; the rest of its magazine goes back. */
static void *take_from_depot(unsigned class)
{
	uint32_t count;
	struct block *block = troupei_depot_get(class, &count);

	if (block != NULL && count > 1)
		troupei_depot_put(class, block->next, count - 1);
	return block;
}

void *troupei_block_take_slow(unsigned class)
{
	struct block_cache_class *cache = &troupei_block_cache.classes[class];

	if (troupei_memory_is_malloc())
		return troupei_memory_refuses(BLOCK_SIZE(class)) ? NULL
		                                                 : aligned_alloc(BLOCK_SIZE_SMALLEST, BLOCK_SIZE(class) + troupei_block_tail);
	if (cache->previous != NULL) {
		cache->list = cache->previous;
		cache->count = cache->previous_count;
		cache->previous = NULL;
	} else {
		if (troupei_memory_refuses(BLOCK_SIZE(class)))
			return NULL;
		if (!cache_register())
			return take_from_depot(class);
		cache->list = troupei_depot_get(class, &cache->count);
		if (cache->list == NULL)
			return NULL; /* the count is 0 as before */
	}
	return troupei_block_take(class);
}

/* The magazine in use is full; or it was never used; or blocks are malloc's, then it holds just the one to free. */
void troupei_block_give_slow(unsigned class)
{
	struct block_cache_class *cache = &troupei_block_cache.classes[class];

	if (troupei_memory_is_malloc()) {
		free(cache->list);
		cache->list = NULL;
		cache->count = 0;
		return;
	}
	if (!cache_register()) {
		troupei_depot_put(class, cache->list, cache->count);
		cache->list = NULL;
		cache->count = 0;
		return;
	}
	if (cache->count < cache->limit)
		return;
	if (cache->previous != NULL)
		troupei_depot_put(class, cache->previous, cache->previous_count);
	cache->previous = cache->list;
	cache->previous_count = cache->count;
	cache->list = NULL;
	cache->count = 0;
}

uint64_t troupei_memory_blocks_used(void)
{
	uint64_t used = 0;

	if (troupei_memory_is_malloc())
		return 0;
	for (unsigned class = 0; class < BLOCK_CLASSES; class++) {
		const struct block_cache_class *cache = &troupei_block_cache.classes[class];
		used += troupei_depot_out(class) - cache->count - (cache->previous != NULL ? cache->previous_count : 0);
	}
	return used;
}

void troupei_memory_flush(void)
{
	for (unsigned class = 0; class < BLOCK_CLASSES; class++) {
		struct block_cache_class *cache = &troupei_block_cache.classes[class];
		if (cache->list != NULL)
			troupei_depot_put(class, cache->list, cache->count);
		if (cache->previous != NULL)
			troupei_depot_put(class, cache->previous, cache->previous_count);
	}
	memset(&troupei_block_cache, 0, sizeof troupei_block_cache);
}
