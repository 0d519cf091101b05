/* SPDX-License-Identifier: MIT */
/* Actors that write down what they hear of others' ends, and how they end themselves. */
#ifndef TROUPE_TESTS_PROMISES_WATCHER_H
#define TROUPE_TESTS_PROMISES_WATCHER_H

#include "fixture.h"

enum { CHAIN = 20, HEARD_MAX = CHAIN + 1 };

/* What an actor of these tests has heard. The test reads it when the system is settled. */
struct heard {
	int downs, links;
	atomic_int ended, why; /* several may be the same one to a test, and end at once */
	troupe_message last;
	int at_down; /* how much of `notes` there was */
	atomic_int notes;
};

static struct heard heard[HEARD_MAX];

static inline void reset(void)
{
	memset(heard, 0, sizeof heard);
}

/* The state of each: which of them it is. */
static inline troupe_verdict hear(troupe_actor *me, const troupe_message *m)
{
	struct heard *h = &heard[*(int *)me->state];

	if (m->kind == DO)
		return do_task(me, m);
	if (m->kind > 0)
		return TROUPE_UNKNOWN;
	CHECK(m->kind == TROUPE_DOWN || m->kind == TROUPE_LINKED);
	CHECK_EQ(m->size, 0);
	CHECK(m->data == NULL);
	h->last = *m;
	h->at_down = h->notes;
	h->downs += m->kind == TROUPE_DOWN;
	h->links += m->kind == TROUPE_LINKED;
	return TROUPE_HANDLED;
}

static inline void end(troupe_actor *me, troupe_status why)
{
	struct heard *h = &heard[*(int *)me->state];

	h->ended++;
	h->why = why;
}

static const troupe_behaviour hearing = { .name = "hearing", .receive = hear, .terminate = end, .state_size = sizeof(int) };
static const troupe_behaviour trapping = { .name = "trapping", .receive = hear, .terminate = end, .state_size = sizeof(int),
	                                   .traps = 1 };
static const troupe_behaviour draining = { .name = "draining", .receive = hear, .terminate = end, .state_size = sizeof(int),
	                                   .leftovers = TROUPE_DRAIN };

static inline troupe_ref spawned(struct fixture *f, const troupe_behaviour *behaviour, int which)
{
	troupe_ref ref;

	CHECK_OK(troupe_spawn(f->system, behaviour, &which, &ref));
	return ref;
}

static inline troupe_verdict do_monitor(troupe_actor *me, void *other)
{
	CHECK_OK(troupe_monitor(me, *(troupe_ref *)other, 42, NULL));
	return TROUPE_HANDLED;
}

static inline troupe_verdict do_link(troupe_actor *me, void *other)
{
	CHECK_OK(troupe_link(me, *(troupe_ref *)other));
	return TROUPE_HANDLED;
}

static inline troupe_verdict do_fail(troupe_actor *me, void *why)
{
	return troupe_fail(me, *(troupe_status *)why);
}

static inline troupe_verdict do_exit(troupe_actor *me, void *why)
{
	troupe_exit(me, *(troupe_status *)why);
	return TROUPE_HANDLED;
}

static inline void check_last(int which, int32_t kind, troupe_ref about, troupe_status why, uint64_t token)
{
	CHECK_EQ(heard[which].last.kind, kind);
	CHECK(troupe_ref_equal(heard[which].last.about, about));
	CHECK_EQ(heard[which].last.why, why);
	CHECK_EQ(heard[which].last.token, token);
}

#endif
