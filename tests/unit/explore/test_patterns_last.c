/* SPDX-License-Identifier: MIT */
#include "explore/patterns.h"

#include "tale.h"

static bool begins(const char *words, const char *with)
{
	return strncmp(words, with, strlen(with)) == 0;
}

/* Ann was there before the old one ended, and speaks for the first time. */
TEST(patterns_last, a_successor_is_spoken_to)
{
	struct tale *tale = tale_new();
	uint32_t old = tale_actor(tale, 1, "session"), ann = tale_actor(tale, 2, "ann");

	tale_event(tale, TRACE_END, UNIT_NONE, old, 0);
	uint32_t successor = tale_actor(tale, 3, "session");
	tale_pass(tale, ann, successor, 1);
	CHECK(begins(tale_pattern(tale), "name reused: kind 1 of ann 2 went to session 3, which came in the place of session 1"));
	tale_free(tale);
}

TEST(patterns_last, who_came_later_knows_no_other)
{
	struct tale *tale = tale_new();
	uint32_t old = tale_actor(tale, 1, "session");

	tale_event(tale, TRACE_END, UNIT_NONE, old, 0);
	uint32_t successor = tale_actor(tale, 3, "session"), ann = tale_actor(tale, 2, "ann");
	tale_pass(tale, ann, successor, 1);
	CHECK_STR_EQ(tale_pattern(tale), "no known pattern");
	tale_free(tale);
}

TEST(patterns_last, another_name_is_another_one)
{
	struct tale *tale = tale_new();
	uint32_t old = tale_actor(tale, 1, "door"), ann = tale_actor(tale, 2, "ann");

	tale_event(tale, TRACE_END, UNIT_NONE, old, 0);
	uint32_t successor = tale_actor(tale, 3, "session");
	tale_pass(tale, ann, successor, 1);
	CHECK_STR_EQ(tale_pattern(tale), "no known pattern");
	tale_free(tale);
}

/* Three rounds, and what comes of them; choices made between them, or none: then nobody else could go on. */
static struct tale *tale_of_rounds(bool chosen)
{
	enum { ROUND = 2, LEAD };
	struct tale *tale = tale_new();
	uint32_t standby = tale_actor(tale, 1, "standby"), crown = tale_actor(tale, 2, "crown");

	for (uint32_t i = 0; i < 3; i++) {
		tale_pass(tale, standby, standby, ROUND);
		tale->trace.events[tale->trace.event_count - 1].choices = chosen ? i + 1 : 1;
	}
	tale_pass(tale, standby, crown, LEAD);
	return tale;
}

TEST(patterns_last, one_goes_on_though_others_could)
{
	struct tale *tale = tale_of_rounds(true);

	CHECK(begins(tale_pattern(tale), "starvation: standby 1 handled its own kind 2 3 times in a row, and all the time"));
	tale_free(tale);
}

TEST(patterns_last, one_goes_on_alone)
{
	struct tale *tale = tale_of_rounds(false);

	CHECK_STR_EQ(tale_pattern(tale), "no known pattern");
	tale_free(tale);
}
