/* SPDX-License-Identifier: MIT */
/* late_reply: a buyer asks three clerks for a price each, one after the other, and waits for each no longer than its patience.
 * Bug: a late reply is taken for a newer one. A price does not say which question it answers (no correlation id), so one that
 * comes after the buyer has given up on it is written down as that of the next article.
 * Seen when: BUYER_PATIENCE of an article comes before its BUYER_PRICE, and that before the price of the next.
 * Smallest: 5 messages, 4 switches. The buyer loses its patience twice, and takes the price of the one clerk that answers
 * for that of the third article.
 * Twin: the price says what it is of, and others are dropped. (troupe_ask does that: each question has an address.) */
#include "troupe.h"

enum { ARTICLES = 3 };
#define SEARCH   (5 * TROUPE_MS)
#define PATIENCE (20 * TROUPE_MS)
enum { CLERK_ASKED = 1, CLERK_FOUND, BUYER_PRICE, BUYER_PATIENCE, HOST_PRICES };

struct price { int article, pence; };
typedef union buyer { troupe_ref ref; const void *data; const struct price *BUYER_PRICE; } buyer;
struct question { buyer by; int article; };
typedef union clerk { troupe_ref ref; const void *data; const struct question *CLERK_ASKED; } clerk;
struct prices { int of[ARTICLES]; }; /* 0: not known */
typedef union host { troupe_ref ref; const struct prices *HOST_PRICES; } host;

struct buyer_state { clerk clerks[ARTICLES]; host host; struct prices prices; int article; troupe_timer timer; };

static int price_of(int article) { return 100 * (article + 1); }

static troupe_verdict clerk_receive(troupe_actor *me, const troupe_message *m)
{
	struct question *self = me->state; /* the one that it works on */
	clerk in = { .data = m->data };

	switch (m->kind) {
	case CLERK_ASKED:
		*self = *in.CLERK_ASKED;
		return troupe_done(me, troupe_after(me, SEARCH, CLERK_FOUND, 0, NULL));
	case CLERK_FOUND:
		troupe_ignore(troupe_send(self->by, BUYER_PRICE, self->article, price_of(self->article))); /* it may have left */
		return TROUPE_HANDLED;
	default:
		return TROUPE_UNKNOWN;
	}
}

#ifdef FIXED
static bool is_mine(const struct buyer_state *self, const struct price *answer) { return answer->article == self->article; }
#else
static bool is_mine(const struct buyer_state *self, const struct price *answer) { return (void)self, (void)answer, true; }
#endif

static troupe_verdict buyer_ask(troupe_actor *me) /* for the price of this article; also the first thing in life */
{
	struct buyer_state *self = me->state;
	troupe_status status;

	if (self->article == ARTICLES)
		return troupe_done(me, troupe_send_struct(self->host, HOST_PRICES, &self->prices));
	status = troupe_after(me, PATIENCE, BUYER_PATIENCE, 0, &self->timer);
	if (status == TROUPE_OK)
		status = troupe_send(self->clerks[self->article], CLERK_ASKED, { me->ref }, self->article);
	return troupe_done(me, status);
}

static troupe_verdict buyer_receive(troupe_actor *me, const troupe_message *m)
{
	struct buyer_state *self = me->state;
	buyer in = { .data = m->data };

	switch (m->kind) {
	case BUYER_PRICE:
		if (self->article == ARTICLES || !is_mine(self, in.BUYER_PRICE))
			return TROUPE_HANDLED;
		troupe_ignore(troupe_cancel(me, self->timer));
		self->prices.of[self->article++] = in.BUYER_PRICE->pence;
		return buyer_ask(me);
	case BUYER_PATIENCE: /* this price stays unknown: on to the next */
		self->article++;
		return buyer_ask(me);
	default:
		return TROUPE_UNKNOWN;
	}
}

static const troupe_kind clerk_kinds[] = { TROUPE_KIND(clerk, CLERK_ASKED), TROUPE_KIND_ANY_SIZE(CLERK_FOUND), { 0 } };
static const troupe_kind buyer_kinds[] = { TROUPE_KIND(buyer, BUYER_PRICE), TROUPE_KIND_ANY_SIZE(BUYER_PATIENCE), { 0 } };

static const troupe_behaviour clerk_behaviour = {
	.name = "clerk", .receive = clerk_receive, .state_size = sizeof(struct question), .kinds = clerk_kinds,
};
static const troupe_behaviour buyer_behaviour = {
	.name = "buyer", .init = buyer_ask, .receive = buyer_receive, .state_size = sizeof(struct buyer_state),
	.kinds = buyer_kinds,
};

int main(void)
{
	struct buyer_state initial = { .article = 0 };
	troupe_system system;
	troupe_future list;
	struct prices prices;

	troupe_must(troupe_start(NULL, &system));
	troupe_must(troupe_future_open(system, NULL, &list));
	initial.host.ref = list.ref;
	for (int i = 0; i < ARTICLES; i++)
		troupe_must(troupe_spawn(system, &clerk_behaviour, NULL, &initial.clerks[i].ref));
	troupe_must(troupe_spawn(system, &buyer_behaviour, &initial, NULL));
	troupe_must(troupe_next(list, HOST_PRICES, &prices, sizeof prices));
	for (int i = 0; i < ARTICLES; i++)
		troupe_holds(prices.of[i] == 0 || prices.of[i] == price_of(i), "a price is that of its article, or unknown");
	troupe_future_close(list);
	troupe_must(troupe_finish(system, 0));
	return 0;
}
