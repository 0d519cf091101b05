/* SPDX-License-Identifier: MIT */
/* Bad input to the test kit: a clear status, and nothing has changed. */
#include "support/testing.h"
#include "troupe.h"

enum { ASK = 1, TOLD };

static troupe_system sys;
static troupe_probe probe;

static bool always(void *context)
{
	(void)context;
	return true;
}

static troupe_verdict do_nothing(troupe_actor *me, void *argument)
{
	(void)me, (void)argument;
	return TROUPE_HANDLED;
}

/* All that waits or changes something. */
static void check_all_are(troupe_status wanted)
{
	const int32_t kinds[] = { TOLD };

	CHECK_EQ(troupe_probe_expect_bytes(probe, TOLD, 0, 0, NULL), wanted);
	CHECK_EQ(troupe_probe_expect_kind(probe, TOLD, 0), wanted);
	CHECK_EQ(troupe_probe_await_bytes(probe, TOLD, 0, 0, NULL), wanted);
	CHECK_EQ(troupe_probe_expect_order(probe, kinds, 1, 0), wanted);
	CHECK_EQ(troupe_probe_expect_none(probe, 0), wanted);
	CHECK_EQ(troupe_probe_send_bytes(probe, probe.ref, TOLD, NULL, 0), wanted);
	CHECK_EQ(troupe_probe_ask_bytes(probe, probe.ref, ASK, &probe.ref, sizeof probe.ref, 0, 0), wanted);
	CHECK_EQ(troupe_probe_monitor(probe, probe.ref, 0), wanted);
	CHECK_EQ(troupe_probe_do(probe, do_nothing, NULL), wanted);
	CHECK_EQ(troupe_probe_answer_bytes(probe, ASK, 0, TOLD, NULL, 0), wanted);
	CHECK_EQ(troupe_probe_swallow(probe, ASK, 0), wanted);
	CHECK_EQ(troupe_probe_fail(probe, ASK, TROUPE_EUSER), wanted);
	CHECK(troupe_probe_last(probe) == NULL);
	CHECK(troupe_probe_call(probe, 0, 0) == NULL);
	CHECK_EQ(troupe_probe_waiting(probe) + troupe_probe_calls(probe, 0) + troupe_probe_clear(probe), 0);
}

TEST(testkit_input, without_a_test_nothing_can_be_done)
{
	check_all_are(TROUPE_ECONTEXT);
	CHECK_EQ(troupe_test_run(), TROUPE_ECONTEXT);
	CHECK_EQ(troupe_test_advance(1), TROUPE_ECONTEXT);
	CHECK_EQ(troupe_test_until(always, NULL, NULL, 0), TROUPE_ECONTEXT);
	CHECK_EQ(troupe_test_end(sys), TROUPE_ECONTEXT);
	CHECK_EQ(troupe_probe_open(sys, NULL, &probe), TROUPE_ECONTEXT);
	CHECK_EQ(troupe_test_letters(0, TROUPE_OK), 0);
	CHECK(!troupe_test_logged("a"));
	CHECK_STR_EQ(troupe_test_words(), "");
}

TEST(testkit_input, in_a_system_of_production_nothing_can_be_done)
{
	CHECK_OK(troupe_start(NULL, &sys));
	check_all_are(TROUPE_ECONTEXT);
	CHECK_EQ(troupe_test_run(), TROUPE_ECONTEXT);
	CHECK_EQ(troupe_probe_open(sys, NULL, &probe), TROUPE_ECONTEXT);
	CHECK_EQ(troupe_test_begin(NULL, &sys), TROUPE_ECONTEXT);
	CHECK_OK(troupe_finish(sys, 30 * TROUPE_S));
}

TEST(testkit_input, a_probe_that_is_none_is_refused)
{
	CHECK_OK(troupe_test_begin(NULL, &sys));
	check_all_are(TROUPE_EINVAL);
	probe.ref.bits_private = 77;
	check_all_are(TROUPE_EINVAL);
	CHECK_OK(troupe_test_end(sys));
}

TEST(testkit_input, times_that_are_none_are_refused)
{
	const int32_t kinds[] = { TOLD };

	CHECK_OK(troupe_test_begin(NULL, &sys));
	CHECK_OK(troupe_probe_open(sys, NULL, &probe));
	int64_t now = troupe_now(sys);
	for (int i = 0; i < 2; i++) {
		int64_t bad = i == 0 ? -1 : INT64_MAX;
		CHECK_EQ(troupe_test_advance(bad), TROUPE_EINVAL);
		CHECK_EQ(troupe_test_until(always, NULL, NULL, bad), TROUPE_EINVAL);
		CHECK_EQ(troupe_probe_expect_kind(probe, TOLD, bad), TROUPE_EINVAL);
		CHECK_EQ(troupe_probe_await_bytes(probe, TOLD, 0, bad, NULL), TROUPE_EINVAL);
		CHECK_EQ(troupe_probe_expect_order(probe, kinds, 1, bad), TROUPE_EINVAL);
		CHECK_EQ(troupe_probe_expect_none(probe, bad), TROUPE_EINVAL);
	}
	CHECK_EQ(troupe_test_until(NULL, NULL, NULL, 0), TROUPE_EINVAL);
	CHECK_EQ(troupe_now(sys), now);
	CHECK_OK(troupe_test_end(sys));
}

TEST(testkit_input, options_that_make_no_sense_are_refused)
{
	troupe_probe other;

	CHECK_EQ(troupe_test_begin(NULL, NULL), TROUPE_EINVAL);
	CHECK_EQ(troupe_test_begin(&(troupe_test_options){ 0 }, &sys), TROUPE_EINVAL);
	CHECK_EQ(troupe_test_begin(TROUPE_OPTIONS(troupe_test_options, .reserved = 1), &sys), TROUPE_EINVAL);
	CHECK_OK(troupe_test_begin(NULL, &sys));
	CHECK_EQ(troupe_test_begin(NULL, &sys), TROUPE_EEXIST);
	CHECK_OK(troupe_probe_open(sys, NULL, &probe));
	CHECK_EQ(troupe_probe_open(sys, &(troupe_probe_options){ 0 }, &other), TROUPE_EINVAL);
	CHECK_EQ(troupe_probe_open(sys, TROUPE_OPTIONS(troupe_probe_options, .reserved_small = 1), &other), TROUPE_EINVAL);
	CHECK_EQ(troupe_probe_open(sys, NULL, NULL), TROUPE_EINVAL);
	CHECK_EQ(troupe_probe_open((troupe_system){ NULL }, NULL, &other), TROUPE_EINVAL);
	CHECK_EQ(troupe_probe_do(probe, NULL, NULL), TROUPE_EINVAL);
	CHECK_EQ(troupe_probe_send_bytes(probe, probe.ref, 0, NULL, 0), TROUPE_EINVAL);
	CHECK_EQ(troupe_probe_send_bytes(probe, probe.ref, TOLD, NULL, 1), TROUPE_EINVAL);
	CHECK_EQ(troupe_probe_send_bytes(probe, (troupe_ref){ 0 }, TOLD, NULL, 0), TROUPE_EGONE);
	CHECK_EQ(troupe_probe_ask_bytes(probe, probe.ref, ASK, &probe.ref, sizeof probe.ref, 1, 0), TROUPE_EINVAL);
	CHECK_EQ(troupe_probe_ask_bytes(probe, probe.ref, ASK, &probe.ref, sizeof probe.ref, 0, -1), TROUPE_EINVAL);
	CHECK_EQ(troupe_test_end((troupe_system){ NULL }), TROUPE_EINVAL);
	CHECK_EQ(troupe_probe_waiting(probe), 0);
	CHECK_OK(troupe_test_end(sys));
}
