/* SPDX-License-Identifier: MIT */
/* The shapes of the graphs, and the traffic that starts in them: tokens with hops to live, bursts, plain threads. */
#include "families.h"
#include "graph.h"

#define MESH_MOST            48u
#define SENDING_THREADS_MOST 4u
#define TOKEN_STEPS_MOST     1000000u /* of all tokens together, where the end waits for them */
#define AHEAD_MOST           100000u

static uint32_t ring(uint32_t nodes, uint32_t i, struct dice *dice, uint32_t *out)
{
	(void)dice;
	out[0] = (i + 1) % nodes;
	return 1;
}

static uint32_t pipeline(uint32_t nodes, uint32_t i, struct dice *dice, uint32_t *out)
{
	(void)dice;
	out[0] = i + 1;
	return i + 1 < nodes;
}

/* Three children and the parent. */
static uint32_t tree(uint32_t nodes, uint32_t i, struct dice *dice, uint32_t *out)
{
	uint32_t count = 0;

	(void)dice;
	for (uint32_t child = 3 * i + 1; child <= 3 * i + 3 && child < nodes; child++)
		out[count++] = child;
	if (i > 0)
		out[count++] = (i - 1) / 3;
	return count;
}

static uint32_t fan_in(uint32_t nodes, uint32_t i, struct dice *dice, uint32_t *out)
{
	(void)nodes;
	(void)dice;
	out[0] = 0;
	return i > 0;
}

static uint32_t fan_out(uint32_t nodes, uint32_t i, struct dice *dice, uint32_t *out)
{
	(void)dice;
	for (uint32_t to = 1; i == 0 && to < nodes; to++)
		out[to - 1] = to;
	return i == 0 ? nodes - 1 : 0;
}

static uint32_t mesh(uint32_t nodes, uint32_t i, struct dice *dice, uint32_t *out)
{
	(void)dice;
	for (uint32_t to = 0; to < nodes; to++)
		out[to] = (i + to) % nodes;
	return nodes;
}

static uint32_t random_targets(uint32_t nodes, uint32_t i, struct dice *dice, uint32_t *out)
{
	uint32_t count = dice_below(dice, 7);

	(void)i;
	for (uint32_t to = 0; to < count; to++)
		out[to] = dice_below(dice, nodes);
	return count;
}

static uint32_t nobody(uint32_t nodes, uint32_t i, struct dice *dice, uint32_t *out)
{
	(void)nodes;
	(void)i;
	(void)dice;
	(void)out;
	return 0;
}

/* ----------------------------------------------------------------------------------------------------------- build -- */

static void build_with(struct part *part, uint32_t nodes, uint32_t outsiders, topology *targets)
{
	graph_build(part, nodes < 2 ? 2 : nodes, outsiders, targets);
	struct graph *graph = part->own;
	graph->mortality = config.crash != 0 ? 0 : dice_one_in(&part->dice, 3) ? dice_scaled(&part->dice, 20, 20000) : 0;
	graph->burst_most = dice_one_in(&part->dice, 2) ? 0 : dice_scaled(&part->dice, 2, part->budget);
	graph_spawn(part);
}

static void build(struct part *part, uint32_t nodes, topology *targets)
{
	build_with(part, nodes, 1, targets);
}

static void build_ring(struct part *part) { build(part, part->actors, ring); }
static void build_tree(struct part *part) { build(part, part->actors, tree); }
static void build_pipeline(struct part *part) { build(part, part->actors, pipeline); }
static void build_random(struct part *part) { build(part, part->actors, random_targets); }

/* Messages go one hop: only bursts make traffic here. */
static void build_bursting(struct part *part, uint32_t nodes, topology *targets)
{
	build(part, nodes, targets);
	((struct graph *)part->own)->burst_most = part->budget;
}

static void build_fan_in(struct part *part) { build_bursting(part, part->actors, fan_in); }
static void build_fan_out(struct part *part) { build_bursting(part, part->actors, fan_out); }

static void build_mesh(struct part *part)
{
	build(part, part->actors < MESH_MOST ? part->actors : MESH_MOST, mesh);
}

static void build_burst(struct part *part)
{
	build_bursting(part, dice_between(&part->dice, 2, 6), dice_one_in(&part->dice, 2) ? mesh : fan_out);
}

static void build_threads(struct part *part)
{
	build_with(part, part->actors, 1 + SENDING_THREADS_MOST, dice_one_in(&part->dice, 2) ? nobody : random_targets);
}

/* ----------------------------------------------------------------------------------------------------------- start -- */

/* A node where a message can go on from, if a few tries find one. */
static uint32_t draw_entry(struct part *part)
{
	const struct graph *graph = part->own;
	uint32_t node = 0;

	for (unsigned tries = 0; tries < 4; tries++) {
		node = dice_one_in(&part->dice, 8) ? 0 : dice_below(&part->dice, graph->nodes);
		if (graph->first[node] != graph->first[node + 1])
			return node;
	}
	return 0;
}

/* In a round that is ended in the middle tokens run much longer; if it is ended abruptly, for ever. */
static uint16_t draw_hops(struct part *part, uint32_t tokens)
{
	uint32_t hops = part->budget / (tokens + 1);

	if (part->round->mode == MODE_ABRUPT)
		hops = UINT16_MAX;
	else if (part->round->mode == MODE_MIDWAY && dice_one_in(&part->dice, 2))
		hops = TOKEN_STEPS_MOST / process_slow() / tokens;
	return hops < UINT16_MAX ? (uint16_t)hops : UINT16_MAX;
}

static void start_tokens(struct part *part)
{
	const struct graph *graph = part->own;
	uint32_t tokens = dice_scaled(&part->dice, 1, part->budget < 2000 ? part->budget : 2000);
	uint16_t hops = draw_hops(part, tokens);
	uint32_t bursts = graph->burst_most;

	for (uint32_t i = 0; i < tokens; i++) {
		uint32_t node = draw_entry(part), burst = dice_one_in(&part->dice, 4) ? dice_scaled(&part->dice, 1, bursts) : 0;
		burst = burst < bursts ? burst : bursts;
		bursts -= burst;
		enum way way = dice_below(&part->dice, WAY_COUNT);
		troupe_ignore(graph_send(&part->outside, NULL, way, graph_outside_edge(graph, 0, node), node, hops, burst));
	}
}

/* A thread does not run ahead of the receivers for ever: at times it looks at the books. */
static void hold_back(struct thread *thread)
{
	while (books_sum(COLUMN_SENT) > books_sum(COLUMN_HANDLED) + books_sum(COLUMN_DEAD) + AHEAD_MOST &&
	       !round_closing(thread->part->round))
		process_nap(200 * TROUPE_US);
}

static bool thread_goes_on(struct thread *thread, uint32_t sent)
{
	struct round *round = thread->part->round;

	if (thread->late)
		return !atomic_load_explicit(&round->over, memory_order_relaxed);
	return sent < thread->part->budget && !round_closing(round);
}

/* Bursts from a plain thread to random nodes. A late one goes on while and until the systems are ended. */
static void send_bursts(struct thread *thread)
{
	struct sender *sender = &thread->sender;
	const struct graph *graph = thread->part->own;
	uint32_t sent = 0;

	while (thread_goes_on(thread, sent)) {
		uint32_t burst = dice_scaled(&sender->dice, 1, 1000), node = dice_below(&sender->dice, graph->nodes);
		for (uint32_t i = 0; i < burst; i++, sent++) {
			if (dice_one_in(&sender->dice, 4))
				node = dice_below(&sender->dice, graph->nodes);
			enum way way = dice_one_in(&sender->dice, 8) ? WAY_MOVE : WAY_COPY;
			uint16_t hops = (uint16_t)dice_below(&sender->dice, 3);
			uint32_t edge = graph_outside_edge(graph, thread->index + 1, node);
			troupe_ignore(dice_one_in(&sender->dice, 3) ? graph_send_speck(sender, edge, node)
			                                            : graph_send(sender, NULL, way, edge, node, hops, 0));
		}
		hold_back(thread);
	}
}

static void start_threads(struct part *part)
{
	uint32_t threads = dice_between(&part->dice, 1, SENDING_THREADS_MOST);

	for (uint32_t i = 0; i < threads; i++)
		part_thread(part, dice_one_in(&part->dice, 2), send_bursts);
	start_tokens(part);
}

#define GRAPH_SCENARIO(identifier, text, explanation, builder, starter)                                             \
	const struct scenario identifier##_scenario = { .name = (text), .about = (explanation), .build = (builder), \
		                                        .start = (starter), .discard = graph_discard }

GRAPH_SCENARIO(ring, "ring", "tokens go round", build_ring, start_tokens);
GRAPH_SCENARIO(tree, "tree", "up and down a tree with three children each", build_tree, start_tokens);
GRAPH_SCENARIO(fan_in, "fan-in", "many senders, one receiver", build_fan_in, start_tokens);
GRAPH_SCENARIO(fan_out, "fan-out", "one sender, many receivers", build_fan_out, start_tokens);
GRAPH_SCENARIO(mesh, "mesh", "everybody sends to everybody", build_mesh, start_tokens);
GRAPH_SCENARIO(pipeline, "pipeline", "from stage to stage", build_pipeline, start_tokens);
GRAPH_SCENARIO(random, "random-graph", "a graph without order", build_random, start_tokens);
GRAPH_SCENARIO(burst, "burst", "a handler sends thousands of messages", build_burst, start_tokens);
GRAPH_SCENARIO(threads, "threads", "plain threads send bursts, also during troupe_finish", build_threads, start_threads);
