/* SPDX-License-Identifier: MIT */
/* Timers of one actor that never fire: armed and cancelled. */
#include "micro.h"

enum { TICK = MICRO_VALUE };
#define FAR_AWAY (3600 * TROUPE_S)

enum phase { PAIRS, FIRST, AGAIN, CANCEL };

struct clock {
	struct micro_run *run;
	troupe_timer *timers;
	enum phase phase;
};

/* Deadlines spread over an hour, so that they lie in many slots of the wheel. */
static void arm_all(troupe_actor *me, const struct clock *self)
{
	for (uint64_t i = 0; i < self->run->n; i++)
		micro_must(troupe_after(me, FAR_AWAY + (int64_t)(i * 7919 % 3600000) * TROUPE_MS, TICK, i, &self->timers[i]));
}

static void cancel_all(troupe_actor *me, const struct clock *self)
{
	for (uint64_t i = 0; i < self->run->n; i++)
		micro_must(troupe_cancel(me, self->timers[i]));
}

static void arm_and_cancel(troupe_actor *me, const struct clock *self)
{
	troupe_timer timer;

	for (uint64_t i = 0; i < self->run->n; i++) {
		micro_must(troupe_after(me, FAR_AWAY, TICK, i, &timer));
		micro_must(troupe_cancel(me, timer));
	}
}

static void measure(troupe_actor *me, const struct clock *self, void (*part)(troupe_actor *me, const struct clock *self))
{
	int64_t began = micro_now();

	part(me, self);
	self->run->ns = (double)(micro_now() - began);
}

static troupe_verdict tick(troupe_actor *me, const troupe_message *m)
{
	struct clock *self = me->state;

	if (m->kind != MICRO_GO)
		return TROUPE_UNKNOWN;
	if (self->phase == PAIRS) {
		measure(me, self, arm_and_cancel);
	} else {
		measure(me, self, arm_all);
		if (self->phase == CANCEL)
			measure(me, self, cancel_all);
		else
			cancel_all(me, self);
		if (self->phase == AGAIN)
			measure(me, self, arm_all);
	}
	micro_done(self->run);
	return TROUPE_HANDLED;
}

static const troupe_behaviour ticking = { .name = "clock", .receive = tick, .state_size = sizeof(struct clock) };

/* The clock of the run is the actor's. */
static void run_phase(struct micro_run *run, enum phase phase)
{
	struct clock initial = { .run = run, .phase = phase, .timers = micro_alloc(run->n * sizeof(troupe_timer)) };

	micro_begin(run);
	micro_drive(run, &ticking, &initial);
	troupe_must(troupe_next(run->done, MICRO_GO, NULL, 0));
	troupe_future_close(run->done);
}

void micro_timer_pair(struct micro_run *run)
{
	run_phase(run, PAIRS);
}

void micro_timer_first(struct micro_run *run)
{
	run_phase(run, FIRST);
}

void micro_timer_arm(struct micro_run *run)
{
	run_phase(run, AGAIN);
}

void micro_timer_cancel(struct micro_run *run)
{
	run_phase(run, CANCEL);
}
