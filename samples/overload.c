/* SPDX-License-Identifier: MIT */
/* overload: a producer ten times faster than its consumer, and a mailbox that says what becomes of the rest.
 *
 *     build/samples/overload [messages]      default: 5,000, of about a kilobyte each
 *
 * Without bounds the mailbox grows, and the last message is handled long after it was sent. With them the policy says which messages
 * are lost, and who hears of it. Parked, the producer waits for its consumer (its thread does not), and nothing is lost. */
#include <stdatomic.h>
#include "troupe.h"
#include "sample.h"
enum { ITEM = 1, GO, BURST = 10, ROOM = 100 };

struct item { double sent_at; char payload[960]; };
typedef union consumer { troupe_ref ref; const void *data; const struct item *ITEM; } consumer;
typedef union producer { troupe_ref ref; const troupe_nothing *GO; } producer;

struct run { /* of one policy; each actor writes what is its own */
	consumer to;
	uint64_t messages, sent, refused, queued_max;
	double delay_max;
	atomic_uint_fast64_t handled, dropped;
};

/* What the consumer does for each message, and the producer for ten. */
static void spin(void)
{
	for (double end = sample_now() + 20e-6; sample_now() < end;)
		;
}

static troupe_verdict consume(troupe_actor *me, const troupe_message *m)
{
	struct run *run = *(struct run **)me->state;
	double delay = sample_now() - ((consumer){ .data = m->data }).ITEM->sent_at;

	run->delay_max = delay > run->delay_max ? delay : run->delay_max;
	spin();
	atomic_fetch_add(&run->handled, 1);
	return TROUPE_HANDLED;
}

/* Ten, then a message to itself for ten more: while it is parked that waits too. */
static troupe_verdict produce(troupe_actor *me, const troupe_message *m)
{
	struct run *run = *(struct run **)me->state;

	for (int i = 0; m->kind == GO && i < BURST && run->sent < run->messages; i++, run->sent++)
		run->refused += troupe_send(run->to, ITEM, .sent_at = sample_now()) == TROUPE_EFULL;
	uint64_t gone = run->handled + run->dropped + run->refused, queued = run->sent > gone ? run->sent - gone : 0;
	run->queued_max = queued > run->queued_max ? queued : run->queued_max;
	spin();
	return run->sent < run->messages ? troupe_done(me, troupe_send((producer){ me->ref }, GO, 0)) : TROUPE_HANDLED;
}

static void count_drop(void *context, const troupe_dead_letter *letter)
{
	atomic_fetch_add(&((struct run *)context)->dropped, letter->why == TROUPE_EFULL || letter->why == TROUPE_ETIMEOUT);
}

static const troupe_behaviour consumer_behaviour = { "consumer", consume, .state_size = sizeof(struct run *) };
static const troupe_behaviour producer_behaviour = { "producer", produce, .state_size = sizeof(struct run *) };
/* Is every message accounted for, and was the queue no longer than it may be? (A producer sends its ten before it is parked.) */
static bool run_policy(const char *name, const troupe_bounds *bounds, uint64_t messages, troupe_ledger *all)
{
	struct run run = { .messages = messages }, *state = &run;
	troupe_options options = { .struct_size = sizeof options, .dead_letter = count_drop, .context = &run };
	troupe_ledger ledger;
	troupe_system system;
	producer from;

	options.ledger = &ledger;
	troupe_must(troupe_start(&options, &system));
	troupe_must(troupe_spawn_with(system, NULL, &consumer_behaviour, &state,
	                              TROUPE_OPTIONS(troupe_spawn_options, .bounds = bounds), &run.to.ref));
	troupe_must(troupe_spawn(system, &producer_behaviour, &state, &from.ref));
	troupe_must(troupe_send(from, GO, 0));
	troupe_must(troupe_finish(system, SAMPLE_PATIENCE));
	printf("%-12s %7" PRIu64 " handled %7" PRIu64 " refused %7" PRIu64 " dropped   queue %6" PRIu64 " = %6zu KB   delay %6.1f ms\n",
	       name, run.handled, run.refused, run.dropped, run.queued_max, run.queued_max * sizeof(struct item) / 1000, run.delay_max * 1e3);
	all->sent += ledger.sent, all->handled += ledger.handled + run.dropped, all->dead += ledger.dead - run.dropped;
	bool bounded = bounds == NULL || bounds->messages_max == 0 || run.queued_max <= ROOM + 2 * BURST;
	bool lost = bounds != NULL && bounds->overflow != TROUPE_PARK;
	return run.handled + run.refused + run.dropped == messages && bounded && (lost || run.handled == messages);
}

int main(int argc, char **argv)
{
	uint64_t messages = 5000;
	troupe_ledger all = { 0 };

	sample_counts(argc, argv, { "messages", &messages, 1, 1000000 });
	bool ok = run_policy("no bounds", NULL, messages, &all);
	ok = run_policy("refuse", &(troupe_bounds){ .messages_max = ROOM }, messages, &all) && ok;
	ok = run_policy("drop newest", &(troupe_bounds){ .messages_max = ROOM, .overflow = TROUPE_DROP_NEWEST }, messages, &all) && ok;
	ok = run_policy("drop oldest", &(troupe_bounds){ .messages_max = ROOM, .overflow = TROUPE_DROP_OLDEST }, messages, &all) && ok;
	ok = run_policy("delay", &(troupe_bounds){ .delay_ns_max = TROUPE_MS, .delay_interval_ns = 5 * TROUPE_MS }, messages, &all) && ok;
	ok = run_policy("park", &(troupe_bounds){ .messages_max = ROOM, .overflow = TROUPE_PARK }, messages, &all) && ok;
	return sample_done(ok, &all, "overload: 6 policies, %" PRIu64 " messages each", messages);
}
