/* SPDX-License-Identifier: MIT */
/* pick: which actors a report lists when there are more than it may: those that do or wait for something first. */
#ifndef TROUPEI_REPORT_PICK_H
#define TROUPEI_REPORT_PICK_H

#include "report/look.h"

struct report_pick {
	struct cell *cell;
	uint32_t generation;
	uint32_t next; /* of the same state; PICK_NONE */
};

#define PICK_NONE UINT32_MAX

struct report_picks {
	struct report_pick *picks;
	uint32_t count, capacity;
	uint32_t first[REPORT_STATES], last[REPORT_STATES];
	uint64_t states[REPORT_STATES]; /* how many there are in each, listed or not */
	struct report_runs runs;
};

/* False: no memory. */
bool troupei_report_picks_init(struct report_picks *picks, const struct troupei_system *system, uint32_t capacity);
void troupei_report_picks_fini(struct report_picks *picks);

/* Go through all actors of the system. Once. */
void troupei_report_picks_take(struct report_picks *picks, const struct troupei_system *system);

/* How many there are that were not picked. */
uint64_t troupei_report_picks_left(const struct report_picks *picks);

#endif
