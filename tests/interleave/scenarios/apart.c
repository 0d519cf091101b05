/* SPDX-License-Identifier: MIT */
/* A turn on a thread apart: a worker hands it over and goes on, the thread wakes somebody else and says that it is done, and
 * the scheduler must not be quiet before all of it is over. Code: all of scheduler/, two workers. (APART.add)
 *
 * Must hold: when quiet is said, what the thread apart woke has run too; and quiet is said. */
#include "schedule.h"

enum { FIRST, WOKEN, ALL };

static struct handover to_apart;
static int word;

static void run(struct worker *worker, struct runnable *runnable)
{
	(void)worker;
	thing_runs(thing_of(runnable));
	if (thing_of(runnable) == &things[WOKEN]) {
		EXPECT(word == 42);
		return;
	}
	troupei_scheduler_apart_begin(&scheduler);
	handover_put(&to_apart, runnable);
}

static void apart(void *unused)
{
	(void)unused;
	if (handover_take(&to_apart) == NULL)
		return;
	word = 42;
	troupei_scheduler_inject(&scheduler, &things[WOKEN].runnable);
	troupei_scheduler_apart_end(&scheduler);
}

static void outside(void *unused)
{
	(void)unused;
	troupei_scheduler_inject(&scheduler, &things[FIRST].runnable);
	EXPECT(troupei_scheduler_settle(&scheduler, INT64_MAX));
	EXPECT(things[FIRST].runs == 1);
	EXPECT(things[WOKEN].runs == 1);
	EXPECT(troupei_scheduler_stop(&scheduler, INT64_MAX));
}

static void begin(void)
{
	memset(&to_apart, 0, sizeof to_apart);
	word = 0;
	schedule_begin(run);
	things[FIRST].wanted = things[WOKEN].wanted = 1;
	NAME(scheduler.apart);
	NAME(to_apart);
	thread_start("apart", apart, NULL);
	thread_start("outside", outside, NULL);
}

static void end(void)
{
}

const struct scenario scenario = { "apart", begin, end };
