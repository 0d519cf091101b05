/* SPDX-License-Identifier: MIT */
/* DRAFT against next.h. supervised_bank: tellers crash at random, by an error, a NULL pointer or a stack that overflows;
 * their supervisor begins them again, and the money in the vault stays constant.
 * A teller keeps nothing: it passes each question on to the vault, or crashes and its customer is told so. The other
 * customers in its queue notice nothing. */
#include <stdio.h>
#include "next.h"

enum { ACCOUNTS = 100, TRANSFERS = 10000, OPENING = 1000, BANK_MOVE = 1, BANK_COUNT, BANK_DONE, BANK_SUM };

struct sum   { int64_t balance; };
typedef union bank_reply { troupe_ref ref; const troupe_nothing *BANK_DONE; const struct sum *BANK_SUM; } bank_reply;
struct move  { bank_reply reply; int32_t from, to, amount; };
struct count { bank_reply reply; };
typedef union bank { troupe_ref ref; const void *data; const struct move *BANK_MOVE; const struct count *BANK_COUNT; } bank;
struct vault  { int64_t account[ACCOUNTS]; };
struct teller { bank vault; uint32_t chance; };
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
	struct teller *self = me->state;

	self->chance = (uint32_t)me->ref.bits_private + troupe_lives(me, NULL);
	return troupe_done(me, troupe_child(troupe_parent(me), "vault", &self->vault.ref));
}

static troupe_verdict teller_receive(troupe_actor *me, const troupe_message *m)
{
	struct teller *self = me->state;
	volatile int one = 1, *volatile nowhere = NULL;

	switch ((self->chance = self->chance * 1664525 + 1013904223) >> 22) { /* one of 1024 */
	case 0: return troupe_fail(me, TROUPE_EUSER);
	case 1: *nowhere = 1; break;
	case 2: return dig(&one) ? TROUPE_HANDLED : TROUPE_UNKNOWN;
	}
	return troupe_done(me, troupe_forward(me, m, self->vault.ref));
}

static const troupe_behaviour vault_behaviour = { "vault", vault_receive, .state_size = sizeof(struct vault) };
static const troupe_behaviour teller_behaviour = {
	"teller", teller_receive, .init = teller_init, .state_size = sizeof(struct teller), .isolation = TROUPE_CONTAINED,
};
static struct vault opening;
static const troupe_child_spec staff[] = {
	{ "vault", &vault_behaviour, .initial = &opening, .restart = TROUPE_NEVER },
	{ "tellers", &teller_behaviour, .copies = 4 }, { 0 },
};
static const troupe_supervisor tree = { "bank", staff, .restarts_max = TRANSFERS };

int main(void)
{
	troupe_expectation each = { .struct_size = sizeof each, .answers = TRANSFERS, .within_ns = 60 * TROUPE_S };
	bank tellers, vault;
	troupe_future customers;
	troupe_system system;
	troupe_nothing done;
	struct sum sum;
	int served = 0;
	troupe_ref top;

	for (int i = 0; i < ACCOUNTS; i++)
		opening.account[i] = OPENING;
	troupe_must(troupe_start(NULL, &system));
	troupe_must(troupe_supervise(system, NULL, &tree, &top));
	troupe_must(troupe_child(top, "tellers", &tellers.ref)); /* a group of four, by turns */
	troupe_must(troupe_child(top, "vault", &vault.ref));
	troupe_must(troupe_future_open(system, &each, &customers));
	for (int i = 0; i < TRANSFERS; i++)
		troupe_must(troupe_ask(tellers, BANK_MOVE, customers.ref, .from = i % 7, .to = i % 31, .amount = i));
	while (troupe_next(customers, BANK_DONE, &done, sizeof done) == TROUPE_OK)
		served++;
	troupe_must(troupe_call(vault, BANK_COUNT, BANK_SUM, &sum, TROUPE_S, 0));
	troupe_future_close(customers);
	troupe_must(troupe_finish(system, 10 * TROUPE_S));
	printf("%d of %d served, %d in the vault\n", served, TRANSFERS, (int)sum.balance);
	return sum.balance == ACCOUNTS * OPENING ? 0 : 1;
}
