/* SPDX-License-Identifier: MIT */
#include "base/record.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "support/testing.h"

static char path[64], broke_off[RECORD_WORDS];

static void told(const char *why)
{
	snprintf(broke_off, sizeof broke_off, "%s", why);
}

static const char *file(void)
{
	snprintf(path, sizeof path, "/tmp/troupe-record-%d", (int)getpid());
	return path;
}

/* The entry of the first log with this number. */
static struct record_entry entry_at(size_t number)
{
	struct record_entry entry = { 0, 0 };
	FILE *in = fopen(path, "rb");

	CHECK(in != NULL);
	CHECK_EQ(fseek(in, (long)(RECORD_HEADER_SIZE + (number + 2) * sizeof entry), SEEK_SET), 0);
	CHECK_EQ(fread(&entry, sizeof entry, 1, in), 1);
	fclose(in);
	return entry;
}

static struct recorder *begin(uint64_t limit)
{
	CHECK_EQ(troupei_record_begin(file(), limit, told), RECORD_STARTED);
	return &troupei_record_thread;
}

static void end(void)
{
	troupei_record_forget();
	unlink(path);
}

TEST(record, stamps_that_follow_each_other_are_one_entry)
{
	struct recorder *own = begin(0);

	for (uint32_t i = 1; i <= 1000; i++)
		troupei_record_handled(own, i * RECORD_STEP + 7);
	troupei_record_handled(own, 5 * RECORD_STEP + 7);
	CHECK_EQ(entry_at(0).first, RECORD_STEP + 7);
	CHECK_EQ(entry_at(0).next, 1001 * RECORD_STEP + 7);
	CHECK_EQ(entry_at(1).first, 5 * RECORD_STEP + 7);
	CHECK_EQ(entry_at(2).first | entry_at(2).next, 0);
	end();
}

TEST(record, what_is_no_stamp_ends_a_run)
{
	struct recorder *own = begin(0);

	troupei_record_handled(own, RECORD_STEP);
	troupei_record_add(own, RECORD_SIGNALS, 3, 2 * RECORD_STEP);
	troupei_record_handled(own, 2 * RECORD_STEP);
	struct record_entry entry = entry_at(1);
	CHECK_EQ(troupei_record_sort(&entry), RECORD_SIGNALS);
	CHECK_EQ(troupei_record_value(&entry), 3);
	CHECK_EQ(entry.next, 2 * RECORD_STEP);
	CHECK_EQ(entry_at(2).next, 3 * RECORD_STEP);
	end();
}

TEST(record, after_says_how_far_the_other_log_has_come)
{
	struct recorder *own = begin(0), other;

	troupei_record_open(&other, RECORD_WORKER);
	troupei_record_handled(&other, RECORD_STEP);
	troupei_record_handled(&other, 9 * RECORD_STEP);
	troupei_record_after(own, &other);
	struct record_entry entry = entry_at(0);
	CHECK_EQ(troupei_record_sort(&entry), RECORD_AFTER);
	CHECK_EQ(troupei_record_value(&entry), other.who);
	CHECK_EQ(entry.next, 2);
	CHECK_EQ(entry_at(1).next, 10 * RECORD_STEP);
	end();
}

TEST(record, at_the_limit_it_breaks_off_and_says_so)
{
	struct recorder *own = begin(RECORD_HEADER_SIZE + RECORD_SEGMENT_SIZE + 1000);

	for (uint32_t i = 0; i < 2 * RECORD_SEGMENT_SIZE / sizeof(struct record_entry); i++)
		troupei_record_add(own, RECORD_INIT, 0, i);
	CHECK(strstr(broke_off, "limit") != NULL);
	FILE *in = fopen(path, "rb");
	struct record_header header;
	CHECK_EQ(fread(&header, sizeof header, 1, in), 1);
	fclose(in);
	CHECK_EQ(header.state, RECORD_BROKE_OFF);
	CHECK(strstr(header.why, "limit") != NULL);
	end();
}

TEST(record, a_file_that_cannot_be_made_is_an_error_and_nothing_else)
{
	CHECK_EQ(troupei_record_begin("/no/such/folder/file", 0, told), RECORD_NO_FILE);
	CHECK(!troupei_record_on);
	CHECK_EQ(troupei_record_begin(file(), RECORD_HEADER_SIZE - 1, told), RECORD_NO_FILE);
	CHECK(!troupei_record_on);
	CHECK(access(path, F_OK) != 0);
}

TEST(record, the_time_goes_into_the_log)
{
	struct recorder *own = begin(0);

	troupei_record_time(own);
	struct record_entry entry = entry_at(0);
	CHECK_EQ(troupei_record_sort(&entry), RECORD_TIME);
	end();
}
