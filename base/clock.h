/* SPDX-License-Identifier: MIT */
/* Time: monotonic nanoseconds, and a cheap tick counter for measuring how long something has run. */
#ifndef TROUPEI_BASE_CLOCK_H
#define TROUPEI_BASE_CLOCK_H

#include <stdint.h>

/* CLOCK_MONOTONIC in nanoseconds. */
int64_t troupei_clock_ns(void);

/* How many ticks go by in @p ns, as measured so far; a rough figure is enough for a quantum. Any thread. */
uint64_t troupei_clock_ticks_in(int64_t ns);

/* The processor's own counter where there is one that user code may read: some nanoseconds instead of some tens. */
static inline uint64_t troupei_clock_ticks(void)
{
#if defined(__x86_64__) || defined(__i386__)
	return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
	uint64_t ticks;
	__asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
	return ticks;
#else
	return (uint64_t)troupei_clock_ns();
#endif
}

#endif
