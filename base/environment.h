/* SPDX-License-Identifier: MIT */
/* The seams: what a system takes from the world outside it, in one small table.
 *
 * In production every pointer is NULL and the calls below are the direct ones, one predicted branch away. A test puts its own
 * functions in before the system starts: time becomes virtual and the choice of who runs next becomes a number that can be
 * replayed. Memory has its own seam (base/memory.h), because allocation happens where no system is in sight. */
#ifndef TROUPEI_BASE_ENVIRONMENT_H
#define TROUPEI_BASE_ENVIRONMENT_H

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"

struct environment {
	int64_t (*now_ns)(void *context);                    /* NULL: CLOCK_MONOTONIC */
	uint32_t (*choose)(void *context, uint32_t choices); /* which of the runnables, below choices; NULL: the first */
	int64_t (*sleep_until)(void *context, int64_t ns);   /* instead of parking when all is idle: the time it is then, at least
	                                                        ns, the next timer's; with no timer armed a worker parks.
	                                                        NULL: park */
	void *context;
	uint64_t seed;                                       /* of the random numbers below */
};

static inline int64_t troupei_environment_now(const struct environment *environment)
{
	if (__builtin_expect(environment->now_ns != NULL, 0))
		return environment->now_ns(environment->context);
	return troupei_clock_ns();
}

/* xorshift64*: Vigna, "An experimental exploration of Marsaglia's xorshift generators, scrambled", 2016. State not 0. */
static inline uint32_t troupei_random_next(uint64_t *state)
{
	uint64_t x = *state;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	*state = x;
	return (uint32_t)((x * UINT64_C(2685821657736338717)) >> 32);
}

#endif
