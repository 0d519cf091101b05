/* SPDX-License-Identifier: MIT */
/* Bounded buffer: K producers of N items each, K consumers, and a manager with a buffer of 50. A producer makes an item when
 * it is told to, a consumer says when it is ready for another; both take 25 sines per item. */
#include <stdlib.h>

#include "bench.h"

enum { BUFFER_SIZE = 50, COST = 25 };

enum { PRODUCER_PRODUCE = 1 };
typedef union producer {
	troupe_ref ref;
	const troupe_nothing *PRODUCER_PRODUCE;
} producer;

enum { CONSUMER_CONSUME = 1, CONSUMER_STOP };
struct consume {
	double value;
};
typedef union consumer {
	troupe_ref ref;
	const void *data;
	const struct consume *CONSUMER_CONSUME;
	const troupe_nothing *CONSUMER_STOP;
} consumer;

enum { MANAGER_START = 1, MANAGER_ITEM, MANAGER_PRODUCED_ALL, MANAGER_READY, MANAGER_CONSUMED };
struct item {
	double value;
	uint64_t producer;
};
struct ready {
	uint64_t consumer;
};
typedef union manager {
	troupe_ref ref;
	const void *data;
	const troupe_nothing *MANAGER_START;
	const struct item *MANAGER_ITEM;
	const troupe_nothing *MANAGER_PRODUCED_ALL;
	const struct ready *MANAGER_READY;
	const struct bench_value *MANAGER_CONSUMED; /* how many items, at the end */
} manager;

static double work(double x)
{
	static volatile double angle = 37.2;

	for (int i = 0; i < COST; i++)
		x += sin(angle + x);
	return x;
}

/* -------------------------------------------------------------------------------------- producers and consumers -- */

struct producer_state {
	manager manager;
	uint64_t number;
	uint64_t left;
	double item;
};

static troupe_verdict producer_receive(troupe_actor *me, const troupe_message *m)
{
	struct producer_state *self = me->state;

	if (m->kind != PRODUCER_PRODUCE)
		return TROUPE_UNKNOWN;
	if (self->left == 0) {
		bench_must(troupe_send(self->manager, MANAGER_PRODUCED_ALL, 0));
		troupe_exit(me, TROUPE_OK);
		return TROUPE_HANDLED;
	}
	self->left--;
	self->item = work(self->item);
	bench_must(troupe_send(self->manager, MANAGER_ITEM, .value = self->item, .producer = self->number));
	return TROUPE_HANDLED;
}

static const troupe_behaviour producing = {
	.name = "producer", .receive = producer_receive, .state_size = sizeof(struct producer_state),
};

struct consumer_state {
	manager manager;
	uint64_t number;
	uint64_t consumed;
	double sum;
};

static troupe_verdict consumer_receive(troupe_actor *me, const troupe_message *m)
{
	struct consumer_state *self = me->state;
	consumer in = { .data = m->data };

	switch (m->kind) {
	case CONSUMER_CONSUME:
		self->sum = work(self->sum + in.CONSUMER_CONSUME->value);
		self->consumed++;
		bench_must(troupe_send(self->manager, MANAGER_READY, .consumer = self->number));
		return TROUPE_HANDLED;
	case CONSUMER_STOP:
		bench_must(troupe_send(self->manager, MANAGER_CONSUMED, .value = self->consumed));
		troupe_exit(me, TROUPE_OK);
		return TROUPE_HANDLED;
	}
	return TROUPE_UNKNOWN;
}

static const troupe_behaviour consuming = {
	.name = "consumer", .receive = consumer_receive, .state_size = sizeof(struct consumer_state),
};

/* -------------------------------------------------------------------------------------------------- the manager -- */

/* First in, first out: values or numbers of actors. */
struct queue {
	union entry {
		double value;
		uint64_t number;
	} *entries;
	uint64_t capacity, first, count;
};

static void put(struct queue *q, union entry entry)
{
	q->entries[(q->first + q->count++) % q->capacity] = entry;
}

static union entry take(struct queue *q)
{
	union entry entry = q->entries[q->first];

	q->first = (q->first + 1) % q->capacity;
	q->count--;
	return entry;
}

struct manager_state {
	bench_main main;
	uint64_t pairs, items; /* of each producer */
	uint64_t limit;        /* from so many items in the buffer on, producers wait */
	producer *producers;
	consumer *consumers;
	struct queue buffer, waiting_producers, ready_consumers;
	uint64_t producers_ended, consumers_ended, consumed;
};

static void start(troupe_actor *me)
{
	struct manager_state *self = me->state;
	uint64_t k = self->pairs;
	manager here = { me->ref };

	self->limit = k < BUFFER_SIZE ? BUFFER_SIZE - k : 1;
	self->producers = bench_alloc(k, sizeof *self->producers);
	self->consumers = bench_alloc(k, sizeof *self->consumers);
	self->waiting_producers = (struct queue){ .entries = bench_alloc(k, sizeof(union entry)), .capacity = k };
	self->ready_consumers = (struct queue){ .entries = bench_alloc(k, sizeof(union entry)), .capacity = k };
	/* Each producer may have one more item on its way when the limit is reached. */
	self->buffer.capacity = self->limit + k;
	self->buffer.entries = bench_alloc(self->buffer.capacity, sizeof(union entry));

	for (uint64_t i = 0; i < k; i++) {
		bench_must(troupe_spawn(me->system, &producing,
		                        &(struct producer_state){ .manager = here, .number = i, .left = self->items },
		                        &self->producers[i].ref));
		bench_must(troupe_spawn(me->system, &consuming, &(struct consumer_state){ .manager = here, .number = i },
		                        &self->consumers[i].ref));
		put(&self->ready_consumers, (union entry){ .number = i });
		bench_must(troupe_send(self->producers[i], PRODUCER_PRODUCE, 0));
	}
}

static void on_item(struct manager_state *self, const struct item *item)
{
	if (self->ready_consumers.count > 0)
		bench_must(troupe_send(self->consumers[take(&self->ready_consumers).number], CONSUMER_CONSUME,
		                       .value = item->value));
	else
		put(&self->buffer, (union entry){ .value = item->value });
	if (self->buffer.count >= self->limit)
		put(&self->waiting_producers, (union entry){ .number = item->producer });
	else
		bench_must(troupe_send(self->producers[item->producer], PRODUCER_PRODUCE, 0));
}

static void on_ready(struct manager_state *self, uint64_t number)
{
	if (self->buffer.count == 0) {
		put(&self->ready_consumers, (union entry){ .number = number });
		return;
	}
	bench_must(troupe_send(self->consumers[number], CONSUMER_CONSUME, .value = take(&self->buffer).value));
	if (self->waiting_producers.count > 0)
		bench_must(troupe_send(self->producers[take(&self->waiting_producers).number], PRODUCER_PRODUCE, 0));
}

static void end_consumers_when_done(struct manager_state *self)
{
	if (self->producers_ended < self->pairs || self->ready_consumers.count < self->pairs)
		return;
	for (uint64_t i = 0; i < self->pairs; i++)
		bench_must(troupe_send(self->consumers[i], CONSUMER_STOP, 0));
}

static troupe_verdict manager_receive(troupe_actor *me, const troupe_message *m)
{
	struct manager_state *self = me->state;
	manager in = { .data = m->data };

	switch (m->kind) {
	case MANAGER_START:
		start(me);
		return TROUPE_HANDLED;
	case MANAGER_ITEM:
		on_item(self, in.MANAGER_ITEM);
		return TROUPE_HANDLED;
	case MANAGER_READY:
		on_ready(self, in.MANAGER_READY->consumer);
		end_consumers_when_done(self);
		return TROUPE_HANDLED;
	case MANAGER_PRODUCED_ALL:
		self->producers_ended++;
		end_consumers_when_done(self);
		return TROUPE_HANDLED;
	case MANAGER_CONSUMED:
		self->consumed += in.MANAGER_CONSUMED->value;
		if (++self->consumers_ended == self->pairs)
			bench_must(troupe_send(self->main, BENCH_DONE, .value = self->consumed));
		return TROUPE_HANDLED;
	}
	return TROUPE_UNKNOWN;
}

static void manager_terminate(troupe_actor *me, troupe_status why)
{
	struct manager_state *self = me->state;

	(void)why;
	free(self->producers);
	free(self->consumers);
	free(self->buffer.entries);
	free(self->waiting_producers.entries);
	free(self->ready_consumers.entries);
}

static const troupe_behaviour managing = {
	.name = "manager", .receive = manager_receive, .terminate = manager_terminate,
	.state_size = sizeof(struct manager_state),
};

static void run(bench *b)
{
	manager only;

	bench_begin(b);
	troupe_must(troupe_spawn(b->system, &managing,
	                         &(struct manager_state){ .main = b->main, .pairs = b->k, .items = b->n }, &only.ref));
	troupe_must(troupe_send(only, MANAGER_START, 0));
	bench_expect(b, 4 * b->k * b->n, bench_end(b, BENCH_DONE), b->k * b->n);
}

const bench_workload bench_bndbuffer = {
	.name = "bndbuffer",
	.what = "K producers of N items, a buffer of 50, K consumers",
	.n = 2000,
	.k = 40, .k_min = 1,
	.run = run,
};
