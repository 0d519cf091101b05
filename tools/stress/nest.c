/* SPDX-License-Identifier: MIT */
/* Trees of supervisors for a part of the cast: drawn, started, looked at when all has come to rest, and stopped. */
#include <stdio.h>
#include <stdlib.h>

#include "cast.h"

#define CHILDREN_MAX 8u
#define DEPTH_MAX    3u

/* ----------------------------------------------------------------------------------------------------------- specs -- */

static int64_t draw_stop(struct dice *dice)
{
	static const int64_t times[] = { 0, 0, 0, TROUPE_AT_ONCE, TROUPE_MS, 20 * TROUPE_S };

	return times[dice_below(dice, sizeof times / sizeof *times)] * (dice_one_in(dice, 4) ? 1 : 0);
}

static troupe_restart draw_restart(struct dice *dice)
{
	return dice_one_in(dice, 5) ? (troupe_restart)dice_below(dice, 3) : TROUPE_PERMANENT;
}

troupe_child_spec role_spec(struct cast *cast, struct dice *dice, uint32_t index)
{
	struct role *role = &cast->roles[index];

	role->restart = draw_restart(dice);
	return (troupe_child_spec){
		.name = role->name, .behaviour = &role->behaviour, .initial = role->initial, .restart = role->restart,
		.queue = (troupe_queue)dice_below(dice, 3), .stop_within_ns = draw_stop(dice),
	};
}

/* Its limits: mostly none, so that every end is a restart; a tight one now and then, so that it gives up. */
static void draw_limits(struct dice *dice, struct nest *nest)
{
	troupe_supervisor *tree = &nest->tree;

	tree->strategy = (troupe_strategy)dice_below(dice, 3);
	tree->restarts_max = TROUPE_UNLIMITED;
	tree->within_ns = 1;
	if (dice_one_in(dice, 6)) {
		tree->restarts_max = dice_between(dice, 1, 20);
		tree->within_ns = 10 * TROUPE_S;
		nest->may_end = true;
	}
	if (dice_one_in(dice, 6)) {
		tree->auto_shutdown = dice_one_in(dice, 2) ? TROUPE_ANY_SIGNIFICANT : TROUPE_ALL_SIGNIFICANT;
		nest->may_end = true;
	}
	if (dice_one_in(dice, 8)) {
		tree->within_ns = TROUPE_S; /* else no two restarts are in a row */
		tree->back_off_ns = dice_between(dice, 1, 2000) * TROUPE_US;
		tree->back_off_ns_max = 20 * TROUPE_MS;
	}
}

/* Draws a nest with children from role @p next on; the next role that is free. */
static uint32_t draw_nest(struct cast *cast, struct dice *dice, struct nest *above, struct world *world, uint32_t next,
                          unsigned depth)
{
	struct nest *nest = &cast->nests[cast->nests_count];
	uint32_t children = dice_between(dice, 1, CHILDREN_MAX);

	snprintf(nest->name, sizeof nest->name, "n%u", cast->nests_count++);
	nest->above = above;
	nest->world = world;
	nest->may_end = above != NULL && above->may_end;
	nest->specs = process_array(CHILDREN_MAX + 1, sizeof *nest->specs);
	nest->tree.name = nest->name;
	nest->tree.children = nest->specs;
	draw_limits(dice, nest);
	for (uint32_t i = 0; i < children && next < cast->first_count; i++) {
		if (depth < DEPTH_MAX && cast->nests_count < NESTS_MAX && dice_one_in(dice, 4)) {
			struct nest *below = &cast->nests[cast->nests_count];
			next = draw_nest(cast, dice, nest, world, next, depth + 1);
			nest->specs[i] = (troupe_child_spec){ .name = below->name, .supervisor = &below->tree };
			continue;
		}
		struct role *role = &cast->roles[next];
		role->nest = nest;
		role->place = i;
		role->world = world;
		role->initial->self.sender.world = world;
		nest->specs[i] = role_spec(cast, dice, next++);
		nest->specs[i].significant = role->restart != TROUPE_PERMANENT && dice_one_in(dice, 2);
	}
	return next;
}

void nests_build(struct cast *cast)
{
	struct dice *dice = &cast->part->dice;
	uint32_t supervised = dice_below(dice, cast->first_count + 1), next = 0;

	while (next < supervised && cast->nests_count < NESTS_MAX)
		next = draw_nest(cast, dice, NULL, part_world(cast->part, next), next, 1);
}

/* --------------------------------------------------------------------------------------------------------- running -- */

/* Everybody in a tree is there when it is, and is found by name. */
static void find_children(struct cast *cast, struct nest *nest)
{
	troupe_ref ref;

	for (const troupe_child_spec *spec = nest->specs; spec->behaviour != NULL || spec->supervisor != NULL; spec++) {
		/* One that may not live again may have ended already. */
		if (!EXPECT("troupe_child", troupe_child(nest->ref, spec->name, &ref), TROUPE_ENOENT, TROUPE_EGONE))
			continue;
		for (uint32_t i = 0; i < cast->first_count; i++)
			if (spec->behaviour == &cast->roles[i].behaviour)
				role_made(&cast->roles[i], ref);
		for (unsigned i = 0; i < cast->nests_count; i++)
			if (spec->supervisor == &cast->nests[i].tree)
				cast->nests[i].ref = ref;
	}
}

void nests_start(struct cast *cast)
{
	for (unsigned i = 0; i < cast->nests_count; i++) {
		struct nest *nest = &cast->nests[i];
		if (nest->above == NULL) {
			troupe_status status = troupe_supervise(nest->world->system, NULL, &nest->tree, &nest->ref);
			if (!EXPECT("troupe_supervise", status, TROUPE_OK))
				continue;
		}
		if (!troupe_ref_is_null(nest->ref))
			find_children(cast, nest);
	}
}

/* A permanent child lives, unless its tree has ended; one that is transient and does not has ended well. */
static bool is_missing(struct role *role)
{
	if (atomic_load(&role->alive) || atomic_load(&role->removed) || role->nest->may_end)
		return false;
	if (role->restart == TROUPE_PERMANENT)
		return true;
	return role->restart == TROUPE_TRANSIENT && atomic_load(&role->last) != TROUPE_OK;
}

/* Other casts, too, may hold what little memory there is for somebody who is to live again. */
static bool may_back_off(const struct cast *cast)
{
	bool may = cast->part->round->memory_max > 0;

	for (unsigned i = 0; i < cast->nests_count; i++)
		may = may || cast->nests[i].tree.back_off_ns != 0;
	return may;
}

void nests_audit(struct cast *cast)
{
	double until = report_elapsed() + 5.0 * process_slow(); /* a back-off may be on its way */

	if (may_back_off(cast)) {
		process_nap(60 * TROUPE_MS * process_slow()); /* nobody knows who is to end there, and live again: wait for all */
		worlds_settle(cast->part->round);
	}
	for (uint32_t i = 0; i < cast->first_count; i++) {
		struct role *role = &cast->roles[i];
		while (role->nest != NULL && is_missing(role) && report_elapsed() < until)
			process_nap(TROUPE_MS);
		if (role->nest != NULL && is_missing(role))
			finding("role %u (restart type %d, strategy %d) had %u lives, the last ended by %s, and does not live again", i,
			        (int)role->restart, (int)role->nest->tree.strategy, atomic_load(&role->begun),
			        troupe_status_name((troupe_status)atomic_load(&role->last)));
	}
}

void nests_stop(struct cast *cast)
{
	for (unsigned i = 0; i < cast->nests_count; i++)
		if (cast->nests[i].above == NULL)
			EXPECT("troupe_stop of a supervisor", troupe_stop(cast->nests[i].ref), TROUPE_EGONE, TROUPE_ECLOSED);
}

void nests_discard(struct cast *cast)
{
	for (unsigned i = 0; i < cast->nests_count; i++)
		free(cast->nests[i].specs);
}
