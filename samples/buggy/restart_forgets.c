/* SPDX-License-Identifier: MIT */
/* restart_forgets: a clerk sells one seat to three customers. A fourth order is wrong, and the clerk fails on it; its
 * supervisor restarts it, and it goes on with the orders that wait.
 * Bug: amnesia by restart. What is sold stands in the clerk's own state, which begins anew, so the seat is sold once more.
 * Seen when: the wrong CLERK_SELL is handled between two right ones.
 * Smallest: 9 messages, 8 switches. Four CLERK_SELL, and five of supervision. Each customer, the clerk, its office, the
 * clerk, main.
 * Twin: an error kernel. The plan of seats is kept by an actor that does nothing that can fail; the clerk checks orders. */
#include "troupe.h"
#include "troupe/supervise.h"

enum { CUSTOMERS = 3, SEATS = 1 };
enum { CLERK_SELL = 1, HOST_TICKET };

struct ticket { int seat; };
typedef union host { troupe_ref ref; const struct ticket *HOST_TICKET; } host;
struct order { host customer; int seat; };
typedef union clerk { troupe_ref ref; const void *data; const struct order *CLERK_SELL; } clerk;

struct plan { bool sold[SEATS]; clerk keeper; };
struct customer { clerk clerk; struct order order; };

static troupe_verdict plan_sell(troupe_actor *me, const troupe_message *m)
{
	struct plan *self = me->state;
	clerk in = { .data = m->data };
	int seat = in.CLERK_SELL->seat;

	if (self->sold[seat])
		return TROUPE_HANDLED; /* sorry */
	self->sold[seat] = true;
	return troupe_done(me, troupe_send(in.CLERK_SELL->customer, HOST_TICKET, .seat = seat));
}

#ifdef FIXED
static troupe_verdict sell(troupe_actor *me, const troupe_message *m)
{
	const struct plan *self = me->state;

	return troupe_done(me, troupe_forward(me, m, self->keeper.ref));
}
#else
static troupe_verdict sell(troupe_actor *me, const troupe_message *m) { return plan_sell(me, m); }
#endif

static troupe_verdict clerk_receive(troupe_actor *me, const troupe_message *m)
{
	clerk in = { .data = m->data };

	if (in.CLERK_SELL->seat >= SEATS)
		return troupe_fail(me, TROUPE_EFAILED); /* stands for any programming error */
	return sell(me, m);
}

static troupe_verdict customer_init(troupe_actor *me)
{
	const struct customer *self = me->state;

	return troupe_done(me, troupe_send_struct(self->clerk, CLERK_SELL, &self->order));
}

static troupe_verdict customer_receive(troupe_actor *me, const troupe_message *m)
{
	return (void)me, (void)m, TROUPE_UNKNOWN;
}

static const troupe_kind clerk_kinds[] = { TROUPE_KIND(clerk, CLERK_SELL), { 0 } };

static const troupe_behaviour keeper_behaviour = {
	.name = "keeper", .receive = plan_sell, .state_size = sizeof(struct plan), .kinds = clerk_kinds,
};
static const troupe_behaviour clerk_behaviour = {
	.name = "clerk", .receive = clerk_receive, .state_size = sizeof(struct plan), .kinds = clerk_kinds,
};
static const troupe_behaviour customer_behaviour = {
	.name = "customer", .init = customer_init, .receive = customer_receive, .state_size = sizeof(struct customer),
};

static void log_nothing(void *context, const char *line) { (void)context, (void)line; } /* the failure is meant */

int main(void)
{
	struct plan plan = { .sold = { false } };
	troupe_child_spec children[] = { { .name = "clerk", .behaviour = &clerk_behaviour, .initial = &plan }, { 0 } };
	troupe_supervisor office = { .name = "office", .children = children };
	struct customer customer = { .order = { .seat = 0 } };
	troupe_system system;
	troupe_future tickets;
	troupe_ref top;
	struct ticket ticket;
	int sold = 0;

	troupe_must(troupe_start(TROUPE_OPTIONS(troupe_options, .log = log_nothing), &system));
	troupe_must(troupe_future_open(system, TROUPE_OPTIONS(troupe_expectation, .answers = CUSTOMERS), &tickets));
	troupe_must(troupe_spawn(system, &keeper_behaviour, NULL, &plan.keeper.ref));
	troupe_must(troupe_supervise(system, NULL, &office, &top));
	troupe_must(troupe_child(top, "clerk", &customer.clerk.ref));
	customer.order.customer.ref = tickets.ref;
	for (int i = 0; i <= CUSTOMERS; i++) {
		customer.order.seat = i < CUSTOMERS ? 0 : SEATS; /* the last one's is wrong */
		troupe_must(troupe_spawn(system, &customer_behaviour, &customer, NULL));
	}
	troupe_must(troupe_settle(system, 0));
	while (troupe_future_ready(tickets) && troupe_next(tickets, HOST_TICKET, &ticket, sizeof ticket) == TROUPE_OK)
		sold++;
	troupe_holds(sold == SEATS, "a seat is sold once");
	troupe_future_close(tickets);
	troupe_must(troupe_finish(system, 0));
	return 0;
}
