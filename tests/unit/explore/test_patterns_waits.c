/* SPDX-License-Identifier: MIT */
#include "explore/patterns.h"

#include "tale.h"

static bool begins(const char *words, const char *with)
{
	return strncmp(words, with, strlen(with)) == 0;
}

TEST(patterns_waits, a_circle_that_the_library_found)
{
	struct tale *tale = tale_new();
	uint32_t a = tale_actor(tale, 1, "a"), b = tale_actor(tale, 2, "b");

	tale_event(tale, TRACE_WAIT, a, b, 1);
	tale_event(tale, TRACE_WAIT, b, a, 1);
	CHECK(begins(tale_pattern(tale), "wait cycle: a 1 waits for b 2; b 2 waits for a 1;"));
	tale_free(tale);
}

TEST(patterns_waits, who_waits_for_one_that_goes_on_is_in_no_circle)
{
	struct tale *tale = tale_new();
	uint32_t a = tale_actor(tale, 1, "a"), b = tale_actor(tale, 2, "b");

	tale_event(tale, TRACE_WAIT, a, b, 1);
	CHECK_STR_EQ(tale_pattern(tale), "no known pattern");
	tale_free(tale);
}

/* Each has one fork, and its second request was put aside. */
TEST(patterns_waits, a_circle_of_what_was_put_aside)
{
	struct tale *tale = tale_new();
	uint32_t left = tale_actor(tale, 1, "fork"), right = tale_actor(tale, 2, "fork"), ann = tale_actor(tale, 3, "guest");
	uint32_t bob = tale_actor(tale, 4, "guest");

	tale_pass(tale, ann, left, 1);
	tale_pass(tale, left, ann, 2);
	tale_pass(tale, bob, right, 1);
	tale_pass(tale, right, bob, 2);
	tale_aside(tale, tale_send(tale, ann, right, 1));
	tale_aside(tale, tale_send(tale, bob, left, 1));
	const char *words = tale_pattern(tale);
	CHECK(begins(words, "wait cycle:"));
	CHECK(strstr(words, "guest 3 waits for fork 2, which has put its kind 1 aside") != NULL);
	CHECK(strstr(words, "guest 4") != NULL);
	tale_free(tale);
}

TEST(patterns_waits, what_a_restart_forgets)
{
	struct tale *tale = tale_new();
	uint32_t office = tale_actor(tale, 1, "office"), clerk = tale_actor(tale, 2, "clerk"), ann = tale_actor(tale, 3, "ann");

	tale_handle(tale, tale_send_as(tale, SORT_LIFE, office, clerk, 1));
	tale_pass(tale, ann, clerk, 5);
	tale_handle(tale, tale_send_as(tale, SORT_LIFE, office, clerk, 1));
	CHECK_STR_EQ(tale_pattern(tale), "no known pattern"); /* nobody has asked it yet */
	troupei_story_free(&tale->story);
	tale_pass(tale, ann, clerk, 5);
	CHECK(begins(tale_pattern(tale), "restart amnesia: clerk 2"));
	tale_free(tale);
}

TEST(patterns_waits, news_of_an_end_overtakes)
{
	struct tale *tale = tale_new();
	uint32_t lock = tale_actor(tale, 1, "lock"), user = tale_actor(tale, 2, "user");
	uint32_t release = tale_send(tale, user, lock, 2), down = tale_send_as(tale, SORT_DOWN, user, lock, 0);

	tale_handle(tale, down);
	CHECK_STR_EQ(tale_pattern(tale), "no known pattern");
	troupei_story_free(&tale->story);
	tale_handle(tale, release);
	CHECK(begins(tale_pattern(tale), "news overtakes: that user 2 had ended came to lock 1 ahead of kind 2"));
	tale_free(tale);
}

TEST(patterns_waits, a_name_means_somebody_else)
{
	struct tale *tale = tale_new();
	uint32_t old = tale_actor(tale, 1, "session"), ann = tale_actor(tale, 2, "ann");

	tale_pass(tale, ann, old, 1);
	tale_event(tale, TRACE_END, UNIT_NONE, old, 0);
	uint32_t successor = tale_actor(tale, 3, "session");
	tale_pass(tale, ann, successor, 1);
	CHECK(begins(tale_pattern(tale), "name reused: ann 2 spoke to session 1"));
	tale_free(tale);
}

TEST(patterns_waits, the_last_stage_ends_first)
{
	struct tale *tale = tale_new();
	uint32_t writer = tale_actor(tale, 1, "writer"), formatter = tale_actor(tale, 2, "formatter");
	uint32_t line = tale_send(tale, formatter, writer, 3);

	tale_about(tale, TRACE_DEAD, line, TROUPE_EGONE);
	CHECK_STR_EQ(tale_pattern(tale), "no known pattern");
	troupei_story_free(&tale->story);
	tale_event(tale, TRACE_END, UNIT_NONE, writer, 0);
	CHECK(begins(tale_pattern(tale), "stop before drain: writer 1"));
	tale_free(tale);
}
