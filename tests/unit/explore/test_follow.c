/* SPDX-License-Identifier: MIT */
#include "explore/follow.h"

#include "recorded.h"

static char said[16384];

TEST(follow, real_threads_are_followed_to_the_message_of_the_crash)
{
	for (int i = 0; i < 5; i++) {
		recorded_crash();
		CHECK_EQ(recorded_again("", said, sizeof said), REPLAY_FAILED);
		CHECK(strstr(said, "the same as in the recording") != NULL);
	}
	unlink(recorded_path());
}

TEST(follow, a_recording_of_something_else_is_not_followed)
{
	struct record_entry entry = { 200 * RECORD_STEP, 201 * RECORD_STEP }; /* a message that was never sent */

	recorded_crash();
	for (int log = 1; log < 3; log++) {
		FILE *file = fopen(recorded_path(), "r+b");
		CHECK(file != NULL);
		fseek(file, (long)(RECORD_HEADER_SIZE + log * RECORD_SEGMENT_SIZE + 2 * sizeof entry), SEEK_SET);
		CHECK_EQ(fwrite(&entry, sizeof entry, 1, file), 1);
		fclose(file);
	}
	CHECK_EQ(recorded_again("", said, sizeof said), REPLAY_DIVERGED);
	CHECK(strstr(said, "cannot follow the recording") != NULL);
	unlink(recorded_path());
}
