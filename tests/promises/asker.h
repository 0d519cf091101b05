/* SPDX-License-Identifier: MIT */
/* Who asks and who is asked, for the tests of questions: a server that answers, keeps, fails or forgets, and an asker that
 * remembers what came, in order. */
#ifndef TROUPE_TESTS_PROMISES_ASKER_H
#define TROUPE_TESTS_PROMISES_ASKER_H

#include "fixture.h"

enum { GET = 1, SILENT, UNKNOWN_KIND, FAIL, KEEP, RELEASE, VALUE, NOISE, LOG_MAX = 64 };

struct value { int64_t n; };
typedef union value_reply { troupe_ref ref; const struct value *VALUE; } value_reply;
struct get { value_reply reply; int64_t n; };
typedef union server {
	troupe_ref ref;
	const void *data;
	const struct get *GET, *SILENT, *UNKNOWN_KIND, *FAIL, *KEEP;
	const troupe_nothing *RELEASE;
} server;
typedef union noise { troupe_ref ref; const struct value *NOISE; } noise;

/* ---------------------------------------------------------------------------------------------------------- server -- */

enum { KEPT_MAX = 8 };

struct server_state {
	struct get kept[KEPT_MAX];
	int kept_count;
};

static inline troupe_verdict serve(troupe_actor *me, const troupe_message *m)
{
	struct server_state *self = me->state;
	server in = { .data = m->data };

	switch (m->kind) {
	case GET:
		CHECK_OK(troupe_send(in.GET->reply, VALUE, .n = in.GET->n));
		return TROUPE_HANDLED;
	case SILENT:
		return TROUPE_HANDLED;
	case FAIL:
		return troupe_fail(me, TROUPE_EUSER);
	case KEEP:
		CHECK_OK(troupe_keep(me, m));
		self->kept[self->kept_count++] = *in.KEEP;
		return TROUPE_HANDLED;
	case RELEASE:
		for (int i = 0; i < self->kept_count; i++)
			CHECK_OK(troupe_send(self->kept[i].reply, VALUE, .n = self->kept[i].n));
		self->kept_count = 0;
		return TROUPE_HANDLED;
	default:
		return m->kind == DO ? do_task(me, m) : TROUPE_UNKNOWN;
	}
}

static const troupe_behaviour serving = { .name = "server", .receive = serve, .state_size = sizeof(struct server_state) };

static inline server server_spawn(struct fixture *f)
{
	server s;

	CHECK_OK(troupe_spawn(f->system, &serving, NULL, &s.ref));
	return s;
}

/* ----------------------------------------------------------------------------------------------------------- asker -- */

/* What came to the asker, in order: an answer's number, a reason, noise. */
struct event {
	int32_t kind;
	int64_t n;
	uint64_t token;
	bool continued; /* in the continuation */
};

static struct event events[LOG_MAX];
static atomic_int event_count;

static inline void note(const troupe_message *m, bool continued)
{
	int64_t n = m->kind == TROUPE_UNANSWERED ? m->why : ((const struct value *)m->data)->n;
	int at = atomic_fetch_add(&event_count, 1);

	if (at < LOG_MAX)
		events[at] = (struct event){ m->kind, n, m->token, continued };
}

static inline void check_event(int at, int32_t kind, int64_t n, uint64_t token, bool continued)
{
	CHECK(at < event_count);
	CHECK_EQ(events[at].kind, kind);
	CHECK_EQ(events[at].n, n);
	CHECK_EQ(events[at].token, token);
	CHECK_EQ(events[at].continued, continued);
}

static inline troupe_verdict receive_events(troupe_actor *me, const troupe_message *m)
{
	if (m->kind == DO)
		return do_task(me, m);
	note(m, false);
	return TROUPE_HANDLED;
}

static inline troupe_verdict continued(troupe_actor *me, const troupe_message *m)
{
	(void)me;
	note(m, true);
	return TROUPE_HANDLED;
}

static const troupe_behaviour asking = { .name = "asker", .receive = receive_events };

static inline troupe_ref asker_spawn(struct fixture *f)
{
	troupe_ref ref;

	event_count = 0;
	CHECK_OK(troupe_spawn(f->system, &asking, NULL, &ref));
	return ref;
}

static server target, second;
static troupe_expectation expectation;
static troupe_ref address;

/* Ask the target with the expectation; it keeps the question. */
static inline troupe_verdict do_ask(troupe_actor *me, void *kind)
{
	CHECK_OK(troupe_expect(me, &expectation, &address));
	CHECK_OK(troupe_ask_bytes(target.ref, *(int *)kind, &(struct get){ .n = 5 }, sizeof(struct get),
	                          offsetof(struct get, reply), address));
	return TROUPE_HANDLED;
}

/* For do_ask. */
static __attribute__((unused)) int get_kind = GET, silent_kind = SILENT, unknown_kind = UNKNOWN_KIND, fail_kind = FAIL,
                                    keep_kind = KEEP;

static inline troupe_ref setup(struct fixture *f, uint32_t workers)
{
	fixture_start(f, workers);
	target = server_spawn(f);
	second = server_spawn(f);
	expectation = (troupe_expectation){ .struct_size = sizeof expectation, .token = 9 };
	return asker_spawn(f);
}

static inline void wait_events(struct fixture *f, int count)
{
	for (int64_t waited = 0; event_count < count; waited += TROUPE_MS) {
		CHECK(waited < LIMIT);
		sleep_ns(TROUPE_MS);
	}
	fixture_settle(f);
	CHECK_EQ(event_count, count);
}

#endif
