/* SPDX-License-Identifier: MIT */
/* The clock is CLOCK_MONOTONIC, and the tick counter keeps step with it. */
#include "base/clock.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "support/testing.h"

enum { THREADS = 4, READS = 10000 };

static int64_t system_clock(void)
{
	struct timespec now;
	CHECK_OK(clock_gettime(CLOCK_MONOTONIC, &now));
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

TEST(clock, is_the_monotonic_clock_in_nanoseconds)
{
	for (int i = 0; i < READS; i++) {
		int64_t before = system_clock(), ns = troupei_clock_ns(), after = system_clock();
		CHECK(before <= ns && ns <= after);
	}
}

TEST(clock, ticks_do_not_go_back)
{
	uint64_t last = troupei_clock_ticks(), first = last;
	for (int i = 0; i < READS; i++) {
		uint64_t now = troupei_clock_ticks();
		CHECK(now >= last);
		last = now;
	}
	int64_t until = troupei_clock_ns() + 1000000;
	while (troupei_clock_ns() < until)
		;
	CHECK(troupei_clock_ticks() > first);
}

/* Both clocks read so close together that the error is below @p error_ns. */
static void read_both(int64_t *ns, uint64_t *ticks, int64_t error_ns)
{
	int64_t after;
	do {
		*ns = troupei_clock_ns();
		*ticks = troupei_clock_ticks();
		after = troupei_clock_ns();
	} while (after - *ns > error_ns);
}

/* A rough figure is promised: a quarter off is too much, however busy the machine. */
TEST(clock, ticks_in_a_time_are_those_that_go_by)
{
	int64_t from_ns, to_ns;
	uint64_t from, to;
	troupei_clock_ticks_in(1);
	read_both(&from_ns, &from, 20000);
	do
		read_both(&to_ns, &to, 20000);
	while (to_ns - from_ns < 5000000);
	double measured = (double)(to - from), told = (double)troupei_clock_ticks_in(to_ns - from_ns);
	CHECK(told > 0.75 * measured && told < 1.25 * measured);
}

TEST(clock, ticks_in_grows_with_the_time)
{
	CHECK_EQ(troupei_clock_ticks_in(0), 0);
	uint64_t second = troupei_clock_ticks_in(1000000000), day = troupei_clock_ticks_in(INT64_C(86400) * 1000000000);
	CHECK(second > 0);
	CHECK(day / second >= 86399 && day / second <= 86401);
	CHECK(troupei_clock_ticks_in(INT64_MAX) / day > 10000); /* not wrapped round */
	CHECK_EQ(troupei_clock_ticks_in(1000000000), second); /* measured once */
	CHECK(troupei_clock_ticks_in(1023000) > second / 1000);
	for (int64_t ns = 1000; ns < 1000000; ns += 999) /* neither part of it is forgotten */
		CHECK(llabs((int64_t)(troupei_clock_ticks_in(ns) - (uint64_t)ns * second / 1000000000)) <= 2 + (int64_t)second / 1000000000);
	for (int64_t ns = 1; ns < 100000; ns++)
		CHECK(troupei_clock_ticks_in(ns) >= troupei_clock_ticks_in(ns - 1));
}

static void *first_use(void *out)
{
	*(uint64_t *)out = troupei_clock_ticks_in(1000000);
	return NULL;
}

/* Several threads that measure at once all get a figure. */
TEST(clock, first_use_by_several_threads)
{
	pthread_t threads[THREADS];
	uint64_t ticks[THREADS] = { 0 };
	for (int i = 0; i < THREADS; i++)
		CHECK_OK(pthread_create(&threads[i], NULL, first_use, &ticks[i]));
	for (int i = 0; i < THREADS; i++)
		CHECK_OK(pthread_join(threads[i], NULL));
	for (int i = 0; i < THREADS; i++)
		CHECK(ticks[i] > 0);
}
