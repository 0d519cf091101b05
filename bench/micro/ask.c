/* SPDX-License-Identifier: MIT */
/* A question between two actors of one worker, its answer, and what is done with it. */
#include "micro.h"

struct seeker {
	struct micro_run *run;
	micro_actor oracle;
	uint64_t left;
};

/* ------------------------------------------------------------------------------------------------------- interleaved -- */

static troupe_verdict wonder(troupe_actor *me, const troupe_message *m)
{
	struct seeker *self = me->state;

	if (m->kind != MICRO_VALUE && m->kind != MICRO_GO)
		return TROUPE_UNKNOWN;
	if (self->left-- == 0)
		micro_done(self->run);
	else
		micro_must(troupe_ask_then(me, self->oracle, MICRO_ASK, wonder, 0, 0));
	return TROUPE_HANDLED;
}

static const troupe_behaviour interleaving = { .name = "seeker", .receive = wonder, .state_size = sizeof(struct seeker) };

/* ----------------------------------------------------------------------------------------------------------- awaiting -- */

static troupe_verdict wait(troupe_actor *me, const troupe_message *m)
{
	struct seeker *self = me->state;
	troupe_ref address;

	if (m->kind != MICRO_VALUE && m->kind != MICRO_GO)
		return TROUPE_UNKNOWN;
	if (self->left-- == 0) {
		micro_done(self->run);
		return TROUPE_HANDLED;
	}
	micro_must(troupe_expect(me, TROUPE_OPTIONS(troupe_expectation, .hold = true), &address));
	micro_must(troupe_ask(self->oracle, MICRO_ASK, address, 0));
	return TROUPE_HANDLED;
}

static const troupe_behaviour awaiting = { .name = "seeker", .receive = wait, .state_size = sizeof(struct seeker) };

static void ask(struct micro_run *run, const troupe_behaviour *behaviour)
{
	struct seeker initial = { .run = run, .left = run->n };

	troupe_must(troupe_spawn(run->system, &micro_oracle, NULL, &initial.oracle.ref));
	micro_begin(run);
	micro_drive(run, behaviour, &initial);
	micro_end(run);
}

void micro_ask_then(struct micro_run *run)
{
	ask(run, &interleaving);
}

void micro_ask_hold(struct micro_run *run)
{
	ask(run, &awaiting);
}
