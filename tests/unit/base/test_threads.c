/* SPDX-License-Identifier: MIT */
/* Threads as the C library makes them, and the seam that takes their place. */
#include "base/threads.h"

#include <stdatomic.h>

#include "base/clock.h"
#include "support/testing.h"

#define SHORT INT64_C(2000000)

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed;
static int turns;
static atomic_bool may_end;

/* It takes every other turn. */
static void *answer(void *argument)
{
	int rounds = *(int *)argument;

	pthread_mutex_lock(&lock);
	for (int i = 0; i < rounds; i++) {
		while (turns % 2 == 0)
			CHECK(troupei_cond_wait(&changed, &lock, INT64_MAX));
		turns++;
		troupei_cond_signal(&changed);
	}
	pthread_mutex_unlock(&lock);
	return NULL;
}

TEST(threads, two_threads_take_turns_and_one_is_joined)
{
	int rounds = 200;
	pthread_t thread;

	troupei_cond_init(&changed);
	CHECK_EQ(troupei_thread_create(&thread, answer, &rounds), 0);
	pthread_mutex_lock(&lock);
	for (int i = 0; i < rounds; i++) {
		while (turns % 2 == 1)
			CHECK(troupei_cond_wait(&changed, &lock, INT64_MAX));
		turns++;
		troupei_cond_broadcast(&changed);
	}
	pthread_mutex_unlock(&lock);
	CHECK(troupei_thread_join(thread, INT64_MAX));
	CHECK_EQ(turns, 2 * rounds);
	pthread_cond_destroy(&changed);
}

static void *stay(void *argument)
{
	(void)argument;
	while (!may_end)
		troupei_thread_nap(0);
	return NULL;
}

TEST(threads, a_join_with_a_deadline_gives_up_and_may_be_tried_again)
{
	pthread_t thread;

	CHECK_EQ(troupei_thread_create(&thread, stay, NULL), 0);
	CHECK(!troupei_thread_join(thread, troupei_clock_ns() + SHORT));
	may_end = true;
	CHECK(troupei_thread_join(thread, INT64_MAX));
}

TEST(threads, a_wait_ends_by_its_deadline_and_not_before)
{
	int64_t deadline = troupei_clock_ns() + SHORT;

	troupei_cond_init(&changed);
	pthread_mutex_lock(&lock);
	while (troupei_cond_wait(&changed, &lock, deadline))
		; /* woken for nothing */
	CHECK(troupei_clock_ns() >= deadline);
	pthread_mutex_unlock(&lock);
	pthread_cond_destroy(&changed);
}

TEST(threads, a_nap_lasts_as_long_as_it_says)
{
	int64_t from = troupei_clock_ns();

	troupei_thread_nap(SHORT);
	CHECK(troupei_clock_ns() - from >= SHORT);
}

/* ------------------------------------------------------------------------------------------------------------- the seam -- */

static const void *seen_about, *seen_on;
static int64_t virtual_ns = 5000;

static int make_none(pthread_t *thread, void *(*run)(void *argument), void *argument)
{
	(void)thread, (void)run, (void)argument;
	return 11;
}

static bool wait_on(const void *on, pthread_mutex_t *given, int64_t deadline_ns)
{
	(void)given;
	seen_on = on;
	virtual_ns = deadline_ns;
	return false;
}

static void see(const void *about)
{
	seen_about = about;
}

static void see_woken(const void *on, bool all)
{
	seen_on = all ? on : NULL;
}

static int64_t virtual_now(void)
{
	return virtual_ns;
}

TEST(threads, a_seam_takes_the_place_of_all_of_it)
{
	static const struct thread_seam seam = { .create = make_none, .wait = wait_on, .wake = see_woken, .point = see,
		                                     .now_ns = virtual_now };
	pthread_t thread;

	CHECK(!troupei_is_simulated());
	troupei_thread_seam = &seam;
	CHECK(troupei_is_simulated());
	CHECK_EQ(troupei_thread_create(&thread, stay, NULL), 11);
	troupei_point(&thread);
	CHECK(seen_about == &thread);
	CHECK(!troupei_cond_wait(&changed, &lock, 7000));
	CHECK(seen_on == &changed);
	CHECK_EQ(troupei_clock_ns(), 7000);
	troupei_thread_nap(500);
	CHECK_EQ(troupei_clock_ns(), 7500);
	troupei_cond_broadcast(&changed);
	CHECK(seen_on == &changed);
	troupei_thread_seam = NULL;
}
