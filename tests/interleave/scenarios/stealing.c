/* SPDX-License-Identifier: MIT */
/* Stealing: one runnable wakes six more on its worker, one of which wakes another; the ring holds three, so some spill over,
 * and the other worker steals. Code: all of scheduler/, two workers, a ring of 4.
 *
 * Must hold: each runs as often as it was queued, and not twice at once; what its waker wrote is seen; nothing waits while all
 * sleep. The workers end by themselves when all has run. */
#include "schedule.h"

enum { WOKEN_BY_FIRST = 6, FRESH = 3, ALL = THINGS };

static int word[ALL];
static int left; /* books */

static void wake(struct worker *worker, int i)
{
	word[i] = 42;
	things[i].runnable.fresh = i == FRESH; /* goes to the fresh stack */
	troupei_worker_submit(worker, &things[i].runnable);
}

static void run(struct worker *worker, struct runnable *runnable)
{
	int i = (int)(thing_of(runnable) - things);

	EXPECT(word[i] == 42);
	runnable->fresh = 0;
	thing_runs(thing_of(runnable));
	if (i == 0)
		for (int j = 1; j <= WOKEN_BY_FIRST; j++)
			wake(worker, j);
	else if (i + WOKEN_BY_FIRST < ALL)
		wake(worker, i + WOKEN_BY_FIRST);
	if (book_add(&left, -1) > 0)
		return;
	troupei_store_release_32(&scheduler.stop, 1);
	for (unsigned w = 0; w < WORKERS; w++)
		troupei_parker_wake(&scheduler.workers[w]->parker);
}

static void begin(void)
{
	memset(word, 0, sizeof word);
	schedule_begin(run);
	left = ALL;
	for (int i = 0; i < ALL; i++)
		things[i].wanted = 1;
	word[0] = 42;
	troupei_inject_queue_push(&scheduler.inject, &things[0].runnable);
}

static void end(void)
{
	for (int i = 0; i < ALL; i++)
		EXPECT(things[i].runs == 1);
}

const struct scenario scenario = { "stealing", begin, end };
