/* SPDX-License-Identifier: MIT */
/* counter: state, two kinds of message, and main asking for an answer with troupe_call. What a thread sends to an actor
 * arrives in that order, so the answer knows of every addition sent before the question.
 *
 *     build/samples/counter [additions]    default 1000000
 *
 * Adds 1, 2, 3 ... and checks the sum. */
#include "troupe.h"
#include "sample.h"

enum { COUNTER_ADD = 1, COUNTER_GET, COUNTER_VALUE };

struct value { uint64_t n; };
typedef union value_reply { troupe_ref ref; const struct value *COUNTER_VALUE; } value_reply;

struct add { uint64_t by; };
struct get { value_reply reply; }; /* a member named reply makes it a question */

typedef union counter {
	troupe_ref ref;
	const void *data;
	const struct add *COUNTER_ADD;
	const struct get *COUNTER_GET;
} counter;

/* With a table of its kinds an actor's dead letters have names, and debug builds compare sizes. */
static const troupe_kind counter_kinds[] = {
	TROUPE_KIND(counter, COUNTER_ADD),
	TROUPE_KIND(counter, COUNTER_GET),
	{ 0 },
};

struct counter_state { uint64_t n; };

static troupe_verdict counter_receive(troupe_actor *me, const troupe_message *m)
{
	struct counter_state *self = me->state;
	counter in = { .data = m->data };
	troupe_status status = TROUPE_OK;

	switch (m->kind) {
	case COUNTER_ADD:
		self->n += in.COUNTER_ADD->by;
		break;
	case COUNTER_GET: /* an answer is a message sent to the reply address */
		troupe_ignore(troupe_send(in.COUNTER_GET->reply, COUNTER_VALUE, .n = self->n)); /* Troupe tells who asked */
		break;
	default:
		return TROUPE_UNKNOWN;
	}
	return status == TROUPE_OK ? TROUPE_HANDLED : troupe_fail(me, status);
}

static const troupe_behaviour counter_behaviour = {
	.name = "counter",
	.receive = counter_receive,
	.state_size = sizeof(struct counter_state),
	.kinds = counter_kinds,
};

static counter counter_spawn(troupe_system system, uint64_t n)
{
	counter c;

	troupe_must(troupe_spawn(system, &counter_behaviour, &(struct counter_state){ .n = n }, &c.ref));
	return c;
}

int main(int argc, char **argv)
{
	uint64_t additions = 1000000;
	troupe_ledger ledger;
	troupe_system system;
	struct value value;

	sample_counts(argc, argv, { "additions", &additions, 1, 1000000000 });
	troupe_must(troupe_start(TROUPE_OPTIONS(troupe_options, .ledger = &ledger), &system));
	counter c = counter_spawn(system, 0);
	for (uint64_t i = 1; i <= additions; i++)
		troupe_must(troupe_send(c, COUNTER_ADD, .by = i));
	troupe_must(troupe_call(c, COUNTER_GET, COUNTER_VALUE, &value, SAMPLE_PATIENCE, 0));
	troupe_must(troupe_finish(system, SAMPLE_PATIENCE));
	return sample_done(value.n == additions * (additions + 1) / 2, &ledger,
	                   "counter: %" PRIu64 " additions make %" PRIu64, additions, value.n);
}
