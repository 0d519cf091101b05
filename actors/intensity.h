/* SPDX-License-Identifier: MIT */
/* intensity: how often something has happened lately, and how long to wait before it is tried again. */
#ifndef TROUPEI_ACTORS_INTENSITY_H
#define TROUPEI_ACTORS_INTENSITY_H

#include <stdbool.h>
#include <stdint.h>

/* The times of what happened within the period, oldest first, in a ring that grows up to max. */
struct intensity {
	uint32_t max;       /* UINT32_MAX: no limit, and nothing is remembered */
	uint32_t capacity, first, count;
	int64_t within_ns;
	int64_t *times;
};

/* It happened now. False: more often than max within the period, or there is no memory to remember it. */
bool troupei_intensity_add(struct intensity *intensity, int64_t now_ns);

/* Nothing has happened. Frees the memory. */
void troupei_intensity_clear(struct intensity *intensity);

/* The wait before try number @p streak (1: the second in a row): @p base_ns doubled each time up to @p max_ns, then a quarter more
 * or less by @p random. 0 when base is 0 or streak is. */
int64_t troupei_back_off(int64_t base_ns, int64_t max_ns, uint32_t streak, uint32_t random);

#endif
