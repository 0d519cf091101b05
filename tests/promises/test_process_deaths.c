/* SPDX-License-Identifier: MIT */
/* Promise: however the process of an actor dies, that is the reason of one actor's end, and nothing is left of it. */
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "processed.h"

static struct fixture f;
static struct sink_log seen;

/* This process has no child any more, and so many descriptors. */
static void check_nothing_left(int files)
{
	CHECK_EQ(waitpid(-1, NULL, WNOHANG), -1);
	CHECK_EQ(errno, ECHILD);
	CHECK_EQ(count_files(), files);
}

static pid_t pid_of(troupe_ref player)
{
	unsigned before = atomic_load(&seen.seen);

	say(player, TELL_PID, 0);
	while (atomic_load(&seen.seen) == before)
		sleep_ns(TROUPE_MS / 4);
	fixture_settle(&f); /* it has not only said so, but is done with the message */
	return (pid_t)seen.numbers[before];
}

/* ---------------------------------------------------------------------------------------------------- kinds of death -- */

static void die_of(int32_t kind, int64_t n, const char *words)
{
	int files = count_files();
	troupe_status why;

	fixture_start(&f, 2);
	troupe_ref player = player_spawn(&f, TROUPE_PROCESS, sink_spawn(&f, &seen), 0);
	pid_of(player);
	troupe_ref watcher = end_watcher_spawn(&f, player, &why);
	say(player, kind, n);
	await_end_watcher(&f, watcher);
	CHECK_EQ(why, TROUPE_ECRASHED);
	fixture_finish(&f);
	CHECK_EQ(fixture_letters(&f, kind, TROUPE_ECRASHED), 1);
	CHECK(fixture_logged(&f, words));
	CHECK(fixture_logged(&f, "TROUPE_ECRASHED"));
	check_nothing_left(files);
}

TEST(process_deaths, of_a_bad_address)
{
	die_of(CRASH, FAULT_NULL, "signal 11");
}

TEST(process_deaths, of_abort)
{
	die_of(CRASH, FAULT_ABORT, "signal 6");
}

TEST(process_deaths, of_an_overflow)
{
	die_of(CRASH, FAULT_OVERFLOW, "signal 11");
}

TEST(process_deaths, of_a_division)
{
	die_of(CRASH, FAULT_DIVISION, "signal 8");
}

TEST(process_deaths, of_an_exit)
{
	die_of(QUIT_PROCESS, 3, "exit code 3");
}

TEST(process_deaths, of_a_kill_from_outside)
{
	int files = count_files();
	troupe_status why;

	fixture_start(&f, 2);
	troupe_ref player = player_spawn(&f, TROUPE_PROCESS, sink_spawn(&f, &seen), 0);
	pid_t pid = pid_of(player);
	troupe_ref watcher = end_watcher_spawn(&f, player, &why);
	CHECK_OK(kill(pid, SIGKILL));
	await_end_watcher(&f, watcher);
	CHECK_EQ(why, TROUPE_ECRASHED);
	fixture_finish(&f);
	CHECK(fixture_logged(&f, "signal 9"));
	CHECK_EQ(f.ledger.dead, 0); /* it was handling nothing */
	check_nothing_left(files);
}

TEST(process_deaths, by_troupe_kill_while_it_hangs)
{
	int files = count_files();
	troupe_status why;

	fixture_start(&f, 2);
	troupe_ref player = player_spawn(&f, TROUPE_PROCESS, sink_spawn(&f, &seen), 0);
	pid_of(player);
	say(player, HANG, 0);
	say(player, ECHO, 1);
	CHECK_OK(troupe_kill(player));
	CHECK_OK(troupe_wait_end(player, LIMIT, &why));
	CHECK_EQ(why, TROUPE_EKILLED);
	fixture_finish(&f);
	CHECK_EQ(f.ledger.dead, 2);
	CHECK_EQ(seen.count, 1);
	check_nothing_left(files);
}

/* ---------------------------------------------------------------------------------------------------------- supervised -- */

static troupe_ref supervised(troupe_queue queue, troupe_ref sink_ref, unsigned restarts, troupe_ref *top)
{
	static struct player initial;
	static troupe_child_spec specs[2];
	static troupe_supervisor tree;
	troupe_ref player;

	initial = (struct player){ .sink = { sink_ref } };
	specs[0] = (troupe_child_spec){ .name = "player", .behaviour = &player_of[TROUPE_PROCESS], .initial = &initial,
		                        .queue = queue };
	tree = (troupe_supervisor){ .children = specs, .restarts_max = restarts, .within_ns = 600 * TROUPE_S };
	CHECK_OK(troupe_supervise(f.system, NULL, &tree, top));
	CHECK_OK(troupe_child(*top, "player", &player));
	return player;
}

TEST(process_deaths, a_supervisor_gives_it_another_process)
{
	enum { LIVES = 20 };
	int files = count_files();
	troupe_ref top;

	fixture_start(&f, 2);
	troupe_ref player = supervised(TROUPE_QUEUE_KEEP, sink_spawn(&f, &seen), LIVES + 1, &top);
	pid_t last = 0;
	for (int i = 0; i < LIVES; i++) {
		pid_t pid = pid_of(player);
		CHECK(pid != last);
		last = pid;
		if (i % 2)
			kill(pid, SIGKILL);
		else
			say(player, CRASH, FAULT_NULL);
	}
	pid_of(player);
	CHECK_OK(troupe_stop_wait(top, LIMIT));
	fixture_finish(&f);
	CHECK_EQ(fixture_letters(&f, CRASH, TROUPE_ECRASHED), LIVES / 2);
	check_nothing_left(files);
}

TEST(process_deaths, the_next_life_handles_what_was_not_handled)
{
	enum { MESSAGES = 100 };
	troupe_ref top;

	fixture_start(&f, 2);
	troupe_ref player = supervised(TROUPE_QUEUE_KEEP, sink_spawn(&f, &seen), 100, &top);
	for (int i = 0; i < MESSAGES; i++) {
		say(player, ECHO, i);
		if (i % 25 == 12)
			say(player, CRASH, FAULT_ABORT);
	}
	while (atomic_load(&seen.seen) < MESSAGES)
		sleep_ns(TROUPE_MS);
	fixture_settle(&f);
	CHECK_EQ(seen.count, MESSAGES); /* none lost, none twice */
	CHECK(seen.in_order);
	CHECK_OK(troupe_stop_wait(top, LIMIT));
	fixture_finish(&f);
	CHECK_EQ(fixture_letters(&f, CRASH, TROUPE_ECRASHED), 4);
}

/* What a handler has begun is not begun again, whoever ended its process. */
TEST(process_deaths, the_next_life_is_not_given_what_a_kill_cut_off)
{
	troupe_ref top;

	fixture_start(&f, 2);
	troupe_ref player = supervised(TROUPE_QUEUE_KEEP, sink_spawn(&f, &seen), 100, &top);
	pid_of(player);
	say(player, NOTE_AND_HANG, 1);
	say(player, ECHO, 2);
	while (atomic_load(&seen.seen) < 2)
		sleep_ns(TROUPE_MS / 4);
	CHECK_OK(troupe_kill(player));
	while (atomic_load(&seen.seen) < 3)
		sleep_ns(TROUPE_MS / 4);
	CHECK_EQ(seen.numbers[1], 1);
	CHECK_EQ(seen.numbers[2], 2);
	CHECK_OK(troupe_stop_wait(top, LIMIT));
	fixture_finish(&f);
	CHECK_EQ(fixture_letters(&f, NOTE_AND_HANG, TROUPE_EKILLED), 1);
}

TEST(process_deaths, a_storm_of_lives_leaves_nothing)
{
	enum { LIVES = TEST_WITH_TSAN || TEST_WITH_ASAN ? 40 : 200 };
	int files = count_files();
	troupe_ref top;

	fixture_start(&f, 2);
	troupe_ref player = supervised(TROUPE_QUEUE_KEEP, sink_spawn(&f, &seen), LIVES + 1, &top);
	for (int i = 0; i < LIVES; i++)
		say(player, CRASH, FAULT_NULL);
	say(player, ECHO, 0);
	while (atomic_load(&seen.seen) < 1)
		sleep_ns(TROUPE_MS);
	troupe_counters counters;
	CHECK_OK(troupe_counters_read(f.system, &counters));
	CHECK_EQ(counters.crashes, LIVES);
	CHECK_EQ(counters.restarts, LIVES);
	CHECK_OK(troupe_stop_wait(top, LIMIT));
	fixture_finish(&f);
	check_nothing_left(files);
}

/* ---------------------------------------------------------------------------------------------------- the system's end -- */

TEST(process_deaths, a_system_ends_its_processes_in_order)
{
	enum { PLAYERS = 8 };
	int files = count_files();

	fixture_start(&f, 2);
	troupe_ref sink_ref = sink_spawn(&f, &seen);
	for (int i = 0; i < PLAYERS; i++)
		player_spawn(&f, TROUPE_PROCESS, sink_ref, i);
	fixture_finish(&f);
	CHECK(!fixture_logged(&f, "crashed"));
	check_nothing_left(files);
}

TEST(process_deaths, one_that_hangs_does_not_outlive_the_system)
{
	int files = count_files();

	fixture_start(&f, 2);
	troupe_ref player = player_spawn(&f, TROUPE_PROCESS, sink_spawn(&f, &seen), 0);
	pid_of(player);
	say(player, HANG, 0);
	CHECK_EQ(troupe_finish(f.system, 400 * TROUPE_MS), TROUPE_ETIMEOUT);
	fixture_check_ledger(&f);
	CHECK(fixture_logged(&f, "in the way of the end: actor player"));
	check_nothing_left(files);
}

TEST(process_deaths, of_it_the_program_need_not_hear)
{
	int files = count_files();

	CHECK_OK(sigaction(SIGCHLD, &(struct sigaction){ .sa_handler = SIG_IGN }, NULL)); /* who dies is reaped at once */
	fixture_start(&f, 2);
	troupe_ref player = player_spawn(&f, TROUPE_PROCESS, sink_spawn(&f, &seen), 0);
	kill(pid_of(player), SIGKILL);
	CHECK_OK(troupe_wait_end(player, LIMIT, NULL));
	player_spawn(&f, TROUPE_PROCESS, (troupe_ref){ 0 }, 0);
	fixture_finish(&f);
	CHECK(fixture_logged(&f, "how is not known"));
	check_nothing_left(files);
}

/* ------------------------------------------------------------------------------------------------------ none to be had -- */

TEST(process_deaths, no_descriptors_is_a_status)
{
	struct rlimit limit, before;
	troupe_ref ref;

	fixture_start(&f, 2);
	CHECK_OK(getrlimit(RLIMIT_NOFILE, &before));
	limit = before;
	limit.rlim_cur = 3;
	CHECK_OK(setrlimit(RLIMIT_NOFILE, &limit));
	troupe_status status = troupe_spawn(f.system, &player_of[TROUPE_PROCESS], &(struct player){ 0 }, &ref);
	CHECK_OK(setrlimit(RLIMIT_NOFILE, &before));
	CHECK_EQ(status, TROUPE_ETHREAD);
	fixture_finish(&f);
	CHECK_EQ(f.ledger.sent, 0);
}

TEST(process_deaths, the_process_has_none_of_our_files)
{
	fixture_start(&f, 2);
	troupe_ref player = player_spawn(&f, TROUPE_PROCESS, sink_spawn(&f, &seen), 0);
	say(player, OPEN_FILES, 0);
	fixture_settle(&f);
	CHECK_EQ(seen.count, 1);
	CHECK(seen.numbers[0] <= 4); /* the standard ones, and the one to us */
	fixture_finish(&f);
}
