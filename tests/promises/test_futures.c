/* SPDX-License-Identifier: MIT */
/* Promise: plain threads ask too: troupe_call and futures bring each answer, or the reason why there is none, in time. */
#include "fixture.h"

enum { GET = 1, SILENT, FAIL, KEEP, RELEASE, WRONG, VALUE, OTHER, LARGE };

struct value { int64_t n; };
struct large { char bytes[5000]; };
typedef union value_reply {
	troupe_ref ref;
	const struct value *VALUE;
	const struct large *LARGE;
	const troupe_nothing *OTHER;
} value_reply;
struct get { value_reply reply; int64_t n; };
typedef union server {
	troupe_ref ref;
	const void *data;
	const struct get *GET, *SILENT, *FAIL, *KEEP, *WRONG, *LARGE, *OTHER;
	const troupe_nothing *RELEASE;
} server;

enum { KEPT_MAX = 64 };

struct server_state {
	struct get kept[KEPT_MAX];
	int kept_count;
};

static troupe_verdict release_all(struct server_state *self)
{
	for (int i = 0; i < self->kept_count; i++)
		CHECK_OK(troupe_send(self->kept[i].reply, VALUE, .n = self->kept[i].n));
	self->kept_count = 0;
	return TROUPE_HANDLED;
}

static troupe_verdict serve(troupe_actor *me, const troupe_message *m)
{
	struct server_state *self = me->state;
	server in = { .data = m->data };

	switch (m->kind) {
	case GET:
		CHECK_OK(troupe_send(in.GET->reply, VALUE, .n = in.GET->n));
		return TROUPE_HANDLED;
	case WRONG:
		CHECK_OK(troupe_send(in.WRONG->reply, OTHER, 0));
		return TROUPE_HANDLED;
	case LARGE:
		CHECK_OK(troupe_send(in.LARGE->reply, LARGE, .bytes = "large"));
		return TROUPE_HANDLED;
	case SILENT:
		return TROUPE_HANDLED;
	case FAIL:
		return troupe_fail(me, TROUPE_EUSER);
	case KEEP:
		CHECK_OK(troupe_keep(me, m));
		self->kept[self->kept_count++ % KEPT_MAX] = *in.KEEP;
		return TROUPE_HANDLED;
	case RELEASE:
		return release_all(self);
	default:
		return m->kind == DO ? do_task(me, m) : TROUPE_UNKNOWN;
	}
}

static const troupe_behaviour serving = { .name = "server", .receive = serve, .state_size = sizeof(struct server_state) };

static server setup(struct fixture *f)
{
	server s;

	fixture_start(f, 2);
	CHECK_OK(troupe_spawn(f->system, &serving, NULL, &s.ref));
	return s;
}

/* --------------------------------------------------------------------------------------------------------- calling -- */

TEST(futures, call_brings_the_answer)
{
	struct fixture f;
	struct value value = { 0 };
	struct large large;
	server s = setup(&f);
	for (int i = 0; i < 1000; i++) {
		CHECK_OK(troupe_call(s, GET, VALUE, &value, LIMIT, .n = i));
		CHECK_EQ(value.n, i);
	}
	CHECK_OK(troupe_call(s, LARGE, LARGE, &large, 0, .n = 0));
	CHECK_STR_EQ(large.bytes, "large");
	fixture_finish(&f);
}

TEST(futures, call_tells_why_there_is_no_answer)
{
	struct fixture f;
	struct value value = { 77 };
	server s = setup(&f);
	CHECK_EQ(troupe_call(s, SILENT, VALUE, &value, LIMIT, .n = 1), TROUPE_EUNANSWERED);
	CHECK_EQ(troupe_call(s, OTHER, VALUE, &value, LIMIT, .n = 1), TROUPE_EUNKNOWN);
	CHECK_EQ(troupe_call(s, FAIL, VALUE, &value, LIMIT, .n = 1), TROUPE_EFAILED);
	CHECK_OK(troupe_wait_end(s.ref, LIMIT, NULL));
	CHECK_EQ(troupe_call(s, GET, VALUE, &value, LIMIT, .n = 1), TROUPE_EGONE);
	s.ref = (troupe_ref){ 0 };
	CHECK_EQ(troupe_call(s, GET, VALUE, &value, LIMIT, .n = 1), TROUPE_EGONE);
	CHECK_EQ(value.n, 77);
	fixture_finish(&f);
}

TEST(futures, call_refuses_another_answer_which_is_a_dead_letter)
{
	struct fixture f;
	struct value value = { 77 };
	server s = setup(&f);
	CHECK_EQ(troupe_call(s, WRONG, VALUE, &value, LIMIT, .n = 1), TROUPE_EANSWER);
	CHECK_EQ(value.n, 77);
	CHECK_EQ(fixture_letters(&f, OTHER, TROUPE_EANSWER), 1);
	fixture_finish(&f);
}

TEST(futures, call_times_out_and_the_late_answer_is_a_dead_letter)
{
	struct fixture f;
	struct value value = { 77 };
	server s = setup(&f);
	CHECK_EQ(troupe_call(s, KEEP, VALUE, &value, 5 * TROUPE_MS, .n = 1), TROUPE_ETIMEOUT);
	CHECK_OK(troupe_send(s, RELEASE, 0));
	fixture_settle(&f);
	CHECK_EQ(value.n, 77);
	CHECK_EQ(fixture_letters(&f, VALUE, TROUPE_ECLOSED), 1);
	fixture_finish(&f);
}

TEST(futures, call_hears_that_the_keeper_has_ended)
{
	struct fixture f;
	struct value value;
	server s = setup(&f);
	CHECK_OK(troupe_send(s, RELEASE, 0));
	CHECK_OK(troupe_stop(s.ref));
	troupe_status status = troupe_call(s, KEEP, VALUE, &value, LIMIT, .n = 1);
	CHECK(status == TROUPE_EGONE || status == TROUPE_ECLOSED);
	fixture_finish(&f);
}

/* ---------------------------------------------------------------------------------------------------------- futures -- */

static troupe_future opened(struct fixture *f, const troupe_expectation *options)
{
	troupe_future future;

	CHECK_OK(troupe_future_open(f->system, options, &future));
	return future;
}

TEST(futures, bring_several_answers_in_order_and_then_close)
{
	struct fixture f;
	struct value value;
	server s = setup(&f);
	troupe_future future = opened(&f, TROUPE_OPTIONS(troupe_expectation, .answers = 10));
	for (int i = 0; i < 10; i++)
		CHECK_OK(troupe_ask(s, GET, future.ref, .n = i));
	for (int i = 0; i < 10; i++) {
		CHECK_OK(troupe_next(future, VALUE, &value, sizeof value));
		CHECK_EQ(value.n, i);
	}
	CHECK_EQ(troupe_next(future, VALUE, &value, sizeof value), TROUPE_ECLOSED);
	CHECK(troupe_future_ready(future));
	CHECK_EQ(troupe_ask(s, GET, future.ref, .n = 11), TROUPE_ECLOSED);
	troupe_future_close(future);
	troupe_future_close(future);
	CHECK_EQ(troupe_next(future, VALUE, &value, sizeof value), TROUPE_ECLOSED);
	fixture_finish(&f);
}

TEST(futures, are_ready_when_there_is_something_to_take)
{
	struct fixture f;
	struct value value;
	server s = setup(&f);
	troupe_future future = opened(&f, NULL);
	CHECK(!troupe_future_ready(future));
	CHECK_OK(troupe_ask(s, KEEP, future.ref, .n = 4));
	fixture_settle(&f);
	CHECK(!troupe_future_ready(future));
	CHECK_OK(troupe_send(s, RELEASE, 0));
	fixture_settle(&f);
	CHECK(troupe_future_ready(future));
	CHECK_OK(troupe_next(future, VALUE, &value, sizeof value));
	CHECK_EQ(value.n, 4);
	troupe_future_close(future);
	fixture_finish(&f);
}

TEST(futures, time_out_and_stay_closed)
{
	struct fixture f;
	struct value value;
	server s = setup(&f);
	troupe_future future = opened(&f, TROUPE_OPTIONS(troupe_expectation, .answers = 2, .within_ns = 30 * TROUPE_MS));
	int64_t from = troupe_now(f.system);
	CHECK_OK(troupe_ask(s, GET, future.ref, .n = 4));
	CHECK_OK(troupe_ask(s, KEEP, future.ref, .n = 5));
	CHECK_OK(troupe_next(future, VALUE, &value, sizeof value));
	CHECK_EQ(troupe_next(future, VALUE, &value, sizeof value), TROUPE_ETIMEOUT);
	CHECK(troupe_now(f.system) - from >= 30 * TROUPE_MS);
	CHECK_OK(troupe_send(s, RELEASE, 0));
	fixture_settle(&f);
	CHECK_EQ(troupe_next(future, VALUE, &value, sizeof value), TROUPE_ETIMEOUT);
	CHECK_EQ(fixture_letters(&f, VALUE, TROUPE_ECLOSED), 1);
	troupe_future_close(future);
	fixture_finish(&f);
}

TEST(futures, that_nobody_reads_close_with_their_time_all_the_same)
{
	struct fixture f;
	struct value value;
	server s = setup(&f);
	troupe_future future = opened(&f, TROUPE_OPTIONS(troupe_expectation, .within_ns = 5 * TROUPE_MS));
	CHECK_OK(troupe_ask(s, KEEP, future.ref, .n = 4));
	sleep_ns(20 * TROUPE_MS);
	CHECK(troupe_future_ready(future));
	CHECK_OK(troupe_send(s, RELEASE, 0));
	fixture_settle(&f);
	CHECK_EQ(fixture_letters(&f, VALUE, TROUPE_ECLOSED), 1);
	CHECK_EQ(troupe_next(future, VALUE, &value, sizeof value), TROUPE_ETIMEOUT);
	troupe_future_close(future);
	fixture_finish(&f);
}

TEST(futures, bring_what_came_in_time_also_when_it_is_read_later)
{
	struct fixture f;
	struct value value;
	server s = setup(&f);
	troupe_future future = opened(&f, TROUPE_OPTIONS(troupe_expectation, .within_ns = LIMIT));
	CHECK_OK(troupe_ask(s, GET, future.ref, .n = 4));
	fixture_settle(&f);
	CHECK_OK(troupe_next(future, VALUE, &value, sizeof value));
	troupe_future_close(future);
	fixture_finish(&f);
}

TEST(futures, drop_an_answer_of_another_kind_or_size_as_a_dead_letter)
{
	struct fixture f;
	struct value value;
	server s = setup(&f);
	troupe_future future = opened(&f, TROUPE_OPTIONS(troupe_expectation, .answers = 3));
	CHECK_OK(troupe_ask(s, WRONG, future.ref, .n = 1));
	CHECK_OK(troupe_ask(s, GET, future.ref, .n = 2));
	CHECK_OK(troupe_ask(s, GET, future.ref, .n = 3));
	CHECK_EQ(troupe_next(future, VALUE, &value, sizeof value), TROUPE_EANSWER);
	CHECK_EQ(troupe_next(future, VALUE, &value, sizeof value / 2), TROUPE_EANSWER);
	CHECK_OK(troupe_next(future, VALUE, &value, sizeof value));
	CHECK_EQ(value.n, 3);
	CHECK_EQ(fixture_letters(&f, OTHER, TROUPE_EANSWER), 1);
	CHECK_EQ(fixture_letters(&f, VALUE, TROUPE_EANSWER), 1);
	troupe_future_close(future);
	fixture_finish(&f);
}

static void check_future_reason(struct fixture *f, server s, int kind, troupe_status why)
{
	struct value value;
	troupe_future future = opened(f, NULL);

	CHECK_OK(troupe_ask_bytes(s.ref, kind, &(struct get){ .n = 1 }, sizeof(struct get), 0, future.ref));
	CHECK_EQ(troupe_next(future, VALUE, &value, sizeof value), why);
	troupe_future_close(future);
}

TEST(futures, tell_why_no_answer_comes)
{
	struct fixture f;
	server s = setup(&f);
	check_future_reason(&f, s, SILENT, TROUPE_EUNANSWERED);
	check_future_reason(&f, s, OTHER, TROUPE_EUNKNOWN);
	check_future_reason(&f, s, FAIL, TROUPE_EFAILED);
	fixture_finish(&f);
}

TEST(futures, tell_that_the_one_asked_is_gone)
{
	struct fixture f;
	server s = setup(&f);
	CHECK_OK(troupe_stop_wait(s.ref, LIMIT));
	check_future_reason(&f, s, GET, TROUPE_EGONE);
	s.ref = (troupe_ref){ 0 };
	check_future_reason(&f, s, GET, TROUPE_EGONE);
	CHECK_EQ(fixture_letters(&f, GET, TROUPE_EGONE), 2);
	fixture_finish(&f);
}

TEST(futures, of_which_one_question_failed_do_not_claim_that_all_answers_came)
{
	struct fixture f;
	struct value value;
	server s = setup(&f);
	troupe_future future = opened(&f, TROUPE_OPTIONS(troupe_expectation, .answers = 2));
	CHECK_OK(troupe_ask(s, SILENT, future.ref, .n = 1));
	CHECK_OK(troupe_ask(s, GET, future.ref, .n = 2));
	CHECK_OK(troupe_next(future, VALUE, &value, sizeof value));
	CHECK_EQ(troupe_next(future, VALUE, &value, sizeof value), TROUPE_EUNANSWERED);
	troupe_future_close(future);
	fixture_finish(&f);
}

TEST(futures, closed_early_make_dead_letters_of_later_answers)
{
	struct fixture f;
	server s = setup(&f);
	troupe_future future = opened(&f, NULL);
	CHECK_OK(troupe_ask(s, KEEP, future.ref, .n = 1));
	fixture_settle(&f);
	troupe_future_close(future);
	CHECK_OK(troupe_send(s, RELEASE, 0));
	fixture_settle(&f);
	CHECK_EQ(fixture_letters(&f, VALUE, TROUPE_ECLOSED), 1);
	fixture_finish(&f);
}

/* The slot of one is used again by the next: answers to the old one must not reach the new one. */
TEST(futures, closed_do_not_receive_for_their_successors)
{
	enum { ROUNDS = 3000 };
	struct fixture f;
	struct value value;
	server s = setup(&f);
	troupe_future old = opened(&f, NULL);
	CHECK_OK(troupe_ask(s, KEEP, old.ref, .n = -1));
	fixture_settle(&f);
	troupe_future_close(old);
	for (int i = 0; i < ROUNDS; i++) {
		troupe_future young = opened(&f, NULL);
		troupe_ignore(troupe_send((value_reply){ old.ref }, VALUE, .n = -1));
		if (i == ROUNDS / 2)
			CHECK_OK(troupe_send(s, RELEASE, 0));
		CHECK_OK(troupe_ask(s, GET, young.ref, .n = i));
		CHECK_OK(troupe_next(young, VALUE, &value, sizeof value));
		CHECK_EQ(value.n, i);
		troupe_future_close(young);
	}
	fixture_finish(&f);
}

/* --------------------------------------------------------------------------------------------------------- threads -- */

struct waiting {
	troupe_future future;
	troupe_status status;
	atomic_int begun;
};

static void *wait_next(void *argument)
{
	struct waiting *w = argument;
	struct value value;

	w->begun = 1;
	w->status = troupe_next(w->future, VALUE, &value, sizeof value);
	return NULL;
}

TEST(futures, closed_by_another_thread_wake_who_waits)
{
	struct fixture f;
	struct waiting w = { .begun = 0 };
	pthread_t thread;
	setup(&f);
	w.future = opened(&f, NULL);
	CHECK_OK(pthread_create(&thread, NULL, wait_next, &w));
	await_flag(&w.begun);
	sleep_ns(2 * TROUPE_MS);
	troupe_future_close(w.future);
	CHECK_OK(pthread_join(thread, NULL));
	CHECK_EQ(w.status, TROUPE_ECLOSED);
	fixture_finish(&f);
}

TEST(futures, still_open_at_the_end_of_the_system_close)
{
	struct fixture f;
	struct waiting w = { .begun = 0 };
	struct value value;
	pthread_t thread;
	setup(&f);
	w.future = opened(&f, NULL);
	troupe_future unread = opened(&f, NULL);
	CHECK_OK(pthread_create(&thread, NULL, wait_next, &w));
	await_flag(&w.begun);
	sleep_ns(2 * TROUPE_MS);
	fixture_finish(&f);
	CHECK_OK(pthread_join(thread, NULL));
	CHECK_EQ(w.status, TROUPE_ECLOSED);
	CHECK_EQ(troupe_next(unread, VALUE, &value, sizeof value), TROUPE_ECLOSED);
	troupe_future_close(unread);
	troupe_future_close(w.future);
}

enum { CALLERS = 6, CALLS = 300 };

static void *call_often(void *argument)
{
	server *s = argument;
	struct value value;

	for (int i = 0; i < CALLS; i++) {
		CHECK_OK(troupe_call(*s, GET, VALUE, &value, 0, .n = i));
		CHECK_EQ(value.n, i);
		if (i % 16 == 0)
			troupe_ignore(troupe_call(*s, SILENT, VALUE, &value, 0, .n = i));
	}
	return NULL;
}

TEST(futures, many_threads_call_at_once)
{
	struct fixture f;
	pthread_t threads[CALLERS];
	server s = setup(&f);
	for (int i = 0; i < CALLERS; i++)
		CHECK_OK(pthread_create(&threads[i], NULL, call_often, &s));
	for (int i = 0; i < CALLERS; i++)
		CHECK_OK(pthread_join(threads[i], NULL));
	fixture_finish(&f);
}

/* --------------------------------------------------------------------------------------------- in handlers, and codes -- */

static troupe_verdict do_open_and_block(troupe_actor *me, void *argument)
{
	server *s = argument;
	troupe_future future;
	struct value value = { 77 };

	CHECK_OK(troupe_future_open(me->system, NULL, &future));
	CHECK_EQ(troupe_next(future, VALUE, &value, sizeof value), TROUPE_ECONTEXT);
	CHECK_EQ(troupe_call(*s, GET, VALUE, &value, LIMIT, .n = 1), TROUPE_ECONTEXT);
	CHECK_EQ(value.n, 77);
	troupe_future_close(future);
	return TROUPE_HANDLED;
}

TEST(futures, may_be_opened_in_a_handler_but_not_waited_for)
{
	struct fixture f;
	server s = setup(&f);
	perform(&f, s.ref, do_open_and_block, &s);
	CHECK_EQ(f.letter_count, 0);
	fixture_finish(&f);
}

TEST(futures, refuse_what_is_for_actors_alone)
{
	struct fixture f;
	troupe_future future;
	setup(&f);
	CHECK_EQ(troupe_future_open(f.system, TROUPE_OPTIONS(troupe_expectation, .hold = true), &future), TROUPE_EINVAL);
	CHECK_EQ(troupe_future_open(f.system, TROUPE_OPTIONS(troupe_expectation, .then = serve), &future), TROUPE_EINVAL);
	CHECK_EQ(troupe_future_open(f.system, TROUPE_OPTIONS(troupe_expectation, .answers = 65536), &future), TROUPE_EINVAL);
	CHECK_EQ(troupe_future_open(f.system, TROUPE_OPTIONS(troupe_expectation, .questions = 65536), &future), TROUPE_EINVAL);
	CHECK_EQ(troupe_future_open(f.system, TROUPE_OPTIONS(troupe_expectation, .within_ns = -1), &future), TROUPE_EINVAL);
	fixture_finish(&f);
}
