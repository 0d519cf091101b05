/* SPDX-License-Identifier: MIT */
/* What is queued for an actor: messages that somebody else may handle and free while they are counted. */
#include <stdio.h>

#include "actors/bounds.h"
#include "actors/turn.h"
#include "mailbox/chunk.h"
#include "report/glance.h"
#include "report/look.h"

enum { ONE_ACTORS_MAX = 1000 };

struct kind_count {
	int32_t kind;
	uint32_t count;
};

struct count {
	uint32_t generation;
	struct report_budget *budget;
	const void *in_hand;
	uint32_t seen;     /* messages that were looked at */
	uint32_t messages; /* of which a chunk has many */
	bool cut;
	struct kind_count kinds[REPORT_KINDS];
};

/* The first kinds that are met are counted; a queue of many kinds is summed up well enough by three. */
static void count_kind(struct count *count, int32_t kind, uint32_t messages)
{
	for (unsigned i = 0; i < REPORT_KINDS; i++) {
		if (count->kinds[i].count > 0 && count->kinds[i].kind != kind)
			continue;
		count->kinds[i].kind = kind;
		count->kinds[i].count += messages;
		return;
	}
}

/* A message and what stands behind it; NULL: not to be followed any more. */
static struct envelope *see(struct count *count, const struct envelope *at)
{
	union {
		struct envelope envelope;
		struct chunk chunk;
		struct {
			struct envelope envelope;
			struct envelope_extension extension;
		} extended;
	} copy;
	uint32_t messages = 1;
	int32_t kind;

	if (at == count->in_hand)
		return NULL; /* the last of those that were pushed */
	if (count->seen == ONE_ACTORS_MAX || count->budget->messages == 0) {
		count->cut = true;
		return NULL;
	}
	count->seen++;
	count->budget->messages--;
	if (!troupei_glance(&copy.extended, at, sizeof copy.extended)) { /* a small one may lie at the end of a page */
		memset(&copy, 0, sizeof copy);
		if (!troupei_glance(&copy.envelope, at, sizeof copy.envelope) || troupei_envelope_is_extended(&copy.envelope))
			return NULL;
	}
	if (copy.envelope.generation != count->generation)
		return NULL; /* freed, or about to be: its link leads nowhere */
	kind = copy.envelope.kind;
	if (troupei_envelope_is_chunk(&copy.envelope)) {
		uint32_t filled = copy.chunk.count > 0 ? copy.chunk.count : copy.chunk.state & CHUNK_COUNT;
		messages = filled > copy.chunk.next ? filled - copy.chunk.next : 0;
		kind = copy.chunk.kind;
	} else if (troupei_envelope_is_extended(&copy.envelope)) {
		kind = copy.extended.extension.kind;
		messages = troupei_envelope_sort(&copy.envelope) != SORT_BOUNDED; /* that stands for others: below */
	}
	count->messages += messages;
	if (kind > 0 && (!troupei_envelope_is_extended(&copy.envelope) || troupei_envelope_is_chunk(&copy.envelope) ||
	                 !troupei_envelope_is_own(&copy.envelope)))
		count_kind(count, kind, messages);
	return copy.envelope.next;
}

/* A list that ends by NULL, or comes back to where it began. */
static uint32_t count_list(struct count *count, const struct envelope *first)
{
	uint32_t before = count->messages;
	const struct envelope *at = first;

	if (troupei_mailbox_head_waits(first))
		do
			at = see(count, at);
		while (at != NULL && at != first);
	return count->messages - before;
}

static void put_kinds(const struct cell *copy, const struct count *count, char *to, size_t size)
{
	char name[REPORT_NAME_MAX];
	int used = 0;

	for (unsigned i = 0; i < REPORT_KINDS && count->kinds[i].count > 0 && used < (int)size - REPORT_NAME_MAX; i++) {
		troupei_report_kind(copy->behaviour, count->kinds[i].kind, name);
		used += snprintf(to + used, size - (size_t)used, "%s%s %u", i > 0 ? ", " : "", name, count->kinds[i].count);
	}
}

void troupei_report_queue(const struct cell *cell, const struct cell *copy, const struct extra *extra, struct report_budget *budget,
                          struct report_actor *out)
{
	struct count count = { .generation = copy->generation, .budget = budget,
		               .in_hand = troupei_turn_in_hand(budget->system, cell) };

	out->queued = count_list(&count, copy->mailbox.head);
	out->queued += count_list(&count, copy->mailbox.tail);
	if (troupei_cell_is_marked(copy)) /* nobody writes to the cell through this */
		out->queued += troupei_bounds_queued((struct cell *)(uintptr_t)cell, copy->generation);
	out->deferred = count_list(&count, extra->deferred);
	out->queued_cut = count.cut;
	put_kinds(copy, &count, out->kinds, sizeof out->kinds);
}
