/* SPDX-License-Identifier: MIT */
/* What the tests of bounded mailboxes share: a log actor that writes down what it is sent, in order, and may be held. */
#ifndef TROUPE_TESTS_PROMISES_BOUNDED_H
#define TROUPE_TESTS_PROMISES_BOUNDED_H

#include "fixture.h"

enum { NOTE = 1, QUERY, ANSWER, NOTES_MAX = 4096 };

struct note {
	int number;
};

typedef union query_reply {
	troupe_ref ref;
	const struct note *ANSWER;
} query_reply;

struct query {
	query_reply reply;
	int number;
};

typedef union noter {
	troupe_ref ref;
	const void *data;
	const struct note *NOTE;
	const struct query *QUERY;
	const struct task *DO;
} noter;

/* What was noted, in order. */
struct notes {
	atomic_int count;
	int numbers[NOTES_MAX];
};

static inline void notes_add(struct notes *notes, int number)
{
	int at = atomic_load(&notes->count);

	CHECK(at < NOTES_MAX);
	notes->numbers[at] = number;
	atomic_store(&notes->count, at + 1);
}

static inline troupe_verdict noter_receive(troupe_actor *me, const troupe_message *m)
{
	struct notes *notes = *(struct notes **)me->state;
	noter in = { .data = m->data };

	switch (m->kind) {
	case NOTE:
		notes_add(notes, in.NOTE->number);
		return TROUPE_HANDLED;
	case QUERY:
		return troupe_done(me, troupe_send(in.QUERY->reply, ANSWER, .number = in.QUERY->number));
	case DO:
		return do_task(me, m);
	}
	return TROUPE_UNKNOWN;
}

static const troupe_behaviour noter_behaviour = { .name = "noter", .receive = noter_receive,
	                                          .state_size = sizeof(struct notes *) };

static inline noter noter_spawn(struct fixture *f, struct notes *notes, const troupe_bounds *bounds)
{
	noter n;

	memset(notes, 0, sizeof *notes);
	CHECK_OK(troupe_spawn_with(f->system, NULL, &noter_behaviour, &notes,
	                           TROUPE_OPTIONS(troupe_spawn_options, .bounds = bounds), &n.ref));
	return n;
}

static inline troupe_counters counters_of(const struct fixture *f)
{
	troupe_counters counters;

	CHECK_OK(troupe_counters_read(f->system, &counters));
	return counters;
}

#endif
