/* SPDX-License-Identifier: MIT */
/* What the tests of this room share: options to choose from, and programs that run as a simulation in the test's own process. */
#ifndef TROUPE_TESTS_UNIT_EXPLORE_SIMULATED_H
#define TROUPE_TESTS_UNIT_EXPLORE_SIMULATED_H

#include <stdlib.h>

#include "explore/explorer.h"
#include "explore/simulation.h"
#include "support/testing.h"
#include "troupe.h"

enum { OPTIONS_MAX = 8, NOTE = 1 };

/* So many threads that could go on, numbers 0, 2, 4 ...; the first is the one that ran. Their next step is done to nobody. */
static inline void options_are(uint32_t count)
{
	static struct fiber threads[OPTIONS_MAX];
	static struct fiber *ready[OPTIONS_MAX];

	troupei_simulation = (struct simulation){ .ready = ready, .ready_count = count, .current = &threads[0] };
	for (uint32_t i = 0; i < count; i++) {
		threads[i] = (struct fiber){ .number = i, .state = FIBER_READY };
		ready[i] = &threads[i];
	}
}

static struct trace simulated_trace;

/* Until simulation_over, this thread is the program's. */
static inline void simulate(struct strategy *strategy, uint64_t seed, const struct simulation *limits)
{
	static const struct simulation usual = { .steps_max = 1000000 };

	troupei_trace_begin(&simulated_trace, seed);
	troupei_simulation_begin(strategy, &simulated_trace, limits != NULL ? limits : &usual);
}

static inline void simulation_over(void)
{
	troupei_simulation_end();
	free(troupei_simulation.ready);
	troupei_simulation.ready = NULL;
	troupei_simulation.ready_room = 0;
}

static inline troupe_verdict noted(troupe_actor *me, const troupe_message *m)
{
	(void)me, (void)m;
	return TROUPE_HANDLED;
}

/* An actor gets so many messages, and at last the order to stop, which counts as one. */
static inline troupe_ledger run_notes(uint32_t count)
{
	static const troupe_behaviour behaviour = { .name = "noter", .receive = noted, .isolation = TROUPE_CONTAINED };
	troupe_system system;
	troupe_ledger ledger;
	troupe_ref actor;

	CHECK_OK(troupe_start(&(troupe_options){ .struct_size = sizeof(troupe_options), .ledger = &ledger }, &system));
	CHECK_OK(troupe_spawn(system, &behaviour, NULL, &actor));
	for (uint32_t i = 0; i < count; i++)
		CHECK_OK(troupe_send_bytes(actor, NOTE, NULL, 0));
	CHECK_OK(troupe_settle(system, 0));
	CHECK_OK(troupe_finish(system, 0));
	return ledger;
}

static inline uint32_t events_of(enum trace_sort sort)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < simulated_trace.event_count; i++)
		count += simulated_trace.events[i].sort == sort;
	return count;
}

#endif
