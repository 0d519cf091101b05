/* SPDX-License-Identifier: MIT */
/* Message memory: blocks of a few sizes, from per-thread magazines with a depot behind them that all threads share.
 *
 * Producer and consumer of a message are different threads, so a block is mostly freed where it was not allocated. Each thread
 * keeps two magazines a size (Bonwick and Adams, "Magazines and Vmem", 2001): a full one goes to the depot whole, an empty one
 * is exchanged for a full one, and no list is walked on the way. Fresh blocks are cut from 2 MB slabs in ascending order.
 *
 *   M1  A block is in exactly one place: with its user, in one thread's magazine, in the depot, or not cut from its slab yet.
 *   M2  A magazine is touched by its thread alone; the depot only with its lock held.
 *   M3  A slab goes back to the operating system only when all of its blocks lie in the depot.
 *
 * With TROUPE_ALLOC=malloc in the environment, or built with TROUPE_ALLOC_MALLOC, every block is malloc's: sanitizers and
 * valgrind then see each one. This memory is shared by all systems of the process, since messages may go from one to another. */
#ifndef TROUPEI_BASE_MEMORY_H
#define TROUPEI_BASE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/atomics.h"

enum {
	BLOCK_CLASSES = 6,         /* 32, 64, 128, 256, 512, 1024 bytes */
	BLOCK_SIZE_SMALLEST = 32,
	BLOCK_SIZE_LARGEST = 1024,
};

#define BLOCK_SIZE(class) ((size_t)BLOCK_SIZE_SMALLEST << (class))

struct block {
	struct block *next;
	struct block *next_magazine; /* in the depot only */
	uint32_t count;              /* in the depot only */
};

struct block_cache_class {
	struct block *list; /* the magazine in use */
	uint32_t count;
	uint32_t limit;     /* full with so many; 0 before first use, and always where blocks are malloc's */
	struct block *previous; /* the other one: full, or NULL */
	uint32_t previous_count;
};

struct block_cache {
	struct block_cache_class classes[BLOCK_CLASSES];
	bool registered; /* given back when the thread ends */
};

/* initial-exec: one instruction to reach it, also from a shared library. */
extern __thread struct block_cache troupei_block_cache __attribute__((tls_model("initial-exec"))) TROUPEI_HIDDEN;

/* Bytes behind each block: 0, or BLOCK_TAIL if the process is recorded. */
extern uint32_t troupei_block_tail TROUPEI_HIDDEN;
enum { BLOCK_TAIL = 32 };

/* Each block that is made from now on has a tail. False: there are blocks without one already. */
bool troupei_memory_leave_room(void);

void *troupei_block_take_slow(unsigned class);
void troupei_block_give_slow(unsigned class);

/* The smallest class that holds @p size bytes; BLOCK_CLASSES: none does. */
static inline unsigned troupei_block_class(size_t size)
{
	if (size <= BLOCK_SIZE_SMALLEST)
		return 0;
	if (size > BLOCK_SIZE_LARGEST)
		return BLOCK_CLASSES;
	return (unsigned)(64 - 5 - __builtin_clzll((unsigned long long)size - 1));
}

/* A block of this class, its bytes undefined, 32-byte aligned; NULL: no memory. Any thread. */
static inline void *troupei_block_take(unsigned class)
{
	struct block_cache_class *cache = &troupei_block_cache.classes[class];
	struct block *block = cache->list;

	if (troupei_unlikely(block == NULL))
		return troupei_block_take_slow(class);
	cache->list = block->next;
	cache->count--;
	return block;
}

/* Give it back, on any thread. */
static inline void troupei_block_give(void *memory, unsigned class)
{
	struct block_cache_class *cache = &troupei_block_cache.classes[class];
	struct block *block = memory;

	block->next = cache->list;
	cache->list = block;
	if (troupei_unlikely(++cache->count >= cache->limit))
		troupei_block_give_slow(class);
}

/* Memory that is no message: NULL when there is none. Not zeroed. */
void *troupei_allocate(size_t size);
void troupei_deallocate(void *memory, size_t size);
/* @p old may be NULL with old_size 0. NULL: no memory, the old one is as it was. */
void *troupei_reallocate(void *old, size_t old_size, size_t size);

/* The same, on a cache line of its own; NULL may be deallocated. */
void *troupei_allocate_aligned(size_t size);
void troupei_deallocate_aligned(void *memory);

/* Test seam: @p fails is called before each allocation that may fail (with TROUPE_ALLOC=malloc: before every one); true makes it
 * fail. NULL: none does. Any thread, also while others allocate. */
void troupei_memory_fail_by(bool (*fails)(size_t size));

/* Whether that seam has it that an allocation of @p size bytes fails. Any thread. */
bool troupei_memory_refuses(size_t size);

/* Give slabs back whose blocks are all in the depot, save a few. Worth calling when troupei_memory_surplus says so: after a
 * burst, when nothing else is to be done. Touches each block in the depot. */
void troupei_memory_trim(void);
bool troupei_memory_surplus(void);

/* Bytes of slabs taken from the operating system. */
uint64_t troupei_memory_bytes(void);

/* Blocks that somebody has, or another thread's magazines hold: exact where this thread is the only one. 0: blocks are malloc's. */
uint64_t troupei_memory_blocks_used(void);

/* Are blocks malloc's? Decided once per process. */
bool troupei_memory_is_malloc(void);

/* Before a fork and after it, in both processes: the memory is whole in the child. Fork on a thread that is none of the user's. */
void troupei_memory_around_fork(bool before);

/* Hand this thread's magazines to the depot (at its end; tests). */
void troupei_memory_flush(void);

#endif
