/* SPDX-License-Identifier: MIT */
/* A run that is to be like an earlier one, as far as that goes. What comes of it is written down like any other: so a replay of that
 * is exact. */
#include "explore/simulation.h"

#define sim troupei_simulation

static struct {
	struct strategy strategy;
	const uint32_t *units;
	size_t count, at;
	struct hold hold;  /* held: UNIT_NONE: nobody */
	uint32_t seen;     /* events of the trace */
} guide;

static void begin(struct strategy *strategy, uint64_t seed)
{
	(void)strategy, (void)seed;
	guide.at = guide.seen = 0;
}

static uint32_t find(uint32_t unit, uint32_t count)
{
	uint32_t i = 0;

	while (i < count && troupei_simulation_choice(i).unit != unit)
		i++;
	return i;
}

/* Is who is awaited still to send? */
static bool still_awaits(void)
{
	const struct hold *hold = &guide.hold;

	for (; guide.seen < sim.trace->event_count; guide.seen++) {
		const struct trace_event *event = &sim.trace->events[guide.seen];
		bool by = hold->awaited == UNIT_NONE ? event->by != hold->held : event->by == hold->awaited;
		if (event->sort == TRACE_SEND && by && event->to == hold->to && (hold->kind == KIND_ANY || event->kind == hold->kind) &&
		    event->choices > hold->from)
			guide.hold.held = UNIT_NONE;
	}
	return guide.hold.held != UNIT_NONE;
}

/* The first that is not held, and better not the clock. */
static uint32_t other_than_held(uint32_t count)
{
	uint32_t clock = count;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t unit = troupei_simulation_choice(i).unit;
		if (unit == UNIT_CLOCK)
			clock = i;
		else if (unit != guide.hold.held)
			return i;
	}
	return clock < count ? clock : 0;
}

static uint32_t choose(struct strategy *strategy, uint32_t count)
{
	uint32_t usual = troupei_replay_fallback(count), chosen = count;
	bool holds = sim.trace->choice_count >= guide.hold.from && still_awaits();

	(void)strategy;
	while (chosen == count && guide.at < guide.count) {
		uint32_t unit = guide.units[guide.at++];
		if (!holds || unit != guide.hold.held)
			chosen = find(unit, count);
	}
	if (chosen == count)
		chosen = holds && troupei_simulation_choice(usual).unit == guide.hold.held ? other_than_held(count) : usual;
	if (chosen != usual)
		sim.trace->choices_needed = sim.trace->choice_count + 1;
	return chosen;
}

struct strategy *troupei_guide_held(const uint32_t *units, size_t count, const struct hold *hold)
{
	guide.strategy = (struct strategy){ .begin = begin, .choose = choose };
	guide.units = units;
	guide.count = count;
	guide.hold = *hold;
	return &guide.strategy;
}

struct strategy *troupei_guide(const uint32_t *units, size_t count)
{
	return troupei_guide_held(units, count, &(struct hold){ .held = UNIT_NONE });
}
