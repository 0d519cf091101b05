/* SPDX-License-Identifier: MIT */
/* Partial-order sampling: Yuan, Yang, Gu, "Partial order aware concurrency sampling", 2018. The next step of each unit has a random
 * priority, and the highest is taken. Then those that race with it, which are done to the same actor, draw anew: so an order of two
 * steps that matter to each other does not follow from how each of them came out against others. The clock has no priority. */
#include "explore/simulation.h"
#include "explore/unit_table.h"

static struct {
	uint64_t random;
	struct unit_table priorities; /* of its next step; 0: none yet */
} pos;

static void begin(struct strategy *strategy, uint64_t seed)
{
	(void)strategy;
	pos.random = seed;
	troupei_unit_table_clear(&pos.priorities);
}

static uint64_t priority_of(uint32_t unit)
{
	uint64_t *priority = troupei_unit_table_at(&pos.priorities, unit);

	if (*priority == 0)
		*priority = troupei_random(&pos.random) | 1;
	return *priority;
}

static uint32_t highest(uint32_t count, struct choice *chosen)
{
	uint64_t best = 0;
	uint32_t found = 0;

	for (uint32_t i = 0; i < count; i++) {
		struct choice choice = troupei_simulation_choice(i);
		uint64_t priority = priority_of(choice.unit);
		if (priority > best) {
			best = priority;
			found = i;
			*chosen = choice;
		}
	}
	return found;
}

static void draw_anew(uint32_t count, const struct choice *chosen)
{
	*troupei_unit_table_at(&pos.priorities, chosen->unit) = 0; /* its next step is another one */
	if (chosen->about == UNIT_NONE)
		return;
	for (uint32_t i = 0; i < count; i++) {
		struct choice choice = troupei_simulation_choice(i);
		if (choice.about == chosen->about)
			*troupei_unit_table_at(&pos.priorities, choice.unit) = 0;
	}
}

/* The clock is the last, if it is there. */
static uint32_t choose(struct strategy *strategy, uint32_t count)
{
	struct choice chosen = { .unit = UNIT_NONE };

	(void)strategy;
	if (troupei_simulation_choice(count - 1).unit == UNIT_CLOCK) {
		count--;
		if (troupei_clock_hurries(&pos.random))
			return count;
	}
	uint32_t index = highest(count, &chosen);
	draw_anew(count, &chosen);
	return index;
}

struct strategy *troupei_partial_order(void)
{
	static struct strategy strategy = { .begin = begin, .choose = choose };

	return &strategy;
}
