/* SPDX-License-Identifier: MIT */
/* story: what a trace tells, message by message: who sent it and in the midst of what, when it was handled, what became of it, and
 * what it may have known of. */
#ifndef TROUPEI_EXPLORE_STORY_H
#define TROUPEI_EXPLORE_STORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "explore/trace.h"

enum { STORY_MESSAGES_MAX = 512, STORY_NAME_MAX = 40 };
#define STORY_NEVER UINT32_MAX

struct story_message {
	uint32_t by, to;                  /* units; a timer's is by its own actor */
	int32_t kind;
	int32_t why;                      /* it is dead */
	uint32_t sent, handled, dead;     /* places in the trace, or STORY_NEVER */
	uint32_t cause;                   /* the message that its sender was in the midst of, or STORY_NEVER */
	uint8_t envelope;                 /* enum envelope_sort */
	bool control, aside, crashed;     /* aside: still put aside at the end */
	uint64_t past[STORY_MESSAGES_MAX / 64]; /* the messages whose handling comes before its sending, whatever the order */
};

struct story {
	const struct trace *trace;
	uint32_t count;                   /* of messages, in the order of their sending; those beyond the room are not told */
	struct story_message *messages;
	uint32_t race[2];                 /* two of them whose order decides, the first and the second; STORY_NEVER: none is known */
	struct {                          /* the second was not sent yet when it went wrong: */
		uint32_t by;              /* who would have sent it; UINT32_MAX: not so */
		int32_t kind;
	} missed;
};

/* False: no memory. */
bool troupei_story_tell(const struct trace *trace, struct story *story);
void troupei_story_free(struct story *story);

/* Is it a user's, or the news of something to an actor? Not the library's own. */
bool troupei_story_is_seen(const struct story_message *message);
bool troupei_story_is_timer(const struct story_message *message);
bool troupei_story_is_answer(const struct story_message *message);
bool troupei_story_is_question(const struct story_message *message);
bool troupei_story_is_news_of_end(const struct story_message *message);

/* Is message @p later sent after message @p earlier was handled, in every order? */
bool troupei_story_follows(const struct story *story, uint32_t later, uint32_t earlier);

/* "COUNTER_ADD", "kind 3", "TROUPE_DOWN". */
const char *troupei_story_kind(const struct story *story, const struct story_message *message, char *name);

/* The first message behind place @p from of the trace that @p to has handled; STORY_NEVER: none. */
uint32_t troupei_story_next_handled(const struct story *story, uint32_t to, uint32_t from);

/* The place of the end of this actor in the trace. */
uint32_t troupei_story_end_of(const struct story *story, uint32_t unit);

/* races.c: which two messages decide? Runs schedules. */
struct search;
void troupei_story_find_race(struct search *search, struct story *story);

/* patterns.c: what kind of bug it looks like, in words of up to @p size bytes. */
void troupei_story_recognise(const struct story *story, char *words, size_t size);

#endif
