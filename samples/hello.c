/* SPDX-License-Identifier: MIT */
/* hello: an actor that greets. The smallest whole program: a kind of message, its payload, the protocol, the actor.
 *
 *     build/samples/hello [greetings]      default 3
 *
 * Prints each greeting, and checks that all of them were handled. */
#include <stdio.h>
#include "troupe.h"
#include "sample.h"

enum { GREETER_GREET = 1 };

struct greet {
	char name[16];
};

typedef union greeter {
	troupe_ref ref;
	const void *data;
	const struct greet *GREETER_GREET;
} greeter;

static troupe_verdict greeter_receive(troupe_actor *me, const troupe_message *m)
{
	greeter in = { .data = m->data };

	(void)me;
	if (m->kind != GREETER_GREET)
		return TROUPE_UNKNOWN;
	printf("hello, %s\n", in.GREETER_GREET->name);
	return TROUPE_HANDLED;
}

static const troupe_behaviour greeter_behaviour = { .name = "greeter", .receive = greeter_receive };

static greeter greeter_spawn(troupe_system system)
{
	greeter g;

	troupe_must(troupe_spawn(system, &greeter_behaviour, NULL, &g.ref));
	return g;
}

int main(int argc, char **argv)
{
	uint64_t greetings = 3;
	troupe_ledger ledger;
	troupe_system system;

	sample_counts(argc, argv, { "greetings", &greetings, 1, 1000000 });
	troupe_must(troupe_start(TROUPE_OPTIONS(troupe_options, .ledger = &ledger), &system));
	greeter g = greeter_spawn(system);
	for (uint64_t i = 0; i < greetings; i++)
		troupe_must(troupe_send(g, GREETER_GREET, .name = "world"));
	troupe_must(troupe_finish(system, SAMPLE_PATIENCE)); /* what is queued is handled first */
	return sample_done(ledger.handled >= greetings, &ledger, "hello: %" PRIu64 " greetings", greetings);
}
