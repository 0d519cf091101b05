/* SPDX-License-Identifier: MIT */
/* Stubs: probes that answer by a script. */
#include "clocked.h"

static int64_t ask_for(int32_t kind, troupe_probe stub)
{
	ticker in;

	CHECK_OK(troupe_probe_ask_bytes(probe, stub.ref, kind, &(struct read){ 0 }, sizeof(struct read), 0, 0));
	CHECK_OK(troupe_probe_expect(probe, in, TIME, 0));
	return in.TIME->ticks;
}

static troupe_status why_not(int32_t kind, troupe_probe stub, int64_t within_ns)
{
	CHECK_OK(troupe_probe_ask_bytes(probe, stub.ref, kind, &(struct read){ 0 }, sizeof(struct read), 0, within_ns));
	CHECK_OK(troupe_probe_expect_kind(probe, TROUPE_UNANSWERED, within_ns));
	return troupe_probe_last(probe)->why;
}

static troupe_probe stub;

static void begin_stub(void)
{
	begin();
	CHECK_OK(troupe_probe_open(theirs, NULL, &stub));
}

TEST(script, answers_in_the_order_of_its_lines_as_often_as_they_say)
{
	ticker c;

	begin_stub();
	CHECK_OK(troupe_probe_answer(stub, c, CLOCK_READ, 2, TIME, .ticks = 1));
	CHECK_OK(troupe_probe_answer(stub, c, CLOCK_READ, 1, TIME, .ticks = 2));
	CHECK_OK(troupe_probe_answer(stub, c, CLOCK_READ, 0, TIME, .ticks = 3));
	CHECK_EQ(ask_for(CLOCK_READ, stub), 1);
	CHECK_EQ(ask_for(CLOCK_READ, stub), 1);
	CHECK_EQ(ask_for(CLOCK_READ, stub), 2);
	for (int i = 0; i < 5; i++)
		CHECK_EQ(ask_for(CLOCK_READ, stub), 3);
	CHECK_EQ(troupe_probe_calls(stub, CLOCK_READ), 8);
	CHECK_EQ(troupe_probe_calls(stub, 0), 8);
	CHECK_EQ(troupe_probe_calls(stub, TIME), 0);
	CHECK_EQ(troupe_probe_waiting(stub), 0); /* what the script serves is not left for the test */
	CHECK_OK(troupe_probe_expect_none(stub, 0));
	end();
}

TEST(script, the_rest_is_for_questions_that_no_line_serves)
{
	ticker c;
	reading_reply reply;

	begin_stub();
	CHECK_OK(troupe_probe_answer_rest(stub, reply, TIME, .ticks = 9));
	CHECK_OK(troupe_probe_answer(stub, c, CLOCK_READ, 1, TIME, .ticks = 1));
	CHECK_EQ(ask_for(CLOCK_READ, stub), 1);
	CHECK_EQ(ask_for(CLOCK_READ, stub), 9);
	CHECK_EQ(ask_for(CLOCK_STOP, stub), 9);
	CHECK_OK(troupe_probe_send(probe, (ticker){ stub.ref }, CLOCK_TICK, .ticks = 1)); /* no question */
	CHECK_OK(troupe_probe_expect_kind(stub, CLOCK_TICK, 0));
	end();
}

TEST(script, a_message_that_is_no_question_is_taken)
{
	begin_stub();
	CHECK_OK(troupe_probe_answer_bytes(stub, CLOCK_TICK, 1, TIME, NULL, 0));
	CHECK_OK(troupe_probe_send(probe, (ticker){ stub.ref }, CLOCK_TICK, .ticks = 1));
	CHECK_OK(troupe_probe_send(probe, (ticker){ stub.ref }, CLOCK_TICK, .ticks = 2));
	CHECK_OK(troupe_probe_expect_kind(stub, CLOCK_TICK, 0));
	CHECK_EQ(((const struct reading *)troupe_probe_last(stub)->data)->ticks, 2);
	CHECK_EQ(troupe_probe_calls(stub, CLOCK_TICK), 2);
	end();
}

TEST(script, what_is_swallowed_is_never_answered)
{
	ticker c;

	begin_stub();
	CHECK_OK(troupe_probe_swallow(stub, CLOCK_READ, 1));
	CHECK_OK(troupe_probe_answer(stub, c, CLOCK_READ, 0, TIME, .ticks = 1));
	CHECK_EQ(why_not(CLOCK_READ, stub, TROUPE_S), TROUPE_ETIMEOUT);
	CHECK_EQ(ask_for(CLOCK_READ, stub), 1);
	CHECK_OK(troupe_probe_swallow(stub, CLOCK_TICK, 0));
	CHECK_OK(troupe_probe_send(probe, (ticker){ stub.ref }, CLOCK_TICK, .ticks = 1));
	CHECK_OK(troupe_probe_expect_none(stub, TROUPE_S));
	CHECK_EQ(troupe_probe_calls(stub, CLOCK_TICK), 1);
	end();
}

TEST(script, a_failure_ends_it_and_reaches_who_asked)
{
	begin_stub();
	CHECK_OK(troupe_probe_monitor(probe, stub.ref, 5));
	CHECK_OK(troupe_probe_fail(stub, CLOCK_READ, TROUPE_EUSER - 3));
	CHECK_OK(troupe_probe_ask(probe, (ticker){ stub.ref }, CLOCK_READ, 0, .reply = { { 0 } }));
	CHECK_OK(troupe_test_run());
	CHECK_EQ(troupe_probe_waiting(probe), 2);
	for (int i = 0; i < 2; i++) {
		const troupe_message *m = troupe_probe_call(probe, 0, (size_t)i);
		CHECK(m->kind == TROUPE_DOWN ? m->why == TROUPE_EUSER - 3 && m->token == 5 : m->kind == TROUPE_UNANSWERED);
	}
	CHECK(!troupe_is_alive(stub.ref));
	end();
}

TEST(script, refuses_what_makes_no_sense)
{
	begin_stub();
	CHECK(troupe_probe_answer_bytes(stub, -1, 0, TIME, NULL, 0) == TROUPE_EINVAL);
	CHECK(troupe_probe_answer_bytes(stub, 1, 0, 0, NULL, 0) == TROUPE_EINVAL);
	CHECK(troupe_probe_answer_bytes(stub, 1, 0, -1, NULL, 0) == TROUPE_EINVAL);
	CHECK(troupe_probe_answer_bytes(stub, 1, 0, TIME, NULL, 1) == TROUPE_EINVAL);
	CHECK(troupe_probe_answer_bytes(stub, 1, 0, TIME, "", (size_t)TROUPE_MESSAGE_SIZE_MAX + 1) == TROUPE_EINVAL);
	CHECK(troupe_probe_swallow(stub, 0, 1) == TROUPE_EINVAL);
	CHECK(troupe_probe_fail(stub, 0, TROUPE_EUSER) == TROUPE_EINVAL);
	CHECK(troupe_probe_answer_bytes((troupe_probe){ 0 }, 1, 0, TIME, NULL, 0) == TROUPE_EINVAL);
	CHECK_OK(troupe_probe_ask(probe, (ticker){ stub.ref }, CLOCK_READ, 0, .reply = { { 0 } }));
	CHECK_OK(troupe_probe_expect_kind(stub, CLOCK_READ, 0)); /* no line was added */
	end();
	CHECK(troupe_probe_swallow(stub, 1, 1) == TROUPE_ECONTEXT);
	CHECK(troupe_probe_answer_bytes(stub, 1, 0, 0, NULL, 0) == TROUPE_ECONTEXT);
}

TEST(script, lines_are_found_by_kind_and_used_up)
{
	struct script_line rest = { .kind = 0 }, once = { .kind = 7, .times = 1, .next = &rest };
	struct troupei_probe own = { .script = &once };

	CHECK(troupei_script_find(&own, 8, false) == NULL);
	CHECK(troupei_script_find(&own, 8, true) == &rest);
	CHECK(troupei_script_find(&own, TROUPE_DOWN, true) == NULL);
	CHECK(troupei_script_find(&own, 7, false) == &once);
	CHECK(troupei_script_find(&own, 7, false) == NULL);
	CHECK(troupei_script_find(&own, 7, true) == &rest);
}
