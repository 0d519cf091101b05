/* SPDX-License-Identifier: MIT */
/* The nodes of a graph: receive a parcel, check it and its place in the order, pass it on in one of many ways. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph.h"

struct node {
	struct self self;
	const void *shared; /* a payload to send to many; made at the first need */
	uint64_t order;     /* of all that came along edges */
};

static struct graph *graph_of(struct sender *sender)
{
	return sender->part->own;
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

/* A bug that one order of messages in so many brings about, for whoever wants to find it again. */
static void crash_by_order(struct node *node, uint32_t edge, uint32_t sequence)
{
	node->order = dice_mix(node->order + dice_mix((uint64_t)edge << 32 | sequence));
	if (config.crash == 0 || node->order % config.crash != 0)
		return;
	fprintf(stderr, "troupe-stress: actor %u crashes by number %u of edge %u, after %llu messages\n", node->self.index, sequence, edge,
	        (unsigned long long)node->self.turns);
	abort();
}

static void check_order(struct node *node, uint32_t edge, uint32_t sequence)
{
	struct graph *graph = graph_of(&node->self.sender);

	if (edge >= graph->edges + graph->outsiders * graph->nodes) {
		finding("a message from edge %u, which does not exist", edge);
		return;
	}
	if (edge < graph->edges && graph->target[edge] != node->self.index)
		finding("a message along edge %u, to actor %u, came to actor %u", edge, graph->target[edge], node->self.index);
	if (sequence != graph->seen[edge] + 1)
		finding("order: of edge %u to actor %u number %u came after number %u", edge, node->self.index, sequence,
		        graph->seen[edge]);
	graph->seen[edge] = sequence;
	crash_by_order(node, edge, sequence);
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

static void pass_specks(struct node *node, uint32_t count)
{
	const struct graph *graph = graph_of(&node->self.sender);
	uint32_t edge;

	for (uint32_t i = 0; i < count && draw_edge(node, &edge); i++)
		troupe_ignore(graph_send_speck(&node->self.sender, edge, graph->target[edge]));
}

/* A burst is one handler that sends very many: parcels with few hops, or small messages, or some of each. */
static void pass_on(troupe_actor *me, struct node *node, uint16_t hops, uint32_t burst)
{
	struct dice *dice = &node->self.sender.dice;
	uint32_t parcels_of_8 = dice_below(dice, 9);

	for (uint32_t i = 0; i < burst; i++) {
		if (dice_below(dice, 8) < parcels_of_8)
			pass(me, node, hops < 3 ? hops : 2, 0);
		else
			pass_specks(node, 1);
	}
	if (hops > 0 && burst == 0) {
		pass(me, node, (uint16_t)(hops - 1), 0);
		if (dice_one_in(dice, 16))
			pass_specks(node, dice_below(dice, 20));
	}
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

	check_order(node, note.edge, note.sequence);
	if (graph->mortality != 0 && dice_one_in(&node->self.sender.dice, graph->mortality))
		verdict = dice_one_in(&node->self.sender.dice, 4) ? TROUPE_UNKNOWN : die(me, node);
	if (verdict == TROUPE_HANDLED) {
		books_mark(note.number, m->kind, FATE_HANDLED);
		pass_on(me, node, note.hops, note.burst);
	}
	return verdict;
}

static troupe_verdict receive_speck(struct node *node, const troupe_message *m)
{
	struct speck speck = { .number = 0 };

	if (!speck_check(m->data, m->size, m->kind))
		return TROUPE_UNKNOWN;
	memcpy((unsigned char *)(&speck + 1) - m->size, m->data, m->size); /* a mote is its second half */
	check_order(node, speck.edge, speck.sequence);
	books_mark(speck.number, m->kind, FATE_HANDLED);
	return TROUPE_HANDLED;
}

/* On with it as it is, if it has hops left. */
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
	if (m->kind == KIND_SPECK || m->kind == KIND_MOTE)
		return receive_speck(node, m);
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
