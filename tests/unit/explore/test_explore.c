/* SPDX-License-Identifier: MIT */
/* What it finds: tests/promises/test_exploring.c. */
#include "simulated.h"

static void leave_a_system(void *context)
{
	(void)context;
	troupe_system system;

	CHECK_OK(troupe_start(NULL, &system));
}

static void abort_at_once(void *context)
{
	(void)context;
	abort();
}

static void nest(void *context)
{
	CHECK_EQ(troupe_explore(NULL, nest, context, NULL), TROUPE_ECONTEXT);
}

static void send_notes(void *context)
{
	CHECK_EQ(run_notes(*(uint32_t *)context).handled, *(uint32_t *)context);
}

TEST(explore, a_program_runs_as_often_as_asked)
{
	troupe_exploration options = { .struct_size = sizeof options, .schedules = 50 };
	troupe_finding finding;
	uint32_t count = 4;

	CHECK_OK(troupe_explore(&options, send_notes, &count, &finding));
	CHECK_EQ(finding.schedules, 50);
	CHECK_EQ(finding.messages, 250);
	CHECK_STR_EQ(finding.what, "");
	CHECK_OK(troupe_explore(&options, nest, NULL, NULL));
}

TEST(explore, a_system_that_is_left_and_a_crash_are_found)
{
	troupe_finding finding;

	CHECK_EQ(troupe_explore(NULL, leave_a_system, NULL, &finding), TROUPE_EFAILED);
	CHECK_STR_EQ(finding.what, "the program has ended, and left a system behind");
	CHECK_EQ(finding.schedules, 1);
	CHECK_EQ(troupe_explore(NULL, abort_at_once, NULL, &finding), TROUPE_EFAILED);
	CHECK(strstr(finding.what, "signal 6") != NULL);
}
