/* SPDX-License-Identifier: MIT */
/* How long it takes from a send until a worker that was asleep receives: the median of the run's wake-ups, since a few of them
 * are the operating system's to decide. */
#include <stdatomic.h>

#include "micro.h"

/* Long enough for a worker that found nothing to have gone to sleep. */
#define UNTIL_ASLEEP (300 * TROUPE_US)

static _Atomic(int64_t) received_at; /* 0: not yet */

static troupe_verdict note(troupe_actor *me, const troupe_message *m)
{
	(void)me;
	if (m->kind != MICRO_VALUE)
		return TROUPE_UNKNOWN;
	atomic_store_explicit(&received_at, micro_now(), memory_order_relaxed);
	return TROUPE_HANDLED;
}

static const troupe_behaviour sleeper = { .name = "sleeper", .receive = note };

/* Relaxed, here and above: the time alone is told. */
static double wait_from(int64_t sent)
{
	int64_t at;

	while ((at = atomic_load_explicit(&received_at, memory_order_relaxed)) == 0)
		;
	atomic_store_explicit(&received_at, 0, memory_order_relaxed);
	return (double)(at - sent);
}

static void conclude(struct micro_run *run, double *took)
{
	run->ns = micro_quantile(took, run->n, 0.5) * (double)run->n;
}

void micro_wake_by_thread(struct micro_run *run)
{
	double *took = micro_alloc(run->n * sizeof *took);
	micro_actor whom;

	troupe_must(troupe_spawn(run->system, &sleeper, NULL, &whom.ref));
	for (uint64_t i = 0; i < run->n; i++) {
		micro_nap(UNTIL_ASLEEP);
		int64_t sent = micro_now();
		troupe_must(troupe_send(whom, MICRO_VALUE, .value = i));
		took[i] = wait_from(sent);
	}
	conclude(run, took);
}

struct waker {
	struct micro_run *run;
	double *took;
	micro_actor sleepers[2];
};

/* This handler keeps its worker. Whom it wakes next drives the last one out of the lifo slot to where the other worker finds it.
 * So the first send reaches nobody, and each later one lets the one before be received. */
static troupe_verdict wake_others(troupe_actor *me, const troupe_message *m)
{
	struct waker *self = me->state;

	(void)me;
	if (m->kind != MICRO_GO)
		return TROUPE_UNKNOWN;
	micro_must(troupe_send(self->sleepers[1], MICRO_VALUE, .value = 0));
	for (uint64_t i = 0; i < self->run->n; i++) {
		for (int64_t until = micro_now() + UNTIL_ASLEEP; micro_now() < until;)
			;
		int64_t sent = micro_now();
		micro_must(troupe_send(self->sleepers[i % 2], MICRO_VALUE, .value = i));
		self->took[i] = wait_from(sent);
	}
	micro_done(self->run);
	return TROUPE_HANDLED;
}

static const troupe_behaviour waker = { .name = "waker", .receive = wake_others, .state_size = sizeof(struct waker) };

void micro_wake_by_worker(struct micro_run *run)
{
	struct waker initial = { .run = run, .took = micro_alloc(run->n * sizeof(double)) };

	for (int i = 0; i < 2; i++)
		troupe_must(troupe_spawn(run->system, &sleeper, NULL, &initial.sleepers[i].ref));
	micro_begin(run);
	micro_drive(run, &waker, &initial);
	micro_end(run);
	conclude(run, initial.took);
}
