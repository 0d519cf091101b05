/* SPDX-License-Identifier: MIT */
/* Stashers keep a list of the messages that they deferred and one of those that must come next, and compare. */
#include <stdlib.h>
#include <string.h>

#include "stash.h"

#define BECOME_MOST 16u

/* Numbers of messages in their order. */
struct list {
	uint64_t *numbers;
	uint32_t count, room;
};

struct stasher {
	struct self self;
	uint32_t levels;      /* of become */
	struct list deferred; /* in the stash */
	struct list coming;   /* from the stash, to come next; the next one last, so that it can be taken off cheaply */
	bool ending;          /* it drains: Troupe brings back the stash by itself, the lists say nothing any more */
};

static void list_add(struct list *list, uint64_t number)
{
	if (list->count == list->room) {
		list->room = list->room == 0 ? 16 : 2 * list->room;
		list->numbers = realloc(list->numbers, list->room * sizeof *list->numbers);
		if (list->numbers == NULL)
			abort();
	}
	list->numbers[list->count++] = number;
}

/* -------------------------------------------------------------------------------------------------------- stashing -- */

/* What is deferred will be delivered again, before what was brought back earlier and has not come yet. */
static void bring_back(struct stasher *stasher)
{
	while (stasher->deferred.count > 0)
		list_add(&stasher->coming, stasher->deferred.numbers[--stasher->deferred.count]);
}

/* Is this the one from the stash that must come next, if there is one? */
static void check_coming(struct stasher *stasher, const struct note *note)
{
	if (stasher->deferred.count > 0 && stasher->deferred.numbers[0] == note->number)
		stasher->ending = true;
	if (stasher->ending || stasher->coming.count == 0)
		return;
	uint64_t expected = stasher->coming.numbers[--stasher->coming.count];
	if (note->number != expected)
		finding("stasher %u: message %llu came, but %llu was deferred and must come first", stasher->self.index,
		        (unsigned long long)note->number, (unsigned long long)expected);
}

static struct pantry *pantry_of(struct stasher *stasher)
{
	return stasher->self.sender.part->own;
}

static void check_order(struct stasher *stasher, const struct note *note, int32_t kind)
{
	uint32_t *seen = &pantry_of(stasher)->seen[note->edge * CLASSES + (kind == KIND_LATER)];

	if (note->sequence != *seen + 1)
		finding("order: stasher %u got number %u after number %u, %s", stasher->self.index, note->sequence, *seen,
		        kind == KIND_LATER ? "deferrable" : "not deferrable");
	*seen = note->sequence;
}

static troupe_verdict consume(struct stasher *stasher, const troupe_message *m)
{
	check_order(stasher, m->data, m->kind);
	books_mark(((const struct note *)m->data)->number, m->kind, FATE_HANDLED);
	return TROUPE_HANDLED;
}

static troupe_verdict closed_receive(troupe_actor *me, const troupe_message *m);
static troupe_verdict open_receive(troupe_actor *me, const troupe_message *m);

static void become(troupe_actor *me, struct stasher *stasher, troupe_receive *receive)
{
	if (!EXPECT("troupe_become", troupe_become(me, receive), TROUPE_OK))
		return;
	stasher->levels++;
	bring_back(stasher);
}

static void unbecome(troupe_actor *me, struct stasher *stasher)
{
	if (stasher->levels == 0) {
		if (troupe_unbecome(me) != TROUPE_ENOENT)
			finding("troupe_unbecome went back to before the beginning");
		return;
	}
	if (!EXPECT("troupe_unbecome", troupe_unbecome(me), TROUPE_OK))
		return;
	stasher->levels--;
	bring_back(stasher);
}

static void undefer(troupe_actor *me, struct stasher *stasher)
{
	size_t count = troupe_undefer(me);

	if (count != stasher->deferred.count && !stasher->ending)
		finding("troupe_undefer gave %zu, but %u were deferred", count, stasher->deferred.count);
	bring_back(stasher);
}

/* Open, close, or try again; whichever function is active afterwards. */
static void change(troupe_actor *me, struct stasher *stasher)
{
	struct dice *dice = &stasher->self.sender.dice;
	uint32_t share = dice_below(dice, 5);

	if (share == 0)
		undefer(me, stasher);
	else if (share <= 2 && stasher->levels < BECOME_MOST)
		become(me, stasher, dice_one_in(dice, 2) ? closed_receive : open_receive);
	else
		unbecome(me, stasher);
}

static troupe_verdict stasher_handle(troupe_actor *me, const troupe_message *m, bool closed)
{
	struct stasher *stasher = me->state;
	const struct note *note = m->data;

	if (m->kind == TROUPE_RETURNED)
		return self_returned(m, &stasher->self);
	if (!self_accepts(&stasher->self, m))
		return TROUPE_UNKNOWN;
	check_coming(stasher, note);
	if (m->kind == KIND_COMMAND) {
		books_mark(note->number, m->kind, FATE_HANDLED);
		change(me, stasher);
		return TROUPE_HANDLED;
	}
	if (m->kind != KIND_LATER || !closed)
		return consume(stasher, m);
	list_add(&stasher->deferred, note->number);
	return TROUPE_DEFERRED;
}

static troupe_verdict closed_handle(troupe_actor *me, const troupe_message *m)
{
	return stasher_handle(me, m, true);
}

static troupe_verdict open_handle(troupe_actor *me, const troupe_message *m)
{
	return stasher_handle(me, m, false);
}

static troupe_verdict closed_receive(troupe_actor *me, const troupe_message *m)
{
	return guard(me, m, closed_handle);
}

static troupe_verdict open_receive(troupe_actor *me, const troupe_message *m)
{
	return guard(me, m, open_handle);
}

static void stasher_terminate(troupe_actor *me, troupe_status why)
{
	struct stasher *stasher = me->state;

	plain_terminate(me, why);
	free(stasher->deferred.numbers);
	free(stasher->coming.numbers);
}

#define STASHER(function, fate, turn)                                                                          \
	{                                                                                                      \
		.name = "stasher", .receive = (function), .terminate = stasher_terminate,                      \
		.state_size = sizeof(struct stasher), .leftovers = (fate), .turn_messages_max = (turn)         \
	}

static const troupe_behaviour stasher_behaviours[] = {
	STASHER(closed_receive, TROUPE_DEAD_LETTER, 0), STASHER(open_receive, TROUPE_DEAD_LETTER, 1),
	STASHER(closed_receive, TROUPE_HAND_BACK, 0),   STASHER(open_receive, TROUPE_HAND_BACK, 0),
	STASHER(open_receive, TROUPE_DRAIN, 7),         STASHER(closed_receive, TROUPE_DRAIN, 0),
};

void stasher_spawn(struct part *part, uint32_t i)
{
	struct stasher stasher = { .self = self_initial(part, i) };

	self_spawn(part_world(part, i), NULL, &stasher_behaviours[dice_below(&part->dice, 6)], &stasher, &part->refs[i]);
}
