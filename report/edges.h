/* SPDX-License-Identifier: MIT */
/* edges: who waits for whom, and which of these waits are part of a circle. */
#ifndef TROUPEI_REPORT_EDGES_H
#define TROUPEI_REPORT_EDGES_H

#include <stdbool.h>
#include <stdint.h>

#include "troupe/message.h"

struct report_edge {
	troupe_ref from, to;
	const char *why; /* a literal */
	int32_t kind;    /* of the question, or of what found no room; 0: none */
	int64_t age_ns;  /* for how long; below 0: not known */
	bool circle;
};

struct report_edges {
	struct report_edge *edges;
	uint32_t count, capacity;
	uint32_t *work; /* for circles: WORK_WORDS for each edge */
	bool cut;       /* there was no room for all */
};

/* False: no memory. */
bool troupei_report_edges_init(struct report_edges *edges, uint32_t capacity);
void troupei_report_edges_fini(struct report_edges *edges);

void troupei_report_edges_add(struct report_edges *edges, const struct report_edge *edge);

/* Sort them, and mark those of circles. */
void troupei_report_edges_mark(struct report_edges *edges);

#endif
