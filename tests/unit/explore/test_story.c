/* SPDX-License-Identifier: MIT */
#include "tale.h"

TEST(story, tells_messages_in_the_order_of_their_sending)
{
	struct tale *tale = tale_of_two_clerks();
	const struct story *story = tale_tell(tale);

	CHECK_EQ(story->count, 6);
	CHECK_EQ(story->messages[1].by, troupei_unit_of_actor(3));
	CHECK_EQ(story->messages[1].cause, STORY_NEVER);
	CHECK_EQ(story->messages[2].cause, 0); /* told in the midst of what was asked */
	CHECK(story->messages[0].handled < story->messages[1].handled);
	tale_free(tale);
}

TEST(story, knows_what_comes_first_in_every_order)
{
	struct tale *tale = tale_of_two_clerks();
	const struct story *story = tale_tell(tale);

	CHECK(troupei_story_follows(story, 3, 0));  /* ann books because she asked */
	CHECK(!troupei_story_follows(story, 3, 1)); /* and knows nothing of bob */
	CHECK(troupei_story_follows(story, 5, 1));
	CHECK(troupei_story_follows(story, 5, 0));  /* the plan had heard ann before it told bob */
	tale_free(tale);
}

TEST(story, knows_what_became_of_a_message)
{
	struct tale *tale = tale_new();
	uint32_t a = tale_actor(tale, 1, "a"), b = tale_actor(tale, 2, "b");

	tale_aside(tale, tale_send(tale, a, b, 1));
	tale_about(tale, TRACE_DEAD, tale_send(tale, a, b, 2), TROUPE_EGONE);
	tale_send(tale, a, b, 3);
	uint32_t again = tale_send(tale, a, b, 4);
	tale_aside(tale, again);
	tale_handle(tale, again); /* undeferred */
	tale_event(tale, TRACE_END, UNIT_NONE, b, 0);
	const struct story *story = tale_tell(tale);
	CHECK(story->messages[0].aside);
	CHECK_EQ(story->messages[1].why, TROUPE_EGONE);
	CHECK(story->messages[1].dead != STORY_NEVER);
	CHECK_EQ(story->messages[2].handled, STORY_NEVER);
	CHECK(!story->messages[3].aside);
	CHECK_EQ(troupei_story_end_of(story, b), tale->trace.event_count - 1);
	CHECK_EQ(troupei_story_end_of(story, a), STORY_NEVER);
	CHECK_EQ(troupei_story_next_handled(story, b, 0), 0);
	CHECK_EQ(troupei_story_next_handled(story, b, story->messages[3].handled), STORY_NEVER);
	tale_free(tale);
}

TEST(story, names_kinds_as_the_receiver_does)
{
	struct tale *tale = tale_new();
	uint32_t a = tale_actor(tale, 1, "a"), b = tale_actor(tale, 2, "b");
	char name[STORY_NAME_MAX];

	tale_name_kind(tale, b, 1, "B_ADD");
	tale_pass(tale, a, b, 1);
	tale_pass(tale, b, a, 1);
	tale_handle(tale, tale_send_as(tale, SORT_DOWN, b, a, -3));
	const struct story *story = tale_tell(tale);
	CHECK_STR_EQ(troupei_story_kind(story, &story->messages[0], name), "B_ADD");
	CHECK_STR_EQ(troupei_story_kind(story, &story->messages[1], name), "kind 1");
	CHECK_STR_EQ(troupei_story_kind(story, &story->messages[2], name), "TROUPE_DOWN");
	CHECK(troupei_story_is_news_of_end(&story->messages[2]));
	CHECK(troupei_story_is_seen(&story->messages[2]));
	tale_free(tale);
}

TEST(story, sorts_what_it_tells)
{
	struct tale *tale = tale_new();
	uint32_t a = tale_actor(tale, 1, "a"), b = tale_actor(tale, 2, "b");

	tale_handle(tale, tale_send_as(tale, SORT_TIMER, 4, a, 1)); /* by a worker's thread: it is a's own */
	tale_handle(tale, tale_send_as(tale, SORT_QUESTION, a, b, 1));
	tale_handle(tale, tale_send_as(tale, SORT_ANSWER, b, a, 1));
	tale_handle(tale, tale_send_as(tale, SORT_LIFE, b, a, 1));
	const struct story *story = tale_tell(tale);
	CHECK(troupei_story_is_timer(&story->messages[0]));
	CHECK_EQ(story->messages[0].by, a);
	CHECK(troupei_story_is_question(&story->messages[1]));
	CHECK(troupei_story_is_answer(&story->messages[2]));
	CHECK(!troupei_story_is_seen(&story->messages[3]));
	tale_free(tale);
}

TEST(story, of_a_long_run_has_its_beginning)
{
	struct tale *tale = tale_new();
	uint32_t a = tale_actor(tale, 1, "a"), b = tale_actor(tale, 2, "b");

	for (int i = 0; i < STORY_MESSAGES_MAX + 5; i++)
		tale_pass(tale, a, b, 1);
	CHECK_EQ(tale_tell(tale)->count, STORY_MESSAGES_MAX);
	tale_free(tale);
}
