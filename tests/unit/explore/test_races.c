/* SPDX-License-Identifier: MIT */
#include "explore/explorer.h"
#include "tale.h"

static unsigned runs, passes_at; /* the run that ends well, from 1 on; 0: none */
static struct trace_event late;

/* One that the story does not know is sent in the run that ends well. */
static bool run(struct search *search)
{
	struct trace *trace = &search->shared->trace;

	trace->event_count = 0;
	if (late.to != 0)
		trace->events[trace->event_count++] = late;
	return ++runs == passes_at;
}

static void look(struct tale *tale, unsigned passes)
{
	struct search search;

	CHECK_OK(troupei_search_open(&search, NULL));
	search.run = run;
	search.shared->done = 7;
	runs = 0;
	passes_at = passes;
	troupei_story_find_race(&search, &tale->story);
	CHECK_EQ(search.shared->done, 7); /* such runs do not count */
	troupei_search_close(&search);
}

/* The last pair is tried first: ann's booking before bob's question. */
TEST(races, a_pair_decides_if_the_other_order_ends_well)
{
	struct tale *tale = tale_of_two_clerks();

	tale_tell(tale);
	look(tale, 1);
	CHECK(tale->story.race[0] != STORY_NEVER);
	CHECK(tale->story.race[1] != STORY_NEVER);
	CHECK_EQ(tale->story.messages[tale->story.race[0]].to, tale->story.messages[tale->story.race[1]].to);
	CHECK(!troupei_story_follows(&tale->story, tale->story.race[1], tale->story.race[0]));
	tale_free(tale);
}

TEST(races, no_pair_decides_if_it_goes_wrong_in_each_order)
{
	struct tale *tale = tale_of_two_clerks();

	tale_tell(tale);
	look(tale, 0);
	CHECK(runs > 1);
	CHECK_EQ(tale->story.race[0], STORY_NEVER);
	tale_free(tale);
}

TEST(races, what_is_ordered_anyway_is_not_tried)
{
	struct tale *tale = tale_new();
	uint32_t a = tale_actor(tale, 1, "a"), b = tale_actor(tale, 2, "b");

	tale_pass(tale, a, b, 1);
	tale_pass(tale, a, b, 2);
	tale_pass(tale, b, a, 3);
	tale_tell(tale);
	look(tale, 0);
	CHECK_EQ(runs, 1); /* but only: could another have come before the last one? */
	tale_free(tale);
}

TEST(races, the_other_one_may_not_have_been_sent_yet)
{
	struct tale *tale = tale_new();
	uint32_t a = tale_actor(tale, 1, "a"), b = tale_actor(tale, 2, "b");

	tale_pass(tale, a, b, 1);
	tale_tell(tale);
	late = (struct trace_event){ .sort = TRACE_SEND, .by = troupei_unit_of_actor(3), .to = b, .kind = 9, .choices = 5 };
	look(tale, 1);
	CHECK_EQ(tale->story.race[0], 0);
	CHECK_EQ(tale->story.race[1], STORY_NEVER);
	CHECK_EQ(tale->story.missed.by, troupei_unit_of_actor(3));
	CHECK_EQ(tale->story.missed.kind, 9);
	tale_free(tale);
}
