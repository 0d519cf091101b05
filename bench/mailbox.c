/* SPDX-License-Identifier: MIT */
/* Mailbox: K senders flood one receiver with N messages each. */
#include "bench.h"

enum { RECEIVER_START = 1, RECEIVER_VALUE };
typedef union receiver {
	troupe_ref ref;
	const troupe_nothing *RECEIVER_START;
	const struct bench_value *RECEIVER_VALUE;
} receiver;

enum { SENDER_START = 1 };
typedef union sender {
	troupe_ref ref;
	const troupe_nothing *SENDER_START;
} sender;

struct sender_state {
	receiver receiver;
	uint64_t messages;
};

static troupe_verdict sender_receive(troupe_actor *me, const troupe_message *m)
{
	struct sender_state *self = me->state;

	if (m->kind != SENDER_START)
		return TROUPE_UNKNOWN;
	for (uint64_t i = 0; i < self->messages; i++)
		bench_must(troupe_send(self->receiver, RECEIVER_VALUE, .value = i));
	troupe_exit(me, TROUPE_OK);
	return TROUPE_HANDLED;
}

static const troupe_behaviour sending = {
	.name = "sender", .receive = sender_receive, .state_size = sizeof(struct sender_state),
};

struct receiver_state {
	bench_main main;
	uint64_t senders, messages; /* of each */
	uint64_t received;
};

static void make_senders(troupe_actor *me)
{
	struct receiver_state *self = me->state;
	struct sender_state initial = { .receiver = { me->ref }, .messages = self->messages };
	sender one;

	for (uint64_t i = 0; i < self->senders; i++) {
		bench_must(troupe_spawn(me->system, &sending, &initial, &one.ref));
		bench_must(troupe_send(one, SENDER_START, 0));
	}
}

static troupe_verdict receiver_receive(troupe_actor *me, const troupe_message *m)
{
	struct receiver_state *self = me->state;

	switch (m->kind) {
	case RECEIVER_START:
		make_senders(me);
		return TROUPE_HANDLED;
	case RECEIVER_VALUE:
		if (++self->received == self->senders * self->messages)
			bench_must(troupe_send(self->main, BENCH_DONE, .value = self->received));
		return TROUPE_HANDLED;
	}
	return TROUPE_UNKNOWN;
}

static const troupe_behaviour receiving = {
	.name = "receiver", .receive = receiver_receive, .state_size = sizeof(struct receiver_state),
};

static void run(bench *b)
{
	receiver only;

	bench_begin(b);
	troupe_must(troupe_spawn(b->system, &receiving,
	                         &(struct receiver_state){ .main = b->main, .senders = b->k, .messages = b->n }, &only.ref));
	troupe_must(troupe_send(only, RECEIVER_START, 0));
	bench_expect(b, b->k * b->n, bench_end(b, BENCH_DONE), b->k * b->n);
}

const bench_workload bench_mailbox = {
	.name = "mailbox",
	.what = "K senders of N messages each, one receiver",
	.n = 200000,
	.k = 20, .k_min = 1,
	.run = run,
};
