/* SPDX-License-Identifier: MIT */
/* Actors whose handlers block: never more of them at once than blocking_max says, and everything else as for all others. */
#include "cast.h"
#include "families.h"

static void dress(struct cast *cast, struct dice *dice, troupe_behaviour *behaviour)
{
	(void)cast;
	if (dice_one_in(dice, 3))
		return;
	behaviour->isolation = TROUPE_TOGETHER;
	behaviour->blocks = 1;
}

static void act(troupe_actor *me, struct player *player)
{
	struct world *world = player->self.sender.world;
	troupe_status why;

	if (!player_role(player)->behaviour.blocks || !dice_one_in(&player->self.sender.dice, 4))
		return;
	uint32_t others = atomic_fetch_add_explicit(&world->blocking_now, 1, memory_order_relaxed);
	if (others >= world->blocking_max)
		finding("%u handlers block at once, but blocking_max is %u", others + 1, world->blocking_max);
	process_nap(dice_scaled(&player->self.sender.dice, 1, 400) * TROUPE_US);
	atomic_fetch_sub_explicit(&world->blocking_now, 1, memory_order_relaxed);
	if (troupe_wait_end(me->ref, TROUPE_MS, &why) != TROUPE_ECONTEXT)
		finding("troupe_wait_end in a handler did not give TROUPE_ECONTEXT");
}

const struct family block_family = { .name = "block", .dress = dress, .act = act };

const struct scenario block_scenario =
	CAST_SCENARIO("block", "actors whose handlers block, among others that do not", &block_family);
