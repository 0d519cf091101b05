/* SPDX-License-Identifier: MIT */
/* No work waits while a worker sleeps: one runnable wakes two more, and the handler of each waits until all three have begun.
 * So all three workers must be running at once. Code: all of scheduler/, three workers, a ring of 4. (Two of all in
 * waking_two.c.) (S1 to S4, F4)
 *
 * Must hold: the wait ends. */
#ifndef WORKERS_HERE
#define WORKERS_HERE 3
#define NAME_HERE "waking"
#endif
#include "schedule.h"

enum { ALL = WORKERS_HERE };

static struct parker meeting[ALL]; /* where handler i waits */
static uint32_t begun, over;

static void stop(void)
{
	troupei_store_release_32(&scheduler.stop, 1);
	for (unsigned w = 0; w < WORKERS; w++)
		troupei_parker_wake(&scheduler.workers[w]->parker);
}

static void wait_for_all(int me)
{
	if (troupei_add_full_32(&begun, 1) + 1 == ALL)
		for (int i = 0; i < ALL; i++)
			troupei_parker_wake(&meeting[i]);
	for (;;) {
		uint32_t ticket = troupei_parker_ticket(&meeting[me]);
		if (troupei_load_acquire_32(&begun) == ALL)
			return;
		troupei_parker_sleep(&meeting[me], ticket, INT64_MAX);
	}
}

static void run(struct worker *worker, struct runnable *runnable)
{
	int me = (int)(thing_of(runnable) - things);

	if (me == 0) {
		for (int i = 1; i < ALL; i++)
			troupei_worker_submit(worker, &things[i].runnable);
		troupei_worker_publish(worker); /* F4: it is about to take long */
	}
	thing_runs(thing_of(runnable));
	wait_for_all(me);
	if (troupei_add_full_32(&over, 1) + 1 == ALL)
		stop();
}

static void outside(void *unused)
{
	(void)unused;
	troupei_scheduler_inject(&scheduler, &things[0].runnable);
}

static void begin(void)
{
	begun = over = 0;
	schedule_begin(run);
	NAME(begun);
	NAME(over);
	for (unsigned i = 0; i < ALL; i++) {
		things[i].wanted = 1;
		troupei_parker_init(&meeting[i]);
		name_memory(&meeting[i].event, 4, "meeting %u", i);
	}
	thread_start("outside", outside, NULL);
}

static void end(void)
{
	for (int i = 0; i < ALL; i++)
		EXPECT(things[i].runs == 1);
}

const struct scenario scenario = { NAME_HERE, begin, end };
