/* SPDX-License-Identifier: MIT */
/* Banking: a teller sends N transfers to K accounts. An account asks the destination to credit, and awaits the answer: what comes
 * meanwhile stays queued. (Accounts ask only those above them, so nobody waits in a circle.) */
#include <stdlib.h>

#include "bench.h"

enum { ACCOUNT_TRANSFER = 1, ACCOUNT_CREDIT };
struct transfer;
struct credit;
typedef union account {
	troupe_ref ref;
	const void *data;
	const struct transfer *ACCOUNT_TRANSFER;
	const struct credit *ACCOUNT_CREDIT;
} account;

enum { CREDIT_DONE = 1 };
typedef union credit_reply {
	troupe_ref ref;
	const troupe_nothing *CREDIT_DONE;
} credit_reply;
struct transfer {
	account to;
	int64_t amount;
};
struct credit {
	credit_reply reply;
	int64_t amount;
};

enum { TELLER_START = 1, TELLER_TRANSFERRED };
typedef union teller {
	troupe_ref ref;
	const troupe_nothing *TELLER_START;
	const troupe_nothing *TELLER_TRANSFERRED;
} teller;

struct account_state {
	teller teller;
	int64_t balance;
};

static troupe_verdict credited(troupe_actor *me, const troupe_message *m)
{
	const struct account_state *self = me->state;

	if (m->kind != CREDIT_DONE)
		return TROUPE_UNKNOWN;
	bench_must(troupe_send(self->teller, TELLER_TRANSFERRED, 0));
	return TROUPE_HANDLED;
}

static troupe_verdict account_receive(troupe_actor *me, const troupe_message *m)
{
	struct account_state *self = me->state;
	account in = { .data = m->data };
	troupe_ref address;

	switch (m->kind) {
	case ACCOUNT_TRANSFER:
		self->balance -= in.ACCOUNT_TRANSFER->amount;
		bench_must(troupe_expect(me, TROUPE_OPTIONS(troupe_expectation, .hold = true, .then = credited), &address));
		bench_must(troupe_ask(in.ACCOUNT_TRANSFER->to, ACCOUNT_CREDIT, address, .amount = in.ACCOUNT_TRANSFER->amount));
		return TROUPE_HANDLED;
	case ACCOUNT_CREDIT:
		self->balance += in.ACCOUNT_CREDIT->amount;
		bench_must(troupe_send(in.ACCOUNT_CREDIT->reply, CREDIT_DONE, 0));
		return TROUPE_HANDLED;
	}
	return TROUPE_UNKNOWN;
}

static const troupe_behaviour accounting = {
	.name = "account", .receive = account_receive, .state_size = sizeof(struct account_state),
};

struct teller_state {
	bench_main main;
	uint64_t accounts, transfers;
	uint64_t transferred;
};

/* The source is one of the lower eight tenths, the destination lies above it. */
static void transfer_at_random(account *accounts, uint64_t count, uint32_t *random)
{
	uint64_t source = bench_random(random) % (count / 10 * 8);
	uint32_t r = bench_random(random);
	uint64_t distance = r % (count - source);

	if (distance == 0)
		distance = 1;
	bench_must(troupe_send(accounts[source], ACCOUNT_TRANSFER, .to = accounts[source + distance], .amount = r % 1000));
}

static void make_transfers(troupe_actor *me)
{
	struct teller_state *self = me->state;
	struct account_state initial = { .teller = { me->ref }, .balance = INT64_C(1) << 40 };
	account *accounts = bench_alloc(self->accounts, sizeof *accounts);
	uint32_t random = 123456;

	for (uint64_t i = 0; i < self->accounts; i++)
		bench_must(troupe_spawn(me->system, &accounting, &initial, &accounts[i].ref));
	for (uint64_t i = 0; i < self->transfers; i++)
		transfer_at_random(accounts, self->accounts, &random);
	free(accounts);
}

static troupe_verdict teller_receive(troupe_actor *me, const troupe_message *m)
{
	struct teller_state *self = me->state;

	switch (m->kind) {
	case TELLER_START:
		make_transfers(me);
		return TROUPE_HANDLED;
	case TELLER_TRANSFERRED:
		if (++self->transferred == self->transfers)
			bench_must(troupe_send(self->main, BENCH_DONE, .value = self->transferred));
		return TROUPE_HANDLED;
	}
	return TROUPE_UNKNOWN;
}

static const troupe_behaviour telling = {
	.name = "teller", .receive = teller_receive, .state_size = sizeof(struct teller_state),
};

static void run(bench *b)
{
	teller only;

	bench_begin(b);
	troupe_must(troupe_spawn(b->system, &telling,
	                         &(struct teller_state){ .main = b->main, .accounts = b->k, .transfers = b->n }, &only.ref));
	troupe_must(troupe_send(only, TELLER_START, 0));
	bench_expect(b, 4 * b->n, bench_end(b, BENCH_DONE), b->n);
}

const bench_workload bench_banking = {
	.name = "banking",
	.what = "N transfers between K accounts, one at a time for each",
	.n = 500000,
	.k = 1000, .k_min = 10,
	.run = run,
};
