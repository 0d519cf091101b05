/* SPDX-License-Identifier: MIT */
/* An edge is part of a circle if and only if both of its ends are in one strongly connected component (Tarjan, "Depth-first search
 * and linear graph algorithms", 1972; here without recursion: chains may be long). A node is known by its first edge in the
 * sorted array; one that waits for nobody is in no circle and is no node. */
#include "report/edges.h"

#include <stdlib.h>

#include "base/memory.h"

enum { WORK_WORDS = 6 };
#define NOWHERE UINT32_MAX

bool troupei_report_edges_init(struct report_edges *edges, uint32_t capacity)
{
	*edges = (struct report_edges){ .capacity = capacity };
	edges->edges = troupei_allocate(capacity * sizeof *edges->edges);
	edges->work = troupei_allocate(capacity * WORK_WORDS * sizeof *edges->work);
	if (edges->edges != NULL && edges->work != NULL)
		return true;
	troupei_report_edges_fini(edges);
	return false;
}

void troupei_report_edges_fini(struct report_edges *edges)
{
	troupei_deallocate(edges->edges, edges->capacity * sizeof *edges->edges);
	troupei_deallocate(edges->work, edges->capacity * WORK_WORDS * sizeof *edges->work);
}

void troupei_report_edges_add(struct report_edges *edges, const struct report_edge *edge)
{
	if (edges->count == edges->capacity)
		edges->cut = true;
	else
		edges->edges[edges->count++] = *edge;
}

static int compare(const void *one, const void *other)
{
	const struct report_edge *a = one, *b = other;

	return (a->from.bits_private > b->from.bits_private) - (a->from.bits_private < b->from.bits_private);
}

/* ---------------------------------------------------------------------------------------------------------- circles -- */

struct search {
	const struct report_edges *edges;
	uint32_t *target;    /* of an edge: the node that it leads to; NOWHERE */
	uint32_t *order;     /* of a node: when it was found; 0: not yet */
	uint32_t *low;       /* the earliest that it leads back to */
	uint32_t *component; /* NOWHERE: not known yet */
	uint32_t *open;      /* found, and of no component yet: a stack */
	uint32_t *path;      /* edges that led here: a stack */
	uint32_t open_count, path_count, found;
};

static uint32_t node_of(const struct report_edges *edges, troupe_ref ref)
{
	uint32_t low = 0, high = edges->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (edges->edges[middle].from.bits_private < ref.bits_private)
			low = middle + 1;
		else
			high = middle;
	}
	return low < edges->count && troupe_ref_equal(edges->edges[low].from, ref) ? low : NOWHERE;
}

static bool is_edge_of(const struct search *search, uint32_t node, uint32_t edge)
{
	return edge < search->edges->count && troupe_ref_equal(search->edges->edges[edge].from, search->edges->edges[node].from);
}

static void find(struct search *search, uint32_t node)
{
	search->order[node] = search->low[node] = ++search->found;
	search->open[search->open_count++] = node;
}

/* All that the node leads to has been found. */
static void leave(struct search *search, uint32_t node)
{
	uint32_t top;

	if (search->low[node] != search->order[node])
		return;
	do {
		top = search->open[--search->open_count];
		search->component[top] = node;
	} while (top != node);
}

static void lower(struct search *search, uint32_t node, uint32_t to)
{
	if (to < search->low[node])
		search->low[node] = to;
}

/* From one node on. `path` holds the edge that each node on the way is being left by. */
static void walk(struct search *search, uint32_t start)
{
	uint32_t node = start, edge = start;

	find(search, start);
	for (;;) {
		if (is_edge_of(search, node, edge)) {
			uint32_t to = search->target[edge];
			if (to != NOWHERE && search->order[to] == 0) {
				search->path[search->path_count++] = edge;
				find(search, to);
				node = edge = to;
				continue;
			}
			if (to != NOWHERE && search->component[to] == NOWHERE)
				lower(search, node, search->order[to]);
			edge++;
			continue;
		}
		leave(search, node);
		if (search->path_count == 0)
			return;
		edge = search->path[--search->path_count];
		uint32_t above = node_of(search->edges, search->edges->edges[edge].from);
		lower(search, above, search->low[node]);
		node = above;
		edge++;
	}
}

void troupei_report_edges_mark(struct report_edges *edges)
{
	uint32_t n = edges->count;
	struct search search = { .edges = edges, .target = edges->work, .order = edges->work + n, .low = edges->work + 2 * n,
		                 .component = edges->work + 3 * n, .open = edges->work + 4 * n, .path = edges->work + 5 * n };

	qsort(edges->edges, n, sizeof *edges->edges, compare);
	for (uint32_t i = 0; i < n; i++) {
		search.target[i] = node_of(edges, edges->edges[i].to);
		search.order[i] = 0;
		search.component[i] = NOWHERE;
	}
	for (uint32_t i = 0; i < n; i++)
		if (node_of(edges, edges->edges[i].from) == i && search.order[i] == 0)
			walk(&search, i);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t from = node_of(edges, edges->edges[i].from), to = search.target[i];
		edges->edges[i].circle = to != NOWHERE && search.component[from] == search.component[to];
	}
}
