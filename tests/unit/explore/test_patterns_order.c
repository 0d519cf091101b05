/* SPDX-License-Identifier: MIT */
#include "explore/patterns.h"

#include "tale.h"

enum { ASK = 1, REPLY, PATIENCE, ROUND };

static bool begins(const char *words, const char *with)
{
	return strncmp(words, with, strlen(with)) == 0;
}

static void fire(struct tale *tale, uint32_t actor)
{
	tale_handle(tale, tale_send_as(tale, SORT_TIMER, 2, actor, PATIENCE));
}

/* @p again: it asks anew before the reply comes. */
static struct tale *tale_of_patience(bool again)
{
	struct tale *tale = tale_new();
	uint32_t buyer = tale_actor(tale, 1, "buyer"), clerk = tale_actor(tale, 2, "clerk");

	tale_pass(tale, buyer, clerk, ASK);
	uint32_t reply = tale_send(tale, clerk, buyer, REPLY);
	fire(tale, buyer);
	if (again)
		tale_send(tale, buyer, clerk, ASK);
	tale_handle(tale, reply);
	return tale;
}

TEST(patterns_order, a_reply_to_an_older_question)
{
	struct tale *tale = tale_of_patience(true);

	CHECK(begins(tale_pattern(tale), "late reply: buyer 1"));
	tale_free(tale);
}

TEST(patterns_order, a_timer_and_then_the_reply_too)
{
	struct tale *tale = tale_of_patience(false);

	CHECK(begins(tale_pattern(tale), "timer against reply: buyer 1"));
	tale_free(tale);
}

TEST(patterns_order, an_update_is_lost)
{
	struct tale *tale = tale_of_two_clerks();

	CHECK(begins(tale_pattern(tale), "check-then-act")); /* the last handler of all saw it */
	troupei_story_free(&tale->story);
	tale_pass(tale, MAIN, troupei_unit_of_actor(1), 1);  /* somebody looked afterwards */
	CHECK(begins(tale_pattern(tale), "lost update"));
	tale_free(tale);
}

TEST(patterns_order, one_runs_and_another_waits)
{
	struct tale *tale = tale_new();
	uint32_t standby = tale_actor(tale, 1, "standby"), primary = tale_actor(tale, 2, "primary");

	tale_send(tale, primary, standby, REPLY);
	uint32_t waits = tale_send(tale, standby, primary, ASK);
	for (int i = 0; i < 3; i++)
		tale_pass(tale, standby, standby, ROUND);
	tale_handle(tale, waits);
	CHECK(begins(tale_pattern(tale), "starvation: standby 1"));
	tale_free(tale);
}

TEST(patterns_order, two_rounds_are_none)
{
	struct tale *tale = tale_new();
	uint32_t standby = tale_actor(tale, 1, "standby"), primary = tale_actor(tale, 2, "primary");
	uint32_t waits = tale_send(tale, standby, primary, ASK);

	for (int i = 0; i < 2; i++)
		tale_pass(tale, standby, standby, ROUND);
	tale_handle(tale, waits);
	CHECK_STR_EQ(tale_pattern(tale), "no known pattern");
	tale_free(tale);
}

/* source -> scaler -> joiner, and source -> joiner by way of another. */
static struct tale *tale_of_two_paths(uint32_t *first, uint32_t *second)
{
	struct tale *tale = tale_new();
	uint32_t joiner = tale_actor(tale, 1, "joiner"), text = tale_actor(tale, 2, "text"), picture = tale_actor(tale, 3, "picture");
	uint32_t source = tale_actor(tale, 4, "source"), to_text = tale_send(tale, source, text, 1);
	uint32_t to_picture = tale_send(tale, source, picture, 1);

	tale_handle(tale, to_picture);
	*first = tale_send(tale, picture, joiner, 5) - 1;
	tale_handle(tale, *first + 1);
	tale_handle(tale, to_text);
	*second = tale_send(tale, text, joiner, 4) - 1;
	tale_handle(tale, *second + 1);
	return tale;
}

TEST(patterns_order, two_paths_from_one_source)
{
	uint32_t first, second;
	struct tale *tale = tale_of_two_paths(&first, &second);
	char words[768];
	struct telling telling = { .story = tale_tell(tale), .words = words, .size = sizeof words };

	CHECK(!troupei_pattern_join(&telling)); /* nobody knows that their order decides */
	tale->story.race[0] = first;
	tale->story.race[1] = second;
	CHECK(troupei_pattern_join(&telling));
	CHECK(strstr(words, "what source 4 began comes to joiner 1 by two paths") != NULL);
	tale_free(tale);
}

TEST(patterns_order, a_path_whose_message_was_not_sent_yet)
{
	struct tale *tale = tale_new();
	uint32_t joiner = tale_actor(tale, 1, "joiner"), text = tale_actor(tale, 2, "text"), picture = tale_actor(tale, 3, "picture");
	uint32_t source = tale_actor(tale, 4, "source");
	char words[768];

	tale_pass(tale, source, picture, 1);
	fire(tale, picture); /* what it does then, it does because of the message before */
	tale_send(tale, source, text, 1);
	tale_pass(tale, picture, joiner, 5);
	struct telling telling = { .story = tale_tell(tale), .words = words, .size = sizeof words };
	tale->story.race[0] = tale->story.count - 1;
	tale->story.missed.by = text;
	CHECK(troupei_pattern_join(&telling));
	tale_free(tale);
}
