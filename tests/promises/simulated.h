/* SPDX-License-Identifier: MIT */
/* Programs that must be right in each order of messages, with failures by chance: searched as long as TROUPE_SCHEDULES says. */
#ifndef TESTS_PROMISES_SIMULATED_H
#define TESTS_PROMISES_SIMULATED_H

#include <stdlib.h>

#include "support/testing.h"
#include "troupe.h"

#define SCHEDULES_DEFAULT 150

/* Some failure is expected now and then: of a million, so many. */
enum { CRASHES_PPM = 30000, REFUSALS_PPM = 5000 };

static void nobody_reads(void *context, const char *line)
{
	(void)context, (void)line;
}

/* A system, and its books at the end. False: there was no memory to start one. */
static inline bool open_system(troupe_system *system, troupe_ledger *ledger)
{
	*ledger = (troupe_ledger){ 0 };
	return troupe_start(TROUPE_OPTIONS(troupe_options, .log = nobody_reads, .ledger = ledger), system) == TROUPE_OK;
}

static inline void close_system(troupe_system system, const troupe_ledger *ledger)
{
	troupe_holds(troupe_finish(system, 0) == TROUPE_OK, "the system ends in order");
	troupe_holds(ledger->queued == 0 && ledger->sent == ledger->handled + ledger->dead + ledger->returned, "the ledger is exact");
}

/* Each of them once without failures by chance, and once with each sort. */
static inline void check_all_orders(void (*program)(void *context), uint32_t crashes_ppm, uint32_t refusals_ppm)
{
	const char *more = getenv("TROUPE_SCHEDULES");
	uint64_t schedules = more != NULL ? strtoull(more, NULL, 10) : SCHEDULES_DEFAULT;
	troupe_finding finding;

	troupe_status status = troupe_explore(TROUPE_OPTIONS(troupe_exploration, .schedules = schedules, .crashes_ppm = crashes_ppm,
	                                                     .refusals_ppm = refusals_ppm), program, NULL, &finding);
	if (status != TROUPE_OK)
		test_failed(__FILE__, __LINE__, "%s, in %s", finding.what, finding.replay);
	CHECK_EQ(finding.schedules, schedules);
}

#endif
