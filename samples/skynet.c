/* SPDX-License-Identifier: MIT */
/* skynet: an actor has ten children, each of them has ten, down to a million leaves. Each leaf tells its parent its
 * number, each parent tells its own the sum of ten, and so on up: 1,111,111 actors.
 *
 *     build/samples/skynet [levels]        default 6
 *
 * Checks the sum of all leaves: 499999500000. */
#include "troupe.h"
#include "sample.h"

enum { NODE_SUM = 1 };

struct sum { uint64_t sum; };

typedef union node {
	troupe_ref ref;
	const void *data;
	const struct sum *NODE_SUM;
} node;

struct node_state {
	node parent;
	uint64_t first, leaves; /* the numbers of the leaves below: from first on, so many */
	uint64_t sum;
	int answers;
};

static const troupe_behaviour node_behaviour;

static troupe_verdict node_answer(troupe_actor *me, uint64_t sum)
{
	struct node_state *self = me->state;
	troupe_status status = troupe_send(self->parent, NODE_SUM, .sum = sum);

	if (status != TROUPE_OK)
		return troupe_fail(me, status);
	troupe_exit(me, TROUPE_OK); /* nothing more to do; a parent's end waits for the ends of its children */
	return TROUPE_HANDLED;
}

static troupe_verdict node_init(troupe_actor *me)
{
	struct node_state *self = me->state;
	struct node_state child = { .parent = { me->ref }, .first = self->first, .leaves = self->leaves / 10 };
	troupe_status status = TROUPE_OK;

	if (self->leaves == 1)
		return node_answer(me, self->first);
	for (int i = 0; i < 10 && status == TROUPE_OK; i++, child.first += child.leaves)
		status = troupe_spawn_child(me, &node_behaviour, &child, NULL);
	return status == TROUPE_OK ? TROUPE_HANDLED : troupe_fail(me, status);
}

static troupe_verdict node_receive(troupe_actor *me, const troupe_message *m)
{
	struct node_state *self = me->state;
	node in = { .data = m->data };

	if (m->kind != NODE_SUM)
		return TROUPE_UNKNOWN;
	self->sum += in.NODE_SUM->sum;
	return ++self->answers < 10 ? TROUPE_HANDLED : node_answer(me, self->sum);
}

static const troupe_behaviour node_behaviour = {
	.name = "node", .init = node_init, .receive = node_receive, .state_size = sizeof(struct node_state),
};

int main(int argc, char **argv)
{
	uint64_t levels = 6, leaves = 1, actors = 1;
	troupe_future result;
	troupe_ledger ledger;
	troupe_system system;
	struct sum total;

	sample_counts(argc, argv, { "levels", &levels, 1, 7 });
	for (uint64_t i = 0; i < levels; i++)
		actors += leaves *= 10;
	troupe_expectation one = { .struct_size = sizeof one, .answers = 1, .within_ns = SAMPLE_PATIENCE };
	troupe_must(troupe_start(TROUPE_OPTIONS(troupe_options, .ledger = &ledger), &system));
	/* A future is a reply address that a thread reads: to the root it looks like a parent. */
	troupe_must(troupe_future_open(system, &one, &result));
	struct node_state root = { .parent = { result.ref }, .leaves = leaves };
	troupe_must(troupe_spawn(system, &node_behaviour, &root, NULL));
	troupe_must(troupe_next(result, NODE_SUM, &total, sizeof total));
	troupe_future_close(result);
	troupe_must(troupe_finish(system, SAMPLE_PATIENCE));
	return sample_done(total.sum == leaves * (leaves - 1) / 2, &ledger,
	                   "skynet: %" PRIu64 " actors add up to %" PRIu64, actors, total.sum);
}
