/* SPDX-License-Identifier: MIT */
/* A test within a test: begun, with a probe, and ended with its books right; and a clock that ticks to whom it is told. */
#ifndef TROUPE_TESTS_UNIT_TESTKIT_CLOCKED_H
#define TROUPE_TESTS_UNIT_TESTKIT_CLOCKED_H

#include "support/testing.h"
#include "testkit/kit.h"

enum { CLOCK_START = 1, CLOCK_TICK, CLOCK_READ, CLOCK_STOP, TIME };

struct reading { int64_t ticks; };
typedef union reading_reply { troupe_ref ref; const struct reading *TIME; } reading_reply;
struct start { troupe_ref to; int64_t every_ns; };
struct read { reading_reply reply; };
typedef union ticker {
	troupe_ref ref;
	const void *data;
	const struct start *CLOCK_START;
	const struct reading *CLOCK_TICK;
	const struct read *CLOCK_READ;
	const troupe_nothing *CLOCK_STOP;
	const struct reading *TIME;
} ticker;

static const troupe_kind clock_kinds[] = { TROUPE_KIND(ticker, CLOCK_START), TROUPE_KIND(ticker, CLOCK_TICK),
	                                   TROUPE_KIND(ticker, CLOCK_READ), TROUPE_KIND(ticker, CLOCK_STOP),
	                                   TROUPE_KIND(ticker, TIME), { 0 } };

enum { TICK = 100 };

struct clock_state {
	ticker to;
	struct reading now;
};

static inline troupe_verdict clock_receive(troupe_actor *me, const troupe_message *m)
{
	struct clock_state *self = me->state;
	ticker in = { .data = m->data };

	switch (m->kind) {
	case CLOCK_START:
		self->to.ref = in.CLOCK_START->to;
		return troupe_done(me, troupe_every(me, in.CLOCK_START->every_ns, TICK, 0, NULL));
	case TICK:
		self->now.ticks++;
		return troupe_done(me, troupe_send_from(me, self->to, CLOCK_TICK, .ticks = self->now.ticks));
	case CLOCK_READ:
		return troupe_done(me, troupe_send(in.CLOCK_READ->reply, TIME, .ticks = self->now.ticks));
	case CLOCK_STOP:
		troupe_exit(me, TROUPE_OK);
		return TROUPE_HANDLED;
	default:
		return TROUPE_UNKNOWN;
	}
}

static const troupe_behaviour clock_behaviour = { .name = "clock", .receive = clock_receive, .kinds = clock_kinds,
	                                          .state_size = sizeof(struct clock_state) };

/* What a test works with. */
static troupe_system theirs;
static troupe_probe probe;
static ticker clock_actor;

static inline void begin_by(uint64_t seed)
{
	CHECK_OK(troupe_test_begin(TROUPE_OPTIONS(troupe_test_options, .seed = seed), &theirs));
	CHECK_OK(troupe_probe_open(theirs, TROUPE_OPTIONS(troupe_probe_options, .name = "listener", .kinds = clock_kinds), &probe));
	CHECK_OK(troupe_spawn(theirs, &clock_behaviour, NULL, &clock_actor.ref));
}

static inline void begin(void)
{
	begin_by(0);
}

static inline void end(void)
{
	CHECK_OK(troupe_test_end(theirs));
}

/* Never at rest. */
static inline troupe_verdict spin_receive(troupe_actor *me, const troupe_message *m)
{
	return troupe_done(me, troupe_send_bytes(me->ref, m->kind, NULL, 0));
}

static const troupe_behaviour spin_behaviour = { .name = "spin", .receive = spin_receive };

static inline void spin(void)
{
	troupe_ref ref;

	CHECK_OK(troupe_spawn(theirs, &spin_behaviour, NULL, &ref));
	CHECK_OK(troupe_send_bytes(ref, 1, NULL, 0));
}

#endif
