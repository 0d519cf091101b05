/* SPDX-License-Identifier: MIT */
/* Sleeping barber: N customers come from the street, a waiting room has K chairs, one barber cuts hair. Who finds the room full
 * goes back to the street and comes again.
 *
 * What it shows: actors that know little of each other. The room alone knows whether the barber sleeps, the barber alone when he
 * is done; each customer is an actor that ends when its hair is cut. And long work is cut into pieces: the street makes one
 * customer per message and then tells itself to go on, so that those who come back are heard in between.
 *
 * What is checked: N customers say that they were served. One that is served out of order, or twice, makes a dead letter, and
 * that fails the run. */
#include <stdlib.h>

#include "bench.h"

enum { WORK_LEAST = 10, WORK_MORE = 1000 }; /* sines between two customers, and for each haircut */

enum { CUSTOMER_FULL = 1, CUSTOMER_WAIT, CUSTOMER_BEGIN, CUSTOMER_DONE };
typedef union customer {
	troupe_ref ref;
	const troupe_nothing *CUSTOMER_FULL;
	const troupe_nothing *CUSTOMER_WAIT;
	const troupe_nothing *CUSTOMER_BEGIN;
	const troupe_nothing *CUSTOMER_DONE;
} customer;
struct visit {
	customer customer;
};

enum { ROOM_ENTER = 1, ROOM_NEXT };
typedef union room {
	troupe_ref ref;
	const void *data;
	const struct visit *ROOM_ENTER;
	const troupe_nothing *ROOM_NEXT;
} room;

struct haircut {
	customer customer;
	room room;
};
enum { BARBER_CUT = 1 };
typedef union barber {
	troupe_ref ref;
	const void *data;
	const struct haircut *BARBER_CUT;
} barber;

enum { STREET_NEXT = 1, STREET_RETURNED, STREET_SERVED };
typedef union street {
	troupe_ref ref;
	const void *data;
	const troupe_nothing *STREET_NEXT;
	const struct visit *STREET_RETURNED;
	const troupe_nothing *STREET_SERVED;
} street;

static void work(uint32_t *random)
{
	for (uint32_t i = WORK_LEAST + bench_random(random) % WORK_MORE; i > 0; i--)
		bench_compute();
}

struct customer_state {
	street street;
	bool begun;
};

static troupe_verdict customer_receive(troupe_actor *me, const troupe_message *m)
{
	struct customer_state *self = me->state;

	switch (m->kind) {
	case CUSTOMER_FULL:
		bench_must(troupe_send(self->street, STREET_RETURNED, .customer = { me->ref }));
		return TROUPE_HANDLED;
	case CUSTOMER_WAIT:
		return self->begun ? TROUPE_UNKNOWN : TROUPE_HANDLED;
	case CUSTOMER_BEGIN:
		self->begun = true;
		return TROUPE_HANDLED;
	case CUSTOMER_DONE:
		if (!self->begun)
			return TROUPE_UNKNOWN;
		bench_must(troupe_send(self->street, STREET_SERVED, 0));
		troupe_exit(me, TROUPE_OK);
		return TROUPE_HANDLED;
	}
	return TROUPE_UNKNOWN;
}

static const troupe_behaviour being_customer = {
	.name = "customer", .receive = customer_receive, .state_size = sizeof(struct customer_state),
};

static troupe_verdict barber_receive(troupe_actor *me, const troupe_message *m)
{
	uint32_t *random = me->state;
	barber in = { .data = m->data };

	if (m->kind != BARBER_CUT)
		return TROUPE_UNKNOWN;
	bench_must(troupe_send(in.BARBER_CUT->customer, CUSTOMER_BEGIN, 0));
	work(random);
	bench_must(troupe_send(in.BARBER_CUT->customer, CUSTOMER_DONE, 0));
	bench_must(troupe_send(in.BARBER_CUT->room, ROOM_NEXT, 0));
	return TROUPE_HANDLED;
}

static const troupe_behaviour cutting = {
	.name = "barber", .receive = barber_receive, .state_size = sizeof(uint32_t),
};

struct room_state {
	barber barber;
	bool barber_awake;
	customer *chairs; /* a ring: who waits is on those from first on */
	uint64_t count, first, waiting;
};

static void wake_barber(troupe_actor *me)
{
	struct room_state *self = me->state;
	customer next = self->chairs[self->first];

	self->first = (self->first + 1) % self->count;
	self->waiting--;
	self->barber_awake = true;
	bench_must(troupe_send(self->barber, BARBER_CUT, .customer = next, .room = { me->ref }));
}

static void enter(troupe_actor *me, customer who)
{
	struct room_state *self = me->state;

	if (self->waiting == self->count) {
		bench_must(troupe_send(who, CUSTOMER_FULL, 0));
		return;
	}
	self->chairs[(self->first + self->waiting++) % self->count] = who;
	if (self->barber_awake)
		bench_must(troupe_send(who, CUSTOMER_WAIT, 0));
	else
		wake_barber(me);
}

static troupe_verdict room_receive(troupe_actor *me, const troupe_message *m)
{
	struct room_state *self = me->state;
	room in = { .data = m->data };

	switch (m->kind) {
	case ROOM_ENTER:
		enter(me, in.ROOM_ENTER->customer);
		return TROUPE_HANDLED;
	case ROOM_NEXT:
		self->barber_awake = false;
		if (self->waiting > 0)
			wake_barber(me);
		return TROUPE_HANDLED;
	}
	return TROUPE_UNKNOWN;
}

static const troupe_behaviour seating = {
	.name = "room", .receive = room_receive, .state_size = sizeof(struct room_state),
};

struct street_state {
	bench_main main;
	room room;
	uint64_t to_come, served, customers;
	uint32_t random;
};

static void send_customer(troupe_actor *me)
{
	struct street_state *self = me->state;
	customer new;

	bench_must(troupe_spawn(me->system, &being_customer, &(struct customer_state){ .street = { me->ref } }, &new.ref));
	bench_must(troupe_send(self->room, ROOM_ENTER, .customer = new));
	work(&self->random);
	if (--self->to_come > 0)
		bench_must(troupe_send((street){ me->ref }, STREET_NEXT, 0));
}

static troupe_verdict street_receive(troupe_actor *me, const troupe_message *m)
{
	struct street_state *self = me->state;
	street in = { .data = m->data };

	switch (m->kind) {
	case STREET_NEXT:
		send_customer(me);
		return TROUPE_HANDLED;
	case STREET_RETURNED:
		bench_must(troupe_send(self->room, ROOM_ENTER, .customer = in.STREET_RETURNED->customer));
		return TROUPE_HANDLED;
	case STREET_SERVED:
		if (++self->served == self->customers)
			bench_must(troupe_send(self->main, BENCH_DONE, .value = self->served));
		return TROUPE_HANDLED;
	}
	return TROUPE_UNKNOWN;
}

static const troupe_behaviour walking = {
	.name = "street", .receive = street_receive, .state_size = sizeof(struct street_state),
};

static void run(bench *b)
{
	struct room_state empty = { .count = b->k, .chairs = bench_alloc(b->k, sizeof(customer)) };
	struct street_state initial = { .to_come = b->n, .customers = b->n, .random = 1 };
	uint32_t random = 2;
	street only;

	bench_begin(b);
	initial.main = b->main;
	troupe_must(troupe_spawn(b->system, &cutting, &random, &empty.barber.ref));
	troupe_must(troupe_spawn(b->system, &seating, &empty, &initial.room.ref));
	troupe_must(troupe_spawn(b->system, &walking, &initial, &only.ref));
	troupe_must(troupe_send(only, STREET_NEXT, 0));
	bench_expect(b, 7 * b->n, bench_end(b, BENCH_DONE), b->n);
	free(empty.chairs);
}

const bench_workload bench_barber = {
	.name = "barber",
	.what = "N customers, a waiting room with K chairs, one barber",
	.n = 5000, .k = 1000, .k_min = 1,
	.run = run,
};
