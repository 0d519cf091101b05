/* SPDX-License-Identifier: MIT */
/* Supervisors: children added and removed while it all fails, and the count of restarts. What players do in trees anyway (order
 * of beginning, one life at a time, the reason of the last one) is checked by player.c and nest.c for all families. */
#include "cast.h"
#include "families.h"

static uint32_t draw_nest(struct cast *cast, struct dice *dice)
{
	return dice_below(dice, cast->nests_count);
}

static void add(struct cast *cast, struct dice *dice)
{
	struct nest *nest = &cast->nests[draw_nest(cast, dice)];
	uint32_t index;
	troupe_ref ref;

	if (troupe_ref_is_null(nest->ref) || !cast_more(cast, nest->world, &index))
		return;
	struct role *role = &cast->roles[index];
	role->nest = nest;
	role->place = UINT32_MAX; /* behind all others */
	troupe_child_spec spec = role_spec(cast, dice, index);
	if (EXPECT("troupe_add_child", troupe_add_child(nest->ref, &spec, &ref), TROUPE_EGONE, TROUPE_ECLOSED))
		role_made(role, ref);
}

static void remove_one(struct cast *cast, struct dice *dice)
{
	struct role *role = &cast->roles[cast_draw(cast, dice)];
	troupe_ref ref = role_ref(role), found;

	if (troupe_ref_is_null(ref) || role->nest == NULL || troupe_ref_is_null(role->nest->ref))
		return;
	atomic_store_explicit(&role->removed, true, memory_order_relaxed);
	EXPECT("troupe_remove_child", troupe_remove_child(role->nest->ref, ref), TROUPE_ENOENT, TROUPE_EGONE, TROUPE_ECLOSED);
	if (dice_one_in(dice, 4))
		EXPECT("troupe_child", troupe_child(role->nest->ref, role->name, &found), TROUPE_ENOENT, TROUPE_EGONE);
	if (dice_one_in(dice, 4) && troupe_wait_end(ref, 10 * TROUPE_MS, NULL) == TROUPE_OK)
		atomic_store_explicit(&role->gone, true, memory_order_relaxed);
}

static void change(struct thread *thread)
{
	struct part *part = thread->part;
	struct dice *dice = &thread->sender.dice;

	for (uint32_t i = 0; i < 100 && !round_closing(part->round); i++) {
		if (dice_one_in(dice, 2))
			add(part->own, dice);
		else if (dice_one_in(dice, 4))
			remove_one(part->own, dice);
		process_nap(dice_below(dice, 400) * TROUPE_US);
	}
}

static void start(struct cast *cast)
{
	if (cast->nests_count == 0)
		return;
	part_thread(cast->part, false, change);
	if (dice_one_in(&cast->part->dice, 2))
		part_thread(cast->part, false, change);
}

/* A handler may do the same to its own siblings. */
static void act(troupe_actor *me, struct player *player)
{
	struct role *role = player_role(player);
	troupe_ref found;

	if (role->nest == NULL)
		return;
	if (!troupe_ref_equal(troupe_parent(me), role->nest->ref) && !troupe_ref_is_null(role->nest->ref))
		finding("role %u: troupe_parent is not its supervisor", player->self.index);
	/* It may have been removed; then the name may even be free. */
	if (EXPECT("troupe_child of one's own parent", troupe_child(troupe_parent(me), role->name, &found), TROUPE_ENOENT,
	           TROUPE_EGONE) &&
	    !troupe_ref_equal(found, me->ref))
		finding("role %u: troupe_child finds another one by its name", player->self.index);
	if (cast_has(player->cast, family_number(&supervise_family)) && dice_one_in(&player->self.sender.dice, 40))
		add(player->cast, &player->self.sender.dice);
}

/* Each restart is a life; each life but the first is a restart, or was ordered with its group. */
static void audit(struct cast *cast)
{
	struct round *round = cast->part->round;

	for (unsigned w = 0; w < round->worlds_count; w++) {
		troupe_counters counters;
		uint64_t lives = 0;
		bool one_for_one = true, other_casts = false;
		for (unsigned p = 0; p < round->parts_count; p++)
			other_casts = other_casts || round->parts[p].scenario == &process_scenario ||
			              (round->parts[p].scenario->close != NULL && round->parts[p].own != cast);
		for (unsigned i = 0; i < cast->nests_count; i++)
			one_for_one = one_for_one && cast->nests[i].tree.strategy == TROUPE_ONE_FOR_ONE && !cast->nests[i].may_end;
		for (uint32_t i = 0; i < atomic_load(&cast->roles_count); i++)
			if (cast->roles[i].world == &round->worlds[w] && atomic_load(&cast->roles[i].begun) != 0)
				lives += atomic_load(&cast->roles[i].begun) - 1;
		EXPECT("troupe_counters_read", troupe_counters_read(round->worlds[w].system, &counters), TROUPE_OK);
		if (one_for_one && !other_casts && counters.restarts != lives)
			finding("%llu restarts are counted, but %llu lives have begun again", (unsigned long long)counters.restarts,
			        (unsigned long long)lives);
	}
}

const struct family supervise_family = { .name = "supervise", .start = start, .act = act, .audit = audit };

const struct scenario supervise_scenario =
	CAST_SCENARIO("supervise", "trees of supervisors: every strategy, children added and removed while others fail",
	              &supervise_family);
