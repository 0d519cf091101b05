/* SPDX-License-Identifier: MIT */
/* The system that bad input is given to: it counts its dead letters, has an actor that does what the test tells it to, inside
 * a handler, and answers questions, so that a test can see that it still lives. Its end checks the ledger. */
#ifndef TROUPE_TESTS_INPUT_VICTIM_H
#define TROUPE_TESTS_INPUT_VICTIM_H

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "support/testing.h"
#include "troupe.h"

#define LIMIT (30 * TROUPE_S) /* generous: no test depends on speed */

enum { DO = 1, GET, VALUE, NOTE, STRANGE };

struct value { int64_t n; };
typedef union value_reply { troupe_ref ref; const struct value *VALUE; } value_reply;
struct get { value_reply reply; int64_t n; };
struct task {
	troupe_verdict (*run)(troupe_actor *me, const troupe_message *m);
};
typedef union victim {
	troupe_ref ref;
	const void *data;
	const struct task *DO;
	const struct get *GET;
	const struct value *NOTE, *STRANGE;
} victim;

/* What a test works with. */
static troupe_system theirs;
static victim actor;
static troupe_ledger final_ledger;
static atomic_uint_fast64_t letters, letters_of[STRANGE + 1];
static atomic_int last_why, notes;

static inline void victim_dead_letter(void *context, const troupe_dead_letter *letter)
{
	(void)context;
	letters++;
	if (letter->kind >= 0 && letter->kind <= STRANGE)
		letters_of[letter->kind]++;
	last_why = letter->why;
}

static inline void victim_log(void *context, const char *line)
{
	(void)context, (void)line;
}

static inline troupe_verdict victim_receive(troupe_actor *me, const troupe_message *m)
{
	victim in = { .data = m->data };

	switch (m->kind) {
	case DO:
		return in.DO->run(me, m);
	case GET:
		return troupe_done(me, troupe_send(in.GET->reply, VALUE, .n = in.GET->n));
	case NOTE:
		notes++;
		return TROUPE_HANDLED;
	default:
		return TROUPE_UNKNOWN;
	}
}

static const troupe_behaviour victim_behaviour = { .name = "victim", .receive = victim_receive };

static inline troupe_options victim_options(void)
{
	return (troupe_options){ .struct_size = sizeof(troupe_options), .workers = 2, .dead_letter = victim_dead_letter,
		                 .log = victim_log, .ledger = &final_ledger };
}

static inline void victim_start_with(const troupe_options *options)
{
	letters = 0;
	notes = 0;
	last_why = 0;
	for (int i = 0; i <= STRANGE; i++)
		letters_of[i] = 0;
	CHECK_OK(troupe_start(options, &theirs));
	CHECK_OK(troupe_spawn(theirs, &victim_behaviour, NULL, &actor.ref));
}

static inline void victim_start(void)
{
	troupe_options options = victim_options();

	victim_start_with(&options);
}

static inline void settle(void)
{
	CHECK_OK(troupe_settle(theirs, LIMIT));
}

/* Run this in a handler of the actor, and wait until it is done. */
static inline void perform(troupe_verdict (*run)(troupe_actor *me, const troupe_message *m))
{
	CHECK_OK(troupe_send(actor, DO, .run = run));
	settle();
}

/* It lives, and answers. */
static inline void check_answers(void)
{
	static int64_t next;
	struct value value = { 0 };

	CHECK_OK(troupe_call(actor, GET, VALUE, &value, LIMIT, .n = ++next));
	CHECK_EQ(value.n, next);
}

static inline troupe_ledger ledger_now(void)
{
	troupe_ledger ledger;

	settle();
	CHECK_OK(troupe_ledger_read(theirs, &ledger));
	return ledger;
}

/* Nothing has happened since: no message was sent, and none is on the way. */
static inline void check_nothing_since(troupe_ledger before)
{
	troupe_ledger now = ledger_now();

	CHECK_EQ(now.sent, before.sent);
	CHECK_EQ(now.dead, before.dead);
	CHECK_EQ(now.queued, 0);
}

static inline void check_books(void)
{
	CHECK_EQ(final_ledger.handled + final_ledger.dead + final_ledger.returned, final_ledger.sent);
	CHECK_EQ(final_ledger.queued, 0);
	CHECK_EQ(letters, final_ledger.dead);
}

static inline void victim_finish(void)
{
	check_answers();
	CHECK_OK(troupe_finish(theirs, LIMIT));
	check_books();
}

static inline void sleep_ns(int64_t ns)
{
	nanosleep(&(struct timespec){ .tv_sec = (time_t)(ns / TROUPE_S), .tv_nsec = (long)(ns % TROUPE_S) }, NULL);
}

/* Wait until somebody else has counted so far. */
static inline void await_count(atomic_int *counter, int count)
{
	for (int64_t waited = 0; atomic_load(counter) < count; waited += TROUPE_MS / 4) {
		CHECK(waited < LIMIT);
		sleep_ns(TROUPE_MS / 4);
	}
}

#endif
