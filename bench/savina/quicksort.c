/* SPDX-License-Identifier: MIT */
/* Quicksort: N values, by a tree of actors. An actor that is given more than K values splits them around a pivot and makes a
 * child for either side; one that is given fewer sorts them itself.
 *
 * The pattern: divide and conquer in place. The values lie in one array and are never copied. What a message carries is the
 * right to a slice of it: who has been sent a slice owns it, until it says "sorted" to who sent it. No two actors own the same
 * value at the same time, and what one wrote the next one sees, since messages order memory. */
#include <stdlib.h>

#include "bench.h"
#include "values.h"

struct slice {
	uint64_t *values;
	uint64_t count;
};
struct sorted {
	uint64_t actors; /* that it took */
};

enum { SORTER_SLICE = 1, SORTER_SORTED };
typedef union sorter { /* the main thread is told SORTER_SORTED too: it is the parent of the root */
	troupe_ref ref;
	const void *data;
	const struct slice *SORTER_SLICE;
	const struct sorted *SORTER_SORTED;
} sorter;

struct sorter_state {
	sorter parent;
	uint32_t alone_max; /* values that one actor sorts by itself */
	uint32_t missing;   /* children that are at it */
	uint64_t actors;
};

static troupe_verdict sorter_receive(troupe_actor *me, const troupe_message *m);

static const troupe_behaviour sorting = {
	.name = "sorter", .receive = sorter_receive, .state_size = sizeof(struct sorter_state),
};

static int by_value(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return (a > b) - (a < b);
}

static uint64_t median(uint64_t a, uint64_t b, uint64_t c)
{
	uint64_t low = a < b ? a : b, high = a < b ? b : a;

	return c < low ? low : c > high ? high : c;
}

/* Bring what is at most the pivot before what is at least the pivot, as Hoare did. How many come before: neither none nor all. */
static uint64_t split(uint64_t *values, uint64_t count)
{
	uint64_t pivot = median(values[0], values[count / 2], values[count - 1]);
	uint64_t *low = values, *high = values + count - 1;

	for (;; low++, high--) {
		while (*low < pivot)
			low++;
		while (*high > pivot)
			high--;
		if (low >= high)
			return (uint64_t)(high - values) + 1;
		uint64_t kept = *low;
		*low = *high;
		*high = kept;
	}
}

static void delegate(troupe_actor *me, uint64_t *values, uint64_t count)
{
	struct sorter_state *self = me->state;
	struct sorter_state initial = { .parent = { me->ref }, .alone_max = self->alone_max, .actors = 1 };
	sorter child;

	bench_must(troupe_spawn(me->system, &sorting, &initial, &child.ref));
	bench_must(troupe_send(child, SORTER_SLICE, .values = values, .count = count));
	self->missing++;
}

static void answer(troupe_actor *me)
{
	struct sorter_state *self = me->state;

	bench_must(troupe_send(self->parent, SORTER_SORTED, .actors = self->actors));
	troupe_exit(me, TROUPE_OK);
}

static void sort(troupe_actor *me, uint64_t *values, uint64_t count)
{
	const struct sorter_state *self = me->state;

	if (count <= self->alone_max) {
		qsort(values, count, sizeof *values, by_value);
		answer(me);
	} else {
		uint64_t before = split(values, count);
		delegate(me, values, before);
		delegate(me, values + before, count - before);
	}
}

static troupe_verdict sorter_receive(troupe_actor *me, const troupe_message *m)
{
	struct sorter_state *self = me->state;
	sorter in = { .data = m->data };

	switch (m->kind) {
	case SORTER_SLICE:
		sort(me, in.SORTER_SLICE->values, in.SORTER_SLICE->count);
		return TROUPE_HANDLED;
	case SORTER_SORTED:
		self->actors += in.SORTER_SORTED->actors;
		if (--self->missing == 0)
			answer(me);
		return TROUPE_HANDLED;
	}
	return TROUPE_UNKNOWN;
}

static void run(bench *b)
{
	uint64_t *values = bench_alloc(b->n, sizeof *values), hash = values_fill(values, b->n);
	sorter root;

	bench_begin(b);
	troupe_must(troupe_spawn(b->system, &sorting,
	                         &(struct sorter_state){ .parent = { b->main.ref }, .alone_max = (uint32_t)b->k, .actors = 1 },
	                         &root.ref));
	troupe_must(troupe_send(root, SORTER_SLICE, .values = values, .count = b->n));
	uint64_t actors = bench_end(b, SORTER_SORTED);
	bench_expect(b, 2 * actors, values_sorted(values, b->n, hash), b->n);
	free(values);
}

const bench_workload bench_quicksort = {
	.name = "quicksort",
	.what = "N values, a tree of actors; up to K values are sorted by one",
	.n = 1000000, .n_max = 1000000000,
	.k = 2048, .k_min = 2,
	.run = run,
};
