/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "explore/explorer.h"
#include "support/testing.h"

static struct exploration shared;
static struct search search = { .shared = &shared };
static char text[64];

static struct line read_back(void)
{
	struct line line;

	troupei_line_write(&search, text, sizeof text);
	CHECK(troupei_line_read(text, &line));
	return line;
}

TEST(line, a_strategy_and_its_seed)
{
	search.options.strategy = TROUPE_PARTIAL_ORDER;
	search.strategy = troupei_strategy(TROUPE_PARTIAL_ORDER);
	shared.trace.seed = UINT64_C(12345678901234);
	struct line line = read_back();
	CHECK_STR_EQ(text, "pos:12345678901234");
	CHECK_EQ(line.strategy, TROUPE_PARTIAL_ORDER);
	CHECK_EQ(line.seed, shared.trace.seed);
	CHECK(line.choices == NULL);
}

TEST(line, pct_knows_its_depth_and_how_many_choices_to_expect)
{
	search.options.strategy = TROUPE_PCT;
	search.strategy = troupei_strategy(TROUPE_PCT);
	search.strategy->depth = 5;
	shared.choices = 100;
	shared.trace.seed = 17;
	struct line line = read_back();
	CHECK_STR_EQ(text, "pct.5.128:17");
	CHECK_EQ(line.strategy, TROUPE_PCT);
	CHECK_EQ(line.depth, 5);
	CHECK_EQ(line.expected, 128);
	CHECK_EQ(line.seed, 17);
}

TEST(line, an_exhaustive_run_is_told_by_its_choices)
{
	static const uint32_t choices[] = { 0, 3, 3, 3, UINT32_MAX };

	search.options.strategy = TROUPE_EXHAUSTIVE;
	search.strategy = troupei_strategy(TROUPE_EXHAUSTIVE);
	shared.trace.seed = 1;
	shared.trace.choice_count = 5;
	memcpy(shared.trace.choices, choices, sizeof choices);
	struct line line = read_back();
	CHECK_STR_EQ(text, "choices.12:1:0,3*3,4294967295");
	CHECK_EQ(line.count, 5);
	CHECK_EQ(line.workers, 12);
	CHECK_EQ(memcmp(line.choices, choices, sizeof choices), 0);
	free(line.choices);
}

TEST(line, what_does_not_fit_is_not_written)
{
	search.options.strategy = TROUPE_EXHAUSTIVE;
	search.strategy = troupei_strategy(TROUPE_EXHAUSTIVE);
	shared.trace.choice_count = 100;
	for (uint32_t i = 0; i < 100; i++)
		shared.trace.choices[i] = i;
	troupei_line_write(&search, text, sizeof text);
	CHECK_STR_EQ(text, "");
}

TEST(line, what_is_no_line_is_refused)
{
	static const char *const wrong[] = { "", ":", "random", "random:", "random:x", "random:1x", "nobody:1", "pct.3:1", "pct.3.:1",
		                                 "pct.3.1", "pct..1:1", "choices:", "choices:1", "choices:1:x", "choices:1:1,,2",
		                                 "choices:1:1*", "choices:1:99999999999", "choices:1:1*99999999", "choices.:1:1",
		                                 "choices.100000:1:1", "choices:1:1 2" };
	struct line line;

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		CHECK(!troupei_line_read(wrong[i], &line));
	CHECK(troupei_line_read("choices:1:", &line));
	free(line.choices);
}
