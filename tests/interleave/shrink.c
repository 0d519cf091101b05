/* SPDX-License-Identifier: MIT */
/* The fewest context switches that still fail in the same way: again and again the next block of choices of a fiber is moved
 * up to its last one, so that two switches are saved, and kept if the schedule still fails so. Then choices are cut off: what
 * is not said goes on with the same fiber. */
#include <string.h>

#include "engine.h"

enum { RUNS_MAX = 20000 };

struct list {
	uint8_t choices[STEPS_MAX];
	unsigned count, switches;
};

static struct list best;
static const char *wanted;
static unsigned runs;

static unsigned switches(const uint8_t *choices, unsigned count)
{
	unsigned sum = 0;

	for (unsigned i = 1; i < count; i++)
		sum += choices[i] != choices[i - 1];
	return sum;
}

static void keep(void)
{
	memcpy(best.choices, engine.choices, engine.steps);
	best.count = engine.steps;
	best.switches = switches(best.choices, best.count);
}

static bool is_better(void)
{
	unsigned now = switches(engine.choices, engine.steps);

	return now < best.switches || (now == best.switches && engine.steps < best.count);
}

/* Does it still fail so, and with fewer switches, or as many in fewer steps? */
static bool try_list(uint64_t seed, const uint8_t *choices, unsigned count)
{
	runs++;
	if (!engine_replay(seed, choices, count) || strcmp(engine.failure.what, wanted) != 0 || !is_better())
		return false;
	keep();
	return true;
}

static unsigned block_end(unsigned from)
{
	unsigned at = from;

	while (at < best.count && best.choices[at] == best.choices[from])
		at++;
	return at;
}

/* Choices a .. [first, end) .. [again, again_end) of a again: the last block goes to the front. */
static bool move_up(uint64_t seed, unsigned first)
{
	static uint8_t tried[STEPS_MAX];
	uint8_t before = best.choices[first - 1];
	unsigned again = first;

	while (again < best.count && best.choices[again] != before)
		again++;
	if (again == best.count)
		return false;
	unsigned length = block_end(again) - again;
	memcpy(tried, best.choices, best.count);
	memcpy(tried + first, best.choices + again, length);
	memcpy(tried + first + length, best.choices + first, again - first);
	return try_list(seed, tried, best.count);
}

/* Without this block. */
static bool leave_out(uint64_t seed, unsigned first)
{
	static uint8_t tried[STEPS_MAX];
	unsigned end = block_end(first);

	memcpy(tried, best.choices, first);
	memcpy(tried + first, best.choices + end, best.count - end);
	return try_list(seed, tried, best.count - (end - first));
}

static bool improve(uint64_t seed)
{
	for (unsigned i = 1; i < best.count && runs < RUNS_MAX; i++)
		if (best.choices[i] != best.choices[i - 1] && (move_up(seed, i) || leave_out(seed, i)))
			return true;
	return false;
}

struct shrunk shrink(uint64_t seed)
{
	struct shrunk shrunk;

	wanted = engine.failure.what;
	runs = 0;
	keep();
	shrunk.switches_before = best.switches;
	shrunk.steps_before = best.count;
	while (runs < RUNS_MAX && improve(seed))
		;
	engine.tells = true;
	engine_replay(seed, best.choices, best.count);
	engine.tells = false;
	shrunk.switches_after = best.switches;
	shrunk.steps_after = best.count;
	shrunk.runs = runs;
	return shrunk;
}
