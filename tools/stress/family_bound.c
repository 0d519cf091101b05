/* SPDX-License-Identifier: MIT */
/* Bounded mailboxes, of every policy and mixture of limits: bursts that do not fit, senders that wait for room or are parked, in
 * graphs that are full of circles. That what was sent is handled, dead, or was refused, the books say; here besides: who waits for
 * room is told once, nobody is parked for ever, and the counters are what was seen. */
#include <stdlib.h>

#include "cast.h"
#include "families.h"

#define ROOMS_MAX 4u
#define BURST_MAX 10u

struct bounding {
	uint64_t rooms[ROOMS_MAX]; /* tokens; 0: free */
	uint32_t serial;
};

struct bound_own {
	troupe_bounds bounds[ROLES_MAX]; /* in the order in which roles are dressed */
	_Atomic uint32_t dressed;
	_Atomic uint32_t audited[ROLES_MAX];
};

static uint32_t mine(void)
{
	return family_number(&bound_family);
}

/* ----------------------------------------------------------------------------------------------------------- limits -- */

static void draw_delay(struct dice *dice, troupe_bounds *bounds)
{
	bounds->delay_ns_max = dice_scaled(dice, 10, 2000) * TROUPE_US;
	if (dice_one_in(dice, 2))
		bounds->delay_interval_ns = bounds->delay_ns_max * dice_between(dice, 1, 4);
	bounds->newest_first = dice_one_in(dice, 3);
}

static void draw_bounds(struct dice *dice, troupe_bounds *bounds)
{
	*bounds = (troupe_bounds){ .overflow = (troupe_overflow)dice_below(dice, 4) };
	if (dice_one_in(dice, 3))
		draw_delay(dice, bounds);
	if (dice_one_in(dice, 3))
		bounds->bytes_max = dice_scaled(dice, 512, 200000);
	if (bounds->overflow == TROUPE_PARK || !dice_one_in(dice, 4) || (bounds->delay_ns_max == 0 && bounds->bytes_max == 0))
		bounds->messages_max = dice_scaled(dice, 1, 64);
}

static void dress(struct cast *cast, struct dice *dice, troupe_behaviour *behaviour)
{
	struct bound_own *own = cast->own[mine()];

	if (dice_one_in(dice, 6))
		return;
	/* A role is dressed once, so there are enough. */
	troupe_bounds *bounds = &own->bounds[atomic_fetch_add_explicit(&own->dressed, 1, memory_order_relaxed) % ROLES_MAX];
	draw_bounds(dice, bounds);
	behaviour->bounds = bounds;
}

/* ----------------------------------------------------------------------------------------------------------- acting -- */

static void await_room(troupe_actor *me, struct player *player, struct bounding *bounding, troupe_ref to)
{
	uint32_t i = 0;

	while (i < ROOMS_MAX && bounding->rooms[i] != 0)
		i++;
	if (i == ROOMS_MAX)
		return;
	uint64_t token = ((uint64_t)mine() + 1) << 56 | (uint64_t)(player->life & 0xffffff) << 32 | ++bounding->serial;
	bool drains = player_role(player)->behaviour.leftovers == TROUPE_DRAIN;
	if (EXPECT("troupe_await_room", troupe_await_room(me, to, token), drains ? TROUPE_ECLOSED : TROUPE_OK))
		bounding->rooms[i] = token;
}

/* More than fits, at once, to one. */
static void act(troupe_actor *me, struct player *player)
{
	struct dice *dice = &player->self.sender.dice;
	uint32_t to = cast_draw(player->cast, dice);
	troupe_status status = TROUPE_OK;

	for (uint32_t n = dice_scaled(dice, 1, BURST_MAX); n > 0; n--)
		status = player_post(&player->self.sender, me, player->cast, player->self.index, to, 0);
	if (status == TROUPE_EFULL || dice_one_in(dice, 16))
		await_room(me, player, player_part(player, mine()), role_ref(&player->cast->roles[to]));
}

static void room_came(struct player *player, struct bounding *bounding, const troupe_message *m)
{
	for (uint32_t i = 0; i < ROOMS_MAX; i++)
		if (bounding->rooms[i] == m->token && m->token != 0) {
			bounding->rooms[i] = 0;
			return;
		}
	finding("role %u, life %u: TROUPE_ROOM that it does not wait for (token %llx)", player->self.index, player->life,
	        (unsigned long long)m->token);
}

static void audit_player(struct player *player, const struct bounding *bounding)
{
	struct bound_own *own = player->cast->own[mine()];

	atomic_fetch_add_explicit(&own->audited[player->self.index], 1, memory_order_relaxed);
	for (uint32_t i = 0; i < ROOMS_MAX; i++)
		if (bounding->rooms[i] != 0)
			finding("role %u waits for room, though all is at rest", player->self.index);
}

static bool receive(troupe_actor *me, struct player *player, const troupe_message *m)
{
	struct bounding *bounding = player_part(player, mine());

	(void)me;
	if (m->kind == TROUPE_ROOM)
		room_came(player, bounding, m);
	else if (m->kind == KIND_AUDIT)
		audit_player(player, bounding);
	else
		return false;
	return true;
}

/* ---------------------------------------------------------------------------------------------------------- threads -- */

static void flood(struct thread *thread)
{
	struct part *part = thread->part;
	struct cast *cast = part->own;
	struct dice *dice = &thread->sender.dice;

	for (uint32_t i = 0; i < 200 && !round_closing(part->round); i++) {
		uint32_t to = cast_draw(cast, dice);
		troupe_status status = TROUPE_OK;
		for (uint32_t n = dice_scaled(dice, 1, 40); n > 0 && status == TROUPE_OK; n--)
			status = player_post(&thread->sender, NULL, cast, ROLES_MAX, to, 0);
		if (status == TROUPE_EFULL || dice_one_in(dice, 16))
			EXPECT("troupe_wait_room", troupe_wait_room(role_ref(&cast->roles[to]), 20 * TROUPE_S * process_slow()),
			       TROUPE_OK);
	}
}

static void build(struct cast *cast, void **own)
{
	*own = process_array(1, sizeof(struct bound_own));
	cast->part->bounded = true;
}

static void start(struct cast *cast)
{
	for (uint32_t n = dice_below(&cast->part->dice, 3); n > 0; n--)
		part_thread(cast->part, false, flood);
}

/* ------------------------------------------------------------------------------------------------------------ audit -- */

/* Of all systems together: a question is refused where it was to go, and a dead letter where it was asked. */
static void audit_counters(struct round *round)
{
	troupe_counters counters = { 0 }, one;
	uint64_t refused = 0, letters = 0;

	for (unsigned i = 0; i < round->worlds_count; i++) {
		struct world *world = &round->worlds[i];
		if (!EXPECT("troupe_counters_read", troupe_counters_read(world->system, &one), TROUPE_OK))
			return;
		counters.refused += one.refused;
		counters.dropped += one.dropped;
		refused += atomic_load(&world->refused);
		letters += atomic_load(&world->full_letters);
	}
	if (counters.refused < refused)
		finding("%llu sends were refused, but %llu are counted", (unsigned long long)refused,
		        (unsigned long long)counters.refused);
	/* Questions that were refused are dead letters too. */
	if (letters < counters.dropped || letters > counters.dropped + counters.refused - refused)
		finding("%llu dead letters are of full mailboxes, but %llu are counted as dropped, %llu as refused",
		        (unsigned long long)letters, (unsigned long long)counters.dropped, (unsigned long long)counters.refused);
}

/* Who is parked does not see what it is sent. */
static void audit(struct cast *cast)
{
	struct bound_own *own = cast->own[mine()];

	for (uint32_t i = 0; i < atomic_load(&cast->roles_count); i++)
		if (atomic_load(&cast->roles[i].alive) && atomic_load(&own->audited[i]) == 0)
			finding("role %u lives, but handles no message any more", i);
	audit_counters(cast->part->round);
}

static void discard(struct cast *cast)
{
	free(cast->own[mine()]);
}

const struct family bound_family = {
	.name = "bound", .state_size = sizeof(struct bounding), .build = build, .dress = dress,
	.start = start, .act = act,
	.receive = receive, .audit = audit, .discard = discard,
};

const struct scenario bound_scenario =
	CAST_SCENARIO("bound", "bounded mailboxes of every policy: bursts, waits for room, circles of senders that park",
	              &bound_family);
