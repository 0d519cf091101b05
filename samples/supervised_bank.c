/* SPDX-License-Identifier: MIT */
/* supervised_bank [transfers [tellers]]: tellers crash at random, by an error, a NULL pointer or a stack that overflows. Their
 * supervisor begins them again, as the same actors with the same queues, and the money in the vault stays constant.
 * A teller keeps nothing: it passes each order on to the vault, or it crashes on it, and whoever gave the order is told that it
 * has no outcome. So each order is either done or refused, and the others in the queue notice nothing. */
#include "sample.h"
enum { ACCOUNTS = 100, OPENING = 1000, TELLERS_MAX = 64 };
enum { BANK_MOVE = 1, BANK_COUNT, BANK_DONE, BANK_SUM };
struct sum   { int64_t balance; };
typedef union bank_reply { troupe_ref ref; const troupe_nothing *BANK_DONE; const struct sum *BANK_SUM; } bank_reply;
struct move  { bank_reply reply; uint32_t from, to, amount; };
struct count { bank_reply reply; };
typedef union bank { troupe_ref ref; const void *data; const struct move *BANK_MOVE; const struct count *BANK_COUNT; } bank;
struct vault  { int64_t account[ACCOUNTS]; };
struct teller { uint32_t chance; };

static troupe_verdict vault_receive(troupe_actor *me, const troupe_message *m)
{
	struct vault *self = me->state;
	bank in = { .data = m->data };
	int64_t sum = 0;
	if (m->kind == BANK_MOVE) { /* debts are allowed */
		self->account[in.BANK_MOVE->from] -= in.BANK_MOVE->amount;
		self->account[in.BANK_MOVE->to] += in.BANK_MOVE->amount;
		return troupe_done(me, troupe_send(in.BANK_MOVE->reply, BANK_DONE, 0));
	}
	for (int i = 0; i < ACCOUNTS; i++)
		sum += self->account[i];
	return m->kind != BANK_COUNT ? TROUPE_UNKNOWN : troupe_done(me, troupe_send(in.BANK_COUNT->reply, BANK_SUM, sum));
}

static int dig(volatile int *deeper) /* until the stack is over */
{
	volatile int here[1000] = { *deeper };
	return *deeper ? dig(&here[0]) + here[1] : 0;
}

static troupe_verdict teller_init(troupe_actor *me) /* in each of its lives */
{
	((struct teller *)me->state)->chance = (uint32_t)me->ref.bits_private * 2654435761u + troupe_lives(me, NULL);
	return TROUPE_HANDLED;
}

static troupe_verdict teller_receive(troupe_actor *me, const troupe_message *m)
{
	struct teller *self = me->state;
	volatile int one = 1, *volatile nowhere = NULL;
	bank vault;
	switch ((self->chance = self->chance * 1664525 + 1013904223) >> 24) { /* one of 256 */
	case 0: return troupe_fail(me, TROUPE_EUSER);
	case 1: *nowhere = 1; break;
	case 2: return dig(&one) ? TROUPE_HANDLED : TROUPE_UNKNOWN;
	}
	troupe_status found = troupe_child(troupe_parent(me), "vault", &vault.ref);
	return troupe_done(me, found != TROUPE_OK ? found : troupe_forward(me, m, vault.ref));
}

static void quiet(void *context, const char *line) { (void)context, (void)line; } /* no line for each crash */

int main(int argc, char **argv)
{
	static const troupe_behaviour vault_behaviour = { "vault", vault_receive, .state_size = sizeof(struct vault) };
	static const troupe_behaviour teller_behaviour = { "teller", teller_receive, .init = teller_init,
		.state_size = sizeof(struct teller), .isolation = TROUPE_CONTAINED };
	static struct vault opening;
	static const troupe_child_spec staff[] = { { "vault", &vault_behaviour, .initial = &opening }, { 0 } };
	static const troupe_supervisor tree = { "bank", staff, .restarts_max = TROUPE_UNLIMITED, .within_ns = TROUPE_S };
	uint64_t orders = 20000, n = 4, done = 0;
	sample_counts(argc, argv, { "transfers", &orders, 1, 65535 }, { "tellers", &n, 1, TELLERS_MAX });
	troupe_ledger ledger;
	troupe_counters counters;
	troupe_system system;
	troupe_ref top;
	troupe_future customers;
	bank tellers[TELLERS_MAX], vault;
	struct sum sum;
	troupe_must(troupe_start(TROUPE_OPTIONS(troupe_options, .ledger = &ledger, .log = quiet, .crashes_max = UINT64_MAX), &system));
	for (int i = 0; i < ACCOUNTS; i++)
		opening.account[i] = OPENING;
	troupe_must(troupe_supervise(system, NULL, &tree, &top));
	for (uint64_t i = 0; i < n; i++)
		troupe_must(troupe_add_child(top, &(troupe_child_spec){ .behaviour = &teller_behaviour }, &tellers[i].ref));
	troupe_must(troupe_child(top, "vault", &vault.ref));
	troupe_must(troupe_future_open(system, TROUPE_OPTIONS(troupe_expectation, .answers = TROUPE_ANSWERS_ALL,
		.questions = (uint32_t)orders, .within_ns = SAMPLE_PATIENCE), &customers));
	for (uint32_t i = 0; i < orders; i++)
		troupe_must(troupe_ask(tellers[i % n], BANK_MOVE, customers.ref, .from = i * 7 % ACCOUNTS, .to = i * 31 % ACCOUNTS, .amount = i));
	while (troupe_next(customers, BANK_DONE, &(troupe_nothing){ 0 }, sizeof(troupe_nothing)) == TROUPE_OK)
		done++;
	troupe_must(troupe_call(vault, BANK_COUNT, BANK_SUM, &sum, SAMPLE_PATIENCE, 0));
	troupe_must(troupe_counters_read(system, &counters));
	troupe_future_close(customers);
	troupe_must(troupe_finish(system, SAMPLE_PATIENCE));
	bool right = sum.balance == ACCOUNTS * OPENING && done + counters.restarts == orders && ledger.dead == counters.restarts;
	ledger.handled += ledger.dead, ledger.dead = 0; /* those that crashed a teller: counted above */
	return sample_done(right, &ledger, "supervised_bank: %d transfers, %d crashes and failures, %d in the vault", (int)done,
	                   (int)counters.restarts, (int)sum.balance);
}
