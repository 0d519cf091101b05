/* SPDX-License-Identifier: MIT */
/* bank: accounts pay each other at random, all at once and without a lock, and not a penny is lost or made.
 *
 *     build/samples/bank [transfers] [accounts]    default 300000 1000
 *
 * When all is quiet each account is asked for its balance, one future gathers the answers. Checks the sum of money. */
#include "troupe.h"
#include "sample.h"

enum { ACCOUNT_PAY = 1, ACCOUNT_DEPOSIT, ACCOUNT_GET, ACCOUNT_REPORT };

struct report { uint64_t balance, paid, refused; };
typedef union report_reply { troupe_ref ref; const struct report *ACCOUNT_REPORT; } report_reply;

typedef union account {
	troupe_ref ref;
	const void *data;
	const struct pay *ACCOUNT_PAY;
	const struct deposit *ACCOUNT_DEPOSIT;
	const struct get *ACCOUNT_GET;
} account;
struct pay     { account to; uint64_t amount; };
struct deposit { uint64_t amount; };
struct get     { report_reply reply; };

static const troupe_kind account_kinds[] = {
	TROUPE_KIND(account, ACCOUNT_PAY), TROUPE_KIND(account, ACCOUNT_DEPOSIT), TROUPE_KIND(account, ACCOUNT_GET),
	{ 0 },
};

static troupe_verdict account_receive(troupe_actor *me, const troupe_message *m)
{
	struct report *self = me->state; /* what it reports is all it knows */
	account in = { .data = m->data };
	troupe_status status = TROUPE_OK;

	switch (m->kind) {
	case ACCOUNT_PAY:
		if (self->balance < in.ACCOUNT_PAY->amount) {
			self->refused++;
			break;
		}
		self->paid++;
		self->balance -= in.ACCOUNT_PAY->amount;
		status = troupe_send(in.ACCOUNT_PAY->to, ACCOUNT_DEPOSIT, .amount = in.ACCOUNT_PAY->amount);
		break;
	case ACCOUNT_DEPOSIT:
		self->balance += in.ACCOUNT_DEPOSIT->amount;
		break;
	case ACCOUNT_GET:
		status = troupe_send_bytes(in.ACCOUNT_GET->reply.ref, ACCOUNT_REPORT, self, sizeof *self);
		break;
	default:
		return TROUPE_UNKNOWN;
	}
	return status == TROUPE_OK ? TROUPE_HANDLED : troupe_fail(me, status);
}

static const troupe_behaviour account_behaviour = {
	.name = "account", .receive = account_receive, .state_size = sizeof(struct report), .kinds = account_kinds,
};

static uint64_t chance(uint64_t below) /* 0 to below - 1, the same ones in every run */
{
	static uint64_t x;
	x = x * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (x >> 33) % below;
}

int main(int argc, char **argv)
{
	static account all[65535]; /* as many answers as one future takes */
	uint64_t transfers = 300000, n = 1000;
	struct report opening = { .balance = 1000 }, one, sum = { 0 };
	troupe_future reports;
	troupe_ledger ledger;
	troupe_system system;

	sample_counts(argc, argv, { "transfers", &transfers, 1, 1000000000 }, { "accounts", &n, 1, 65535 });
	troupe_expectation each = { .struct_size = sizeof each, .answers = (uint32_t)n, .within_ns = SAMPLE_PATIENCE };
	troupe_must(troupe_start(TROUPE_OPTIONS(troupe_options, .ledger = &ledger), &system));
	for (uint64_t i = 0; i < n; i++)
		troupe_must(troupe_spawn(system, &account_behaviour, &opening, &all[i].ref));
	for (uint64_t i = 0; i < transfers; i++)
		troupe_must(troupe_send(all[chance(n)], ACCOUNT_PAY, .amount = chance(500), .to = all[chance(n)]));
	troupe_must(troupe_settle(system, SAMPLE_PATIENCE)); /* nothing is under way any more */
	troupe_must(troupe_future_open(system, &each, &reports));
	for (uint64_t i = 0; i < n; i++)
		troupe_must(troupe_ask(all[i], ACCOUNT_GET, reports.ref, 0));
	while (troupe_next(reports, ACCOUNT_REPORT, &one, sizeof one) == TROUPE_OK)
		sum = (struct report){ sum.balance + one.balance, sum.paid + one.paid, sum.refused + one.refused };
	troupe_future_close(reports);
	troupe_must(troupe_finish(system, SAMPLE_PATIENCE));
	bool ok = sum.balance == n * opening.balance && sum.paid + sum.refused == transfers;
	return sample_done(ok, &ledger, "bank: %" PRIu64 " paid, %" PRIu64 " refused, %" PRIu64
	                   " in the bank", sum.paid, sum.refused, sum.balance);
}
