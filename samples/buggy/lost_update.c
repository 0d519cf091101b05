/* SPDX-License-Identifier: MIT */
/* lost_update: two clients add 1 to a counter, once each.
 * Bug: a lost update. A client reads the number, adds, and writes the sum back: two messages, and others come between them.
 * Seen when: the COUNTER_GET of one client is handled between the COUNTER_GET and the COUNTER_SET of another.
 * Smallest: 7 messages, 9 switches. Both ask, are told and write; main asks. Clients act twice, main once, the counter
 * thrice.
 * Twin: one message. The client says what to do, COUNTER_ADD, and it is done where the number is. */
#include "troupe.h"

enum { CLIENTS = 2 };
enum { COUNTER_GET = 1, COUNTER_SET, COUNTER_ADD, VALUE };

struct value { int n; };
typedef union value_reply { troupe_ref ref; const void *data; const struct value *VALUE; } value_reply;
struct get { value_reply reply; };
typedef union counter {
	troupe_ref ref;
	const void *data;
	const struct get *COUNTER_GET;
	const struct value *COUNTER_SET, *COUNTER_ADD;
} counter;

static troupe_verdict counter_receive(troupe_actor *me, const troupe_message *m)
{
	struct value *self = me->state;
	counter in = { .data = m->data };

	switch (m->kind) {
	case COUNTER_GET:
		return troupe_done(me, troupe_send(in.COUNTER_GET->reply, VALUE, .n = self->n));
	case COUNTER_SET:
		self->n = in.COUNTER_SET->n;
		return TROUPE_HANDLED;
	case COUNTER_ADD:
		self->n += in.COUNTER_ADD->n;
		return TROUPE_HANDLED;
	default:
		return TROUPE_UNKNOWN;
	}
}

#ifdef FIXED
static troupe_verdict client_init(troupe_actor *me)
{
	const counter *to = me->state;

	return troupe_done(me, troupe_send(*to, COUNTER_ADD, .n = 1));
}

static troupe_verdict client_receive(troupe_actor *me, const troupe_message *m)
{
	return (void)me, (void)m, TROUPE_UNKNOWN;
}
#else
static troupe_verdict client_init(troupe_actor *me)
{
	const counter *from = me->state;

	return troupe_done(me, troupe_ask_then(me, *from, COUNTER_GET, NULL, 0, 0));
}

static troupe_verdict client_receive(troupe_actor *me, const troupe_message *m)
{
	const counter *to = me->state;
	value_reply in = { .data = m->data };

	if (m->kind != VALUE)
		return TROUPE_UNKNOWN;
	return troupe_done(me, troupe_send(*to, COUNTER_SET, .n = in.VALUE->n + 1));
}
#endif

static const troupe_kind counter_kinds[] = {
	TROUPE_KIND(counter, COUNTER_GET), TROUPE_KIND(counter, COUNTER_SET), TROUPE_KIND(counter, COUNTER_ADD),
	{ 0 },
};
static const troupe_kind client_kinds[] = { TROUPE_KIND(value_reply, VALUE), { 0 } };

static const troupe_behaviour counter_behaviour = {
	.name = "counter", .receive = counter_receive, .state_size = sizeof(struct value), .kinds = counter_kinds,
};
static const troupe_behaviour client_behaviour = {
	.name = "client", .init = client_init, .receive = client_receive, .state_size = sizeof(counter), .kinds = client_kinds,
};

int main(void)
{
	troupe_system system;
	counter total;
	struct value value;

	troupe_must(troupe_start(NULL, &system));
	troupe_must(troupe_spawn(system, &counter_behaviour, NULL, &total.ref));
	for (int i = 0; i < CLIENTS; i++)
		troupe_must(troupe_spawn(system, &client_behaviour, &total, NULL));
	troupe_must(troupe_settle(system, 0));
	troupe_must(troupe_call(total, COUNTER_GET, VALUE, &value, 0, 0));
	troupe_holds(value.n == CLIENTS, "no addition is lost");
	troupe_must(troupe_finish(system, 0));
	return 0;
}
