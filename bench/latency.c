/* SPDX-License-Identifier: MIT */
/* Latency: a client asks a server N questions, one after the other, while K pairs play ping-pong without end on the same
 * worker threads. How long did the answers take, and did every pair get its share? */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

/* ----------------------------------------------------------------------------------------- the pairs in the background -- */

enum { PLAYER_START = 1, PLAYER_BALL };
typedef union player {
	troupe_ref ref;
	const troupe_nothing *PLAYER_START;
	const troupe_nothing *PLAYER_BALL;
} player;

struct player_state {
	player other;
	uint64_t hits;
	uint64_t *report; /* NULL: the other one of the pair reports */
};

static atomic_bool game_over; /* ends the play: it would go on for ever */

static troupe_verdict player_receive(troupe_actor *me, const troupe_message *m);
static void player_terminate(troupe_actor *me, troupe_status why);

static const troupe_behaviour playing = {
	.name = "player", .receive = player_receive, .terminate = player_terminate, .state_size = sizeof(struct player_state),
};

static troupe_verdict player_receive(troupe_actor *me, const troupe_message *m)
{
	struct player_state *self = me->state;

	switch (m->kind) {
	case PLAYER_START:
		bench_must(troupe_spawn(me->system, &playing, &(struct player_state){ .other = { me->ref } }, &self->other.ref));
		bench_must(troupe_send(self->other, PLAYER_BALL, 0));
		return TROUPE_HANDLED;
	case PLAYER_BALL:
		if (atomic_load_explicit(&game_over, memory_order_relaxed))
			return TROUPE_HANDLED;
		self->hits++;
		bench_must(troupe_send(self->other, PLAYER_BALL, 0));
		return TROUPE_HANDLED;
	}
	return TROUPE_UNKNOWN;
}

static void player_terminate(troupe_actor *me, troupe_status why)
{
	struct player_state *self = me->state;

	(void)why;
	if (self->report)
		*self->report = self->hits;
}

/* ------------------------------------------------------------------------------------------------- server and client -- */

enum { SERVER_ASK = 1 };
enum { SERVER_ANSWER = 1 };
typedef union answer_reply {
	troupe_ref ref;
	const void *data;
	const struct bench_value *SERVER_ANSWER;
} answer_reply;
struct ask {
	answer_reply reply;
	uint64_t value;
};
typedef union server {
	troupe_ref ref;
	const void *data;
	const struct ask *SERVER_ASK;
} server;

static troupe_verdict server_receive(troupe_actor *me, const troupe_message *m)
{
	server in = { .data = m->data };

	(void)me;
	if (m->kind != SERVER_ASK)
		return TROUPE_UNKNOWN;
	bench_must(troupe_send(in.SERVER_ASK->reply, SERVER_ANSWER, .value = in.SERVER_ASK->value + 1));
	return TROUPE_HANDLED;
}

static const troupe_behaviour serving = { .name = "server", .receive = server_receive };

enum { CLIENT_START = 1 };
typedef union client {
	troupe_ref ref;
	const troupe_nothing *CLIENT_START;
} client;

struct client_state {
	bench_main main;
	server server;
	uint64_t questions, asked;
	int64_t asked_ns;
	int64_t *latencies;
	uint64_t pairs;
	uint64_t *hits; /* of each pair */
};

static troupe_verdict on_answer(troupe_actor *me, const troupe_message *m);

static void ask_next(troupe_actor *me)
{
	struct client_state *self = me->state;

	self->asked_ns = bench_now();
	bench_must(troupe_ask_then(me, self->server, SERVER_ASK, on_answer, 0, .value = self->asked++));
}

static troupe_verdict on_answer(troupe_actor *me, const troupe_message *m)
{
	struct client_state *self = me->state;
	answer_reply in = { .data = m->data };

	if (m->kind != SERVER_ANSWER)
		bench_must(m->why);
	if (in.SERVER_ANSWER->value != self->asked)
		bench_must(TROUPE_EANSWER);
	self->latencies[self->asked - 1] = bench_now() - self->asked_ns;
	if (self->asked < self->questions)
		ask_next(me);
	else
		bench_must(troupe_send(self->main, BENCH_DONE, .value = self->asked));
	return TROUPE_HANDLED;
}

static troupe_verdict client_receive(troupe_actor *me, const troupe_message *m)
{
	struct client_state *self = me->state;
	player one;

	if (m->kind != CLIENT_START)
		return TROUPE_UNKNOWN;
	for (uint64_t i = 0; i < self->pairs; i++) {
		bench_must(troupe_spawn(me->system, &playing, &(struct player_state){ .report = &self->hits[i] }, &one.ref));
		bench_must(troupe_send(one, PLAYER_START, 0));
	}
	bench_must(troupe_spawn(me->system, &serving, NULL, &self->server.ref));
	ask_next(me);
	return TROUPE_HANDLED;
}

static const troupe_behaviour asking = {
	.name = "client", .receive = client_receive, .state_size = sizeof(struct client_state),
};

/* --------------------------------------------------------------------------------------------------------- the result -- */

static uint64_t *pair_hits;

static int compare(const void *a, const void *b)
{
	uint64_t x, y; /* none is negative: latencies can be compared so too */

	memcpy(&x, a, sizeof x);
	memcpy(&y, b, sizeof y);
	return (x > y) - (x < y);
}

static double quantile_us(const int64_t *sorted, uint64_t count, double share)
{
	uint64_t i = (uint64_t)(share * (double)count);

	return (double)sorted[i < count ? i : count - 1] / 1e3;
}

static void run(bench *b)
{
	int64_t *latencies = bench_alloc(b->n, sizeof *latencies);
	struct client_state initial = { .questions = b->n, .latencies = latencies, .pairs = b->k };
	client only;

	pair_hits = initial.hits = bench_alloc(b->k, sizeof *pair_hits);
	memset(latencies, 0xff, b->n * sizeof *latencies); /* its pages are there now */
	bench_begin(b);
	initial.main = b->main;
	troupe_must(troupe_spawn(b->system, &asking, &initial, &only.ref));
	troupe_must(troupe_send(only, CLIENT_START, 0));
	bench_expect(b, 2 * b->n, bench_end(b, BENCH_DONE), b->n);
	atomic_store(&game_over, true);

	qsort(latencies, b->n, sizeof *latencies, compare);
	snprintf(b->check, sizeof b->check, "%.1f/%.1f/%.1f/%.1f", quantile_us(latencies, b->n, 0.5),
	         quantile_us(latencies, b->n, 0.99), quantile_us(latencies, b->n, 0.999), quantile_us(latencies, b->n, 1));
	free(latencies);
}

/* The players have reported when they ended. */
static void after(bench *b)
{
	uint64_t running = 0;

	qsort(pair_hits, b->k, sizeof *pair_hits, compare);
	for (uint64_t i = 0; i < b->k; i++)
		running += pair_hits[i] > 0;
	fprintf(stderr, "latency: %llu of %llu pairs made progress; round trips per pair: least %llu, median %llu, most %llu\n",
	        (unsigned long long)running, (unsigned long long)b->k, (unsigned long long)pair_hits[0],
	        (unsigned long long)pair_hits[b->k / 2], (unsigned long long)pair_hits[b->k - 1]);
	free(pair_hits);
}

const bench_workload bench_latency = {
	.name = "latency",
	.what = "N questions, one after the other, beside K busy pairs",
	.n = 200000,
	.k = 1000, .k_min = 1,
	.run = run,
	.after = after,
};
