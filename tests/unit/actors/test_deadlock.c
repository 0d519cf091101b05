/* SPDX-License-Identifier: MIT */
/* What becomes of a circle when there is no memory; who can block; and the report. What users see: promises/test_deadlocks.c. */
#include "actors/deadlock.h"

#include "stage.h"

static struct stage s;
static atomic_int failed;

static troupe_verdict note(troupe_actor *me, const troupe_message *m)
{
	(void)me;
	troupei_memory_fail_by(NULL);
	CHECK_EQ(m->kind, TROUPE_UNANSWERED);
	CHECK_EQ(m->why, TROUPE_EDEADLOCK);
	failed++;
	return TROUPE_HANDLED;
}

static troupe_verdict play_ask_itself(troupe_actor *me, void *argument)
{
	troupe_ref address;
	char question[sizeof(troupe_ref)] = { 0 };

	(void)argument;
	CHECK_OK(troupe_expect(me, TROUPE_OPTIONS(troupe_expectation, .hold = true, .then = note), &address));
	CHECK_OK(troupe_ask_bytes(me->ref, 7, question, sizeof question, 0, address));
	return TROUPE_HANDLED;
}

/* From the report on. */
static void fail_from_now(const char *line)
{
	(void)line;
	allocations_allowed = 0;
	troupei_memory_fail_by(fail_when_used_up);
}

TEST(deadlock, is_told_without_memory_too)
{
	use_malloc();
	stage_start(&s, 1);
	s.logged = fail_from_now;
	perform(&s, player(&s), play_ask_itself, NULL);
	CHECK_EQ(failed, 1);
	s.logged = NULL;
	stage_finish(&s);
}

static troupe_verdict play_ask_itself_twice(troupe_actor *me, void *argument)
{
	return failed > 0 ? TROUPE_HANDLED : play_ask_itself(me, argument);
}

static troupe_verdict init_asks_itself(troupe_actor *me)
{
	return play_ask_itself_twice(me, NULL);
}

TEST(deadlock, is_found_when_init_awaits)
{
	static const troupe_behaviour eager = { .name = "eager", .receive = player_receive, .init = init_asks_itself };
	stage_start(&s, 1);
	spawned(&s, &eager);
	stage_settle(&s);
	CHECK_EQ(failed, 1);
	stage_finish(&s);
}

/* On a worker that has hardly begun too. */
TEST(deadlock, waits_are_not_longer_than_the_system_lives)
{
	stage_start(&s, 1);
	int64_t began = troupei_clock_ns();
	perform(&s, player(&s), play_ask_itself, NULL);
	const char *since = strstr(s.lines[1], "for about ");
	CHECK(since != NULL);
	CHECK(strtoll(since + strlen("for about "), NULL, 10) <= 2 * (troupei_clock_ns() - began) / 1000 + 1000000);
	stage_finish(&s);
}

TEST(deadlock, no_plain_thread_and_no_worker_is_a_blocker)
{
	stage_start(&s, 1);
	CHECK(troupei_deadlock_blocker() == NULL);
	stage_finish(&s);
}

TEST(deadlock, a_report_names_so_many_and_counts_the_rest)
{
	struct wait_circle circle = { .count = 70, .kept = 3 };
	stage_start(&s, 1);
	troupe_ref a = player(&s);
	for (int i = 0; i < 3; i++)
		circle.steps[i] = (struct wait_step){ .who = a, .on = i == 0 ? a : (troupe_ref){ 1 | SLOT_ADDRESS },
			                              .holder = i == 2 ? ended_player(&s) : a, .kind = 9 };
	troupei_deadlock_report(s.system.private_, NO_WORKER, &circle);
	CHECK_EQ(s.line_count, 5);
	CHECK(strstr(s.lines[0], "70 actors wait for each other; the send of player") != NULL);
	CHECK(strstr(s.lines[1], "waits to send 9 to player") != NULL);
	CHECK(strstr(s.lines[2], "waits for the answer to 9 from player") != NULL);
	CHECK(strstr(s.lines[3], "from ? (") != NULL);
	CHECK(strstr(s.lines[4], "and 67 actors more") != NULL);
	troupe_counters counters;
	CHECK_OK(troupe_counters_read(s.system, &counters));
	CHECK_EQ(counters.deadlocks, 1);
	stage_finish(&s);
}
