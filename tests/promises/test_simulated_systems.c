/* SPDX-License-Identifier: MIT */
/* Small systems in many orders of messages: money is neither made nor lost, crashes are begun again, full mailboxes refuse or park;
 * and the books are exact, also when memory is refused by chance. */
#include "simulated.h"

enum kind { MOVE = 1, PAY, PAID, COUNT, COUNTED, WORK, FLOOD, DROP };

/* ------------------------------------------------------------------------------------------------------------- a bank -- */

enum { ACCOUNTS = 3, MOVES = 6, BEGIN_WITH = 100 };

struct paid { int amount; };
typedef union paid_reply { troupe_ref ref; const struct paid *PAID; } paid_reply;
struct pay { int amount; paid_reply reply; };
struct move { troupe_ref to; int amount; };
struct account { int balance, on_its_way; };

static int total, uncertain;

static troupe_verdict paid(troupe_actor *me, const troupe_message *m)
{
	struct account *self = me->state;

	if (m->kind == PAID)
		self->on_its_way -= ((const struct paid *)m->data)->amount;
	else
		uncertain++; /* whether the other one has it is not known: that is what a question can say */
	return TROUPE_HANDLED;
}

static troupe_verdict account(troupe_actor *me, const troupe_message *m)
{
	struct account *self = me->state;

	if (m->kind == MOVE) {
		struct move move = *(const struct move *)m->data;
		struct pay pay = { .amount = move.amount };
		if (move.amount > self->balance || troupe_ask_then_bytes(me, move.to, PAY, &pay, sizeof pay, offsetof(struct pay, reply),
		                                                         paid, TROUPE_S) != TROUPE_OK)
			return TROUPE_HANDLED;
		self->balance -= move.amount;
		self->on_its_way += move.amount;
		return TROUPE_HANDLED;
	}
	if (m->kind != PAY)
		return TROUPE_UNKNOWN;
	const struct pay *pay = m->data;
	self->balance += pay->amount;
	struct paid answer = { pay->amount };
	troupe_ignore(troupe_send_bytes(pay->reply.ref, PAID, &answer, sizeof answer));
	return TROUPE_HANDLED;
}

static void close_account(troupe_actor *me, troupe_status why)
{
	(void)why;
	total += ((const struct account *)me->state)->balance;
}

static void bank(void *context)
{
	static const troupe_behaviour behaviour = { .name = "account", .receive = account, .terminate = close_account,
		                                        .state_size = sizeof(struct account) };
	troupe_ref accounts[ACCOUNTS];
	troupe_ledger ledger;
	troupe_system system;
	int opened = 0;

	(void)context;
	total = uncertain = 0;
	if (!open_system(&system, &ledger))
		return;
	while (opened < ACCOUNTS &&
	       troupe_spawn(system, &behaviour, &(struct account){ .balance = BEGIN_WITH }, &accounts[opened]) == TROUPE_OK)
		opened++;
	for (int i = 0; i < MOVES && opened == ACCOUNTS; i++) {
		struct move move = { accounts[(i + 1) % ACCOUNTS], 30 + i };
		troupe_ignore(troupe_send_bytes(accounts[i % ACCOUNTS], MOVE, &move, sizeof move));
	}
	close_system(system, &ledger);
	troupe_holds(uncertain > 0 || total == opened * BEGIN_WITH, "all the money is there");
}

TEST(simulated_systems, a_bank_keeps_its_money)
{
	check_all_orders(bank, 0, 0);
	check_all_orders(bank, 0, REFUSALS_PPM);
}

/* --------------------------------------------------------------------------------------------------- who begins again -- */

enum { HELPERS = 2, TASKS = 5 };

static int worked;

static troupe_verdict work(troupe_actor *me, const troupe_message *m)
{
	(void)me, (void)m;
	worked++;
	return TROUPE_HANDLED;
}

static const troupe_behaviour helper = { .name = "helper", .receive = work };
static const troupe_child_spec helpers[] = { { .name = "first", .behaviour = &helper },
	                                         { .name = "second", .behaviour = &helper, .queue = TROUPE_QUEUE_DROP }, { 0 } };

static void supervised(void *context)
{
	static const troupe_supervisor trees[] = {
		{ .children = helpers, .restarts_max = TROUPE_UNLIMITED, .within_ns = TROUPE_S },
		{ .children = helpers, .restarts_max = TROUPE_UNLIMITED, .within_ns = TROUPE_S, .strategy = TROUPE_ONE_FOR_ALL },
		{ .children = helpers, .restarts_max = 1, .within_ns = TROUPE_S, .strategy = TROUPE_REST_FOR_ONE },
	};
	troupe_ref top, child;
	troupe_ledger ledger;
	troupe_system system;

	(void)context;
	for (unsigned tree = 0; tree < 3; tree++) {
		worked = 0;
		if (!open_system(&system, &ledger))
			return;
		bool stands = troupe_supervise(system, NULL, &trees[tree], &top) == TROUPE_OK;
		for (int i = 0; i < TASKS && stands; i++)
			if (troupe_child(top, i % HELPERS ? "second" : "first", &child) == TROUPE_OK)
				troupe_ignore(troupe_send_bytes(child, WORK, NULL, 0));
		close_system(system, &ledger);
		troupe_holds((uint64_t)worked <= ledger.handled, "each task is done once at most");
	}
}

TEST(simulated_systems, who_crashes_begins_again_and_no_message_is_lost)
{
	check_all_orders(supervised, CRASHES_PPM, 0);
	check_all_orders(supervised, CRASHES_PPM, REFUSALS_PPM);
}

/* ----------------------------------------------------------------------------------------------------------- overload -- */

enum { FLOODED = 6, LINKS = 3 };

struct flooder { troupe_ref to; int left; };

static troupe_verdict flood(troupe_actor *me, const troupe_message *m)
{
	struct flooder *self = me->state;

	if (m->kind == FLOOD) {
		if (m->size == sizeof self->to)
			self->to = *(const troupe_ref *)m->data;
		troupe_ignore(troupe_send_bytes(self->to, DROP, &self->left, sizeof self->left));
		troupe_ignore(troupe_send_bytes(self->to, DROP, &self->left, sizeof self->left));
		if (--self->left > 0)
			troupe_ignore(troupe_send_bytes(me->ref, FLOOD, NULL, 0));
	}
	return TROUPE_HANDLED;
}

static void overload(void *context)
{
	static const troupe_overflow policies[] = { TROUPE_REFUSE, TROUPE_DROP_NEWEST, TROUPE_DROP_OLDEST, TROUPE_PARK };
	troupe_ledger ledger;
	troupe_system system;
	troupe_ref sink, source;

	(void)context;
	for (unsigned i = 0; i < 4; i++) {
		troupe_bounds bounds = { .messages_max = 2, .overflow = policies[i] };
		troupe_behaviour narrow = { .name = "narrow", .receive = work, .bounds = &bounds };
		troupe_behaviour wide = { .name = "flooder", .receive = flood, .state_size = sizeof(struct flooder) };
		if (!open_system(&system, &ledger))
			return;
		bool stands = troupe_spawn(system, &narrow, NULL, &sink) == TROUPE_OK;
		for (int k = 0; k < 2 && stands; k++)
			if (troupe_spawn(system, &wide, &(struct flooder){ sink, FLOODED }, &source) == TROUPE_OK)
				troupe_ignore(troupe_send_bytes(source, FLOOD, NULL, 0));
		close_system(system, &ledger);
	}
}

TEST(simulated_systems, full_mailboxes_refuse_drop_and_park)
{
	check_all_orders(overload, 0, 0);
	check_all_orders(overload, 0, REFUSALS_PPM);
}

/* A ring of actors with room for one message each, who all send to the next: somebody gets credit. */
static void parked_circle(void *context)
{
	static const troupe_bounds bounds = { .messages_max = 1, .overflow = TROUPE_PARK };
	static const troupe_behaviour behaviour = { .name = "link", .receive = flood, .state_size = sizeof(struct flooder),
		                                        .bounds = &bounds };
	troupe_ledger ledger;
	troupe_system system;
	troupe_ref links[LINKS];
	bool stands = true;

	(void)context;
	if (!open_system(&system, &ledger))
		return;
	for (int i = 0; i < LINKS && stands; i++)
		stands = troupe_spawn(system, &behaviour, &(struct flooder){ .left = 3 }, &links[i]) == TROUPE_OK;
	for (int i = 0; i < LINKS && stands; i++)
		troupe_ignore(troupe_send_bytes(links[i], FLOOD, &links[(i + 1) % LINKS], sizeof links[i]));
	close_system(system, &ledger);
}

TEST(simulated_systems, who_waits_for_room_is_told)
{
	check_all_orders(parked_circle, 0, 0);
	check_all_orders(parked_circle, 0, REFUSALS_PPM);
}
