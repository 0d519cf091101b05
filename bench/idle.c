/* SPDX-License-Identifier: MIT */
/* Idle: N actors are made and wait. Measured are the time of making them and the memory they take. Then each gets one
 * message and ends. They are counted by an atomic, as in the other programs of this comparison: an answer from each would
 * be another N messages. */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

enum { SLEEPER_WAKE = 1 };
struct wake {
	bench_main main;
	uint64_t sleepers;
};
typedef union sleeper {
	troupe_ref ref;
	const void *data;
	const struct wake *SLEEPER_WAKE;
} sleeper;

struct sleeper_state {
	uint64_t number;
};

static atomic_uint_fast64_t awake;

static troupe_verdict sleeper_receive(troupe_actor *me, const troupe_message *m)
{
	struct sleeper_state *self = me->state;
	sleeper in = { .data = m->data };

	if (m->kind != SLEEPER_WAKE || self->number >= in.SLEEPER_WAKE->sleepers)
		return TROUPE_UNKNOWN;
	uint64_t before = atomic_fetch_add_explicit(&awake, 1, memory_order_relaxed);
	if (before + 1 == in.SLEEPER_WAKE->sleepers)
		bench_must(troupe_send(in.SLEEPER_WAKE->main, BENCH_DONE, .value = before + 1));
	troupe_exit(me, TROUPE_OK);
	return TROUPE_HANDLED;
}

static const troupe_behaviour sleeping = {
	.name = "sleeper", .receive = sleeper_receive, .state_size = sizeof(struct sleeper_state),
};

/* Makes them when told START, wakes them when told WAKE. */
enum { KEEPER_START = 1, KEEPER_WAKE };
typedef union keeper {
	troupe_ref ref;
	const void *data;
	const troupe_nothing *KEEPER_START;
	const struct wake *KEEPER_WAKE;
} keeper;

struct keeper_state {
	bench_main main;
	sleeper *sleepers;
	uint64_t count;
};

static troupe_verdict keeper_receive(troupe_actor *me, const troupe_message *m)
{
	struct keeper_state *self = me->state;
	keeper in = { .data = m->data };

	switch (m->kind) {
	case KEEPER_START: {
		int64_t began = bench_now();
		for (uint64_t i = 0; i < self->count; i++)
			bench_must(troupe_spawn(me->system, &sleeping, &(struct sleeper_state){ .number = i },
			                        &self->sleepers[i].ref));
		bench_must(troupe_send(self->main, BENCH_DONE, .value = (uint64_t)(bench_now() - began)));
		return TROUPE_HANDLED;
	}
	case KEEPER_WAKE:
		for (uint64_t i = 0; i < self->count; i++)
			bench_must(troupe_send(self->sleepers[i], SLEEPER_WAKE, .main = in.KEEPER_WAKE->main,
			                       .sleepers = self->count));
		return TROUPE_HANDLED;
	}
	return TROUPE_UNKNOWN;
}

static const troupe_behaviour keeping = {
	.name = "keeper", .receive = keeper_receive, .state_size = sizeof(struct keeper_state),
};

static void run(bench *b)
{
	sleeper *sleepers = bench_alloc(b->n, sizeof *sleepers);
	keeper only;

	memset(sleepers, 0xff, b->n * sizeof *sleepers); /* its pages are there now, and not counted as memory of the actors */
	bench_begin(b);
	troupe_must(troupe_spawn(b->system, &keeping,
	                         &(struct keeper_state){ .main = b->main, .sleepers = sleepers, .count = b->n }, &only.ref));
	int64_t before_kb = bench_memory_kb("VmRSS:");
	troupe_must(troupe_send(only, KEEPER_START, 0));
	double seconds = (double)bench_end(b, BENCH_DONE) / 1e9;
	troupe_must(troupe_settle(b->system, 0));
	b->rss_kb = bench_memory_kb("VmRSS:") - before_kb;

	bench_begin(b);
	troupe_must(troupe_send(only, KEEPER_WAKE, .main = b->main));
	bench_expect(b, b->n, bench_end(b, BENCH_DONE), b->n);
	b->seconds = seconds;
	troupe_must(troupe_settle(b->system, 0));
	free(sleepers);
}

const bench_workload bench_idle = {
	.name = "idle",
	.what = "the memory and the making of N waiting actors",
	.n = 1000000,
	.run = run,
};
