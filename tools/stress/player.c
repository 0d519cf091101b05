/* SPDX-License-Identifier: MIT */
/* The actor of the cast: passes parcels on, answers or does not, does what its families do, and fails now and then. */
#include "cast.h"

static void each_act(troupe_actor *me, struct player *player)
{
	for (unsigned i = 0; i < families_count; i++)
		if (cast_has(player->cast, i) && families[i]->act != NULL && dice_one_in(&player->self.sender.dice, 4))
			families[i]->act(me, player);
}

static bool each_receive(troupe_actor *me, struct player *player, const troupe_message *m)
{
	bool taken = false;

	for (unsigned i = 0; i < families_count; i++)
		if (cast_has(player->cast, i) && families[i]->receive != NULL)
			taken = families[i]->receive(me, player, m) || taken;
	return taken;
}

/* ----------------------------------------------------------------------------------------------------------- lives -- */

void life_over(struct player *player, troupe_status why)
{
	struct role *role = player_role(player);

	for (unsigned i = 0; i < families_count; i++)
		if (cast_has(player->cast, i) && families[i]->over != NULL)
			families[i]->over(player, why);
	atomic_store_explicit(&role->last, why, memory_order_relaxed);
	if (!atomic_exchange_explicit(&role->alive, false, memory_order_release))
		finding("role %u: life %u ended twice", player->self.index, player->life);
	atomic_fetch_add_explicit(&role->ended, 1, memory_order_release);
}

/* A life that is told of an earlier one. */
static void check_lives(troupe_actor *me, struct player *player)
{
	struct role *role = player_role(player);
	troupe_status last = TROUPE_OK, expected = (troupe_status)atomic_load_explicit(&role->last, memory_order_relaxed);
	uint32_t lives = troupe_lives(me, &last);

	if (lives != player->life - 1)
		finding("role %u: troupe_lives says %u, but %u had begun", player->self.index, lives, player->life - 1);
	if (!role_ended_by(role, last))
		finding("role %u: its last life ended by %s, but troupe_lives says %s", player->self.index,
		        troupe_status_name(expected), troupe_status_name(last));
	if (role->nest == NULL && player->life > 1)
		finding("role %u has no supervisor, and lives again", player->self.index);
	if (atomic_load_explicit(&role->gone, memory_order_relaxed))
		finding("role %u lives again, after somebody was told that it had ended", player->self.index);
}

/* Those that stand behind it begin after it, and end before it begins again when they are of one group. */
static void check_siblings(struct player *player)
{
	const struct role *role = player_role(player);
	struct cast *cast = player->cast;

	if (role->nest == NULL || role->nest->tree.strategy == TROUPE_ONE_FOR_ONE)
		return;
	for (uint32_t i = 0; i < cast->first_count; i++)
		if (cast->roles[i].nest == role->nest && cast->roles[i].place > role->place &&
		    atomic_load_explicit(&cast->roles[i].alive, memory_order_acquire))
			finding("role %u (strategy %d) begins life %u, after %s, while role %u behind it has its life %u, after %s",
			        player->self.index, (int)role->nest->tree.strategy, player->life,
			        troupe_status_name((troupe_status)atomic_load(&role->last)), i, atomic_load(&cast->roles[i].begun),
			        troupe_status_name((troupe_status)atomic_load(&cast->roles[i].last)));
}

/* A member that a group has made has no role yet. False: there are enough. */
static bool take_role(struct player *player, troupe_actor *me)
{
	struct cast *cast = player->cast;
	const struct role *pattern = &cast->roles[player->pattern];
	uint32_t index;

	(void)me;
	if (!cast_more(cast, player->self.sender.world, &index))
		return false;
	cast->roles[index].behaviour = pattern->behaviour;
	cast->roles[index].pooled = true;
	atomic_store_explicit(&cast->roles[index].routed, true, memory_order_relaxed);
	player->self.index = index;
	return true;
}

troupe_verdict player_init(troupe_actor *me)
{
	struct player *player = me->state;
	struct self *self = &player->self;

	if (self->index == ROLES_MAX && !take_role(player, me)) {
		player->crashing = true; /* nobody's life: terminate must not run */
		return troupe_fail(me, TROUPE_ELIMIT);
	}
	struct role *role = player_role(player);
	uint64_t none = 0;

	if (player->life != 0)
		finding("role %u begins with the state of an earlier life", self->index);
	player->life = atomic_fetch_add_explicit(&role->begun, 1, memory_order_acq_rel) + 1;
	if (atomic_exchange_explicit(&role->alive, true, memory_order_acq_rel))
		finding("role %u begins life %u before the last has ended", self->index, player->life);
	atomic_fetch_add_explicit(&totals.lives, 1, memory_order_relaxed);
	atomic_compare_exchange_strong(&role->ref, &none, me->ref.bits_private);
	if (atomic_load_explicit(&role->ref, memory_order_relaxed) != me->ref.bits_private)
		finding("role %u has another reference in life %u", self->index, player->life);
	check_lives(me, player);
	check_siblings(player);
	/* The same chances in each life would end each at the same place. */
	self->sender.dice = (struct dice){ dice_mix(self->sender.part->seed + self->index * 65537u + player->life) };
	self->turns = atomic_load_explicit(&self->sender.part->turns[self->index], memory_order_relaxed);
	if (!round_closing(self->sender.part->round) && dice_one_in(&self->sender.dice, 24))
		return mishap_at_birth(me, player);
	return TROUPE_HANDLED;
}

void player_terminate(troupe_actor *me, troupe_status why)
{
	struct player *player = me->state;
	struct role *role = player_role(player);

	if (player->crashing)
		finding("role %u: terminate runs after a crash or a failed init", player->self.index);
	if (why == TROUPE_ELINKED && (role->behaviour.traps || !atomic_load_explicit(&role->linked, memory_order_relaxed)))
		finding("role %u ended by a link, but it traps or has none", player->self.index);
	atomic_fetch_add_explicit(&player->self.sender.part->round->spawned, 1, memory_order_relaxed); /* a life each */
	guard_terminate(me);
	life_over(player, why);
	if (!round_closing(player->self.sender.part->round) && dice_one_in(&player->self.sender.dice, 32))
		mishap_at_end(me, player);
}

/* --------------------------------------------------------------------------------------------------------- parcels -- */

troupe_status player_post(struct sender *sender, troupe_actor *me, struct cast *cast, uint32_t from, uint32_t to, uint16_t hops)
{
	uint32_t edge = from == ROLES_MAX ? NO_EDGE : from * ROLES_MAX + to, sequence = 0;
	troupe_ref ref = role_ref(&cast->roles[to]);

	if (troupe_ref_is_null(ref))
		return TROUPE_EGONE;
	if (cast->roles[to].pooled || role_newest_first(&cast->roles[to]))
		edge = NO_EDGE;
	if (edge != NO_EDGE) {
		sequence = atomic_load_explicit(&cast->sent[edge], memory_order_relaxed) + 1;
		atomic_store_explicit(&cast->sent[edge], sequence, memory_order_relaxed);
	}
	return post(sender, me, (enum way)dice_below(&sender->dice, WAY_COUNT), &(struct letter){
		.to = ref, .world = cast->roles[to].world, .kind = KIND_PARCEL, .size = note_size(&sender->dice),
		.note = { .to = cast->roles[to].pooled ? ANYONE : to, .edge = edge, .sequence = sequence, .hops = hops },
	});
}

/* Some are missing: they were dead letters. None may be older than one before it. */
static void check_order(struct player *player, const struct note *note)
{
	if (note->edge == NO_EDGE)
		return;
	_Atomic uint32_t *seen = &player->cast->seen[note->edge];
	uint32_t before = atomic_load_explicit(seen, memory_order_relaxed);
	if (note->sequence <= before)
		finding("order: to role %u number %u came after number %u", player->self.index, note->sequence, before);
	atomic_store_explicit(seen, note->sequence, memory_order_relaxed);
}

/* Deferred messages and timers of a life: what is left of them when it ends is the next one's, or nobody's. */
static void defer_and_wait(troupe_actor *me, struct player *player)
{
	struct dice *dice = &player->self.sender.dice;
	troupe_status status;

	if (dice_one_in(dice, 16))
		troupe_undefer(me);
	if (!dice_one_in(dice, 32))
		return;
	status = troupe_after(me, dice_scaled(dice, 1, 2000) * TROUPE_US, KIND_ONCE, player->life, NULL);
	EXPECT("troupe_after", status, player_role(player)->behaviour.leftovers == TROUPE_DRAIN ? TROUPE_ECLOSED : TROUPE_OK);
	atomic_fetch_add_explicit(&totals.timers, 1, memory_order_relaxed);
}

static troupe_verdict receive_timer(struct player *player, const troupe_message *m)
{
	if (m->token != player->life)
		finding("role %u: in life %u a timer of life %llu", player->self.index, player->life, (unsigned long long)m->token);
	return TROUPE_HANDLED;
}

static troupe_verdict receive_parcel(troupe_actor *me, struct player *player, const troupe_message *m)
{
	struct sender *sender = &player->self.sender;
	struct cast *cast = player->cast;
	const struct note note = *(const struct note *)m->data;
	bool closing = round_closing(sender->part->round), acts_first = dice_one_in(&sender->dice, 2);

	if (!self_accepts(&player->self, m))
		return TROUPE_UNKNOWN;
	if (m->kind == KIND_PARCEL && note.edge == NO_EDGE && !closing && dice_one_in(&sender->dice, 8))
		return TROUPE_DEFERRED;
	if (m->kind == KIND_PARCEL)
		check_order(player, &note);
	if (!closing)
		defer_and_wait(me, player);
	if (!closing && acts_first)
		each_act(me, player);
	if (!closing && dice_one_in(&sender->dice, cast->mishap_in)) {
		troupe_verdict verdict = mishap(me, player);
		if (verdict != TROUPE_HANDLED)
			return verdict;
	} else if (!closing && dice_one_in(&sender->dice, 100)) {
		return TROUPE_UNKNOWN;
	}
	books_mark(note.number, m->kind, FATE_HANDLED);
	if (!closing && !acts_first)
		each_act(me, player);
	if (note.hops > 0 && !closing)
		troupe_ignore(player_post(sender, me, cast, player->self.index, cast_draw(cast, &sender->dice), (uint16_t)(note.hops - 1)));
	return TROUPE_HANDLED;
}

/* ------------------------------------------------------------------------------------------------------- questions -- */

static void answer(struct player *player, const struct seek *seek)
{
	struct found found = { .id = seek->id };

	EXPECT("an answer", cast_tell(player->cast, seek->reply, KIND_FOUND, &found, sizeof found), TROUPE_OK);
}

static troupe_verdict receive_seek(troupe_actor *me, struct player *player, const troupe_message *m)
{
	struct dice *dice = &player->self.sender.dice;
	const struct seek seek = *(const struct seek *)m->data;
	uint32_t share = dice_below(dice, 100);

	if (round_closing(player->self.sender.part->round) || share < 70) {
		answer(player, &seek);
		return TROUPE_HANDLED;
	}
	if (share < 75) {
		troupe_ref other = role_ref(&player->cast->roles[cast_draw(player->cast, dice)]);
		if (EXPECT("troupe_forward", troupe_forward(me, m, other), TROUPE_EGONE, TROUPE_ECLOSED, TROUPE_EFULL))
			return TROUPE_HANDLED;
		return TROUPE_UNKNOWN;
	}
	if (share < 80) { /* the second is late */
		answer(player, &seek);
		answer(player, &seek);
		return TROUPE_HANDLED;
	}
	if (share < 85)
		return TROUPE_HANDLED; /* forgotten */
	if (share < 90)
		return TROUPE_UNKNOWN;
	return dice_one_in(dice, 2) ? mishap(me, player) : TROUPE_HANDLED;
}

/* ------------------------------------------------------------------------------------------------------- behaviour -- */

static troupe_verdict handle(troupe_actor *me, const troupe_message *m)
{
	struct player *player = me->state;
	struct role *role = player_role(player);

	if (player->crashing || !atomic_load_explicit(&role->alive, memory_order_relaxed))
		finding("role %u: a handler runs after life %u has ended", player->self.index, player->life);
	if (m->kind == TROUPE_RETURNED && m->returned < KIND_COUNT)
		return self_returned(m, &player->self);
	if (m->kind == KIND_PARCEL || m->kind == KIND_LOOSE)
		return m->kind == KIND_LOOSE && !each_receive(me, player, m) ? TROUPE_UNKNOWN : receive_parcel(me, player, m);
	if (m->kind == KIND_ONCE)
		return receive_timer(player, m);
	if (m->kind == KIND_SETTLE_UP)
		troupe_undefer(me);
	bool taken = each_receive(me, player, m);
	if (m->kind == KIND_SEEK && !taken)
		return receive_seek(me, player, m);
	return taken || m->kind == KIND_SETTLE_UP || m->kind == KIND_AUDIT ? TROUPE_HANDLED : TROUPE_UNKNOWN;
}

troupe_verdict player_receive(troupe_actor *me, const troupe_message *m)
{
	return guard(me, m, handle);
}
