/* SPDX-License-Identifier: MIT */
/* Random numbers that a seed repeats: splitmix64, one small state for each actor and thread, so that nobody shares one. */
#ifndef STRESS_DICE_H
#define STRESS_DICE_H

#include <stdbool.h>
#include <stdint.h>

struct dice {
	uint64_t state;
};

/* Scatters the bits of a number; different numbers stay different. */
static inline uint64_t dice_mix(uint64_t z)
{
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static inline uint64_t dice_next(struct dice *dice)
{
	return dice_mix(dice->state += UINT64_C(0x9e3779b97f4a7c15));
}

/* Dice of their own for number @p i of something; the numbers of @p dice go on. */
static inline struct dice dice_split(struct dice *dice, uint32_t i)
{
	return (struct dice){ dice_mix(dice_next(dice) + i) };
}

/* 0 to n - 1; 0 when n is 0. */
static inline uint32_t dice_below(struct dice *dice, uint32_t n)
{
	return n == 0 ? 0 : (uint32_t)((dice_next(dice) >> 32) * n >> 32);
}

/* lo to hi, both included. */
static inline uint32_t dice_between(struct dice *dice, uint32_t lo, uint32_t hi)
{
	return hi <= lo ? lo : lo + dice_below(dice, hi - lo + 1);
}

/* lo to hi, small ones as often as large ones: first how many binary digits, then which number. */
static inline uint32_t dice_scaled(struct dice *dice, uint32_t lo, uint32_t hi)
{
	uint32_t doublings = 0;

	while (lo < hi && (uint64_t)lo << doublings < hi)
		doublings++;
	uint64_t top = (uint64_t)lo << dice_between(dice, 0, doublings);
	return dice_between(dice, lo, top < hi ? (uint32_t)top : hi);
}

static inline bool dice_one_in(struct dice *dice, uint32_t n)
{
	return dice_below(dice, n) == 0;
}

#endif
