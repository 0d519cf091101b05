/* SPDX-License-Identifier: MIT */
/* Counters summed over workers and outside, names for reports, and the log. */
#include <unistd.h>

#include "stage.h"

static struct stage s;

static troupe_verdict send_one(troupe_actor *me, void *to)
{
	(void)me;
	CHECK_OK(troupe_send_bytes(*(troupe_ref *)to, 5, NULL, 0));
	return TROUPE_HANDLED;
}

TEST(observe, ledger_adds_workers_and_outside)
{
	stage_start(&s, 2);
	troupe_ref a = player(&s), b = player(&s);
	perform(&s, a, send_one, &b);
	troupe_ledger ledger = stage_ledger(&s);
	CHECK_EQ(ledger.sent, 2);
	CHECK_EQ(ledger.handled, 1);
	CHECK_EQ(ledger.dead, 1);
	CHECK_EQ(ledger.queued, 0);
	CHECK_EQ(s.system.private_->outside.sent, 1);
	stage_finish(&s);
}

/* Read while messages are under way, more may seem to have ended than were sent: then nothing is queued. */
TEST(observe, queued_is_never_below_0)
{
	struct barrier barrier;
	stage_start(&s, 1);
	troupe_ref ref = player(&s);
	hold(&barrier, ref);
	tell(ref, play_wait, &barrier);
	CHECK_EQ(stage_ledger(&s).queued, 2);
	troupei_count_relaxed_64(&s.system.private_->outside.handled, 10);
	CHECK_EQ(stage_ledger(&s).queued, 0);
	troupei_count_relaxed_64(&s.system.private_->outside.handled, (uint64_t)-10);
	let_go(&barrier);
	stage_finish(&s);
}

static troupe_verdict arm(troupe_actor *me, void *argument)
{
	(void)argument;
	for (int i = 0; i < 3; i++)
		CHECK_OK(troupe_after(me, 3600 * TROUPE_S, 1, 0, NULL));
	return TROUPE_HANDLED;
}

TEST(observe, counters)
{
	troupe_counters counters;
	stage_start(&s, 2);
	troupe_ref ref = player(&s);
	ended_player(&s);
	perform(&s, ref, arm, NULL);
	CHECK_OK(troupe_send_bytes(ref, 5, NULL, 0));
	stage_settle(&s);
	CHECK_OK(troupe_counters_read(s.system, &counters));
	CHECK_EQ(counters.actors_alive, 1);
	CHECK_EQ(counters.actors_spawned, 2);
	CHECK_EQ(counters.actors_ended, 1);
	CHECK_EQ(counters.timers_armed, 3);
	CHECK_EQ(counters.dead_letters, 1);
	CHECK_EQ(counters.workers, 2);
	CHECK(counters.parks >= 2);
	CHECK_OK(troupe_stop_wait(ref, LIMIT));
	CHECK_OK(troupe_counters_read(s.system, &counters));
	CHECK_EQ(counters.actors_alive, 0);
	CHECK_EQ(counters.timers_armed, 0);
	stage_finish(&s);
}

TEST(observe, refuses_null)
{
	troupe_ledger ledger;
	troupe_counters counters;
	stage_start(&s, 1);
	CHECK_EQ(troupe_ledger_read((troupe_system){ 0 }, &ledger), TROUPE_EINVAL);
	CHECK_EQ(troupe_ledger_read(s.system, NULL), TROUPE_EINVAL);
	CHECK_EQ(troupe_counters_read((troupe_system){ 0 }, &counters), TROUPE_EINVAL);
	CHECK_EQ(troupe_counters_read(s.system, NULL), TROUPE_EINVAL);
	CHECK_EQ(troupe_memory_bytes(), troupei_memory_bytes());
	stage_finish(&s);
}

TEST(observe, names_of_kinds_and_behaviours)
{
	static const troupe_kind kinds[] = { { .kind = 1, .name = "ONE" }, { .kind = 40000, .name = "MANY" },
		                             { .kind = -3, .name = "OWN" }, { 0 }, { .kind = 2, .name = "?" } };
	const troupe_behaviour with = { .name = "with", .kinds = kinds }, without = { 0 };
	CHECK_STR_EQ(troupei_kind_name(&with, 1), "ONE");
	CHECK_STR_EQ(troupei_kind_name(&with, 40000), "MANY");
	CHECK_STR_EQ(troupei_kind_name(&with, -3), "OWN");
	CHECK_STR_EQ(troupei_kind_name(&with, 2), ""); /* behind the end */
	CHECK_STR_EQ(troupei_kind_name(&with, 0), "");
	CHECK_STR_EQ(troupei_kind_name(&without, 1), "");
	CHECK_STR_EQ(troupei_behaviour_name(&with), "with");
	CHECK_STR_EQ(troupei_behaviour_name(&without), "actor");
}

TEST(observe, log_goes_to_the_hook)
{
	char long_word[400];
	memset(long_word, 'x', sizeof long_word);
	long_word[sizeof long_word - 1] = 0;
	stage_start(&s, 1);
	troupei_log(s.system.private_, "%s has %d", "somebody", 7);
	troupei_log(s.system.private_, "%s", long_word);
	CHECK_EQ(s.line_count, 2);
	CHECK_STR_EQ(s.lines[0], "somebody has 7");
	CHECK_EQ(strlen(s.lines[1]), 255); /* cut, and ended */
	stage_finish(&s);
}

TEST(observe, log_without_a_hook_goes_to_stderr)
{
	static struct troupei_system system;
	char said[64] = "";
	int pipes[2], before = dup(STDERR_FILENO);
	CHECK_OK(pipe(pipes));
	dup2(pipes[1], STDERR_FILENO);
	troupei_log(&system, "line %d", 1);
	dup2(before, STDERR_FILENO);
	close(pipes[1]);
	CHECK(read(pipes[0], said, sizeof said - 1) > 0);
	CHECK_STR_EQ(said, "troupe: line 1\n");
	close(pipes[0]);
	close(before);
}
