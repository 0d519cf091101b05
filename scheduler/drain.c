/* SPDX-License-Identifier: MIT */
/* Going on with who was flooded. F5: worker.h. */
#include "base/clock.h"
#include "scheduler/scheduler.h"

enum { DRAIN_TURN_NS = 500000 };

void troupei_worker_flooded(struct worker *worker, uint64_t ticks)
{
	if (worker->scheduler->environment.choose != NULL) /* a test's order of events is not to hang on the time */
		return;
	worker->drain_left = 2 * ticks;
	worker->drained_at = troupei_clock_ticks();
}

/* A turn that took very long was one in which the thread did not run: it counts as a long one. */
static void spend(struct worker *worker)
{
	uint64_t now = troupei_clock_ticks(), most = troupei_clock_ticks_in(DRAIN_TURN_NS), spent = now - worker->drained_at;

	spent = spent < most ? spent : most;
	worker->drained_at = now;
	worker->drain_left = spent < worker->drain_left ? worker->drain_left - spent : 0;
}

void troupei_worker_drain(struct worker *worker, struct runnable *runnable)
{
	spend(worker);
	worker->drained = NULL;
	if (worker->lifo == NULL && worker->drain_left > 0) {
		worker->lifo = worker->drained = runnable;
		return;
	}
	troupei_worker_yield(worker, runnable);
}
