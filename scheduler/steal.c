/* SPDX-License-Identifier: MIT */
/* Taking work from other workers: half of a ring at a time, and not faster than its owner can run it. */
#include "base/clock.h"
#include "scheduler/scheduler.h"

enum { STEAL_GAP_NS = 50000, BALANCE_MIN = 8, LOOKS_AT_ONE = 32 };

static uint32_t ring_room(const struct worker *worker)
{
	return RING_CAPACITY - 1 - troupei_worker_ring_size(worker);
}

/* Move up to @p count from the victim's ring to ours. */
static void move(struct worker *worker, struct worker *victim, uint32_t count)
{
	void *runnable;

	if (count > ring_room(worker))
		count = ring_room(worker);
	while (count-- > 0 && ck_ring_dequeue_spmc(&victim->ring, victim->buffer, &runnable))
		ck_ring_enqueue_spmc(&worker->ring, worker->buffer, runnable);
}

/* A thief that takes one message at a time from actors that one long handler is feeding is worse than none. So two thefts
 * are STEAL_GAP_NS apart, unless the victim's turns have moved on between: then its queue really moves. Nor does it matter after
 * an actor that never ran: each brings work of its own. Only the thief pays. */
static void wait_for_gap(struct worker *worker, const struct worker *victim)
{
	uint64_t gap = troupei_clock_ticks_in(STEAL_GAP_NS), now;

	if (worker->stole_fresh)
		return;
	while ((now = troupei_clock_ticks()) - worker->stole_at < gap &&
	       troupei_load_relaxed_64(&victim->turns) == worker->stole_turn)
		for (unsigned i = 0; i < 32; i++)
			troupei_spin_hint();
	worker->stole_at = now;
	worker->stole_turn = troupei_load_relaxed_64(&victim->turns);
}

/* A single one that waits is mostly its owner's next: only if some stay there is it worth moving it to another core. */
static bool stays(const struct worker *victim)
{
	for (unsigned i = 0; i < LOOKS_AT_ONE; i++) {
		uint32_t size = troupei_worker_ring_size(victim);
		if (size != 1)
			return size > 0;
		for (unsigned spin = 0; spin < 8; spin++)
			troupei_spin_hint();
	}
	return true;
}

static struct runnable *steal_from(struct worker *worker, struct worker *victim)
{
	void *runnable;

	if (!stays(victim))
		return NULL;
	wait_for_gap(worker, victim);
	if (!ck_ring_dequeue_spmc(&victim->ring, victim->buffer, &runnable))
		return NULL;
	troupei_count_own_64(&worker->steals, 1);
	worker->stole_fresh = ((struct runnable *)runnable)->fresh;
	move(worker, victim, troupei_worker_ring_size(victim) / 2);
	return runnable;
}

struct runnable *troupei_worker_steal(struct worker *worker)
{
	struct scheduler *scheduler = worker->scheduler;
	uint32_t count = troupei_scheduler_workers(scheduler);
	uint32_t first = troupei_random_next(&worker->random) % count;

	for (uint32_t i = 0; i < count; i++) {
		struct worker *victim = scheduler->workers[(first + i) % count];
		struct runnable *runnable = victim == worker ? NULL : steal_from(worker, victim);
		if (runnable != NULL)
			return runnable;
	}
	return NULL;
}

void troupei_worker_balance(struct worker *worker)
{
	struct scheduler *scheduler = worker->scheduler;
	uint32_t mine = troupei_worker_ring_size(worker);

	for (uint32_t i = 0; i < troupei_scheduler_workers(scheduler); i++) {
		struct worker *victim = scheduler->workers[i];
		uint32_t theirs = troupei_worker_ring_size(victim);
		if (victim == worker || theirs < BALANCE_MIN || theirs <= 2 * mine)
			continue;
		move(worker, victim, (theirs - mine) / 2);
		troupei_count_own_64(&worker->steals, 1);
		return;
	}
}
