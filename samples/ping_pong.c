/* SPDX-License-Identifier: MIT */
/* ping_pong: two actors throw a numbered ball to and fro. The ball carries the address to return it to, a plain value.
 *
 *     build/samples/ping_pong [rounds]     default 1000000
 *
 * Checks the sum of the numbers that came back. */
#include "troupe.h"
#include "sample.h"

enum { PINGER_START = 1, PINGER_PONG, PINGER_DONE, PONGER_PING };

/* What the pinger answers when the game is over. */
struct done { uint64_t sum; };
typedef union done_reply { troupe_ref ref; const struct done *PINGER_DONE; } done_reply;

struct start { done_reply reply; uint64_t rounds; };
struct pong  { uint64_t number; };
typedef union pinger {
	troupe_ref ref;
	const void *data;
	const struct start *PINGER_START;
	const struct pong *PINGER_PONG;
} pinger;

struct ping { uint64_t number; pinger from; };
typedef union ponger {
	troupe_ref ref;
	const void *data;
	const struct ping *PONGER_PING;
} ponger;

static troupe_verdict ponger_receive(troupe_actor *me, const troupe_message *m)
{
	ponger in = { .data = m->data };

	if (m->kind != PONGER_PING)
		return TROUPE_UNKNOWN;
	troupe_status status = troupe_send(in.PONGER_PING->from, PINGER_PONG, .number = in.PONGER_PING->number);
	return status == TROUPE_OK ? TROUPE_HANDLED : troupe_fail(me, status);
}

struct pinger_state { ponger partner; struct start game; uint64_t sum; };

static troupe_verdict pinger_receive(troupe_actor *me, const troupe_message *m)
{
	struct pinger_state *self = me->state;
	pinger in = { .data = m->data };
	troupe_status status;

	switch (m->kind) {
	case PINGER_START: /* a question: kept, to be answered when the last pong is here */
		self->game = *in.PINGER_START;
		status = troupe_keep(me, m);
		if (status == TROUPE_OK)
			status = troupe_send(self->partner, PONGER_PING, .number = 1, .from = { me->ref });
		break;
	case PINGER_PONG:
		self->sum += in.PINGER_PONG->number;
		if (in.PINGER_PONG->number == self->game.rounds) {
			troupe_exit(me, troupe_send(self->game.reply, PINGER_DONE, .sum = self->sum));
			return TROUPE_HANDLED;
		}
		status = troupe_send(self->partner, PONGER_PING, .number = in.PINGER_PONG->number + 1,
		                     .from = { me->ref });
		break;
	default:
		return TROUPE_UNKNOWN;
	}
	return status == TROUPE_OK ? TROUPE_HANDLED : troupe_fail(me, status);
}

static const troupe_behaviour ponger_behaviour = { .name = "ponger", .receive = ponger_receive };
static const troupe_behaviour pinger_behaviour = {
	.name = "pinger", .receive = pinger_receive, .state_size = sizeof(struct pinger_state),
};

int main(int argc, char **argv)
{
	uint64_t rounds = 1000000;
	troupe_ledger ledger;
	troupe_system system;
	struct done done;
	ponger pong;
	pinger ping;

	sample_counts(argc, argv, { "rounds", &rounds, 1, 1000000000 });
	troupe_must(troupe_start(TROUPE_OPTIONS(troupe_options, .ledger = &ledger), &system));
	troupe_must(troupe_spawn(system, &ponger_behaviour, NULL, &pong.ref));
	troupe_must(troupe_spawn(system, &pinger_behaviour, &(struct pinger_state){ .partner = pong }, &ping.ref));
	troupe_must(troupe_call(ping, PINGER_START, PINGER_DONE, &done, SAMPLE_PATIENCE, .rounds = rounds));
	troupe_must(troupe_finish(system, SAMPLE_PATIENCE));
	return sample_done(done.sum == rounds * (rounds + 1) / 2, &ledger, "ping_pong: %" PRIu64 " rounds", rounds);
}
