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

/* The messages that were handled, the last first. */
static uint32_t list_handled(const struct story *story, uint32_t *list)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < story->count; i++) {
		const struct story_message *message = &story->messages[i];
		if (message->handled == STORY_NEVER || !troupei_story_is_seen(message))
			continue;
		uint32_t at = count++;
		for (; at > 0 && story->messages[list[at - 1]].handled < message->handled; at--)
			list[at] = list[at - 1];
		list[at] = i;
	}
	return count;
}

/* What a thread sends is mostly ordered by what it waits for before, which is not seen here. */
static bool is_of_thread(const struct story *story, uint32_t first, uint32_t second)
{
	return !troupei_unit_is_actor(story->messages[first].by) || !troupei_unit_is_actor(story->messages[second].by);
}

/* Those that come last are tried first: the nearer to what went wrong, the plainer. */
static bool search_pairs(struct search *search, struct story *story, const uint32_t *list, uint32_t count, bool threads)
{
	uint32_t runs = 0;

	for (uint32_t i = 0; i < count; i++)
		for (uint32_t j = i + 1; j < count; j++) {
			if (!is_unordered(story, list[j], list[i]) || is_of_thread(story, list[j], list[i]) != threads)
				continue;
			if (runs++ == RACE_RUNS)
				return false;
			if (is_decisive(search, story, list[j], list[i])) {
				story->race[0] = list[j];
				story->race[1] = list[i];
				return true;
			}
		}
	return false;
}

/* The last one may have come before one that was not even sent: wait for that, whatever it is. */
static void search_missed(struct search *search, struct story *story, uint32_t last)
{
	const struct trace *trace = &search->shared->trace;
	const struct story_message *message = &story->messages[last];
	struct hold hold = hold_of(story, message, message);

	hold.awaited = UNIT_NONE;
	hold.kind = KIND_ANY;
	search->strategy = troupei_guide_held(story->trace->choices, story->trace->choice_count, &hold);
	if (!search->run(search))
		return;
	for (uint32_t i = 0; i < trace->event_count; i++) {
		const struct trace_event *event = &trace->events[i];
		const struct story_message sent = { .envelope = event->envelope };
		if (event->sort != TRACE_SEND || !troupei_story_is_seen(&sent) || event->choices <= hold.from || event->to != hold.to || event->by == hold.held)
			continue;
		story->race[0] = last;
		story->missed.by = event->by;
		story->missed.kind = event->kind;
		return;
	}
}

void troupei_story_find_race(struct search *search, struct story *story)
{
	struct exploration *shared = search->shared;
	uint64_t done = shared->done, orders = shared->orders, messages = shared->messages, steps = shared->steps, gave_up = shared->gave_up;

	uint32_t list[STORY_MESSAGES_MAX], count = list_handled(story, list);

	if (search->run != NULL && count > 0 && !search_pairs(search, story, list, count, false)) {
		search_missed(search, story, list[0]);
		if (story->race[0] == STORY_NEVER)
			search_pairs(search, story, list, count, true);
	}
	shared->done = done;
	shared->orders = orders;
	shared->messages = messages;
	shared->steps = steps;
	shared->gave_up = gave_up;
}
