/* SPDX-License-Identifier: MIT */
/* Groups with members that join, leave, fail and end. A message to one goes to one, in order for each sender and member; a
 * message to all goes to each member once, and to each that was in it all the time; the dead are none of them. */
#include <stdlib.h>
#include <string.h>

#include "cast.h"
#include "families.h"

#define GROUPS     4u
#define BROADCASTS 4000u

struct copy {
	struct note note;
	uint64_t number; /* of the broadcast */
};

struct broadcast {
	_Atomic bool accepted;
	_Atomic uint64_t got[ROLES_MAX / 64];
	uint32_t group;
};

struct group {
	troupe_ref ref;
	troupe_routing routing;
	bool pool;                            /* made its members itself; they are no roles until they begin */
	bool stable[ROLES_MAX];               /* joined before the first message, and never leaves */
	_Atomic uint32_t sent[ROLES_MAX];     /* by each sender: the last number */
	_Atomic uint32_t seen[ROLES_MAX * ROLES_MAX]; /* [sender, member] */
};

struct group_own {
	struct group groups[GROUPS];
	struct broadcast broadcasts[BROADCASTS];
	_Atomic uint32_t broadcasts_count;
};

static uint32_t mine(void)
{
	return family_number(&group_family);
}

static struct world *home(struct cast *cast)
{
	return &cast->part->round->worlds[cast->part->home];
}

static uint64_t key_of(const troupe_message *m)
{
	return m->size >= sizeof(struct note) ? ((const struct note *)m->data)->sequence / 4 : 0;
}

/* Its members are its own children; each takes a role when it begins. */
static void open_pool(struct cast *cast, struct group *group, struct dice *dice)
{
	troupe_group_options options = { .struct_size = sizeof options, .routing = (troupe_routing)dice_below(dice, 3) };
	uint32_t pattern;

	if (!cast_more(cast, home(cast), &pattern))
		return;
	struct role *role = &cast->roles[pattern];
	struct player *initial = role->initial;
	initial->pattern = pattern;
	initial->self.index = ROLES_MAX;
	group->routing = options.routing;
	group->pool = true;
	EXPECT("troupe_group_spawn", troupe_group_spawn(home(cast)->system, &options, &role->behaviour, initial,
	                                                dice_between(dice, 1, 6), &group->ref),
	       TROUPE_OK);
}

static void open_group(struct cast *cast, struct group *group, struct dice *dice)
{
	const char *const names[] = { "g0", "g1", "g2", "g3" };
	const char *name = names[dice_below(dice, 4)];
	troupe_group_options options = { .struct_size = sizeof options };

	group->routing = options.routing = (troupe_routing)dice_below(dice, 5);
	if (options.routing == TROUPE_BY_KEY)
		options.key = key_of;
	/* A name may be another cast's in the same system, with the same options: then it is one group with two owners. */
	EXPECT("troupe_group_open", troupe_group_open(home(cast)->system, NULL, &options, &group->ref), TROUPE_OK);
	if (dice_one_in(dice, 2))
		EXPECT("troupe_name", troupe_name(group->ref, name), TROUPE_EEXIST);
	for (uint32_t i = 0; i < cast->first_count; i++) {
		struct role *role = &cast->roles[i];
		if (role->world != home(cast) || troupe_ref_is_null(role_ref(role)) || !dice_one_in(dice, 3))
			continue;
		group->stable[i] = EXPECT("troupe_join", troupe_join(group->ref, role_ref(role)), TROUPE_EGONE);
	}
}

static void start(struct cast *cast)
{
	struct group_own *own = cast->own[mine()];

	for (unsigned i = 0; i < GROUPS; i++) {
		if (dice_one_in(&cast->part->dice, 4))
			open_pool(cast, &own->groups[i], &cast->part->dice);
		if (!own->groups[i].pool)
			open_group(cast, &own->groups[i], &cast->part->dice);
	}
}

/* ---------------------------------------------------------------------------------------------------------- playing -- */

static void send_to_one(troupe_actor *me, struct player *player, struct group *group, uint32_t which)
{
	struct sender *sender = &player->self.sender;
	uint32_t sequence = atomic_load_explicit(&group->sent[player->self.index], memory_order_relaxed) + 1;

	atomic_store_explicit(&group->sent[player->self.index], sequence, memory_order_relaxed);
	/* The edge is no pair of the cast: it says which group, and who. */
	troupe_ignore(post(sender, me, dice_below(&sender->dice, WAY_COUNT), &(struct letter){
		.to = group->ref, .world = home(player->cast), .kind = KIND_LOOSE, .size = note_size(&sender->dice),
		.note = { .to = ANYONE, .edge = which * ROLES_MAX + player->self.index, .sequence = sequence },
	}));
}

static void send_to_all(struct player *player, struct group *group, uint32_t which)
{
	struct group_own *own = player->cast->own[mine()];
	uint32_t number = atomic_fetch_add_explicit(&own->broadcasts_count, 1, memory_order_relaxed);

	if (number >= BROADCASTS)
		return;
	own->broadcasts[number].group = which;
	struct copy copy = { .number = number };
	troupe_status status = cast_tell(player->cast, group->ref, KIND_COPY, &copy, sizeof copy);
	troupe_status refused = player->cast->part->bounded ? TROUPE_EFULL : TROUPE_OK; /* by the ceiling */
	if (EXPECT("a send to all", status, TROUPE_ECLOSED, TROUPE_EGONE, refused))
		atomic_store_explicit(&own->broadcasts[number].accepted, true, memory_order_relaxed);
}

static void join(troupe_actor *me, struct player *player, const struct group *group)
{
	if (group->pool)
		atomic_store_explicit(&player_role(player)->routed, true, memory_order_relaxed);
	EXPECT("troupe_join", troupe_join(group->ref, me->ref), TROUPE_EEXIST, TROUPE_EGONE, TROUPE_ECLOSED);
}

static void act(troupe_actor *me, struct player *player)
{
	struct group_own *own = player->cast->own[mine()];
	struct dice *dice = &player->self.sender.dice;
	uint32_t which = dice_below(dice, GROUPS), share = dice_below(dice, 8);
	struct group *group = &own->groups[which];
	bool near = player->self.sender.world == home(player->cast);

	if (share == 0 && near && !group->stable[player->self.index])
		join(me, player, group);
	else if (share == 1 && near && !group->stable[player->self.index])
		EXPECT("troupe_leave", troupe_leave(group->ref, me->ref), TROUPE_ENOENT, TROUPE_EGONE, TROUPE_ECLOSED);
	else if (group->routing != TROUPE_TO_ALL)
		send_to_one(me, player, group, which);
	else if (dice_one_in(dice, 4))
		send_to_all(player, group, which);
}

static bool is_routed(struct player *player)
{
	return atomic_load_explicit(&player_role(player)->routed, memory_order_relaxed);
}

static void got_copy(struct player *player, const struct copy *copy)
{
	struct group_own *own = player->cast->own[mine()];
	uint64_t bit = UINT64_C(1) << player->self.index % 64;

	if (copy->number >= BROADCASTS) {
		finding("a copy of a message to all that was never sent");
		return;
	}
	_Atomic uint64_t *word = &own->broadcasts[copy->number].got[player->self.index / 64];
	bool again = (atomic_fetch_or_explicit(word, bit, memory_order_relaxed) & bit) != 0;
	/* What one member of a pool leaves behind goes to another, be it that a topic which both are in has told that one already. */
	if (again && !is_routed(player))
		finding("role %u got two copies of message %llu to all", player->self.index, (unsigned long long)copy->number);
}

/* What a group passes on keeps its order, unless a pool routes again what one of its members has handed back. */
static void check_through(struct player *player, const struct note *note)
{
	struct group_own *own = player->cast->own[mine()];
	uint32_t which = note->edge / ROLES_MAX, from = note->edge % ROLES_MAX;

	if (which >= GROUPS || own->groups[which].pool || is_routed(player) || role_newest_first(player_role(player)))
		return;
	_Atomic uint32_t *seen = &own->groups[which].seen[from * ROLES_MAX + player->self.index];
	uint32_t before = atomic_load_explicit(seen, memory_order_relaxed);
	if (note->sequence <= before)
		finding("order: through group %u from role %u to role %u number %u came after number %u", which, from,
		        player->self.index, note->sequence, before);
	atomic_store_explicit(seen, note->sequence, memory_order_relaxed);
}

static bool receive(troupe_actor *me, struct player *player, const troupe_message *m)
{
	(void)me;
	if (m->kind == KIND_LOOSE)
		check_through(player, m->data);
	if (m->kind == KIND_COPY)
		got_copy(player, m->data);
	return m->kind == KIND_LOOSE || m->kind == KIND_COPY;
}

/* ------------------------------------------------------------------------------------------------------------ audit -- */

static void audit_members(struct cast *cast, struct group *group, uint32_t which)
{
	troupe_ref members[ROLES_MAX * 2];
	bool in[ROLES_MAX] = { false };
	size_t count;

	if (!EXPECT("troupe_group_members", troupe_group_members(group->ref, members, ROLES_MAX * 2, &count), TROUPE_OK))
		return;
	for (size_t i = 0; i < count && i < ROLES_MAX * 2; i++) {
		uint32_t role = cast_find(cast, members[i]);
		if (role == ROLES_MAX || in[role])
			finding("group %u has a member twice, or one that never joined", which);
		else if (!troupe_is_alive(members[i]))
			finding("group %u has role %u as a member, which has ended", which, role);
		else
			in[role] = true;
	}
	for (uint32_t i = 0; i < cast->first_count; i++)
		if (group->stable[i] && !in[i] && troupe_is_alive(role_ref(&cast->roles[i])))
			finding("group %u has lost its member, role %u", which, i);
}

static void audit_copies(struct cast *cast, struct group_own *own)
{
	uint32_t count = atomic_load(&own->broadcasts_count);

	if (cast->part->bounded) /* a copy may not fit */
		return;
	for (uint32_t b = 0; b < count && b < BROADCASTS; b++) {
		struct broadcast *broadcast = &own->broadcasts[b];
		for (uint32_t i = 0; i < cast->first_count && atomic_load(&broadcast->accepted); i++) {
			struct role *role = &cast->roles[i];
			bool in = own->groups[broadcast->group].stable[i] && atomic_load(&role->begun) == 1 && atomic_load(&role->alive);
			if (in && (atomic_load(&broadcast->got[i / 64]) >> i % 64 & 1) == 0)
				finding("role %u was in group %u all the time, and did not get message %u to all", i, broadcast->group, b);
		}
	}
}

static void audit(struct cast *cast)
{
	struct group_own *own = cast->own[mine()];

	for (unsigned i = 0; i < GROUPS; i++)
		audit_members(cast, &own->groups[i], i);
	audit_copies(cast, own);
}

static void stop(struct cast *cast)
{
	struct group_own *own = cast->own[mine()];

	for (unsigned i = 0; i < GROUPS; i++)
		EXPECT("troupe_stop of a group", troupe_stop(own->groups[i].ref), TROUPE_OK);
}

static void build(struct cast *cast, void **own)
{
	(void)cast;
	*own = process_array(1, sizeof(struct group_own));
}

static void discard(struct cast *cast)
{
	free(cast->own[mine()]);
}

const struct family group_family = {
	.name = "group", .build = build, .start = start, .act = act, .receive = receive, .audit = audit, .stop = stop,
	.discard = discard,
};

const struct scenario group_scenario =
	CAST_SCENARIO("group", "routers and topics whose members join, leave and fail", &group_family);
