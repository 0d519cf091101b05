/* SPDX-License-Identifier: MIT */
#include <signal.h>

#include "simulated.h"

TEST(start, outside_of_a_simulation_a_promise_that_holds_is_nothing)
{
	CHECK(!troupe_is_simulation());
	troupe_holds(true, "all is well");
	CHECK_EQ(run_notes(3).handled, 3);
}

TEST(start, outside_of_a_simulation_a_broken_promise_aborts, .signal = SIGABRT)
{
	troupe_holds(false, "this does not hold");
}

static void break_promise(void *context)
{
	CHECK(troupe_is_simulation());
	troupe_holds(false, context);
}

TEST(start, in_a_simulation_a_broken_promise_is_what_is_found)
{
	troupe_finding finding;

	CHECK_EQ(troupe_explore(NULL, break_promise, (void *)"not so", &finding), TROUPE_EFAILED);
	CHECK_STR_EQ(finding.what, "not so");
	CHECK_EQ(troupe_explore(NULL, break_promise, NULL, &finding), TROUPE_EFAILED);
	CHECK_STR_EQ(finding.what, "what must hold does not");
}
