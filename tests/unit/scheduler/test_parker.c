/* SPDX-License-Identifier: MIT */
/* Parking: a wake-up after the ticket is never lost, a deadline never comes early, and nothing else ends a sleep. */
#include "scheduler/parker.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>

#include "base/atomics.h"
#include "base/clock.h"
#include "base/threads.h"
#include "support/testing.h"

enum { ROUNDS = 20000, TIMED_ROUNDS = 30, WAKERS = 3, SIGNALS = 40 };

static const int64_t millisecond = 1000000;

TEST(parker, wake_after_the_ticket_ends_the_sleep)
{
	struct parker parker;
	troupei_parker_init(&parker);
	uint32_t ticket = troupei_parker_ticket(&parker);
	troupei_parker_wake(&parker);
	CHECK(troupei_parker_sleep(&parker, ticket, INT64_MAX));
	CHECK(troupei_parker_sleep(&parker, ticket, 0)); /* it came, whatever the time is */
}

TEST(parker, wake_before_the_ticket_does_not_count)
{
	struct parker parker;
	troupei_parker_init(&parker);
	troupei_parker_wake(&parker);
	troupei_parker_wake(&parker);
	uint32_t ticket = troupei_parker_ticket(&parker);
	CHECK(!troupei_parker_sleep(&parker, ticket, troupei_clock_ns() + millisecond));
}

TEST(parker, deadline_in_the_past_is_over_at_once)
{
	const int64_t past[] = { INT64_MIN, -1, 0, 1, 999999999, troupei_clock_ns() };
	struct parker parker;
	troupei_parker_init(&parker);
	for (size_t i = 0; i < sizeof past / sizeof past[0]; i++)
		CHECK(!troupei_parker_sleep(&parker, troupei_parker_ticket(&parker), past[i]));
}

/* Not even by one nanosecond. */
TEST(parker, deadline_is_never_early)
{
	struct parker parker;
	troupei_parker_init(&parker);
	for (int i = 0; i < TIMED_ROUNDS; i++) {
		int64_t deadline = troupei_clock_ns() + i * i * 3331;
		CHECK(!troupei_parker_sleep(&parker, troupei_parker_ticket(&parker), deadline));
		CHECK(troupei_clock_ns() >= deadline);
	}
}

/* Also where its nanoseconds are all there are: just below and at a full second. */
TEST(parker, deadline_at_a_full_second)
{
	struct parker parker;
	troupei_parker_init(&parker);
	int64_t second = troupei_clock_ns() / 1000000000 + 1;
	for (int64_t off = -1; off <= 1; off++) {
		CHECK(!troupei_parker_sleep(&parker, troupei_parker_ticket(&parker), second * 1000000000 + off));
		CHECK(troupei_clock_ns() >= second * 1000000000 + off);
	}
}

/* ------------------------------------------------------------------------------------------------------------ threads -- */

static struct {
	struct parker parker;
	uint64_t rounds; /* what the sleeper waits for */
	uint64_t plain;  /* written before the wake-up: seen after the sleep */
} sides[2];

static void pause_a_little(uint32_t *random)
{
	*random = *random * 1664525 + 1013904223;
	for (uint32_t n = *random >> 16 & 255; n > 0; n--)
		troupei_spin_hint();
}

static void await(unsigned me, uint64_t rounds, uint32_t *random)
{
	for (;;) {
		uint32_t ticket = troupei_parker_ticket(&sides[me].parker);
		if (troupei_load_acquire_64(&sides[me].rounds) >= rounds)
			return;
		pause_a_little(random); /* between the look and the sleep: here a wake-up would be lost */
		CHECK(troupei_parker_sleep(&sides[me].parker, ticket, INT64_MAX));
	}
}

static void pass(unsigned to, uint64_t rounds)
{
	sides[to].plain = rounds;
	troupei_store_release_64(&sides[to].rounds, rounds);
	troupei_parker_wake(&sides[to].parker);
}

/* The ball goes to and fro. A lost wake-up would leave both asleep, until the test's time is over. */
static void *play(void *side)
{
	unsigned me = (unsigned)(uintptr_t)side;
	uint32_t random = me;
	for (uint64_t round = 1; round <= ROUNDS; round++) {
		if (me == 0)
			pass(1, round);
		await(me, round, &random);
		CHECK_EQ(sides[me].plain, round);
		if (me == 1)
			pass(0, round);
	}
	return NULL;
}

TEST(parker, no_wake_up_is_lost)
{
	pthread_t other;
	for (int i = 0; i < 2; i++)
		troupei_parker_init(&sides[i].parker);
	CHECK_OK(pthread_create(&other, NULL, play, (void *)1));
	play((void *)0);
	CHECK_OK(pthread_join(other, NULL));
}

/* The wake-up alone, without a word that the sleeper could look at, tells that something was written. */
static uint64_t written;
static struct parker lone;

static void *write_and_wake(void *unused)
{
	(void)unused;
	written = 7;
	troupei_parker_wake(&lone);
	return NULL;
}

TEST(parker, what_was_written_before_is_seen)
{
	for (int i = 0; i < TIMED_ROUNDS; i++) {
		pthread_t waker;
		troupei_parker_init(&lone);
		uint32_t ticket = troupei_parker_ticket(&lone);
		written = 0;
		CHECK_OK(pthread_create(&waker, NULL, write_and_wake, NULL));
		CHECK(troupei_parker_sleep(&lone, ticket, i % 2 ? INT64_MAX : troupei_clock_ns() + 60000 * millisecond));
		CHECK_EQ(written, 7);
		CHECK_OK(pthread_join(waker, NULL));
	}
}

/* Several wake one that now sleeps, now does not: it sees the end, and nobody hangs. */
static uint64_t woken;

static void *wake_often(void *unused)
{
	uint32_t random = 5;
	(void)unused;
	for (int i = 0; i < ROUNDS / WAKERS; i++) {
		pause_a_little(&random);
		troupei_add_full_64(&woken, 1);
		troupei_parker_wake(&lone);
	}
	return NULL;
}

TEST(parker, several_wake_one)
{
	pthread_t wakers[WAKERS];
	troupei_parker_init(&lone);
	for (int i = 0; i < WAKERS; i++)
		CHECK_OK(pthread_create(&wakers[i], NULL, wake_often, NULL));
	for (;;) {
		uint32_t ticket = troupei_parker_ticket(&lone);
		if (troupei_load_acquire_64(&woken) == ROUNDS / WAKERS * WAKERS)
			break;
		CHECK(troupei_parker_sleep(&lone, ticket, INT64_MAX));
	}
	for (int i = 0; i < WAKERS; i++)
		CHECK_OK(pthread_join(wakers[i], NULL));
}

/* A signal interrupts the system call, not the sleep. */
static void nothing(int number)
{
	(void)number;
}

static void *sleep_a_while(void *end)
{
	uint32_t ticket = troupei_parker_ticket(&lone);
	*(bool *)end = troupei_parker_sleep(&lone, ticket, troupei_clock_ns() + SIGNALS * millisecond);
	return NULL;
}

TEST(parker, signal_does_not_end_the_sleep)
{
	pthread_t sleeper;
	bool was_woken = true;
	const struct sigaction action = { .sa_handler = nothing };
	CHECK_OK(sigaction(SIGUSR1, &action, NULL));
	troupei_parker_init(&lone);
	int64_t from = troupei_clock_ns();
	CHECK_OK(pthread_create(&sleeper, NULL, sleep_a_while, &was_woken));
	for (int i = 0; i < SIGNALS / 2; i++) {
		nanosleep(&(struct timespec){ .tv_nsec = millisecond }, NULL);
		pthread_kill(sleeper, SIGUSR1);
	}
	CHECK_OK(pthread_join(sleeper, NULL));
	CHECK(!was_woken);
	CHECK(troupei_clock_ns() - from >= SIGNALS * millisecond);
}

/* ----------------------------------------------------------------------------------------------------- in a simulation -- */

static int waits;

static bool wait_in_vain(const void *on, pthread_mutex_t *lock, int64_t deadline_ns)
{
	(void)lock;
	CHECK(on == &lone && deadline_ns == 7);
	waits++;
	return false;
}

static void see_woken(const void *on, bool all)
{
	CHECK(on == &lone && all);
}

TEST(parker, simulated_one_waits_by_the_seam_unless_it_was_woken_before)
{
	static const struct thread_seam seam = { .wait = wait_in_vain, .wake = see_woken };
	troupei_parker_init(&lone);
	troupei_thread_seam = &seam;
	uint32_t ticket = troupei_parker_ticket(&lone);
	CHECK(!troupei_parker_sleep(&lone, ticket, 7));
	CHECK_EQ(waits, 1);
	troupei_parker_wake(&lone);
	CHECK(troupei_parker_sleep(&lone, ticket, 7));
	CHECK_EQ(waits, 1);
	troupei_thread_seam = NULL;
}
