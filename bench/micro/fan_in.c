/* SPDX-License-Identifier: MIT */
/* k senders, each of which sends its share in one handler; one receiver; two workers. */
#include "micro.h"

struct source {
	micro_actor sink;
	uint64_t count;
};

static troupe_verdict pour(troupe_actor *me, const troupe_message *m)
{
	struct source *self = me->state;

	if (m->kind != MICRO_GO)
		return TROUPE_UNKNOWN;
	for (uint64_t i = 0; i < self->count; i++)
		micro_must(troupe_send(self->sink, MICRO_VALUE, .value = i));
	return TROUPE_HANDLED;
}

static const troupe_behaviour source = { .name = "source", .receive = pour, .state_size = sizeof(struct source) };

void micro_fan_in(struct micro_run *run)
{
	struct source initial;

	troupe_must(troupe_spawn(run->system, &micro_sink, &(struct micro_sink){ .run = run, .left = run->n }, &initial.sink.ref));
	micro_begin(run);
	for (uint64_t i = 0; i < run->k; i++) {
		initial.count = run->n / run->k + (i < run->n % run->k);
		micro_drive(run, &source, &initial);
	}
	micro_end(run);
}
