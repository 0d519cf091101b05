/* SPDX-License-Identifier: MIT */
/* Spawn storms: actors that spawn actors, children and not, in init and in handlers, a tree with reports going back up;
 * while, in some rounds, a plain thread stops and kills at random. A parent must outlive its children. */
#include <stdlib.h>

#include "actor.h"
#include "families.h"

#define WIDTH_MOST 8u

/* What a family of sprouts shares. */
struct nursery {
	_Atomic uint32_t next;  /* the next index */
	uint32_t most;          /* how many actors there may be */
	bool mischief;          /* some fail at birth, some are killed */
	_Atomic uint8_t *ended; /* [most] */
	_Atomic uint64_t *refs; /* [most] */
};

struct sprout {
	struct self self;
	troupe_ref above;      /* who is told when the work is done; null: the root */
	uint32_t above_index;
	uint32_t depth, width; /* levels below it, children on each */
	uint32_t first;        /* index of its first child */
	uint32_t own;          /* a bit for each that was made by troupe_spawn_child */
	uint32_t waiting;      /* reports that will come */
	bool at_birth;         /* grows in init */
};

static const troupe_behaviour sprout_behaviours[4];

static struct nursery *nursery_of(struct sprout *sprout)
{
	return sprout->self.sender.part->own;
}

/* Its own work and that of all below it is done. */
static void done(troupe_actor *me, struct sprout *sprout)
{
	struct sender *sender = &sprout->self.sender;
	bool root = troupe_ref_is_null(sprout->above);

	if (root && !nursery_of(sprout)->mischief)
		part_pending(sender->part, -1);
	if (!root)
		troupe_ignore(post(sender, me, dice_below(&sender->dice, WAY_COUNT), &(struct letter){
			.to = sprout->above, .world = sender->world, .kind = KIND_REPORT,
			.note = { .to = sprout->above_index, .edge = NO_EDGE },
		}));
	if (dice_one_in(&sender->dice, 2))
		troupe_exit(me, dice_one_in(&sender->dice, 8) ? TROUPE_EUSER : TROUPE_OK);
}

static void command(struct sprout *sprout, troupe_actor *me, troupe_ref to, uint32_t index)
{
	struct sender *sender = &sprout->self.sender;

	troupe_ignore(post(sender, me, dice_below(&sender->dice, WAY_COUNT), &(struct letter){
		.to = to, .world = sender->world, .kind = KIND_COMMAND, .note = { .to = index, .edge = NO_EDGE },
	}));
}

/* Child number @p i. */
static void grow_one(troupe_actor *me, struct sprout *sprout, uint32_t i)
{
	struct sender *sender = &sprout->self.sender;
	struct nursery *nursery = nursery_of(sprout);
	uint32_t index = sprout->first + i;
	bool own = dice_one_in(&sender->dice, 2);
	struct sprout child = {
		.self = self_initial(sender->part, index), .above = me->ref, .above_index = sprout->self.index,
		.depth = sprout->depth - 1, .width = sprout->width, .at_birth = dice_one_in(&sender->dice, 3),
	};
	troupe_ref ref;

	child.self.sender.world = sender->world;
	child.self.sender.dice = dice_split(&sender->dice, index);
	if (!self_spawn(sender->world, own ? me : NULL, &sprout_behaviours[dice_below(&sender->dice, 4)], &child, &ref))
		return;
	atomic_store_explicit(&nursery->refs[index], ref.bits_private, memory_order_relaxed);
	sprout->own |= (uint32_t)own << i;
	sprout->waiting++;
	if (!child.at_birth)
		command(sprout, me, ref, index);
}

static void grow(troupe_actor *me, struct sprout *sprout)
{
	struct nursery *nursery = nursery_of(sprout);
	uint32_t count = sprout->depth == 0 ? 0 : sprout->width;

	if (round_closing(sprout->self.sender.part->round))
		count = 0;
	if (count != 0)
		sprout->first = atomic_fetch_add_explicit(&nursery->next, count, memory_order_relaxed);
	for (uint32_t i = 0; i < count && sprout->first + i < nursery->most; i++)
		grow_one(me, sprout, i);
	if (sprout->waiting == 0)
		done(me, sprout);
}

/* ------------------------------------------------------------------------------------------------------- behaviour -- */

static troupe_verdict sprout_init(troupe_actor *me)
{
	struct sprout *sprout = me->state;

	if (nursery_of(sprout)->mischief && dice_one_in(&sprout->self.sender.dice, 32)) {
		atomic_store_explicit(&nursery_of(sprout)->ended[sprout->self.index], 1, memory_order_relaxed);
		return self_unborn(me);
	}
	if (sprout->at_birth)
		grow(me, sprout);
	return TROUPE_HANDLED;
}

static troupe_verdict sprout_handle(troupe_actor *me, const troupe_message *m)
{
	struct sprout *sprout = me->state;

	if (m->kind == TROUPE_RETURNED)
		return self_returned(m, &sprout->self);
	if (m->kind == KIND_TINY) {
		books_mark(0, KIND_TINY, FATE_HANDLED);
		return TROUPE_HANDLED;
	}
	if (!self_accepts(&sprout->self, m))
		return TROUPE_UNKNOWN;
	books_mark(((const struct note *)m->data)->number, m->kind, FATE_HANDLED);
	if (m->kind == KIND_COMMAND)
		grow(me, sprout);
	else if (sprout->waiting == 0)
		finding("actor %u got more reports than it has children", sprout->self.index);
	else if (--sprout->waiting == 0)
		done(me, sprout);
	return TROUPE_HANDLED;
}

static troupe_verdict sprout_receive(troupe_actor *me, const troupe_message *m)
{
	return guard(me, m, sprout_handle);
}

static void sprout_terminate(troupe_actor *me, troupe_status why)
{
	struct sprout *sprout = me->state;
	struct nursery *nursery = nursery_of(sprout);

	plain_terminate(me, why);
	for (uint32_t i = 0; i < WIDTH_MOST; i++)
		if ((sprout->own >> i & 1) != 0 &&
		    atomic_load_explicit(&nursery->ended[sprout->first + i], memory_order_relaxed) == 0)
			finding("actor %u ends (%s) before its child %u", sprout->self.index, troupe_status_name(why),
			        sprout->first + i);
	atomic_store_explicit(&nursery->ended[sprout->self.index], 1, memory_order_relaxed);
}

#define SPROUT(fate, turn)                                                                                               \
	{                                                                                                                \
		.name = "sprout", .receive = sprout_receive, .init = sprout_init, .terminate = sprout_terminate,         \
		.state_size = sizeof(struct sprout), .leftovers = (fate), .turn_messages_max = (turn)                    \
	}

static const troupe_behaviour sprout_behaviours[4] = {
	SPROUT(TROUPE_DEAD_LETTER, 0), SPROUT(TROUPE_DRAIN, 0), SPROUT(TROUPE_HAND_BACK, 0), SPROUT(TROUPE_DEAD_LETTER, 1),
};

/* -------------------------------------------------------------------------------------------------------- mischief -- */

/* A plain thread ends actors at random. What has ended must stay so. */
static void annoy(struct sender *sender, troupe_ref ref, struct world *world)
{
	troupe_status why = TROUPE_OK;

	switch (dice_below(&sender->dice, 6)) {
	case 0: EXPECT("troupe_stop", troupe_stop(ref), TROUPE_EGONE, TROUPE_ECLOSED); break;
	case 1: EXPECT("troupe_kill", troupe_kill(ref), TROUPE_EGONE, TROUPE_ECLOSED); break;
	case 2: troupe_ignore(post_tiny(sender, ref, world, dice_below(&sender->dice, 8))); break;
	case 3: EXPECT("troupe_stop_wait", troupe_stop_wait(ref, TROUPE_MS), TROUPE_ETIMEOUT); break;
	default:
		if (!EXPECT("troupe_wait_end", troupe_wait_end(ref, 100 * TROUPE_US, &why), TROUPE_ETIMEOUT))
			break;
		if (troupe_is_alive(ref))
			finding("troupe_wait_end gave OK, but the actor lives");
		if (post_tiny(sender, ref, world, 5) != TROUPE_EGONE && !atomic_load(&world->finishing))
			finding("a message was accepted by an actor that had ended");
	}
}

static void mischief(struct thread *thread)
{
	struct part *part = thread->part;
	struct nursery *nursery = part->own;

	for (uint32_t i = 0; i < 200 && !round_closing(part->round); i++) {
		uint32_t known = atomic_load_explicit(&nursery->next, memory_order_relaxed);
		uint32_t index = dice_below(&thread->sender.dice, known < nursery->most ? known : nursery->most);
		troupe_ref ref = { atomic_load_explicit(&nursery->refs[index], memory_order_relaxed) };
		if (!troupe_ref_is_null(ref))
			annoy(&thread->sender, ref, part_world(part, 0));
		if (dice_one_in(&thread->sender.dice, 8))
			process_nap(dice_below(&thread->sender.dice, 300) * TROUPE_US);
	}
}

/* ---------------------------------------------------------------------------------------------------------- begins -- */

static void spawn_build(struct part *part)
{
	struct nursery *nursery = process_array(1, sizeof *nursery);

	part->spread = false; /* a handler spawns in its own system alone */
	nursery->most = part->actors * 4;
	nursery->mischief = dice_one_in(&part->dice, 2);
	nursery->ended = process_array(nursery->most, sizeof *nursery->ended);
	nursery->refs = process_array(nursery->most, sizeof *nursery->refs);
	part_indices(part, nursery->most);
	part->own = nursery;
}

static void start_root(struct part *part, uint32_t depth, uint32_t width)
{
	struct nursery *nursery = part->own;
	uint32_t index = atomic_fetch_add_explicit(&nursery->next, 1, memory_order_relaxed);
	troupe_ref ref;

	if (index >= nursery->most)
		return;
	struct sprout root = { .self = self_initial(part, index), .depth = depth, .width = width, .at_birth = true };
	if (!nursery->mischief)
		part_pending(part, 1);
	if (self_spawn(part_world(part, index), NULL, &sprout_behaviours[dice_below(&part->dice, 4)], &root, &ref))
		atomic_store_explicit(&nursery->refs[index], ref.bits_private, memory_order_relaxed);
}

static void spawn_start(struct part *part)
{
	struct nursery *nursery = part->own;
	uint32_t roots = dice_scaled(&part->dice, 1, part->actors), depth = dice_between(&part->dice, 1, 12);
	uint32_t width = dice_between(&part->dice, 1, WIDTH_MOST);

	for (uint32_t i = 0; i < roots; i++)
		start_root(part, depth, width);
	if (nursery->mischief)
		part_thread(part, false, mischief);
}

static void spawn_stop(struct part *part)
{
	struct nursery *nursery = part->own;

	for (uint32_t i = 0; i < nursery->most; i++) {
		troupe_ref ref = { atomic_load_explicit(&nursery->refs[i], memory_order_relaxed) };
		if (!troupe_ref_is_null(ref))
			EXPECT("troupe_stop", troupe_stop(ref), TROUPE_EGONE, TROUPE_ECLOSED);
	}
}

static void spawn_discard(struct part *part)
{
	struct nursery *nursery = part->own;

	free((void *)nursery->ended);
	free((void *)nursery->refs);
	free(nursery);
}

const struct scenario spawn_scenario = {
	.name = "spawn", .about = "actors that spawn actors, children or not, while some are killed",
	.build = spawn_build, .start = spawn_start, .stop = spawn_stop, .discard = spawn_discard,
};
