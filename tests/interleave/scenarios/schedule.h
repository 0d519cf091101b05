/* SPDX-License-Identifier: MIT */
/* The real scheduler under exploration: its workers are threads of the scenario. What they run is counted. */
#ifndef TROUPE_TESTS_SCHEDULE_H
#define TROUPE_TESTS_SCHEDULE_H

#include <string.h>

#include "../blocks.h"
#include "../interleave.h"
#include "scheduler/scheduler.h"

#ifndef WORKERS_HERE
#define WORKERS_HERE 2
#endif

enum { THINGS = 8, WORKERS = WORKERS_HERE };

struct thing {
	struct runnable runnable;
	unsigned runs, wanted; /* its state: whoever runs it */
	unsigned inside;
};

static struct scheduler scheduler;
static struct thing things[THINGS];

static struct thing *thing_of(struct runnable *runnable)
{
	return (struct thing *)(void *)runnable;
}

/* It has its turn, and nobody else runs it. */
static void thing_runs(struct thing *thing)
{
	EXPECT(thing->inside == 0);
	thing->inside = 1;
	EXPECT(thing->runs < thing->wanted);
	thing->runs++;
	thing->inside = 0;
}

static void nothing_fires(struct worker *worker, struct timer_entry *entry)
{
	(void)worker;
	(void)entry;
	schedule_fails("a timer fired");
}

/* In begin: the workers are there, and begin. */
static void schedule_begin(void (*run)(struct worker *, struct runnable *))
{
	const struct scheduler_hooks hooks = { .run = run, .fire = nothing_fires, .worker_size = sizeof(struct worker) };
	const struct environment environment = { .seed = 1 };

	blocks_begin();
	memset(things, 0, sizeof things);
	thread_has_own(&troupei_worker_current, sizeof troupei_worker_current);
	EXPECT(troupei_scheduler_start(&scheduler, &hooks, &environment, WORKERS) == SCHEDULER_STARTED);
	EXPECT(troupei_scheduler_reserve(&scheduler, THINGS));
	NAME(scheduler.inject.lock);
	NAME(scheduler.inject.count);
	NAME(scheduler.idle.words[0]);
	NAME(scheduler.idle.searching);
	NAME(scheduler.idle.keeper);
	NAME(scheduler.settle_lock);
	NAME(scheduler.settled);
	NAME(scheduler.settle_waiters);
	NAME(scheduler.watcher_sleeps);
	NAME(scheduler.stop);
	for (unsigned i = 0; i < WORKERS; i++) {
		struct worker *worker = scheduler.workers[i];
		races_are_fine(worker->buffer, sizeof worker->buffer); /* ck_ring copies a slot, then asks whether it may */
		name_memory(&worker->ring.c_head, 4, "ring%u.c_head", i);
		name_memory(&worker->ring.p_tail, 4, "ring%u.p_tail", i);
		name_memory(&worker->parker.event, 4, "parker%u", i);
		name_memory(&worker->turns, 8, "turns%u", i);
		name_memory(&worker->parks, 8, "parks%u", i);
		name_memory(&worker->timers.next_ns, 8, "timers%u", i);
	}
}

#endif
