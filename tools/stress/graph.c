/* SPDX-License-Identifier: MIT */
/* The memory of a graph, and sending along its edges. */
#include <stdlib.h>
#include <string.h>

#include "graph.h"

void graph_build(struct part *part, uint32_t nodes, uint32_t outsiders, topology *targets)
{
	struct graph *graph = process_array(1, sizeof *graph);
	uint32_t room = nodes < 8 ? 8 : nodes, *out = process_array(room, sizeof *out), capacity = 0;

	graph->nodes = nodes;
	graph->outsiders = outsiders;
	graph->first = process_array(nodes + 1, sizeof *graph->first);
	for (uint32_t i = 0; i < nodes; i++) {
		uint32_t count = targets(nodes, i, &part->dice, out);
		if (graph->edges + count > capacity) {
			capacity = 2 * (graph->edges + count);
			graph->target = realloc(graph->target, capacity * sizeof *graph->target);
			if (graph->target == NULL)
				abort();
		}
		if (count != 0)
			memcpy(graph->target + graph->edges, out, count * sizeof *out);
		graph->edges += count;
		graph->first[i + 1] = graph->edges;
	}
	free(out);
	graph->sent = process_array(graph->edges + outsiders * nodes, sizeof *graph->sent);
	graph->seen = process_array(graph->edges + outsiders * nodes, sizeof *graph->seen);
	part->own = graph;
}

void graph_discard(struct part *part)
{
	struct graph *graph = part->own;

	free(graph->first);
	free(graph->target);
	free(graph->sent);
	free(graph->seen);
	free(graph);
}

/* --------------------------------------------------------------------------------------------------------- sending -- */

static uint32_t next_sequence(struct sender *sender, uint32_t edge)
{
	struct graph *graph = sender->part->own;

	return ++graph->sent[edge];
}

troupe_status graph_send(struct sender *sender, troupe_actor *me, enum way way, uint32_t edge, uint32_t node,
                         uint16_t hops, uint32_t burst)
{
	return post(sender, me, way, &(struct letter){
		.to = sender->part->refs[node], .world = part_world(sender->part, node), .kind = KIND_PARCEL,
		.size = note_size(&sender->dice),
		.note = { .to = node, .edge = edge, .sequence = next_sequence(sender, edge), .hops = hops, .burst = burst },
	});
}

troupe_status graph_send_speck(struct sender *sender, uint32_t edge, uint32_t node)
{
	return post_speck(sender, sender->part->refs[node], part_world(sender->part, node),
	                  dice_one_in(&sender->dice, 2) ? KIND_SPECK : KIND_MOTE, edge, next_sequence(sender, edge));
}
