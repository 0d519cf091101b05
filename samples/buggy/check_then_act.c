/* SPDX-License-Identifier: MIT */
/* check_then_act: an account with 100 in it, and two cash machines that are asked for 80 each.
 * Bug: check-then-act across two messages. A machine asks for the balance, sees that it is enough, and debits: what it has
 * checked need not be true any more. The account is overdrawn.
 * Seen when: both ACCOUNT_GET are handled before either ACCOUNT_DEBIT.
 * Smallest: 6 messages, 6 switches. Both ask, are told and debit; the machines and the account act twice.
 * Twin: the account checks and acts in one message, ACCOUNT_TAKE, and answers whether it paid. */
#include "troupe.h"

enum { OPENING = 100, WANTED = 80, MACHINES = 2 };
enum { ACCOUNT_GET = 1, ACCOUNT_DEBIT, ACCOUNT_TAKE, BALANCE, PAID };

struct sum { int n; };
typedef union account_reply {
	troupe_ref ref; const void *data; const struct sum *BALANCE, *PAID;
} account_reply;
struct get { account_reply reply; };
struct take { account_reply reply; int n; };
typedef union account {
	troupe_ref ref; const void *data; const struct get *ACCOUNT_GET; const struct sum *ACCOUNT_DEBIT;
	const struct take *ACCOUNT_TAKE;
} account;

static troupe_verdict account_debit(struct sum *self, int n)
{
	self->n -= n;
	troupe_holds(self->n >= 0, "the account is never overdrawn");
	return TROUPE_HANDLED;
}

static troupe_verdict account_receive(troupe_actor *me, const troupe_message *m)
{
	struct sum *self = me->state;
	account in = { .data = m->data };
	int paid;

	switch (m->kind) {
	case ACCOUNT_GET:
		return troupe_done(me, troupe_send(in.ACCOUNT_GET->reply, BALANCE, .n = self->n));
	case ACCOUNT_DEBIT: /* who sends this has looked whether there is enough */
		return account_debit(self, in.ACCOUNT_DEBIT->n);
	case ACCOUNT_TAKE:
		paid = in.ACCOUNT_TAKE->n <= self->n ? in.ACCOUNT_TAKE->n : 0;
		troupe_ignore(troupe_send(in.ACCOUNT_TAKE->reply, PAID, .n = paid));
		return account_debit(self, paid);
	default:
		return TROUPE_UNKNOWN;
	}
}

#ifdef FIXED
static troupe_verdict machine_init(troupe_actor *me)
{
	const account *from = me->state;

	return troupe_done(me, troupe_ask_then(me, *from, ACCOUNT_TAKE, NULL, 0, .n = WANTED));
}

static troupe_verdict machine_receive(troupe_actor *me, const troupe_message *m)
{
	return (void)me, m->kind == PAID ? TROUPE_HANDLED : TROUPE_UNKNOWN; /* gives out what was paid: 80, or nothing */
}
#else
static troupe_verdict machine_init(troupe_actor *me)
{
	const account *from = me->state;

	return troupe_done(me, troupe_ask_then(me, *from, ACCOUNT_GET, NULL, 0, 0));
}

static troupe_verdict machine_receive(troupe_actor *me, const troupe_message *m)
{
	const account *from = me->state;
	account_reply in = { .data = m->data };

	if (m->kind != BALANCE)
		return TROUPE_UNKNOWN;
	return in.BALANCE->n < WANTED ? TROUPE_HANDLED : troupe_done(me, troupe_send(*from, ACCOUNT_DEBIT, .n = WANTED));
}
#endif

static const troupe_kind account_kinds[] = {
	TROUPE_KIND(account, ACCOUNT_GET), TROUPE_KIND(account, ACCOUNT_DEBIT), TROUPE_KIND(account, ACCOUNT_TAKE),
	{ 0 },
};
static const troupe_kind machine_kinds[] = { TROUPE_KIND(account_reply, BALANCE), TROUPE_KIND(account_reply, PAID), { 0 } };

static const troupe_behaviour account_behaviour = {
	.name = "account", .receive = account_receive, .state_size = sizeof(struct sum), .kinds = account_kinds,
};
static const troupe_behaviour machine_behaviour = {
	.name = "machine", .init = machine_init, .receive = machine_receive, .state_size = sizeof(account),
	.kinds = machine_kinds,
};

int main(void)
{
	troupe_system system;
	account joint;

	troupe_must(troupe_start(NULL, &system));
	troupe_must(troupe_spawn(system, &account_behaviour, &(struct sum){ OPENING }, &joint.ref));
	for (int i = 0; i < MACHINES; i++)
		troupe_must(troupe_spawn(system, &machine_behaviour, &joint, NULL));
	troupe_must(troupe_settle(system, 0));
	troupe_must(troupe_finish(system, 0));
	return 0;
}
