/* SPDX-License-Identifier: MIT */
/* Bitonic sort: N values, a power of two, by Batcher's network. One half is sorted upwards and the other downwards; that makes
 * a bitonic sequence, which is merged: compare each value with the one half a length further, then merge the two halves.
 *
 * The pattern: fork and join, twice in the life of an actor. It forks for its halves, joins, works, and forks again: a state
 * with the number of children that are missing and what is next when none is, in place of a thread that waits. Down to K values,
 * by default a single comparator, everything is an actor of its own: a grain far too fine to be wise, which shows what an
 * actor costs. With --k 256 one sees the gain of a coarser one. As in quicksort.c, a message carries the right to a slice. */
#include <stdlib.h>

#include "bench.h"
#include "values.h"

struct slice {
	uint64_t *values;
	uint32_t count;
	uint32_t alone_max : 16; /* values that one actor takes on by itself */
	uint32_t down : 1;       /* the largest comes first */
	uint32_t bitonic : 1;    /* it is a bitonic sequence: it is to be merged, not sorted */
	uint32_t missing : 2;    /* for who has it: children that are at it */
};

enum { SORTER_SLICE = 1, SORTER_DONE };
typedef union sorter { /* the main thread is told SORTER_DONE too: it is the parent of the root */
	troupe_ref ref;
	const void *data;
	const struct slice *SORTER_SLICE;
	const struct bench_value *SORTER_DONE; /* the value is 0 */
} sorter;

/* 24 bytes lie in an actor itself; a larger state would have a block of its own. */
struct sorter_state {
	sorter parent;
	struct slice slice;
};
_Static_assert(sizeof(struct sorter_state) == 24, "it is as small as it says");

static troupe_verdict sorter_receive(troupe_actor *me, const troupe_message *m);

static const troupe_behaviour sorting = {
	.name = "sorter", .receive = sorter_receive, .state_size = sizeof(struct sorter_state),
};

/* The comparators: value i with value i + count / 2. */
static void compare_halves(struct slice s)
{
	uint64_t *low = s.values, *high = s.values + s.count / 2;

	for (uint32_t i = 0; i < s.count / 2; i++) {
		uint64_t a = low[i], b = high[i];
		bool exchange = s.down ? a < b : a > b;
		low[i] = exchange ? b : a;
		high[i] = exchange ? a : b;
	}
}

/* One half: to be sorted, the first upwards and the second downwards, or to be merged, as the whole. */
static struct slice half_of(struct slice whole, uint32_t which)
{
	struct slice half = whole;

	half.count = whole.count / 2;
	half.values += which * half.count;
	half.down = whole.bitonic ? whole.down : which;
	half.missing = 0;
	return half;
}

/* The network below a slice, without actors. */
static void do_alone(struct slice s)
{
	if (s.count < 2)
		return;
	if (!s.bitonic) {
		do_alone(half_of(s, 0));
		do_alone(half_of(s, 1));
		s.bitonic = 1;
	}
	compare_halves(s);
	do_alone(half_of(s, 0));
	do_alone(half_of(s, 1));
}

static void answer(troupe_actor *me)
{
	struct sorter_state *self = me->state;

	bench_must(troupe_send(self->parent, SORTER_DONE, 0));
	troupe_exit(me, TROUPE_OK);
}

/* For a slice to sort: sort the halves. For a bitonic one: compare the halves with each other, and merge each. */
static void fork_halves(troupe_actor *me)
{
	struct sorter_state *self = me->state;

	if (self->slice.bitonic)
		compare_halves(self->slice);
	for (uint32_t which = 0; which < 2; which++) {
		struct slice half = half_of(self->slice, which);
		sorter child;

		bench_must(troupe_spawn(me->system, &sorting, &(struct sorter_state){ .parent = { me->ref } }, &child.ref));
		bench_must(troupe_send_struct(child, SORTER_SLICE, &half));
	}
	self->slice.missing = 2;
}

static void join(troupe_actor *me)
{
	struct sorter_state *self = me->state;

	if (--self->slice.missing > 0)
		return;
	if (self->slice.bitonic) {
		answer(me);
	} else {
		self->slice.bitonic = 1; /* one half goes up now, the other down */
		fork_halves(me);
	}
}

static troupe_verdict sorter_receive(troupe_actor *me, const troupe_message *m)
{
	struct sorter_state *self = me->state;
	sorter in = { .data = m->data };

	switch (m->kind) {
	case SORTER_SLICE:
		self->slice = *in.SORTER_SLICE;
		if (self->slice.count > self->slice.alone_max) {
			fork_halves(me);
		} else {
			do_alone(self->slice);
			answer(me);
		}
		return TROUPE_HANDLED;
	case SORTER_DONE:
		join(me);
		return TROUPE_HANDLED;
	}
	return TROUPE_UNKNOWN;
}

/* The actors that it takes to sort so many values, or to merge them. */
static uint64_t count_actors(uint64_t count, uint64_t alone_max, bool bitonic)
{
	if (count <= alone_max)
		return 1;
	uint64_t mergers = 2 * count_actors(count / 2, alone_max, true);
	return 1 + mergers + (bitonic ? 0 : 2 * count_actors(count / 2, alone_max, false));
}

static const char *refuse(uint64_t n, uint64_t k)
{
	(void)k;
	return n & (n - 1) ? "bitonicsort: --n is a power of two" : NULL;
}

static void run(bench *b)
{
	uint64_t *values = bench_alloc(b->n, sizeof *values), hash = values_fill(values, b->n);
	struct slice all = { .values = values, .count = (uint32_t)b->n, .alone_max = (uint16_t)b->k };
	sorter root;

	bench_begin(b);
	troupe_must(troupe_spawn(b->system, &sorting, &(struct sorter_state){ .parent = { b->main.ref } }, &root.ref));
	troupe_must(troupe_send_struct(root, SORTER_SLICE, &all));
	bench_end(b, SORTER_DONE);
	bench_expect(b, 2 * count_actors(b->n, b->k, false), values_sorted(values, b->n, hash), b->n);
	free(values);
}

const bench_workload bench_bitonicsort = {
	.name = "bitonicsort",
	.what = "N values, a power of two, a network of actors; up to K values for one",
	.n = 4096, .n_max = UINT64_C(1) << 31,
	.k = 2, .k_min = 2, .k_max = UINT16_MAX,
	.run = run, .refuse = refuse,
};
