/* SPDX-License-Identifier: MIT */
/* What begins again, crashes, or hangs: supervisors, containment, the watchdog. */
#include "failures/failures.h"
#include "failures/scenes.h"
#include "support/faults.h"

/* ------------------------------------------------------------------------------------------------------- supervisors -- */

static const troupe_child_spec inner_children[] = {
	{ .name = "inner", .behaviour = &player, .stop_within_ns = LIMIT },
	{ 0 },
};
static const troupe_supervisor inner = { .name = "inner tree", .children = inner_children };
static const troupe_child_spec children[] = {
	{ .name = "first", .behaviour = &player, .stop_within_ns = LIMIT, .restart = TROUPE_TRANSIENT },
	{ .name = "second", .behaviour = &trapping_player, .stop_within_ns = LIMIT, .queue = TROUPE_QUEUE_DROP },
	{ .name = "tree", .supervisor = &inner },
	{ 0 },
};
static const troupe_supervisor tree = { .name = "tree", .children = children, .strategy = TROUPE_REST_FOR_ONE,
	                                .restarts_max = 20, .within_ns = LIMIT, .back_off_ns = TROUPE_MS / 10 };

static void watch_lives(troupe_actor *me, int64_t bits)
{
	MAY(troupe_monitor_lives(me, (troupe_ref){ (uint64_t)bits }, 0, NULL), MEMORY);
}

static void use_tree(someone top)
{
	const troupe_child_spec more = { .name = "more", .behaviour = &player, .stop_within_ns = LIMIT };
	someone first = { { 0 } }, added;

	if (!MAY(troupe_child(top.ref, "first", &first.ref), TROUPE_EGONE, TROUPE_ENOENT))
		return;
	perform(spawned(&player), watch_lives, (int64_t)first.ref.bits_private);
	for (int i = 0; i < 2; i++) {
		MAY(troupe_send(first, FAIL_NOW, 0), MEMORY, GONE);
		call_for_value(first, i);
		settle();
	}
	if (MAY(troupe_add_child(top.ref, &more, &added.ref), MEMORY, GONE)) {
		call_for_value(added, 1);
		MAY(troupe_send(added, FAIL_NOW, 0), MEMORY, GONE);
		settle();
		MAY(troupe_remove_child(top.ref, added.ref), TROUPE_EGONE, TROUPE_ECLOSED, TROUPE_ENOENT);
	}
	settle();
}

void scene_supervising(void)
{
	someone top;

	if (!begin((troupe_options){ 0 }))
		return;
	if (MAY(troupe_supervise(the_system, NULL, &tree, &top.ref), THREAD)) {
		settle();
		use_tree(top);
		MAY(troupe_stop(top.ref), MEMORY, GONE);
	}
	end();
}

/* -------------------------------------------------------------------------------------------------------- containment -- */

static void crash(troupe_actor *me, int64_t n)
{
	(void)me;
	fault_make((enum fault)n);
}

static const troupe_behaviour contained = { .name = "contained", .receive = player_receive, .isolation = TROUPE_CONTAINED,
	                                    .state_size = sizeof(struct player_state) };

void scene_containing(void)
{
	static const enum fault faults[] = { FAULT_NULL, FAULT_ABORT, FAULT_OVERFLOW };

	if (!begin((troupe_options){ 0 }))
		return;
	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
		someone actor = spawned(&contained);
		call_for_value(actor, 1);
		perform(actor, crash, faults[i]);
		HOLDS(!troupe_is_alive(actor.ref) || something_failed());
	}
	end();
}

/* ----------------------------------------------------------------------------------------------------------- watchdog -- */

static atomic_bool went_on;

static void go_on(troupe_actor *me, int64_t n)
{
	(void)me, (void)n;
	went_on = true;
}

/* Until another has run, on a worker that stands in; without one, for a while. */
static void keep_worker(troupe_actor *me, int64_t n)
{
	int64_t until = troupe_now(me->system) + (something_failed() ? n : 100 * n) * TROUPE_MS;

	while (!went_on && troupe_now(me->system) < until)
		until = something_failed() && until > troupe_now(me->system) + n * TROUPE_MS ? troupe_now(me->system) + n * TROUPE_MS
		                                                                             : until;
}

void scene_stalling(void)
{
	went_on = false;
	if (!begin((troupe_options){ .handler_ns_max = TROUPE_MS }))
		return;
	someone one = spawned(&player), two = spawned(&player);
	MAY(troupe_send(one, STEP, .play = keep_worker, .n = 20), MEMORY, GONE);
	MAY(troupe_send(two, STEP, .play = go_on), MEMORY, GONE);
	settle();
	HOLDS(went_on || something_failed());
	MAY(troupe_send(one, STEP, .play = keep_worker, .n = 3), MEMORY, GONE);
	end();
}
