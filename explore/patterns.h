/* SPDX-License-Identifier: MIT */
/* patterns: the classic bugs of actors, each as a shape of a story. What is said names the messages. */
#ifndef TROUPEI_EXPLORE_PATTERNS_H
#define TROUPEI_EXPLORE_PATTERNS_H

#include "explore/story.h"

/* Where a pattern puts its words. */
struct telling {
	const struct story *story;
	char *words;
	size_t size, at;
};

void troupei_telling_say(struct telling *telling, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* "COUNTER_GET of client 2", "timer BUYER_PATIENCE". */
const char *troupei_telling_message(const struct telling *telling, uint32_t message, char *to);
const char *troupei_telling_unit(const struct telling *telling, uint32_t unit, char *to);
enum { TELLING_NAME_MAX = 2 * STORY_NAME_MAX + 8 };

/* Each: true if the story has this shape; then it has been said. */
bool troupei_pattern_wait_cycle(struct telling *telling);
bool troupei_pattern_restart_amnesia(struct telling *telling);
bool troupei_pattern_news_overtakes(struct telling *telling);
bool troupei_pattern_name_reused(struct telling *telling);
bool troupei_pattern_stop_before_drain(struct telling *telling);
bool troupei_pattern_late_reply(struct telling *telling);
bool troupei_pattern_starvation(struct telling *telling);
bool troupei_pattern_lost_update(struct telling *telling);
bool troupei_pattern_join(struct telling *telling);
bool troupei_pattern_successor(struct telling *telling);
bool troupei_pattern_rounds(struct telling *telling);

#endif
