/* SPDX-License-Identifier: MIT */
#include "explore/explorer.h"
#include "support/testing.h"

static struct search search;
static uint64_t plain_steps; /* of the plain run; 0: it has no end */
static unsigned runs;

static bool run_plainly(struct search *of)
{
	struct trace *trace = &of->shared->trace;

	runs++;
	CHECK(of->strategy != troupei_random_walk());
	trace->finding = plain_steps == 0 ? FINDING_ENDLESS : FINDING_NONE;
	trace->steps = plain_steps;
	trace->text[0] = 'p';
	of->shared->done++;
	of->shared->steps += plain_steps;
	return plain_steps > 0;
}

/* A run has come to the limit, which was asked for, or is the default. */
static void find_endless(uint64_t asked, uint64_t plain)
{
	troupe_exploration options = { .struct_size = sizeof options, .steps_max = asked };

	CHECK_OK(troupei_search_open(&search, &options));
	search.run = run_plainly;
	search.shared->trace.finding = FINDING_ENDLESS;
	search.shared->trace.text[0] = 'f';
	search.shared->done = 7;
	plain_steps = plain;
	runs = 0;
}

TEST(longer, a_program_that_is_long_may_take_longer)
{
	find_endless(0, 5000000);
	CHECK(troupei_search_lengthen(&search));
	CHECK_EQ(search.options.steps_max, 50000000);
	CHECK_EQ(search.shared->done, 7);
	CHECK_EQ(search.shared->steps, 0);
	CHECK(search.strategy == troupei_random_walk());
	CHECK(!troupei_search_lengthen(&search)); /* once */
	CHECK_EQ(runs, 1);
	troupei_search_close(&search);
}

/* What was found stands as it was: @p asked and @p plain as for find_endless. */
static void stands(uint64_t asked, uint64_t plain, unsigned after_runs)
{
	find_endless(asked, plain);
	uint64_t limit = search.options.steps_max;
	CHECK(!troupei_search_lengthen(&search));
	CHECK_EQ(search.options.steps_max, limit);
	CHECK_EQ(search.shared->trace.finding, FINDING_ENDLESS);
	CHECK_EQ(search.shared->trace.text[0], 'f');
	CHECK_EQ(runs, after_runs);
	troupei_search_close(&search);
}

TEST(longer, one_that_has_no_end_may_not)
{
	stands(0, 0, 1);
}

TEST(longer, one_that_is_short_may_not)
{
	stands(0, 1000000, 1);
}

TEST(longer, a_limit_that_was_asked_for_holds)
{
	stands(10000000, 9000000, 0);
}

TEST(longer, another_finding_has_nothing_to_do_with_it)
{
	find_endless(0, 5000000);
	search.shared->trace.finding = FINDING_PROMISE;
	CHECK(!troupei_search_lengthen(&search));
	CHECK_EQ(runs, 0);
	troupei_search_close(&search);
}
