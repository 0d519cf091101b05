/* SPDX-License-Identifier: MIT */
/* Counting: a producer floods a counter, then asks what it has come to. The question carries the producer's reference, and
 * the answer is an ordinary message. */
#include "bench.h"

enum { PRODUCER_START = 1, PRODUCER_COUNT };
typedef union producer {
	troupe_ref ref;
	const void *data;
	const troupe_nothing *PRODUCER_START;
	const struct bench_value *PRODUCER_COUNT;
} producer;

enum { COUNTER_INCREMENT = 1, COUNTER_GET };
struct get {
	producer from;
};
typedef union counter {
	troupe_ref ref;
	const void *data;
	const troupe_nothing *COUNTER_INCREMENT;
	const struct get *COUNTER_GET;
} counter;

struct counter_state {
	uint64_t count;
};

static troupe_verdict counter_receive(troupe_actor *me, const troupe_message *m)
{
	struct counter_state *self = me->state;
	counter in = { .data = m->data };

	switch (m->kind) {
	case COUNTER_INCREMENT:
		self->count++;
		return TROUPE_HANDLED;
	case COUNTER_GET:
		bench_must(troupe_send(in.COUNTER_GET->from, PRODUCER_COUNT, .value = self->count));
		return TROUPE_HANDLED;
	}
	return TROUPE_UNKNOWN;
}

static const troupe_behaviour counting = {
	.name = "counter", .receive = counter_receive, .state_size = sizeof(struct counter_state),
};

struct producer_state {
	counter counter;
	bench_main main;
	uint64_t n;
};

static troupe_verdict producer_receive(troupe_actor *me, const troupe_message *m)
{
	struct producer_state *self = me->state;
	producer in = { .data = m->data };

	switch (m->kind) {
	case PRODUCER_START:
		for (uint64_t i = 0; i < self->n; i++)
			bench_must(troupe_send(self->counter, COUNTER_INCREMENT, 0));
		bench_must(troupe_send(self->counter, COUNTER_GET, .from = { me->ref }));
		return TROUPE_HANDLED;
	case PRODUCER_COUNT:
		bench_must(troupe_send(self->main, BENCH_DONE, .value = in.PRODUCER_COUNT->value));
		return TROUPE_HANDLED;
	}
	return TROUPE_UNKNOWN;
}

static const troupe_behaviour producing = {
	.name = "producer", .receive = producer_receive, .state_size = sizeof(struct producer_state),
};

static void run(bench *b)
{
	struct producer_state initial = { .n = b->n };
	producer source;

	bench_begin(b);
	initial.main = b->main;
	troupe_must(troupe_spawn(b->system, &counting, NULL, &initial.counter.ref));
	troupe_must(troupe_spawn(b->system, &producing, &initial, &source.ref));
	troupe_must(troupe_send(source, PRODUCER_START, 0));
	bench_expect(b, b->n + 2, bench_end(b, BENCH_DONE), b->n);
}

const bench_workload bench_counting = {
	.name = "counting",
	.alias = "count",
	.what = "one sender, N increments to one counter, then its value",
	.n = 5000000,
	.run = run,
};
