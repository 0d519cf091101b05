/* SPDX-License-Identifier: MIT */
/* A priority queue, for actors that choose themselves what comes next: a binary heap, the least priority first. */
#ifndef BENCH_SAVINA_HEAP_H
#define BENCH_SAVINA_HEAP_H

#include <stdlib.h>

#include "bench.h"

struct heap_entry {
	uint32_t priority;
	uint32_t what;
};

/* {0} is an empty one. Who has it frees entries. */
struct heap {
	struct heap_entry *entries; /* each is at least its parent, number (i - 1) / 2 */
	uint32_t count, room;
};

static inline void heap_put(struct heap *h, uint32_t priority, uint32_t what)
{
	uint32_t at = h->count++;

	if (at == h->room) {
		h->room = h->room ? 2 * h->room : 256;
		h->entries = realloc(h->entries, h->room * sizeof *h->entries);
		if (!h->entries)
			bench_must(TROUPE_ENOMEM);
	}
	for (; at > 0 && h->entries[(at - 1) / 2].priority > priority; at = (at - 1) / 2)
		h->entries[at] = h->entries[(at - 1) / 2];
	h->entries[at] = (struct heap_entry){ priority, what };
}

/** The entry with the least priority; there must be one. */
static inline struct heap_entry heap_take(struct heap *h)
{
	struct heap_entry first = h->entries[0], last = h->entries[--h->count];
	uint32_t at = 0;

	for (uint32_t child = 1; child < h->count; child = 2 * at + 1) {
		if (child + 1 < h->count && h->entries[child + 1].priority < h->entries[child].priority)
			child++;
		if (h->entries[child].priority >= last.priority)
			break;
		h->entries[at] = h->entries[child];
		at = child;
	}
	h->entries[at] = last;
	return first;
}

#endif
