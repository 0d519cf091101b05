/* SPDX-License-Identifier: MIT */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "simulated.h"

static struct search search;

static troupe_exploration options(void)
{
	return (troupe_exploration){ .struct_size = sizeof(troupe_exploration) };
}

TEST(search, what_is_not_said_has_a_default)
{
	CHECK_OK(troupei_search_open(&search, NULL));
	CHECK_EQ(search.options.schedules, 1000);
	CHECK_EQ(search.options.seed, 1);
	CHECK_EQ(search.options.steps_max, 10000000);
	CHECK(search.strategy == troupei_random_walk());
	CHECK_EQ(search.shared->done, 0);
	troupei_search_close(&search);
}

TEST(search, a_depth_is_for_those_that_have_one)
{
	troupe_exploration asked = options();

	asked.strategy = TROUPE_PCT;
	CHECK_OK(troupei_search_open(&search, &asked));
	CHECK_EQ(search.strategy->depth, 3);
	troupei_search_close(&search);
	asked.depth = PCT_DEPTH_MAX + 1;
	CHECK_EQ(troupei_search_open(&search, &asked), TROUPE_EINVAL);
	asked.strategy = TROUPE_RANDOM_WALK;
	asked.depth = 1;
	CHECK_EQ(troupei_search_open(&search, &asked), TROUPE_EINVAL);
	asked.strategy = TROUPE_EXHAUSTIVE;
	CHECK_OK(troupei_search_open(&search, &asked));
	CHECK_EQ(search.strategy->depth, 1);
	CHECK(search.strategy->kept != NULL);
	memset(search.strategy->kept, 1, search.strategy->kept_size);
	troupei_search_close(&search);
}

TEST(search, what_earlier_runs_had_to_choose_is_expected_roughly)
{
	CHECK_OK(troupei_search_open(&search, NULL));
	CHECK_EQ(troupei_search_expects(&search), 0);
	search.shared->choices = 100;
	CHECK_EQ(troupei_search_expects(&search), 128);
	search.shared->choices = 128;
	CHECK_EQ(troupei_search_expects(&search), 128);
	search.expected = 64;
	CHECK_EQ(troupei_search_expects(&search), 64);
	troupei_search_close(&search);
}

TEST(search, runs_are_counted_and_orders_told_apart)
{
	CHECK_OK(troupei_search_open(&search, NULL));
	for (; search.shared->schedule < 20; search.shared->schedule++) {
		troupei_run_begin(&search);
		CHECK_EQ(run_notes(search.shared->schedule < 10 ? 1 : 2).handled, search.shared->schedule < 10 ? 1 : 2);
		troupei_run_end(&search);
	}
	CHECK_EQ(search.shared->done, 20);
	CHECK_EQ(search.shared->messages, 50);
	CHECK(search.shared->orders >= 2 && search.shared->orders < 20);
	troupei_search_close(&search);
}

static void child_of(int how, const char *what)
{
	troupe_finding finding;

	CHECK_OK(troupei_search_open(&search, NULL));
	troupei_trace_begin(&search.shared->trace, 1);
	pid_t child = fork();
	if (child == 0) {
		if (how > 0)
			raise(how);
		_exit(how == 0 ? 0 : 7);
	}
	CHECK_EQ(troupei_run_wait(&search, child), how == 0);
	troupei_search_tell(&search, &finding);
	CHECK_STR_EQ(finding.what, what);
	troupei_search_close(&search);
}

TEST(search, how_a_child_ends_is_what_was_found)
{
	child_of(0, "");
	child_of(SIGKILL, "killed by signal 9 (Killed)");
	child_of(-1, "ended with exit status 7");
	child_of(SIGALRM, "a handler has not returned after 20 s");
}
