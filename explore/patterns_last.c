/* SPDX-License-Identifier: MIT */
/* Patterns that are tried last: the smallest runs show a bug by so few messages that only its outline is left. */
#include <string.h>

#include "explore/patterns.h"
#include "explore/strategy.h"

enum { IN_A_ROW = 3 };

/* The message whose handler found something wrong, if it was one. */
static uint32_t last_of(const struct story *story)
{
	uint32_t last = STORY_NEVER;

	for (uint32_t i = 0; i < story->count; i++)
		if (story->messages[i].handled != STORY_NEVER && troupei_story_is_seen(&story->messages[i]) &&
		    (last == STORY_NEVER || story->messages[i].handled > story->messages[last].handled))
			last = i;
	return last;
}

/* ------------------------------------------------------------------------------------------------------------- names -- */

static uint32_t spawn_of(const struct story *story, uint32_t unit)
{
	for (uint32_t i = 0; i < story->trace->event_count; i++)
		if (story->trace->events[i].sort == TRACE_SPAWN && story->trace->events[i].to == unit)
			return i;
	return STORY_NEVER;
}

/* One of the same name, that ended before @p unit came to be, and was still there when @p by was. STORY_NEVER: there was none. */
static uint32_t predecessor(const struct story *story, uint32_t unit, uint32_t by)
{
	const struct trace *trace = story->trace;

	for (uint32_t i = 0; i < trace->event_count && i < spawn_of(story, unit); i++) {
		uint32_t ended = trace->events[i].to;
		if (trace->events[i].sort == TRACE_END && ended != unit && troupei_unit_is_actor(ended) && ended / 2 < TRACE_NAMES_MAX &&
		    unit / 2 < TRACE_NAMES_MAX && strcmp(trace->names[ended / 2], trace->names[unit / 2]) == 0 && spawn_of(story, by) < i)
			return ended;
	}
	return STORY_NEVER;
}

bool troupei_pattern_successor(struct telling *telling)
{
	const struct story *story = telling->story;
	char what[TELLING_NAME_MAX], new[STORY_NAME_MAX], old[STORY_NAME_MAX];
	uint32_t last = last_of(story);

	if (last == STORY_NEVER || !troupei_unit_is_actor(story->messages[last].by))
		return false;
	uint32_t before = predecessor(story, story->messages[last].to, story->messages[last].by);
	if (before == STORY_NEVER)
		return false;
	troupei_telling_say(telling, "name reused: %s went to %s, which came in the place of %s, that ended. Keep the reference: it never "
	                    "reaches a successor.", troupei_telling_message(telling, last, what),
	                    troupei_telling_unit(telling, story->messages[last].to, new), troupei_telling_unit(telling, before, old));
	return true;
}

/* ------------------------------------------------------------------------------------------------------------ rounds -- */

/* Between the two places it was chosen who goes on: so somebody else could have. */
static bool others_could(const struct story *story, uint32_t from, uint32_t to)
{
	return story->trace->events[to].choices > story->trace->events[from].choices;
}

/* How many of its own of this kind, from @p first on, an actor handled in a row while others could go on; *last: the last of them. */
static uint32_t count_rounds(const struct story *story, uint32_t first, uint32_t *last)
{
	const struct story_message *own = &story->messages[first];
	uint32_t row = 1, next;

	for (*last = first; (next = troupei_story_next_handled(story, own->to, story->messages[*last].handled)) != STORY_NEVER; row++) {
		const struct story_message *message = &story->messages[next];
		if (message->by != own->to || message->kind != own->kind || troupei_story_is_timer(message) ||
		    !others_could(story, story->messages[*last].handled, message->handled))
			break;
		*last = next;
	}
	return row;
}

bool troupei_pattern_rounds(struct telling *telling)
{
	const struct story *story = telling->story;
	uint32_t last = last_of(story), end;
	char who[STORY_NAME_MAX], kind[STORY_NAME_MAX];

	for (uint32_t first = 0; first < story->count && last != STORY_NEVER; first++) {
		const struct story_message *own = &story->messages[first];
		if (own->by != own->to || own->handled == STORY_NEVER || troupei_story_is_timer(own) || !troupei_story_is_seen(own))
			continue;
		uint32_t row = count_rounds(story, first, &end);
		if (row < IN_A_ROW || (last != end && !troupei_story_follows(story, last, end)))
			continue;
		troupei_telling_say(telling, "starvation: %s handled its own %s %u times in a row, and all the time others could have gone on. "
		                    "How often one gets to run is no measure of time.", troupei_telling_unit(telling, own->to, who),
		                    troupei_story_kind(story, own, kind), row);
		return true;
	}
	return false;
}
