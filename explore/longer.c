/* SPDX-License-Identifier: MIT */
/* Has a run no end, or is it long? The same program is run once as plainly as can be: who goes on does so until it waits. If that ends,
 * after nearly as many steps as a run may take, then programs like this are long, and may take ten times as many as it did. */
#include <stdlib.h>

#include "explore/explorer.h"

enum { LONGER = 10 };

/* Steps until the plain run has ended, however it did; 0: it has not. */
static uint64_t length_of_plain(struct search *search)
{
	const struct trace *trace = &search->shared->trace;
	struct strategy *strategy = search->strategy;

	search->strategy = troupei_guide(NULL, 0);
	bool well = search->run(search);
	search->strategy = strategy;
	return well || trace->finding != FINDING_ENDLESS ? trace->steps : 0;
}

static bool lengthen(struct search *search)
{
	uint64_t limit = search->options.steps_max;

	search->options.steps_max = LONGER * limit;
	search->options.steps_max = LONGER * length_of_plain(search);
	if (search->options.steps_max > limit)
		return true;
	search->options.steps_max = limit;
	return false;
}

bool troupei_search_lengthen(struct search *search)
{
	struct exploration *shared = search->shared;
	uint64_t done = shared->done, orders = shared->orders, messages = shared->messages, steps = shared->steps, gave_up = shared->gave_up;
	uint32_t choices = shared->choices;
	bool is_over = shared->is_over, exhausted = shared->exhausted;
	struct trace *found;

	if (!search->may_lengthen || search->run == NULL || shared->trace.finding != FINDING_ENDLESS ||
	    (found = malloc(sizeof *found)) == NULL)
		return false;
	search->may_lengthen = false;
	*found = shared->trace;
	bool longer = lengthen(search);
	shared->trace = *found;
	free(found);
	shared->done = done;
	shared->orders = orders;
	shared->messages = messages;
	shared->steps = steps;
	shared->gave_up = gave_up;
	shared->choices = choices;
	shared->is_over = is_over;
	shared->exhausted = exhausted;
	return longer;
}
