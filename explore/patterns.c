/* SPDX-License-Identifier: MIT */
/* Which of the patterns is it? The plainer a shape is, the earlier it is tried: the last ones are found in many stories. */
#include "explore/patterns.h"

#include <stdarg.h>
#include <stdio.h>

#include "explore/strategy.h"

enum { LINE_WIDTH = 100 };

void troupei_telling_say(struct telling *telling, const char *format, ...)
{
	va_list arguments;

	if (telling->at >= telling->size)
		return;
	va_start(arguments, format);
	int length = vsnprintf(telling->words + telling->at, telling->size - telling->at, format, arguments);
	va_end(arguments);
	telling->at += length > 0 ? (size_t)length : 0;
}

const char *troupei_telling_unit(const struct telling *telling, uint32_t unit, char *to)
{
	return troupei_unit_name(telling->story->trace, unit, to, STORY_NAME_MAX);
}

const char *troupei_telling_message(const struct telling *telling, uint32_t index, char *to)
{
	const struct story_message *message = &telling->story->messages[index];
	char kind[STORY_NAME_MAX], by[STORY_NAME_MAX];

	troupei_story_kind(telling->story, message, kind);
	if (troupei_story_is_timer(message))
		snprintf(to, TELLING_NAME_MAX, "timer %s", kind);
	else
		snprintf(to, TELLING_NAME_MAX, "%s of %s", kind, troupei_telling_unit(telling, message->by, by));
	return to;
}

static void name_second(const struct telling *telling, char *to)
{
	const struct story *story = telling->story;
	struct story_message missed = { .to = story->messages[story->race[0]].to, .kind = story->missed.kind };
	char kind[STORY_NAME_MAX], by[STORY_NAME_MAX];

	if (story->race[1] != STORY_NEVER)
		troupei_telling_message(telling, story->race[1], to);
	else
		snprintf(to, TELLING_NAME_MAX, "%s of %s, which was not sent yet,", troupei_story_kind(story, &missed, kind),
		         troupei_telling_unit(telling, story->missed.by, by));
}

static void say_race(struct telling *telling, bool known)
{
	const struct story *story = telling->story;
	char first[TELLING_NAME_MAX], second[TELLING_NAME_MAX];

	if (story->race[0] == STORY_NEVER)
		return;
	name_second(telling, second);
	troupei_telling_say(telling, "%s%s (A) and %s (B) race: neither waits for the other, and with B first nothing went wrong.",
	                    known ? "\n" : "no known pattern. But ", troupei_telling_message(telling, story->race[0], first), second);
}

/* At blanks, so that no line is longer than it may be. */
static void wrap(char *words)
{
	char *line = words, *blank = NULL;

	for (char *at = words; *at != '\0'; at++) {
		if (*at == '\n') {
			line = at + 1;
			blank = NULL;
		}
		if (*at == ' ')
			blank = at;
		if (at - line >= LINE_WIDTH && blank != NULL) {
			*blank = '\n';
			line = blank + 1;
			blank = NULL;
		}
	}
}

void troupei_story_recognise(const struct story *story, char *words, size_t size)
{
	static bool (*const patterns[])(struct telling *) = {
		troupei_pattern_wait_cycle,      troupei_pattern_restart_amnesia,   troupei_pattern_news_overtakes,
		troupei_pattern_name_reused,     troupei_pattern_stop_before_drain, troupei_pattern_late_reply,
		troupei_pattern_lost_update,     troupei_pattern_starvation,        troupei_pattern_join,
		troupei_pattern_successor,       troupei_pattern_rounds,
	};
	struct telling telling = { .story = story, .words = words, .size = size };
	bool known = false;

	words[0] = '\0';
	for (size_t i = 0; i < sizeof patterns / sizeof *patterns && !known; i++)
		known = patterns[i](&telling);
	say_race(&telling, known);
	if (words[0] == '\0')
		troupei_telling_say(&telling, "no known pattern");
	wrap(words);
}
