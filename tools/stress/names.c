/* SPDX-License-Identifier: MIT */
/* Names: taken, found, lost at death, contended for. A name of one's own is found at once and belongs to oneself; of a
 * shared one the bearers count themselves: there is never more than one. */
#include <stdio.h>
#include <stdlib.h>

#include "actor.h"
#include "families.h"

#define SHARED_NAMES 5u

struct title {
	char text[TROUPE_NAME_SIZE_MAX + 1];
};

struct contest {
	_Atomic uint32_t holders[WORLDS_MAX][SHARED_NAMES];
	uint32_t bearers;
	_Atomic uint32_t mortals; /* actors that the thread has made; their indices come behind the bearers */
	uint32_t mortals_most;
};

struct bearer {
	struct self self;
	uint32_t steps;
	uint32_t holds; /* a bit for each shared name that it has */
	bool named;     /* has its own name */
	bool finished;
};

static struct title title_of(const struct part *part, const char *sort, uint32_t i)
{
	struct title title;

	snprintf(title.text, sizeof title.text, "%s-%u-%u", sort, part->id, i);
	return title;
}

/* An ending system takes names away at a moment of its own. */
static bool strict(const struct sender *sender)
{
	return sender->world == NULL || !atomic_load_explicit(&sender->world->finishing, memory_order_relaxed);
}

static void expect_code(const char *what, troupe_status got, troupe_status wanted)
{
	if (got != wanted)
		finding("%s gave %s, not %s", what, troupe_status_name(got), troupe_status_name(wanted));
}

/* ------------------------------------------------------------------------------------------------------ one's own -- */

static void check_found(troupe_system system, const char *name, troupe_ref expected)
{
	troupe_ref found = { 0 };

	expect_code("troupe_find of a name just given", troupe_find(system, name, &found), TROUPE_OK);
	if (!troupe_ref_equal(found, expected))
		finding("troupe_find gives another actor than the one that was named");
}

static void check_not_found(troupe_system system, const char *name)
{
	troupe_ref found = { 77 };

	expect_code("troupe_find of a name that is gone", troupe_find(system, name, &found), TROUPE_ENOENT);
	if (found.bits_private != 77)
		finding("troupe_find found nothing, but wrote a reference");
}

static void own_name(troupe_actor *me, struct bearer *bearer)
{
	struct title title = title_of(bearer->self.sender.part, "own", bearer->self.index);

	if (!strict(&bearer->self.sender))
		return;
	if (!bearer->named) {
		expect_code("troupe_name", troupe_name(me->ref, title.text), TROUPE_OK);
		expect_code("troupe_name, again", troupe_name(me->ref, title.text), TROUPE_OK);
		check_found(me->system, title.text, me->ref);
	} else {
		check_found(me->system, title.text, me->ref);
		expect_code("troupe_unname", troupe_unname(me->system, title.text), TROUPE_OK);
		expect_code("troupe_unname, again", troupe_unname(me->system, title.text), TROUPE_ENOENT);
		check_not_found(me->system, title.text);
	}
	bearer->named = !bearer->named;
}

/* ---------------------------------------------------------------------------------------------------------- shared -- */

static _Atomic uint32_t *holders_of(struct bearer *bearer, uint32_t which)
{
	struct contest *contest = bearer->self.sender.part->own;

	return &contest->holders[bearer->self.sender.world - bearer->self.sender.part->round->worlds][which];
}

static void give_back(troupe_actor *me, struct bearer *bearer, uint32_t which)
{
	struct title title = title_of(bearer->self.sender.part, "shared", which);

	atomic_fetch_sub(holders_of(bearer, which), 1);
	bearer->holds &= ~(1u << which);
	expect_code("troupe_unname of a shared name", troupe_unname(me->system, title.text), TROUPE_OK);
}

static void contend(troupe_actor *me, struct bearer *bearer)
{
	uint32_t which = dice_below(&bearer->self.sender.dice, SHARED_NAMES);
	struct title title = title_of(bearer->self.sender.part, "shared", which);

	if ((bearer->holds >> which & 1) != 0) {
		give_back(me, bearer, which);
		return;
	}
	if (!EXPECT("troupe_name", troupe_name(me->ref, title.text), TROUPE_EEXIST))
		return;
	bearer->holds |= 1u << which;
	if (atomic_fetch_add(holders_of(bearer, which), 1) != 0)
		finding("two living actors have the name %s", title.text);
}

static void give_all_back(troupe_actor *me, struct bearer *bearer)
{
	for (uint32_t which = 0; which < SHARED_NAMES; which++)
		if ((bearer->holds >> which & 1) != 0)
			give_back(me, bearer, which);
}

/* ------------------------------------------------------------------------------------------------------- searching -- */

static void search(troupe_actor *me, struct bearer *bearer)
{
	struct sender *sender = &bearer->self.sender;
	struct contest *contest = sender->part->own;
	uint32_t i = dice_below(&sender->dice, contest->bearers);
	struct title title = title_of(sender->part, "own", i);
	troupe_ref found;

	if (!EXPECT("troupe_find", troupe_find(me->system, title.text, &found), TROUPE_ENOENT))
		return;
	if (!troupe_ref_equal(found, sender->part->refs[i]))
		finding("troupe_find of bearer %u's name gives somebody else", i);
	troupe_ignore(post(sender, me, WAY_FROM, &(struct letter){
		.to = found, .world = sender->world, .kind = KIND_PARCEL, .note = { .to = i, .edge = NO_EDGE },
	}));
}

/* ------------------------------------------------------------------------------------------------------- behaviour -- */

static void finish(troupe_actor *me, struct bearer *bearer)
{
	give_all_back(me, bearer);
	bearer->steps = 0;
	if (!bearer->finished)
		part_pending(bearer->self.sender.part, -1);
	bearer->finished = true;
}

static void step(troupe_actor *me, struct bearer *bearer)
{
	struct sender *sender = &bearer->self.sender;
	uint32_t share = dice_below(&sender->dice, 300);

	if (bearer->steps-- == 0 || share == 0 || round_closing(sender->part->round)) {
		finish(me, bearer);
		if (share < 100)
			troupe_exit(me, TROUPE_OK);
		return;
	}
	if (share < 80)
		own_name(me, bearer);
	else if (share < 180)
		contend(me, bearer);
	else
		search(me, bearer);
	troupe_ignore(post(sender, me, WAY_COPY, &(struct letter){
		.to = me->ref, .world = sender->world, .kind = KIND_COMMAND, .note = { .to = bearer->self.index, .edge = NO_EDGE },
	}));
}

static troupe_verdict bearer_handle(troupe_actor *me, const troupe_message *m)
{
	struct bearer *bearer = me->state;

	if (m->kind == TROUPE_RETURNED)
		return self_returned(m, &bearer->self);
	if (!self_accepts(&bearer->self, m))
		return TROUPE_UNKNOWN;
	books_mark(((const struct note *)m->data)->number, m->kind, FATE_HANDLED);
	if (m->kind == KIND_COMMAND)
		step(me, bearer);
	return TROUPE_HANDLED;
}

static troupe_verdict bearer_receive(troupe_actor *me, const troupe_message *m)
{
	return guard(me, m, bearer_handle);
}

static void bearer_terminate(troupe_actor *me, troupe_status why)
{
	struct bearer *bearer = me->state;

	plain_terminate(me, why);
	if (!bearer->finished)
		part_pending(bearer->self.sender.part, -1);
}

static const troupe_behaviour bearer_behaviour = {
	.name = "bearer", .receive = bearer_receive, .terminate = bearer_terminate, .state_size = sizeof(struct bearer),
};

/* --------------------------------------------------------------------------------------------------------- mortals -- */

/* An actor that is born with a name; when it has ended the name is free. */
static void live_and_die(struct thread *thread, uint32_t index, bool by_stop)
{
	struct part *part = thread->part;
	struct world *world = part_world(part, index);
	struct title title = title_of(part, "mortal", thread->index);
	struct bearer bearer = { .self = self_initial(part, index), .finished = true };
	troupe_ref ref, other;
	troupe_spawn_options *options = TROUPE_OPTIONS(troupe_spawn_options, .name = title.text);

	if (!EXPECT("troupe_spawn_with a name",
	            troupe_spawn_with(world->system, NULL, &bearer_behaviour, &bearer, options, &ref), TROUPE_OK))
		return;
	atomic_fetch_add(&part->round->spawned, 1);
	check_found(world->system, title.text, ref);
	expect_code("troupe_spawn_with a name that is taken",
	            troupe_spawn_with(world->system, NULL, &bearer_behaviour, &bearer, options, &other), TROUPE_EEXIST);
	if (by_stop) {
		expect_code("troupe_stop_wait", troupe_stop_wait(ref, 0), TROUPE_OK);
	} else {
		expect_code("troupe_kill", troupe_kill(ref), TROUPE_OK);
		expect_code("troupe_wait_end", troupe_wait_end(ref, 0, NULL), TROUPE_OK);
	}
	check_not_found(world->system, title.text);
	expect_code("troupe_name of an actor that has ended", troupe_name(ref, title.text), TROUPE_EGONE);
}

static void make_mortals(struct thread *thread)
{
	struct contest *contest = thread->part->own;

	for (uint32_t i = 0; i < contest->mortals_most / 2 && !round_closing(thread->part->round); i++) {
		uint32_t number = atomic_fetch_add(&contest->mortals, 1);
		if (number < contest->mortals_most)
			live_and_die(thread, contest->bearers + number, dice_one_in(&thread->sender.dice, 2));
	}
}

static void names_build(struct part *part)
{
	struct contest *contest = process_array(1, sizeof *contest);

	contest->bearers = part->actors;
	contest->mortals_most = 100;
	part->own = contest;
	part_indices(part, contest->bearers + contest->mortals_most);
	part_refs(part, contest->bearers);
	for (uint32_t i = 0; i < contest->bearers; i++) {
		struct bearer bearer = { .self = self_initial(part, i), .steps = part->budget / 2 / contest->bearers + 1 };
		part_pending(part, 1);
		self_spawn(part_world(part, i), NULL, &bearer_behaviour, &bearer, &part->refs[i]);
	}
}

static void names_start(struct part *part)
{
	uint32_t threads = dice_below(&part->dice, 3);

	for (uint32_t i = 0; i < part->refs_count; i++)
		troupe_ignore(post(&part->outside, NULL, WAY_COPY, &(struct letter){
			.to = part->refs[i], .world = part_world(part, i), .kind = KIND_COMMAND,
			.note = { .to = i, .edge = NO_EDGE },
		}));
	for (uint32_t i = 0; i < threads; i++)
		part_thread(part, false, make_mortals);
}

static void names_discard(struct part *part)
{
	free(part->own);
}

const struct scenario names_scenario = {
	.name = "names", .about = "names taken, found, contended for, lost at death",
	.build = names_build, .start = names_start, .discard = names_discard,
};
