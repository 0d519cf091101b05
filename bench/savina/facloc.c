/* SPDX-License-Identifier: MIT */
/* Facility location: N customers come one after the other, and it is decided at once where facilities are opened. A quadrant of
 * the map is an actor. It keeps its customers and how far each has to go; when that gets too much in all it opens a facility in
 * its middle, tells the quadrants around, and divides itself into four, which take over its customers.
 *
 * Three patterns. A tree that grows where there is work: an actor that has too much to do becomes the parent of four. What an
 * actor starts with lies in its initial state, lists and all: they are its own from then on, and no message is needed. And
 * demand, from end to end: the producer sends K customers, and then one for each that has found his quadrant. So at most K are
 * under way, wherever the work is. (In the suite the root asks for the next at once, and they pile up further down.) */
#include "bench.h"
#include "points.h"

#define COST_MAX (2.0 * 707.1067811865476) /* twice what a facility costs, which is the diagonal of the map */

struct facility {
	struct point at;
	uint32_t position;   /* of the child that tells us */
	uint32_t from_child; /* 0: our parent does */
};
enum { QUADRANT_CUSTOMER = 1, QUADRANT_FACILITY, QUADRANT_FINISH, QUADRANT_FINISHED, QUADRANT_NEXT };
typedef union quadrant { /* the producer speaks the same: it is the parent of the root */
	troupe_ref ref;
	const void *data;
	const struct point *QUADRANT_CUSTOMER;
	const struct facility *QUADRANT_FACILITY;
	const troupe_nothing *QUADRANT_FINISH;
	const struct bench_value *QUADRANT_FINISHED; /* the hash of its customers */
	const troupe_nothing *QUADRANT_NEXT;
} quadrant;

struct quadrant_state {
	quadrant producer, parent;
	struct point middle;
	double half;       /* of its side */
	uint32_t depth;
	uint32_t position; /* among the four: 1 for the right, 2 for the upper ones */
	struct points facilities, customers;
	double cost;
	quadrant children[4];
	bool divided, finishing;
	uint32_t children_finished;
	uint64_t hash; /* of their customers, and of ours */
};

static troupe_verdict quadrant_init(troupe_actor *me);
static troupe_verdict quadrant_receive(troupe_actor *me, const troupe_message *m);
static void quadrant_terminate(troupe_actor *me, troupe_status why);

static const troupe_behaviour quadrant_behaving = {
	.name = "quadrant", .init = quadrant_init, .receive = quadrant_receive, .terminate = quadrant_terminate,
	.state_size = sizeof(struct quadrant_state),
};

static uint32_t quarter_of(const struct quadrant_state *self, struct point p)
{
	return (p.x >= self->middle.x ? 1 : 0) + (p.y >= self->middle.y ? 2 : 0);
}

static void spawn_child(troupe_actor *me, uint32_t position)
{
	struct quadrant_state *self = me->state;
	struct quadrant_state initial = { .producer = self->producer, .parent = { me->ref }, .half = self->half / 2,
	                                  .depth = self->depth + 1, .position = position };

	initial.middle.x = self->middle.x + (position & 1 ? initial.half : -initial.half);
	initial.middle.y = self->middle.y + (position & 2 ? initial.half : -initial.half);
	for (uint32_t i = 0; i < self->facilities.count; i++)
		points_put(&initial.facilities, self->facilities.points[i]);
	for (uint32_t i = 0; i < self->customers.count; i++)
		if (quarter_of(self, self->customers.points[i]) == position)
			points_put(&initial.customers, self->customers.points[i]);
	bench_must(troupe_spawn(me->system, &quadrant_behaving, &initial, &self->children[position].ref));
}

/* Open a facility in our middle. */
static void divide(troupe_actor *me)
{
	struct quadrant_state *self = me->state;

	for (uint32_t i = 0; i < 4; i++)
		spawn_child(me, i);
	self->divided = true;
	self->customers.count = 0;
	if (self->depth > 0)
		bench_must(troupe_send(self->parent, QUADRANT_FACILITY, .at = self->middle, .position = self->position,
		                       .from_child = 1));
}

static troupe_verdict quadrant_init(troupe_actor *me)
{
	struct quadrant_state *self = me->state;

	points_put(&self->facilities, self->middle);
	for (uint32_t i = 0; i < self->customers.count; i++)
		self->cost += points_nearest(&self->facilities, self->customers.points[i]);
	return TROUPE_HANDLED;
}

static void serve(troupe_actor *me, struct point customer)
{
	struct quadrant_state *self = me->state;

	if (self->divided) {
		bench_must(troupe_send_struct(self->children[quarter_of(self, customer)], QUADRANT_CUSTOMER, &customer));
		return;
	}
	points_put(&self->customers, customer);
	self->cost += points_nearest(&self->facilities, customer);
	bench_must(troupe_send(self->producer, QUADRANT_NEXT, 0));
	if (self->cost > COST_MAX)
		divide(me);
}

/* From a child: on to the parent, and to the child in the opposite corner. From the parent: on to all children. */
static void hear_of(struct quadrant_state *self, const struct facility *facility)
{
	points_put(&self->facilities, facility->at);
	if (facility->from_child && self->depth > 0)
		bench_must(troupe_send(self->parent, QUADRANT_FACILITY, .at = facility->at, .position = self->position,
		                       .from_child = 1));
	for (uint32_t i = 0; i < 4 && self->divided && !self->finishing; i++)
		if (!facility->from_child || i == 3 - facility->position)
			bench_must(troupe_send(self->children[i], QUADRANT_FACILITY, .at = facility->at));
}

static void finish(troupe_actor *me)
{
	struct quadrant_state *self = me->state;

	for (uint32_t i = 0; i < self->customers.count; i++)
		self->hash += points_hash(self->customers.points[i]);
	bench_must(troupe_send(self->parent, QUADRANT_FINISHED, .value = self->hash));
	troupe_exit(me, TROUPE_OK);
}

/* From here on the children are sent nothing: they end when they have told us of their customers. */
static void begin_to_finish(troupe_actor *me)
{
	struct quadrant_state *self = me->state;

	self->finishing = true;
	for (uint32_t i = 0; i < 4 && self->divided; i++)
		bench_must(troupe_send(self->children[i], QUADRANT_FINISH, 0));
	if (!self->divided)
		finish(me);
}

static troupe_verdict quadrant_receive(troupe_actor *me, const troupe_message *m)
{
	struct quadrant_state *self = me->state;
	quadrant in = { .data = m->data };

	switch (m->kind) {
	case QUADRANT_CUSTOMER:
		serve(me, *in.QUADRANT_CUSTOMER);
		return TROUPE_HANDLED;
	case QUADRANT_FACILITY:
		hear_of(self, in.QUADRANT_FACILITY);
		return TROUPE_HANDLED;
	case QUADRANT_FINISH:
		begin_to_finish(me);
		return TROUPE_HANDLED;
	case QUADRANT_FINISHED:
		self->hash += in.QUADRANT_FINISHED->value;
		if (++self->children_finished == 4)
			finish(me);
		return TROUPE_HANDLED;
	}
	return TROUPE_UNKNOWN;
}

static void quadrant_terminate(troupe_actor *me, troupe_status why)
{
	struct quadrant_state *self = me->state;

	(void)why;
	free(self->facilities.points);
	free(self->customers.points);
}

struct producer_state {
	bench_main main;
	quadrant root;
	uint64_t made, wanted, ahead;
	uint64_t hash; /* of the customers made */
};

static void produce(struct producer_state *self)
{
	struct point p = points_random(self->made);

	if (self->made == self->wanted)
		return;
	self->made++;
	self->hash += points_hash(p);
	bench_must(troupe_send_struct(self->root, QUADRANT_CUSTOMER, &p));
	if (self->made == self->wanted)
		bench_must(troupe_send(self->root, QUADRANT_FINISH, 0));
}

static troupe_verdict producer_init(troupe_actor *me)
{
	struct producer_state *self = me->state;
	struct quadrant_state initial = { .producer = { me->ref }, .parent = { me->ref }, .half = SIDE / 2 };

	initial.middle = (struct point){ SIDE / 2, SIDE / 2 };
	bench_must(troupe_spawn(me->system, &quadrant_behaving, &initial, &self->root.ref));
	for (uint64_t i = 0; i < self->ahead; i++)
		produce(self);
	return TROUPE_HANDLED;
}

static troupe_verdict producer_receive(troupe_actor *me, const troupe_message *m)
{
	struct producer_state *self = me->state;
	quadrant in = { .data = m->data };

	if (m->kind == QUADRANT_NEXT) {
		produce(self);
	} else if (m->kind == QUADRANT_FINISHED) {
		bool same = self->hash == in.QUADRANT_FINISHED->value;
		bench_must(troupe_send(self->main, BENCH_DONE, .value = same ? self->made : 0));
	} else {
		return TROUPE_UNKNOWN;
	}
	return TROUPE_HANDLED;
}

static const troupe_behaviour producing = {
	.name = "producer", .init = producer_init, .receive = producer_receive, .state_size = sizeof(struct producer_state),
};

static void run(bench *b)
{
	bench_begin(b);
	struct producer_state initial = { .main = b->main, .wanted = b->n, .ahead = b->k };
	troupe_must(troupe_spawn(b->system, &producing, &initial, NULL));
	bench_expect(b, 2 * b->n, bench_end(b, BENCH_DONE), b->n);
}

const bench_workload bench_facloc = {
	.name = "facloc",
	.what = "N customers, quadrants of a map that divide, K customers under way",
	.n = 100000,
	.k = 100, .k_max = 1000000,
	.run = run,
};
