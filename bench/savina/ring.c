/* SPDX-License-Identifier: MIT */
/* Ring: K actors, each knows the next one; one token goes round, and counts its hops. */
#include "bench.h"

enum { NODE_START = 1, NODE_TOKEN };
struct node_start {
	uint64_t nodes;
};
struct token {
	uint64_t hops;
};
typedef union node {
	troupe_ref ref;
	const void *data;
	const struct node_start *NODE_START;
	const struct token *NODE_TOKEN;
} node;

struct node_state {
	node next;
	bench_main main;
	uint64_t hops_max;
};

static troupe_verdict node_receive(troupe_actor *me, const troupe_message *m);

static const troupe_behaviour ringing = {
	.name = "node", .receive = node_receive, .state_size = sizeof(struct node_state),
};

/* The first node makes the others, from the last to the second: each is made when the one behind it is there. */
static void make_ring(troupe_actor *me, uint64_t nodes)
{
	struct node_state *self = me->state;

	self->next.ref = me->ref;
	for (uint64_t i = 1; i < nodes; i++)
		bench_must(troupe_spawn(me->system, &ringing, self, &self->next.ref));
}

static troupe_verdict node_receive(troupe_actor *me, const troupe_message *m)
{
	struct node_state *self = me->state;
	node in = { .data = m->data };

	switch (m->kind) {
	case NODE_START:
		make_ring(me, in.NODE_START->nodes);
		bench_must(troupe_send(self->next, NODE_TOKEN, .hops = 1));
		return TROUPE_HANDLED;
	case NODE_TOKEN:
		if (in.NODE_TOKEN->hops < self->hops_max)
			bench_must(troupe_send(self->next, NODE_TOKEN, .hops = in.NODE_TOKEN->hops + 1));
		else
			bench_must(troupe_send(self->main, BENCH_DONE, .value = in.NODE_TOKEN->hops));
		return TROUPE_HANDLED;
	}
	return TROUPE_UNKNOWN;
}

static void run(bench *b)
{
	node first;

	bench_begin(b);
	troupe_must(troupe_spawn(b->system, &ringing, &(struct node_state){ .main = b->main, .hops_max = b->n }, &first.ref));
	troupe_must(troupe_send(first, NODE_START, .nodes = b->k));
	bench_expect(b, b->n, bench_end(b, BENCH_DONE), b->n);
}

const bench_workload bench_ring = {
	.name = "ring",
	.alias = "threadring",
	.what = "K actors in a ring, one token, N hops",
	.n = 5000000,
	.k = 100, .k_min = 1,
	.run = run,
};
