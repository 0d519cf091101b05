/* SPDX-License-Identifier: MIT */
/* Ping-pong: two actors pass one number to and fro. The number counts the round trips. */
#include "bench.h"

enum { PONG_PING = 1 };
typedef union pong {
	troupe_ref ref;
	const void *data;
	const struct bench_value *PONG_PING;
} pong;

enum { PING_START = 1, PING_PONG };
typedef union ping {
	troupe_ref ref;
	const void *data;
	const troupe_nothing *PING_START;
	const struct bench_value *PING_PONG;
} ping;

struct pong_state {
	ping ping;
};

static troupe_verdict pong_receive(troupe_actor *me, const troupe_message *m)
{
	struct pong_state *self = me->state;
	pong in = { .data = m->data };

	if (m->kind != PONG_PING)
		return TROUPE_UNKNOWN;
	bench_must(troupe_send(self->ping, PING_PONG, .value = in.PONG_PING->value));
	return TROUPE_HANDLED;
}

static const troupe_behaviour ponging = {
	.name = "pong", .receive = pong_receive, .state_size = sizeof(struct pong_state),
};

struct ping_state {
	pong pong;
	bench_main main;
	uint64_t left; /* round trips */
};

static troupe_verdict ping_receive(troupe_actor *me, const troupe_message *m)
{
	struct ping_state *self = me->state;
	ping in = { .data = m->data };

	switch (m->kind) {
	case PING_START:
		bench_must(troupe_spawn(me->system, &ponging, &(struct pong_state){ .ping = { me->ref } }, &self->pong.ref));
		bench_must(troupe_send(self->pong, PONG_PING, .value = 1));
		return TROUPE_HANDLED;
	case PING_PONG:
		if (--self->left > 0)
			bench_must(troupe_send(self->pong, PONG_PING, .value = in.PING_PONG->value + 1));
		else
			bench_must(troupe_send(self->main, BENCH_DONE, .value = in.PING_PONG->value));
		return TROUPE_HANDLED;
	}
	return TROUPE_UNKNOWN;
}

static const troupe_behaviour pinging = {
	.name = "ping", .receive = ping_receive, .state_size = sizeof(struct ping_state),
};

static void run(bench *b)
{
	ping first;

	bench_begin(b);
	troupe_must(troupe_spawn(b->system, &pinging, &(struct ping_state){ .main = b->main, .left = b->n }, &first.ref));
	troupe_must(troupe_send(first, PING_START, 0));
	bench_expect(b, 2 * b->n, bench_end(b, BENCH_DONE), b->n);
}

const bench_workload bench_pingpong = {
	.name = "pingpong",
	.what = "two actors, N round trips",
	.n = 2000000,
	.run = run,
};
