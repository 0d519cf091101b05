/* SPDX-License-Identifier: MIT */
/* How lives end by themselves. What becomes known to nobody after a crash is written down before it. */
#include "cast.h"
#include "../../tests/support/faults.h"

static void crash(struct player *player)
{
	struct world *world = player->self.sender.world;

	atomic_fetch_add_explicit(&world->crashes_made, 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&totals.crashes, 1, memory_order_relaxed);
	/* An overflow touches eight megabytes: not as often as the others. */
	enum fault which = (enum fault)dice_below(&player->self.sender.dice, FAULTS);
	if (which == FAULT_OVERFLOW && !dice_one_in(&player->self.sender.dice, 8))
		which = FAULT_NULL;
	fault_make(which);
	finding("a fault of cause %u was survived", which);
}

static bool contained(struct player *player)
{
	return player_role(player)->behaviour.isolation == TROUPE_CONTAINED;
}

/* The frames that are forgotten. */
static __attribute__((noinline)) void fail_deep(troupe_actor *me, volatile uint32_t depth)
{
	if (depth > 0)
		fail_deep(me, depth - 1);
	else if (me != NULL) /* always; the compiler must not know */
		troupe_fail_now(me, TROUPE_EUSER - 3);
	depth++;
}

troupe_verdict mishap(troupe_actor *me, struct player *player)
{
	struct dice *dice = &player->self.sender.dice;

	if (contained(player) && !dice_one_in(dice, 3)) {
		life_over(player, TROUPE_ECRASHED);
		player->crashing = true;
		crash(player);
	}
	switch (dice_below(dice, 8)) {
	case 0: troupe_exit(me, TROUPE_OK); return TROUPE_HANDLED;
	case 1: troupe_exit(me, TROUPE_EUSER); return TROUPE_HANDLED;
	case 2: EXPECT("troupe_kill of oneself", troupe_kill(me->ref), TROUPE_ECLOSED); return TROUPE_HANDLED;
	case 3: EXPECT("troupe_stop of oneself", troupe_stop(me->ref), TROUPE_ECLOSED); return TROUPE_HANDLED;
	case 4: return TROUPE_FAILED;
	case 5: return troupe_fail(me, TROUPE_EUSER - 1);
	case 6: return troupe_fail(me, TROUPE_ECRASHED); /* a reason that looks like another */
	default:
		atomic_store_explicit(&player->self.running, 0, memory_order_relaxed);
		fail_deep(me, dice_below(dice, 8));
		return TROUPE_FAILED;
	}
}

troupe_verdict mishap_at_birth(troupe_actor *me, struct player *player)
{
	struct dice *dice = &player->self.sender.dice;
	bool crashes = contained(player) && dice_one_in(dice, 2);

	if (dice_one_in(dice, 4)) { /* an ordinary end, with terminate */
		troupe_exit(me, dice_one_in(dice, 2) ? TROUPE_OK : TROUPE_EUSER);
		return TROUPE_HANDLED;
	}
	life_over(player, crashes ? TROUPE_ECRASHED : TROUPE_EUSER - 2);
	player->crashing = true;
	if (crashes)
		crash(player);
	if (dice_one_in(dice, 2))
		troupe_fail_now(me, TROUPE_EUSER - 2);
	return troupe_fail(me, TROUPE_EUSER - 2);
}

void mishap_at_end(troupe_actor *me, struct player *player)
{
	player->crashing = true;
	if (contained(player) && dice_one_in(&player->self.sender.dice, 2))
		crash(player);
	troupe_fail_now(me, TROUPE_EUSER);
}
