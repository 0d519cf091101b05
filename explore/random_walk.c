/* SPDX-License-Identifier: MIT */
/* Each choice is as likely as any other. */
#include "explore/simulation.h"

static uint64_t state;

static void begin(struct strategy *strategy, uint64_t seed)
{
	(void)strategy;
	state = seed;
}

/* The clock is the last, if it is there. */
static uint32_t choose(struct strategy *strategy, uint32_t count)
{
	(void)strategy;
	if (troupei_simulation_choice(count - 1).unit == UNIT_CLOCK && !troupei_clock_hurries(&state))
		count--;
	return count > 1 ? troupei_random_below(&state, count) : 0;
}

struct strategy *troupei_random_walk(void)
{
	static struct strategy walk = { .begin = begin, .choose = choose };

	return &walk;
}
