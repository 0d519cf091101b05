/* SPDX-License-Identifier: MIT */
/* Cigarette smokers: an arbiter, K smokers, N rounds. Each round the arbiter lays on the table what one smoker, chosen at
 * random, lacks. That one takes it, says so, and smokes; then the next round begins, while it smokes still.
 *
 * What it shows: who goes next is decided in one place, by messages, where threads would need K conditions to wait on. Work
 * goes on after the answer: answer first, then do what nobody waits for.
 *
 * What is checked: each smoker says in the end how often it smoked. That must be how often it was chosen. */
#include <stdlib.h>

#include "bench.h"

enum { SMOKE_LEAST = 10, SMOKE_MORE = 1000 };

struct smoke {
	uint64_t sines; /* how long to smoke */
};
enum { SMOKER_SMOKE = 1, SMOKER_STOP };
typedef union smoker {
	troupe_ref ref;
	const void *data;
	const struct smoke *SMOKER_SMOKE;
	const troupe_nothing *SMOKER_STOP;
} smoker;

struct smoked {
	uint64_t number, count;
};
enum { ARBITER_START = 1, ARBITER_TABLE_EMPTY, ARBITER_SMOKED };
typedef union arbiter {
	troupe_ref ref;
	const void *data;
	const troupe_nothing *ARBITER_START;
	const troupe_nothing *ARBITER_TABLE_EMPTY;
	const struct smoked *ARBITER_SMOKED; /* how often, at the end */
} arbiter;

struct smoker_state {
	arbiter arbiter;
	struct smoked smoked;
};

static troupe_verdict smoker_receive(troupe_actor *me, const troupe_message *m)
{
	struct smoker_state *self = me->state;
	smoker in = { .data = m->data };

	switch (m->kind) {
	case SMOKER_SMOKE:
		bench_must(troupe_send(self->arbiter, ARBITER_TABLE_EMPTY, 0));
		for (uint64_t i = 0; i < in.SMOKER_SMOKE->sines; i++)
			bench_compute();
		self->smoked.count++;
		return TROUPE_HANDLED;
	case SMOKER_STOP:
		bench_must(troupe_send_struct(self->arbiter, ARBITER_SMOKED, &self->smoked));
		troupe_exit(me, TROUPE_OK);
		return TROUPE_HANDLED;
	}
	return TROUPE_UNKNOWN;
}

static const troupe_behaviour smoking = {
	.name = "smoker", .receive = smoker_receive, .state_size = sizeof(struct smoker_state),
};

/* A smoker, and how often it was chosen. */
struct chair {
	smoker smoker;
	uint64_t chosen;
};

struct arbiter_state {
	bench_main main;
	uint64_t count;  /* of smokers */
	uint64_t rounds; /* left */
	struct chair *chairs;
	uint64_t answers, smoked;
	uint32_t random;
};

static troupe_verdict arbiter_init(troupe_actor *me)
{
	struct arbiter_state *self = me->state;

	self->chairs = bench_alloc(self->count, sizeof *self->chairs);
	for (uint64_t i = 0; i < self->count; i++)
		bench_must(troupe_spawn(me->system, &smoking,
		                        &(struct smoker_state){ .arbiter = { me->ref }, .smoked.number = i },
		                        &self->chairs[i].smoker.ref));
	return TROUPE_HANDLED;
}

static void next_round(struct arbiter_state *self)
{
	struct chair *chair = &self->chairs[bench_random(&self->random) % self->count];
	uint64_t sines = SMOKE_LEAST + bench_random(&self->random) % SMOKE_MORE;

	self->rounds--;
	chair->chosen++;
	bench_must(troupe_send(chair->smoker, SMOKER_SMOKE, .sines = sines));
}

static void stop_all(struct arbiter_state *self)
{
	for (uint64_t i = 0; i < self->count; i++)
		bench_must(troupe_send(self->chairs[i].smoker, SMOKER_STOP, 0));
}

static troupe_verdict arbiter_receive(troupe_actor *me, const troupe_message *m)
{
	struct arbiter_state *self = me->state;
	arbiter in = { .data = m->data };

	switch (m->kind) {
	case ARBITER_START:
	case ARBITER_TABLE_EMPTY:
		if (self->rounds > 0)
			next_round(self);
		else
			stop_all(self);
		return TROUPE_HANDLED;
	case ARBITER_SMOKED:
		if (in.ARBITER_SMOKED->count == self->chairs[in.ARBITER_SMOKED->number].chosen)
			self->smoked += in.ARBITER_SMOKED->count;
		if (++self->answers == self->count)
			bench_must(troupe_send(self->main, BENCH_DONE, .value = self->smoked));
		return TROUPE_HANDLED;
	}
	return TROUPE_UNKNOWN;
}

static void arbiter_terminate(troupe_actor *me, troupe_status why)
{
	struct arbiter_state *self = me->state;

	(void)why;
	free(self->chairs);
}

static const troupe_behaviour arbitrating = {
	.name = "arbiter", .init = arbiter_init, .receive = arbiter_receive, .terminate = arbiter_terminate,
	.state_size = sizeof(struct arbiter_state),
};

static void run(bench *b)
{
	arbiter only;

	bench_begin(b);
	troupe_must(troupe_spawn(b->system, &arbitrating,
	                         &(struct arbiter_state){ .main = b->main, .count = b->k, .rounds = b->n, .random = 1 },
	                         &only.ref));
	troupe_must(troupe_send(only, ARBITER_START, 0));
	bench_expect(b, 2 * b->n, bench_end(b, BENCH_DONE), b->n);
}

const bench_workload bench_cigsmok = {
	.name = "cigsmok",
	.what = "N rounds, in each one of K smokers gets what it lacks",
	.n = 1000, .k = 200, .k_min = 1,
	.run = run,
};
