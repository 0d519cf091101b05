/* SPDX-License-Identifier: MIT */
/* Patterns of who waits, who has ended, and who began anew. */
#include <string.h>

#include "explore/patterns.h"
#include "explore/strategy.h"
#include "mailbox/envelope.h"
#include "troupe/status.h"

enum { STEPS_MAX = 32 };

/* -------------------------------------------------------------------------------------------------------- wait cycle -- */

/* For whom does this one wait? For who put its message aside; who puts aside waits for whom it has given something last. */
static uint32_t waits_for(const struct story *story, uint32_t unit, uint32_t *why)
{
	uint32_t given = UNIT_NONE;
	bool puts_aside = false;

	*why = STORY_NEVER;
	for (uint32_t i = story->trace->event_count; i-- > 0;)
		if (story->trace->events[i].sort == TRACE_WAIT && story->trace->events[i].by == unit)
			return story->trace->events[i].to;
	for (uint32_t i = story->count; i-- > 0;) {
		const struct story_message *message = &story->messages[i];
		if (message->by == unit && message->aside) {
			*why = i;
			return message->to;
		}
		puts_aside = puts_aside || (message->to == unit && message->aside);
		if (given == UNIT_NONE && message->by == unit && message->to != unit && troupei_story_is_seen(message)) {
			given = message->to;
			*why = i;
		}
	}
	return puts_aside ? given : UNIT_NONE;
}

static void say_link(struct telling *telling, uint32_t unit, uint32_t next, uint32_t why)
{
	char a[STORY_NAME_MAX], b[STORY_NAME_MAX], kind[STORY_NAME_MAX];

	if (why == STORY_NEVER)
		troupei_telling_say(telling, " %s waits for %s;", troupei_telling_unit(telling, unit, a), troupei_telling_unit(telling, next, b));
	else if (telling->story->messages[why].aside)
		troupei_telling_say(telling, " %s waits for %s, which has put its %s aside;", troupei_telling_unit(telling, unit, a),
		                    troupei_telling_unit(telling, next, b),
		                    troupei_story_kind(telling->story, &telling->story->messages[why], kind));
	else
		troupei_telling_say(telling, " that waits for %s, to which it sent %s;", troupei_telling_unit(telling, next, b),
		                    troupei_story_kind(telling->story, &telling->story->messages[why], kind));
}

/* After so many steps we are in the circle, if there is one. */
static bool follow(struct telling *telling, uint32_t unit)
{
	uint32_t why;

	for (int i = 0; i < STEPS_MAX; i++) {
		unit = waits_for(telling->story, unit, &why);
		if (unit == UNIT_NONE)
			return false;
	}
	troupei_telling_say(telling, "wait cycle:");
	uint32_t first = unit, next;
	do {
		next = waits_for(telling->story, unit, &why);
		say_link(telling, unit, next, why);
		unit = next;
	} while (unit != first);
	troupei_telling_say(telling, " so the circle is closed. Let all take things in one order, or let answers need nothing.");
	return true;
}

bool troupei_pattern_wait_cycle(struct telling *telling)
{
	const struct story *story = telling->story;

	for (uint32_t i = 0; i < story->trace->event_count; i++)
		if (story->trace->events[i].sort == TRACE_WAIT && follow(telling, story->trace->events[i].by))
			return true;
	for (uint32_t i = 0; i < story->count; i++)
		if (story->messages[i].aside && follow(telling, story->messages[i].by))
			return true;
	return false;
}

/* --------------------------------------------------------------------------------------------------- restart amnesia -- */

/* The place in the trace where the last life of @p unit began, if it is not the first. */
static uint32_t restart_of(const struct story *story, uint32_t unit)
{
	uint32_t lives = 0, last = STORY_NEVER;

	for (uint32_t i = 0; i < story->trace->event_count; i++) {
		const struct trace_event *event = &story->trace->events[i];
		if (event->sort == TRACE_HANDLE && event->to == unit && event->envelope == SORT_LIFE && event->kind == 1) {
			lives++;
			last = i;
		}
	}
	return lives > 1 ? last : STORY_NEVER;
}

bool troupei_pattern_restart_amnesia(struct telling *telling)
{
	const struct story *story = telling->story;
	char who[STORY_NAME_MAX], before[TELLING_NAME_MAX], after[TELLING_NAME_MAX];

	for (uint32_t i = story->count; i-- > 0;) {
		const struct story_message *late = &story->messages[i];
		uint32_t restart = restart_of(story, late->to);
		if (restart == STORY_NEVER || late->handled == STORY_NEVER || late->handled < restart || !troupei_story_is_seen(late))
			continue;
		for (uint32_t j = 0; j < story->count; j++) {
			const struct story_message *early = &story->messages[j];
			if (early->to != late->to || early->kind != late->kind || early->handled > restart || early->dead != STORY_NEVER ||
			    early->envelope != late->envelope)
				continue;
			troupei_telling_say(telling, "restart amnesia: %s was restarted, and what it knew from %s was forgotten when %s came. "
			                    "Keep it where nothing fails, or say it again after TROUPE_RESTARTED.",
			                    troupei_telling_unit(telling, late->to, who), troupei_telling_message(telling, j, before),
			                    troupei_telling_message(telling, i, after));
			return true;
		}
	}
	return false;
}

/* -------------------------------------------------------------------------------------------------------------- ends -- */

bool troupei_pattern_news_overtakes(struct telling *telling)
{
	const struct story *story = telling->story;
	char gone[STORY_NAME_MAX], who[STORY_NAME_MAX], kind[STORY_NAME_MAX];

	for (uint32_t i = 0; i < story->count; i++) {
		const struct story_message *news = &story->messages[i];
		if (!troupei_story_is_news_of_end(news) || news->handled == STORY_NEVER || news->by == news->to)
			continue;
		for (uint32_t j = 0; j < story->count; j++) {
			const struct story_message *late = &story->messages[j];
			if (late->by != news->by || late->to != news->to || late->sent > news->sent || late->handled == STORY_NEVER ||
			    late->handled < news->handled || troupei_story_is_news_of_end(late))
				continue;
			troupei_telling_say(telling, "news overtakes: that %s had ended came to %s ahead of %s, which it had sent before. "
			                    "News of ends go past what waits: let a message say whose it is, and check that.",
			                    troupei_telling_unit(telling, news->by, gone), troupei_telling_unit(telling, news->to, who),
			                    troupei_story_kind(story, late, kind));
			return true;
		}
	}
	return false;
}

static bool same_name(const struct story *story, uint32_t a, uint32_t b)
{
	return a / 2 < TRACE_NAMES_MAX && b / 2 < TRACE_NAMES_MAX && strcmp(story->trace->names[a / 2], story->trace->names[b / 2]) == 0;
}

bool troupei_pattern_name_reused(struct telling *telling)
{
	const struct story *story = telling->story;
	char by[STORY_NAME_MAX], old[STORY_NAME_MAX], new[STORY_NAME_MAX], kind[STORY_NAME_MAX];

	for (uint32_t i = story->count; i-- > 0;) {
		const struct story_message *late = &story->messages[i];
		if (late->handled == STORY_NEVER || !troupei_unit_is_actor(late->by) || !troupei_story_is_seen(late))
			continue;
		for (uint32_t j = 0; j < i; j++) {
			const struct story_message *early = &story->messages[j];
			if (early->by != late->by || early->to == late->to || early->kind != late->kind || !same_name(story, early->to, late->to) ||
			    troupei_story_end_of(story, early->to) > late->sent)
				continue;
			troupei_telling_say(telling, "name reused: %s spoke to %s, that ended, and its next %s went to %s, another one in the same "
			                    "place. Keep the reference: it never reaches a successor.",
			                    troupei_telling_unit(telling, late->by, by), troupei_telling_unit(telling, early->to, old),
			                    troupei_story_kind(story, late, kind), troupei_telling_unit(telling, late->to, new));
			return true;
		}
	}
	return false;
}

bool troupei_pattern_stop_before_drain(struct telling *telling)
{
	const struct story *story = telling->story;
	char gone[STORY_NAME_MAX], message[TELLING_NAME_MAX];

	for (uint32_t i = story->count; i-- > 0;) {
		const struct story_message *lost = &story->messages[i];
		if (lost->dead == STORY_NEVER || (lost->why != TROUPE_EGONE && lost->why != TROUPE_ECLOSED) ||
		    !troupei_unit_is_actor(lost->by) || troupei_story_end_of(story, lost->to) == STORY_NEVER)
			continue;
		troupei_telling_say(telling, "stop before drain: %s ended while there was still something for it: %s is lost. Stop in the "
		                    "order of the flow, each after the one before it has ended.",
		                    troupei_telling_unit(telling, lost->to, gone), troupei_telling_message(telling, i, message));
		return true;
	}
	return false;
}
