/* SPDX-License-Identifier: MIT */
/* Words for what was expected, and the ends that they come to. */
#include "clocked.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

TEST(words, times_are_as_short_as_they_can_be)
{
	char text[32];

	CHECK_STR_EQ(troupei_words_time(0, text, sizeof text), "0 ms");
	CHECK_STR_EQ(troupei_words_time(7, text, sizeof text), "7 ns");
	CHECK_STR_EQ(troupei_words_time(5000, text, sizeof text), "5 us");
	CHECK_STR_EQ(troupei_words_time(1500 * TROUPE_MS, text, sizeof text), "1500 ms");
	CHECK_STR_EQ(troupei_words_time(3600 * TROUPE_S, text, sizeof text), "3600 s");
}

TEST(words, kinds_have_names)
{
	static const struct troupei_probe knows = { .kinds = clock_kinds }, knows_none;
	char text[64];

	CHECK_STR_EQ(troupei_words_kind(&knows, CLOCK_READ, text, sizeof text), "CLOCK_READ (3)");
	CHECK_STR_EQ(troupei_words_kind(&knows, 99, text, sizeof text), "kind 99");
	CHECK_STR_EQ(troupei_words_kind(&knows_none, CLOCK_READ, text, sizeof text), "kind 3");
	CHECK_STR_EQ(troupei_words_kind(&knows_none, TROUPE_DOWN, text, sizeof text), "TROUPE_DOWN (-2)");
	CHECK_STR_EQ(troupei_words_kind(&knows_none, TROUPE_RETURNED, text, sizeof text), "TROUPE_RETURNED (-7)");
	CHECK_STR_EQ(troupei_words_kind(&knows_none, -99, text, sizeof text), "kind -99");
}

TEST(words, stay_until_the_next_and_are_cleared)
{
	CHECK_STR_EQ(troupe_test_words(), "");
	CHECK_EQ(troupei_words(TROUPE_EGONE, "one of %d", 3), TROUPE_EGONE);
	CHECK_STR_EQ(troupe_test_words(), "one of 3");
	troupei_words_clear();
	CHECK_STR_EQ(troupe_test_words(), "");
}

/* What it says on its way to the abort. */
static void check_aborts(void (*body)(void), const char *words)
{
	char said[2048] = "";
	int ends[2], status;
	size_t length = 0;
	ssize_t part;

	CHECK_EQ(pipe(ends), 0);
	pid_t child = fork();
	if (child == 0) {
		sigaction(SIGABRT, &(struct sigaction){ .sa_handler = SIG_DFL }, NULL);
		dup2(ends[1], STDERR_FILENO);
		close(ends[1]);
		body();
		_exit(0);
	}
	close(ends[1]);
	while (length < sizeof said - 1 && (part = read(ends[0], said + length, sizeof said - 1 - length)) > 0)
		length += (size_t)part;
	close(ends[0]);
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	if (strstr(said, words) == NULL)
		fprintf(stderr, "%s", said);
	CHECK(strstr(said, words) != NULL);
}

static void expect_in_vain(void)
{
	begin_by(17);
	troupe_test_must(troupe_probe_expect_kind(probe, CLOCK_TICK, TROUPE_S));
}

TEST(words, must_says_what_was_expected_and_by_which_seed)
{
	check_aborts(expect_in_vain, "expected CLOCK_TICK (2) within 1 s; nothing came to listener\n    seed 17;");
}

static void send_in_vain(void)
{
	begin();
	troupei_words(TROUPE_EFAILED, "of another call");
	troupe_test_must(troupe_send_bytes(probe.ref, 0, NULL, 0));
}

TEST(words, must_says_what_a_status_means_that_is_not_the_kits)
{
	check_aborts(send_in_vain, troupe_status_text(TROUPE_EINVAL));
}

static void wait_for_ever(void)
{
	begin();
	troupe_ignore(troupe_wait_end(probe.ref, 0, NULL));
}

TEST(words, a_wait_that_cannot_end_is_told)
{
	check_aborts(wait_for_ever, "nobody can go on");
}

static void promise_in_vain(void)
{
	begin();
	troupe_holds(false, "that two and two are five");
}

TEST(words, what_does_not_hold_is_told)
{
	check_aborts(promise_in_vain, "that two and two are five");
}

static void never_rest(void)
{
	CHECK_OK(troupe_test_begin(TROUPE_OPTIONS(troupe_test_options, .steps_max = 1000), &theirs));
	spin();
	troupe_ignore(troupe_settle(theirs, 0));
}

TEST(words, too_many_steps_are_told)
{
	check_aborts(never_rest, "after 1000 steps");
}

TEST(words, must_passes_what_is_well)
{
	begin();
	troupe_test_must(troupe_test_run());
	end();
	troupe_test_must(TROUPE_OK);
}
