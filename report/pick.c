/* SPDX-License-Identifier: MIT */
#include "report/pick.h"

#include <string.h>

#include "base/memory.h"

bool troupei_report_picks_init(struct report_picks *picks, const struct troupei_system *system, uint32_t capacity)
{
	memset(picks, 0, sizeof *picks);
	if (!troupei_report_runs_init(&picks->runs, system))
		return false;
	picks->capacity = capacity;
	picks->picks = troupei_allocate(capacity * sizeof *picks->picks);
	if (picks->picks == NULL)
		troupei_report_runs_fini(&picks->runs);
	for (unsigned i = 0; i < REPORT_STATES; i++)
		picks->first[i] = picks->last[i] = PICK_NONE;
	return picks->picks != NULL;
}

void troupei_report_picks_fini(struct report_picks *picks)
{
	troupei_deallocate(picks->picks, picks->capacity * sizeof *picks->picks);
	troupei_report_runs_fini(&picks->runs);
}

/* A place: a new one, or that of an actor that matters less. PICK_NONE: all matter as much. */
static uint32_t place_for(struct report_picks *picks, enum report_state state)
{
	if (picks->count < picks->capacity)
		return picks->count++;
	for (unsigned other = REPORT_STATES - 1; other > state; other--) {
		uint32_t place = picks->first[other];
		if (place == PICK_NONE)
			continue;
		picks->first[other] = picks->picks[place].next;
		if (picks->first[other] == PICK_NONE)
			picks->last[other] = PICK_NONE;
		return place;
	}
	return PICK_NONE;
}

static void append(struct report_picks *picks, enum report_state state, uint32_t place)
{
	picks->picks[place].next = PICK_NONE;
	if (picks->last[state] != PICK_NONE)
		picks->picks[picks->last[state]].next = place;
	else
		picks->first[state] = place;
	picks->last[state] = place;
}

static void visit(struct cell *cell, void *context)
{
	struct report_picks *picks = context;
	uint32_t generation = troupei_load_acquire_32(&cell->generation);
	enum report_state state = troupei_report_state(cell, &picks->runs);

	if (state == REPORT_NOBODY)
		return;
	picks->states[state]++;
	uint32_t place = place_for(picks, state);
	if (place == PICK_NONE)
		return;
	picks->picks[place].cell = cell;
	picks->picks[place].generation = generation;
	append(picks, state, place);
}

void troupei_report_picks_take(struct report_picks *picks, const struct troupei_system *system)
{
	troupei_report_runs_take(&picks->runs, system);
	troupei_slots_each(&system->slots, visit, picks);
}

uint64_t troupei_report_picks_left(const struct report_picks *picks)
{
	uint64_t all = 0;

	for (unsigned i = 0; i < REPORT_STATES; i++)
		all += picks->states[i];
	return all > picks->count ? all - picks->count : 0;
}
