/* SPDX-License-Identifier: MIT */
/* With programs: tests/explore/run. */
#include <sys/wait.h>
#include <unistd.h>

#include "simulated.h"

/* The exit status of a process that starts a system while this is asked for. */
static int status_of(const char *request)
{
	int status;
	pid_t child = fork();

	CHECK(child >= 0);
	if (child == 0) {
		setenv("TROUPE_EXPLORE", request, 1);
		troupei_explore_serve();
		_exit(50); /* a run has not begun */
	}
	CHECK_EQ(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(serve, what_is_no_request_is_refused)
{
	static const char *const wrong[] = { "nonsense", "schedules", "what=1", "strategy=nobody", "strategy=random;depth=2",
		                                 "strategy=pct;depth=99", "replay=nobody:1", "crashes=1000001" };

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		CHECK_EQ(status_of(wrong[i]), 2);
}

/* The run ends with 50, which is not what a program does that went well. */
TEST(serve, a_run_that_ends_badly_is_found)
{
	CHECK_EQ(status_of("schedules=1;json=1"), 1);
	CHECK_EQ(status_of("schedules=1;strategy=exhaustive;depth=2;json=1"), 1);
}

TEST(serve, without_a_request_nothing_happens)
{
	unsetenv("TROUPE_EXPLORE");
	troupei_explore_serve();
	CHECK(!troupei_is_simulated());
}
