/* SPDX-License-Identifier: MIT */
/* Dining philosophers: K of them, one arbitrator who has the forks. A hungry one that is denied asks again at once. */
#include <stdlib.h>

#include "bench.h"

enum { PHILOSOPHER_EAT = 1, PHILOSOPHER_DENIED };
typedef union philosopher {
	troupe_ref ref;
	const troupe_nothing *PHILOSOPHER_EAT;
	const troupe_nothing *PHILOSOPHER_DENIED;
} philosopher;

enum { ARBITRATOR_START = 1, ARBITRATOR_HUNGRY, ARBITRATOR_EATEN, ARBITRATOR_LEAVE };
struct seat {
	uint64_t number;
};
typedef union arbitrator {
	troupe_ref ref;
	const void *data;
	const troupe_nothing *ARBITRATOR_START;
	const struct seat *ARBITRATOR_HUNGRY;
	const struct seat *ARBITRATOR_EATEN;
	const struct bench_value *ARBITRATOR_LEAVE; /* how often it ate */
} arbitrator;

struct philosopher_state {
	arbitrator arbitrator;
	uint64_t seat;
	uint64_t rounds, eaten;
};

static troupe_verdict philosopher_init(troupe_actor *me)
{
	struct philosopher_state *self = me->state;

	bench_must(troupe_send(self->arbitrator, ARBITRATOR_HUNGRY, .number = self->seat));
	return TROUPE_HANDLED;
}

static troupe_verdict philosopher_receive(troupe_actor *me, const troupe_message *m)
{
	struct philosopher_state *self = me->state;

	switch (m->kind) {
	case PHILOSOPHER_EAT:
		bench_must(troupe_send(self->arbitrator, ARBITRATOR_EATEN, .number = self->seat));
		if (++self->eaten == self->rounds) {
			bench_must(troupe_send(self->arbitrator, ARBITRATOR_LEAVE, .value = self->eaten));
			troupe_exit(me, TROUPE_OK);
			return TROUPE_HANDLED;
		}
		break;
	case PHILOSOPHER_DENIED:
		break;
	default:
		return TROUPE_UNKNOWN;
	}
	bench_must(troupe_send(self->arbitrator, ARBITRATOR_HUNGRY, .number = self->seat));
	return TROUPE_HANDLED;
}

static const troupe_behaviour philosophising = {
	.name = "philosopher", .init = philosopher_init, .receive = philosopher_receive,
	.state_size = sizeof(struct philosopher_state),
};

/* A place at the table: who sits there, and the fork to the left. */
struct place {
	philosopher philosopher;
	bool fork_taken;
};

struct arbitrator_state {
	bench_main main;
	struct place *places;
	uint64_t count, rounds;
	uint64_t left, eaten;
};

static void seat_all(troupe_actor *me)
{
	struct arbitrator_state *self = me->state;

	self->places = bench_alloc(self->count, sizeof *self->places);
	for (uint64_t i = 0; i < self->count; i++)
		bench_must(troupe_spawn(me->system, &philosophising,
		                        &(struct philosopher_state){ .arbitrator = { me->ref }, .seat = i,
		                                                     .rounds = self->rounds },
		                        &self->places[i].philosopher.ref));
}

static struct place *right_of(struct arbitrator_state *self, uint64_t seat)
{
	return &self->places[seat + 1 == self->count ? 0 : seat + 1];
}

static void give_forks(struct arbitrator_state *self, uint64_t seat)
{
	struct place *place = &self->places[seat], *right = right_of(self, seat);

	if (place->fork_taken || right->fork_taken) {
		bench_must(troupe_send(place->philosopher, PHILOSOPHER_DENIED, 0));
	} else {
		place->fork_taken = right->fork_taken = true;
		bench_must(troupe_send(place->philosopher, PHILOSOPHER_EAT, 0));
	}
}

static troupe_verdict arbitrator_receive(troupe_actor *me, const troupe_message *m)
{
	struct arbitrator_state *self = me->state;
	arbitrator in = { .data = m->data };

	switch (m->kind) {
	case ARBITRATOR_START:
		seat_all(me);
		return TROUPE_HANDLED;
	case ARBITRATOR_HUNGRY:
		give_forks(self, in.ARBITRATOR_HUNGRY->number);
		return TROUPE_HANDLED;
	case ARBITRATOR_EATEN:
		self->places[in.ARBITRATOR_EATEN->number].fork_taken = false;
		right_of(self, in.ARBITRATOR_EATEN->number)->fork_taken = false;
		return TROUPE_HANDLED;
	case ARBITRATOR_LEAVE:
		self->eaten += in.ARBITRATOR_LEAVE->value;
		if (++self->left == self->count)
			bench_must(troupe_send(self->main, BENCH_DONE, .value = self->eaten));
		return TROUPE_HANDLED;
	}
	return TROUPE_UNKNOWN;
}

static void arbitrator_terminate(troupe_actor *me, troupe_status why)
{
	struct arbitrator_state *self = me->state;

	(void)why;
	free(self->places);
}

static const troupe_behaviour arbitrating = {
	.name = "arbitrator", .receive = arbitrator_receive, .terminate = arbitrator_terminate,
	.state_size = sizeof(struct arbitrator_state),
};

static void run(bench *b)
{
	arbitrator only;

	bench_begin(b);
	troupe_must(troupe_spawn(b->system, &arbitrating,
	                         &(struct arbitrator_state){ .main = b->main, .count = b->k, .rounds = b->n }, &only.ref));
	troupe_must(troupe_send(only, ARBITRATOR_START, 0));
	bench_expect(b, 3 * b->k * b->n, bench_end(b, BENCH_DONE), b->k * b->n);
}

const bench_workload bench_philosopher = {
	.name = "philosopher",
	.what = "K philosophers eat N times each, one arbitrator",
	.n = 20000,
	.k = 20, .k_min = 1,
	.run = run,
};
