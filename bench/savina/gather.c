/* SPDX-License-Identifier: MIT */
#include "gather.h"

struct gatherer_state {
	bench_main main;
	uint64_t missing, sum;
};

static troupe_verdict gatherer_receive(troupe_actor *me, const troupe_message *m)
{
	struct gatherer_state *self = me->state;
	gatherer in = { .data = m->data };

	if (m->kind != GATHERER_DONE)
		return TROUPE_UNKNOWN;
	self->sum += in.GATHERER_DONE->value;
	if (--self->missing == 0)
		bench_must(troupe_send(self->main, BENCH_DONE, .value = self->sum));
	return TROUPE_HANDLED;
}

static const troupe_behaviour gathering = {
	.name = "gatherer", .receive = gatherer_receive, .state_size = sizeof(struct gatherer_state),
};

gatherer gatherer_spawn(const bench *b, uint64_t parts)
{
	gatherer one;

	troupe_must(troupe_spawn(b->system, &gathering, &(struct gatherer_state){ .main = b->main, .missing = parts }, &one.ref));
	return one;
}
