/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "explore/explorer.h"
#include "sellers.h"

static troupe_finding found, small;

static unsigned rows(const char *diagram)
{
	unsigned count = 0;

	for (; (diagram = strchr(diagram, '\n')) != NULL; diagram++)
		count++;
	return count;
}

/* By hand: two clerks ask, are told, and book: six messages, and head, foot and the third clerk's. */
TEST(shrink, leaves_little_more_than_is_needed)
{
	for (uint64_t seed = 1; seed <= 5; seed++) {
		CHECK_EQ(troupe_explore(TROUPE_OPTIONS(troupe_exploration, .seed = seed), sell, NULL, &small), TROUPE_EFAILED);
		CHECK(rows(small.diagram) <= 2 + 2 * 6);
	}
}

TEST(shrink, leaves_out_what_has_nothing_to_do_with_it)
{
	told_too_much = 20;
	CHECK_EQ(troupe_explore(TROUPE_OPTIONS(troupe_exploration, .flags = TROUPE_NO_SHRINK), sell, NULL, &found), TROUPE_EFAILED);
	CHECK_EQ(troupe_explore(NULL, sell, NULL, &small), TROUPE_EFAILED);
	CHECK_EQ(small.seed, found.seed);
	CHECK(strncmp(found.replay, "random:", 7) == 0);
	CHECK(strncmp(small.replay, "choices:", 8) == 0);
	CHECK(small.messages <= found.messages);
	CHECK(small.messages < 60);
}

TEST(shrink, what_is_told_happens_again_each_time)
{
	CHECK_EQ(troupe_explore(NULL, sell, NULL, &small), TROUPE_EFAILED);
	for (int i = 0; i < 10; i++) {
		CHECK_EQ(troupe_explore(TROUPE_OPTIONS(troupe_exploration, .replay = small.replay), sell, NULL, &found), TROUPE_EFAILED);
		CHECK_EQ(found.hash, small.hash);
		CHECK_STR_EQ(found.what, small.what);
	}
}

TEST(shrink, keeps_to_the_number_of_runs)
{
	CHECK_EQ(troupe_explore(TROUPE_OPTIONS(troupe_exploration, .shrink_runs = 1), sell, NULL, &small), TROUPE_EFAILED);
	CHECK_EQ(troupe_explore(TROUPE_OPTIONS(troupe_exploration, .replay = small.replay), sell, NULL, &found), TROUPE_EFAILED);
}

static bool run_differently(struct search *search)
{
	search->shared->trace.finding = FINDING_EXIT; /* another bug than the one that was found */
	return false;
}

TEST(shrink, another_bug_is_not_taken_for_the_same)
{
	struct search search;

	CHECK_OK(troupei_search_open(&search, NULL));
	search.run = run_differently;
	search.shared->trace.finding = FINDING_PROMISE;
	search.shared->trace.choice_count = 10;
	search.shared->trace.messages = 5;
	troupei_search_shrink(&search);
	CHECK(!search.shrinking.done);
	CHECK_EQ(search.shared->trace.finding, FINDING_PROMISE);
	CHECK_EQ(search.shared->trace.choice_count, 10);
	troupei_search_close(&search);
}
