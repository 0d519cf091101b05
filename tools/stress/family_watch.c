/* SPDX-License-Identifier: MIT */
/* Links and monitors: made and taken back at random, from birth too. Each monitor tells once, with the right reason, and never
 * after it was taken back; who is linked to a failure ends, or is told. */
#include <stdlib.h>

#include "cast.h"
#include "families.h"

#define MONITORS 6u
#define LINKS    3u
#define DOOMED   20000u

static uint32_t mine(void)
{
	return family_number(&watch_family);
}

struct monitor {
	uint64_t token; /* 0: free */
	uint32_t target;
	troupe_monitor_id id;
};

struct bond {
	bool used;
	uint32_t target;
	uint32_t life; /* of the target, at the time; 0: not known */
};

struct watching {
	struct monitor monitors[MONITORS];
	struct bond bonds[LINKS];
	uint32_t serial;
};

/* Whose life must have ended by the end of the round, for it was linked to a failure. */
struct doom {
	uint32_t who, life, by;
	troupe_status why;
};

struct watch_own {
	_Atomic uint8_t tied[ROLES_MAX * ROLES_MAX]; /* [a, b]: a has called troupe_link for b */
	struct doom dooms[DOOMED];
	_Atomic uint32_t dooms_count;
};

static struct watch_own *own_of(struct player *player)
{
	return player->cast->own[mine()];
}

static _Atomic uint8_t *tie(struct player *player, uint32_t from, uint32_t to)
{
	return &own_of(player)->tied[from * ROLES_MAX + to];
}

static bool drains(struct player *player)
{
	return player_role(player)->behaviour.leftovers == TROUPE_DRAIN;
}

/* --------------------------------------------------------------------------------------------------------- monitors -- */

static uint64_t next_token(struct player *player, struct watching *watching)
{
	return ((uint64_t)mine() + 1) << 56 | (uint64_t)player->self.index << 40 | (uint64_t)(player->life & 0xffff) << 24 |
	       ++watching->serial;
}

static void monitor(troupe_actor *me, struct player *player, struct watching *watching, struct monitor *slot)
{
	uint32_t target = cast_draw(player->cast, &player->self.sender.dice);
	troupe_ref ref = role_ref(&player->cast->roles[target]);

	if (target == player->self.index || troupe_ref_is_null(ref))
		return;
	*slot = (struct monitor){ .token = next_token(player, watching), .target = target };
	if (!EXPECT("troupe_monitor", troupe_monitor(me, ref, slot->token, &slot->id), drains(player) ? TROUPE_ECLOSED : TROUPE_OK))
		slot->token = 0;
}

static void unmonitor(troupe_actor *me, struct player *player, struct monitor *slot)
{
	troupe_status status = troupe_unmonitor(me, slot->id);

	EXPECT("troupe_unmonitor of one that has not told", status, drains(player) ? TROUPE_ENOENT : TROUPE_OK);
	if (troupe_unmonitor(me, slot->id) != TROUPE_ENOENT)
		finding("troupe_unmonitor took the same monitor back twice");
	slot->token = 0;
}

static void told_down(struct player *player, struct watching *watching, const troupe_message *m)
{
	struct monitor *slot = NULL;

	for (unsigned i = 0; i < MONITORS; i++)
		if (watching->monitors[i].token == m->token)
			slot = &watching->monitors[i];
	if (slot == NULL || m->token == 0) {
		finding("role %u, life %u: TROUPE_DOWN of a monitor that it does not have (token %llx)", player->self.index,
		        player->life, (unsigned long long)m->token);
		return;
	}
	struct role *target = &player->cast->roles[slot->target];
	troupe_status last = (troupe_status)atomic_load_explicit(&target->last, memory_order_relaxed);
	if (!troupe_ref_equal(m->about, role_ref(target)))
		finding("role %u: TROUPE_DOWN is about another actor than the monitor", player->self.index);
	if (atomic_load_explicit(&target->alive, memory_order_relaxed))
		finding("role %u: TROUPE_DOWN about role %u, which lives", player->self.index, slot->target);
	if (!role_ended_by(target, m->why) && m->why != TROUPE_EGONE && atomic_load_explicit(&target->begun, memory_order_relaxed) != 0)
		finding("role %u: TROUPE_DOWN about role %u says %s, but it ended by %s", player->self.index, slot->target,
		        troupe_status_name(m->why), troupe_status_name(last));
	atomic_store_explicit(&target->gone, true, memory_order_relaxed);
	slot->token = 0;
}

/* ------------------------------------------------------------------------------------------------------------ links -- */

static struct bond *bond_with(struct watching *watching, uint32_t target)
{
	for (unsigned i = 0; i < LINKS; i++)
		if (watching->bonds[i].used && watching->bonds[i].target == target)
			return &watching->bonds[i];
	return NULL;
}

/* The life that a role has, if it has one now. */
static uint32_t life_of(struct role *role)
{
	uint32_t begun = atomic_load_explicit(&role->begun, memory_order_acquire);

	return atomic_load_explicit(&role->alive, memory_order_acquire) ? begun : 0;
}

static void bind(troupe_actor *me, struct player *player, struct watching *watching, struct bond *bond)
{
	uint32_t target = cast_draw(player->cast, &player->self.sender.dice);
	struct role *role = &player->cast->roles[target];
	troupe_ref ref = role_ref(role);

	if (target == player->self.index || troupe_ref_is_null(ref) || bond_with(watching, target) != NULL)
		return;
	uint32_t before = life_of(role);
	atomic_store_explicit(tie(player, player->self.index, target), 1, memory_order_relaxed);
	atomic_store_explicit(&role->linked, true, memory_order_relaxed);
	atomic_store_explicit(&player_role(player)->linked, true, memory_order_relaxed);
	if (!EXPECT("troupe_link", troupe_link(me, ref), drains(player) ? TROUPE_ECLOSED : TROUPE_OK))
		return;
	*bond = (struct bond){ .used = true, .target = target, .life = before == life_of(role) ? before : 0 };
}

static void unbind(troupe_actor *me, struct player *player, struct bond *bond)
{
	struct role *target = &player->cast->roles[bond->target];
	troupe_status status = troupe_unlink(me, role_ref(target));
	bool other = atomic_load_explicit(tie(player, bond->target, player->self.index), memory_order_relaxed) != 0;

	/* It may have ended well, or the other one may have taken it away. */
	if (status == TROUPE_ENOENT && bond->life != 0 && life_of(target) == bond->life && !other && !drains(player))
		finding("role %u: troupe_unlink finds no link to role %u, which lives", player->self.index, bond->target);
	EXPECT("troupe_unlink", status, TROUPE_ENOENT);
	bond->used = false;
}

static void told_linked(struct player *player, struct watching *watching, const troupe_message *m)
{
	uint32_t who = cast_find(player->cast, m->about);
	struct bond *bond = bond_with(watching, who);

	if (!player_role(player)->behaviour.traps)
		finding("role %u does not trap, but is told TROUPE_LINKED", player->self.index);
	if (bond == NULL && (who == ROLES_MAX || atomic_load(tie(player, who, player->self.index)) == 0))
		finding("role %u, life %u: TROUPE_LINKED about role %u, to which it is not linked", player->self.index, player->life,
		        who);
	if (bond != NULL)
		bond->used = false;
}

/* Links end with a life: by failure, that of the other one ends too. */
static void over(struct player *player, troupe_status why)
{
	struct watching *watching = player_part(player, mine());
	struct watch_own *own = own_of(player);

	for (unsigned i = 0; i < LINKS && why != TROUPE_OK; i++) {
		const struct bond *bond = &watching->bonds[i];
		if (!bond->used || bond->life == 0 || player->cast->roles[bond->target].behaviour.traps)
			continue;
		uint32_t at = atomic_fetch_add_explicit(&own->dooms_count, 1, memory_order_relaxed);
		if (at < DOOMED)
			own->dooms[at] = (struct doom){ bond->target, bond->life, player->self.index, why };
	}
}

/* ---------------------------------------------------------------------------------------------------------- at birth -- */

/* A child or not, linked or not, monitored or not, from birth. */
static void bear(troupe_actor *me, struct player *player, struct watching *watching, struct monitor *slot, struct bond *bond)
{
	struct dice *dice = &player->self.sender.dice;
	struct cast *cast = player->cast;
	uint32_t index;
	troupe_ref ref;

	if (!cast_more(cast, player->self.sender.world, &index))
		return;
	struct role *role = &cast->roles[index];
	bool link = dice_one_in(dice, 2), watched = dice_one_in(dice, 2), child = dice_one_in(dice, 2);
	uint64_t token = next_token(player, watching);
	troupe_monitor_id id;
	atomic_store_explicit(&role->child, child, memory_order_relaxed);
	if (link) {
		atomic_store_explicit(tie(player, player->self.index, index), 1, memory_order_relaxed);
		atomic_store_explicit(&role->linked, true, memory_order_relaxed);
		atomic_store_explicit(&player_role(player)->linked, true, memory_order_relaxed);
	}
	troupe_status status = troupe_spawn_with(me->system, me, &role->behaviour, role->initial,
	                                         TROUPE_OPTIONS(troupe_spawn_options, .child = child, .link = link,
	                                                        .monitor = watched, .token = token, .monitor_id = &id),
	                                         &ref);
	if (!EXPECT("troupe_spawn_with", status, TROUPE_ECLOSED))
		return;
	role_made(role, ref);
	if (watched)
		*slot = (struct monitor){ .token = token, .target = index, .id = id };
	if (link)
		*bond = (struct bond){ .used = true, .target = index, .life = 1 };
}

static void act(troupe_actor *me, struct player *player)
{
	struct watching *watching = player_part(player, mine());
	struct dice *dice = &player->self.sender.dice;
	struct monitor *slot = &watching->monitors[dice_below(dice, MONITORS)];
	struct bond *bond = &watching->bonds[dice_below(dice, LINKS)];

	if (slot->token == 0 && !bond->used && dice_one_in(dice, 16))
		bear(me, player, watching, slot, bond);
	if (slot->token == 0)
		monitor(me, player, watching, slot);
	else if (dice_one_in(dice, 2))
		unmonitor(me, player, slot);
	if (bond->used)
		unbind(me, player, bond);
	else if (dice_one_in(dice, 8))
		bind(me, player, watching, bond);
}

/* ------------------------------------------------------------------------------------------------------------ audit -- */

static void audit_player(struct player *player, struct watching *watching)
{
	for (unsigned i = 0; i < MONITORS; i++) {
		const struct monitor *slot = &watching->monitors[i];
		struct role *target = &player->cast->roles[slot->target];
		if (slot->token != 0 && target->nest == NULL && atomic_load(&target->ended) != 0)
			finding("role %u was never told that role %u, which it monitors, has ended by %s", player->self.index,
			        slot->target, troupe_status_name((troupe_status)atomic_load(&target->last)));
	}
	for (unsigned i = 0; i < LINKS; i++) {
		const struct bond *bond = &watching->bonds[i];
		struct role *target = &player->cast->roles[bond->target];
		if (!bond->used || bond->life == 0 || atomic_load(tie(player, bond->target, player->self.index)) != 0)
			continue;
		bool over = atomic_load(&target->begun) > bond->life || !atomic_load(&target->alive);
		if (over && player_role(player)->behaviour.traps)
			finding("role %u traps, and was never told that role %u has ended", player->self.index, bond->target);
		else if (over && atomic_load(&target->begun) == bond->life && atomic_load(&target->last) != TROUPE_OK)
			finding("role %u lives, but is linked to role %u, which has ended by %s", player->self.index, bond->target,
			        troupe_status_name((troupe_status)atomic_load(&target->last)));
	}
}

static bool receive(troupe_actor *me, struct player *player, const troupe_message *m)
{
	struct watching *watching = player_part(player, mine());

	(void)me;
	if (m->kind == TROUPE_DOWN)
		told_down(player, watching, m);
	else if (m->kind == TROUPE_LINKED)
		told_linked(player, watching, m);
	else if (m->kind == KIND_AUDIT)
		audit_player(player, watching);
	return m->kind == TROUPE_DOWN || m->kind == TROUPE_LINKED;
}

static void audit(struct cast *cast)
{
	struct watch_own *own = cast->own[mine()];
	uint32_t count = atomic_load(&own->dooms_count);

	for (uint32_t i = 0; i < count && i < DOOMED; i++) {
		const struct doom *doom = &own->dooms[i];
		struct role *role = &cast->roles[doom->who];
		/* Who has links of its own may have taken this one away. */
		bool own_ties = atomic_load(&own->tied[doom->who * ROLES_MAX + doom->by]) != 0;
		if (!own_ties && atomic_load(&role->begun) == doom->life && atomic_load(&role->alive))
			finding("role %u lives, but was linked to role %u, which ended by %s", doom->who, doom->by,
			        troupe_status_name(doom->why));
	}
}

static void build(struct cast *cast, void **own)
{
	(void)cast;
	*own = process_array(1, sizeof(struct watch_own));
}

static void discard(struct cast *cast)
{
	free(cast->own[mine()]);
}

const struct family watch_family = {
	.name = "watch", .state_size = sizeof(struct watching), .build = build, .act = act, .receive = receive, .over = over,
	.audit = audit, .discard = discard,
};

const struct scenario watch_scenario =
	CAST_SCENARIO("watch", "links and monitors, made and taken back, of actors that fail", &watch_family);
