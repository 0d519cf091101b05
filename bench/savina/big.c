/* SPDX-License-Identifier: MIT */
/* Big: K actors, each pings a random other one, waits for the pong, and does so N times. They all share one table of where
 * the others are: an immutable payload that is sent to each without being copied. */
#include "bench.h"

enum { PEER_START = 1, PEER_PING, PEER_PONG };
struct directory;
struct ping;
typedef union peer {
	troupe_ref ref;
	const void *data;
	const struct directory *PEER_START;
	const struct ping *PEER_PING;
	const troupe_nothing *PEER_PONG;
} peer;
struct ping {
	peer from;
};

enum { SINK_START = 1, SINK_FINISHED };
typedef union sink {
	troupe_ref ref;
	const troupe_nothing *SINK_START;
	const troupe_nothing *SINK_FINISHED;
} sink;

struct directory {
	sink sink;
	uint64_t pings; /* of each */
	uint64_t count;
	peer peers[];
};

struct peer_state {
	const struct directory *directory;
	uint64_t left;
	uint32_t number;
	uint32_t random;
};

static void ping_somebody(troupe_actor *me)
{
	struct peer_state *self = me->state;
	uint64_t other = bench_random(&self->random) % (self->directory->count - 1);

	if (other >= self->number)
		other++;
	self->left--;
	bench_must(troupe_send(self->directory->peers[other], PEER_PING, .from = { me->ref }));
}

static troupe_verdict peer_receive(troupe_actor *me, const troupe_message *m)
{
	struct peer_state *self = me->state;
	peer in = { .data = m->data };

	switch (m->kind) {
	case PEER_START:
		troupe_retain(in.PEER_START);
		self->directory = in.PEER_START;
		self->left = self->directory->pings;
		self->random = self->number * 2654435761u + 1;
		ping_somebody(me);
		return TROUPE_HANDLED;
	case PEER_PING:
		bench_must(troupe_send(in.PEER_PING->from, PEER_PONG, 0));
		return TROUPE_HANDLED;
	case PEER_PONG:
		if (self->left > 0)
			ping_somebody(me);
		else
			bench_must(troupe_send(self->directory->sink, SINK_FINISHED, 0));
		return TROUPE_HANDLED;
	}
	return TROUPE_UNKNOWN;
}

static void peer_terminate(troupe_actor *me, troupe_status why)
{
	struct peer_state *self = me->state;

	(void)why;
	troupe_release(self->directory);
}

static const troupe_behaviour peering = {
	.name = "peer", .receive = peer_receive, .terminate = peer_terminate, .state_size = sizeof(struct peer_state),
};

struct sink_state {
	bench_main main;
	uint64_t peers, pings;
	uint64_t finished;
};

static void make_peers(troupe_actor *me)
{
	struct sink_state *self = me->state;
	struct directory *d = troupe_new(sizeof *d + self->peers * sizeof d->peers[0], NULL);

	if (!d)
		bench_must(TROUPE_ENOMEM);
	d->sink.ref = me->ref;
	d->pings = self->pings;
	d->count = self->peers;
	for (uint64_t i = 0; i < d->count; i++)
		bench_must(troupe_spawn(me->system, &peering, &(struct peer_state){ .number = (uint32_t)i }, &d->peers[i].ref));

	const struct directory *shared = troupe_freeze(d);
	for (uint64_t i = 0; i < shared->count; i++)
		bench_must(troupe_share(shared->peers[i], PEER_START, shared));
	troupe_release(shared);
}

static troupe_verdict sink_receive(troupe_actor *me, const troupe_message *m)
{
	struct sink_state *self = me->state;

	switch (m->kind) {
	case SINK_START:
		make_peers(me);
		return TROUPE_HANDLED;
	case SINK_FINISHED:
		if (++self->finished == self->peers)
			bench_must(troupe_send(self->main, BENCH_DONE, .value = self->finished));
		return TROUPE_HANDLED;
	}
	return TROUPE_UNKNOWN;
}

static const troupe_behaviour sinking = {
	.name = "sink", .receive = sink_receive, .state_size = sizeof(struct sink_state),
};

static void run(bench *b)
{
	sink only;

	bench_begin(b);
	troupe_must(troupe_spawn(b->system, &sinking, &(struct sink_state){ .main = b->main, .peers = b->k, .pings = b->n },
	                         &only.ref));
	troupe_must(troupe_send(only, SINK_START, 0));
	bench_expect(b, 2 * b->k * b->n, bench_end(b, BENCH_DONE), b->k);
}

const bench_workload bench_big = {
	.name = "big",
	.what = "K actors, each N times: ping somebody, wait for the pong",
	.n = 20000,
	.k = 120, .k_min = 2,
	.run = run,
};
