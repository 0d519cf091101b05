/* SPDX-License-Identifier: MIT */
/* Thefts between two workers without threads, moved by hand, as in the unit tests of the scheduler. So they are the same each
 * time; what another core's cache adds is not in them (see wake.by-worker, and fan-in.1). What is stolen never ran, and so the
 * thief does not wait between two thefts. */
#include "micro.h"

#include "scheduler/scheduler.h"

enum { FULL = RING_CAPACITY - 1 };

static struct scheduler scheduler;

static void run_nothing(struct worker *worker, struct runnable *runnable)
{
	(void)worker;
	(void)runnable;
}

static void put(struct worker *worker, struct runnable *runnable)
{
	if (!ck_ring_enqueue_spmc(&worker->ring, worker->buffer, runnable))
		micro_must(TROUPE_EFULL);
}

static struct runnable *steal(struct worker *thief)
{
	struct runnable *runnable = troupei_worker_steal(thief);

	if (runnable == NULL)
		micro_must(TROUPE_ENOENT);
	return runnable;
}

/* Two workers; the rings hold so many. */
static void prepare(uint32_t first, uint32_t second)
{
	static const struct scheduler_hooks hooks = { .run = run_nothing, .worker_size = sizeof(struct worker) };
	static struct runnable runnables[2 * FULL];
	const struct environment real = { .seed = 1 };

	if (!troupei_scheduler_start_alone(&scheduler, &hooks, &real) ||
	    (scheduler.workers[1] = troupei_worker_new(&scheduler, 1, false)) == NULL)
		micro_must(TROUPE_ENOMEM);
	scheduler.worker_count = scheduler.regular_count = 2;
	for (uint32_t i = 0; i < first + second; i++) {
		runnables[i].fresh = 1;
		put(scheduler.workers[i >= first], &runnables[i]);
	}
}

/* The thief's own ring is full: it moves nothing beside the one that it takes, which goes back where it was. */
void micro_steal_one(struct micro_run *run)
{
	prepare(FULL, FULL);
	run->began_ns = micro_now();
	for (uint64_t i = 0; i < run->n; i++)
		put(scheduler.workers[1], steal(scheduler.workers[0]));
	run->ns = (double)(micro_now() - run->began_ns);
}

/* The two take turns at robbing each other of half: of a number of runnables that comes to be always the same. */
void micro_steal_half(struct micro_run *run)
{
	uint64_t moved = 0;

	prepare(0, FULL);
	run->began_ns = micro_now();
	for (uint32_t thief = 0; moved < run->n; thief = 1 - thief) {
		uint32_t before = troupei_worker_ring_size(scheduler.workers[thief]);
		struct runnable *runnable = steal(scheduler.workers[thief]);
		put(scheduler.workers[thief], runnable);
		moved += troupei_worker_ring_size(scheduler.workers[thief]) - before;
	}
	run->ns = (double)(micro_now() - run->began_ns) * (double)run->n / (double)moved;
}
