/* SPDX-License-Identifier: MIT */
/* Traces as a test wants them, without running anything: who is there, what is sent, what is handled. */
#ifndef TROUPE_TESTS_UNIT_EXPLORE_TALE_H
#define TROUPE_TESTS_UNIT_EXPLORE_TALE_H

#include <stdio.h>
#include <stdlib.h>

#include "explore/story.h"
#include "explore/strategy.h"
#include "mailbox/envelope.h"
#include "support/testing.h"
#include "troupe.h"

enum { MAIN = 0 };

struct tale {
	struct trace trace;
	struct story story;
};

static inline struct tale *tale_new(void)
{
	struct tale *tale = calloc(1, sizeof *tale);

	CHECK(tale != NULL);
	return tale;
}

static inline void tale_free(struct tale *tale)
{
	troupei_story_free(&tale->story);
	free(tale);
}

static inline struct trace_event *tale_event(struct tale *tale, uint8_t sort, uint32_t by, uint32_t to, int32_t kind)
{
	troupei_trace_event(&tale->trace, &(struct trace_event){ .sort = sort, .by = by, .to = to, .kind = kind });
	return &tale->trace.events[tale->trace.event_count - 1];
}

/* An actor of this name; its unit. */
static inline uint32_t tale_actor(struct tale *tale, uint32_t number, const char *name)
{
	uint32_t unit = troupei_unit_of_actor(number);

	snprintf(tale->trace.names[number], TRACE_NAME_MAX, "%s", name);
	tale_event(tale, TRACE_SPAWN, MAIN, unit, 0);
	return unit;
}

/* Its number. */
static inline uint32_t tale_send_as(struct tale *tale, uint8_t envelope, uint32_t by, uint32_t to, int32_t kind)
{
	struct trace_event *event = tale_event(tale, TRACE_SEND, by, to, kind);

	event->envelope = envelope;
	event->message = ++tale->trace.messages_sent;
	return event->message;
}

static inline uint32_t tale_send(struct tale *tale, uint32_t by, uint32_t to, int32_t kind)
{
	return tale_send_as(tale, SORT_PLAIN, by, to, kind);
}

/* The message of this number is what the event of this sort is about. */
static inline void tale_about(struct tale *tale, uint8_t sort, uint32_t message, int32_t why)
{
	for (uint32_t i = 0; i < tale->trace.event_count; i++) {
		struct trace_event sent = tale->trace.events[i];
		if (sent.sort != TRACE_SEND || sent.message != message)
			continue;
		struct trace_event *event = tale_event(tale, sort, sent.by, sent.to, sent.kind);
		event->message = message;
		event->envelope = sent.envelope;
		event->why = why;
		return;
	}
	CHECK(false);
}

static inline void tale_handle(struct tale *tale, uint32_t message)
{
	tale_about(tale, TRACE_HANDLE, message, 0);
}

/* Sent and handled at once. */
static inline uint32_t tale_pass(struct tale *tale, uint32_t by, uint32_t to, int32_t kind)
{
	uint32_t message = tale_send(tale, by, to, kind);

	tale_handle(tale, message);
	return message;
}

static inline void tale_aside(struct tale *tale, uint32_t message)
{
	tale_handle(tale, message);
	tale_about(tale, TRACE_DEFER, message, 0);
}

static inline void tale_name_kind(struct tale *tale, uint32_t to, int32_t kind, const char *name)
{
	struct trace_kind *known = &tale->trace.kinds[tale->trace.kind_count++];

	known->to = to;
	known->kind = kind;
	snprintf(known->name, sizeof known->name, "%s", name);
}

static inline struct story *tale_tell(struct tale *tale)
{
	CHECK(troupei_story_tell(&tale->trace, &tale->story));
	return &tale->story;
}

/* What it looks like. */
static inline const char *tale_pattern(struct tale *tale)
{
	static char words[768];

	tale_tell(tale);
	troupei_story_recognise(&tale->story, words, sizeof words);
	return words;
}

/* Two clerks who ask, and act on what they were told. */
static inline struct tale *tale_of_two_clerks(void)
{
	struct tale *tale = tale_new();
	uint32_t plan = tale_actor(tale, 1, "plan"), ann = tale_actor(tale, 2, "clerk"), bob = tale_actor(tale, 3, "clerk");
	uint32_t ask_ann = tale_send(tale, ann, plan, 1), ask_bob = tale_send(tale, bob, plan, 1);

	tale_handle(tale, ask_ann);
	uint32_t told_ann = tale_send(tale, plan, ann, 3);
	tale_handle(tale, told_ann);
	uint32_t book_ann = tale_send(tale, ann, plan, 2);
	tale_handle(tale, ask_bob);
	uint32_t told_bob = tale_send(tale, plan, bob, 3);
	tale_handle(tale, told_bob);
	uint32_t book_bob = tale_send(tale, bob, plan, 2);
	tale_handle(tale, book_ann);
	tale_handle(tale, book_bob);
	snprintf(tale->trace.text, sizeof tale->trace.text, "no seat is booked twice");
	return tale;
}
#endif
