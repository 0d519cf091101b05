/* SPDX-License-Identifier: MIT */
/* Message races: two messages to one actor, of which neither knew of the other, so that either may come first; and with the other order
 * all would have been well. The first is seen in the story, the second by a run in which who sent the first one is held back
 * until the second has been sent. */
#include <stdlib.h>

#include "explore/explorer.h"
#include "explore/story.h"

enum { RACE_RUNS = 64 };

/* Could @p second have come first? */
static bool is_unordered(const struct story *story, uint32_t first, uint32_t second)
{
	const struct story_message *a = &story->messages[first], *b = &story->messages[second];

	return a->to == b->to && a->handled != STORY_NEVER && b->handled != STORY_NEVER && a->handled < b->handled &&
	       (a->by != b->by || troupei_story_is_timer(a) != troupei_story_is_timer(b)) && troupei_story_is_seen(a) &&
	       troupei_story_is_seen(b) && !troupei_story_follows(story, second, first);
}

/* The choice by which time went on before place @p at of the trace. */
static size_t choice_of_clock(const struct trace *trace, uint32_t at)
{
	while (at > 0 && trace->events[at].sort != TRACE_CLOCK)
		at--;
	return trace->events[at].choices;
}

static struct hold hold_of(const struct story *story, const struct story_message *first, const struct story_message *second)
{
	bool by_clock = troupei_story_is_timer(first);
	size_t choices = by_clock ? choice_of_clock(story->trace, first->sent) : story->trace->events[first->sent].choices;

	return (struct hold){ .held = by_clock ? UNIT_CLOCK : first->by, .awaited = story->trace->events[second->sent].by,
		                  .to = second->to, .kind = second->kind, .from = choices > 0 ? choices - 1 : 0 };
}

/* Does nothing go wrong in the other order? */
static bool is_decisive(struct search *search, const struct story *story, uint32_t first, uint32_t second)
{
	struct hold hold = hold_of(story, &story->messages[first], &story->messages[second]);

	search->strategy = troupei_guide_held(story->trace->choices, story->trace->choice_count, &hold);
	search->shrinking.runs++;
	return search->run(search);
}

/* Those that come last are tried first: the nearer to what went wrong, the plainer. */
static void search_pairs(struct search *search, struct story *story)
{
	uint32_t runs = 0;

	for (uint32_t distance = 1; distance < story->count; distance++)
		for (uint32_t second = story->count; second-- > 0;)
			for (uint32_t first = 0; first < story->count; first++) {
				uint32_t apart = first > second ? first - second : second - first;
				if (apart != distance || !is_unordered(story, first, second))
					continue;
				if (runs++ == RACE_RUNS)
					return;
				if (is_decisive(search, story, first, second)) {
					story->race[0] = first;
					story->race[1] = second;
					return;
				}
			}
}

void troupei_story_find_race(struct search *search, struct story *story)
{
	struct exploration *shared = search->shared;
	uint64_t done = shared->done, orders = shared->orders, messages = shared->messages, steps = shared->steps;

	if (search->run != NULL)
		search_pairs(search, story);
	shared->done = done;
	shared->orders = orders;
	shared->messages = messages;
	shared->steps = steps;
}
