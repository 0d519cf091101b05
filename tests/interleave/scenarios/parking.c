/* SPDX-License-Identifier: MIT */
/* Parking: one thread sleeps whenever there is nothing to do, two hand it two things each. Code: scheduler/parker.c on ck_ec.
 *
 * Must hold: nothing waits while it sleeps; what was written before a wake-up is seen after it. */
#include <string.h>

#include "../interleave.h"
#include "base/atomics.h"
#include "scheduler/parker.h"

enum { GIVERS = 2, EACH = 2 };

static struct parker parker;
static uint64_t given[GIVERS]; /* how many, by each */
static int things[GIVERS][EACH];

static void giver(void *at)
{
	size_t me = (size_t)(uintptr_t)at;

	for (unsigned i = 0; i < EACH; i++) {
		things[me][i] = 42;
		troupei_store_relaxed_64(&given[me], i + 1); /* the wake-up carries it */
		troupei_parker_wake(&parker);
	}
}

static unsigned taken[GIVERS], all;

/* What there is beyond what was taken, seen through @p ticket. */
static void take(void)
{
	for (unsigned g = 0; g < GIVERS; g++)
		taken[g] = (unsigned)troupei_load_relaxed_64(&given[g]);
}

static bool has_all(void)
{
	return taken[0] + taken[1] == all;
}

static void sleeper(void *unused)
{
	(void)unused;
	for (;;) {
		uint32_t ticket = troupei_parker_ticket(&parker);
		take();
		if (has_all())
			return;
		EXPECT(troupei_parker_sleep(&parker, ticket, INT64_MAX));
		EXPECT(troupei_parker_ticket(&parker) != ticket);
	}
}

/* Sees by wake-ups alone what was given: no look at the counts. After the last one everything is there, whether it slept for it
 * or found it. */
static void reader(void *unused)
{
	uint32_t ticket;

	(void)unused;
	while ((ticket = troupei_parker_ticket(&parker)) < GIVERS * EACH) {
		EXPECT(troupei_parker_sleep(&parker, ticket, INT64_MAX));
		if (ticket == GIVERS * EACH - 1)
			break;
	}
	for (unsigned g = 0; g < GIVERS; g++)
		for (unsigned i = 0; i < EACH; i++)
			EXPECT(things[g][i] == 42);
}

static void sleep_then_read(void *unused)
{
	sleeper(unused);
	reader(unused);
}

static void begin(void)
{
	static const char *const names[] = { "giver 0", "giver 1" };

	memset(given, 0, sizeof given);
	memset(things, 0, sizeof things);
	memset(taken, 0, sizeof taken);
	all = GIVERS * EACH;
	troupei_parker_init(&parker);
	NAME(parker.event.counter);
	NAME(given);
	NAME(things);
	for (uintptr_t g = 0; g < GIVERS; g++)
		thread_start(names[g], giver, (void *)g);
	thread_start("sleeper", sleep_then_read, NULL);
}

static void end(void)
{
	EXPECT(has_all());
}

const struct scenario scenario = { "parking", begin, end };
