/* SPDX-License-Identifier: MIT */
/* In a simulation an actor that is kept apart crashes as it does outside of one: abort, a stray pointer, a stack that overflows;
 * and one that would have had a child process to itself is contained. */
#include <stdlib.h>

#include "support/testing.h"
#include "troupe.h"

enum { CRASH = 1, ABORT = 0, STRAY, OVERFLOW, CAUSES, ACTORS = 2 * CAUSES };

static int __attribute__((noinline)) deep(volatile char *from)
{
	volatile char more[4096];

	more[0] = *from;
	return more[0] == 1 ? 0 : deep(more) + more[1];
}

static troupe_verdict __attribute__((no_sanitize("undefined", "address"))) crash(troupe_actor *me, const troupe_message *m)
{
	volatile char first = 0;
	int *volatile nowhere = NULL;

	(void)me;
	switch (*(const int *)m->data) {
	case ABORT:
		abort();
	case STRAY:
		*nowhere = 1;
		break;
	default:
		(void)deep(&first);
	}
	return TROUPE_HANDLED;
}

static const troupe_behaviour contained = { .name = "contained", .receive = crash, .isolation = TROUPE_CONTAINED };
static const troupe_behaviour walled = { .name = "walled", .receive = crash, .isolation = TROUPE_PROCESS };

static void nobody_reads(void *context, const char *line)
{
	(void)context, (void)line;
}

static void program(void *context)
{
	troupe_counters counters;
	troupe_ledger ledger;
	troupe_system system;
	troupe_ref actor;

	(void)context;
	troupe_must(troupe_start(TROUPE_OPTIONS(troupe_options, .log = nobody_reads, .ledger = &ledger, .crashes_max = UINT64_MAX),
	                         &system));
	for (int i = 0; i < ACTORS; i++) {
		int cause = i % CAUSES;
		troupe_must(troupe_spawn(system, i < CAUSES ? &contained : &walled, NULL, &actor));
		troupe_must(troupe_send_bytes(actor, CRASH, &cause, sizeof cause));
		troupe_ignore(troupe_send_bytes(actor, CRASH, &cause, sizeof cause)); /* it may have crashed by now */
	}
	troupe_must(troupe_settle(system, 0));
	troupe_must(troupe_counters_read(system, &counters));
	troupe_must(troupe_finish(system, TROUPE_S));
	troupe_holds(counters.crashes == ACTORS, "each of them has crashed once");
	troupe_holds(ledger.sent == ledger.handled + ledger.dead + ledger.returned, "the ledger is exact");
}

TEST(simulated_crashes, each_actor_crashes_once_whatever_the_order)
{
	troupe_finding finding;
	troupe_status status = troupe_explore(TROUPE_OPTIONS(troupe_exploration, .schedules = 200), program, NULL, &finding);

	CHECK_STR_EQ(finding.what, "");
	CHECK_OK(status);
	CHECK_EQ(finding.schedules, 200u);
	CHECK(finding.orders > 20);
}
