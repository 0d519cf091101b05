/* SPDX-License-Identifier: MIT */
/* credit_cycle: two peers have tasks for each other. A peer may have one message on its way to the other: a credit, which comes
 * back when that message is handled. Without one it puts aside what would need it.
 * Bug: a back-pressure cycle. Answers need credits too: when each has spent its own on a task, neither can answer the other.
 * Seen when: each peer sends its PEER_TASK before it handles that of the other.
 * Smallest: 8 messages, 6 switches. To each peer PEER_MEET, two PEER_JOB and a PEER_TASK. Clients act once, one peer twice,
 * the other once, and main looks.
 * Twin: answers are not held back: the credit of the task has paid for the room of its answer. */
#include "troupe.h"

enum { PEERS = 2, JOBS = 2 }; /* for each peer */
enum { PEER_MEET = 1, PEER_JOB, PEER_TASK, PEER_ANSWER, PEER_CREDIT, HOST_DONE };

typedef union host { troupe_ref ref; const troupe_nothing *HOST_DONE; } host;
struct meet { troupe_ref other; host host; };
typedef union peer {
	troupe_ref ref;
	const void *data;
	const struct meet *PEER_MEET;
	const troupe_nothing *PEER_JOB, *PEER_TASK, *PEER_ANSWER, *PEER_CREDIT;
} peer;

struct peer_state { peer other; host host; int credits; };

#ifdef FIXED
static int price_of_answer(void) { return 0; }
#else
static int price_of_answer(void) { return 1; }
#endif

static troupe_verdict peer_begin(struct peer_state *self, const struct meet *meet)
{
	*self = (struct peer_state){ .other = { meet->other }, .host = meet->host, .credits = 1 };
	return TROUPE_HANDLED;
}

static troupe_verdict peer_receive(troupe_actor *me, const troupe_message *m)
{
	struct peer_state *self = me->state;
	peer in = { .data = m->data };
	int price = m->kind == PEER_JOB ? 1 : m->kind == PEER_TASK ? price_of_answer() : 0;
	troupe_status status;

	if (price > self->credits)
		return TROUPE_DEFERRED; /* until a credit comes back */
	self->credits -= price;
	switch (m->kind) {
	case PEER_MEET:
		return peer_begin(self, in.PEER_MEET);
	case PEER_JOB:
		return troupe_done(me, troupe_send(self->other, PEER_TASK, 0));
	case PEER_TASK: /* it is handled: its credit goes back */
		status = troupe_send(self->other, PEER_ANSWER, 0);
		return troupe_done(me, status == TROUPE_OK ? troupe_send(self->other, PEER_CREDIT, 0) : status);
	case PEER_ANSWER:
		status = troupe_send(self->host, HOST_DONE, 0);
		if (status == TROUPE_OK && price_of_answer() > 0)
			status = troupe_send(self->other, PEER_CREDIT, 0);
		return troupe_done(me, status);
	case PEER_CREDIT:
		self->credits++;
		troupe_undefer(me);
		return TROUPE_HANDLED;
	default:
		return TROUPE_UNKNOWN;
	}
}

static troupe_verdict client_init(troupe_actor *me)
{
	const peer *to = me->state;
	troupe_status status = TROUPE_OK;

	for (int i = 0; i < JOBS && status == TROUPE_OK; i++)
		status = troupe_send(*to, PEER_JOB, 0);
	return troupe_done(me, status);
}

static troupe_verdict client_receive(troupe_actor *me, const troupe_message *m)
{
	return (void)me, (void)m, TROUPE_UNKNOWN;
}

static const troupe_kind peer_kinds[] = {
	TROUPE_KIND(peer, PEER_MEET), TROUPE_KIND(peer, PEER_JOB), TROUPE_KIND(peer, PEER_TASK),
	TROUPE_KIND(peer, PEER_ANSWER), TROUPE_KIND(peer, PEER_CREDIT), { 0 },
};

static const troupe_behaviour peer_behaviour = {
	.name = "peer", .receive = peer_receive, .state_size = sizeof(struct peer_state), .kinds = peer_kinds,
};
static const troupe_behaviour client_behaviour = {
	.name = "client", .init = client_init, .receive = client_receive, .state_size = sizeof(peer),
};

int main(void)
{
	peer peers[PEERS];
	troupe_system system;
	troupe_future done;
	troupe_nothing nothing;
	int answered = 0;

	troupe_must(troupe_start(NULL, &system));
	troupe_must(troupe_future_open(system, TROUPE_OPTIONS(troupe_expectation, .answers = PEERS * JOBS), &done));
	for (int i = 0; i < PEERS; i++)
		troupe_must(troupe_spawn(system, &peer_behaviour, NULL, &peers[i].ref));
	for (int i = 0; i < PEERS; i++)
		troupe_must(troupe_send(peers[i], PEER_MEET, peers[1 - i].ref, { done.ref }));
	for (int i = 0; i < PEERS; i++)
		troupe_must(troupe_spawn(system, &client_behaviour, &peers[i], NULL));
	troupe_must(troupe_settle(system, 0));
	while (troupe_future_ready(done) && troupe_next(done, HOST_DONE, &nothing, sizeof nothing) == TROUPE_OK)
		answered++;
	troupe_holds(answered == PEERS * JOBS, "every task is answered");
	troupe_future_close(done);
	troupe_must(troupe_finish(system, 0));
	return 0;
}
