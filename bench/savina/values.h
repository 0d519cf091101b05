/* SPDX-License-Identifier: MIT */
/* The values that the sorting programs sort, and what proves that they did. */
#ifndef BENCH_SAVINA_VALUES_H
#define BENCH_SAVINA_VALUES_H

#include <stdint.h>

/** A number that looks random, for each number: the last steps of SplitMix64. */
static inline uint64_t values_mix(uint64_t x)
{
	x += UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

/** Write @p count values below 2^60, the same each time.
 *  @return  the hash of them, in whatever order they are: the sum of what values_mix makes of each */
static inline uint64_t values_fill(uint64_t *values, uint64_t count)
{
	uint64_t hash = 0;

	for (uint64_t i = 0; i < count; i++) {
		values[i] = values_mix(i) >> 4;
		hash += values_mix(values[i]);
	}
	return hash;
}

/** How many are not below the one before. 0: they are not the values any more that had this @p hash. */
static inline uint64_t values_sorted(const uint64_t *values, uint64_t count, uint64_t hash)
{
	uint64_t sorted = 0;

	for (uint64_t i = 0; i < count; i++) {
		hash -= values_mix(values[i]);
		sorted += i == 0 || values[i - 1] <= values[i];
	}
	return hash == 0 ? sorted : 0;
}

#endif
