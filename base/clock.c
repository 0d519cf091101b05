/* SPDX-License-Identifier: MIT */
/* The clock of the operating system, and the rate of the tick counter measured against it. */
#include "base/clock.h"

#include <time.h>

#include "base/threads.h"

static int64_t real_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t troupei_clock_ns(void)
{
	return troupei_is_simulated() ? troupei_thread_seam->now_ns() : real_ns();
}

/* Ticks per 1024 ns; 0: not measured yet. Two threads that measure at once store much the same. */
static uint64_t rate_per_1024ns;

/* Spin for 50 us once per process: exact to better than 1 %, as good as a quantum needs. */
static uint64_t measure(void)
{
	int64_t from_ns = real_ns(), ns;
	uint64_t from = troupei_clock_ticks(), ticks;

	do {
		ns = real_ns() - from_ns;
		ticks = troupei_clock_ticks() - from;
	} while (ns < 50000);
	uint64_t rate = ticks * 1024 / (uint64_t)ns;
	return rate > 0 ? rate : 1;
}

uint64_t troupei_clock_ticks_in(int64_t ns)
{
	uint64_t rate = troupei_load_relaxed_64(&rate_per_1024ns);

	if (rate == 0) {
		rate = measure();
		troupei_store_relaxed_64(&rate_per_1024ns, rate);
	}
	uint64_t ticks;
	if (__builtin_mul_overflow((uint64_t)ns / 1024, rate, &ticks))
		return UINT64_MAX / 2; /* centuries */
	return ticks + (uint64_t)ns % 1024 * rate / 1024;
}
