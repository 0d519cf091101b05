/* SPDX-License-Identifier: MIT */
/* Fibonacci: an actor asked for fib(n) makes two for fib(n - 1) and fib(n - 2), adds what they say, answers and ends. The
 * answer is a message that the root's parent, the main thread, knows as well. */
#include "bench.h"

enum { FIB_REQUEST = 1, FIB_RESPONSE };
struct request {
	uint64_t n;
};
typedef union fib {
	troupe_ref ref;
	const void *data;
	const struct request *FIB_REQUEST;
	const struct bench_value *FIB_RESPONSE;
} fib;

struct fib_state {
	fib parent;
	uint64_t sum;
	uint64_t answers;
};

static troupe_verdict fib_receive(troupe_actor *me, const troupe_message *m);

static const troupe_behaviour adding = {
	.name = "fib", .receive = fib_receive, .state_size = sizeof(struct fib_state),
};

static void ask_child(troupe_actor *me, uint64_t n)
{
	fib child;

	bench_must(troupe_spawn(me->system, &adding, &(struct fib_state){ .parent = { me->ref } }, &child.ref));
	bench_must(troupe_send(child, FIB_REQUEST, .n = n));
}

static void answer(troupe_actor *me, uint64_t value)
{
	struct fib_state *self = me->state;

	bench_must(troupe_send(self->parent, FIB_RESPONSE, .value = value));
	troupe_exit(me, TROUPE_OK);
}

static troupe_verdict fib_receive(troupe_actor *me, const troupe_message *m)
{
	struct fib_state *self = me->state;
	fib in = { .data = m->data };

	switch (m->kind) {
	case FIB_REQUEST:
		if (in.FIB_REQUEST->n <= 2) {
			answer(me, 1);
		} else {
			ask_child(me, in.FIB_REQUEST->n - 1);
			ask_child(me, in.FIB_REQUEST->n - 2);
		}
		return TROUPE_HANDLED;
	case FIB_RESPONSE:
		self->sum += in.FIB_RESPONSE->value;
		if (++self->answers == 2)
			answer(me, self->sum);
		return TROUPE_HANDLED;
	}
	return TROUPE_UNKNOWN;
}

static uint64_t fib_number(uint64_t n)
{
	uint64_t a = 0, b = 1;

	for (uint64_t i = 0; i < n; i++) {
		uint64_t sum = a + b;
		a = b;
		b = sum;
	}
	return a;
}

static void run(bench *b)
{
	uint64_t wanted = fib_number(b->n);
	fib root;

	bench_begin(b);
	troupe_must(troupe_spawn(b->system, &adding, &(struct fib_state){ .parent = { b->main.ref } }, &root.ref));
	troupe_must(troupe_send(root, FIB_REQUEST, .n = b->n));
	bench_expect(b, 2 * (2 * wanted - 1), bench_end(b, FIB_RESPONSE), wanted);
}

const bench_workload bench_fib = {
	.name = "fib",
	.what = "the tree of actors that computes fib(N)",
	.n = 25, .n_max = 45,
	.run = run,
};
