/* SPDX-License-Identifier: MIT */
/* Who can run, of which scheduler; and the numbers of actors. */
#include <stdlib.h>
#include <string.h>

#include "explore/simulation.h"

#define sim troupei_simulation

static struct {
	uint32_t *of_slot; /* 0: none yet */
	uint32_t room, given;
} numbers;

/* ------------------------------------------------------------------------------------------------------------ numbers -- */

static void make_room(uint32_t slot)
{
	uint32_t room = numbers.room > 0 ? numbers.room : 1024;

	while (room <= slot)
		room *= 2;
	uint32_t *larger = realloc(numbers.of_slot, room * sizeof *larger);
	if (larger == NULL)
		abort();
	memset(larger + numbers.room, 0, (room - numbers.room) * sizeof *larger);
	numbers.of_slot = larger;
	numbers.room = room;
}

uint32_t troupei_unit_new(const struct cell *cell)
{
	uint32_t slot = troupei_slot_of(cell);

	if (slot >= numbers.room)
		make_room(slot);
	return troupei_unit_of_actor(numbers.of_slot[slot] = ++numbers.given);
}

uint32_t troupei_unit_of_cell(const struct cell *cell)
{
	uint32_t slot = troupei_slot_of(cell);

	return slot < numbers.room && numbers.of_slot[slot] != 0 ? troupei_unit_of_actor(numbers.of_slot[slot])
	                                                         : troupei_unit_new(cell);
}

uint32_t troupei_units_next_slot(uint32_t slot)
{
	for (; slot < numbers.room; slot++)
		if (numbers.of_slot[slot] != 0)
			return slot;
	return UINT32_MAX;
}

void troupei_units_forget(void)
{
	if (numbers.room > 0)
		memset(numbers.of_slot, 0, numbers.room * sizeof *numbers.of_slot);
	numbers.given = 0;
}

/* -------------------------------------------------------------------------------------------------------------- shops -- */

static struct shop *shop_of(const struct scheduler *scheduler)
{
	for (uint32_t i = 0; i < sim.shop_count; i++)
		if (sim.shops[i].scheduler == scheduler)
			return &sim.shops[i];
	struct shop *larger = realloc(sim.shops, (sim.shop_count + 1) * sizeof *larger);
	if (larger == NULL)
		abort();
	sim.shops = larger;
	sim.shops[sim.shop_count] = (struct shop){ .scheduler = (struct scheduler *)(uintptr_t)scheduler };
	return &sim.shops[sim.shop_count++];
}

void troupei_shop_offer(const struct scheduler *scheduler, struct runnable *runnable)
{
	struct shop *shop = shop_of(scheduler);

	if (shop->count == shop->room) {
		shop->room = shop->room > 0 ? 2 * shop->room : 64;
		shop->ready = realloc(shop->ready, shop->room * sizeof(struct runnable *));
		if (shop->ready == NULL)
			abort();
	}
	shop->ready[shop->count++] = runnable;
	if (sim.strategy->touch != NULL)
		troupei_touch(troupei_unit_of_cell(troupei_cell_of(runnable)), TOUCH_WAKES, 0);
}

bool troupei_shop_has(const struct scheduler *scheduler)
{
	return shop_of(scheduler)->count > 0;
}

/* Nothing of it is left: it may be another's memory next. */
void troupei_shop_close(const struct scheduler *scheduler)
{
	struct shop *shop = shop_of(scheduler);

	free(shop->ready);
	*shop = sim.shops[--sim.shop_count];
}

void troupei_shops_free(void)
{
	while (sim.shop_count > 0)
		troupei_shop_close(sim.shops[0].scheduler);
	free(sim.shops);
	sim.shops = NULL;
}

/* The scheduler whose worker it is; NULL: it is none. */
static const struct scheduler *scheduler_of(const struct fiber *fiber)
{
	return fiber->run == troupei_worker_main ? ((const struct worker *)fiber->argument)->scheduler : NULL;
}

bool troupei_is_free_worker(const struct fiber *fiber, const struct scheduler *scheduler)
{
	if (scheduler_of(fiber) != scheduler)
		return false;
	return fiber->state == FIBER_RESTS ||
	       (fiber->state == FIBER_WAITS && fiber->on == &((const struct worker *)fiber->argument)->parker);
}

void troupei_shop_enter(const struct fiber *fiber)
{
	const struct scheduler *scheduler = scheduler_of(fiber);

	if (scheduler != NULL && troupei_is_free_worker(fiber, scheduler))
		shop_of(scheduler)->free++;
}

void troupei_shop_leave(const struct fiber *fiber)
{
	const struct scheduler *scheduler = scheduler_of(fiber);

	if (scheduler != NULL && troupei_is_free_worker(fiber, scheduler))
		shop_of(scheduler)->free--;
}
