/* SPDX-License-Identifier: MIT */
/* Promise: an actor changes how it handles messages from the next one on, and what it set aside comes back first, in its order. */
#include "fixture.h"

enum { NOTE = 1, BECOME, UNBECOME, UNDEFER, ASK, LOG_MAX = 256 };

struct note { int64_t n; };
struct query { troupe_ref reply; int64_t n; };
typedef union changing {
	troupe_ref ref;
	const void *data;
	const struct note *NOTE;
	const struct query *ASK;
	const troupe_nothing *BECOME, *UNBECOME, *UNDEFER;
} changing;

static char log_of[LOG_MAX];
static int log_length;

static void note(char who, const troupe_message *m)
{
	CHECK(log_length + 2 < LOG_MAX);
	log_of[log_length++] = who;
	log_of[log_length++] = (char)('0' + ((const struct note *)m->data)->n);
}

static troupe_verdict receive_b(troupe_actor *me, const troupe_message *m)
{
	switch (m->kind) {
	case NOTE:
		note('b', m);
		return TROUPE_HANDLED;
	case UNBECOME:
		CHECK_OK(troupe_unbecome(me));
		return TROUPE_HANDLED;
	default:
		return m->kind == DO ? do_task(me, m) : TROUPE_DEFERRED;
	}
}

/* Sets even numbers aside. */
static troupe_verdict receive_a(troupe_actor *me, const troupe_message *m)
{
	switch (m->kind) {
	case NOTE:
		if (((const struct note *)m->data)->n % 2 == 0)
			return TROUPE_DEFERRED;
		note('a', m);
		return TROUPE_HANDLED;
	case BECOME:
		CHECK_OK(troupe_become(me, receive_b));
		return TROUPE_HANDLED;
	case UNDEFER:
		note('u', &(troupe_message){ .data = &(struct note){ (int64_t)troupe_undefer(me) } });
		return TROUPE_HANDLED;
	default:
		return m->kind == DO ? do_task(me, m) : TROUPE_DEFERRED;
	}
}

static const troupe_behaviour behaviour_a = { .name = "a", .receive = receive_a };

static changing setup(struct fixture *f)
{
	changing c;

	memset(log_of, 0, sizeof log_of);
	log_length = 0;
	fixture_start(f, 2);
	CHECK_OK(troupe_spawn(f->system, &behaviour_a, NULL, &c.ref));
	return c;
}

static void send_notes(changing c, int from, int to)
{
	for (int i = from; i < to; i++)
		CHECK_OK(troupe_send(c, NOTE, .n = i));
}

/* All in one queue, so that what is queued meanwhile is there when it changes. */
TEST(becoming, brings_the_deferred_first_in_their_order)
{
	struct fixture f;
	struct barrier barrier;
	changing c = setup(&f);
	barrier_raise(&barrier, c.ref);
	send_notes(c, 0, 5);
	CHECK_OK(troupe_send(c, BECOME, 0));
	send_notes(c, 5, 8);
	barrier_open(&barrier);
	fixture_settle(&f);
	CHECK_STR_EQ(log_of, "a1a3b0b2b4b5b6b7");
	fixture_finish(&f);
}

TEST(becoming, goes_back_and_brings_what_was_deferred_meanwhile)
{
	struct fixture f;
	changing c = setup(&f);
	CHECK_OK(troupe_send(c, BECOME, 0));
	CHECK_OK(troupe_send(c, UNDEFER, 0)); /* b does not know it: deferred */
	send_notes(c, 0, 2);
	CHECK_OK(troupe_send(c, UNBECOME, 0));
	send_notes(c, 2, 4);
	fixture_settle(&f);
	CHECK_STR_EQ(log_of, "b0b1u0a3");
	fixture_finish(&f);
	CHECK_EQ(f.letter_count, 1);
}

TEST(becoming, undefer_brings_them_without_a_change_and_counts)
{
	struct fixture f;
	struct barrier barrier;
	changing c = setup(&f);
	barrier_raise(&barrier, c.ref);
	send_notes(c, 2, 3);
	send_notes(c, 4, 5);
	CHECK_OK(troupe_send(c, UNDEFER, 0)); /* both are deferred again */
	CHECK_OK(troupe_send(c, UNDEFER, 0));
	CHECK_OK(troupe_send(c, BECOME, 0));
	barrier_open(&barrier);
	fixture_settle(&f);
	CHECK_STR_EQ(log_of, "u2u2b2b4");
	fixture_finish(&f);
}

static int depth;

static troupe_verdict receive_deep(troupe_actor *me, const troupe_message *m)
{
	return m->kind == DO ? do_task(me, m) : TROUPE_UNKNOWN;
}

static troupe_verdict do_become_deep(troupe_actor *me, void *argument)
{
	(void)argument;
	for (int i = 0; i < 1000; i++)
		CHECK_OK(troupe_become(me, i % 2 == 0 ? receive_b : receive_deep));
	return TROUPE_HANDLED;
}

static troupe_verdict do_unbecome_deep(troupe_actor *me, void *argument)
{
	(void)argument;
	while (troupe_unbecome(me) == TROUPE_OK)
		depth++;
	CHECK_EQ(troupe_unbecome(me), TROUPE_ENOENT);
	CHECK_EQ(troupe_become(me, NULL), TROUPE_EINVAL);
	return TROUPE_HANDLED;
}

TEST(becoming, remembers_a_thousand_and_finds_back)
{
	struct fixture f;
	changing c = setup(&f);
	depth = 0;
	perform(&f, c.ref, do_become_deep, NULL);
	perform(&f, c.ref, do_unbecome_deep, NULL);
	CHECK_EQ(depth, 1000);
	send_notes(c, 1, 2);
	fixture_settle(&f);
	CHECK_STR_EQ(log_of, "a1");
	fixture_finish(&f);
}

static void *ask(void *argument)
{
	struct { troupe_ref ref; } answer;
	changing *c = argument;
	troupe_status status = troupe_call_bytes(c->ref, ASK, &(struct query){ .n = 1 }, sizeof(struct query), 0, NOTE,
	                                         &answer, sizeof answer, LIMIT);
	CHECK(status == TROUPE_EGONE || status == TROUPE_ECLOSED);
	return NULL;
}

/* A deferred question is owed its answer still: when the actor ends, the asker hears of it. */
TEST(becoming, deferred_questions_have_their_outcome_at_the_end)
{
	struct fixture f;
	pthread_t thread;
	changing c = setup(&f);
	CHECK_OK(pthread_create(&thread, NULL, ask, &c));
	for (troupe_ledger ledger = { 0 }; ledger.queued == 0; sleep_ns(TROUPE_MS))
		CHECK_OK(troupe_ledger_read(f.system, &ledger));
	fixture_settle(&f);
	CHECK_OK(troupe_stop_wait(c.ref, LIMIT));
	CHECK_OK(pthread_join(thread, NULL));
	fixture_finish(&f);
	CHECK_EQ(f.letter_count, 1);
}

TEST(becoming, deferred_messages_are_in_the_ledger_and_dead_letters_at_the_end)
{
	struct fixture f;
	changing c = setup(&f);
	for (int i = 0; i < 50; i++)
		CHECK_OK(troupe_send(c, NOTE, .n = 2));
	fixture_settle(&f);
	troupe_ledger ledger;
	CHECK_OK(troupe_ledger_read(f.system, &ledger));
	CHECK_EQ(ledger.queued, 50);
	fixture_finish(&f);
	CHECK_EQ(fixture_letters(&f, NOTE, TROUPE_EGONE), 50);
}
