/* SPDX-License-Identifier: MIT */
/* Promise: a system ends in order and in time: what is queued is handled, timers go on meanwhile, who stands in the way is named
 * and killed. Until then it runs, settles and quits when told to. */
#include "fixture.h"

enum { NOTE = 1, TICK };

static atomic_int handled, terminated, last_why;

static void reset(void)
{
	handled = terminated = last_why = 0;
}

static void count_end(troupe_actor *me, troupe_status why)
{
	(void)me;
	last_why = why;
	terminated++;
}

/* Each message makes another one, so many in all. */
struct chain { int left; };
typedef union chained { troupe_ref ref; const void *data; const struct chain *NOTE; } chained;

static troupe_verdict go_on(troupe_actor *me, const troupe_message *m)
{
	chained in = { .data = m->data };

	if (m->kind == DO)
		return do_task(me, m);
	handled++;
	if (m->kind == NOTE && in.NOTE->left > 0)
		CHECK_OK(troupe_send((chained){ me->ref }, NOTE, .left = in.NOTE->left - 1));
	return TROUPE_HANDLED;
}

static const troupe_behaviour chaining = { .name = "chain", .receive = go_on, .terminate = count_end };

static chained spawned(struct fixture *f)
{
	chained c;

	CHECK_OK(troupe_spawn(f->system, &chaining, NULL, &c.ref));
	return c;
}

TEST(shutdown, of_an_idle_system_is_plain)
{
	for (uint32_t workers = 0; workers < 5; workers++) {
		struct fixture f;
		fixture_start(&f, workers);
		fixture_finish(&f);
		CHECK_EQ(f.ledger.sent, 0);
	}
}

TEST(shutdown, handles_what_is_queued_and_what_follows_from_it)
{
	struct fixture f;
	fixture_start(&f, 2);
	reset();
	for (int i = 0; i < 10; i++)
		CHECK_OK(troupe_send(spawned(&f), NOTE, .left = 999));
	fixture_finish(&f);
	CHECK_EQ(handled, 10000);
	CHECK_EQ(terminated, 10);
	CHECK_EQ(last_why, TROUPE_OK);
	CHECK_EQ(f.letter_count, 0);
}

static troupe_verdict do_arm(troupe_actor *me, void *argument)
{
	(void)argument;
	CHECK_OK(troupe_after(me, TROUPE_MS, TICK, 0, NULL));
	sleep_ns(5 * TROUPE_MS); /* busy until it is due */
	return TROUPE_HANDLED;
}

TEST(shutdown, handles_timers_that_come_due_meanwhile)
{
	struct fixture f;
	fixture_start(&f, 1);
	reset();
	chained c = spawned(&f);
	tell(c.ref, do_arm, NULL);
	tell(c.ref, do_arm, NULL);
	fixture_finish(&f);
	CHECK(handled >= 1);
}

/* --------------------------------------------------------------------------------------------------- without an end -- */

static troupe_verdict turn_for_ever(troupe_actor *me, const troupe_message *m)
{
	if (m->kind == DO)
		return do_task(me, m);
	handled++;
	return troupe_send((chained){ me->ref }, NOTE, .left = 1) == TROUPE_OK ? TROUPE_HANDLED : TROUPE_UNKNOWN;
}

TEST(shutdown, stops_an_actor_that_always_has_more_to_do)
{
	static const troupe_behaviour endless = { .name = "endless", .receive = turn_for_ever, .terminate = count_end };
	struct fixture f;
	chained c;
	fixture_start(&f, 2);
	reset();
	CHECK_OK(troupe_spawn(f.system, &endless, NULL, &c.ref));
	CHECK_OK(troupe_send(c, NOTE, .left = 1));
	CHECK_OK(troupe_finish(f.system, 400 * TROUPE_MS)); /* half of it goes by first */
	CHECK_EQ(terminated, 1);
	CHECK_EQ(last_why, TROUPE_OK);
	fixture_check_ledger(&f);
}

static troupe_verdict drain_for_ever(troupe_actor *me, const troupe_message *m)
{
	(void)me;
	handled++;
	if (m->kind == NOTE)
		sleep_ns(2 * TROUPE_MS);
	return TROUPE_HANDLED;
}

TEST(shutdown, kills_and_names_who_takes_too_long)
{
	static const troupe_behaviour slow = {
		.name = "slow", .receive = drain_for_ever, .terminate = count_end, .leftovers = TROUPE_DRAIN
	};
	struct fixture f;
	chained c;
	fixture_start(&f, 2);
	reset();
	CHECK_OK(troupe_spawn(f.system, &slow, NULL, &c.ref));
	for (int i = 0; i < 5000; i++)
		CHECK_OK(troupe_send(c, NOTE, .left = 0));
	CHECK_EQ(troupe_finish(f.system, 400 * TROUPE_MS), TROUPE_ETIMEOUT);
	CHECK(fixture_logged(&f, "slow"));
	CHECK_EQ(terminated, 1);
	CHECK_EQ(last_why, TROUPE_EKILLED);
	fixture_check_ledger(&f);
}

static struct barrier stuck;

TEST(shutdown, names_the_actor_whose_handler_does_not_return_and_what_it_handles)
{
	static struct fixture f; /* the system is left behind: it may still log */
	fixture_start(&f, 2);
	reset();
	chained fine = spawned(&f);
	static const troupe_kind kinds[] = { { DO, sizeof(struct task), "DO_IT" }, { 0 } };
	static const troupe_behaviour blocking = { .name = "blocker", .receive = doer_receive, .kinds = kinds };
	troupe_ref ref;
	CHECK_OK(troupe_spawn(f.system, &blocking, NULL, &ref));
	barrier_raise(&stuck, ref);
	CHECK_OK(troupe_send(fine, NOTE, .left = 10));
	int64_t from = troupe_now(f.system);
	CHECK_EQ(troupe_finish(f.system, 200 * TROUPE_MS), TROUPE_ETIMEOUT);
	CHECK(troupe_now(f.system) - from < LIMIT);
	CHECK(fixture_logged(&f, "blocker"));
	CHECK(fixture_logged(&f, "DO_IT"));
	CHECK_EQ(handled, 11);
	CHECK_EQ(terminated, 1);
	barrier_open(&stuck);
}

TEST(shutdown, that_has_no_limit_waits_for_a_slow_handler)
{
	struct fixture f;
	struct barrier barrier;
	fixture_start(&f, 2);
	chained c = spawned(&f);
	barrier_raise(&barrier, c.ref);
	CHECK_EQ(troupe_settle(f.system, 5 * TROUPE_MS), TROUPE_ETIMEOUT);
	barrier_open(&barrier);
	CHECK_OK(troupe_finish(f.system, 0));
	fixture_check_ledger(&f);
}

/* ------------------------------------------------------------------------------------------------------------ settle -- */

static troupe_verdict defer_notes(troupe_actor *me, const troupe_message *m)
{
	return m->kind == DO ? do_task(me, m) : TROUPE_DEFERRED;
}

static troupe_verdict do_hold(troupe_actor *me, void *argument)
{
	troupe_ref address;

	(void)argument;
	CHECK_OK(troupe_expect(me, TROUPE_OPTIONS(troupe_expectation, .hold = true), &address));
	CHECK_OK(troupe_after(me, 3600 * TROUPE_S, TICK, 0, NULL));
	return TROUPE_HANDLED;
}

TEST(shutdown, settle_does_not_wait_for_timers_nor_for_deferred_nor_for_held_messages)
{
	static const troupe_behaviour deferring = { .receive = defer_notes };
	struct fixture f;
	chained c;
	fixture_start(&f, 2);
	CHECK_OK(troupe_spawn(f.system, &deferring, NULL, &c.ref));
	CHECK_OK(troupe_send(c, NOTE, .left = 0));
	tell(c.ref, do_hold, NULL);
	CHECK_OK(troupe_send(c, NOTE, .left = 0));
	fixture_settle(&f);
	troupe_ledger ledger;
	CHECK_OK(troupe_ledger_read(f.system, &ledger));
	CHECK_EQ(ledger.queued, 2);
	fixture_finish(&f);
	CHECK_EQ(f.letter_count, 2);
}

TEST(shutdown, settle_waits_for_all_that_follows)
{
	struct fixture f;
	fixture_start(&f, 4);
	reset();
	chained c = spawned(&f);
	for (int round = 1; round <= 200; round++) {
		CHECK_OK(troupe_send(c, NOTE, .left = 9));
		fixture_settle(&f);
		CHECK_EQ(handled, round * 10);
	}
	fixture_finish(&f);
}

/* ---------------------------------------------------------------------------------------------------------- run, quit -- */

static troupe_verdict do_quit(troupe_actor *me, void *argument)
{
	(void)argument;
	CHECK_OK(troupe_quit(me->system));
	return TROUPE_HANDLED;
}

TEST(shutdown, run_returns_when_a_handler_quits)
{
	struct fixture f;
	fixture_start(&f, 2);
	chained c = spawned(&f);
	tell(c.ref, do_quit, NULL);
	CHECK_OK(troupe_run(f.system));
	CHECK_OK(troupe_run(f.system)); /* told already */
	fixture_finish(&f);
}

static void *quit_later(void *argument)
{
	sleep_ns(5 * TROUPE_MS);
	CHECK_OK(troupe_quit(*(troupe_system *)argument));
	return NULL;
}

TEST(shutdown, run_returns_when_a_thread_quits)
{
	struct fixture f;
	pthread_t thread;
	fixture_start(&f, 1);
	CHECK_OK(pthread_create(&thread, NULL, quit_later, &f.system));
	CHECK_OK(troupe_run(f.system));
	CHECK_OK(pthread_join(thread, NULL));
	fixture_finish(&f);
}

/* ----------------------------------------------------------------------------------------------- from other threads -- */

enum { OUTSIDERS = 3 };

struct outsider {
	struct fixture *f;
	chained to;
	atomic_int *stop;
	int64_t accepted, refused;
};

static void *send_until_told(void *argument)
{
	struct outsider *self = argument;

	while (*self->stop == 0) {
		troupe_status status = troupe_send(self->to, NOTE, .left = 0);
		CHECK(status == TROUPE_OK || status == TROUPE_ECLOSED || status == TROUPE_EGONE);
		if (status == TROUPE_OK)
			self->accepted++;
		else
			self->refused++;
		if (self->refused > 1000)
			break;
	}
	return NULL;
}

TEST(shutdown, refuses_threads_outside_and_loses_nothing_that_it_accepted)
{
	struct fixture f;
	struct outsider outsiders[OUTSIDERS];
	pthread_t threads[OUTSIDERS];
	atomic_int stop = 0;
	int64_t accepted = 0;
	fixture_start(&f, 2);
	reset();
	chained c = spawned(&f);
	for (int i = 0; i < OUTSIDERS; i++) {
		outsiders[i] = (struct outsider){ .f = &f, .to = c, .stop = &stop };
		CHECK_OK(pthread_create(&threads[i], NULL, send_until_told, &outsiders[i]));
	}
	sleep_ns(10 * TROUPE_MS);
	CHECK_OK(troupe_finish(f.system, LIMIT));
	stop = 1;
	for (int i = 0; i < OUTSIDERS; i++) {
		CHECK_OK(pthread_join(threads[i], NULL));
		accepted += outsiders[i].accepted;
	}
	CHECK_EQ(handled, accepted);
	fixture_check_ledger(&f);
}

/* ------------------------------------------------------------------------------------------------- in handlers: no -- */

static troupe_verdict do_block(troupe_actor *me, void *argument)
{
	troupe_status why = TROUPE_EUSER;
	(void)argument;
	CHECK_EQ(troupe_run(me->system), TROUPE_ECONTEXT);
	CHECK_EQ(troupe_settle(me->system, 0), TROUPE_ECONTEXT);
	CHECK_EQ(troupe_finish(me->system, 0), TROUPE_ECONTEXT);
	CHECK_EQ(troupe_wait_end(me->ref, 0, &why), TROUPE_ECONTEXT);
	CHECK_EQ(troupe_stop_wait(me->ref, 0), TROUPE_ECONTEXT);
	CHECK_EQ(why, TROUPE_EUSER);
	return TROUPE_HANDLED;
}

TEST(shutdown, and_other_blocking_calls_are_refused_in_a_handler)
{
	struct fixture f;
	fixture_start(&f, 1);
	chained c = spawned(&f);
	perform(&f, c.ref, do_block, NULL);
	check_handles(&f, c.ref);
	fixture_finish(&f);
}
