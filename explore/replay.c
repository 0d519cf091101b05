/* SPDX-License-Identifier: MIT */
/* The choices of an earlier run, or of one that is to be like it. */
#include "explore/simulation.h"

static struct {
	struct strategy strategy;
	const uint32_t *units;
	size_t count, at;
} replay;

static void begin(struct strategy *strategy, uint64_t seed)
{
	(void)strategy, (void)seed;
	replay.at = 0;
}

/* The one that ran, or the first that is not the clock. */
uint32_t troupei_replay_fallback(uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (troupei_simulation_choice(i).goes_on)
			return i;
	return 0;
}

static uint32_t choose(struct strategy *strategy, uint32_t count)
{
	(void)strategy;
	if (replay.at == replay.count)
		return troupei_replay_fallback(count);
	uint32_t unit = replay.units[replay.at++];
	for (uint32_t i = 0; i < count; i++)
		if (troupei_simulation_choice(i).unit == unit)
			return i;
	return troupei_replay_fallback(count);
}

struct strategy *troupei_replay(const uint32_t *units, size_t count)
{
	replay.strategy = (struct strategy){ .begin = begin, .choose = choose };
	replay.units = units;
	replay.count = count;
	return &replay.strategy;
}
