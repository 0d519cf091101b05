/* SPDX-License-Identifier: MIT */
/* Work from outside: a thread injects three runnables, waits until the scheduler is quiet, and stops it. Code: all of
 * scheduler/, two workers, a ring of 4. (S1, S2, S5, and the shutdown protocol in scheduler.h)
 *
 * Must hold: each runs as often as it was queued, and not twice at once; quiet is said when all have run, and is said at all;
 * what an injector wrote is seen by who runs it; stop ends every worker. */
#include "schedule.h"

enum { INJECTED = 3 };

static int word[INJECTED];

static void run(struct worker *worker, struct runnable *runnable)
{
	(void)worker;
	EXPECT(word[thing_of(runnable) - things] == 42);
	thing_runs(thing_of(runnable));
}

static void outside(void *unused)
{
	(void)unused;
	for (int i = 0; i < INJECTED; i++) {
		word[i] = 42;
		troupei_scheduler_inject(&scheduler, &things[i].runnable);
	}
	EXPECT(troupei_scheduler_settle(&scheduler, INT64_MAX));
	for (int i = 0; i < INJECTED; i++)
		EXPECT(things[i].runs == 1);
	EXPECT(troupei_scheduler_stop(&scheduler, INT64_MAX));
}

static void begin(void)
{
	memset(word, 0, sizeof word);
	schedule_begin(run);
	for (int i = 0; i < INJECTED; i++)
		things[i].wanted = 1;
	thread_start("outside", outside, NULL);
}

static void end(void)
{
}

const struct scenario scenario = { "injection", begin, end };
