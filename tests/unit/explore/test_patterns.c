/* SPDX-License-Identifier: MIT */
#include "explore/patterns.h"

#include "tale.h"

TEST(patterns, are_said_in_lines_that_fit)
{
	struct tale *tale = tale_of_two_clerks();
	const char *words = tale_pattern(tale), *line = words;

	CHECK(strstr(words, "check-then-act") == words);
	CHECK(strchr(words, '\n') != NULL);
	for (const char *end; (end = strchr(line, '\n')) != NULL; line = end + 1)
		CHECK(end - line <= 100);
	tale_free(tale);
}

TEST(patterns, are_not_seen_everywhere)
{
	struct tale *tale = tale_new();
	uint32_t a = tale_actor(tale, 1, "a"), b = tale_actor(tale, 2, "b");

	tale_pass(tale, a, b, 1);
	tale_pass(tale, b, a, 2);
	CHECK_STR_EQ(tale_pattern(tale), "no known pattern");
	tale_free(tale);
}

TEST(patterns, say_which_messages_race)
{
	struct tale *tale = tale_new();
	uint32_t a = tale_actor(tale, 1, "a"), b = tale_actor(tale, 2, "b"), c = tale_actor(tale, 3, "c");
	char words[768];

	tale_pass(tale, a, c, 1);
	tale_pass(tale, b, c, 2);
	struct story *story = tale_tell(tale);
	story->race[0] = 0;
	story->race[1] = 1;
	troupei_story_recognise(story, words, sizeof words);
	CHECK(strstr(words, "kind 1 of a 1 (A) and kind 2 of b 2 (B) race") != NULL);
	story->race[1] = STORY_NEVER;
	story->missed.by = b;
	story->missed.kind = 7;
	troupei_story_recognise(story, words, sizeof words);
	CHECK(strstr(words, "kind 7 of b 2, which was not sent yet") != NULL);
	tale_free(tale);
}

TEST(patterns, words_that_do_not_fit_are_cut)
{
	struct tale *tale = tale_of_two_clerks();
	char words[16], name[TELLING_NAME_MAX];
	struct telling telling = { .story = tale_tell(tale), .words = words, .size = sizeof words };

	troupei_telling_say(&telling, "%s", "much more than there is room for");
	troupei_telling_say(&telling, "%s", "and more");
	CHECK_EQ(strlen(words), sizeof words - 1);
	CHECK_STR_EQ(troupei_telling_message(&telling, 0, name), "kind 1 of clerk 2");
	CHECK_STR_EQ(troupei_telling_unit(&telling, MAIN, name), "main");
	tale_free(tale);
}
