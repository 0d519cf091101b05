/* SPDX-License-Identifier: MIT */
/* What an assertion does when it holds, when it does not, and in which builds it is there. */
#include "base/check.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/testing.h"

static int asked;

static bool answer(bool is)
{
	asked++;
	return is;
}

enum { ASSERT_FALSE_LINE = __LINE__ + 4 };

static void assert_false(void)
{
	TROUPEI_ASSERT(1 + 1 == 3);
}

static void debug_assert_false(void)
{
	TROUPEI_DEBUG_ASSERT(answer(asked > 9));
}

static void debug_walk_false(void)
{
	TROUPEI_DEBUG_WALK(answer(asked > 9));
}

/* Run it in a process of its own; how that ended, and what it wrote to stderr. */
static int outcome_of(void (*body)(void), char *said, size_t size)
{
	int pipes[2], status;
	CHECK_OK(pipe(pipes));
	pid_t child = fork();
	CHECK(child >= 0);
	if (child == 0) {
		dup2(pipes[1], STDERR_FILENO);
		close(pipes[0]);
		body();
		_exit(0);
	}
	close(pipes[1]);
	size_t length = 0;
	for (ssize_t n; length < size - 1 && (n = read(pipes[0], said + length, size - 1 - length)) > 0;)
		length += (size_t)n;
	said[length] = 0;
	close(pipes[0]);
	CHECK(waitpid(child, &status, 0) == child);
	return status;
}

TEST(check, what_holds_is_asked_once_and_passes)
{
	TROUPEI_ASSERT(answer(true));
	CHECK_EQ(asked, 1);
}

TEST(check, what_does_not_hold_aborts_with_the_place)
{
	char said[512];
	int status = outcome_of(assert_false, said, sizeof said);
	CHECK(WIFSIGNALED(status));
	CHECK_EQ(WTERMSIG(status), SIGABRT);
	CHECK(strstr(said, "test_check.c:") != NULL);
	CHECK(strstr(said, "this does not hold: 1 + 1 == 3\n") != NULL);
}

TEST(check, place_is_the_one_given)
{
	char said[512], place[64];
	outcome_of(assert_false, said, sizeof said);
	snprintf(place, sizeof place, "test_check.c:%d:", ASSERT_FALSE_LINE);
	CHECK(strstr(said, place) != NULL);
}

TEST(check, failing_aborts, .signal = SIGABRT)
{
	troupei_check_failed("file", 1, "condition");
}

/* In a debug build they stop the process; in a release build their condition is not even asked. */
TEST(check, debug_levels_are_for_debug_builds)
{
	char said[512];
	void (*const bodies[])(void) = { debug_assert_false, debug_walk_false };
	for (int i = 0; i < 2; i++) {
		int status = outcome_of(bodies[i], said, sizeof said);
		if (TROUPE_DEBUG) {
			CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
			CHECK(strstr(said, "answer(asked > 9)") != NULL);
		} else {
			CHECK_EQ(status, 0);
			CHECK_STR_EQ(said, "");
		}
	}
	TROUPEI_DEBUG_ASSERT(answer(true));
	TROUPEI_DEBUG_WALK(answer(true));
	CHECK_EQ(asked, TROUPE_DEBUG ? 2 : 0);
}

/* Each is one statement, also in an if without braces. */
TEST(check, assertions_are_statements)
{
	if (asked > 0)
		TROUPEI_ASSERT(false);
	else
		TROUPEI_DEBUG_ASSERT(true);
	CHECK_EQ(asked, 0);
}
