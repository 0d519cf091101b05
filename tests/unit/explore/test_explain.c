/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "sellers.h"

static troupe_finding found;

static char *read_whole(const char *path)
{
	static char text[32768];
	FILE *file = fopen(path, "r");

	CHECK(file != NULL);
	text[fread(text, 1, sizeof text - 1, file)] = '\0';
	fclose(file);
	return text;
}

TEST(explain, a_finding_is_drawn_and_recognised)
{
	clerks = 2; /* of three, one may do too much whatever two others do */
	CHECK_EQ(troupe_explore(NULL, sell, NULL, &found), TROUPE_EFAILED);
	CHECK_STR_EQ(found.what, "no seat is booked twice");
	CHECK(strncmp(found.pattern, "check-then-act across messages", 30) == 0);
	CHECK(strstr(found.diagram, "PLAN_FREE") != NULL);
	CHECK(strstr(found.diagram, "A: races with B") != NULL);
	CHECK(strncmp(found.replay, "choices:", 8) == 0);
}

TEST(explain, no_finding_has_no_words)
{
	int seats = 3;

	CHECK_EQ(troupe_explore(TROUPE_OPTIONS(troupe_exploration, .schedules = 200), sell, &seats, &found), TROUPE_OK);
	CHECK_STR_EQ(found.what, "");
	CHECK_STR_EQ(found.pattern, "");
	CHECK_STR_EQ(found.diagram, "");
}

TEST(explain, a_replay_is_explained_too)
{
	static troupe_finding again;

	CHECK_EQ(troupe_explore(NULL, sell, NULL, &found), TROUPE_EFAILED);
	CHECK_EQ(troupe_explore(TROUPE_OPTIONS(troupe_exploration, .replay = found.replay), sell, NULL, &again), TROUPE_EFAILED);
	CHECK_STR_EQ(again.what, found.what);
	CHECK_EQ(again.hash, found.hash);
	CHECK(strstr(again.diagram, "PLAN_FREE") != NULL);
}

TEST(explain, draws_to_a_file_by_the_end_of_its_name)
{
	static const struct {
		const char *end, *begins;
	} kinds[] = { { ".svg", "<svg " }, { ".mmd", "sequenceDiagram" }, { ".txt", "  " } };
	char path[64];

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		snprintf(path, sizeof path, "/tmp/troupe-explain-%d%s", (int)getpid(), kinds[i].end);
		CHECK_EQ(troupe_explore(TROUPE_OPTIONS(troupe_exploration, .draw = path), sell, NULL, &found), TROUPE_EFAILED);
		CHECK(strncmp(read_whole(path), kinds[i].begins, strlen(kinds[i].begins)) == 0);
		unlink(path);
	}
}

TEST(explain, a_file_that_cannot_be_written_changes_nothing)
{
	CHECK_EQ(troupe_explore(TROUPE_OPTIONS(troupe_exploration, .draw = "/no/such/folder/x.svg"), sell, NULL, &found), TROUPE_EFAILED);
	CHECK_STR_EQ(found.what, "no seat is booked twice");
}
