/* SPDX-License-Identifier: MIT */
/* tree: what an exhaustive search knows. It holds one path, that of the run under way: its steps, who else could have gone on
 * before each, and which of these are to be tried, or have been. Branches that were tried are gone.
 *
 * Source sets and sleep sets after Abdulla, Aronis, Jonsson, Sagonas, "Optimal dynamic partial order reduction", 2014, which goes
 * back to Flanagan and Godefroid, "Dynamic partial-order reduction for model checking software", 2005.
 *
 *   D1  A step is what a unit does from one choice to the next; its footprint says to whom.
 *   D2  Step a happens before step b if they are the same unit's, if a made b possible (woke its unit, sent its message), or if
 *       their footprints meet and a came first; and over any number of these.
 *   D3  Two steps race if their footprints meet and nothing else puts them in order. For each race of a path somebody is to be
 *       tried before its first step that can lead to the second one before the first.
 *   D4  A unit sleeps at a step if its next step has been tried before, and nothing since then has met its footprint: what it
 *       could lead to from here is known. */
#ifndef TROUPEI_EXPLORE_TREE_H
#define TROUPEI_EXPLORE_TREE_H

#include "explore/footprint.h"

enum {
	TREE_STEPS_MAX = 1 << 12,
	TREE_OPTIONS_MAX = 1 << 16,
	TREE_UNITS_MAX = 256,         /* the clock; threads and actors, by number */
	TREE_MESSAGES_MAX = 1 << 14,
};

enum option_state { OPTION_OPEN, OPTION_TO_TRY, OPTION_TRIED, OPTION_ASLEEP };

/* Who could go on before a step. */
struct option {
	uint32_t unit;
	uint8_t state;       /* enum option_state */
	bool interrupts;     /* another one that was in the midst of something */
	struct footprint did; /* what its step did when it was tried */
};

/* Positions of steps: from 1 on; 0 is the beginning. */
struct step {
	uint32_t unit;
	uint32_t first, count; /* its options; 0: it was the only one */
	uint32_t chosen;       /* which of them */
	uint32_t interrupted;  /* on the path so far, with this one */
	bool released;         /* all others had come to rest: it comes after all before it */
	uint16_t woken_at;     /* the step that made it possible */
	uint16_t sent_at;      /* the step that sent the message that it handles */
	struct footprint did;
};

struct tree {
	uint32_t count;       /* steps of the path so far */
	uint32_t kept;        /* steps that the run under way repeats, the last of them with another choice */
	uint32_t option_count;
	bool is_partial;      /* some run was too long, or had too many units: not everything can be tried */
	struct step steps[TREE_STEPS_MAX + 1];
	struct option options[TREE_OPTIONS_MAX];
	uint16_t clocks[TREE_STEPS_MAX + 1][TREE_UNITS_MAX + 1]; /* of each unit, its latest step that happens before */
	/* of the run under way */
	uint16_t last[TREE_UNITS_MAX + 1]; /* the unit's latest step */
	uint16_t woken_at[TREE_UNITS_MAX + 1];
	bool released[TREE_UNITS_MAX + 1];
	uint16_t sent_at[TREE_MESSAGES_MAX];
};

/* A small number for a unit; TREE_UNITS_MAX: it shares that one with others, and the search is partial. */
static inline uint32_t troupei_tree_unit(uint32_t unit)
{
	if (unit == UNIT_CLOCK)
		return 0;
	return unit + 1 < TREE_UNITS_MAX ? unit + 1 : TREE_UNITS_MAX;
}

/* tree_races.c: D2 and D3 for the path, from step @p from on; for those before it that has been done. */
void troupei_tree_find_races(struct tree *tree, uint32_t from);

#endif
