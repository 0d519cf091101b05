/* SPDX-License-Identifier: MIT */
/* A worker with nothing to do: it sleeps until work or the next timer, and uses the quiet to give memory back. S2, S5:
 * idle_set.h. */
#include "base/clock.h"
#include "base/memory.h"
#include "scheduler/scheduler.h"

#define TRIM_AFTER_NS INT64_C(50000000) /* of quiet, with a surplus in the depot */

void troupei_worker_fire_due(struct worker *worker)
{
	struct scheduler *scheduler = worker->scheduler;
	int64_t now = troupei_scheduler_now(scheduler);

	for (uint32_t i = 0; i < troupei_scheduler_workers(scheduler); i++) {
		struct worker *other = scheduler->workers[i];
		if (troupei_timers_next(&other->timers) > now)
			continue;
		struct timer_entry *entry = troupei_timers_due(&other->timers, now);
		while (entry != NULL) {
			struct timer_entry *next = entry->next;
			scheduler->hooks.fire(worker, entry); /* the entry may be gone when it returns */
			entry = next;
		}
	}
}

int64_t troupei_scheduler_next_timer(const struct scheduler *scheduler)
{
	int64_t next = INT64_MAX;

	for (uint32_t i = 0; i < troupei_scheduler_workers(scheduler); i++) {
		int64_t theirs = troupei_timers_next(&scheduler->workers[i]->timers);
		if (theirs < next)
			next = theirs;
	}
	return next;
}

/* A look without taking: what is seen is taken after leaving the sleepers (S5). */
static bool sees_work(const struct worker *worker)
{
	const struct scheduler *scheduler = worker->scheduler;

	if (!troupei_inject_queue_is_empty(&scheduler->inject) || troupei_load_relaxed_32(&scheduler->stop) != 0)
		return true;
	if (worker->spare && troupei_load_relaxed_32(&worker->off) != 0) /* dismissed since it looked: the wake came before the ticket */
		return true;
	for (uint32_t i = 0; i < troupei_scheduler_workers(scheduler); i++)
		if (troupei_worker_ring_size(scheduler->workers[i]) > 0)
			return true;
	return false;
}

/* One sleeper is the keeper: it wakes for the next timer. Who parks with an earlier deadline than the keeper's takes over; the
 * old keeper then wakes once for nothing. Relaxed: a race makes two keepers, never none, since each one writes, then sleeps. */
static int64_t become_keeper(struct worker *worker)
{
	struct idle_set *idle = &worker->scheduler->idle;
	int64_t next = troupei_scheduler_next_timer(worker->scheduler);
	uint64_t theirs = troupei_load_relaxed_64((uint64_t *)&idle->keeper_deadline_ns);

	do
		if (next >= (int64_t)theirs)
			return INT64_MAX;
	while (!troupei_cas_acqrel_64((uint64_t *)&idle->keeper_deadline_ns, theirs, (uint64_t)next, &theirs));
	troupei_store_relaxed_32(&idle->keeper, worker->index);
	return next;
}

/* The deadline is taken back by who wrote it, whoever's name stands beside it: one that stayed behind would keep others from
 * becoming keeper. */
static void resign_keeper(struct worker *worker, int64_t deadline_ns)
{
	struct idle_set *idle = &worker->scheduler->idle;
	uint64_t seen;

	if (deadline_ns == INT64_MAX)
		return;
	if (troupei_load_relaxed_32(&idle->keeper) == worker->index)
		troupei_store_relaxed_32(&idle->keeper, IDLE_NOBODY);
	troupei_cas_acqrel_64((uint64_t *)&idle->keeper_deadline_ns, (uint64_t)deadline_ns, INT64_MAX, &seen);
}

static void sleep_until(struct worker *worker, uint32_t ticket, int64_t timer_ns)
{
	const struct environment *environment = &worker->scheduler->environment;
	int64_t trim_ns = troupei_memory_surplus() ? troupei_clock_ns() + TRIM_AFTER_NS : INT64_MAX;

	if (environment->sleep_until != NULL && timer_ns != INT64_MAX) {
		environment->sleep_until(environment->context, timer_ns);
		return;
	}
	if (!troupei_parker_sleep(&worker->parker, ticket, trim_ns < timer_ns ? trim_ns : timer_ns) && trim_ns < timer_ns)
		troupei_memory_trim();
}

void troupei_worker_park(struct worker *worker)
{
	struct scheduler *scheduler = worker->scheduler;
	uint32_t ticket = troupei_parker_ticket(&worker->parker);
	int64_t deadline;

	troupei_count_own_64(&worker->parks, 1); /* before the bit: troupei_scheduler_is_quiet */
	troupei_idle_set_join(&scheduler->idle, worker->index);
	if (!sees_work(worker)) {
		deadline = become_keeper(worker);
		troupei_scheduler_notify_settled(scheduler);
		sleep_until(worker, ticket, deadline);
		resign_keeper(worker, deadline);
	}
	troupei_idle_set_leave(&scheduler->idle, worker->index);
	/* W.dekker: leave is a full fence. Either this sees that the watcher sleeps, or the watcher, which says so before it looks
	 * at the sleepers, sees that this one is none. */
	if (troupei_unlikely(troupei_load_relaxed_32(&scheduler->watcher_sleeps) != 0)) {
		troupei_store_relaxed_32(&scheduler->watcher_sleeps, 0);
		troupei_parker_wake(&scheduler->watcher);
	}
	worker->timers_checked = troupei_clock_ticks();
	if (troupei_scheduler_next_timer(scheduler) != INT64_MAX)
		troupei_worker_fire_due(worker);
}
