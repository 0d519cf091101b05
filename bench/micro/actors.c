/* SPDX-License-Identifier: MIT */
/* Actors that more than one measure needs. */
#include "micro.h"

static troupe_verdict swallow(troupe_actor *me, const troupe_message *m)
{
	struct micro_sink *self = me->state;

	if (m->kind != MICRO_VALUE)
		return TROUPE_UNKNOWN;
	if (--self->left == 0)
		micro_done(self->run);
	return TROUPE_HANDLED;
}

const troupe_behaviour micro_sink = { .name = "sink", .receive = swallow, .state_size = sizeof(struct micro_sink) };

static troupe_verdict answer(troupe_actor *me, const troupe_message *m)
{
	micro_actor in = { .data = m->data };

	(void)me;
	if (m->kind != MICRO_ASK)
		return TROUPE_UNKNOWN;
	micro_must(troupe_send(in.MICRO_ASK->reply, MICRO_VALUE, .value = 1));
	return TROUPE_HANDLED;
}

const troupe_behaviour micro_oracle = { .name = "oracle", .receive = answer };
