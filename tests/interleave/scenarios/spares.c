/* SPDX-License-Identifier: MIT */
/* A worker is kept by its handler, gives away what only it could reach, and a spare stands in; then the spare goes off duty,
 * and everything stops. Code: all of scheduler/, one worker and one spare. (P1 to P4; COUNT.store, OFF.store, RETIRED.and,
 * STOP.store)
 *
 * Must hold: what waited behind the handler runs; nothing is lost when the spare goes; quiet is said when all has run; stop
 * ends every thread. */
#define WORKERS_HERE 1
#include "scheduler/spare.h"

#include "schedule.h"

enum { KEPT, BEHIND, LATER, ALL };

static struct parker freed, done; /* the handler waits for what is behind it; the caller for the handler */
static uint32_t is_freed, is_done;

static void wait_for(struct parker *parker, const uint32_t *flag)
{
	for (;;) {
		uint32_t ticket = troupei_parker_ticket(parker);
		if (troupei_load_acquire_32(flag) != 0)
			return;
		troupei_parker_sleep(parker, ticket, INT64_MAX);
	}
}

static void tell(struct parker *parker, uint32_t *flag)
{
	troupei_store_release_32(flag, 1);
	troupei_parker_wake(parker);
}

static void run(struct worker *worker, struct runnable *runnable)
{
	struct thing *thing = thing_of(runnable);

	thing_runs(thing);
	if (thing == &things[BEHIND])
		tell(&freed, &is_freed);
	if (thing != &things[KEPT])
		return;
	troupei_worker_submit(worker, &things[BEHIND].runnable);
	troupei_worker_expose(worker); /* as the watchdog's signal makes it do */
	wait_for(&freed, &is_freed);
	tell(&done, &is_done);
}

static void caller(void *unused)
{
	(void)unused;
	troupei_scheduler_inject(&scheduler, &things[KEPT].runnable);
	EXPECT(troupei_spare_call(&scheduler));
	troupei_spare_poke(&scheduler);
	wait_for(&done, &is_done);
	troupei_spare_dismiss(&scheduler);
	troupei_scheduler_inject(&scheduler, &things[LATER].runnable);
	EXPECT(troupei_scheduler_settle(&scheduler, INT64_MAX));
	for (int i = 0; i < ALL; i++)
		EXPECT(things[i].runs == 1);
	EXPECT(troupei_scheduler_stop(&scheduler, INT64_MAX));
}

static void begin(void)
{
	is_freed = is_done = 0;
	troupei_parker_init(&freed);
	troupei_parker_init(&done);
	schedule_begin(run);
	for (int i = 0; i < ALL; i++)
		things[i].wanted = 1;
	NAME(is_freed);
	NAME(is_done);
	NAME(freed.event);
	NAME(done.event);
	NAME(scheduler.worker_count);
	NAME(scheduler.idle.retired[0]);
	thread_start("caller", caller, NULL);
}

static void end(void)
{
}

const struct scenario scenario = { "spares", begin, end };
