/* SPDX-License-Identifier: MIT */
#include "explore/replayer.h"

#include "recorded.h"

static char said[16384];

TEST(replayer, the_last_messages_are_told)
{
	recorded_crash();
	CHECK_EQ(recorded_again("", said, sizeof said), REPLAY_FAILED);
	CHECK(strstr(said, "it did not end in order") != NULL);
	CHECK(strstr(said, "killed by signal 6") != NULL);
	CHECK(strstr(said, "ring") != NULL && strstr(said, "kind 1") != NULL);
	unlink(recorded_path());
}

TEST(replayer, another_program_is_refused_unless_that_is_wished)
{
	int64_t other = 1;

	recorded_crash();
	FILE *file = fopen(recorded_path(), "r+b");
	CHECK(file != NULL);
	fseek(file, offsetof(struct record_header, program_changed_ns), SEEK_SET);
	CHECK_EQ(fwrite(&other, sizeof other, 1, file), 1);
	fclose(file);
	CHECK_EQ(recorded_again("", said, sizeof said), REPLAY_OTHER_PROGRAM);
	CHECK(strstr(said, "not the program that was recorded") != NULL);
	CHECK_EQ(recorded_again(";other-program=1", said, sizeof said), REPLAY_FAILED);
	unlink(recorded_path());
}

TEST(replayer, what_is_no_recording_or_no_request_is_refused)
{
	CHECK_EQ(recorded_again("", said, sizeof said), REPLAY_USAGE);
	CHECK(strstr(said, "cannot be read") != NULL);
	CHECK_EQ(recorded_again(";nonsense=1", said, sizeof said), REPLAY_USAGE);
}
