/* SPDX-License-Identifier: MIT */
/* What a probe keeps outlives the message, however its payload came. */
#include "clocked.h"

#include <stdlib.h>

enum { LARGE = 200, EMPTY, SHARED };

static int released;

static void count_release(void *payload)
{
	(void)payload;
	released++;
}

TEST(catch, copies_small_and_large_payloads)
{
	static char large[100000];
	const char *data;

	begin();
	memset(large, 'x', sizeof large);
	CHECK_OK(troupe_send_bytes(probe.ref, LARGE, large, sizeof large));
	CHECK_OK(troupe_send_bytes(probe.ref, LARGE, large, 17));
	CHECK_OK(troupe_send_bytes(probe.ref, EMPTY, NULL, 0));
	CHECK_OK(troupe_probe_expect_bytes(probe, LARGE, sizeof large, 0, &data));
	CHECK_EQ(memcmp(data, large, sizeof large), 0);
	CHECK_OK(troupe_probe_expect_bytes(probe, LARGE, 17, 0, &data));
	CHECK_EQ(memcmp(data, large, 17), 0);
	CHECK_EQ((uintptr_t)data % 16, 0);
	CHECK_OK(troupe_probe_expect_bytes(probe, EMPTY, 0, 0, &data));
	CHECK(data == NULL);
	end();
}

TEST(catch, keeps_what_is_moved_until_the_end)
{
	const int64_t *data;

	begin();
	int64_t *payload = troupe_new(sizeof *payload, count_release);
	CHECK(payload != NULL);
	*payload = 42;
	CHECK_OK(troupe_send_moved(probe.ref, LARGE, payload));
	CHECK_OK(troupe_probe_expect_bytes(probe, LARGE, sizeof *payload, 0, &data));
	CHECK(data == payload); /* not copied: what its fields point to has one owner */
	CHECK_EQ(*data, 42);
	CHECK_EQ(released, 0);
	end();
	CHECK_EQ(released, 1);
}

TEST(catch, holds_on_to_what_is_shared)
{
	const int64_t *data;

	begin();
	int64_t *payload = troupe_new(sizeof *payload, count_release);
	CHECK(payload != NULL);
	*payload = 42;
	const void *frozen = troupe_freeze(payload);
	CHECK_OK(troupe_send_shared(probe.ref, SHARED, frozen));
	CHECK_OK(troupe_send_shared(probe.ref, SHARED, frozen));
	troupe_release(frozen);
	CHECK_OK(troupe_probe_expect_bytes(probe, SHARED, sizeof *payload, 0, &data));
	CHECK_OK(troupe_probe_expect_kind(probe, SHARED, 0));
	CHECK_EQ(*data, 42);
	CHECK_EQ(released, 0);
	end();
	CHECK_EQ(released, 1);
}

static troupe_verdict ask_moved(troupe_actor *me, const troupe_message *m)
{
	struct read *question = troupe_take(me, m);

	return troupe_done(me, troupe_send_moved(probe.ref, CLOCK_READ, question));
}

TEST(catch, a_question_that_was_passed_on_by_moving_can_be_answered)
{
	static const troupe_behaviour between = { .name = "between", .receive = ask_moved };
	troupe_probe asker;
	ticker in, to;

	begin();
	CHECK_OK(troupe_probe_open(theirs, NULL, &asker));
	CHECK_OK(troupe_spawn(theirs, &between, NULL, &to.ref));
	CHECK_OK(troupe_probe_ask(asker, to, CLOCK_READ, 0, .reply = { { 0 } }));
	CHECK_OK(troupe_probe_expect(probe, in, CLOCK_READ, 0));
	CHECK_OK(troupe_send(in.CLOCK_READ->reply, TIME, .ticks = 3));
	CHECK_OK(troupe_probe_expect(asker, in, TIME, 0));
	CHECK_EQ(in.TIME->ticks, 3);
	end();
}

TEST(catch, is_freed_with_what_it_holds)
{
	struct caught *caught = calloc(1, sizeof *caught);

	CHECK(caught != NULL);
	caught->moved = troupe_new(8, count_release);
	troupei_caught_free(caught);
	CHECK_EQ(released, 1);
}
