/* SPDX-License-Identifier: MIT */
/* Sends and receives within one worker: alone, as a flood, and through the ring. */
#include <unistd.h>

#include "micro.h"

/* ------------------------------------------------------------------------------------------------------- to and fro -- */

struct player {
	struct micro_run *run;
	micro_actor other;
	uint64_t left;
};

static troupe_verdict play(troupe_actor *me, const troupe_message *m);

static const troupe_behaviour player = { .name = "player", .receive = play, .state_size = sizeof(struct player) };

static troupe_verdict play(troupe_actor *me, const troupe_message *m)
{
	struct player *self = me->state;
	micro_actor in = { .data = m->data };

	switch (m->kind) {
	case MICRO_GO:
		micro_must(troupe_spawn(me->system, &player, &(struct player){ .run = self->run, .other = { me->ref } },
		                        &self->other.ref));
		micro_must(troupe_send(self->other, MICRO_VALUE, .value = self->left));
		return TROUPE_HANDLED;
	case MICRO_VALUE:
		if (in.MICRO_VALUE->value == 1)
			micro_done(self->run);
		else
			micro_must(troupe_send(self->other, MICRO_VALUE, .value = in.MICRO_VALUE->value - 1));
		return TROUPE_HANDLED;
	}
	return TROUPE_UNKNOWN;
}

void micro_send_alone(struct micro_run *run)
{
	micro_begin(run);
	micro_drive(run, &player, &(struct player){ .run = run, .left = run->n });
	micro_end(run);
}

/* ----------------------------------------------------------------------------------------------------------- a flood -- */

struct source {
	struct micro_run *run;
	bool sends_only; /* the sends are the measure, not what comes after */
};

static troupe_verdict pour(troupe_actor *me, const troupe_message *m)
{
	struct source *self = me->state;
	struct micro_run *run = self->run;
	micro_actor to;

	if (m->kind != MICRO_GO)
		return TROUPE_UNKNOWN;
	micro_must(troupe_spawn(me->system, &micro_sink, &(struct micro_sink){ .run = run, .left = run->n }, &to.ref));
	int64_t began = micro_now();
	for (uint64_t i = 0; i < run->n; i++)
		micro_must(troupe_send(to, MICRO_VALUE, .value = i));
	if (self->sends_only && run->counted)
		_exit(0); /* what is received afterwards would be counted too */
	if (self->sends_only)
		run->ns = (double)(micro_now() - began);
	return TROUPE_HANDLED;
}

static const troupe_behaviour source = { .name = "source", .receive = pour, .state_size = sizeof(struct source) };

void micro_send_flood(struct micro_run *run)
{
	micro_begin(run);
	micro_drive(run, &source, &(struct source){ .run = run });
	micro_end(run);
}

void micro_send_only(struct micro_run *run)
{
	micro_begin(run);
	micro_drive(run, &source, &(struct source){ .run = run, .sends_only = true });
	troupe_must(troupe_next(run->done, MICRO_GO, NULL, 0));
	troupe_future_close(run->done);
}

/* --------------------------------------------------------------------------------------------------- through the ring -- */

struct spoke {
	micro_actor hub;
};

static troupe_verdict answer(troupe_actor *me, const troupe_message *m)
{
	struct spoke *self = me->state;
	micro_actor in = { .data = m->data };

	if (m->kind != MICRO_VALUE)
		return TROUPE_UNKNOWN;
	micro_must(troupe_send(self->hub, MICRO_VALUE, .value = in.MICRO_VALUE->value));
	return TROUPE_HANDLED;
}

static const troupe_behaviour spoke = { .name = "spoke", .receive = answer, .state_size = sizeof(struct spoke) };

enum { SPOKES_MAX = 64 };

struct hub {
	struct micro_run *run;
	uint64_t missing; /* answers of this round */
	uint64_t left;    /* messages, there and back */
	micro_actor spokes[SPOKES_MAX];
};

static void scatter(struct hub *self)
{
	uint64_t spokes = self->run->k;

	if (self->left == 0) {
		micro_done(self->run);
		return;
	}
	self->missing = spokes;
	self->left -= self->left < 2 * spokes ? self->left : 2 * spokes;
	for (uint64_t i = 0; i < spokes; i++)
		micro_must(troupe_send(self->spokes[i], MICRO_VALUE, .value = i));
}

static troupe_verdict gather(troupe_actor *me, const troupe_message *m)
{
	struct hub *self = me->state;

	switch (m->kind) {
	case MICRO_GO:
		for (uint64_t i = 0; i < self->run->k; i++)
			micro_must(troupe_spawn(me->system, &spoke, &(struct spoke){ .hub = { me->ref } }, &self->spokes[i].ref));
		scatter(self);
		return TROUPE_HANDLED;
	case MICRO_VALUE:
		if (--self->missing == 0)
			scatter(self);
		return TROUPE_HANDLED;
	}
	return TROUPE_UNKNOWN;
}

static const troupe_behaviour hub = { .name = "hub", .receive = gather, .state_size = sizeof(struct hub) };

void micro_send_scatter(struct micro_run *run)
{
	micro_begin(run);
	micro_drive(run, &hub, &(struct hub){ .run = run, .left = run->n });
	micro_end(run);
}
