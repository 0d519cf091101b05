/* SPDX-License-Identifier: MIT */
/* Slabs, the depot of full magazines, and giving slabs back after a burst. Invariants M1 to M3: base/memory.h. */
#include "base/depot.h"

#include <pthread.h>
#include <sys/mman.h>

#include "base/check.h"

enum {
	SLAB_SIZE = 2 << 20,
	CUT_AT_ONCE = 64,          /* blocks threaded at a time from a fresh slab */
	SLABS_KEPT = 2,            /* of each class, by a trim: so that a small burst costs no page faults */
	SURPLUS_BYTES = 8 << 20,   /* more than this in the depot, and a trim is worth it */
};

/* At the start of each slab; touched with its depot's lock held. */
struct slab {
	struct slab *next;
	uint32_t cut;      /* blocks cut from it so far */
	uint32_t in_depot; /* of these, counted during a trim */
};

struct depot {
	pthread_mutex_t lock;
	struct block *magazines; /* linked by next_magazine */
	struct slab *slabs;      /* newest first: only the first may have blocks left to cut */
	struct slab *unwanted;   /* that the kernel did not take back: to be cut again, before others */
	uint64_t blocks;         /* in the magazines */
	uint64_t blocks_stuck;   /* in the magazines after the last trim: it cannot do better soon */
} __attribute__((aligned(TROUPEI_CACHE_LINE)));

#define DEPOT { .lock = PTHREAD_MUTEX_INITIALIZER }
static struct depot depots[BLOCK_CLASSES] = { DEPOT, DEPOT, DEPOT, DEPOT, DEPOT, DEPOT };
static uint64_t slab_bytes;

/* From one block to the next. */
static size_t pitch(unsigned class)
{
	return BLOCK_SIZE(class) + troupei_block_tail;
}

static uint32_t blocks_per_slab(unsigned class)
{
	return (uint32_t)(SLAB_SIZE / pitch(class)) - 1; /* the header takes the place of one */
}

static struct slab *slab_of(const void *block)
{
	return (struct slab *)((uintptr_t)block & ~(uintptr_t)(SLAB_SIZE - 1));
}

/* SLAB_SIZE bytes aligned to SLAB_SIZE. The kernel mostly continues downwards from an aligned one: the first try does. */
static void *map_slab(void)
{
	char *memory = mmap(NULL, SLAB_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED || ((uintptr_t)memory & (SLAB_SIZE - 1)) == 0)
		return memory == MAP_FAILED ? NULL : memory;
	munmap(memory, SLAB_SIZE);
	memory = mmap(NULL, 2 * (size_t)SLAB_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return NULL;
	size_t before = -(uintptr_t)memory & (SLAB_SIZE - 1);
	if (before > 0)
		munmap(memory, before);
	munmap(memory + before + SLAB_SIZE, SLAB_SIZE - before);
	return memory + before;
}

/* On small pages: why not on huge ones, docs/design/0003-hot-path.md. */
static struct slab *slab_add(struct depot *depot)
{
	struct slab *slab = depot->unwanted;

	if (slab != NULL) {
		depot->unwanted = slab->next;
		slab->cut = 0;
	} else {
		if ((slab = map_slab()) == NULL)
			return NULL;
		troupei_count_relaxed_64(&slab_bytes, SLAB_SIZE);
	}
	slab->next = depot->slabs;
	depot->slabs = slab;
	return slab;
}

/* Up to CUT_AT_ONCE fresh blocks, linked in ascending order: worth up to twice the speed in a flood (docs/design). */
static struct block *cut_blocks(struct depot *depot, unsigned class, uint32_t *count)
{
	struct slab *slab = depot->slabs;

	if (slab == NULL || slab->cut == blocks_per_slab(class))
		slab = slab_add(depot);
	if (slab == NULL)
		return NULL;
	uint32_t n = blocks_per_slab(class) - slab->cut;
	if (n > CUT_AT_ONCE)
		n = CUT_AT_ONCE;
	char *at = (char *)slab + (slab->cut + 1) * pitch(class);
	struct block *list = NULL;
	for (uint32_t i = n; i-- > 0;) {
		struct block *block = (struct block *)(at + i * pitch(class));
		block->next = list;
		list = block;
	}
	slab->cut += n;
	*count = n;
	return list;
}

void troupei_depot_put(unsigned class, struct block *list, uint32_t count)
{
	struct depot *depot = &depots[class];

	pthread_mutex_lock(&depot->lock);
	list->next_magazine = depot->magazines;
	list->count = count;
	depot->magazines = list;
	troupei_store_relaxed_64(&depot->blocks, depot->blocks + count);
	pthread_mutex_unlock(&depot->lock);
}

struct block *troupei_depot_get(unsigned class, uint32_t *count)
{
	struct depot *depot = &depots[class];

	pthread_mutex_lock(&depot->lock);
	struct block *list = depot->magazines;
	if (list != NULL) {
		depot->magazines = list->next_magazine;
		*count = list->count;
		troupei_store_relaxed_64(&depot->blocks, depot->blocks - list->count);
		if (depot->blocks < depot->blocks_stuck) /* what is put from now on may be free to leave */
			troupei_store_relaxed_64(&depot->blocks_stuck, depot->blocks);
	} else {
		list = cut_blocks(depot, class, count);
	}
	pthread_mutex_unlock(&depot->lock);
	return list;
}

uint64_t troupei_depot_out(unsigned class)
{
	struct depot *depot = &depots[class];
	uint64_t cut = 0;

	pthread_mutex_lock(&depot->lock);
	for (const struct slab *slab = depot->slabs; slab != NULL; slab = slab->next)
		cut += slab->cut;
	uint64_t blocks = depot->blocks;
	pthread_mutex_unlock(&depot->lock);
	return cut - blocks;
}

/* ------------------------------------------------------------------------------------------------------- trimming -- */

/* Would the slab leave? All of its blocks are here, and it is not the one that blocks are cut from. */
static bool slab_leaves(const struct slab *slab, unsigned class)
{
	return slab->in_depot == blocks_per_slab(class);
}

static void count_blocks(struct depot *depot)
{
	for (struct slab *slab = depot->slabs; slab != NULL; slab = slab->next)
		slab->in_depot = 0;
	for (struct block *magazine = depot->magazines; magazine != NULL; magazine = magazine->next_magazine)
		for (struct block *block = magazine; block != NULL; block = block->next)
			slab_of(block)->in_depot++;
}

/* Spare the newest few that could leave: mark them as if a block were missing. */
static void spare_slabs(struct depot *depot, unsigned class)
{
	unsigned spared = 0;

	for (struct slab *slab = depot->slabs; slab != NULL && spared < SLABS_KEPT; slab = slab->next)
		if (slab_leaves(slab, class)) {
			slab->in_depot = 0;
			spared++;
		}
}

/* Take the blocks of leaving slabs out of the magazines; a magazine that is emptied goes. */
static void drop_blocks(struct depot *depot, unsigned class)
{
	struct block *magazine = depot->magazines, *kept = NULL;
	uint64_t blocks = 0;

	while (magazine != NULL) {
		struct block *next_magazine = magazine->next_magazine, *list = NULL;
		uint32_t count = 0;
		for (struct block *block = magazine, *next; block != NULL; block = next) {
			next = block->next;
			if (slab_leaves(slab_of(block), class))
				continue;
			block->next = list;
			list = block;
			count++;
		}
		if (list != NULL) {
			list->count = count;
			list->next_magazine = kept;
			kept = list;
			blocks += count;
		}
		magazine = next_magazine;
	}
	depot->magazines = kept;
	troupei_store_relaxed_64(&depot->blocks_stuck, blocks);
	troupei_store_relaxed_64(&depot->blocks, blocks);
}

static void unmap_slabs(struct depot *depot, unsigned class)
{
	struct slab **link = &depot->slabs;

	while (*link != NULL) {
		struct slab *slab = *link;
		if (!slab_leaves(slab, class)) {
			link = &slab->next;
			continue;
		}
		*link = slab->next;
		if (munmap(slab, SLAB_SIZE) == 0) {
			troupei_count_relaxed_64(&slab_bytes, -(uint64_t)SLAB_SIZE);
		} else { /* a hole would be one mapping more than the process may have (vm.max_map_count) */
			slab->next = depot->unwanted;
			depot->unwanted = slab;
		}
	}
}

static bool depot_has_surplus(const struct depot *depot, unsigned class)
{
	uint64_t blocks = troupei_load_relaxed_64(&depot->blocks), stuck = troupei_load_relaxed_64(&depot->blocks_stuck);

	return blocks > stuck && (blocks - stuck) * pitch(class) > SURPLUS_BYTES;
}

bool troupei_memory_surplus(void)
{
	for (unsigned class = 0; class < BLOCK_CLASSES; class++)
		if (depot_has_surplus(&depots[class], class))
			return true;
	return false;
}

void troupei_memory_trim(void)
{
	for (unsigned class = 0; class < BLOCK_CLASSES; class++) {
		struct depot *depot = &depots[class];
		pthread_mutex_lock(&depot->lock);
		if (depot_has_surplus(depot, class)) {
			count_blocks(depot);
			spare_slabs(depot, class);
			drop_blocks(depot, class);
			unmap_slabs(depot, class);
		}
		pthread_mutex_unlock(&depot->lock);
	}
}

uint64_t troupei_memory_bytes(void)
{
	return troupei_load_relaxed_64(&slab_bytes);
}

void troupei_memory_around_fork(bool before)
{
	for (unsigned class = 0; class < BLOCK_CLASSES; class++)
		if (before)
			pthread_mutex_lock(&depots[class].lock);
		else
			pthread_mutex_unlock(&depots[class].lock);
}
