/* SPDX-License-Identifier: MIT */
/* The scheduler with neither actors nor threads: one worker whose loop runs here, and turns that do nothing but queue
 * themselves, or the next one, again. */
#include "micro.h"

#include "scheduler/scheduler.h"

enum { RUNNABLES_MAX = 64 };

static struct scheduler scheduler;
static struct runnable runnables[RUNNABLES_MAX];
static uint64_t left;

/* The last turn of all. */
static bool over(void)
{
	if (--left > 0)
		return false;
	troupei_store_release_32(&scheduler.stop, 1); /* read by this thread alone */
	return true;
}

static void run_lifo(struct worker *worker, struct runnable *runnable)
{
	if (!over())
		troupei_worker_submit(worker, runnable);
}

static void run_ring(struct worker *worker, struct runnable *runnable)
{
	if (!over())
		troupei_worker_queue(worker, runnable);
}

static void run_inject(struct worker *worker, struct runnable *runnable)
{
	(void)worker;
	if (!over())
		troupei_scheduler_inject(&scheduler, runnable);
}

static void run_turns(struct micro_run *run, uint64_t count, void (*turn)(struct worker *worker, struct runnable *runnable))
{
	const struct scheduler_hooks hooks = { .run = turn, .worker_size = sizeof(struct worker) };
	const struct environment real = { .seed = 1 };

	if (!troupei_scheduler_start_alone(&scheduler, &hooks, &real) || !troupei_scheduler_reserve(&scheduler, RUNNABLES_MAX))
		micro_must(TROUPE_ENOMEM);
	left = run->n;
	for (uint64_t i = 0; i < count; i++)
		troupei_scheduler_inject(&scheduler, &runnables[i]);
	run->began_ns = micro_now();
	troupei_worker_main(scheduler.workers[0]);
	run->ns = (double)(micro_now() - run->began_ns);
}

void micro_schedule_lifo(struct micro_run *run)
{
	run_turns(run, 1, run_lifo);
}

void micro_schedule_ring(struct micro_run *run)
{
	run_turns(run, run->k, run_ring);
}

void micro_schedule_inject(struct micro_run *run)
{
	run_turns(run, run->k, run_inject);
}
