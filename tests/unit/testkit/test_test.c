/* SPDX-License-Identifier: MIT */
/* Beginning and end of a test: what may be alive, what is kept, what is checked. */
#include "clocked.h"

#include <stdlib.h>

static unsigned letters_heard, lines_heard;

static void hear_letter(void *context, const troupe_dead_letter *letter)
{
	CHECK_EQ(*(int *)context, 7);
	letters_heard += letter->kind == CLOCK_TICK;
}

static void hear_line(void *context, const char *line)
{
	CHECK_EQ(*(int *)context, 7);
	lines_heard += line[0] != '\0';
}

static troupe_verdict fail(troupe_actor *me, void *why)
{
	return troupe_fail(me, *(troupe_status *)why);
}

TEST(test, begins_and_ends_again_and_again)
{
	for (int i = 0; i < 20; i++) {
		begin_by((uint64_t)i);
		CHECK(troupei_is_simulated());
		CHECK(troupe_is_simulation());
		CHECK_OK(troupe_send(clock_actor, CLOCK_START, .to = probe.ref, .every_ns = TROUPE_S));
		CHECK_OK(troupe_test_advance(5 * TROUPE_S));
		end();
		CHECK(!troupei_is_simulated());
	}
}

TEST(test, a_system_of_production_may_follow_and_none_may_be_alive)
{
	troupe_system real, none = { NULL };

	begin();
	end();
	CHECK_OK(troupe_start(NULL, &real));
	CHECK(troupe_test_begin(NULL, &none) == TROUPE_ECONTEXT);
	CHECK(none.private_ == NULL);
	CHECK(!troupei_is_simulated());
	CHECK_OK(troupe_finish(real, 30 * TROUPE_S));
	CHECK_OK(troupe_test_begin(NULL, &theirs));
	end();
}

TEST(test, one_at_a_time)
{
	troupe_system second = { NULL };

	begin();
	CHECK(troupe_test_begin(NULL, &second) == TROUPE_EEXIST);
	CHECK(second.private_ == NULL);
	CHECK_OK(troupe_test_advance(TROUPE_S));
	end();
	CHECK(troupe_test_end(theirs) == TROUPE_ECONTEXT);
}

TEST(test, bad_options_leave_nothing_behind)
{
	troupe_options bad = { .struct_size = sizeof bad, .turn_ns_max = -1 };

	CHECK(troupe_test_begin(NULL, NULL) == TROUPE_EINVAL);
	CHECK(troupe_test_begin(&(troupe_test_options){ 0 }, &theirs) == TROUPE_EINVAL);
	CHECK(troupe_test_begin(TROUPE_OPTIONS(troupe_test_options, .reserved = 1), &theirs) == TROUPE_EINVAL);
	CHECK(troupe_test_begin(TROUPE_OPTIONS(troupe_test_options, .reserved_small = 1), &theirs) == TROUPE_EINVAL);
	CHECK(troupe_test_begin(TROUPE_OPTIONS(troupe_test_options, .system = &bad), &theirs) == TROUPE_EINVAL);
	CHECK(troupe_test_begin(TROUPE_OPTIONS(troupe_test_options, .system = &(troupe_options){ 0 }), &theirs) == TROUPE_EINVAL);
	CHECK(!troupei_is_simulated());
	begin();
	end();
}

TEST(test, other_systems_must_have_been_finished)
{
	troupe_system other;
	troupe_probe theirs_too;

	begin();
	CHECK_OK(troupe_start(NULL, &other));
	CHECK_OK(troupe_probe_open(other, NULL, &theirs_too));
	CHECK_OK(troupe_probe_send(probe, (ticker){ theirs_too.ref }, CLOCK_TICK, .ticks = 1));
	CHECK_OK(troupe_probe_expect_kind(theirs_too, CLOCK_TICK, 0));
	CHECK(troupe_test_end(theirs) == TROUPE_EEXIST);
	CHECK(troupe_test_words()[0] != '\0');
	CHECK(troupe_test_end(other) == TROUPE_EINVAL);
	CHECK(troupe_test_end((troupe_system){ NULL }) == TROUPE_EINVAL);
	CHECK_OK(troupe_finish(other, TROUPE_S));
	end();
}

TEST(test, letters_and_lines_are_kept_and_passed_on)
{
	int context = 7;
	troupe_status why = TROUPE_EUSER;
	troupe_ledger ledger = { 0 };
	troupe_options options = { .struct_size = sizeof options, .dead_letter = hear_letter, .log = hear_line,
		                       .context = &context, .ledger = &ledger };

	CHECK_OK(troupe_test_begin(TROUPE_OPTIONS(troupe_test_options, .system = &options), &theirs));
	CHECK_OK(troupe_probe_open(theirs, NULL, &probe));
	CHECK_OK(troupe_spawn(theirs, &clock_behaviour, NULL, &clock_actor.ref));
	CHECK_EQ(troupe_test_letters(0, TROUPE_OK), 0);
	CHECK(!troupe_test_logged("probe"));
	CHECK_OK(troupe_probe_do(probe, fail, &why));
	CHECK_OK(troupe_test_run());
	CHECK(troupe_probe_send(probe, (ticker){ probe.ref }, CLOCK_TICK, .ticks = 1) == TROUPE_EGONE);
	CHECK_EQ(troupe_test_letters(CLOCK_TICK, TROUPE_EGONE), 1);
	CHECK_EQ(troupe_test_letters(CLOCK_TICK, TROUPE_OK), 1);
	CHECK_EQ(troupe_test_letters(CLOCK_TICK, TROUPE_EFULL), 0);
	CHECK_EQ(troupe_test_letters(CLOCK_READ, TROUPE_OK), 0);
	CHECK(troupe_test_logged("probe"));
	CHECK(!troupe_test_logged("nobody said this"));
	CHECK(!troupe_test_logged(NULL));
	end();
	CHECK_EQ(letters_heard, 1);
	CHECK(lines_heard > 0);
	CHECK_EQ(ledger.dead, troupe_test_letters(0, TROUPE_OK)); /* they are still there */
	CHECK_EQ(ledger.sent, ledger.handled + ledger.dead + ledger.returned);
}

TEST(test, the_seed_may_come_from_the_environment)
{
	CHECK_OK(setenv("TROUPE_TEST_SEED", "99", 1));
	begin();
	CHECK_EQ(troupei_kit.seed, 99);
	end();
	begin_by(5);
	CHECK_EQ(troupei_kit.seed, 5);
	end();
	CHECK_OK(unsetenv("TROUPE_TEST_SEED"));
	begin();
	CHECK_EQ(troupei_kit.seed, 1);
	end();
}

TEST(test, books_that_do_not_agree_are_told)
{
	const troupe_ledger right = { .sent = 10, .handled = 6, .dead = 3, .returned = 1 };
	troupe_ledger wrong = right;

	CHECK_OK(troupei_kit_check_books(&right, 3));
	CHECK(troupei_kit_check_books(&right, 2) == TROUPE_EFAILED);
	CHECK(troupe_test_words()[0] != '\0');
	wrong.handled++;
	CHECK(troupei_kit_check_books(&wrong, 3) == TROUPE_EFAILED);
	wrong = right;
	wrong.queued = 1;
	CHECK(troupei_kit_check_books(&wrong, 3) == TROUPE_EFAILED);
}

/* It takes a second for each message, waiting for another actor's end, and drains. */
static troupe_verdict take_time(troupe_actor *me, const troupe_message *m)
{
	(void)me;
	troupe_ignore(troupe_wait_end(*(const troupe_ref *)m->data, TROUPE_S, NULL));
	return TROUPE_HANDLED;
}

TEST(test, one_that_never_rests_is_ended)
{
	begin();
	spin();
	end();
}

TEST(test, who_must_be_killed_is_told)
{
	static const troupe_behaviour slow = { .name = "slow", .receive = take_time, .blocks = 1, .leftovers = TROUPE_DRAIN };
	troupe_ref two[2];

	begin();
	CHECK_OK(troupe_spawn(theirs, &slow, NULL, &two[0]));
	CHECK_OK(troupe_spawn(theirs, &slow, NULL, &two[1]));
	for (int i = 0; i < 600; i++)
		CHECK_OK(troupe_send_bytes(two[i % 2], 1, &two[1 - i % 2], sizeof two[0]));
	CHECK_EQ(troupe_test_end(theirs), TROUPE_ETIMEOUT);
	CHECK(troupe_test_words()[0] != '\0');
	begin();
	end();
}

static troupe_verdict call_from_inside(troupe_actor *me, void *argument)
{
	troupe_probe other;

	(void)argument;
	CHECK(!troupei_kit_may_wait());
	CHECK(troupe_test_run() == TROUPE_ECONTEXT);
	CHECK(troupe_test_end(me->system) == TROUPE_ECONTEXT);
	CHECK(troupe_test_begin(NULL, &theirs) == TROUPE_ECONTEXT);
	CHECK(troupe_probe_open(me->system, NULL, &other) == TROUPE_ECONTEXT);
	CHECK(troupe_probe_expect_kind(probe, 1, 0) == TROUPE_ECONTEXT);
	CHECK_EQ(troupe_probe_waiting(probe), 0); /* to read is allowed */
	return TROUPE_HANDLED;
}

TEST(test, nothing_that_waits_is_for_handlers)
{
	begin();
	CHECK_OK(troupe_probe_do(probe, call_from_inside, NULL));
	end();
}
