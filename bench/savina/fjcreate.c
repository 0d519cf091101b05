/* SPDX-License-Identifier: MIT */
/* Fork-join, creation: N actors are made; each handles one message, says so, and ends. */
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
};

static troupe_verdict worker_receive(troupe_actor *me, const troupe_message *m)
{
	struct worker_state *self = me->state;

	if (m->kind != WORKER_WORK)
		return TROUPE_UNKNOWN;
	bench_compute();
	bench_must(troupe_send(self->boss, BOSS_FINISHED, 0));
	troupe_exit(me, TROUPE_OK);
	return TROUPE_HANDLED;
}

static const troupe_behaviour working = {
	.name = "worker", .receive = worker_receive, .state_size = sizeof(struct worker_state),
};

struct boss_state {
	bench_main main;
	uint64_t workers, finished;
};

static troupe_verdict boss_receive(troupe_actor *me, const troupe_message *m)
{
	struct boss_state *self = me->state;
	worker one;

	switch (m->kind) {
	case BOSS_START:
		for (uint64_t i = 0; i < self->workers; i++) {
			bench_must(troupe_spawn(me->system, &working, &(struct worker_state){ .boss = { me->ref } }, &one.ref));
			bench_must(troupe_send(one, WORKER_WORK, 0));
		}
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
	troupe_must(troupe_spawn(b->system, &bossing, &(struct boss_state){ .main = b->main, .workers = b->n }, &chief.ref));
	troupe_must(troupe_send(chief, BOSS_START, 0));
	bench_expect(b, 2 * b->n, bench_end(b, BENCH_DONE), b->n);
}

const bench_workload bench_fjcreate = {
	.name = "fjcreate",
	.what = "N actors made, each handles one message and ends",
	.n = 400000,
	.run = run,
};
