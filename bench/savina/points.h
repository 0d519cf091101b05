/* SPDX-License-Identifier: MIT */
/* Points of the map of facloc.c. */
#ifndef BENCH_SAVINA_POINTS_H
#define BENCH_SAVINA_POINTS_H

#include <stdlib.h>

#include "bench.h"
#include "values.h"

#define SIDE 500.0 /* of the map */

struct point {
	double x, y;
};

/* {0} is an empty list. Who has it frees points. */
struct points {
	struct point *points;
	uint32_t count, room;
};

static inline void points_put(struct points *list, struct point point)
{
	if (list->count == list->room) {
		list->room = list->room ? 2 * list->room : 16;
		list->points = realloc(list->points, list->room * sizeof *list->points);
		if (!list->points)
			bench_must(TROUPE_ENOMEM);
	}
	list->points[list->count++] = point;
}

/** How far it is to the nearest of them. */
static inline double points_nearest(const struct points *list, struct point p)
{
	double least = 2 * SIDE * SIDE;

	for (uint32_t i = 0; i < list->count; i++) {
		double x = list->points[i].x - p.x, y = list->points[i].y - p.y, square = x * x + y * y;
		least = square < least ? square : least;
	}
	return sqrt(least);
}

/** Point number @p i, somewhere on the map; the same each time. */
static inline struct point points_random(uint64_t i)
{
	const double unit = SIDE / (UINT64_C(1) << 40);

	return (struct point){ (double)(values_mix(2 * i) >> 24) * unit, (double)(values_mix(2 * i + 1) >> 24) * unit };
}

/** A number for a point; their sum tells two sets of points apart. */
static inline uint64_t points_hash(struct point p)
{
	return values_mix((uint64_t)(p.x * (UINT64_C(1) << 40))) + 3 * values_mix((uint64_t)(p.y * (UINT64_C(1) << 40)));
}

#endif
