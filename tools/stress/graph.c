/* SPDX-License-Identifier: MIT */
/* The nodes of a graph: receive a parcel, check it and its place in the order, pass it on in one of many ways. */
#include <stdlib.h>
#include <string.h>

#include "graph.h"

struct node {
	struct self self;
	const void *shared; /* a payload to send to many; made at the first need */
};

static struct graph *graph_of(struct sender *sender)
{
	return sender->part->own;
}

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

troupe_status graph_send(struct sender *sender, troupe_actor *me, enum way way, uint32_t edge, uint32_t node,
                         uint16_t hops, uint32_t burst)
{
	return post(sender, me, way, &(struct letter){
		.to = sender->part->refs[node], .world = part_world(sender->part, node), .kind = KIND_PARCEL,
		.size = note_size(&sender->dice),
		.note = { .to = node, .edge = edge, .sequence = ++graph_of(sender)->sent[edge], .hops = hops, .burst = burst },
	});
}

/* A message that is passed on as it is, so that its edge says nothing. */
static void send_loose(struct node *node, uint32_t to, uint16_t hops)
{
	struct sender *sender = &node->self.sender;

	post(sender, NULL, dice_one_in(&sender->dice, 2) ? WAY_COPY : WAY_MOVE, &(struct letter){
		.to = sender->part->refs[to], .world = part_world(sender->part, to), .kind = KIND_LOOSE,
		.size = note_size(&sender->dice), .note = { .to = ANYONE, .edge = NO_EDGE, .hops = hops },
	});
}

static const void *shared_payload(struct node *node)
{
	if (node->shared != NULL)
		return node->shared;
	uint32_t size = note_size(&node->self.sender.dice);
	struct note *note = payload_new(size);
	if (note == NULL)
		return NULL;
	*note = (struct note){ .to = ANYONE, .edge = NO_EDGE, .size = size, .kind = KIND_SHARED };
	note_fill(note);
	node->shared = troupe_freeze(note);
	return node->shared;
}

static void send_shared(struct node *node, uint32_t to)
{
	struct sender *sender = &node->self.sender;
	const void *payload = shared_payload(node);
	uint64_t letters = books_letters_here();

	if (payload == NULL)
		return;
	books_count(KIND_SHARED, COLUMN_SENT);
	post_done(sender, part_world(sender->part, to), 0, KIND_SHARED,
	          troupe_send_shared(sender->part->refs[to], KIND_SHARED, payload), letters);
	if (dice_one_in(&sender->dice, 4)) {
		troupe_release(payload);
		node->shared = NULL;
	}
}

/* ------------------------------------------------------------------------------------------------------- receiving -- */

static void check_order(struct node *node, const struct note *note)
{
	struct graph *graph = graph_of(&node->self.sender);

	if (note->edge >= graph->edges + graph->outsiders * graph->nodes) {
		finding("a message from edge %u, which does not exist", note->edge);
		return;
	}
	if (note->sequence != graph->seen[note->edge] + 1)
		finding("order: of edge %u to actor %u number %u came after number %u", note->edge, node->self.index,
		        note->sequence, graph->seen[note->edge]);
	graph->seen[note->edge] = note->sequence;
}

/* A random edge of this node; false: it has none. */
static bool draw_edge(struct node *node, uint32_t *edge)
{
	struct graph *graph = graph_of(&node->self.sender);
	uint32_t first = graph->first[node->self.index], count = graph->first[node->self.index + 1] - first;

	*edge = first + dice_below(&node->self.sender.dice, count);
	return count != 0;
}

static void pass(troupe_actor *me, struct node *node, uint16_t hops, uint32_t burst)
{
	struct sender *sender = &node->self.sender;
	struct graph *graph = graph_of(sender);
	enum way way = dice_below(&sender->dice, WAY_COUNT);
	uint32_t edge, share = dice_below(&sender->dice, 64);

	if (!draw_edge(node, &edge))
		return;
	troupe_ignore(graph_send(sender, me, way, edge, graph->target[edge], hops, burst));
	if (share == 0)
		troupe_ignore(post_tiny(sender, sender->part->refs[graph->target[edge]],
		                        part_world(sender->part, graph->target[edge]),
		                        dice_below(&sender->dice, sizeof(struct note))));
	else if (share == 1)
		send_shared(node, graph->target[edge]);
	else if (share == 2)
		send_loose(node, graph->target[edge], (uint16_t)dice_below(&sender->dice, 8));
}

/* A burst is one handler that sends very many; each of those has few hops. */
static void pass_on(troupe_actor *me, struct node *node, uint16_t hops, uint32_t burst)
{
	for (uint32_t i = 0; i < burst; i++)
		pass(me, node, hops < 3 ? hops : 2, 0);
	if (hops > 0 && burst == 0)
		pass(me, node, (uint16_t)(hops - 1), 0);
}

/* Ends the node in one of all ways. What the verdict is decides who enters the message in the books. */
static troupe_verdict die(troupe_actor *me, struct node *node)
{
	switch (dice_below(&node->self.sender.dice, 6)) {
	case 0: return troupe_fail(me, TROUPE_EUSER);
	case 1: return TROUPE_FAILED;
	case 2: troupe_exit(me, TROUPE_EUSER); return TROUPE_HANDLED;
	case 3: EXPECT("troupe_stop of oneself", troupe_stop(me->ref), TROUPE_ECLOSED); return TROUPE_HANDLED;
	case 4: EXPECT("troupe_kill of oneself", troupe_kill(me->ref), TROUPE_ECLOSED); return TROUPE_HANDLED;
	default: troupe_exit(me, TROUPE_OK); return TROUPE_HANDLED;
	}
}

static troupe_verdict receive_parcel(troupe_actor *me, const troupe_message *m)
{
	struct node *node = me->state;
	const struct graph *graph = graph_of(&node->self.sender);
	struct note note = *(const struct note *)m->data;
	troupe_verdict verdict = TROUPE_HANDLED;

	check_order(node, &note);
	if (graph->mortality != 0 && dice_one_in(&node->self.sender.dice, graph->mortality))
		verdict = dice_one_in(&node->self.sender.dice, 4) ? TROUPE_UNKNOWN : die(me, node);
	if (verdict == TROUPE_HANDLED) {
		books_mark(note.number, m->kind, FATE_HANDLED);
		pass_on(me, node, note.hops, note.burst);
	}
	return verdict;
}

/* On with it as it is, or the payload taken, changed and moved. */
static troupe_verdict receive_loose(troupe_actor *me, const troupe_message *m)
{
	struct node *node = me->state;
	struct sender *sender = &node->self.sender;
	const struct graph *graph = graph_of(sender);
	const struct note *note = m->data;
	uint64_t number = note->number;
	uint32_t edge;

	if (note->hops > 0 && draw_edge(node, &edge) && !dice_one_in(&sender->dice, 8)) {
		troupe_status status = troupe_forward(me, m, sender->part->refs[graph->target[edge]]);
		if (EXPECT("troupe_forward", status, TROUPE_EGONE, TROUPE_ECLOSED))
			return TROUPE_HANDLED;
	}
	if (!books_seen(number))
		books_mark(number, KIND_LOOSE, FATE_HANDLED);
	return TROUPE_HANDLED;
}

static troupe_verdict node_handle(troupe_actor *me, const troupe_message *m)
{
	struct node *node = me->state;

	if (m->kind == TROUPE_RETURNED)
		return self_returned(m, &node->self);
	if (m->kind == KIND_TINY) {
		tiny_check(m->data, m->size);
		books_mark(0, KIND_TINY, FATE_HANDLED);
		return TROUPE_HANDLED;
	}
	if (!self_accepts(&node->self, m))
		return TROUPE_UNKNOWN;
	if (m->kind == KIND_PARCEL)
		return receive_parcel(me, m);
	if (m->kind == KIND_LOOSE)
		return receive_loose(me, m);
	if (m->kind == KIND_SHARED && troupe_take(me, m) != NULL)
		finding("troupe_take gave away a shared payload");
	books_mark(0, m->kind, FATE_HANDLED);
	return TROUPE_HANDLED;
}

static troupe_verdict node_receive(troupe_actor *me, const troupe_message *m)
{
	return guard(me, m, node_handle);
}

static void node_terminate(troupe_actor *me, troupe_status why)
{
	struct node *node = me->state;

	plain_terminate(me, why);
	troupe_release(node->shared);
}

#define NODE(fate, turn)                                                                                          \
	{                                                                                                         \
		.name = "node", .receive = node_receive, .terminate = node_terminate,                             \
		.state_size = sizeof(struct node), .leftovers = (fate), .turn_messages_max = (turn)               \
	}

static const troupe_behaviour node_behaviours[] = {
	NODE(TROUPE_DEAD_LETTER, 0), NODE(TROUPE_DEAD_LETTER, 1), NODE(TROUPE_DEAD_LETTER, 1000),
	NODE(TROUPE_HAND_BACK, 0),   NODE(TROUPE_HAND_BACK, 2),   NODE(TROUPE_DRAIN, 0),
	NODE(TROUPE_DRAIN, 3),
};

void graph_spawn(struct part *part)
{
	const struct graph *graph = part->own;

	part_indices(part, graph->nodes);
	part_refs(part, graph->nodes);
	for (uint32_t i = 0; i < graph->nodes; i++) {
		uint32_t which = dice_below(&part->dice, sizeof node_behaviours / sizeof *node_behaviours);
		struct node node = { .self = self_initial(part, i) };
		self_spawn(part_world(part, i), NULL, &node_behaviours[which], &node, &part->refs[i]);
	}
}
