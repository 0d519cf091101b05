/* SPDX-License-Identifier: MIT */
/* An actor's whole life, in one worker: 64 are made and told to stop, then they have their turns. */
#include "micro.h"

enum { AT_ONCE = 64 };

struct mother {
	struct micro_run *run;
	uint64_t left;
};

static troupe_verdict live(troupe_actor *me, const troupe_message *m)
{
	(void)me;
	(void)m;
	return TROUPE_HANDLED;
}

static const troupe_behaviour mayfly = { .name = "mayfly", .receive = live, .state_size = sizeof(uint64_t) };

static troupe_verdict bear(troupe_actor *me, const troupe_message *m)
{
	struct mother *self = me->state;
	troupe_ref child;

	if (m->kind != MICRO_GO)
		return TROUPE_UNKNOWN;
	for (int i = 0; i < AT_ONCE && self->left > 0; i++, self->left--) {
		micro_must(troupe_spawn(me->system, &mayfly, &self->left, &child));
		micro_must(troupe_stop(child));
	}
	if (self->left > 0)
		micro_must(troupe_send_bytes(me->ref, MICRO_GO, NULL, 0));
	else
		micro_done(self->run);
	return TROUPE_HANDLED;
}

/* One message a turn: the children come in between. */
static const troupe_behaviour mother = {
	.name = "mother", .receive = bear, .state_size = sizeof(struct mother), .turn_messages_max = 1,
};

void micro_spawn(struct micro_run *run)
{
	micro_begin(run);
	micro_drive(run, &mother, &(struct mother){ .run = run, .left = run->n });
	micro_end(run);
}
