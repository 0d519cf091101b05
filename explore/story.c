/* SPDX-License-Identifier: MIT */
/* Telling a trace as messages. */
#include "explore/story.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explore/strategy.h"
#include "mailbox/envelope.h"
#include "troupe/message.h"

struct teller {
	struct story *story;
	uint32_t *by_number; /* message numbers to places in the story, and one more */
	uint32_t *current;   /* units to what they handle, or STORY_NEVER */
	uint32_t units;
};

static struct story_message *append(struct teller *teller, const struct trace_event *event, uint32_t at)
{
	struct story *story = teller->story;

	if (story->count == STORY_MESSAGES_MAX)
		return NULL;
	struct story_message *message = &story->messages[story->count++];
	*message = (struct story_message){ .by = event->by, .to = event->to, .kind = event->kind, .sent = at, .handled = STORY_NEVER,
		                               .dead = STORY_NEVER, .cause = STORY_NEVER, .envelope = event->envelope,
		                               .control = event->control };
	if (troupei_story_is_timer(message))
		message->by = event->to;
	else if (event->by < teller->units && troupei_unit_is_actor(event->by))
		message->cause = teller->current[event->by];
	return message;
}

static void sent(struct teller *teller, const struct trace_event *event, uint32_t at)
{
	if (append(teller, event, at) != NULL)
		teller->by_number[event->message] = teller->story->count - 1;
}

/* Of the message that the event is about; one that has no number comes from nowhere. */
static uint32_t find(struct teller *teller, const struct trace_event *event, uint32_t at)
{
	uint32_t place = event->message <= teller->story->trace->messages_sent ? teller->by_number[event->message] : STORY_NEVER;

	if (event->message == 0 || place == STORY_NEVER)
		place = append(teller, event, at) != NULL ? teller->story->count - 1 : STORY_NEVER;
	return place;
}

static void tell(struct teller *teller, const struct trace_event *event, uint32_t at)
{
	if (event->sort == TRACE_SEND) {
		sent(teller, event, at);
		return;
	}
	if (event->sort != TRACE_HANDLE && event->sort != TRACE_CRASH && event->sort != TRACE_DEFER && event->sort != TRACE_DEAD)
		return;
	uint32_t place = find(teller, event, at);
	if (place == STORY_NEVER)
		return;
	struct story_message *message = &teller->story->messages[place];
	message->aside = event->sort == TRACE_DEFER;
	if (event->sort == TRACE_DEAD) {
		message->dead = at;
		message->why = event->why;
	} else if (event->sort != TRACE_DEFER) {
		message->handled = at;
		message->crashed = event->sort == TRACE_CRASH;
		if (event->to < teller->units)
			teller->current[event->to] = place;
	}
}

/* What was handled by its sender before, and what that knew of. */
static void look_back(struct story *story)
{
	for (uint32_t i = 0; i < story->count; i++) {
		struct story_message *message = &story->messages[i];
		for (uint32_t j = 0; j < i; j++) {
			const struct story_message *known = &story->messages[j];
			if (known->to != message->by || known->handled >= message->sent)
				continue;
			message->past[j / 64] |= UINT64_C(1) << j % 64;
			for (size_t word = 0; word < STORY_MESSAGES_MAX / 64; word++)
				message->past[word] |= known->past[word];
		}
	}
}

static uint32_t count_units(const struct trace *trace)
{
	uint32_t units = 1;

	for (uint32_t i = 0; i < trace->event_count; i++)
		if (trace->events[i].to < UNIT_NONE && trace->events[i].to >= units)
			units = trace->events[i].to + 1;
	return units;
}

bool troupei_story_tell(const struct trace *trace, struct story *story)
{
	struct teller teller = { .story = story, .units = count_units(trace) };
	size_t numbers = (size_t)trace->messages_sent + 1;

	*story = (struct story){ .trace = trace, .race = { STORY_NEVER, STORY_NEVER }, .missed.by = UINT32_MAX };
	story->messages = malloc(STORY_MESSAGES_MAX * sizeof *story->messages);
	teller.by_number = malloc((numbers + teller.units) * sizeof *teller.by_number);
	if (story->messages == NULL || teller.by_number == NULL) {
		free(story->messages);
		free(teller.by_number);
		return false;
	}
	teller.current = teller.by_number + numbers;
	memset(teller.by_number, 0xff, (numbers + teller.units) * sizeof *teller.by_number);
	for (uint32_t i = 0; i < trace->event_count; i++)
		tell(&teller, &trace->events[i], i);
	free(teller.by_number);
	look_back(story);
	return true;
}

void troupei_story_free(struct story *story)
{
	free(story->messages);
	story->messages = NULL;
	story->count = 0;
}

/* --------------------------------------------------------------------------------------------------------- questions -- */

bool troupei_story_is_seen(const struct story_message *message)
{
	enum envelope_sort sort = (enum envelope_sort)message->envelope;

	return sort <= SORT_TIMER || sort == SORT_DOWN || sort == SORT_LINKED || sort == SORT_RESTARTED || sort == SORT_ROOM ||
	       sort == SORT_RELAYED;
}

bool troupei_story_is_timer(const struct story_message *message)
{
	return message->envelope == SORT_TIMER;
}

bool troupei_story_is_answer(const struct story_message *message)
{
	return message->envelope == SORT_ANSWER || message->envelope == SORT_UNANSWERED;
}

bool troupei_story_is_question(const struct story_message *message)
{
	return message->envelope == SORT_QUESTION;
}

bool troupei_story_is_news_of_end(const struct story_message *message)
{
	return message->envelope == SORT_DOWN || message->envelope == SORT_LINKED;
}

bool troupei_story_follows(const struct story *story, uint32_t later, uint32_t earlier)
{
	return (story->messages[later].past[earlier / 64] >> earlier % 64 & 1) != 0;
}

static const char *name_of_sort(const struct story_message *message)
{
	switch ((enum envelope_sort)message->envelope) {
	case SORT_DOWN:
		return "TROUPE_DOWN";
	case SORT_LINKED:
		return "TROUPE_LINKED";
	case SORT_RESTARTED:
		return "TROUPE_RESTARTED";
	case SORT_UNANSWERED:
		return "TROUPE_UNANSWERED";
	case SORT_ROOM:
		return "TROUPE_ROOM";
	case SORT_RETURNED:
		return "TROUPE_RETURNED";
	default:
		return NULL;
	}
}

/* The receiver's word for it, or, for an answer, that of anybody who has one. */
const char *troupei_story_kind(const struct story *story, const struct story_message *message, char *name)
{
	const struct trace *trace = story->trace;
	const char *known = name_of_sort(message);

	for (uint32_t i = 0; known == NULL && i < trace->kind_count; i++)
		if (trace->kinds[i].to == message->to && trace->kinds[i].kind == message->kind)
			known = trace->kinds[i].name;
	if (known != NULL)
		snprintf(name, STORY_NAME_MAX, "%s", known);
	else
		snprintf(name, STORY_NAME_MAX, "kind %d", (int)message->kind);
	return name;
}

uint32_t troupei_story_next_handled(const struct story *story, uint32_t to, uint32_t from)
{
	uint32_t found = STORY_NEVER, at = STORY_NEVER;

	for (uint32_t i = 0; i < story->count; i++) {
		const struct story_message *message = &story->messages[i];
		if (message->to == to && message->handled > from && message->handled < at && troupei_story_is_seen(message)) {
			at = message->handled;
			found = i;
		}
	}
	return found;
}

uint32_t troupei_story_end_of(const struct story *story, uint32_t unit)
{
	for (uint32_t i = 0; i < story->trace->event_count; i++)
		if (story->trace->events[i].sort == TRACE_END && story->trace->events[i].to == unit)
			return i;
	return STORY_NEVER;
}
