/* SPDX-License-Identifier: MIT */
/* Work from outside for a lone worker: two threads inject two runnables each. Code: all of scheduler/. (S1, S2, S4)
 *
 * Must hold: each runs once, what its injector wrote is seen, and none waits while the worker sleeps. The last one stops it. */
#define WORKERS_HERE 1
#include "schedule.h"

enum { OUTSIDE = 2, EACH = 2, ALL = OUTSIDE * EACH };

static int word[ALL];
static int left; /* books */

static void run(struct worker *worker, struct runnable *runnable)
{
	(void)worker;
	EXPECT(word[thing_of(runnable) - things] == 42);
	thing_runs(thing_of(runnable));
	if (book_add(&left, -1) == 0)
		troupei_store_release_32(&scheduler.stop, 1);
}

static void outside(void *at)
{
	size_t first = (size_t)(uintptr_t)at * EACH;

	for (size_t i = first; i < first + EACH; i++) {
		word[i] = 42;
		troupei_scheduler_inject(&scheduler, &things[i].runnable);
	}
}

static void begin(void)
{
	memset(word, 0, sizeof word);
	left = ALL;
	schedule_begin(run);
	for (int i = 0; i < ALL; i++)
		things[i].wanted = 1;
	thread_start("outside 0", outside, (void *)0);
	thread_start("outside 1", outside, (void *)1);
}

static void end(void)
{
	EXPECT(left == 0);
}

const struct scenario scenario = { "outside", begin, end };
