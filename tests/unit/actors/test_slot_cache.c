/* SPDX-License-Identifier: MIT */
/* Slots that lie ready on a worker: taken and given as elsewhere. */
#include "actors/slot_cache.h"

#include "stage.h"

static struct stage s;

static troupe_verdict take_and_give(troupe_actor *me, void *argument)
{
	struct actor_worker *worker = troupei_me_worker(me);
	struct cell *first, *second;

	(void)argument;
	CHECK_OK(troupei_cell_take_quickly(worker->system, worker, &first));
	uint32_t generation = first->generation, free_count = worker->slots.free_count;
	CHECK_EQ(generation & 1, 1);
	troupei_cell_retire(first);
	troupei_cell_give_quickly(worker->system, worker, first);
	CHECK_EQ(worker->slots.free_count, free_count + 1);
	CHECK_OK(troupei_cell_take_quickly(worker->system, worker, &second));
	CHECK(second == first);
	CHECK_EQ(second->generation, generation + 2); /* old references are stale */
	troupei_cell_retire(second);
	troupei_cell_give_quickly(worker->system, worker, second);
	return TROUPE_HANDLED;
}

TEST(slot_cache, takes_what_was_given_last)
{
	stage_start(&s, 1);
	perform(&s, player(&s), take_and_give, NULL);
	stage_finish(&s);
}

TEST(slot_cache, counts_where_actors_are_limited)
{
	struct cell *cell, *other;
	troupe_options options = stage_options(&s, 1);
	options.actors_max = 1;
	CHECK_OK(troupe_start(&options, &s.system));
	CHECK_OK(troupei_cell_take_quickly(s.system.private_, NO_WORKER, &cell));
	CHECK_EQ(troupei_cell_take_quickly(s.system.private_, NO_WORKER, &other), TROUPE_ELIMIT);
	troupei_cell_retire(cell);
	troupei_cell_give_quickly(s.system.private_, NO_WORKER, cell);
	CHECK_OK(troupei_cell_take_quickly(s.system.private_, NO_WORKER, &cell));
	troupei_cell_retire(cell);
	troupei_cell_give_quickly(s.system.private_, NO_WORKER, cell);
	stage_finish(&s);
}
