/* SPDX-License-Identifier: MIT */
/* Searches that make no sense are refused, and nothing is run. */
#include "support/testing.h"
#include "troupe.h"

static void must_not_run(void *context)
{
	(void)context;
	troupe_holds(false, "this ran");
}

static void refused(troupe_exploration options)
{
	troupe_finding finding = { .schedules = 77 };

	CHECK_EQ(troupe_explore(&options, must_not_run, NULL, &finding), TROUPE_EINVAL);
	CHECK_EQ(finding.schedules, 77);
}

#define ASKED(...) ((troupe_exploration){ .struct_size = sizeof(troupe_exploration), __VA_ARGS__ })

TEST(exploration, options_out_of_range_are_refused)
{
	refused((troupe_exploration){ .struct_size = 3 });
	refused(ASKED(.strategy = TROUPE_EXHAUSTIVE + 1));
	refused(ASKED(.strategy = UINT32_MAX));
	refused(ASKED(.crashes_ppm = 1000001));
	refused(ASKED(.refusals_ppm = 1000001));
	refused(ASKED(.strategy = TROUPE_RANDOM_WALK, .depth = 1));
	refused(ASKED(.strategy = TROUPE_PARTIAL_ORDER, .depth = 1));
	refused(ASKED(.strategy = TROUPE_PCT, .depth = 65));
	refused(ASKED(.reserved = 1));
}

TEST(exploration, a_replay_line_that_is_none_is_refused)
{
	static const char *const lines[] = { "", "random", "random:", "random:1 ", "random.3.4:1", "pct.65.1:1", "exhaustive:1", "choices:1",
		                                 "choices:1:,", "nobody:1" };

	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		refused(ASKED(.replay = lines[i]));
}

TEST(exploration, without_a_program_there_is_nothing_to_run)
{
	CHECK_EQ(troupe_explore(NULL, NULL, NULL, NULL), TROUPE_EINVAL);
}

TEST(exploration, the_largest_that_is_allowed_is_run)
{
	troupe_exploration options = ASKED(.strategy = TROUPE_PCT, .depth = 64, .crashes_ppm = 1000000, .seed = UINT64_MAX, .schedules = 2);
	troupe_finding finding;

	CHECK_EQ(troupe_explore(&options, must_not_run, NULL, &finding), TROUPE_EFAILED);
	CHECK_STR_EQ(finding.what, "this ran");
}
