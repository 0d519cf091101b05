/* SPDX-License-Identifier: MIT */
/* What the signal handler contains, and what it passes on: H1 to H4. */
#include "actors/crash.h"

#include <sys/wait.h>
#include <unistd.h>

#include "base/callback.h"
#include "stage.h"
#include "support/faults.h"

static struct stage s;
static atomic_int asked;

static const troupe_behaviour contained = { .name = "contained", .receive = player_receive, .isolation = TROUPE_CONTAINED };

static uint64_t crashes(void)
{
	troupe_counters counters;

	CHECK_OK(troupe_counters_read(s.system, &counters));
	return counters.crashes;
}

/* As a child process: what it said, and how it ended. */
static int ends(void (*body)(void), char *said, size_t size)
{
	int pipes[2], status;
	size_t length = 0;

	CHECK_OK(pipe(pipes));
	pid_t child = fork();
	if (child == 0) {
		dup2(pipes[1], STDERR_FILENO);
		close(pipes[0]);
		close(pipes[1]);
		body();
		_exit(0);
	}
	close(pipes[1]);
	for (ssize_t n; length < size - 1 && (n = read(pipes[0], said + length, size - 1 - length)) > 0;)
		length += (size_t)n;
	said[length] = 0;
	close(pipes[0]);
	CHECK(waitpid(child, &status, 0) == child);
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void check_dies(void (*body)(void), int signal, const char *word)
{
	char said[4096];

	if (TEST_WITH_TSAN) /* which refuses threads in a forked process */
		return;
	int ended_by = ends(body, said, sizeof said);

	cr_assert(ended_by == signal, "ended by %d, not %d; said: %s", ended_by, signal, said);
	cr_assert(strstr(said, word) != NULL, "said \"%s\", not \"%s\"", said, word);
}

static void check_contains(part *play, void *argument)
{
	stage_start(&s, 1);
	perform(&s, spawned(&s, &contained), play, argument);
	CHECK_EQ(crashes(), 1);
	CHECK_EQ(stage_letters(&s, TROUPE_ECRASHED), 1);
	stage_finish(&s);
}

static void have(const troupe_behaviour *behaviour, part *play)
{
	stage_start(&s, 1);
	troupe_ref one = spawned(&s, &contained), other = spawned(&s, behaviour);
	perform(&s, one, play_wait, &(struct barrier){ .open = 1 });
	perform(&s, other, play, NULL);
	stage_finish(&s);
}

/* ------------------------------------------------------------------------------------------------- H1: whose actor -- */

static troupe_verdict play_null(troupe_actor *me, void *argument)
{
	(void)me, (void)argument;
	fault_make(FAULT_NULL);
	return TROUPE_HANDLED;
}

static void plain_actor(void)
{
	have(&player_behaviour, play_null);
}

TEST(crash, of_a_plain_actor_ends_the_process)
{
	check_dies(plain_actor, SIGSEGV, "troupe: SIGSEGV at (nil), pc 0x");
	check_dies(plain_actor, SIGSEGV, "in a turn of actor player; not contained: the actor is not contained");
}

static void *crash_thread(void *argument)
{
	fault_make(FAULT_NULL);
	return argument;
}

static void plain_thread(void)
{
	pthread_t thread;
	stage_start(&s, 1);
	perform(&s, spawned(&s, &contained), play_null, NULL);
	CHECK_OK(pthread_create(&thread, NULL, crash_thread, NULL));
	pthread_join(thread, NULL);
}

TEST(crash, of_a_plain_thread_ends_the_process)
{
	check_dies(plain_thread, SIGSEGV, "");
}

/* --------------------------------------------------------------------------------------------------- H2: whose code -- */

static troupe_verdict play_send_nowhere(troupe_actor *me, void *argument)
{
	(void)argument;
	troupe_ignore(troupe_send_bytes(me->ref, PLAY, (const void *)(uintptr_t)16, 16));
	return TROUPE_HANDLED;
}

static void in_the_library(void)
{
	have(&contained, play_send_nowhere);
}

static troupe_verdict play_send_much_nowhere(troupe_actor *me, void *argument)
{
	(void)argument;
	troupe_ignore(troupe_send_bytes(me->ref, PLAY, (const void *)(uintptr_t)16, 200));
	return TROUPE_HANDLED;
}

static void in_libc_for_the_library(void)
{
	have(&contained, play_send_much_nowhere);
}

TEST(crash, in_the_library_ends_the_process)
{
	check_dies(in_the_library, SIGSEGV, "not contained: inside the library");
	check_dies(in_libc_for_the_library, SIGSEGV, "not contained: inside the library");
}

static void crash_in_log(const char *line)
{
	(void)line;
	fault_make(FAULT_NULL);
}

static troupe_verdict play_fail(troupe_actor *me, void *argument)
{
	(void)argument;
	return troupe_fail(me, TROUPE_EUSER);
}

static void in_the_log_hook(void)
{
	stage_start(&s, 1);
	s.logged = crash_in_log;
	perform(&s, spawned(&s, &contained), play_fail, NULL);
}

static void crash_in_dead_letter(void *context, const troupe_dead_letter *letter)
{
	(void)context, (void)letter;
	fault_make(FAULT_NULL);
}

static troupe_verdict play_send_to_nobody(troupe_actor *me, void *argument)
{
	(void)me, (void)argument;
	troupe_ignore(troupe_send_bytes((troupe_ref){ 77 }, PLAY, NULL, 0));
	return TROUPE_HANDLED;
}

static void in_the_dead_letter_hook(void)
{
	troupe_options options = stage_options(&s, 1);
	options.dead_letter = crash_in_dead_letter;
	CHECK_OK(troupe_start(&options, &s.system));
	perform(&s, spawned(&s, &contained), play_send_to_nobody, NULL);
}

static void crash_in_release(void *bytes)
{
	(void)bytes;
	fault_make(FAULT_NULL);
}

static troupe_verdict play_drop(troupe_actor *me, void *argument)
{
	(void)me, (void)argument;
	void *payload = troupe_new(16, crash_in_release);
	troupe_free(payload);
	return TROUPE_HANDLED;
}

static void in_a_release(void)
{
	have(&contained, play_drop);
}

TEST(crash, in_a_hook_ends_the_process)
{
	check_dies(in_the_log_hook, SIGSEGV, "not contained: in a hook or a release function");
	check_dies(in_the_dead_letter_hook, SIGSEGV, "not contained: in a hook or a release function");
	check_dies(in_a_release, SIGSEGV, "not contained: in a hook or a release function");
}

static troupe_verdict play_call_nowhere(troupe_actor *me, void *argument)
{
	void (*volatile nowhere)(void) = NULL;

	(void)me, (void)argument;
	nowhere();
	return TROUPE_HANDLED;
}

#if defined(__x86_64__) && !TEST_WITH_ASAN && !TEST_WITH_TSAN
TEST(crash, a_call_to_nowhere_is_the_callers)
{
	check_contains(play_call_nowhere, NULL);
	CHECK(stage_logged(&s, "SIGSEGV at 0x0; calls: 0x0 "));
}
#endif

/* The runtime calls a receive that is none. */
static void library_calls_nowhere(void)
{
	troupe_behaviour broken = contained;
	stage_start(&s, 1);
	troupe_ref actor = spawned(&s, &broken);
	perform(&s, actor, play_wait, &(struct barrier){ .open = 1 });
	broken.receive = (troupe_receive *)NULL;
	perform(&s, actor, play_wait, NULL);
}

TEST(crash, a_call_of_the_library_to_nowhere_ends_the_process)
{
	(void)play_call_nowhere;
	check_dies(library_calls_nowhere, SIGSEGV, "not contained: ");
}

/* ---------------------------------------------------------------------------------------------------- H3: libc's code -- */

static troupe_verdict play_strlen(troupe_actor *me, void *argument)
{
	size_t (*volatile measure)(const char *) = strlen;

	(void)me, (void)argument;
	fault_result = (int)measure((const char *)(uintptr_t)16);
	return TROUPE_HANDLED;
}

static troupe_verdict play_printf(troupe_actor *me, void *argument)
{
	char line[64];
	const char *volatile nowhere = (const char *)(uintptr_t)16;

	(void)me, (void)argument;
	fault_result = snprintf(line, sizeof line, "%s", nowhere);
	return TROUPE_HANDLED;
}

static void in_printf(void)
{
	have(&contained, play_printf);
}

static troupe_verdict play_free_twice(troupe_actor *me, void *argument)
{
	(void)me, (void)argument;
	void *volatile block = malloc(5000), *volatile guard = malloc(16);
	free(block);
	free(block);
	free(guard);
	return TROUPE_HANDLED;
}

static void in_free(void)
{
	have(&contained, play_free_twice);
}

#if !TEST_WITH_ASAN && !TEST_WITH_TSAN /* these have functions of their own in the place of libc's */
TEST(crash, in_strlen_is_the_handlers)
{
	check_contains(play_strlen, NULL);
}

TEST(crash, deeper_in_libc_ends_the_process)
{
	check_dies(in_printf, SIGSEGV, "not contained: inside the C library");
	check_dies(in_free, SIGABRT, "not contained: inside the C library");
}
#endif

static troupe_verdict play_raise(troupe_actor *me, void *argument)
{
	(void)me;
	raise((int)(intptr_t)argument);
	return TROUPE_HANDLED;
}

TEST(crash, raised_by_the_handler)
{
	(void)play_strlen, (void)in_printf, (void)in_free;
	check_contains(play_raise, (void *)SIGABRT);
	check_contains(play_raise, (void *)SIGBUS);
}

static troupe_verdict play_assert(troupe_actor *me, void *argument)
{
	(void)me, (void)argument;
	assert(fault_zero == 1);
	return TROUPE_HANDLED;
}

TEST(crash, by_assert)
{
	check_contains(play_assert, NULL);
}

static void sent_from_outside(void)
{
	static struct barrier barrier;
	stage_start(&s, 1);
	hold(&barrier, spawned(&s, &contained));
	pid_t child = fork();
	if (child == 0) {
		kill(getppid(), SIGSEGV);
		_exit(0);
	}
	pause();
}

TEST(crash, sent_by_another_process_ends_this_one)
{
	check_dies(sent_from_outside, SIGSEGV, "");
}

/* ------------------------------------------------------------------------------------------------- H4: how many of them -- */

static void crash_often(uint64_t max, int64_t within_ns, int times)
{
	troupe_options options = stage_options(&s, 1);
	options.crashes_max = max;
	options.crashes_within_ns = within_ns;
	CHECK_OK(troupe_start(&options, &s.system));
	for (int i = 0; i < times; i++)
		perform(&s, spawned(&s, &contained), play_null, NULL);
	CHECK_EQ(crashes(), times);
	stage_finish(&s);
}

static void one_too_many(void)
{
	crash_often(3, INT64_MAX, 4);
}

TEST(crash, too_many_end_the_process)
{
	crash_often(3, INT64_MAX, 3);
	check_dies(one_too_many, SIGSEGV, "not contained: there were too many crashes in too short a time");
	crash_often(1, 1, 20); /* within a nanosecond there is one */
	crash_often(UINT64_MAX, INT64_MAX, 20);
}

/* ------------------------------------------------------------------------------------------------- who handled it before -- */

static void end_well(int number)
{
	(void)number;
	_exit(asked == 0 ? 0 : 1);
}

static void end_well_with_info(int number, siginfo_t *info, void *context)
{
	(void)context;
	_exit(number == SIGSEGV && info->si_addr == NULL ? 0 : 1);
}

static void with_handler(void)
{
	struct sigaction action = { .sa_handler = end_well };
	CHECK_OK(sigaction(SIGSEGV, &action, NULL));
	have(&player_behaviour, play_null);
	_exit(2);
}

static void with_handler_of_info(void)
{
	struct sigaction action = { .sa_sigaction = end_well_with_info, .sa_flags = SA_SIGINFO };
	CHECK_OK(sigaction(SIGSEGV, &action, NULL));
	have(&player_behaviour, play_null);
	_exit(2);
}

static void exits_well(void (*body)(void))
{
	int status;

	if (TEST_WITH_TSAN)
		return;
	pid_t child = fork();
	if (child == 0)
		body();
	CHECK(waitpid(child, &status, 0) == child);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

TEST(crash, goes_to_who_handled_it_before)
{
	exits_well(with_handler);
	exits_well(with_handler_of_info);
}

static struct sigaction action_of(int number)
{
	struct sigaction action;

	CHECK_OK(sigaction(number, NULL, &action));
	return action;
}

TEST(crash, handlers_come_with_the_first_contained_actor)
{
	stage_start(&s, 1);
	void (*first)(int) = action_of(SIGILL).sa_handler;
	perform(&s, player(&s), play_wait, &(struct barrier){ .open = 1 });
	CHECK(action_of(SIGILL).sa_handler == first);
	perform(&s, spawned(&s, &contained), play_wait, &(struct barrier){ .open = 1 });
	struct sigaction ours = action_of(SIGILL);
	CHECK(ours.sa_handler != first);
	perform(&s, spawned(&s, &contained), play_wait, &(struct barrier){ .open = 1 });
	CHECK(action_of(SIGILL).sa_sigaction == ours.sa_sigaction);
	stage_finish(&s);
}

TEST(crash, signals_have_names)
{
	CHECK_STR_EQ(troupei_crash_signal_name(SIGSEGV), "SIGSEGV");
	CHECK_STR_EQ(troupei_crash_signal_name(SIGABRT), "SIGABRT");
	CHECK_STR_EQ(troupei_crash_signal_name(SIGFPE), "SIGFPE");
}
