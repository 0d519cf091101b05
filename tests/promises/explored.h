/* SPDX-License-Identifier: MIT */
/* Programs to be explored: several actors send to one, which minds in which order their messages come. */
#ifndef TROUPE_TESTS_PROMISES_EXPLORED_H
#define TROUPE_TESTS_PROMISES_EXPLORED_H

#include <stdio.h>

#include "support/testing.h"
#include "troupe.h"

enum { RACE_GO = 1, RACE_MARK, RACERS_MAX = 4 };

struct race {
	uint32_t senders, messages; /* each sends so many */
	uint64_t wrong;             /* the senders' numbers as they must not come, as digits; 0: no order is wrong */
};

struct racer { const struct race *race; troupe_ref target; uint32_t number; };
struct target { const struct race *race; uint64_t came; uint32_t count; };

static inline troupe_verdict racer_receive(troupe_actor *me, const troupe_message *m)
{
	const struct racer *self = me->state;

	(void)m;
	for (uint32_t i = 0; i < self->race->messages; i++)
		if (troupe_send_bytes(self->target, RACE_MARK, &self->number, sizeof self->number) != TROUPE_OK)
			return troupe_fail(me, TROUPE_EFAILED);
	troupe_exit(me, TROUPE_OK);
	return TROUPE_HANDLED;
}

static inline troupe_verdict target_receive(troupe_actor *me, const troupe_message *m)
{
	struct target *self = me->state;

	self->came = 10 * self->came + *(const uint32_t *)m->data;
	if (++self->count == self->race->senders * self->race->messages) {
		troupe_holds(self->race->wrong == 0 || self->came != self->race->wrong, "the order is right");
		troupe_exit(me, TROUPE_OK);
	}
	return TROUPE_HANDLED;
}

static inline void run_race(void *context)
{
	static const troupe_behaviour racer = { .name = "racer", .receive = racer_receive, .state_size = sizeof(struct racer) };
	static const troupe_behaviour target = { .name = "target", .receive = target_receive, .state_size = sizeof(struct target) };
	const struct race *race = context;
	troupe_ledger ledger;
	troupe_system system;
	troupe_ref to, racers[RACERS_MAX];

	CHECK_OK(troupe_start(&(troupe_options){ .struct_size = sizeof(troupe_options), .ledger = &ledger }, &system));
	CHECK_OK(troupe_spawn(system, &target, &(struct target){ .race = race }, &to));
	for (uint32_t i = 0; i < race->senders; i++)
		CHECK_OK(troupe_spawn(system, &racer, &(struct racer){ .race = race, .target = to, .number = i + 1 }, &racers[i]));
	for (uint32_t i = 0; i < race->senders; i++)
		CHECK_OK(troupe_send_bytes(racers[i], RACE_GO, NULL, 0));
	CHECK_OK(troupe_settle(system, 0));
	CHECK_OK(troupe_finish(system, 0));
	CHECK_EQ(ledger.sent, ledger.handled);
}

/* It must be found wrong if, and only if, it says so. */
static inline troupe_finding explore(const troupe_exploration *asked, void (*program)(void *context), void *context)
{
	troupe_exploration options = *asked;
	troupe_finding finding;

	options.struct_size = sizeof options;
	troupe_status status = troupe_explore(&options, program, context, &finding);
	CHECK_EQ(status, finding.what[0] != '\0' ? TROUPE_EFAILED : TROUPE_OK);
	return finding;
}

#endif
