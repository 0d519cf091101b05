/* SPDX-License-Identifier: MIT */
#include "explore/recording.h"

#include "recorded.h"

static struct recording recording;

static void spoil(long at, const void *bytes, size_t size)
{
	FILE *file = fopen(recorded_path(), "r+b");

	CHECK(file != NULL);
	CHECK_EQ(fseek(file, at, SEEK_SET), 0);
	CHECK_EQ(fwrite(bytes, 1, size, file), size);
	fclose(file);
}

static enum recording_fault fault(void)
{
	enum recording_fault fault = troupei_recording_open(&recording, recorded_path());

	troupei_recording_close(&recording);
	return fault;
}

TEST(recording, what_a_crash_left_is_read_whole)
{
	recorded_crash();
	CHECK_EQ(troupei_recording_open(&recording, recorded_path()), RECORDING_FINE);
	CHECK_EQ(recording.header->state, RECORD_GOES_ON);
	CHECK_EQ(recording.count, 3); /* the program's own thread, and two workers */
	CHECK(troupei_recording_messages(&recording) > 20);
	uint64_t steps = 0;
	for (uint32_t i = 0; i < recording.count; i++)
		for (; troupei_recorded_peek(&recording.logs[i]).sort != STEP_END; troupei_recorded_take(&recording.logs[i]))
			steps += troupei_recorded_peek(&recording.logs[i]).sort == STEP_MESSAGE;
	CHECK_EQ(steps, troupei_recording_messages(&recording));
	troupei_recording_close(&recording);
	unlink(recorded_path());
}

TEST(recording, a_file_that_is_none_is_refused)
{
	CHECK_EQ(fault(), RECORDING_NO_FILE);
	FILE *file = fopen(recorded_path(), "wb");
	fclose(file);
	CHECK(fault() != RECORDING_FINE);
	spoil(0, "something else", 14);
	CHECK_EQ(fault(), RECORDING_FOREIGN);
	unlink(recorded_path());
}

TEST(recording, a_damaged_one_is_refused_and_a_cut_one_read_as_far_as_it_goes)
{
	uint32_t other = 77;

	recorded_crash();
	CHECK_EQ(truncate(recorded_path(), RECORD_HEADER_SIZE + RECORD_SEGMENT_SIZE / 2), 0);
	CHECK_EQ(fault(), RECORDING_FINE);
	CHECK_EQ(truncate(recorded_path(), RECORD_HEADER_SIZE / 2), 0);
	CHECK_EQ(fault(), RECORDING_DAMAGED);
	recorded_crash();
	spoil(RECORD_HEADER_SIZE, &other, sizeof other);
	CHECK_EQ(fault(), RECORDING_DAMAGED);
	spoil(offsetof(struct record_header, version), &other, sizeof other);
	CHECK_EQ(fault(), RECORDING_OTHER_VERSION);
	unlink(recorded_path());
}

TEST(recording, entries_that_make_no_sense_end_their_log)
{
	struct record_entry entry = { 5 * RECORD_STEP + 1, 9 * RECORD_STEP + 2 };

	recorded_crash();
	spoil(RECORD_HEADER_SIZE + RECORD_SEGMENT_SIZE + (long)(2 * sizeof entry), &entry, sizeof entry);
	CHECK_EQ(troupei_recording_open(&recording, recorded_path()), RECORDING_FINE);
	CHECK_EQ(troupei_recorded_peek(&recording.logs[1]).sort, STEP_END);
	troupei_recording_close(&recording);
	unlink(recorded_path());
}
