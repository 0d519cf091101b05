/* SPDX-License-Identifier: MIT */
/* The maze that astar.c searches: N by N by N nodes, and from each some moves forward, along one axis or two. */
#ifndef BENCH_SAVINA_MAZE_H
#define BENCH_SAVINA_MAZE_H

#include <stdlib.h>

#include "bench.h"
#include "values.h"

enum { MAZE_FAR = 1 << 30 }; /* no way is as long */
enum { MAZE_STRAIGHT = 10, MAZE_DIAGONAL = 14, MAZE_UNIT_MIN = 7 }; /* what moves cost; and the least for a step on one axis */

struct maze {
	uint32_t n, target;
	uint8_t *moves;      /* of each node: bit 4 i + 2 j + k is a move by (i, j, k), where each is 0 or 1 */
	uint32_t *distances; /* of each node from node 0, so far */
};

/** Where a move, 1 to 6, leads to; the node itself, when it has no such move. */
static inline uint32_t maze_after(const struct maze *z, uint32_t node, int move)
{
	uint32_t n = z->n, i = node / n / n + (move >> 2 & 1), j = node / n % n + (move >> 1 & 1), k = node % n + (move & 1);

	return z->moves[node] >> move & 1 && i < n && j < n && k < n ? (i * n + j) * n + k : node;
}

static inline uint32_t maze_cost(int move)
{
	return move == 1 || move == 2 || move == 4 ? MAZE_STRAIGHT : MAZE_DIAGONAL;
}

static inline uint32_t maze_apart(uint32_t a, uint32_t b)
{
	return a > b ? a - b : b - a;
}

/** No way from a node to the target is shorter. */
static inline uint32_t maze_estimate(const struct maze *z, uint32_t node)
{
	uint32_t n = z->n, t = z->target;

	return MAZE_UNIT_MIN * (maze_apart(node / n / n, t / n / n) + maze_apart(node / n % n, t / n % n) +
	                        maze_apart(node % n, t % n));
}

/** Which cube of @p side nodes a node is in. */
static inline uint32_t maze_cube(const struct maze *z, uint32_t node, uint32_t side)
{
	uint32_t n = z->n;

	return (node / n / n / side * n + node / n % n / side) * n + node % n / side;
}

/** Make one, the same for the same @p n: about half of the moves that there could be, one at least. */
static inline void maze_open(struct maze *z, uint32_t n)
{
	uint32_t goal = n * 4 / 5, nodes = n * n * n;

	*z = (struct maze){ .n = n, .target = (goal * n + goal) * n + goal, .moves = bench_alloc(nodes, 1),
	                    .distances = bench_alloc(nodes, sizeof *z->distances) };
	for (uint32_t i = 0; i < nodes; i++) {
		z->moves[i] = values_mix(i) & 0x7e;
		z->moves[i] |= z->moves[i] == 0 ? 1 << 6 : 0;
		z->distances[i] = MAZE_FAR;
	}
}

static inline void maze_close(struct maze *z)
{
	free(z->moves);
	free(z->distances);
}

/** How far the target is. No move leads to a smaller number, so node by node each is final when its turn comes. */
static inline uint32_t maze_distance(struct maze *z)
{
	for (uint32_t i = 0; i <= z->target; i++)
		z->distances[i] = i == 0 ? 0 : MAZE_FAR;
	for (uint32_t i = 0; i < z->target; i++)
		for (int move = 1; move < 7; move++) {
			uint32_t next = maze_after(z, i, move), distance = z->distances[i] + maze_cost(move);
			if (distance < z->distances[next])
				z->distances[next] = distance;
		}
	return z->distances[z->target];
}

#endif
