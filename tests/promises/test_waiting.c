/* SPDX-License-Identifier: MIT */
/* Promise: plain threads wait for the end of an actor, and learn how it ended. */
#include "fixture.h"

enum { WAITERS = 6 };

struct waiter {
	troupe_ref ref;
	int64_t within_ns;
	troupe_status status, why;
};

static void *wait_for_end(void *argument)
{
	struct waiter *w = argument;

	w->why = TROUPE_EUSER - 99;
	w->status = troupe_wait_end(w->ref, w->within_ns, &w->why);
	return NULL;
}

static troupe_verdict do_exit(troupe_actor *me, void *why)
{
	troupe_exit(me, *(troupe_status *)why);
	return TROUPE_HANDLED;
}

static troupe_verdict do_fail(troupe_actor *me, void *why)
{
	return troupe_fail(me, *(troupe_status *)why);
}

/* One that comes too late to wait reads TROUPE_EGONE: try again until it is in time. */
static troupe_status why_of(troupe_verdict (*end)(troupe_actor *me, void *argument), troupe_status reason, bool kill)
{
	struct fixture f;
	troupe_status why = TROUPE_EGONE;

	fixture_start(&f, 2);
	for (int attempt = 0; attempt < 200 && why == TROUPE_EGONE; attempt++) {
		struct waiter w;
		pthread_t thread;
		doer d = doer_spawn(&f);
		w = (struct waiter){ .ref = d.ref };
		CHECK_OK(pthread_create(&thread, NULL, wait_for_end, &w));
		sleep_ns((attempt + 1) * TROUPE_MS);
		if (kill)
			CHECK_OK(troupe_kill(d.ref));
		else
			tell(d.ref, end, &reason);
		CHECK_OK(pthread_join(thread, NULL));
		CHECK_OK(w.status);
		why = w.why;
	}
	fixture_finish(&f);
	return why;
}

TEST(waiting, tells_how_it_ended)
{
	CHECK_EQ(why_of(do_exit, TROUPE_OK, false), TROUPE_OK);
	CHECK_EQ(why_of(do_exit, TROUPE_EUSER - 1, false), TROUPE_EUSER - 1);
	CHECK_EQ(why_of(do_fail, TROUPE_EUSER - 2, false), TROUPE_EUSER - 2);
	CHECK_EQ(why_of(NULL, TROUPE_OK, true), TROUPE_EKILLED);
}

TEST(waiting, is_over_for_all_that_wait)
{
	struct fixture f;
	struct waiter waiters[WAITERS];
	pthread_t threads[WAITERS];
	fixture_start(&f, 2);
	doer d = doer_spawn(&f), other = doer_spawn(&f);
	for (int i = 0; i < WAITERS; i++) {
		waiters[i] = (struct waiter){ .ref = d.ref, .within_ns = i % 2 ? LIMIT : 0 };
		CHECK_OK(pthread_create(&threads[i], NULL, wait_for_end, &waiters[i]));
	}
	CHECK_OK(troupe_stop_wait(other.ref, LIMIT)); /* not theirs */
	CHECK_OK(troupe_stop(d.ref));
	for (int i = 0; i < WAITERS; i++) {
		CHECK_OK(pthread_join(threads[i], NULL));
		CHECK_OK(waiters[i].status);
		CHECK(waiters[i].why == TROUPE_OK || waiters[i].why == TROUPE_EGONE);
	}
	fixture_finish(&f);
}

TEST(waiting, has_a_limit)
{
	struct fixture f;
	troupe_status why = TROUPE_EUSER;
	fixture_start(&f, 2);
	doer d = doer_spawn(&f);
	int64_t from = troupe_now(f.system);
	CHECK_EQ(troupe_wait_end(d.ref, 20 * TROUPE_MS, &why), TROUPE_ETIMEOUT);
	CHECK(troupe_now(f.system) - from >= 20 * TROUPE_MS);
	CHECK_EQ(why, TROUPE_EUSER);
	CHECK_EQ(troupe_wait_end(d.ref, 1, NULL), TROUPE_ETIMEOUT);
	check_handles(&f, d.ref);
	CHECK_OK(troupe_stop_wait(d.ref, LIMIT));
	CHECK_OK(troupe_stop_wait(d.ref, LIMIT));
	CHECK_OK(troupe_wait_end(d.ref, LIMIT, &why));
	CHECK_EQ(why, TROUPE_EGONE);
	fixture_finish(&f);
}

TEST(waiting, stop_wait_has_a_limit_too)
{
	struct fixture f;
	struct barrier barrier;
	fixture_start(&f, 2);
	doer d = doer_spawn(&f);
	barrier_raise(&barrier, d.ref);
	CHECK_EQ(troupe_stop_wait(d.ref, 10 * TROUPE_MS), TROUPE_ETIMEOUT);
	CHECK(troupe_is_alive(d.ref));
	barrier_open(&barrier);
	CHECK_OK(troupe_wait_end(d.ref, LIMIT, NULL));
	CHECK(!troupe_is_alive(d.ref));
	fixture_finish(&f);
}

TEST(waiting, ends_when_the_system_does)
{
	struct fixture f;
	struct waiter waiters[WAITERS];
	pthread_t threads[WAITERS];
	fixture_start(&f, 2);
	for (int i = 0; i < WAITERS; i++) {
		waiters[i] = (struct waiter){ .ref = doer_spawn(&f).ref };
		CHECK_OK(pthread_create(&threads[i], NULL, wait_for_end, &waiters[i]));
	}
	fixture_finish(&f);
	for (int i = 0; i < WAITERS; i++) {
		CHECK_OK(pthread_join(threads[i], NULL));
		CHECK_OK(waiters[i].status);
	}
}

/* Ends and waits meet at every moment. */
static void *wait_many(void *argument)
{
	const doer *actors = argument;

	for (int i = 0; i < 500; i++)
		CHECK_OK(troupe_wait_end(actors[i].ref, LIMIT, NULL));
	return NULL;
}

TEST(waiting, meets_ends_at_every_moment)
{
	static doer actors[500];
	struct fixture f;
	pthread_t threads[2];
	fixture_start(&f, 2);
	for (int i = 0; i < 500; i++)
		actors[i] = doer_spawn(&f);
	for (int i = 0; i < 2; i++)
		CHECK_OK(pthread_create(&threads[i], NULL, wait_many, actors));
	for (int i = 0; i < 500; i++)
		CHECK_OK(troupe_stop(actors[i].ref));
	for (int i = 0; i < 2; i++)
		CHECK_OK(pthread_join(threads[i], NULL));
	fixture_finish(&f);
}
