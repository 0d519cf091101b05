/* SPDX-License-Identifier: MIT */
/* A cast from its beginning to its end: who plays which role, plain threads that disturb, the accounts of lives. */
#include <stdio.h>
#include <stdlib.h>

#include "cast.h"
#include "families.h"

/* ----------------------------------------------------------------------------------------------------------- roles -- */

uint32_t cast_draw(struct cast *cast, struct dice *dice)
{
	return dice_below(dice, atomic_load_explicit(&cast->roles_count, memory_order_acquire));
}

uint32_t cast_find(struct cast *cast, troupe_ref ref)
{
	uint32_t count = atomic_load_explicit(&cast->roles_count, memory_order_acquire);

	for (uint32_t i = 0; i < count; i++)
		if (troupe_ref_equal(role_ref(&cast->roles[i]), ref))
			return i;
	return ROLES_MAX;
}

/* How it is played: any mixture of what a behaviour can say, then what the families want. */
static void dress(struct cast *cast, struct dice *dice, struct role *role)
{
	troupe_behaviour *behaviour = &role->behaviour;

	*behaviour = (troupe_behaviour){
		.name = role->name, .receive = player_receive, .init = player_init, .terminate = player_terminate,
		.state_size = cast->state_size, .leftovers = (troupe_fate)dice_below(dice, 3),
		.turn_messages_max = dice_one_in(dice, 3) ? dice_between(dice, 1, 5) : 0, .traps = dice_one_in(dice, 3),
	};
	if (dice_one_in(dice, 6))
		behaviour->blocks = 1;
	else if (dice_one_in(dice, 2))
		behaviour->isolation = TROUPE_CONTAINED;
	for (unsigned i = 0; i < families_count; i++)
		if (cast_has(cast, i) && families[i]->dress != NULL)
			families[i]->dress(cast, dice, behaviour);
}

static void role_init(struct cast *cast, struct dice *dice, uint32_t index, struct world *world)
{
	struct role *role = &cast->roles[index];

	role->world = world;
	snprintf(role->name, sizeof role->name, "r%u", index);
	dress(cast, dice, role);
	role->initial = process_array(1, cast->state_size);
	role->initial->self = self_initial(cast->part, index);
	role->initial->self.sender.world = world;
	role->initial->cast = cast;
}

bool cast_more(struct cast *cast, struct world *world, uint32_t *index)
{
	struct dice dice;
	uint32_t next = atomic_load_explicit(&cast->roles_count, memory_order_relaxed);

	do
		if (next == ROLES_MAX)
			return false;
	while (!atomic_compare_exchange_weak(&cast->roles_count, &next, next + 1));
	dice = (struct dice){ dice_mix(cast->part->seed * 31 + next) };
	role_init(cast, &dice, next, world);
	*index = next;
	return true;
}

void role_made(struct role *role, troupe_ref ref)
{
	atomic_fetch_add_explicit(&totals.actors, 1, memory_order_relaxed);
	atomic_store_explicit(&role->ref, ref.bits_private, memory_order_release);
}

/* -------------------------------------------------------------------------------------------------------- messages -- */

void cast_note(struct cast *cast, struct note *note, int32_t kind, uint32_t size)
{
	*note = (struct note){ .to = ANYONE, .edge = NO_EDGE, .size = size, .part = (uint8_t)cast->part->id,
		               .kind = (uint8_t)kind };
}

troupe_status cast_tell(struct cast *cast, troupe_ref to, int32_t kind, void *payload, uint32_t size)
{
	cast_note(cast, payload, kind, size);
	return troupe_send_bytes(to, kind, payload, size);
}

troupe_status cast_seek(struct cast *cast, troupe_ref to, troupe_ref address, uint64_t id, bool keep)
{
	struct seek seek = { .id = id, .keep = keep };

	cast_note(cast, &seek.note, KIND_SEEK, sizeof seek);
	atomic_fetch_add_explicit(&totals.asks, 1, memory_order_relaxed);
	return troupe_ask_bytes(to, KIND_SEEK, &seek, sizeof seek, offsetof(struct seek, reply), address);
}

/* ----------------------------------------------------------------------------------------------------------- begin -- */

static uint32_t draw_families(struct cast *cast, const struct family *family)
{
	uint32_t some = 0, all = 0;

	if (family != NULL)
		return 1u << family_number(family);
	for (unsigned i = 0; i < families_count; i++)
		all |= 1u << i;
	while ((some & (some - 1)) == 0) /* two at least */
		some = (uint32_t)(dice_next(&cast->part->dice) >> 20) & all;
	return dice_one_in(&cast->part->dice, 3) ? all : some;
}

static void lay_out(struct cast *cast)
{
	cast->state_size = (sizeof(struct player) + 15) / 16 * 16;
	for (unsigned i = 0; i < families_count; i++) {
		cast->offset[i] = cast->state_size;
		if (cast_has(cast, i))
			cast->state_size += (families[i]->state_size + 15) / 16 * 16;
	}
}

static void spawn_free(struct cast *cast)
{
	for (uint32_t i = 0; i < cast->first_count; i++) {
		struct role *role = &cast->roles[i];
		troupe_ref ref;
		if (role->nest != NULL)
			continue;
		troupe_status status = troupe_spawn(role->world->system, &role->behaviour, role->initial, &ref);
		if (EXPECT("a spawn", status, TROUPE_OK))
			role_made(role, ref);
	}
}

void cast_build(struct part *part)
{
	struct cast *cast = process_array(1, sizeof *cast);
	uint32_t most = part->actors < ROLES_MAX / 2 ? part->actors : ROLES_MAX / 2;

	part->own = cast;
	cast->part = part;
	cast->families = draw_families(cast, part->scenario->family);
	cast->first_count = dice_scaled(&part->dice, 4, most < 4 ? 4 : most);
	cast->mishap_in = dice_scaled(&part->dice, 20, 400);
	cast->sent = process_array(ROLES_MAX * ROLES_MAX, sizeof *cast->sent);
	cast->seen = process_array(ROLES_MAX * ROLES_MAX, sizeof *cast->seen);
	lay_out(cast);
	part_indices(part, ROLES_MAX);
	for (unsigned i = 0; i < families_count; i++)
		if (cast_has(cast, i) && families[i]->build != NULL)
			families[i]->build(cast, &cast->own[i]);
	for (uint32_t i = 0; i < cast->first_count; i++)
		role_init(cast, &part->dice, i, part_world(part, i));
	atomic_store(&cast->roles_count, cast->first_count);
	nests_build(cast);
	nests_start(cast);
	spawn_free(cast);
}

/* A plain thread ends actors at random, and sends. */
static void disturb(struct thread *thread)
{
	struct part *part = thread->part;
	struct cast *cast = part->own;
	struct dice *dice = &thread->sender.dice;

	for (uint32_t i = 0; i < 400 && !round_closing(part->round); i++) {
		struct role *role = &cast->roles[cast_draw(cast, dice)];
		troupe_ref ref = role_ref(role);
		troupe_ignore(player_post(&thread->sender, NULL, cast, ROLES_MAX, cast_draw(cast, dice), 4));
		if (troupe_ref_is_null(ref)) /* nor may anything else of the role be looked at */
			continue;
		bool hard = role->nest != NULL || dice_one_in(dice, 8);
		if (hard && dice_one_in(dice, 16))
			EXPECT("troupe_kill", troupe_kill(ref), TROUPE_EGONE, TROUPE_ECLOSED);
		else if (hard && dice_one_in(dice, 16))
			EXPECT("troupe_stop", troupe_stop(ref), TROUPE_EGONE, TROUPE_ECLOSED);
		else if (dice_one_in(dice, 16) && troupe_wait_end(ref, 100 * TROUPE_US, NULL) == TROUPE_OK)
			atomic_store_explicit(&role->gone, true, memory_order_relaxed);
		process_nap(dice_below(dice, 200) * TROUPE_US);
	}
}

void cast_start(struct part *part)
{
	struct cast *cast = part->own;
	uint32_t parcels = dice_scaled(&part->dice, 1, part->budget < 1000 ? part->budget : 1000);
	uint32_t hops = part->budget / parcels;

	for (unsigned i = 0; i < families_count; i++)
		if (cast_has(cast, i) && families[i]->start != NULL)
			families[i]->start(cast);
	for (uint32_t i = 0; i < parcels; i++)
		troupe_ignore(player_post(&part->outside, NULL, cast, ROLES_MAX, cast_draw(cast, &part->dice),
		                          (uint16_t)(hops < UINT16_MAX ? hops : UINT16_MAX)));
	if (!dice_one_in(&part->dice, 3))
		part_thread(part, false, disturb);
}

/* ------------------------------------------------------------------------------------------------------------- end -- */

void cast_close(struct part *part)
{
	struct cast *cast = part->own;

	if (cast->closed)
		return;
	cast->closed = true;
	for (unsigned i = 0; i < families_count; i++)
		if (cast_has(cast, i) && families[i]->close != NULL)
			families[i]->close(cast);
}

static void tell_all(struct cast *cast, int32_t kind)
{
	uint32_t count = atomic_load(&cast->roles_count);

	for (uint32_t i = 0; i < count; i++) {
		struct note note;
		EXPECT("a send", cast_tell(cast, role_ref(&cast->roles[i]), kind, &note, sizeof note), TROUPE_EGONE, TROUPE_ECLOSED);
		if (cast->part->round->memory_max > 0) /* all of them at once are too much */
			worlds_settle(cast->part->round);
	}
	worlds_settle(cast->part->round);
}

static void stop_free(struct cast *cast)
{
	uint32_t count = atomic_load(&cast->roles_count);

	for (uint32_t i = 0; i < count; i++)
		if (cast->roles[i].nest == NULL)
			EXPECT("troupe_stop", troupe_stop(role_ref(&cast->roles[i])), TROUPE_EGONE, TROUPE_ECLOSED);
}

void cast_stop(struct part *part)
{
	struct cast *cast = part->own;

	cast_close(part);
	nests_audit(cast);
	tell_all(cast, KIND_SETTLE_UP);
	tell_all(cast, KIND_AUDIT);
	for (unsigned i = 0; i < families_count; i++)
		if (cast_has(cast, i) && families[i]->audit != NULL)
			families[i]->audit(cast);
	nests_stop(cast);
	stop_free(cast);
	for (unsigned i = 0; i < families_count; i++)
		if (cast_has(cast, i) && families[i]->stop != NULL)
			families[i]->stop(cast);
}

static void check_role(struct cast *cast, uint32_t i)
{
	struct role *role = &cast->roles[i];
	uint32_t begun = atomic_load(&role->begun), ended = atomic_load(&role->ended);

	if (begun != ended || atomic_load(&role->alive))
		finding("role %u: %u lives have begun, %u have ended", i, begun, ended);
	if (role->nest == NULL && atomic_load(&role->ref) != 0 && begun != 1)
		finding("role %u was spawned, and had %u lives", i, begun);
}

void cast_check(struct part *part)
{
	struct cast *cast = part->own;
	uint32_t count = atomic_load(&cast->roles_count);

	for (uint32_t i = 0; i < count; i++)
		check_role(cast, i);
	for (uint32_t i = 0; i < count; i++)
		if (atomic_load(&cast->roles[i].begun) > 1)
			atomic_fetch_add(&totals.restarts, atomic_load(&cast->roles[i].begun) - 1);
	for (unsigned i = 0; i < families_count; i++)
		if (cast_has(cast, i) && families[i]->check != NULL)
			families[i]->check(cast);
}

void cast_discard(struct part *part)
{
	struct cast *cast = part->own;

	for (unsigned i = 0; i < families_count; i++)
		if (cast_has(cast, i) && families[i]->discard != NULL)
			families[i]->discard(cast);
	for (uint32_t i = 0; i < ROLES_MAX; i++)
		free(cast->roles[i].initial);
	nests_discard(cast);
	free((void *)cast->sent);
	free((void *)cast->seen);
	free(cast);
}
