/* SPDX-License-Identifier: MIT */
/* Promise: an actor that runs in a process of its own is used like any other, and does what it would do here. */
#include <sys/wait.h>
#include <unistd.h>

#include "processed.h"

static struct fixture f;

/* One program, run with and without a process: what the sink has seen must be the same. */
static void run_program(troupe_isolation isolation, struct sink_log *log)
{
	fixture_start(&f, 2);
	troupe_ref sink = sink_spawn(&f, log), worker = player_spawn(&f, isolation, sink, 7);

	say(worker, ECHO, 1);
	say(worker, ADD, 5);
	say(worker, TWICE, 2);        /* to the sink, and again through itself */
	fixture_settle(&f);
	say(worker, PUT_OFF, 3);      /* deferred until RESUME */
	say(worker, ECHO, 4);
	say(worker, RESUME, 0);
	say(worker, BECOME_OTHER, 0); /* from here on it adds 1000 */
	say(worker, ECHO, 5);
	say(worker, UNBECOME, 0);
	say(worker, ECHO, 6);
	say(worker, 99, 0);           /* unknown: a dead letter */
	say(worker, TELL_STATE, 0);
	fixture_settle(&f);
	CHECK_OK(troupe_stop_wait(worker, LIMIT));
	fixture_settle(&f);
	fixture_finish(&f);
	CHECK_EQ(fixture_letters(&f, 99, TROUPE_EUNKNOWN), 1);
}

TEST(processes, the_same_program_does_the_same)
{
	static struct sink_log here, there;

	run_program(TROUPE_TOGETHER, &here);
	run_program(TROUPE_PROCESS, &there);
	CHECK_EQ(here.count, there.count);
	for (unsigned i = 0; i < here.count; i++)
		CHECK_EQ(there.numbers[i], here.numbers[i]);
	CHECK(here.count >= 9);
}

TEST(processes, it_is_another_process_under_the_same_reference)
{
	static struct sink_log log;

	fixture_start(&f, 2);
	troupe_ref sink = sink_spawn(&f, &log), worker = player_spawn(&f, TROUPE_PROCESS, sink, 0);
	say(worker, TELL_PID, 0);
	say(worker, TELL_REF, 0);
	say(worker, TELL_PPID, 0);
	fixture_settle(&f);
	CHECK_EQ(log.count, 3);
	CHECK(log.numbers[0] != getpid());
	CHECK_EQ(log.numbers[1], worker.bits_private);
	CHECK_EQ(log.numbers[2], getpid());
	fixture_finish(&f);
}

TEST(processes, order_is_kept_over_ten_thousand_messages)
{
	enum { MESSAGES = TEST_WITH_TSAN || TEST_WITH_ASAN ? 2000 : 10000 };
	static struct sink_log log;

	fixture_start(&f, 2);
	troupe_ref sink = sink_spawn(&f, &log), worker = player_spawn(&f, TROUPE_PROCESS, sink, 0);
	for (int i = 0; i < MESSAGES; i++)
		say(worker, ECHO, i);
	fixture_settle(&f);
	CHECK_EQ(log.count, MESSAGES);
	CHECK(log.in_order);
	CHECK_OK(troupe_stop_wait(worker, LIMIT));
	fixture_finish(&f);
	CHECK_EQ(f.ledger.dead, 0);
	CHECK_EQ(f.ledger.sent, 2 * MESSAGES + 1); /* and what terminate says */
}

TEST(processes, large_payloads_arrive_whole)
{
	enum { SIZE = 3 << 20 };
	static struct sink_log log;
	unsigned char *bytes = malloc(SIZE);
	int64_t sum = 0;

	for (int i = 0; i < SIZE; i++) {
		bytes[i] = (unsigned char)(i * 7);
		sum += bytes[i];
	}
	fixture_start(&f, 2);
	troupe_ref sink = sink_spawn(&f, &log), worker = player_spawn(&f, TROUPE_PROCESS, sink, 0);
	for (int i = 0; i < 3; i++)
		CHECK_OK(troupe_send_bytes(worker, SUM_UP, bytes, SIZE));
	CHECK_OK(troupe_send_bytes(worker, SEND_BACK, bytes, SIZE));
	fixture_settle(&f);
	CHECK_EQ(log.count, 4);
	CHECK_EQ(log.numbers[0], sum);
	CHECK_EQ(log.numbers[2], sum);
	CHECK_EQ(log.numbers[3], SIZE);
	CHECK_EQ(log.last_sum, sum);
	free(bytes);
	fixture_finish(&f);
}

TEST(processes, a_payload_goes_by_copy_or_not_at_all)
{
	static struct sink_log log;

	fixture_start(&f, 2);
	troupe_ref sink = sink_spawn(&f, &log), worker = player_spawn(&f, TROUPE_PROCESS, sink, 0);
	struct number *moved = troupe_new(sizeof *moved, NULL), *bound = troupe_new(sizeof *bound, release_nothing);
	moved->n = 11;
	CHECK_OK(troupe_send_moved(worker, ECHO, moved));
	CHECK_EQ(troupe_send_moved(worker, ECHO, bound), TROUPE_EREMOTE);
	CHECK_EQ(troupe_send_shared(worker, ECHO, troupe_freeze(bound)), TROUPE_EREMOTE);
	troupe_release(bound);
	struct number *shared = troupe_new(sizeof *shared, NULL);
	shared->n = 12;
	const void *frozen = troupe_freeze(shared);
	CHECK_OK(troupe_send_shared(worker, ECHO, frozen));
	troupe_release(frozen);
	say(worker, MOVE_BACK, 13);
	fixture_settle(&f);
	CHECK_EQ(log.count, 4);
	CHECK_EQ(log.numbers[0], 11);
	CHECK_EQ(log.numbers[1], 12);
	CHECK_EQ(log.numbers[2], TROUPE_EREMOTE); /* what has a release function cannot leave the process either */
	CHECK_EQ(log.numbers[3], 13);
	fixture_finish(&f);
}

TEST(processes, timers_and_names_and_senders_work_there)
{
	static struct sink_log log;
	troupe_ref found;

	fixture_start(&f, 2);
	troupe_ref sink = sink_spawn(&f, &log), worker = player_spawn(&f, TROUPE_PROCESS, sink, 0);
	CHECK_OK(troupe_name(sink, "sink"));
	say(worker, START_TIMER, 21);
	while (atomic_load(&log.seen) < 1)
		sleep_ns(TROUPE_MS);
	say(worker, FIND_SINK, 0);
	say(worker, NAME_YOURSELF, 0);
	say(worker, SEND_FROM, 22);
	fixture_settle(&f);
	CHECK_EQ(log.count, 4);
	CHECK_EQ(log.numbers[0], 21);
	CHECK_EQ(log.numbers[1], sink.bits_private);
	CHECK_EQ(log.numbers[2], TROUPE_OK);
	CHECK_OK(troupe_find(f.system, "player", &found));
	CHECK(troupe_ref_equal(found, worker));
	CHECK(troupe_ref_equal(log.last_sender, worker));
	fixture_finish(&f);
}

TEST(processes, messages_are_passed_on_and_taken_over)
{
	static struct sink_log log;

	fixture_start(&f, 2);
	troupe_ref sink = sink_spawn(&f, &log), worker = player_spawn(&f, TROUPE_PROCESS, sink, 0);
	say(worker, FORWARD, 31);
	say(worker, TAKE_AND_MOVE, 32);
	fixture_settle(&f);
	CHECK_EQ(log.count, 2);
	CHECK_EQ(log.numbers[0], 31);
	CHECK_EQ(log.numbers[1], 32);
	CHECK_OK(troupe_stop_wait(worker, LIMIT));
	fixture_finish(&f);
	CHECK_EQ(f.ledger.dead, 0);
}

TEST(processes, stops_in_the_order_of_its_queue)
{
	static struct sink_log log;
	troupe_status why;

	fixture_start(&f, 2);
	troupe_ref sink = sink_spawn(&f, &log), worker = player_spawn(&f, TROUPE_PROCESS, sink, 0);
	for (int i = 0; i < 1000; i++)
		say(worker, ECHO, i);
	CHECK_OK(troupe_stop(worker));
	CHECK_OK(troupe_wait_end(worker, LIMIT, &why));
	fixture_settle(&f);
	CHECK_EQ(log.count, 1001); /* and what terminate says */
	CHECK_EQ(log.numbers[1000], 1000000 + TROUPE_OK);
	fixture_finish(&f);
	CHECK_EQ(f.ledger.dead, 0);
}

TEST(processes, ends_itself_for_its_own_reasons)
{
	static const int kinds[] = { EXIT_WITH, FAIL_WITH, FAIL_NOW };
	static struct sink_log log;
	troupe_status why;

	fixture_start(&f, 2);
	troupe_ref sink = sink_spawn(&f, &log);
	for (int i = 0; i < 3; i++) {
		troupe_ref worker = player_spawn(&f, TROUPE_PROCESS, sink, 0);
		troupe_ref watcher = end_watcher_spawn(&f, worker, &why);
		say(worker, kinds[i], TROUPE_EUSER - i);
		await_end_watcher(&f, watcher);
		CHECK_EQ(why, TROUPE_EUSER - i);
		fixture_settle(&f);
		CHECK_EQ(log.numbers[log.count - 1], 1000000 + TROUPE_EUSER - i);
	}
	fixture_finish(&f);
	CHECK_EQ(fixture_letters(&f, FAIL_WITH, TROUPE_EFAILED), 1);
	CHECK_EQ(fixture_letters(&f, FAIL_NOW, TROUPE_EFAILED), 1);
}

TEST(processes, init_that_fails_is_a_failed_life)
{
	static struct sink_log log;
	troupe_status why;
	troupe_ref worker;

	fixture_start(&f, 1);
	troupe_ref sink = sink_spawn(&f, &log);
	struct player initial = { .sink = { sink }, .init_fails = 1 };
	CHECK_OK(troupe_spawn(f.system, &player_of[TROUPE_PROCESS], &initial, &worker));
	troupe_status status = troupe_wait_end(worker, LIMIT, &why);
	CHECK_OK(status);
	CHECK(why == TROUPE_EUSER || why == TROUPE_EGONE); /* the latter when it was over before we asked */
	fixture_finish(&f);
	CHECK(fixture_logged(&f, "init returned TROUPE_EUSER"));
	CHECK_EQ(log.count, 0);
}

TEST(processes, what_cannot_be_done_there_says_so)
{
	static struct sink_log log;

	fixture_start(&f, 2);
	troupe_ref sink = sink_spawn(&f, &log), worker = player_spawn(&f, TROUPE_PROCESS, sink, 0);
	say(worker, TRY_THE_IMPOSSIBLE, 0);
	fixture_settle(&f);
	CHECK(log.count > 5);
	for (unsigned i = 0; i < log.count; i++)
		CHECK_EQ(log.numbers[i], TROUPE_EREMOTE);
	fixture_finish(&f);
}

/* ------------------------------------------------------------------------------------------------- with others here -- */

enum { FLOOD = 3000 };

static troupe_verdict flood(troupe_actor *me, void *player)
{
	(void)me;
	for (int i = 0; i < FLOOD; i++)
		say(*(troupe_ref *)player, ECHO, i);
	return TROUPE_HANDLED;
}

TEST(processes, an_actor_here_may_flood_it)
{
	static struct sink_log log;

	fixture_start(&f, 2);
	troupe_ref sink = sink_spawn(&f, &log), worker = player_spawn(&f, TROUPE_PROCESS, sink, 0);
	doer d = doer_spawn(&f);
	perform(&f, d.ref, flood, &worker);
	CHECK_EQ(log.count, FLOOD);
	CHECK(log.in_order);
	CHECK_OK(troupe_stop_wait(worker, LIMIT));
	fixture_finish(&f);
	CHECK_EQ(f.ledger.dead, 0);
}

static troupe_verdict spawn_child_player(troupe_actor *me, void *player)
{
	struct player *both = player;
	troupe_ref child;

	CHECK_OK(troupe_spawn_with(me->system, me, &player_of[TROUPE_PROCESS], both,
	                           TROUPE_OPTIONS(troupe_spawn_options, .child = true, .name = "child", .link = 1), &child));
	say(child, ECHO, 1);
	return TROUPE_HANDLED;
}

TEST(processes, a_parent_ends_after_its_child_in_a_process)
{
	static struct sink_log log;
	troupe_ref child;

	fixture_start(&f, 2);
	struct player initial = { .sink = { sink_spawn(&f, &log) } };
	doer d = doer_spawn(&f);
	perform(&f, d.ref, spawn_child_player, &initial);
	CHECK_OK(troupe_find(f.system, "child", &child));
	CHECK_OK(troupe_stop_wait(d.ref, LIMIT));
	CHECK(!troupe_is_alive(child));
	fixture_settle(&f);
	CHECK_EQ(log.count, 2);
	CHECK_EQ(log.numbers[1], 1000000 + TROUPE_OK); /* its terminate ran */
	fixture_finish(&f);
	CHECK_EQ(f.ledger.dead, 0);
}

TEST(processes, whoever_is_linked_to_it_hears_of_a_crash)
{
	static struct sink_log log;
	troupe_ref child;
	troupe_status why;

	fixture_start(&f, 2);
	struct player initial = { .sink = { sink_spawn(&f, &log) } };
	doer d = doer_spawn(&f);
	perform(&f, d.ref, spawn_child_player, &initial);
	CHECK_OK(troupe_find(f.system, "child", &child));
	troupe_ref watcher = end_watcher_spawn(&f, d.ref, &why);
	say(child, CRASH, FAULT_ABORT);
	await_end_watcher(&f, watcher);
	CHECK_EQ(why, TROUPE_ELINKED);
	fixture_finish(&f);
}
