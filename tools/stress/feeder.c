/* SPDX-License-Identifier: MIT */
/* Feeders, and the scenario: bursts of both kinds to stashers, with commands between them. */
#include <stdlib.h>

#include "families.h"
#include "stash.h"

struct feeder {
	struct self self;
	uint32_t steps;
};

static void feed(troupe_actor *me, struct feeder *feeder)
{
	struct self *self = &feeder->self;
	struct pantry *pantry = self->sender.part->own;
	struct dice *dice = &self->sender.dice;
	uint32_t to = dice_below(dice, pantry->stashers), which = self->index - pantry->stashers, share = dice_below(dice, 16);
	uint32_t edge = which * pantry->stashers + to;
	struct letter letter = { .to = self->sender.part->refs[to], .world = part_world(self->sender.part, to) };

	letter.kind = share == 0 ? KIND_COMMAND : share < 10 ? KIND_LATER : KIND_PARCEL;
	letter.size = note_size(dice);
	letter.note = (struct note){ .to = to, .edge = letter.kind == KIND_COMMAND ? NO_EDGE : edge };
	if (letter.kind != KIND_COMMAND)
		letter.note.sequence = ++pantry->sent[edge * CLASSES + (letter.kind == KIND_LATER)];
	troupe_ignore(post(&self->sender, me, dice_below(dice, WAY_COUNT), &letter));
	if (dice_one_in(dice, 5000))
		EXPECT("troupe_stop", troupe_stop(letter.to), TROUPE_EGONE, TROUPE_ECLOSED);
	if (dice_one_in(dice, 10000))
		EXPECT("troupe_kill", troupe_kill(letter.to), TROUPE_EGONE, TROUPE_ECLOSED);
}

static troupe_verdict feeder_handle(troupe_actor *me, const troupe_message *m)
{
	struct feeder *feeder = me->state;
	struct self *self = &feeder->self;

	if (m->kind == TROUPE_RETURNED)
		return self_returned(m, self);
	if (!self_accepts(self, m))
		return TROUPE_UNKNOWN;
	books_mark(((const struct note *)m->data)->number, m->kind, FATE_HANDLED);
	for (uint32_t burst = dice_scaled(&self->sender.dice, 1, 200); burst > 0 && feeder->steps > 0; burst--, feeder->steps--)
		feed(me, feeder);
	if (feeder->steps > 0 && !round_closing(self->sender.part->round))
		troupe_ignore(post(&self->sender, me, WAY_COPY, &(struct letter){
			.to = me->ref, .world = self->sender.world, .kind = KIND_COMMAND,
			.note = { .to = self->index, .edge = NO_EDGE },
		}));
	return TROUPE_HANDLED;
}

static troupe_verdict feeder_receive(troupe_actor *me, const troupe_message *m)
{
	return guard(me, m, feeder_handle);
}

static const troupe_behaviour feeder_behaviour = {
	.name = "feeder", .receive = feeder_receive, .terminate = plain_terminate, .state_size = sizeof(struct feeder),
};

static void stash_build(struct part *part)
{
	struct pantry *pantry = process_array(1, sizeof *pantry);
	uint32_t edges;

	pantry->stashers = dice_scaled(&part->dice, 1, part->actors);
	pantry->feeders = dice_between(&part->dice, 1, 6);
	edges = pantry->stashers * pantry->feeders * CLASSES;
	pantry->sent = process_array(edges, sizeof *pantry->sent);
	pantry->seen = process_array(edges, sizeof *pantry->seen);
	part->own = pantry;
	part_indices(part, pantry->stashers + pantry->feeders);
	part_refs(part, pantry->stashers + pantry->feeders);
	for (uint32_t i = 0; i < pantry->stashers; i++)
		stasher_spawn(part, i);
	for (uint32_t i = pantry->stashers; i < part->refs_count; i++) {
		struct feeder feeder = { .self = self_initial(part, i), .steps = part->budget / pantry->feeders };
		self_spawn(part_world(part, i), NULL, &feeder_behaviour, &feeder, &part->refs[i]);
	}
}

static void stash_start(struct part *part)
{
	const struct pantry *pantry = part->own;

	for (uint32_t i = pantry->stashers; i < part->refs_count; i++)
		troupe_ignore(post(&part->outside, NULL, WAY_COPY, &(struct letter){
			.to = part->refs[i], .world = part_world(part, i), .kind = KIND_COMMAND,
			.note = { .to = i, .edge = NO_EDGE },
		}));
}

static void stash_discard(struct part *part)
{
	struct pantry *pantry = part->own;

	free(pantry->sent);
	free(pantry->seen);
	free(pantry);
}

const struct scenario stash_scenario = {
	.name = "stash", .about = "deferred messages: become, unbecome, undefer",
	.build = stash_build, .start = stash_start, .discard = stash_discard,
};
