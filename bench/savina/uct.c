/* SPDX-License-Identifier: MIT */
/* Unbalanced cobwebbed tree: a tree of actors that grows up to N nodes. A node asks the root whether it may have K children;
 * the root says so to every second one, at random, in the order in which they ask. When it is complete, it is traversed from the
 * root down, each node at some cost, and half of the families have one child that is told first.
 *
 * What it shows: work whose shape nobody knows beforehand. It spreads by itself over the workers: each node that is made is
 * work that an idle one may steal. What the root alone decides needs no lock; what the tree has found comes up again by
 * answers, each node adding what its children say.
 *
 * What is checked: the traversal has met each node once, and each urgent one. Which nodes have children depends on who asks
 * first; how many nodes and urgent ones there are does not. */
#include <stdlib.h>

#include "bench.h"

enum { COST_MEAN = 500, COST_SPREAD = 100, ASKING_COST = 100, URGENT_PERCENT = 50 };

struct ask;
struct grow;
struct visited {
	uint64_t nodes, urgent;
};
enum { NODE_TRY = 1, NODE_MAY_I, NODE_GROW, NODE_VISIT, NODE_VISITED };
typedef union node {
	troupe_ref ref;
	const void *data;
	const troupe_nothing *NODE_TRY;
	const struct ask *NODE_MAY_I; /* to the root */
	const struct grow *NODE_GROW;
	const troupe_nothing *NODE_VISIT;
	const struct visited *NODE_VISITED;
} node;
struct ask {
	node from;
};
struct grow {
	int32_t urgent; /* the number of the child that is; -1: none */
	uint32_t cost;  /* of a visit to a child */
};

/* What a node and the root have. */
struct family {
	node *children; /* NULL: none */
	int32_t urgent;
	uint32_t count, answers;
	struct visited below;
};
struct node_state {
	node parent, root;
	struct family family;
	uint32_t cost;
	bool urgent;
};

static const troupe_behaviour growing;

static void spend(uint32_t units)
{
	volatile uint32_t result;
	uint32_t x = units;

	while (units-- > 0)
		bench_random(&x);
	result = x;
	(void)result;
}

static void have_children(troupe_actor *me, struct family *family, node root, uint32_t count, const struct grow *grow)
{
	struct node_state child = { .parent = { me->ref }, .root = root, .cost = grow->cost, .family.count = count };

	family->children = bench_alloc(count, sizeof *family->children);
	family->urgent = grow->urgent;
	for (uint32_t i = 0; i < count; i++) {
		child.urgent = (int32_t)i == grow->urgent;
		bench_must(troupe_spawn(me->system, &growing, &child, &family->children[i].ref));
		bench_must(troupe_send(family->children[i], NODE_TRY, 0));
	}
}

static void visit_children(const struct family *family)
{
	if (family->urgent >= 0)
		bench_must(troupe_send(family->children[family->urgent], NODE_VISIT, 0));
	for (uint32_t i = 0; i < family->count; i++)
		if ((int32_t)i != family->urgent)
			bench_must(troupe_send(family->children[i], NODE_VISIT, 0));
}

/* Have all children answered? */
static bool answered(struct family *family, const struct visited *answer)
{
	family->below.nodes += answer->nodes;
	family->below.urgent += answer->urgent;
	return ++family->answers == family->count;
}

static void answer(troupe_actor *me)
{
	struct node_state *self = me->state;

	bench_must(troupe_send(self->parent, NODE_VISITED, .nodes = self->family.below.nodes + 1,
	                       .urgent = self->family.below.urgent + self->urgent));
	troupe_exit(me, TROUPE_OK);
}

static troupe_verdict node_receive(troupe_actor *me, const troupe_message *m)
{
	struct node_state *self = me->state;
	node in = { .data = m->data };

	switch (m->kind) {
	case NODE_TRY:
		spend(ASKING_COST);
		bench_must(troupe_send(self->root, NODE_MAY_I, .from = { me->ref }));
		return TROUPE_HANDLED;
	case NODE_GROW:
		have_children(me, &self->family, self->root, self->family.count, in.NODE_GROW);
		return TROUPE_HANDLED;
	case NODE_VISIT:
		spend(self->cost);
		if (self->family.children)
			visit_children(&self->family);
		else
			answer(me);
		return TROUPE_HANDLED;
	case NODE_VISITED:
		if (answered(&self->family, in.NODE_VISITED))
			answer(me);
		return TROUPE_HANDLED;
	}
	return TROUPE_UNKNOWN;
}

static void node_terminate(troupe_actor *me, troupe_status why)
{
	struct node_state *self = me->state;

	(void)why;
	free(self->family.children);
}

static const troupe_behaviour growing = {
	.name = "node", .receive = node_receive, .terminate = node_terminate, .state_size = sizeof(struct node_state),
};

/* Who decides: nothing here depends on who asks. */
struct gardener {
	uint64_t nodes, nodes_max, urgent, pending; /* pending: nodes that have not been decided upon */
	uint32_t children, random;
};

static struct grow draw(struct gardener *g)
{
	/* The sum of two evenly spread numbers is near enough to a normal one. */
	uint32_t spread = bench_random(&g->random) % (2 * COST_SPREAD) + bench_random(&g->random) % (2 * COST_SPREAD);
	bool urgent = bench_random(&g->random) % 100 < URGENT_PERCENT;

	g->nodes += g->children;
	g->pending += g->children;
	g->urgent += urgent;
	return (struct grow){ .urgent = urgent ? (int32_t)(bench_random(&g->random) % g->children) : -1,
	                      .cost = COST_MEAN - 2 * COST_SPREAD + spread };
}

/* May the next that asks have children? */
static bool decide(struct gardener *g, struct grow *grow)
{
	bool may = g->nodes + g->children <= g->nodes_max && bench_random(&g->random) % 2 == 0;

	g->pending--;
	if (may)
		*grow = draw(g);
	return may;
}

struct root_state {
	bench_main main;
	struct gardener gardener;
	struct family family;
};

static troupe_verdict root_init(troupe_actor *me)
{
	struct root_state *self = me->state;
	struct grow grow = draw(&self->gardener);

	self->family.count = self->gardener.children;
	have_children(me, &self->family, (node){ me->ref }, self->family.count, &grow);
	return TROUPE_HANDLED;
}

static troupe_verdict root_receive(troupe_actor *me, const troupe_message *m)
{
	struct root_state *self = me->state;
	node in = { .data = m->data };
	struct grow grow;

	switch (m->kind) {
	case NODE_MAY_I:
		if (decide(&self->gardener, &grow))
			bench_must(troupe_send_struct(in.NODE_MAY_I->from, NODE_GROW, &grow));
		if (self->gardener.pending == 0)
			visit_children(&self->family);
		return TROUPE_HANDLED;
	case NODE_VISITED:
		if (answered(&self->family, in.NODE_VISITED))
			bench_must(troupe_send(self->main, BENCH_DONE,
			                       .value = self->family.below.urgent == self->gardener.urgent ?
			                                self->family.below.nodes + 1 : 0));
		return TROUPE_HANDLED;
	}
	return TROUPE_UNKNOWN;
}

static void root_terminate(troupe_actor *me, troupe_status why)
{
	struct root_state *self = me->state;

	(void)why;
	free(self->family.children);
}

static const troupe_behaviour rooting = {
	.name = "root", .init = root_init, .receive = root_receive, .terminate = root_terminate,
	.state_size = sizeof(struct root_state),
};

static void run(bench *b)
{
	struct gardener gardener = { .nodes = 1, .nodes_max = b->n, .children = (uint32_t)b->k, .random = 2 }, g = gardener;
	struct root_state initial = { .gardener = gardener };
	struct grow grow = draw(&g);
	uint64_t grown = 0;

	while (g.pending > 0)
		grown += decide(&g, &grow);
	bench_begin(b);
	initial.main = b->main;
	troupe_must(troupe_spawn(b->system, &rooting, &initial, NULL));
	bench_expect(b, 4 * (g.nodes - 1) + grown, bench_end(b, BENCH_DONE), g.nodes);
}

const bench_workload bench_uct = {
	.name = "uct",
	.what = "a tree of up to N actors, none or K children each, grown at random, then visited",
	.n = 200000, .n_min = 2, .n_max = 100000000,
	.k = 10, .k_min = 1, .k_max = 10000,
	.run = run,
};
