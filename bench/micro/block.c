/* SPDX-License-Identifier: MIT */
/* Message memory: blocks of 32 bytes taken and given back, on one thread or on two. */
#include <pthread.h>
#include <sched.h>

#include "micro.h"

#include "base/memory.h"

static void *take(void)
{
	void *block = troupei_block_take(0);

	if (block == NULL)
		micro_must(TROUPE_ENOMEM);
	*(volatile uint64_t *)block = 1; /* as a message would: fresh memory is there now */
	return block;
}

/* Two at a time: one would leave it to the processor to see that nothing happens. */
void micro_block_pair(struct micro_run *run)
{
	run->began_ns = micro_now();
	for (uint64_t i = 0; i < run->n; i += 2) {
		void *first = take(), *second = take();
		troupei_block_give(first, 0);
		troupei_block_give(second, 0);
	}
	run->ns = (double)(micro_now() - run->began_ns);
}

void micro_block_burst(struct micro_run *run)
{
	void **blocks = micro_alloc(run->k * sizeof *blocks);
	uint64_t done = 0;

	run->began_ns = micro_now();
	for (; done < run->n; done += run->k) {
		for (uint64_t i = 0; i < run->k; i++)
			blocks[i] = take();
		for (uint64_t i = 0; i < run->k; i++)
			troupei_block_give(blocks[i], 0);
	}
	run->ns = (double)(micro_now() - run->began_ns) * (double)run->n / (double)done;
}

/* ------------------------------------------------------------------------------------------------------ two threads -- */

enum { BATCH = 512, PLACES = 32, LOOKS = 256 };

/* Batches of blocks go round from who takes to who gives back. */
struct place {
	uint64_t full; /* 1: for the giver; 0: for the taker */
	void *blocks[BATCH];
} __attribute__((aligned(TROUPEI_CACHE_LINE)));

static struct place places[PLACES];

/* Acquire, pairs with the release in pass: what the other one has written to the place, and to the blocks, is seen. */
static struct place *await(uint64_t batch, uint64_t full)
{
	struct place *place = &places[batch % PLACES];

	for (unsigned looks = 1; troupei_load_acquire_64(&place->full) != full; looks++)
		if (looks % LOOKS != 0)
			troupei_spin_hint();
		else
			sched_yield(); /* the other one may not be on a core */
	return place;
}

static void pass(struct place *place, uint64_t full)
{
	troupei_store_release_64(&place->full, full);
}

static void *give_all(void *argument)
{
	const struct micro_run *run = argument;

	for (uint64_t batch = 0; batch * BATCH < run->n; batch++) {
		struct place *place = await(batch, 1);
		for (int i = 0; i < BATCH; i++)
			troupei_block_give(place->blocks[i], 0);
		pass(place, 0);
	}
	troupei_memory_flush();
	return NULL;
}

void micro_block_across(struct micro_run *run)
{
	pthread_t giver;

	if (pthread_create(&giver, NULL, give_all, run) != 0)
		micro_must(TROUPE_ETHREAD);
	run->began_ns = micro_now();
	for (uint64_t batch = 0; batch * BATCH < run->n; batch++) {
		struct place *place = await(batch, 0);
		for (int i = 0; i < BATCH; i++)
			place->blocks[i] = take();
		pass(place, 1);
	}
	pthread_join(giver, NULL);
	run->ns = (double)(micro_now() - run->began_ns);
}
