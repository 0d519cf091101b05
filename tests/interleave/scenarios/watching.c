/* SPDX-License-Identifier: MIT */
/* The watchdog sleeps while all workers sleep, and is woken by the first that wakes (W.dekker in scheduler/park.c, and its
 * other half in actors/watchdog.c). A worker's handler is over only when the watchdog has noticed it. Code: actors/watchdog.c,
 * all of scheduler/.
 *
 * Must hold: the watchdog does not sleep while a handler runs. */
#include "actors/watchdog.c"

#include "schedule.h"

static struct troupei_system the_system;
static struct parker handler; /* where the handler waits */
static uint32_t handles, noticed;

/* What watchdog.c calls and this scenario does not get to. */
const struct actor_worker *troupei_blocking_next(const struct troupei_system *system, const struct actor_worker *at)
{
	(void)system;
	(void)at;
	return NULL;
}
struct stall_sign troupei_stall_look(const struct actor_worker *worker)
{
	(void)worker;
	return (struct stall_sign){ 0 };
}
bool troupei_stall_is_same(const struct stall_sign *a, const struct stall_sign *b)
{
	return a == b;
}
enum stall_signal troupei_stall_signal(struct actor_worker *worker, const struct stall_sign *sign, bool expose,
                                       struct frames *frames)
{
	(void)worker;
	(void)sign;
	(void)expose;
	(void)frames;
	return STALL_SILENT;
}
void troupei_stall_report(struct actor_worker *worker, const struct stall_sign *sign, int64_t for_ns, const struct frames *frames)
{
	(void)worker;
	(void)sign;
	(void)for_ns;
	(void)frames;
}

static void run(struct worker *worker, struct runnable *runnable)
{
	(void)worker;
	thing_runs(thing_of(runnable));
	troupei_store_release_32(&handles, 1);
	for (;;) {
		uint32_t ticket = troupei_parker_ticket(&handler);
		if (troupei_load_acquire_32(&noticed) != 0)
			break;
		troupei_parker_sleep(&handler, ticket, INT64_MAX);
	}
	troupei_store_release_32(&the_system.scheduler.stop, 1);
	for (unsigned i = 0; i < the_system.scheduler.worker_count; i++)
		troupei_parker_wake(&the_system.scheduler.workers[i]->parker);
}

/* As watch() does, but for its second sleep, which has a limit and needs no wake-up. */
static void watcher(void *unused)
{
	(void)unused;
	while (troupei_load_acquire_32(&handles) == 0) {
		sleep_until_work(&the_system);
		step_spin();
	}
	troupei_store_release_32(&noticed, 1);
	troupei_parker_wake(&handler);
}

static void outside(void *unused)
{
	(void)unused;
	troupei_scheduler_inject(&the_system.scheduler, &things[0].runnable);
}

static void set_up(void)
{
	const struct scheduler_hooks hooks = { .run = run, .fire = nothing_fires, .worker_size = sizeof(struct worker) };
	const struct environment environment = { .seed = 1 };

	(void)schedule_begin; /* the scheduler is the system's here */
	blocks_begin();
	memset(things, 0, sizeof things);
	memset(&the_system.watchdog, 0, sizeof the_system.watchdog);
	handles = noticed = 0;
	things[0].wanted = 1;
	troupei_parker_init(&handler);
	thread_has_own(&troupei_worker_current, sizeof troupei_worker_current);
	EXPECT(troupei_scheduler_start(&the_system.scheduler, &hooks, &environment, 1) == SCHEDULER_STARTED);
	EXPECT(troupei_scheduler_reserve(&the_system.scheduler, THINGS));
	races_are_fine(the_system.scheduler.workers[0]->buffer, sizeof the_system.scheduler.workers[0]->buffer);
	NAME(the_system.scheduler.watcher_sleeps);
	NAME(the_system.scheduler.watcher.event);
	NAME(the_system.scheduler.idle.words[0]);
	NAME(the_system.scheduler.inject.count);
	NAME(the_system.scheduler.workers[0]->parker.event);
	NAME(handles);
	NAME(noticed);
	NAME(handler.event);
	thread_start("outside", outside, NULL);
	thread_start("watcher", watcher, NULL);
}

static void end(void)
{
	EXPECT(things[0].runs == 1);
}

const struct scenario scenario = { "watching", set_up, end };
