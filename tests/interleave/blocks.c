/* SPDX-License-Identifier: MIT */
/* base/memory.h for scenarios that are not about memory: each block and each piece is a new one, and who touches it after it
 * was given back has failed. How many are out is counted. */
#include "base/memory.h"

#include <string.h>

#include "blocks.h"
#include "interleave.h"

__thread struct block_cache troupei_block_cache __attribute__((tls_model("initial-exec")));
uint32_t troupei_block_tail; /* nothing is recorded */
int blocks_out;

void blocks_begin(void)
{
	memset(&troupei_block_cache, 0, sizeof troupei_block_cache);
	races_are_fine(&troupei_block_cache, sizeof troupei_block_cache); /* empty between two steps */
	blocks_out = 0;
}

void *troupei_block_take_slow(unsigned class)
{
	book_add(&blocks_out, 1);
	return arena_take(BLOCK_SIZE(class), BLOCK_SIZE_SMALLEST);
}

void troupei_block_give_slow(unsigned class)
{
	struct block_cache_class *cache = &troupei_block_cache.classes[class];

	book_add(&blocks_out, -1);
	arena_free(cache->list, BLOCK_SIZE(class));
	cache->list = NULL;
	cache->count = 0;
}

void *troupei_allocate(size_t size)
{
	return arena_take(size, 16);
}

void troupei_deallocate(void *memory, size_t size)
{
	arena_free(memory, size);
}

void *troupei_allocate_aligned(size_t size)
{
	return arena_take(size, TROUPEI_CACHE_LINE);
}

void troupei_deallocate_aligned(void *memory)
{
	arena_free(memory, TROUPEI_CACHE_LINE);
}

void *troupei_reallocate(void *old, size_t old_size, size_t size)
{
	void *memory = arena_take(size, 16);

	if (old != NULL)
		memcpy(memory, old, old_size < size ? old_size : size);
	arena_free(old, old_size);
	return memory;
}

bool troupei_memory_surplus(void)
{
	return false;
}

void troupei_memory_trim(void)
{
}

void troupei_memory_flush(void)
{
}
