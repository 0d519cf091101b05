/* SPDX-License-Identifier: MIT */
/* Whom a message goes to. */
#include "actors/bounds.h"
#include "actors/turn.h"
#include "groups/group.h"

enum { LOOKS_MAX = 8 };

static uint32_t by_turns(struct group *group)
{
	if (group->turn >= group->seen.count)
		group->turn = 0;
	return group->turn++;
}

static uint32_t at_random(const struct group *group, uint64_t *random)
{
	return (uint32_t)((uint64_t)troupei_random_next(random) * group->seen.count >> 32);
}

/* How busy an actor is, as far as the head of its mailbox tells (mailbox.h): a glance at one word, right or not. How many
 * messages wait is known nowhere but of bounded ones; idle or not is most of what matters (Lu et al., "Join-Idle-Queue", 2011). An
 * actor that is no more counts as idle: it is to be found. */
static unsigned load_of(troupe_ref ref)
{
	struct cell *cell = troupei_ref_cell(ref);
	const void *head = cell != NULL ? troupei_load_relaxed_ptr(&cell->mailbox.head) : MAILBOX_CLOSED;

	if (head == MAILBOX_IDLE || head == MAILBOX_CLOSED)
		return 0;
	if (cell != NULL && troupei_cell_is_marked(cell))
		return 1 + troupei_bounds_queued(cell, troupei_ref_generation(ref));
	const struct actor_worker *here = troupei_actor_worker();
	return head == NULL || troupei_turn_in_hand(here != NULL ? here->system : NULL, cell) == head ? 1 : 2;
}

/* By turns, past those that are busier than another. */
static uint32_t to_least(struct group *group)
{
	uint32_t looks = group->seen.count < LOOKS_MAX ? group->seen.count : LOOKS_MAX;
	uint32_t best = by_turns(group);
	unsigned least = load_of(group->seen.refs[best]);

	for (uint32_t i = 1, at = best; i < looks && least > 0; i++) {
		at = at + 1 < group->seen.count ? at + 1 : 0;
		unsigned load = load_of(group->seen.refs[at]);
		if (load < least) {
			least = load;
			best = at;
		}
	}
	group->turn = best + 1;
	return best;
}

/* The finaliser of MurmurHash3 (A. Appleby): every bit of the result depends on every bit given. */
static uint64_t mixed(uint64_t bits)
{
	bits = (bits ^ bits >> 33) * UINT64_C(0xff51afd7ed558ccd);
	bits = (bits ^ bits >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
	return bits ^ bits >> 33;
}

/* Rendezvous hashing (Thaler and Ravishankar, "Using Name-Based Mappings to Increase Hit Rates", 1998): the member with the
 * highest hash of key and member. No table that would have to be made when somebody joins; and when a member goes, nobody's
 * keys move but its own. */
static uint32_t by_key(const struct group *group, uint64_t key)
{
	uint64_t hash = mixed(key), highest = 0;
	uint32_t best = 0;

	for (uint32_t i = 0; i < group->seen.count; i++) {
		uint64_t weight = mixed(group->seen.refs[i].bits_private ^ hash);
		if (weight >= highest) {
			highest = weight;
			best = i;
		}
	}
	return best;
}

uint32_t troupei_group_choose(struct group *group, uint64_t key, uint64_t *random)
{
	switch (group->routing) {
	case TROUPE_AT_RANDOM:
		return at_random(group, random);
	case TROUPE_TO_LEAST:
		return to_least(group);
	case TROUPE_BY_KEY:
		return by_key(group, key);
	case TROUPE_BY_TURNS:
	case TROUPE_TO_ALL: /* receive.c */
		break;
	}
	return by_turns(group);
}
