/* SPDX-License-Identifier: MIT */
/* Concurrent sorted linked list: K workers, each asks one list N times: one question in ten adds a value, one in a hundred
 * wants the length, the others want to know whether a value is there.
 *
 * What it shows: an actor that keeps a structure in which each question takes long. Nobody is locked out, but nobody is faster
 * than the list: what one actor does is done by one worker at a time.
 *
 * What is checked: a worker's own values stay in the list, the length it is told never falls and is at least what it added.
 * In the end the list must be sorted, and have as many values, with the same sum, as all workers added. */
#include <stdlib.h>

#include "bench.h"

enum { LENGTH_PERCENT = 1, ADD_PERCENT = 10, VALUES = 65536, KNOWN_SHARE = 16 };

enum { WORKER_ANSWER = 1 };
typedef union worker {
	troupe_ref ref;
	const void *data;
	const struct bench_value *WORKER_ANSWER; /* the value added; 1 or 0: it is there or not; the length */
} worker;

struct question {
	worker from;
	uint32_t value;
};
struct tally {
	uint64_t right, added, sum; /* answers; values added, and their sum */
};
enum { LIST_ADD = 1, LIST_CONTAINS, LIST_LENGTH, LIST_LEAVE };
typedef union list {
	troupe_ref ref;
	const void *data;
	const struct question *LIST_ADD;
	const struct question *LIST_CONTAINS;
	const struct question *LIST_LENGTH; /* without a value */
	const struct tally *LIST_LEAVE;     /* from each worker at its end */
} list;

/* The cells lie in one array, long enough for all that may be added. Cell 0 is in front of the first and has no value. */
struct cell {
	uint32_t value, next; /* next 0: it is the last one */
};

struct list_state {
	bench_main main;
	uint64_t workers; /* that have not left */
	struct cell *cells;
	uint64_t length;
	struct tally told; /* by the workers */
};

/* The last cell whose value is smaller. */
static uint32_t before(const struct list_state *self, uint32_t value)
{
	uint32_t at = 0;

	for (uint32_t next = self->cells[0].next; next != 0 && self->cells[next].value < value; next = self->cells[at].next)
		at = next;
	return at;
}

static void add(struct list_state *self, uint32_t value)
{
	struct cell *prior = &self->cells[before(self, value)];

	self->cells[++self->length] = (struct cell){ .value = value, .next = prior->next };
	prior->next = (uint32_t)self->length;
}

static bool contains(const struct list_state *self, uint32_t value)
{
	uint32_t next = self->cells[before(self, value)].next;

	return next != 0 && self->cells[next].value == value;
}

static bool is_sound(const struct list_state *self)
{
	uint64_t count = 0, sum = 0, disorder = 0;

	for (uint32_t at = 0, next; (next = self->cells[at].next) != 0; at = next) {
		disorder += self->cells[next].value < self->cells[at].value;
		sum += self->cells[next].value;
		count++;
	}
	return disorder == 0 && count == self->told.added && sum == self->told.sum;
}

static troupe_verdict list_receive(troupe_actor *me, const troupe_message *m)
{
	struct list_state *self = me->state;
	list in = { .data = m->data };

	switch (m->kind) {
	case LIST_ADD:
		add(self, in.LIST_ADD->value);
		bench_must(troupe_send(in.LIST_ADD->from, WORKER_ANSWER, .value = in.LIST_ADD->value));
		return TROUPE_HANDLED;
	case LIST_CONTAINS:
		bench_must(troupe_send(in.LIST_CONTAINS->from, WORKER_ANSWER, .value = contains(self, in.LIST_CONTAINS->value)));
		return TROUPE_HANDLED;
	case LIST_LENGTH:
		bench_must(troupe_send(in.LIST_LENGTH->from, WORKER_ANSWER, .value = self->length));
		return TROUPE_HANDLED;
	case LIST_LEAVE:
		self->told.right += in.LIST_LEAVE->right;
		self->told.added += in.LIST_LEAVE->added;
		self->told.sum += in.LIST_LEAVE->sum;
		if (--self->workers == 0)
			bench_must(troupe_send(self->main, BENCH_DONE, .value = is_sound(self) ? self->told.right : 0));
		return TROUPE_HANDLED;
	}
	return TROUPE_UNKNOWN;
}

static const troupe_behaviour listing = {
	.name = "list", .receive = list_receive, .state_size = sizeof(struct list_state),
};

struct worker_state {
	list list;
	uint64_t left; /* questions to ask */
	struct tally tally;
	uint64_t length; /* as last heard */
	uint32_t random;
	uint32_t asked, value; /* the last question's kind and value */
	uint32_t known;        /* the value added last; none yet: VALUES */
};

static void ask(troupe_actor *me)
{
	struct worker_state *self = me->state;
	uint32_t dice = bench_random(&self->random) % 100;

	self->left--;
	self->value = bench_random(&self->random) % VALUES;
	self->asked = dice < LENGTH_PERCENT ? LIST_LENGTH : dice < LENGTH_PERCENT + ADD_PERCENT ? LIST_ADD : LIST_CONTAINS;
	if (self->asked == LIST_CONTAINS && self->known < VALUES && bench_random(&self->random) % KNOWN_SHARE == 0)
		self->value = self->known;

	struct question question = { .from = { me->ref }, .value = self->value };
	bench_must(troupe_send_bytes(self->list.ref, (int32_t)self->asked, &question, sizeof question));
}

/* Can this be the answer? */
static bool judge(struct worker_state *self, uint64_t answer)
{
	uint64_t least = self->length;

	switch (self->asked) {
	case LIST_ADD:
		self->known = self->value;
		self->tally.added++;
		self->tally.sum += self->value;
		return answer == self->value;
	case LIST_CONTAINS:
		return answer == 1 || (answer == 0 && self->value != self->known);
	default:
		self->length = answer;
		return answer >= least && answer >= self->tally.added;
	}
}

static troupe_verdict worker_init(troupe_actor *me)
{
	ask(me);
	return TROUPE_HANDLED;
}

static troupe_verdict worker_receive(troupe_actor *me, const troupe_message *m)
{
	struct worker_state *self = me->state;
	worker in = { .data = m->data };

	if (m->kind != WORKER_ANSWER)
		return TROUPE_UNKNOWN;
	self->tally.right += judge(self, in.WORKER_ANSWER->value);
	if (self->left > 0) {
		ask(me);
	} else {
		bench_must(troupe_send_struct(self->list, LIST_LEAVE, &self->tally));
		troupe_exit(me, TROUPE_OK);
	}
	return TROUPE_HANDLED;
}

static const troupe_behaviour working = {
	.name = "worker", .init = worker_init, .receive = worker_receive, .state_size = sizeof(struct worker_state),
};

static void run(bench *b)
{
	struct list_state empty = { .workers = b->k, .cells = bench_alloc(b->k * b->n + 1, sizeof(struct cell)) };
	struct worker_state initial = { .left = b->n, .known = VALUES };

	bench_begin(b);
	empty.main = b->main;
	troupe_must(troupe_spawn(b->system, &listing, &empty, &initial.list.ref));
	for (uint64_t i = 0; i < b->k; i++) {
		initial.random = (uint32_t)i * 2654435761u + 1;
		troupe_must(troupe_spawn(b->system, &working, &initial, NULL));
	}
	bench_expect(b, 2 * b->k * b->n, bench_end(b, BENCH_DONE), b->k * b->n);
	free(empty.cells);
}

const bench_workload bench_concsll = {
	.name = "concsll",
	.what = "one sorted linked list, K workers ask it N times each",
	.n = 8000, .n_max = 1000000, .k = 20, .k_min = 1, .k_max = 1000,
	.run = run,
};
