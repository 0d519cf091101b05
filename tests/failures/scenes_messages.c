/* SPDX-License-Identifier: MIT */
/* Messages: sent, moved, shared, passed on, refused, at a time. */
#include <time.h>

#include "failures/failures.h"
#include "failures/scenes.h"

static someone other;

/* ---------------------------------------------------------------------------------------------------------- sending -- */

static void set_other(troupe_actor *me, int64_t n)
{
	struct player_state *self = me->state;

	(void)n;
	self->other = other;
}

/* A pair: who does, and `other`, which passes on to it. */
static someone pair(void)
{
	someone doer = spawned(&trapping_player), second = spawned(&player);

	other = doer;
	perform(second, set_other, 0);
	other = second;
	return doer;
}

static void send_each(troupe_actor *me, int64_t n)
{
	static const char bytes[70000];

	(void)n;
	MAY(troupe_send_bytes(other.ref, BIG, bytes, 8), MEMORY, GONE);
	MAY(troupe_send_bytes(other.ref, BIG, bytes, 20), MEMORY, GONE);
	MAY(troupe_send_bytes(other.ref, BIG, bytes, 100), MEMORY, GONE);
	MAY(troupe_send_bytes(other.ref, BIG, bytes, 1000), MEMORY, GONE);
	MAY(troupe_send_bytes(other.ref, BIG, bytes, sizeof bytes), MEMORY, GONE);
	MAY(troupe_send_bytes_from(me, other.ref, BIG, bytes, 8), MEMORY, GONE);
	MAY(troupe_send_bytes(other.ref, 100000, bytes, 8), MEMORY, GONE);
	MAY(troupe_send(other, TAKE, .n = 1), MEMORY, GONE);
	MAY(troupe_send(other, PASS, .n = 1), MEMORY, GONE);
	troupe_ignore(troupe_send_bytes((troupe_ref){ 0 }, NOTE, bytes, 30)); /* a dead letter */
}

static void flood(troupe_actor *me, int64_t n)
{
	(void)me;
	for (int64_t i = 0; i < n; i++)
		MAY(troupe_send(other, NOTE, .n = i), MEMORY, GONE);
}

static void send_all_ways(void)
{
	someone doer = pair();

	perform(doer, send_each, 0);
	perform(doer, flood, 300);
	MAY(troupe_send(other, NOTE, .n = 1), MEMORY, GONE);
	if (MAY(troupe_stop(other.ref), MEMORY, GONE))
		MAY(troupe_wait_end(other.ref, LIMIT, NULL), MEMORY);
	settle();
	HOLDS(something_failed() || troupe_send(other, NOTE, .n = 1) == TROUPE_EGONE);
	end();
}

void scene_sending(void)
{
	if (begin((troupe_options){ 0 }))
		send_all_ways();
}

/* With a ceiling each actor has a queue of its own. */
void scene_ceiling(void)
{
	if (begin((troupe_options){ .memory_max = UINT64_MAX }))
		send_all_ways();
}

void scene_two_workers(void)
{
	if (begin((troupe_options){ .workers = 2 }))
		send_all_ways();
}

static _Atomic uint64_t in_flood; /* bytes, before any of it is handled: main may look when they have been given back already */

static void flood_large(troupe_actor *me, int64_t n)
{
	static const char bytes[900];

	(void)me;
	for (int64_t i = 0; i < n; i++)
		MAY(troupe_send_bytes(other.ref, BIG, bytes, sizeof bytes), MEMORY, GONE);
	in_flood = troupe_memory_bytes();
}

/* More memory than is kept: a worker with nothing to do gives it back. */
void scene_own_blocks(void)
{
	if (!begin((troupe_options){ 0 }))
		return;
	someone doer = pair();
	perform(doer, send_each, 0);
	perform(doer, flood, 3000);
	perform(doer, flood_large, 15000);
	uint64_t most = in_flood;
	for (int i = 0; i < 400 && troupe_memory_bytes() >= most && !something_failed(); i++)
		nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
	HOLDS(troupe_memory_bytes() < most || something_failed());
	perform(doer, flood_large, 3000);
	end();
}

/* --------------------------------------------------------------------------------------------------------- payloads -- */

static atomic_int made, freed;

static void count_freed(void *payload)
{
	(void)payload;
	freed++;
}

static void send_payloads(troupe_actor *me, int64_t n)
{
	struct value *payload = troupe_new(sizeof *payload, count_freed), *large = troupe_new(3000, NULL);
	const struct value *shared = troupe_freeze(troupe_new(50, count_freed));

	(void)me, (void)n;
	HOLDS(something_failed() || (payload != NULL && shared != NULL && large != NULL));
	made += (payload != NULL) + (shared != NULL);
	if (payload != NULL)
		MAY(troupe_move(other, TAKE, &payload), MEMORY, GONE);
	troupe_free(payload);
	if (large != NULL)
		MAY(troupe_move(other, NOTE, &large), MEMORY, GONE);
	troupe_free(large);
	if (shared != NULL) {
		MAY(troupe_share(other, NOTE, shared), MEMORY, GONE);
		MAY(troupe_share(other, TAKE, shared), MEMORY, GONE);
		troupe_retain(shared);
		troupe_release(shared);
	}
	troupe_release(shared);
}

void scene_payloads(void)
{
	made = freed = 0;
	if (!begin((troupe_options){ 0 }))
		return;
	perform(pair(), send_payloads, 0);
	end();
	HOLDS(made == freed);
}

/* ----------------------------------------------------------------------------------------------------------- bounds -- */

static const troupe_bounds refusing = { .messages_max = 2 };
static const troupe_bounds dropping = { .messages_max = 2, .overflow = TROUPE_DROP_OLDEST, .delay_ns_max = TROUPE_S };
static const troupe_bounds parking = { .messages_max = 2, .overflow = TROUPE_PARK };
static const troupe_behaviour refuser = { .name = "refuser", .receive = player_receive, .bounds = &refusing,
	                                  .state_size = sizeof(struct player_state) };
static const troupe_behaviour dropper = { .name = "dropper", .receive = player_receive, .bounds = &dropping,
	                                  .state_size = sizeof(struct player_state) };
static const troupe_behaviour parker = { .name = "parker", .receive = player_receive, .bounds = &parking,
	                                 .state_size = sizeof(struct player_state) };

static void fill(troupe_actor *me, int64_t n)
{
	for (int64_t i = 0; i < n; i++) {
		troupe_status status = troupe_send(other, NOTE, .n = i);
		if (status != TROUPE_EFULL)
			MAY(status, MEMORY, GONE);
	}
	MAY(troupe_await_room(me, other.ref, 1), MEMORY);
}

static void rest(troupe_actor *me, int64_t ms)
{
	int64_t until = troupe_now(me->system) + ms * TROUPE_MS;

	while (troupe_now(me->system) < until)
		;
}

void scene_bounds(void)
{
	if (!begin((troupe_options){ 0 }))
		return;
	someone doer = spawned(&player);
	other = spawned(&refuser);
	perform(doer, fill, 5);
	MAY(troupe_send(other, STEP, .play = rest, .n = 2), MEMORY, GONE);
	for (int i = 0; i < 4; i++)
		if (troupe_send(other, NOTE, .n = i) == TROUPE_EFULL)
			MUST(troupe_wait_room(other.ref, LIMIT));
	other = spawned(&dropper);
	perform(doer, fill, 5);
	MAY(troupe_stop(other.ref), MEMORY, GONE);
	end();
}

void scene_parking(void)
{
	if (!begin((troupe_options){ 0 }))
		return;
	someone one = spawned(&player), two = spawned(&player);
	other = spawned(&parker);
	MAY(troupe_send(one, STEP, .play = fill, .n = 5), MEMORY, GONE);
	perform(two, fill, 5);
	MAY(troupe_send(one, STEP, .play = fill, .n = 5), MEMORY, GONE);
	MAY(troupe_kill(other.ref), MEMORY, GONE);
	end();
}

/* ----------------------------------------------------------------------------------------------------------- timers -- */

static troupe_timer periodic;
static int ticks;

static troupe_verdict tick(troupe_actor *me, const troupe_message *m)
{
	if (m->kind != TICK)
		return player_receive(me, m);
	if (++ticks == 3)
		MUST(troupe_cancel(me, periodic));
	return TROUPE_HANDLED;
}

static const troupe_behaviour ticking = { .name = "ticking", .receive = tick, .state_size = sizeof(struct player_state) };

static void arm(troupe_actor *me, int64_t n)
{
	troupe_timer once;

	(void)n;
	MAY(troupe_after(me, TROUPE_MS / 4, NOTE, 0, NULL), MEMORY);
	if (MAY(troupe_after(me, LIMIT, NOTE, 0, &once), MEMORY))
		MUST(troupe_cancel(me, once));
	MAY(troupe_after(me, LIMIT, NOTE, 0, NULL), MEMORY);
	if (!MAY(troupe_every(me, TROUPE_MS / 4, TICK, 0, &periodic), MEMORY))
		ticks = 3;
}

void scene_timing(void)
{
	ticks = 0;
	if (!begin((troupe_options){ 0 }))
		return;
	someone actor = spawned(&ticking);
	perform(actor, arm, 0);
	for (int64_t until = troupe_now(the_system) + 4 * TROUPE_MS; troupe_now(the_system) < until;)
		settle();
	end();
}

/* ----------------------------------------------------------------------------------------------------------- groups -- */

static uint64_t key_of(const troupe_message *m)
{
	return m->size;
}

static void use_group(someone group)
{
	static const char bytes[200];

	for (size_t i = 1; i < 4; i++)
		MAY(troupe_send_bytes(group.ref, BIG, bytes, i * 20), MEMORY, GONE);
	const struct value *shared = troupe_freeze(troupe_new(sizeof *shared, NULL));
	if (shared != NULL)
		MAY(troupe_share(group, NOTE, shared), MEMORY, GONE);
	troupe_release(shared);
	call_for_value(group, 7);
	settle();
}

/* How many are in it; 0 too when it is gone. */
static size_t members_of(someone group)
{
	size_t count = 0;

	MAY(troupe_group_members(group.ref, NULL, 0, &count), TROUPE_EGONE);
	return count;
}

static void gather(troupe_actor *me, int64_t n)
{
	troupe_ref address;

	if (MAY(troupe_expect(me, TROUPE_OPTIONS(troupe_expectation, .answers = TROUPE_ANSWERS_ALL, .within_ns = LIMIT), &address),
	        MEMORY) &&
	    !MAY(troupe_ask(other, GET, address, .n = n), MEMORY, TROUPE_ECLOSED))
		MUST(troupe_forget(me, address));
}

static void try_routing(troupe_routing routing, const char *name)
{
	const troupe_group_options options = { .struct_size = sizeof options, .routing = routing,
		                               .key = routing == TROUPE_BY_KEY ? key_of : NULL };
	someone group, members[3];
	size_t in = 0;

	if (!MAY(troupe_group_open(the_system, name, &options, &group.ref), MEMORY))
		return;
	for (int i = 0; i < 3; i++) {
		members[i] = spawned(&player);
		in += !troupe_ref_is_null(members[i].ref) && MAY(troupe_join(group.ref, members[i].ref), MEMORY, TROUPE_EGONE);
	}
	HOLDS(members_of(group) == in || something_failed());
	if (in > 0)
		use_group(group);
	other = group;
	perform(members[0], gather, 3);
	MAY(troupe_leave(group.ref, members[1].ref), TROUPE_EGONE, TROUPE_ENOENT);
	MAY(troupe_stop(members[2].ref), MEMORY, GONE);
	settle();
	if (members_of(group) > 0)
		use_group(group);
	MAY(troupe_stop(group.ref), MEMORY, GONE);
	settle();
}

void scene_groups(void)
{
	if (!begin((troupe_options){ 0 }))
		return;
	try_routing(TROUPE_BY_TURNS, NULL);
	try_routing(TROUPE_TO_ALL, "topic");
	try_routing(TROUPE_BY_KEY, NULL);
	try_routing(TROUPE_TO_LEAST, "least");
	end();
}

void scene_group_pool(void)
{
	someone pool;

	if (!begin((troupe_options){ 0 }))
		return;
	if (MAY(troupe_group_spawn(the_system, NULL, &player, NULL, 5, &pool.ref), THREAD))
		use_group(pool);
	end();
}
