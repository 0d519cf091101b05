/* SPDX-License-Identifier: MIT */
/* A turn in production, and what its handlers' functions do to it. T1 to T3: turn_body.h. */
#include "actors/turn_body.h"

/* Since introduce, if it has not published since. (Nor is its handler one that takes too long.) */
static inline bool has_sent_nothing(const struct actor_worker *worker)
{
	return worker->publish_at == worker->tally.sent + SENDS_BEFORE_PUBLISH;
}

void troupei_turn_over(struct actor_worker *worker, struct runnable *runnable, bool more)
{
	troupei_store_relaxed_ptr(&worker->running, NULL);
	worker->after = 0; /* T3 */
	worker->why = TROUPE_OK;
	bool floods = worker->flooding;
	if (troupei_unlikely(floods))
		troupei_flood_over(worker);
	if (!more)
		return;
	if (troupei_unlikely(worker->apart))
		troupei_blocking_hand_over(worker->system, troupei_cell_of(runnable));
	else if (troupei_unlikely(worker->base.drain_left != 0) && !floods && has_sent_nothing(worker))
		troupei_worker_drain(&worker->base, runnable);
	else
		troupei_worker_yield(&worker->base, runnable);
}

void troupei_turn_settle(struct actor_worker *worker)
{
	if (!worker->peeked)
		return;
	worker->peeked = false;
	troupei_mailbox_take_behind(&worker->running->mailbox, worker->current);
}

const void *troupei_turn_in_hand(const struct troupei_system *system, const struct cell *cell)
{
	uint32_t workers = system != NULL ? troupei_scheduler_workers(&system->scheduler) : 0;

	for (uint32_t i = 0; i < workers; i++) {
		const struct actor_worker *worker = (const struct actor_worker *)system->scheduler.workers[i];
		/* Relaxed: two words of another thread's that need not fit each other. */
		if (troupei_load_relaxed_ptr(&worker->running) == cell)
			return troupei_load_relaxed_ptr(&worker->current);
	}
	return NULL;
}

void troupei_turn_run(struct worker *base, struct runnable *runnable)
{
	turn_run(base, runnable);
}
