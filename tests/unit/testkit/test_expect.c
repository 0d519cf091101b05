/* SPDX-License-Identifier: MIT */
/* Expectations that are met, and those that are not, with their words. */
#include "clocked.h"

static void tick(int64_t number)
{
	CHECK_OK(troupe_probe_send(probe, (ticker){ probe.ref }, CLOCK_TICK, .ticks = number));
}

static void tell(int32_t kind)
{
	CHECK_OK(troupe_probe_send_bytes(probe, probe.ref, kind, NULL, 0));
}

TEST(expect, takes_the_next_message_and_reads_its_payload)
{
	ticker in = { .data = NULL };

	begin();
	tick(1);
	tick(2);
	CHECK_OK(troupe_probe_expect(probe, in, CLOCK_TICK, 0));
	CHECK_EQ(in.CLOCK_TICK->ticks, 1);
	const struct reading *first = in.CLOCK_TICK;
	CHECK_OK(troupe_probe_expect(probe, in, CLOCK_TICK, TROUPE_S));
	CHECK_EQ(in.CLOCK_TICK->ticks, 2);
	CHECK_EQ(first->ticks, 1); /* it is still there */
	CHECK(troupe_probe_last(probe)->data == in.data);
	CHECK_EQ(troupe_probe_waiting(probe), 0);
	end();
}

TEST(expect, returns_when_it_comes_and_at_the_end_of_the_time_if_it_does_not)
{
	begin();
	int64_t since = troupe_now(theirs);
	CHECK_OK(troupe_send(clock_actor, CLOCK_START, .to = probe.ref, .every_ns = TROUPE_S));
	CHECK_EQ(troupe_probe_expect_kind(probe, CLOCK_TICK, TROUPE_S - 1), TROUPE_ETIMEOUT);
	CHECK_EQ(troupe_now(theirs) - since, TROUPE_S - 1);
	CHECK_STR_EQ(troupe_test_words(), "expected CLOCK_TICK (2) within 999999999 ns; nothing came to listener");
	CHECK(troupe_probe_last(probe) == NULL);
	CHECK_OK(troupe_probe_expect_kind(probe, CLOCK_TICK, 3600 * TROUPE_S));
	CHECK_STR_EQ(troupe_test_words(), "");
	CHECK_EQ(troupe_now(theirs) - since, TROUPE_S);
	CHECK_OK(troupe_probe_expect_kind(probe, CLOCK_TICK, TROUPE_S)); /* due at its very end */
	CHECK_EQ(troupe_now(theirs) - since, 2 * TROUPE_S);
	end();
}

TEST(expect, another_message_first_is_told_and_waits_still)
{
	ticker in = { .data = NULL };

	begin();
	tell(CLOCK_STOP);
	tick(1);
	CHECK_OK(troupe_test_run()); /* else it returns when the first has come */
	CHECK_EQ(troupe_probe_expect(probe, in, CLOCK_TICK, TROUPE_S), TROUPE_EANSWER);
	CHECK_STR_EQ(troupe_test_words(), "expected CLOCK_TICK (2); CLOCK_STOP (4), 0 bytes, came to listener first");
	CHECK(in.data == NULL);
	CHECK_EQ(troupe_probe_waiting(probe), 2);
	CHECK_OK(troupe_probe_expect_kind(probe, CLOCK_STOP, 0));
	CHECK_OK(troupe_probe_expect(probe, in, CLOCK_TICK, 0));
	end();
}

TEST(expect, another_size_is_told)
{
	ticker in;

	begin();
	tell(CLOCK_TICK);
	CHECK_EQ(troupe_probe_expect(probe, in, CLOCK_TICK, 0), TROUPE_EANSWER);
	CHECK_STR_EQ(troupe_test_words(), "expected CLOCK_TICK (2) of 8 bytes; it came to listener with 0");
	CHECK_EQ(troupe_probe_await(probe, in, CLOCK_TICK, 0), TROUPE_EANSWER);
	CHECK_OK(troupe_probe_expect_bytes(probe, CLOCK_TICK, 0, 0, &in.data));
	CHECK(in.data == NULL);
	end();
}

TEST(expect, await_leaves_what_comes_before)
{
	ticker in;

	begin();
	tell(CLOCK_STOP);
	tell(77);
	tick(5);
	CHECK_OK(troupe_probe_await(probe, in, CLOCK_TICK, 0));
	CHECK_EQ(in.CLOCK_TICK->ticks, 5);
	CHECK_EQ(troupe_probe_await(probe, in, CLOCK_TICK, TROUPE_S), TROUPE_ETIMEOUT);
	CHECK_STR_EQ(troupe_test_words(),
	             "expected CLOCK_TICK (2) within 1 s; nothing came to listener but CLOCK_STOP (4), kind 77");
	CHECK_OK(troupe_probe_expect_kind(probe, CLOCK_STOP, 0));
	CHECK_OK(troupe_probe_expect_kind(probe, 77, 0));
	CHECK_OK(troupe_probe_expect_none(probe, 0));
	end();
}

TEST(expect, order_is_kept_or_told)
{
	const int32_t kinds[] = { CLOCK_TICK, CLOCK_STOP, CLOCK_TICK };

	begin();
	tick(1);
	tell(CLOCK_STOP);
	CHECK_EQ(troupe_probe_expect_order(probe, kinds, 3, TROUPE_MS), TROUPE_ETIMEOUT);
	CHECK_STR_EQ(troupe_test_words(), "expected CLOCK_TICK (2), number 3 of 3 within 1 ms; nothing came to listener but "
	                                  "CLOCK_TICK (2), CLOCK_STOP (4)");
	CHECK_EQ(troupe_probe_waiting(probe), 2); /* none is taken unless all are */
	tick(3);
	CHECK_OK(troupe_probe_expect_order(probe, kinds, 3, 0));
	CHECK_EQ(((const struct reading *)troupe_probe_last(probe)->data)->ticks, 3);
	tick(4);
	tick(5);
	CHECK_EQ(troupe_probe_expect_order(probe, kinds, 3, TROUPE_S), TROUPE_EANSWER);
	CHECK_STR_EQ(troupe_test_words(), "expected CLOCK_STOP (4), number 2 of 3; CLOCK_TICK (2) came to listener first");
	CHECK(troupe_probe_expect_order(probe, NULL, 1, 0) == TROUPE_EINVAL);
	CHECK(troupe_probe_expect_order(probe, kinds, 0, 0) == TROUPE_EINVAL);
	CHECK(troupe_probe_expect_order(probe, kinds, 1, -1) == TROUPE_EINVAL);
	end();
}

TEST(expect, nothing_comes_for_a_time)
{
	begin();
	int64_t since = troupe_now(theirs);
	CHECK_OK(troupe_probe_expect_none(probe, 5 * TROUPE_S));
	CHECK_EQ(troupe_now(theirs) - since, 5 * TROUPE_S);
	CHECK_OK(troupe_send(clock_actor, CLOCK_START, .to = probe.ref, .every_ns = TROUPE_S));
	CHECK_EQ(troupe_probe_expect_none(probe, 3600 * TROUPE_S), TROUPE_EFAILED);
	CHECK_STR_EQ(troupe_test_words(), "expected nothing for 3600 s; CLOCK_TICK (2) came to listener");
	CHECK_EQ(troupe_now(theirs) - since, 6 * TROUPE_S); /* it returns at once */
	CHECK_EQ(troupe_probe_expect_none(probe, 0), TROUPE_EFAILED);
	CHECK_EQ(troupe_probe_clear(probe), 1);
	CHECK_OK(troupe_probe_expect_none(probe, 0));
	CHECK(troupe_probe_expect_none(probe, -1) == TROUPE_EINVAL);
	end();
}

TEST(expect, all_that_ever_came_can_be_looked_at)
{
	begin();
	tick(1);
	tell(CLOCK_STOP);
	tick(2);
	CHECK_OK(troupe_test_run());
	CHECK_OK(troupe_probe_expect_kind(probe, CLOCK_TICK, 0));
	CHECK_EQ(troupe_probe_clear(probe), 2);
	CHECK_EQ(troupe_probe_calls(probe, 0), 3);
	CHECK_EQ(troupe_probe_calls(probe, CLOCK_TICK), 2);
	CHECK_EQ(((const struct reading *)troupe_probe_call(probe, CLOCK_TICK, 1)->data)->ticks, 2);
	CHECK_EQ(troupe_probe_call(probe, 0, 1)->kind, CLOCK_STOP);
	CHECK(troupe_probe_call(probe, CLOCK_TICK, 2) == NULL);
	end();
}

TEST(expect, memory_that_there_was_none_for_a_message_is_told)
{
	begin();
	probe.private_->lost = true;
	CHECK_EQ(troupe_probe_expect_kind(probe, CLOCK_TICK, 0), TROUPE_ENOMEM);
	CHECK_EQ(troupe_probe_expect_none(probe, 0), TROUPE_ENOMEM);
	end();
}

TEST(expect, many_messages_come_in_order)
{
	ticker in;

	begin();
	for (int64_t i = 0; i < 5000; i++)
		tick(i);
	for (int64_t i = 0; i < 5000; i++) {
		CHECK_OK(troupe_probe_expect(probe, in, CLOCK_TICK, 0));
		CHECK_EQ(in.CLOCK_TICK->ticks, i);
	}
	end();
}
