/* SPDX-License-Identifier: MIT */
/* Systems and actors: how they begin and end. */
#include "failures/failures.h"
#include "failures/scenes.h"

/* --------------------------------------------------------------------------------------------------------- systems -- */

void scene_starting(void)
{
	troupe_system second;
	troupe_ledger ledger;

	if (!begin((troupe_options){ .workers = 2 }))
		return;
	if (MAY(troupe_start(TROUPE_OPTIONS(troupe_options, .workers = 1, .handler_ns_max = -1, .blocking_max = 1), &second),
	        THREAD)) {
		MUST(troupe_quit(second));
		MUST(troupe_run(second));
		MUST(troupe_settle(second, LIMIT));
		MUST(troupe_finish(second, LIMIT));
	}
	MUST(troupe_ledger_read(the_system, &ledger));
	HOLDS(ledger.sent == 0 && troupe_now(the_system) > 0);
	end();
}

/* As many workers as the machine is said to have, however little of it can be read. */
void scene_topology(void)
{
	troupe_system system;

	HOLDS(troupe_workers_default() > 0);
	if (MAY(troupe_start(NULL, &system), THREAD))
		MUST(troupe_finish(system, LIMIT));
}

/* --------------------------------------------------------------------------------------------------------- spawning -- */

static troupe_verdict begin_well(troupe_actor *me)
{
	HOLDS(!troupe_ref_is_null(troupe_parent(me)) && troupe_lives(me, NULL) == 0);
	MAY(troupe_send((someone){ me->ref }, NOTE, .n = 1), MEMORY);
	return TROUPE_HANDLED;
}

static troupe_verdict begin_badly(troupe_actor *me)
{
	return troupe_fail(me, TROUPE_EUSER);
}

static const troupe_behaviour large = { .name = "large", .receive = player_receive, .state_size = 2000, .init = begin_well };
static const troupe_behaviour failing = { .name = "failing", .receive = player_receive, .init = begin_badly };
static const troupe_behaviour draining = { .name = "draining", .receive = player_receive, .leftovers = TROUPE_DRAIN,
	                                   .state_size = sizeof(struct player_state) };
static const troupe_behaviour returning = { .name = "returning", .receive = player_receive, .leftovers = TROUPE_HAND_BACK,
	                                    .state_size = sizeof(struct player_state) };

static void use_young(someone young)
{
	if (MAY(troupe_send(young, NOTE, .n = 1), MEMORY, GONE))
		MAY(troupe_stop(young.ref), MEMORY, GONE);
}

static void spawn_each(troupe_actor *me, int64_t n)
{
	someone young;

	(void)n;
	if (MAY(troupe_spawn(me->system, &draining, NULL, &young.ref), THREAD))
		use_young(young);
	if (MAY(troupe_spawn_child(me, &large, NULL, &young.ref), THREAD))
		use_young(young);
	MAY(troupe_spawn_child(me, &failing, NULL, NULL), THREAD);
	if (MAY(troupe_spawn_child(me, &returning, NULL, &young.ref), THREAD) &&
	    MAY(troupe_send_from(me, young, NOTE, .n = 1), MEMORY))
		MAY(troupe_kill(young.ref), MEMORY);
	if (MAY(troupe_spawn_with(me->system, me, &player, NULL,
	                          TROUPE_OPTIONS(troupe_spawn_options, .child = true, .name = "young", .link = 1, .monitor = 1,
	                                         .bounds = &(troupe_bounds){ .messages_max = 5 }),
	                          &young.ref),
	        THREAD))
		use_young(young);
	for (int i = 0; i < 20; i++)
		MAY(troupe_spawn_child(me, &player, NULL, NULL), THREAD);
}

void scene_spawning(void)
{
	if (!begin((troupe_options){ .actors_max = 100 }))
		return;
	perform(spawned(&trapping_player), spawn_each, 0);
	end();
}

/* ----------------------------------------------------------------------------------------------------------- ending -- */

static void end_oneself(troupe_actor *me, int64_t why)
{
	MAY(troupe_spawn_child(me, &player, NULL, NULL), THREAD);
	troupe_exit(me, (troupe_status)why);
}

static void fail_later(troupe_actor *me, int64_t n)
{
	(void)n;
	MAY(troupe_send((someone){ me->ref }, FAIL_NOW, 0), MEMORY);
}

void scene_ending(void)
{
	troupe_status why;

	if (!begin((troupe_options){ 0 }))
		return;
	perform(spawned(&draining), end_oneself, TROUPE_OK);
	perform(spawned(&player), end_oneself, TROUPE_EUSER);
	perform(spawned(&player), fail_later, 0);
	someone one = spawned(&player), two = spawned(&returning);
	MAY(troupe_stop_wait(one.ref, LIMIT), MEMORY, GONE);
	MAY(troupe_kill(two.ref), MEMORY, GONE);
	if (!something_failed())
		MUST(troupe_wait_end(two.ref, LIMIT, &why));
	HOLDS(something_failed() || (!troupe_is_alive(one.ref) && !troupe_is_alive(two.ref)));
	end();
}

/* --------------------------------------------------------------------------------------------------------- becoming -- */

static troupe_verdict otherwise(troupe_actor *me, const troupe_message *m)
{
	if (m->kind != NOTE)
		return player_receive(me, m);
	MUST(troupe_unbecome(me));
	return TROUPE_HANDLED;
}

static void become_otherwise(troupe_actor *me, int64_t n)
{
	const someone self = { me->ref };

	(void)n;
	for (int i = 0; i < 3; i++)
		MAY(troupe_send(self, LATER, .n = i), MEMORY);
	if (MAY(troupe_become(me, otherwise), MEMORY) && MAY(troupe_become(me, otherwise), MEMORY)) {
		MAY(troupe_send(self, NOTE, .n = 1), MEMORY);
		MAY(troupe_send(self, NOTE, .n = 1), MEMORY);
	}
}

static void deliver_again(troupe_actor *me, int64_t n)
{
	struct player_state *self = me->state;

	self->again = true;
	if (n == 1)
		(void)troupe_undefer_one(me);
	else
		(void)troupe_undefer(me);
}

void scene_becoming(void)
{
	if (!begin((troupe_options){ 0 }))
		return;
	someone actor = spawned(&player);
	perform(actor, become_otherwise, 0);
	perform(actor, deliver_again, 1);
	perform(actor, deliver_again, 0);
	perform(spawned(&player), become_otherwise, 0); /* which ends with messages deferred */
	end();
}

/* ------------------------------------------------------------------------------------------------------------ names -- */

void scene_naming(void)
{
	char name[16];
	troupe_ref found;

	if (!begin((troupe_options){ 0 }))
		return;
	someone actor = spawned(&player);
	for (int i = 0; i < 40; i++) {
		snprintf(name, sizeof name, "name %d", i);
		if (MAY(troupe_name(actor.ref, name), MEMORY, TROUPE_EGONE)) {
			MUST(troupe_find(the_system, name, &found));
			HOLDS(troupe_ref_equal(found, actor.ref));
		} else {
			HOLDS(troupe_find(the_system, name, &found) == TROUPE_ENOENT);
		}
	}
	MAY(troupe_unname(the_system, "name 3"), TROUPE_ENOENT);
	HOLDS(troupe_find(the_system, "name 3", &found) == TROUPE_ENOENT);
	MAY(troupe_spawn_with(the_system, NULL, &player, NULL, TROUPE_OPTIONS(troupe_spawn_options, .name = "other"), NULL), THREAD);
	end();
}

/* --------------------------------------------------------------------------------------------------------- watching -- */

static atomic_int watched, told;

static troupe_verdict hear(troupe_actor *me, const troupe_message *m)
{
	told += m->kind == TROUPE_DOWN || m->kind == TROUPE_LINKED;
	return player_receive(me, m);
}

static const troupe_behaviour hearing = { .name = "hearing", .receive = hear, .traps = 1,
	                                  .state_size = sizeof(struct player_state) };

static void watch_each(troupe_actor *me, int64_t n)
{
	const troupe_ref nobody = { 0 };
	troupe_monitor_id id;
	someone young;

	(void)n;
	watched += MAY(troupe_monitor(me, nobody, 0, NULL), MEMORY);
	watched += MAY(troupe_link(me, nobody), MEMORY);
	if (!MAY(troupe_spawn_child(me, &player, NULL, &young.ref), THREAD))
		return;
	if (MAY(troupe_monitor(me, young.ref, 0, &id), MEMORY))
		MUST(troupe_unmonitor(me, id));
	if (MAY(troupe_link(me, young.ref), MEMORY))
		MUST(troupe_unlink(me, young.ref));
	int more = MAY(troupe_link(me, young.ref), MEMORY) + MAY(troupe_monitor_lives(me, young.ref, 0, NULL), MEMORY) +
	           MAY(troupe_monitor(me, young.ref, 0, NULL), MEMORY);
	if (MAY(troupe_kill(young.ref), MEMORY))
		watched += more;
	else
		told = INT32_MIN / 2; /* they are told at the end, when this one may not hear of it any more */
}

void scene_watching(void)
{
	watched = told = 0;
	if (!begin((troupe_options){ 0 }))
		return;
	perform(spawned(&hearing), watch_each, 0);
	HOLDS(told < 0 || told == watched);
	end();
}
