/* SPDX-License-Identifier: MIT */
/* Actors that pass messages along the edges of a graph. An edge is a pair of sender and receiver; each has two counters, one
 * that only the sender touches and one that only the receiver does. They are plain memory: if Troupe failed to order a
 * send before its handling, ThreadSanitizer would see it here. */
#ifndef STRESS_GRAPH_H
#define STRESS_GRAPH_H

#include "actor.h"

/* Writes where node @p i sends to into @p out, which has room for @p nodes (at least 8). How many. */
typedef uint32_t topology(uint32_t nodes, uint32_t i, struct dice *dice, uint32_t *out);

struct graph {
	uint32_t nodes;
	uint32_t edges;
	uint32_t *first;     /* [nodes + 1]: the edges of node i are first[i] to first[i + 1] - 1 */
	uint32_t *target;    /* [edges] */
	uint32_t outsiders;  /* the main thread, then plain threads; each has an edge to every node, behind the others */
	uint32_t *sent;      /* [edges + outsiders * nodes]: written by the sender */
	uint32_t *seen;      /* the same, written by the receiver */
	uint32_t mortality;  /* one in so many messages ends a node; 0: none */
	uint32_t burst_most; /* messages that one handler sends at most */
};

void graph_build(struct part *part, uint32_t nodes, uint32_t outsiders, topology *targets);
void graph_discard(struct part *part);

/** The edge from outsider @p i to @p node. */
static inline uint32_t graph_outside_edge(const struct graph *graph, uint32_t i, uint32_t node)
{
	return graph->edges + i * graph->nodes + node;
}

/** Send along an edge. */
troupe_status graph_send(struct sender *sender, troupe_actor *me, enum way way, uint32_t edge, uint32_t node,
                         uint16_t hops, uint32_t burst);

/** The same with a speck or a mote. */
troupe_status graph_send_speck(struct sender *sender, uint32_t edge, uint32_t node);

/** Spawn the actors of part->own, a graph. */
void graph_spawn(struct part *part);

#endif
