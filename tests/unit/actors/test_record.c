/* SPDX-License-Identifier: MIT */
#include "actors/record.h"

#include "stage.h"

static char path[64];

static const char *file(void)
{
	snprintf(path, sizeof path, "/tmp/troupe-actors-record-%d", (int)getpid());
	return path;
}

static struct record_header header_of(void)
{
	struct record_header header;
	FILE *in = fopen(file(), "rb");

	CHECK(in != NULL);
	CHECK_EQ(fread(&header, sizeof header, 1, in), 1);
	fclose(in);
	unlink(path);
	return header;
}

static troupe_verdict take(troupe_actor *me, const troupe_message *m)
{
	(void)me, (void)m;
	return TROUPE_HANDLED;
}

static troupe_system start(void)
{
	troupe_system system;

	CHECK_EQ(troupe_start(TROUPE_OPTIONS(troupe_options, .workers = 2, .record = file()), &system), TROUPE_OK);
	return system;
}

TEST(record, an_option_or_the_environment_begins_a_recording)
{
	troupe_system system = start();

	CHECK(troupei_record_on);
	CHECK_EQ(troupe_finish(system, LIMIT), TROUPE_OK);
	struct record_header header = header_of();
	CHECK_EQ(memcmp(header.magic, RECORD_MAGIC, sizeof header.magic), 0);
	CHECK_EQ(header.threads, 3);
	CHECK_EQ(header.pid, getpid());
	setenv("TROUPE_RECORD", path, 1);
	troupei_record_forget();
	CHECK_EQ(troupei_record_if_asked(&(troupe_options){ 0 }), TROUPE_OK);
	CHECK(troupei_record_on);
	unlink(path);
}

TEST(record, without_either_there_is_none)
{
	troupe_system system;

	unsetenv("TROUPE_RECORD");
	CHECK_EQ(troupe_start(NULL, &system), TROUPE_OK);
	CHECK(!troupei_record_on && !troupei_noted);
	CHECK_EQ(troupe_finish(system, LIMIT), TROUPE_OK);
}

TEST(record, what_cannot_be_replayed_ends_it_and_the_program_goes_on)
{
	static const troupe_behaviour blocks = { .name = "blocks", .receive = take, .blocks = 1 };
	troupe_system system = start();
	troupe_ref ref;

	CHECK_EQ(troupe_spawn(system, &blocks, NULL, &ref), TROUPE_OK);
	CHECK_EQ(troupe_send_bytes(ref, 1, NULL, 0), TROUPE_OK);
	CHECK_EQ(troupe_finish(system, LIMIT), TROUPE_OK);
	struct record_header header = header_of();
	CHECK_EQ(header.state, RECORD_BROKE_OFF);
	CHECK(strstr(header.why, "may block") != NULL);
}

TEST(record, messages_of_all_sizes_are_handled_as_ever)
{
	static const troupe_behaviour plain = { .name = "plain", .receive = take };
	static unsigned char bytes[5000];
	troupe_system system = start();
	troupe_ref ref;
	troupe_ledger ledger;

	CHECK_EQ(troupe_spawn(system, &plain, NULL, &ref), TROUPE_OK);
	for (size_t size = 0; size <= sizeof bytes; size += 50)
		CHECK_EQ(troupe_send_bytes(ref, 1, size > 0 ? bytes : NULL, size), TROUPE_OK);
	CHECK_EQ(troupe_settle(system, LIMIT), TROUPE_OK);
	CHECK_EQ(troupe_ledger_read(system, &ledger), TROUPE_OK);
	CHECK_EQ(ledger.handled, 101);
	CHECK_EQ(troupe_finish(system, LIMIT), TROUPE_OK);
	CHECK_EQ(header_of().state, RECORD_GOES_ON);
}
