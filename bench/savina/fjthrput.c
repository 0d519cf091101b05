/* SPDX-License-Identifier: MIT */
/* Fork-join, throughput: one actor sends N messages to each of K workers, in turn; each worker says when it has had all. */
#include <stdlib.h>

#include "bench.h"

enum { BOSS_START = 1, BOSS_FINISHED };
typedef union boss {
	troupe_ref ref;
	const troupe_nothing *BOSS_START;
	const troupe_nothing *BOSS_FINISHED;
} boss;

enum { WORKER_WORK = 1 };
typedef union worker {
	troupe_ref ref;
	const troupe_nothing *WORKER_WORK;
} worker;

struct worker_state {
	boss boss;
	uint64_t left;
};

static troupe_verdict worker_receive(troupe_actor *me, const troupe_message *m)
{
	struct worker_state *self = me->state;

	if (m->kind != WORKER_WORK)
		return TROUPE_UNKNOWN;
	bench_compute();
	if (--self->left == 0) {
		bench_must(troupe_send(self->boss, BOSS_FINISHED, 0));
		troupe_exit(me, TROUPE_OK);
	}
	return TROUPE_HANDLED;
}

static const troupe_behaviour working = {
	.name = "worker", .receive = worker_receive, .state_size = sizeof(struct worker_state),
};

struct boss_state {
	bench_main main;
	uint64_t messages, workers, finished;
};

static void distribute(troupe_actor *me)
{
	struct boss_state *self = me->state;
	worker *workers = bench_alloc(self->workers, sizeof *workers);
	struct worker_state initial = { .boss = { me->ref }, .left = self->messages };

	for (uint64_t i = 0; i < self->workers; i++)
		bench_must(troupe_spawn(me->system, &working, &initial, &workers[i].ref));
	for (uint64_t j = 0; j < self->messages; j++)
		for (uint64_t i = 0; i < self->workers; i++)
			bench_must(troupe_send(workers[i], WORKER_WORK, 0));
	free(workers);
}

static troupe_verdict boss_receive(troupe_actor *me, const troupe_message *m)
{
	struct boss_state *self = me->state;

	switch (m->kind) {
	case BOSS_START:
		distribute(me);
		return TROUPE_HANDLED;
	case BOSS_FINISHED:
		if (++self->finished == self->workers)
			bench_must(troupe_send(self->main, BENCH_DONE, .value = self->finished));
		return TROUPE_HANDLED;
	}
	return TROUPE_UNKNOWN;
}

static const troupe_behaviour bossing = {
	.name = "boss", .receive = boss_receive, .state_size = sizeof(struct boss_state),
};

static void run(bench *b)
{
	boss chief;

	bench_begin(b);
	troupe_must(troupe_spawn(b->system, &bossing,
	                         &(struct boss_state){ .main = b->main, .messages = b->n, .workers = b->k }, &chief.ref));
	troupe_must(troupe_send(chief, BOSS_START, 0));
	bench_expect(b, b->k * b->n, bench_end(b, BENCH_DONE), b->k);
}

const bench_workload bench_fjthrput = {
	.name = "fjthrput",
	.what = "one actor sends each of K workers N messages, in turn",
	.n = 50000,
	.k = 60, .k_min = 1,
	.run = run,
};
