/* SPDX-License-Identifier: MIT */
/* Every code has its name and its text, and no other code has them. */
#include "troupe/status.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/testing.h"

static const struct row {
	const char *name;
	int number;
	const char *text;
} rows[] = {
#define ROW(name, number, text) { "TROUPE_" #name, number, text },
	TROUPE_STATUS_LIST(ROW)
#undef ROW
};

enum { ROWS = sizeof rows / sizeof *rows };

TEST(status, every_code_has_name_and_text)
{
	for (unsigned i = 0; i < ROWS; i++) {
		CHECK_STR_EQ(troupe_status_name((troupe_status)rows[i].number), rows[i].name);
		CHECK_STR_EQ(troupe_status_text((troupe_status)rows[i].number), rows[i].text);
		CHECK(strlen(rows[i].text) > 8);
	}
}

/* From 0 downwards, as they were added; the first failure that was ever reported is one still. */
TEST(status, numbers_never_change)
{
	for (unsigned i = 1; i < ROWS; i++)
		CHECK(rows[i].number < rows[i - 1].number);
	CHECK_EQ(TROUPE_OK, 0);
	CHECK_EQ(TROUPE_EINVAL, -1);
	CHECK_EQ(TROUPE_ETHREAD, -17);
	CHECK_EQ(TROUPE_ECRASHED, -19);
}

TEST(status, texts_differ)
{
	for (unsigned i = 0; i < ROWS; i++)
		for (unsigned k = 0; k < i; k++)
			CHECK(strcmp(rows[i].text, rows[k].text) != 0 && strcmp(rows[i].name, rows[k].name) != 0);
}

TEST(status, codes_of_the_program)
{
	const int codes[] = { TROUPE_EUSER, TROUPE_EUSER - 1, INT32_MIN };
	for (unsigned i = 0; i < 3; i++) {
		CHECK_STR_EQ(troupe_status_name((troupe_status)codes[i]), "TROUPE_EUSER");
		CHECK_STR_EQ(troupe_status_text((troupe_status)codes[i]), "a code of the program's own");
	}
}

TEST(status, codes_of_nobody)
{
	const int codes[] = { 1, INT32_MAX, -100, TROUPE_EUSER + 1 };
	for (unsigned i = 0; i < 4; i++) {
		CHECK_STR_EQ(troupe_status_name((troupe_status)codes[i]), "?");
		CHECK_STR_EQ(troupe_status_text((troupe_status)codes[i]), "not a code of Troupe's");
	}
}

TEST(status, must_lets_what_went_well_pass)
{
	troupe_must(TROUPE_OK);
	troupe_must_at(TROUPE_OK, NULL, NULL, 0);
}

/* The call, its place and its status are said before the end. */
TEST(status, must_says_what_went_wrong)
{
	char said[256];
	int pipes[2], status;
	CHECK_OK(pipe(pipes));
	pid_t child = fork();
	if (child == 0) {
		dup2(pipes[1], STDERR_FILENO);
		troupe_must_at(TROUPE_EGONE, "send(x)", "main.c", 7);
		_exit(0);
	}
	close(pipes[1]);
	ssize_t n = read(pipes[0], said, sizeof said - 1);
	CHECK(n > 0);
	said[n] = 0;
	close(pipes[0]);
	CHECK(waitpid(child, &status, 0) == child);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	CHECK(strstr(said, "main.c:7: send(x): TROUPE_EGONE, the actor has ended") != NULL);
}
