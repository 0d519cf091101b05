/* SPDX-License-Identifier: MIT */
/* Radix sort: N values flow through a pipeline of K actors, one for each bit. An actor passes on at once what has its bit
 * clear, and afterwards, in order, what has it set. */
#include <stdlib.h>

#include "bench.h"

enum { BITS_MAX = 64 };

enum { SORTER_VALUE = 1 };
typedef union sorter { /* a stage and the end of the pipeline speak the same */
	troupe_ref ref;
	const void *data;
	const struct bench_value *SORTER_VALUE;
} sorter;

struct stage_state {
	sorter next;
	uint64_t mask;
	uint64_t n, received;
	uint64_t *kept;
	uint64_t kept_count, kept_max;
};

static troupe_verdict stage_init(troupe_actor *me)
{
	struct stage_state *self = me->state;

	self->kept_max = self->n / 2 + self->n / 16 + 1;
	self->kept = malloc(self->kept_max * sizeof *self->kept);
	return self->kept ? TROUPE_HANDLED : troupe_fail(me, TROUPE_ENOMEM);
}

static void keep(struct stage_state *self, uint64_t value)
{
	if (self->kept_count == self->kept_max) {
		self->kept_max *= 2;
		self->kept = realloc(self->kept, self->kept_max * sizeof *self->kept);
		if (!self->kept)
			bench_must(TROUPE_ENOMEM);
	}
	self->kept[self->kept_count++] = value;
}

static troupe_verdict stage_receive(troupe_actor *me, const troupe_message *m)
{
	struct stage_state *self = me->state;
	sorter in = { .data = m->data };

	if (m->kind != SORTER_VALUE)
		return TROUPE_UNKNOWN;
	if (in.SORTER_VALUE->value & self->mask)
		keep(self, in.SORTER_VALUE->value);
	else
		bench_must(troupe_send(self->next, SORTER_VALUE, .value = in.SORTER_VALUE->value));
	if (++self->received == self->n) {
		for (uint64_t i = 0; i < self->kept_count; i++)
			bench_must(troupe_send(self->next, SORTER_VALUE, .value = self->kept[i]));
		troupe_exit(me, TROUPE_OK);
	}
	return TROUPE_HANDLED;
}

static void stage_terminate(troupe_actor *me, troupe_status why)
{
	struct stage_state *self = me->state;

	(void)why;
	free(self->kept);
}

static const troupe_behaviour sorting = {
	.name = "stage", .init = stage_init, .receive = stage_receive, .terminate = stage_terminate,
	.state_size = sizeof(struct stage_state),
};

/* The end of the pipeline checks the order. */
struct end_state {
	bench_main main;
	uint64_t left;
	uint64_t previous;
	bool unsorted;
};

static troupe_verdict end_receive(troupe_actor *me, const troupe_message *m)
{
	struct end_state *self = me->state;
	sorter in = { .data = m->data };

	if (m->kind != SORTER_VALUE)
		return TROUPE_UNKNOWN;
	if (in.SORTER_VALUE->value < self->previous)
		self->unsorted = true;
	self->previous = in.SORTER_VALUE->value;
	if (--self->left == 0)
		bench_must(troupe_send(self->main, BENCH_DONE, .value = !self->unsorted));
	return TROUPE_HANDLED;
}

static const troupe_behaviour ending = {
	.name = "end", .receive = end_receive, .state_size = sizeof(struct end_state),
};

enum { SOURCE_START = 1 };
typedef union source {
	troupe_ref ref;
	const troupe_nothing *SOURCE_START;
} source;

struct source_state {
	sorter next;
	uint64_t n;
	uint64_t bits;
};

static troupe_verdict source_receive(troupe_actor *me, const troupe_message *m)
{
	struct source_state *self = me->state;
	uint64_t x = 42;

	if (m->kind != SOURCE_START)
		return TROUPE_UNKNOWN;
	for (uint64_t i = 0; i < self->n; i++) {
		x = x * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		bench_must(troupe_send(self->next, SORTER_VALUE, .value = x >> (BITS_MAX - self->bits)));
	}
	troupe_exit(me, TROUPE_OK);
	return TROUPE_HANDLED;
}

static const troupe_behaviour sourcing = {
	.name = "source", .receive = source_receive, .state_size = sizeof(struct source_state),
};

static void run(bench *b)
{
	sorter next;
	source first;

	bench_begin(b);
	troupe_must(troupe_spawn(b->system, &ending, &(struct end_state){ .main = b->main, .left = b->n }, &next.ref));
	for (uint64_t bit = b->k; bit-- > 0;)
		troupe_must(troupe_spawn(b->system, &sorting,
		                         &(struct stage_state){ .next = next, .mask = UINT64_C(1) << bit, .n = b->n },
		                         &next.ref));
	troupe_must(troupe_spawn(b->system, &sourcing, &(struct source_state){ .next = next, .n = b->n, .bits = b->k },
	                         &first.ref));
	troupe_must(troupe_send(first, SOURCE_START, 0));
	bench_expect(b, b->n * (b->k + 1), bench_end(b, BENCH_DONE), 1);
}

const bench_workload bench_radixsort = {
	.name = "radixsort",
	.what = "N values sorted by a pipeline, one actor a bit",
	.n = 100000,
	.k = 60, .k_min = 1, .k_max = BITS_MAX,
	.run = run,
};
