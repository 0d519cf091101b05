/* SPDX-License-Identifier: MIT */
/* Blocks that are taken on one thread and given back on another, by way of magazines and the depot, while a third trims. Code:
 * base/depot.c, base/memory.c, with magazines of 2, slabs of 3 blocks. (M1 to M3)
 *
 * Must hold: a block is one thread's; what its user wrote stays; none is lost or there twice; memory goes only when all its
 * blocks are there. */
#include "base/depot.c"

#include <string.h>

#include "../interleave.h"

enum { CLASS = 3, ROUNDS = 3, MANY = 3 };

struct thing {
	uintptr_t owner;
};

static struct handover to[2]; /* by receiver */

static struct thing *take(uintptr_t owner)
{
	struct thing *thing = troupei_block_take(CLASS);

	EXPECT(thing != NULL);
	thing->owner = owner;
	return thing;
}

static void pass_on(uintptr_t me, int count)
{
	for (int i = 0; i < count; i++)
		handover_put(&to[1 - me], take(me));
}

static void give_back(uintptr_t me, int count)
{
	for (int i = 0; i < count; i++) {
		struct thing *theirs = handover_take(&to[me]);
		EXPECT(theirs->owner == 1 - me);
		theirs->owner = me;
		troupei_block_give(theirs, CLASS);
	}
}

/* Most blocks go from 0 to 1, and back by way of the depot; one each round goes the other way. */
static void user(void *at)
{
	uintptr_t me = (uintptr_t)at;

	for (int round = 0; round < ROUNDS; round++) {
		pass_on(me, me == 0 ? MANY : 1);
		give_back(me, me == 0 ? 1 : MANY);
	}
	troupei_memory_flush();
}

static void trimmer(void *unused)
{
	(void)unused;
	for (int i = 0; i < 2; i++) {
		if (troupei_memory_surplus())
			troupei_memory_trim();
		step_spin();
	}
}

static void begin(void)
{
	for (unsigned class = 0; class < BLOCK_CLASSES; class++)
		memset(&depots[class], 0, sizeof depots[class]);
	memset(to, 0, sizeof to);
	slab_bytes = 0;
	troupei_memory_is_malloc(); /* decides now, not in a schedule */
	thread_has_own(&troupei_block_cache, sizeof troupei_block_cache);
	name_memory(&depots[CLASS].lock, sizeof depots[CLASS].lock, "depot.lock");
	name_memory(&depots[CLASS], sizeof depots[CLASS], "depot");
	NAME(to[0]);
	NAME(to[1]);
	thread_start("user 0", user, (void *)0);
	thread_start("user 1", user, (void *)1);
	thread_start("trimmer", trimmer, NULL);
}

/* M1: all are here, each once. */
static void end(void)
{
	struct depot *depot = &depots[CLASS];
	uint64_t cut = 0, here = 0;

	count_blocks(depot);
	for (struct slab *slab = depot->slabs; slab != NULL; slab = slab->next) {
		EXPECT(slab->in_depot == slab->cut);
		cut += slab->cut;
	}
	for (struct block *magazine = depot->magazines; magazine != NULL; magazine = magazine->next_magazine) {
		uint32_t count = 0;
		for (struct block *block = magazine; block != NULL; block = block->next)
			count++;
		EXPECT(count == magazine->count);
		here += count;
	}
	EXPECT(here == cut && here == depot->blocks);
}

const struct scenario scenario = { "depot", begin, end };
