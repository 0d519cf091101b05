/* SPDX-License-Identifier: MIT */
/* Filter bank: N values flow from a source through K stages, each adds one, to a sink that sums them. */
#include "bench.h"

enum { STAGE_VALUE = 1 };
typedef union stage { /* the sink speaks the same */
	troupe_ref ref;
	const void *data;
	const struct bench_value *STAGE_VALUE;
} stage;

struct stage_state {
	stage next;
};

static troupe_verdict stage_receive(troupe_actor *me, const troupe_message *m)
{
	struct stage_state *self = me->state;
	stage in = { .data = m->data };

	if (m->kind != STAGE_VALUE)
		return TROUPE_UNKNOWN;
	bench_must(troupe_send(self->next, STAGE_VALUE, .value = in.STAGE_VALUE->value + 1));
	return TROUPE_HANDLED;
}

static const troupe_behaviour staging = {
	.name = "stage", .receive = stage_receive, .state_size = sizeof(struct stage_state),
};

struct sink_state {
	bench_main main;
	uint64_t left;
	uint64_t sum;
};

static troupe_verdict sink_receive(troupe_actor *me, const troupe_message *m)
{
	struct sink_state *self = me->state;
	stage in = { .data = m->data };

	if (m->kind != STAGE_VALUE)
		return TROUPE_UNKNOWN;
	self->sum += in.STAGE_VALUE->value;
	if (--self->left == 0)
		bench_must(troupe_send(self->main, BENCH_DONE, .value = self->sum));
	return TROUPE_HANDLED;
}

static const troupe_behaviour sinking = {
	.name = "sink", .receive = sink_receive, .state_size = sizeof(struct sink_state),
};

enum { SOURCE_START = 1 };
typedef union source {
	troupe_ref ref;
	const troupe_nothing *SOURCE_START;
} source;

struct source_state {
	stage next;
	uint64_t n;
};

static troupe_verdict source_receive(troupe_actor *me, const troupe_message *m)
{
	struct source_state *self = me->state;

	if (m->kind != SOURCE_START)
		return TROUPE_UNKNOWN;
	for (uint64_t i = 0; i < self->n; i++)
		bench_must(troupe_send(self->next, STAGE_VALUE, .value = i));
	troupe_exit(me, TROUPE_OK);
	return TROUPE_HANDLED;
}

static const troupe_behaviour sourcing = {
	.name = "source", .receive = source_receive, .state_size = sizeof(struct source_state),
};

static void run(bench *b)
{
	stage next;
	source first;

	bench_begin(b);
	troupe_must(troupe_spawn(b->system, &sinking, &(struct sink_state){ .main = b->main, .left = b->n }, &next.ref));
	for (uint64_t i = 0; i < b->k; i++)
		troupe_must(troupe_spawn(b->system, &staging, &(struct stage_state){ .next = next }, &next.ref));
	troupe_must(troupe_spawn(b->system, &sourcing, &(struct source_state){ .next = next, .n = b->n }, &first.ref));
	troupe_must(troupe_send(first, SOURCE_START, 0));
	bench_expect(b, b->n * (b->k + 1), bench_end(b, BENCH_DONE), b->n * (b->n - 1) / 2 + b->n * b->k);
}

const bench_workload bench_filterbank = {
	.name = "filterbank",
	.what = "N values through a pipeline of K actors",
	.n = 1000000,
	.k = 8, .k_min = 1,
	.run = run,
};
