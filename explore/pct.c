/* SPDX-License-Identifier: MIT */
/* PCT: Burckhardt, Kothari, Musuvathi, Nagarakatte, "A randomized scheduler with probabilistic guarantees of finding bugs", 2010.
 * Each unit has a random priority, and the highest goes on. At depth - 1 moments, drawn among as many choices as earlier runs had,
 * the one that was to go on falls behind all others. A bug that needs `depth` steps in a certain order among n units and k choices
 * is found with a probability of at least 1 / (n * k^(depth - 1)) in each run.
 *
 * Two things fall behind all others whenever they have gone on: the clock, since time would run away, and who went on for very
 * long though others could, since it may wait for them. */
#include "explore/simulation.h"
#include "explore/unit_table.h"

enum { CHOICES_FIRST = 64, AT_A_STRETCH_MAX = 1000 };

static struct {
	uint64_t random;
	struct unit_table priorities; /* 0: none yet */
	uint64_t lowest;              /* who falls next gets this one, and the one after it less */
	uint64_t made;                /* choices so far */
	uint64_t falls[PCT_DEPTH_MAX]; /* at these choices */
	uint32_t fall_count, last, stretch;
} pct;

static void begin(struct strategy *strategy, uint64_t seed)
{
	uint32_t choices = strategy->choices > 0 ? strategy->choices : CHOICES_FIRST;

	pct.random = seed;
	troupei_unit_table_clear(&pct.priorities);
	pct.lowest = UINT64_C(1) << 63;
	pct.made = 0;
	pct.fall_count = strategy->depth - 1;
	for (uint32_t i = 0; i < pct.fall_count; i++)
		pct.falls[i] = troupei_random_below(&pct.random, choices);
	pct.last = UNIT_NONE;
	pct.stretch = 0;
}

/* Those that nobody has made fall are above all that fell. */
static uint64_t priority_of(uint32_t unit)
{
	uint64_t *priority = troupei_unit_table_at(&pct.priorities, unit);

	if (*priority == 0)
		*priority = troupei_random(&pct.random) | UINT64_C(1) << 63;
	return *priority;
}

static void fall(uint32_t unit)
{
	*troupei_unit_table_at(&pct.priorities, unit) = --pct.lowest;
}

static uint32_t highest(uint32_t count, uint32_t *unit)
{
	uint64_t best = 0;
	uint32_t found = 0;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t candidate = troupei_simulation_choice(i).unit;
		uint64_t priority = priority_of(candidate);
		if (priority > best) {
			best = priority;
			found = i;
			*unit = candidate;
		}
	}
	return found;
}

static bool falls_now(void)
{
	bool falls = false;

	for (uint32_t i = 0; i < pct.fall_count; i++)
		falls = falls || pct.falls[i] == pct.made;
	pct.made++;
	return falls;
}

static uint32_t choose(struct strategy *strategy, uint32_t count)
{
	uint32_t unit = UNIT_NONE, chosen = highest(count, &unit);

	(void)strategy;
	pct.stretch = unit == pct.last ? pct.stretch + 1 : 0;
	if (falls_now() || pct.stretch > AT_A_STRETCH_MAX) {
		fall(unit);
		*troupei_unit_table_at(&pct.priorities, UNIT_CLOCK) = 0; /* or all are slow from here on */
		chosen = highest(count, &unit);
		pct.stretch = 0;
	}
	pct.last = unit;
	if (unit == UNIT_CLOCK)
		fall(unit);
	return chosen;
}

struct strategy *troupei_pct(void)
{
	static struct strategy strategy = { .begin = begin, .choose = choose };

	return &strategy;
}
