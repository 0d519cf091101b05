/* SPDX-License-Identifier: MIT */
/* 4 MB that go to and fro between two actors of one worker. Each reads a word of what it is given, no more: what a program does
 * with its bytes is its own. */
#include "micro.h"

enum how { COPIED, MOVED, SHARED };

struct carrier {
	struct micro_run *run;
	micro_actor other;
	uint64_t left; /* to pass on: half of all, the other one does the other half */
	enum how how;
};

static troupe_verdict carry(troupe_actor *me, const troupe_message *m);

static const troupe_behaviour carrier = { .name = "carrier", .receive = carry, .state_size = sizeof(struct carrier) };

static void begin(troupe_actor *me, struct carrier *self)
{
	struct carrier other = *self;
	struct micro_bulk *bulk = troupe_new(sizeof *bulk, NULL);

	other.other.ref = me->ref;
	micro_must(troupe_spawn(me->system, &carrier, &other, &self->other.ref));
	if (!bulk)
		micro_must(TROUPE_ENOMEM);
	micro_must(troupe_move(self->other, MICRO_BULK, &bulk));
}

/* The first one comes moved, and is frozen then if it is to be shared. */
static void pass_on(troupe_actor *me, const troupe_message *m, struct carrier *self)
{
	micro_actor in = { .data = m->data };
	struct micro_bulk *taken = self->how == MOVED ? troupe_take(me, m) : NULL;

	switch (self->how) {
	case COPIED:
		micro_must(troupe_send_struct(self->other, MICRO_BULK, in.MICRO_BULK));
		break;
	case MOVED:
		micro_must(troupe_move(self->other, MICRO_BULK, &taken));
		break;
	case SHARED:
		if ((taken = troupe_take(me, m)) != NULL) {
			const struct micro_bulk *frozen = troupe_freeze(taken);
			micro_must(troupe_share(self->other, MICRO_BULK, frozen));
			troupe_release(frozen);
		} else {
			micro_must(troupe_share(self->other, MICRO_BULK, in.MICRO_BULK));
		}
	}
}

static troupe_verdict carry(troupe_actor *me, const troupe_message *m)
{
	struct carrier *self = me->state;
	micro_actor in = { .data = m->data };

	if (m->kind == MICRO_GO) {
		begin(me, self);
		return TROUPE_HANDLED;
	}
	if (m->kind != MICRO_BULK)
		return TROUPE_UNKNOWN;
	if (in.MICRO_BULK->words[0] != 0) /* zeros they are, all the way */
		return troupe_fail(me, TROUPE_EFAILED);
	if (self->left-- == 0)
		micro_done(self->run);
	else
		pass_on(me, m, self);
	return TROUPE_HANDLED;
}

static void run_how(struct micro_run *run, enum how how)
{
	micro_begin(run);
	micro_drive(run, &carrier, &(struct carrier){ .run = run, .left = run->n / 2, .how = how });
	micro_end(run);
}

void micro_bulk_copied(struct micro_run *run)
{
	run_how(run, COPIED);
}

void micro_bulk_moved(struct micro_run *run)
{
	run_how(run, MOVED);
}

void micro_bulk_shared(struct micro_run *run)
{
	run_how(run, SHARED);
}
