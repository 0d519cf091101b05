/* SPDX-License-Identifier: MIT */
/* What a plain thread does: send, make actors, ask and block. */
#include "micro.h"

struct sink {
	struct micro_run *run;
	uint64_t left;
};

static troupe_verdict swallow(troupe_actor *me, const troupe_message *m)
{
	struct sink *self = me->state;

	if (m->kind != MICRO_VALUE)
		return TROUPE_UNKNOWN;
	if (--self->left == 0)
		micro_done(self->run);
	return TROUPE_HANDLED;
}

static const troupe_behaviour sink = { .name = "sink", .receive = swallow, .state_size = sizeof(struct sink) };

void micro_thread_flood(struct micro_run *run)
{
	micro_actor to;

	troupe_must(troupe_spawn(run->system, &sink, &(struct sink){ .run = run, .left = run->n }, &to.ref));
	micro_begin(run);
	for (uint64_t i = 0; i < run->n; i++)
		micro_must(troupe_send(to, MICRO_VALUE, .value = i));
	micro_end(run);
}

void micro_thread_spawn(struct micro_run *run)
{
	troupe_ref actor;

	run->began_ns = micro_now();
	for (uint64_t i = 0; i < run->n; i++) {
		micro_must(troupe_spawn(run->system, &sink, NULL, &actor));
		micro_must(troupe_stop(actor));
	}
	troupe_must(troupe_settle(run->system, 0));
	run->ns = (double)(micro_now() - run->began_ns);
}

static troupe_verdict answer(troupe_actor *me, const troupe_message *m)
{
	micro_actor in = { .data = m->data };

	(void)me;
	if (m->kind != MICRO_ASK)
		return TROUPE_UNKNOWN;
	micro_must(troupe_send(in.MICRO_ASK->reply, MICRO_VALUE, .value = 1));
	return TROUPE_HANDLED;
}

static const troupe_behaviour oracle = { .name = "oracle", .receive = answer };

void micro_thread_call(struct micro_run *run)
{
	struct micro_value got;
	micro_actor whom;

	troupe_must(troupe_spawn(run->system, &oracle, NULL, &whom.ref));
	run->began_ns = micro_now();
	for (uint64_t i = 0; i < run->n; i++)
		micro_must(troupe_call(whom, MICRO_ASK, MICRO_VALUE, &got, 0, 0));
	run->ns = (double)(micro_now() - run->began_ns);
}
