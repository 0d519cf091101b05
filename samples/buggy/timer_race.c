/* SPDX-License-Identifier: MIT */
/* timer_race: an order waits for the stock to find the goods, no longer than its patience; then the customer gets the money.
 * Bug: timer against reply. Each of the two is handled as if the other could not come any more: the customer gets both.
 * Seen when: ORDER_FOUND is handled after ORDER_TIMEOUT. (The other way round the timer is cancelled, and all is well.)
 * Smallest: 6 messages, 4 switches. Each message once, without STOCK_RETURN: order, stock, order, customer.
 * Twin: the first of the two decides, and the state says so; goods that are found too late go back to the shelf. */
#include "troupe.h"

#define SEARCH   (5 * TROUPE_MS)
#define PATIENCE (20 * TROUPE_MS)
enum { STOCK_FIND = 1, STOCK_FOUND, STOCK_RETURN, ORDER_FOUND, ORDER_TIMEOUT, CUSTOMER_GOODS, CUSTOMER_MONEY, HOST_DONE };

typedef union host { troupe_ref ref; const troupe_nothing *HOST_DONE; } host;
typedef union customer { troupe_ref ref; const troupe_nothing *CUSTOMER_GOODS, *CUSTOMER_MONEY; } customer;
typedef union order { troupe_ref ref; const troupe_nothing *ORDER_FOUND; } order;
struct find { order order; };
typedef union stock {
	troupe_ref ref; const void *data; const struct find *STOCK_FIND; const troupe_nothing *STOCK_RETURN;
} stock;

struct customer_state { host host; bool goods, money; };
struct order_state { stock stock; customer customer; troupe_timer timer; bool refunded; };
struct stock_state { host host; order order; };

static troupe_verdict stock_receive(troupe_actor *me, const troupe_message *m)
{
	struct stock_state *self = me->state;
	stock in = { .data = m->data };
	troupe_status status;

	switch (m->kind) {
	case STOCK_FIND: /* takes a while */
		self->order = in.STOCK_FIND->order;
		return troupe_done(me, troupe_after(me, SEARCH, STOCK_FOUND, 0, NULL));
	case STOCK_FOUND:
		status = troupe_send(self->order, ORDER_FOUND, 0);
		return troupe_done(me, status == TROUPE_OK ? troupe_send(self->host, HOST_DONE, 0) : status);
	case STOCK_RETURN:
		return TROUPE_HANDLED;
	default:
		return TROUPE_UNKNOWN;
	}
}

static troupe_verdict order_init(troupe_actor *me)
{
	struct order_state *self = me->state;
	troupe_status status = troupe_after(me, PATIENCE, ORDER_TIMEOUT, 0, &self->timer);

	return troupe_done(me, status == TROUPE_OK ? troupe_send(self->stock, STOCK_FIND, { me->ref }) : status);
}

#ifdef FIXED
static bool too_late(const struct order_state *self) { return self->refunded; }
#else
static bool too_late(const struct order_state *self) { return (void)self, false; }
#endif

static troupe_verdict order_receive(troupe_actor *me, const troupe_message *m)
{
	struct order_state *self = me->state;

	switch (m->kind) {
	case ORDER_FOUND:
		if (too_late(self))
			return troupe_done(me, troupe_send(self->stock, STOCK_RETURN, 0));
		troupe_ignore(troupe_cancel(me, self->timer));
		return troupe_done(me, troupe_send(self->customer, CUSTOMER_GOODS, 0));
	case ORDER_TIMEOUT:
		self->refunded = true;
		return troupe_done(me, troupe_send(self->customer, CUSTOMER_MONEY, 0));
	default:
		return TROUPE_UNKNOWN;
	}
}

static troupe_verdict customer_receive(troupe_actor *me, const troupe_message *m)
{
	struct customer_state *self = me->state;

	self->goods |= m->kind == CUSTOMER_GOODS;
	self->money |= m->kind == CUSTOMER_MONEY;
	troupe_holds(!(self->goods && self->money), "a customer gets the goods, or the money back");
	return troupe_done(me, troupe_send(self->host, HOST_DONE, 0));
}

static const troupe_kind stock_kinds[] = {
	TROUPE_KIND(stock, STOCK_FIND), TROUPE_KIND_ANY_SIZE(STOCK_FOUND), TROUPE_KIND(stock, STOCK_RETURN), { 0 },
};
static const troupe_kind order_kinds[] = { TROUPE_KIND(order, ORDER_FOUND), TROUPE_KIND_ANY_SIZE(ORDER_TIMEOUT), { 0 } };
static const troupe_kind customer_kinds[] = {
	TROUPE_KIND(customer, CUSTOMER_GOODS), TROUPE_KIND(customer, CUSTOMER_MONEY), { 0 },
};

static const troupe_behaviour stock_behaviour = {
	.name = "stock", .receive = stock_receive, .state_size = sizeof(struct stock_state), .kinds = stock_kinds,
};
static const troupe_behaviour order_behaviour = {
	.name = "order", .init = order_init, .receive = order_receive, .state_size = sizeof(struct order_state),
	.kinds = order_kinds,
};
static const troupe_behaviour customer_behaviour = {
	.name = "customer", .receive = customer_receive, .state_size = sizeof(struct customer_state), .kinds = customer_kinds,
};

int main(void)
{
	struct order_state initial = { .refunded = false };
	troupe_system system;
	troupe_future done;
	troupe_nothing nothing;

	troupe_must(troupe_start(NULL, &system));
	troupe_must(troupe_future_open(system, TROUPE_OPTIONS(troupe_expectation, .answers = 2), &done));
	troupe_must(troupe_spawn(system, &stock_behaviour, &(struct stock_state){ .host = { done.ref } }, &initial.stock.ref));
	troupe_must(troupe_spawn(system, &customer_behaviour, &(struct customer_state){ .host = { done.ref } },
	                         &initial.customer.ref));
	troupe_must(troupe_spawn(system, &order_behaviour, &initial, NULL));
	for (int i = 0; i < 2; i++) /* the stock has searched, the customer has got something */
		troupe_must(troupe_next(done, HOST_DONE, &nothing, sizeof nothing));
	troupe_future_close(done);
	troupe_must(troupe_finish(system, 0));
	return 0;
}
