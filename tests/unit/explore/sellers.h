/* SPDX-License-Identifier: MIT */
/* A program with a bug in the order of its messages: clerks ask how many seats are free, and book one if there is one. */
#ifndef TROUPE_TESTS_UNIT_EXPLORE_SELLERS_H
#define TROUPE_TESTS_UNIT_EXPLORE_SELLERS_H

#include "support/testing.h"
#include "troupe.h"

enum { PLAN_FREE = 1, PLAN_BOOK, CLERK_TOLD, CLERK_IDLE };

struct seats { int n; };
struct question { troupe_ref by; };
static int told_too_much; /* more words than needed, to no purpose */
static int clerks = 3;

static inline troupe_verdict plan_receive(troupe_actor *me, const troupe_message *m)
{
	struct seats *self = me->state;

	if (m->kind == PLAN_FREE)
		return troupe_done(me, troupe_send_bytes(((const struct question *)m->data)->by, CLERK_TOLD, self, sizeof *self));
	self->n--;
	troupe_holds(self->n >= 0, "no seat is booked twice");
	return TROUPE_HANDLED;
}

static inline troupe_verdict clerk_init(troupe_actor *me)
{
	struct question question = { me->ref };

	for (int i = 0; i < told_too_much; i++)
		troupe_ignore(troupe_send_bytes(me->ref, CLERK_IDLE, NULL, 0));
	return troupe_done(me, troupe_send_bytes(*(troupe_ref *)me->state, PLAN_FREE, &question, sizeof question));
}

static inline troupe_verdict clerk_receive(troupe_actor *me, const troupe_message *m)
{
	if (m->kind == CLERK_IDLE || ((const struct seats *)m->data)->n == 0)
		return TROUPE_HANDLED;
	return troupe_done(me, troupe_send_bytes(*(troupe_ref *)me->state, PLAN_BOOK, NULL, 0));
}

static const troupe_kind plan_kinds[] = { TROUPE_KIND_ANY_SIZE(PLAN_FREE), TROUPE_KIND_ANY_SIZE(PLAN_BOOK), { 0 } };
static const troupe_behaviour plan_behaviour = {
	.name = "plan", .receive = plan_receive, .state_size = sizeof(struct seats), .kinds = plan_kinds,
};
static const troupe_behaviour clerk_behaviour = {
	.name = "clerk", .init = clerk_init, .receive = clerk_receive, .state_size = sizeof(troupe_ref),
};

/* *context: how many seats; NULL: one. */
static inline void sell(void *context)
{
	struct seats seats = { context != NULL ? *(int *)context : 1 };
	troupe_system system;
	troupe_ref plan;

	troupe_must(troupe_start(NULL, &system));
	troupe_must(troupe_spawn(system, &plan_behaviour, &seats, &plan));
	for (int i = 0; i < clerks; i++)
		troupe_must(troupe_spawn(system, &clerk_behaviour, &plan, NULL));
	troupe_must(troupe_settle(system, 0));
	troupe_must(troupe_finish(system, 0));
}

#endif
