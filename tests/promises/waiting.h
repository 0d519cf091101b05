/* SPDX-License-Identifier: MIT */
/* What the tests of deadlocks share: actors that answer, defer, keep or pass on questions, and await answers. */
#ifndef TROUPE_TESTS_PROMISES_WAITING_H
#define TROUPE_TESTS_PROMISES_WAITING_H

#include "fixture.h"

enum { GET = 1, VALUE, TICK, NODES_MAX = 64 };

typedef union value_reply { troupe_ref ref; const troupe_nothing *VALUE; } value_reply;
struct get { value_reply reply; };
typedef union node {
	troupe_ref ref;
	const void *data;
	const struct get *GET;
	const struct task *DO;
} node;

/* What a node does with a question. */
enum manner { ANSWERS, DEFERS, KEEPS, FORWARDS };

/* One of the actors of a test; its state is its number here. */
struct player {
	troupe_ref ref;
	enum manner manner;
	troupe_ref to;       /* FORWARDS: there; in do_ask: whom it asks */
	troupe_ref kept;
	int64_t within_ns;
	atomic_int answered; /* questions of its own */
	atomic_int failed;   /* of these: EDEADLOCK */
};

static struct fixture f;
static struct player players[NODES_MAX];

static inline struct player *self_of(troupe_actor *me)
{
	return &players[*(int *)me->state];
}

static inline troupe_verdict serve(troupe_actor *me, struct player *self, const troupe_message *m)
{
	node in = { .data = m->data };

	switch (self->manner) {
	case DEFERS:
		return TROUPE_DEFERRED;
	case KEEPS:
		self->kept = in.GET->reply.ref;
		return troupe_done(me, troupe_keep(me, m));
	case FORWARDS:
		return troupe_done(me, troupe_forward(me, m, self->to));
	default:
		return troupe_done(me, troupe_send(in.GET->reply, VALUE, 0));
	}
}

static inline troupe_verdict node_receive(troupe_actor *me, const troupe_message *m)
{
	struct player *self = self_of(me);

	switch (m->kind) {
	case GET:
		return serve(me, self, m);
	case VALUE:
		atomic_fetch_add(&self->answered, 1);
		return TROUPE_HANDLED;
	case TROUPE_UNANSWERED:
		CHECK_EQ(m->why, TROUPE_EDEADLOCK);
		atomic_fetch_add(&self->failed, 1);
		return TROUPE_HANDLED;
	case TICK:
		return troupe_done(me, troupe_send((value_reply){ self->kept }, VALUE, 0));
	default:
		return m->kind == DO ? do_task(me, m) : TROUPE_UNKNOWN;
	}
}

static const troupe_kind kinds[] = { TROUPE_KIND(node, GET), TROUPE_KIND(node, DO), { 0 } };
static const troupe_behaviour plain = { .name = "node", .receive = node_receive, .state_size = sizeof(int), .kinds = kinds };
static const troupe_behaviour blocking = { .name = "blocker", .receive = node_receive, .state_size = sizeof(int),
	                                   .kinds = kinds, .blocks = 1 };

static inline troupe_ref cast(int number, const troupe_behaviour *behaviour, enum manner manner)
{
	players[number] = (struct player){ .manner = manner };
	CHECK_OK(troupe_spawn(f.system, behaviour, &number, &players[number].ref));
	return players[number].ref;
}

static inline void cast_all(int count, enum manner manner)
{
	for (int i = 0; i < count; i++)
		cast(i, &plain, manner);
}

static inline troupe_counters counters_now(void)
{
	troupe_counters counters;

	CHECK_OK(troupe_counters_read(f.system, &counters));
	return counters;
}

static inline uint64_t deadlocks(void)
{
	return counters_now().deadlocks;
}

static inline void ask(troupe_actor *me, troupe_ref to, bool hold)
{
	troupe_ref address;
	troupe_expectation expectation = { .struct_size = sizeof expectation, .hold = hold,
		                           .within_ns = self_of(me)->within_ns };

	CHECK_OK(troupe_expect(me, &expectation, &address));
	CHECK_OK(troupe_ask((node){ to }, GET, address, .reply = { { 0 } }));
}

/* Argument: whom. */
static inline troupe_verdict do_await(troupe_actor *me, void *to)
{
	ask(me, *(troupe_ref *)to, true);
	return TROUPE_HANDLED;
}

static inline troupe_verdict do_interleave(troupe_actor *me, void *to)
{
	ask(me, *(troupe_ref *)to, false);
	return TROUPE_HANDLED;
}

/* The same, and what was deferred comes next: but it waits. */
static inline troupe_verdict do_await_and_serve(troupe_actor *me, void *to)
{
	self_of(me)->manner = ANSWERS;
	troupe_undefer(me);
	return do_await(me, to);
}

static inline troupe_verdict do_serve(troupe_actor *me, void *manner)
{
	self_of(me)->manner = *(enum manner *)manner;
	troupe_undefer(me);
	return TROUPE_HANDLED;
}

static inline troupe_verdict do_release(troupe_actor *me, void *argument)
{
	(void)argument;
	return troupe_done(me, troupe_send((value_reply){ self_of(me)->kept }, VALUE, 0));
}

/* So many ended like this, of those from @p first on. */
static inline void check_outcomes(int first, int count, int failed)
{
	int failures = 0, answers = 0;

	for (int i = first; i < first + count; i++) {
		failures += players[i].failed;
		answers += players[i].answered;
		CHECK_EQ(players[i].failed + players[i].answered, 1);
	}
	CHECK_EQ(failures, failed);
	CHECK_EQ(answers, count - failed);
}

static inline void finish(uint64_t found)
{
	CHECK_EQ(deadlocks(), found);
	CHECK_EQ(fixture_logged(&f, "deadlock"), found > 0);
	fixture_finish(&f);
}

#endif
