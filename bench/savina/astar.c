/* SPDX-License-Identifier: MIT */
/* A* search: the shortest way through a grid of N by N by N nodes, cut into small cubes that are dealt to K regions, an actor
 * each. A region searches its own nodes; a way that leaves it goes on as a message to the region that owns the next node.
 *
 * Two patterns. Priorities: the suite sorts mailboxes, so that what is nearest to the target is searched first. Here a region
 * keeps its open nodes in a heap of its own, as any A* does, and after a few of them sends itself a message. That goes behind
 * all that has come meanwhile: news first, then the best of what is then known.
 *
 * And the end: nobody sees that all regions are idle and no message is on its way. So each message is acknowledged (Dijkstra
 * and Scholten, 1980). The one that set an idle region to work is so only when the region has nothing open and all that it has
 * sent is acknowledged. When the first message of all is, the search is over. */
#include <stdlib.h>

#include "bench.h"
#include "heap.h"
#include "maze.h"
#include "values.h"

enum { SLICE = 2, CUBE = 5 };

struct reached {
	uint32_t node, distance; /* from the origin */
	troupe_ref from;         /* whom to acknowledge it to */
};
struct best {
	uint32_t distance; /* of the target: a way is known, no longer one is of use */
};

enum { REGION_REACHED = 1, REGION_GO_ON, REGION_BEST, REGION_ACKNOWLEDGED };
typedef union region { /* the main thread is told REGION_ACKNOWLEDGED too: it sends the first message */
	troupe_ref ref;
	const void *data;
	const struct reached *REGION_REACHED;
	const troupe_nothing *REGION_GO_ON;
	const struct best *REGION_BEST;
	const struct bench_value *REGION_ACKNOWLEDGED; /* messages that it took */
} region;

/* Complete when the first message is sent, and only read from then on, but for the distances: each is its region's. */
struct world {
	struct maze maze;
	uint64_t count;
	region regions[];
};

static region owner_of(const struct world *w, uint32_t node)
{
	return w->regions[values_mix(maze_cube(&w->maze, node, CUBE)) % w->count];
}

struct region_state {
	struct world *world;
	struct heap open;  /* nodes, by distance and estimate */
	uint32_t best;     /* a way to the target */
	bool going_on;     /* REGION_GO_ON is on its way */
	bool engaged;      /* at work, set to it by `engager`, who waits for our acknowledgement */
	troupe_ref engager;
	uint64_t missing;  /* acknowledgements */
	uint64_t messages; /* handled, and not told to anybody yet */
};

/* A way to a node of ours: open it, unless a way as short was known. */
static void reach(struct region_state *self, uint32_t node, uint32_t distance)
{
	struct world *w = self->world;
	uint32_t total = distance + maze_estimate(&w->maze, node);

	if (distance >= w->maze.distances[node] || total >= self->best)
		return;
	w->maze.distances[node] = distance;
	if (node != w->maze.target)
		heap_put(&self->open, total, node);
	for (uint64_t i = 0; i < w->count && node == w->maze.target; i++)
		bench_must(troupe_send(w->regions[i], REGION_BEST, .distance = distance));
}

static void expand(troupe_actor *me, struct heap_entry open)
{
	struct region_state *self = me->state;
	struct world *w = self->world;
	uint32_t distance = w->maze.distances[open.what];

	if (open.priority > distance + maze_estimate(&w->maze, open.what) || open.priority >= self->best)
		return; /* there was a shorter way to it meanwhile, or to the target */
	for (int i = 0; i < 100; i++)
		bench_compute(); /* the suite's work for a node */
	for (int move = 1; move < 7; move++) {
		uint32_t next = maze_after(&w->maze, open.what, move), there = distance + maze_cost(move);
		region owner = owner_of(w, next);

		if (next == open.what)
			continue;
		if (troupe_ref_equal(owner.ref, me->ref)) {
			reach(self, next, there);
		} else {
			bench_must(troupe_send(owner, REGION_REACHED, .node = next, .distance = there, .from = me->ref));
			self->missing++;
		}
	}
}

static void acknowledge(struct region_state *self, troupe_ref to)
{
	bench_must(troupe_send((region){ to }, REGION_ACKNOWLEDGED, .value = self->messages));
	self->messages = 0;
}

static troupe_verdict region_receive(troupe_actor *me, const troupe_message *m)
{
	struct region_state *self = me->state;
	region in = { .data = m->data };

	switch (m->kind) {
	case REGION_REACHED:
		self->messages++;
		reach(self, in.REGION_REACHED->node, in.REGION_REACHED->distance);
		if (self->engaged) {
			acknowledge(self, in.REGION_REACHED->from);
		} else {
			self->engaged = true;
			self->engager = in.REGION_REACHED->from;
		}
		break;
	case REGION_GO_ON:
		self->going_on = false;
		for (int i = 0; i < SLICE && self->open.count > 0; i++)
			expand(me, heap_take(&self->open));
		break;
	case REGION_BEST:
		self->best = in.REGION_BEST->distance < self->best ? in.REGION_BEST->distance : self->best;
		break;
	case REGION_ACKNOWLEDGED:
		self->messages += 1 + in.REGION_ACKNOWLEDGED->value;
		self->missing--;
		break;
	default:
		return TROUPE_UNKNOWN;
	}
	if (self->open.count > 0 && !self->going_on) {
		self->going_on = true;
		bench_must(troupe_send((region){ me->ref }, REGION_GO_ON, 0));
	} else if (self->open.count == 0 && self->missing == 0 && self->engaged) {
		self->engaged = false;
		acknowledge(self, self->engager);
	}
	return TROUPE_HANDLED;
}

static void region_terminate(troupe_actor *me, troupe_status why)
{
	struct region_state *self = me->state;

	(void)why;
	free(self->open.entries);
}

static const troupe_behaviour searching = {
	.name = "region", .receive = region_receive, .terminate = region_terminate, .state_size = sizeof(struct region_state),
};

static void run(bench *b)
{
	struct world *w = bench_alloc(1, sizeof *w + b->k * sizeof *w->regions);

	maze_open(&w->maze, (uint32_t)b->n);
	w->count = b->k;
	bench_begin(b);
	for (uint64_t i = 0; i < b->k; i++)
		troupe_must(troupe_spawn(b->system, &searching, &(struct region_state){ .world = w, .best = MAZE_FAR },
		                         &w->regions[i].ref));
	troupe_must(troupe_send(owner_of(w, 0), REGION_REACHED, .node = 0, .distance = 0, .from = b->main.ref));
	uint64_t messages = bench_end(b, REGION_ACKNOWLEDGED), got = w->maze.distances[w->maze.target];
	bench_expect(b, messages + 1, got, maze_distance(&w->maze));
	maze_close(&w->maze);
	free(w);
}

const bench_workload bench_astar = {
	.name = "astar",
	.what = "the shortest way through N by N by N nodes, K regions",
	.n = 30, .n_min = 2, .n_max = 1000,
	.k = 20, .k_max = 1000000,
	.run = run,
};
