/* SPDX-License-Identifier: MIT */
/* The same on one worker and on two: what the model of more workers (bench/model) is checked against. */
#include <stdatomic.h>

#include "micro.h"

/* ------------------------------------------------------------------------------------------------- pairs, and a ring -- */

/* Passes what it is given on to the next one, until it has seen `last`. A pair is a ring of two. */
struct member {
	struct micro_run *run;
	micro_actor next;
	atomic_uint_fast64_t *rings; /* that go round still */
};

static troupe_verdict pass_on(troupe_actor *me, const troupe_message *m)
{
	struct member *self = me->state;
	micro_actor in = { .data = m->data };

	switch (m->kind) {
	case MICRO_ASK: /* by the end of the ring to its beginning: whose reference it is */
		self->next.ref = in.MICRO_ASK->reply.ref;
		return TROUPE_HANDLED;
	case MICRO_VALUE:
		if (in.MICRO_VALUE->value > 0)
			micro_must(troupe_send(self->next, MICRO_VALUE, .value = in.MICRO_VALUE->value - 1));
		else if (atomic_fetch_sub_explicit(self->rings, 1, memory_order_relaxed) == 1) /* a count, nothing else */
			micro_done(self->run);
		return TROUPE_HANDLED;
	}
	return TROUPE_UNKNOWN;
}

static const troupe_behaviour member = { .name = "member", .receive = pass_on, .state_size = sizeof(struct member) };

/* Rings of so many, through each of which a token makes its share of n hops. */
static void run_rings(struct micro_run *run, uint64_t rings, uint64_t members)
{
	micro_actor *first = micro_alloc(rings * sizeof *first);
	atomic_uint_fast64_t *going = micro_alloc(sizeof *going);

	atomic_store(going, rings);
	for (uint64_t i = 0; i < rings; i++) {
		struct member initial = { .run = run, .rings = going };
		troupe_must(troupe_spawn(run->system, &member, &initial, &first[i].ref));
		initial.next = first[i];
		for (uint64_t j = 1; j < members; j++)
			troupe_must(troupe_spawn(run->system, &member, &initial, &initial.next.ref));
		troupe_must(troupe_send(first[i], MICRO_ASK, .reply = { initial.next.ref }));
	}
	micro_begin(run);
	for (uint64_t i = 0; i < rings; i++)
		troupe_must(troupe_send(first[i], MICRO_VALUE, .value = run->n / rings));
	micro_end(run);
}

void micro_pairs(struct micro_run *run)
{
	run_rings(run, run->k, 2);
}

void micro_ring(struct micro_run *run)
{
	run_rings(run, 1, run->k);
}

/* ------------------------------------------------------------------------------------------------------------- a tree -- */

enum { CHILDREN = 10 };

struct node {
	struct micro_run *run;
	micro_actor parent; /* null: it is the root */
	uint64_t leaves;    /* below it */
	uint64_t found;
};

static troupe_verdict grow(troupe_actor *me, const troupe_message *m);

static const troupe_behaviour node = { .name = "node", .receive = grow, .state_size = sizeof(struct node) };

static void finish(troupe_actor *me, const struct node *self)
{
	if (troupe_ref_is_null(self->parent.ref))
		micro_done(self->run);
	else
		micro_must(troupe_send(self->parent, MICRO_VALUE, .value = self->leaves));
	troupe_exit(me, TROUPE_OK);
}

static void branch(troupe_actor *me, const struct node *self)
{
	for (uint64_t i = 0; i < CHILDREN; i++) {
		uint64_t share = self->leaves * (i + 1) / CHILDREN - self->leaves * i / CHILDREN;
		struct node initial = { .run = self->run, .parent = { me->ref }, .leaves = share };
		micro_actor child;

		if (share == 0)
			continue;
		micro_must(troupe_spawn(me->system, &node, &initial, &child.ref));
		micro_must(troupe_send(child, MICRO_GO, 0));
	}
}

static troupe_verdict grow(troupe_actor *me, const troupe_message *m)
{
	struct node *self = me->state;
	micro_actor in = { .data = m->data };

	switch (m->kind) {
	case MICRO_GO:
		if (self->leaves > 1)
			branch(me, self);
		else
			finish(me, self);
		return TROUPE_HANDLED;
	case MICRO_VALUE:
		self->found += in.MICRO_VALUE->value;
		if (self->found == self->leaves)
			finish(me, self);
		return TROUPE_HANDLED;
	}
	return TROUPE_UNKNOWN;
}

void micro_fork(struct micro_run *run)
{
	micro_begin(run);
	micro_drive(run, &node, &(struct node){ .run = run, .leaves = run->n });
	micro_end(run);
}
