/* SPDX-License-Identifier: MIT */
/* Who goes on. Each strategy finds what the others are slow at, so they take turns.
 *
 *   lazy   at random, with buffered stores mostly left where they are: what only a late store shows. By the schedule, each step may
 *          be anybody's, or one goes on for some 4 or 16 steps before another has its turn
 *   PCT    the highest of random priorities runs; at two random steps the one that runs falls below all others (Burckhardt,
 *          Kothari, Musuvathi, Nagarakatte: A Randomized Scheduler with Probabilistic Guarantees of Finding Bugs, ASPLOS 2010)
 *   POS    a random priority for each step to come, drawn anew for those that conflict with the one just made (Yuan, Yang, Gu:
 *          Partial Order Aware Concurrency Sampling, CAV 2018)
 *   random every choice alike */
#include "engine.h"

enum { PCT_CHANGES = 2, SPINS_BEFORE_FALL = 4, UNFAIR = 4, PRIORITY_RANGE = 1 << 30 };

static unsigned usual_steps = 200; /* of this scenario */
static unsigned changes[PCT_CHANGES];
static double lowest;
static unsigned stays; /* with lazy: in 16 choices, so often the same one goes on */

void strategy_measure(unsigned steps)
{
	usual_steps = steps > 0 ? steps : 1;
}

void strategy_begin(void)
{
	static const unsigned often[] = { 0, 12, 15 };

	lowest = 0;
	stays = often[engine_random(3)];
	for (unsigned i = 0; i < PCT_CHANGES; i++)
		changes[i] = engine_random(usual_steps);
}

static double draw(void)
{
	return 1 + engine_random(PRIORITY_RANGE);
}

static double *priority_of(unsigned choice)
{
	return choice < DRAIN ? &engine.fibers[choice].priority : &engine.fibers[choice - DRAIN].drain_priority;
}

static unsigned any(const uint8_t *choices, unsigned count)
{
	return choices[engine_random(count)];
}

static unsigned lazy(const uint8_t *choices, unsigned count)
{
	unsigned choice = any(choices, count), fibers = 0;

	if (engine.steps > 0 && engine_random(16) < stays)
		for (unsigned i = 0; i < count && choices[i] < DRAIN; i++)
			if (choices[i] == engine.choices[engine.steps - 1])
				return choices[i];
	while (fibers < count && choices[fibers] < DRAIN)
		fibers++;
	return choice >= DRAIN && fibers > 0 && engine_random(16) != 0 ? any(choices, fibers) : choice;
}

static unsigned highest(const uint8_t *choices, unsigned count)
{
	unsigned best = choices[0];

	for (unsigned i = 1; i < count; i++)
		if (*priority_of(choices[i]) > *priority_of(best))
			best = choices[i];
	return best;
}

/* Below all others, as long as nobody else falls. */
static void demote(unsigned choice)
{
	*priority_of(choice) = lowest -= 1;
}

static unsigned pct(const uint8_t *choices, unsigned count)
{
	unsigned choice = highest(choices, count);

	for (unsigned i = 0; i < PCT_CHANGES; i++)
		if (changes[i] == engine.steps)
			demote(choice);
	return choice;
}

static bool conflict(const struct fiber *a, const struct fiber *b)
{
	return a->next_at != NULL && a->next_at == b->next_at && (a->next != STEP_LOAD || b->next != STEP_LOAD);
}

static unsigned pos(const uint8_t *choices, unsigned count)
{
	unsigned choice = highest(choices, count);

	if (choice < DRAIN)
		for (unsigned i = 0; i < count && choices[i] < DRAIN; i++)
			if (choices[i] != choice && conflict(&engine.fibers[choices[i]], &engine.fibers[choice]))
				*priority_of(choices[i]) = draw();
	*priority_of(choice) = draw();
	return choice;
}

/* Whoever spins waits for something that others do. With PCT it falls, at every few spins; with POS everybody draws again:
 * else one with a low number would never have its turn. */
static void make_way(unsigned spinner, const uint8_t *choices, unsigned count)
{
	if (engine.strategy == STRATEGY_PCT && ++engine.fibers[spinner].spun % SPINS_BEFORE_FALL == 0)
		demote(spinner);
	if (engine.strategy == STRATEGY_POS)
		for (unsigned i = 0; i < count; i++)
			*priority_of(choices[i]) = draw();
}

/* At the least it lets somebody else make one step. */
static unsigned without_spinners(const uint8_t *choices, unsigned count, uint8_t *others)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < count; i++) {
		struct fiber *fiber = choices[i] < DRAIN ? &engine.fibers[choices[i]] : NULL;
		if (fiber == NULL || !fiber->spins)
			others[kept++] = choices[i];
		else
			make_way(choices[i], choices, count);
	}
	for (unsigned i = 0; i < engine.fiber_count && kept > 0; i++)
		engine.fibers[i].spins = false;
	return kept;
}

/* A schedule that is much longer than usual goes on fairly: a livelock is what that does not end. */
static unsigned choose(const uint8_t *choices, unsigned count)
{
	if (engine.steps > UNFAIR * usual_steps)
		return any(choices, count);
	switch (engine.strategy) {
	case STRATEGY_LAZY: return lazy(choices, count);
	case STRATEGY_PCT: return pct(choices, count);
	case STRATEGY_POS: return pos(choices, count);
	default: return any(choices, count);
	}
}

unsigned strategy_choose(const uint8_t *choices, unsigned count)
{
	uint8_t others[2 * FIBERS_MAX];

	if (!engine.somebody_spins)
		return choose(choices, count);
	unsigned kept = without_spinners(choices, count, others);
	engine.somebody_spins = kept == 0;
	return kept > 0 ? choose(others, kept) : choose(choices, count);
}
