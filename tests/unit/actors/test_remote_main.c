/* SPDX-License-Identifier: MIT */
/* A child process from its first step to its last: what it has of the parent's, and that it does not outlive it. */
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "actors/remote.h"
#include "stage.h"

enum { BIG = 500 };

static struct stage s;
static int64_t *page; /* shared */

static void share(void)
{
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(page != MAP_FAILED);
}

static troupe_verdict sum_state(troupe_actor *me, const troupe_message *m)
{
	const unsigned char *bytes = me->state;
	(void)m;
	for (int64_t i = 0; i < page[1]; i++)
		page[0] += bytes[i];
	page[2] = (int64_t)((uintptr_t)bytes % 8);
	return TROUPE_HANDLED;
}

static void sums(uint32_t size)
{
	unsigned char initial[BIG];
	troupe_behaviour apart = { .receive = sum_state, .state_size = size, .isolation = TROUPE_PROCESS };
	troupe_ref ref;
	int64_t sum = 0;
	for (uint32_t i = 0; i < size; i++)
		sum += initial[i] = (unsigned char)(i + 1);
	stage_start(&s, 1);
	page[0] = 0;
	page[1] = size;
	CHECK_OK(troupe_spawn(s.system, &apart, initial, &ref));
	CHECK_OK(troupe_send_bytes(ref, 1, NULL, 0));
	stage_settle(&s);
	CHECK_EQ(page[0], sum);
	CHECK_EQ(page[2], 0);
	stage_finish(&s);
}

TEST(remote_main, the_state_is_there_wherever_it_lies)
{
	share();
	sums(1);
	sums(CELL_STATE_SIZE);
	sums(CELL_STATE_SIZE + 1);
	sums(BIG);
}

static volatile int64_t program_wide = 5;

static troupe_verdict look(troupe_actor *me, const troupe_message *m)
{
	struct sigaction action;
	sigset_t mask;
	(void)me, (void)m;
	page[0] = program_wide;
	program_wide = 6;
	CHECK_OK(sigaction(SIGUSR1, NULL, &action));
	page[1] = action.sa_handler == SIG_DFL;
	CHECK_OK(sigaction(SIGUSR2, NULL, &action));
	page[2] = action.sa_handler == SIG_IGN;
	CHECK_OK(pthread_sigmask(SIG_SETMASK, NULL, &mask));
	page[3] = sigismember(&mask, SIGTERM);
	return TROUPE_HANDLED;
}

static void ignore_it(int signal)
{
	(void)signal;
}

TEST(remote_main, it_has_the_programs_memory_but_not_its_signal_handlers)
{
	static const troupe_behaviour apart = { .receive = look, .isolation = TROUPE_PROCESS };
	share();
	stage_start(&s, 1);
	program_wide = 7;
	CHECK_OK(sigaction(SIGUSR1, &(struct sigaction){ .sa_handler = ignore_it }, NULL));
	CHECK_OK(sigaction(SIGUSR2, &(struct sigaction){ .sa_handler = SIG_IGN }, NULL));
	troupe_ref ref = spawned(&s, &apart);
	CHECK_OK(troupe_send_bytes(ref, 1, NULL, 0));
	stage_settle(&s);
	CHECK_EQ(page[0], 7);
	CHECK_EQ(program_wide, 7); /* a copy is a copy */
	CHECK_EQ(page[1], 1);
	CHECK_EQ(page[2], 1);
	CHECK_EQ(page[3], 0);
	stage_finish(&s);
}

static troupe_verdict tell_pid(troupe_actor *me, const troupe_message *m)
{
	(void)me, (void)m;
	atomic_store((_Atomic int64_t *)&page[0], getpid());
	return TROUPE_HANDLED;
}

/* A program that is killed while it has a child. */
static void be_killed(void)
{
	static const troupe_behaviour apart = { .receive = tell_pid, .isolation = TROUPE_PROCESS };
	troupe_system system;
	troupe_ref ref;
	if (troupe_start(NULL, &system) != TROUPE_OK || troupe_spawn(system, &apart, NULL, &ref) != TROUPE_OK ||
	    troupe_send_bytes(ref, 1, NULL, 0) != TROUPE_OK)
		_exit(1);
	for (;;)
		pause();
}

TEST(remote_main, no_child_outlives_its_parent)
{
	if (TEST_WITH_TSAN) {
		cr_log_info("skipped: the thread sanitizer starts no threads after a fork");
		return;
	}
	share();
	pid_t program = fork(); /* before there is any thread */
	if (program == 0)
		be_killed();
	int64_t child;
	while ((child = atomic_load((_Atomic int64_t *)&page[0])) == 0)
		sleep_ns(TROUPE_MS);
	CHECK_OK(kill(program, SIGKILL));
	CHECK_EQ(waitpid(program, NULL, 0), program);
	while (kill((pid_t)child, 0) == 0) { /* or a zombie that nobody reaps here: then its state says so */
		char path[64], line[256] = "";
		snprintf(path, sizeof path, "/proc/%d/stat", (int)child);
		FILE *stat = fopen(path, "r");
		bool zombie = stat == NULL || (fgets(line, sizeof line, stat) != NULL && strstr(line, ") Z ") != NULL);
		if (stat != NULL)
			fclose(stat);
		if (zombie)
			break;
		sleep_ns(TROUPE_MS);
	}
}
