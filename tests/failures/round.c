/* SPDX-License-Identifier: MIT */
/* The process of a round, its end, and what must be as it was. */
#include "failures/round.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"

#if defined(__SANITIZE_ADDRESS__)
int __lsan_do_recoverable_leak_check(void);
const char *__asan_default_options(void);
/* Signals are the scenarios'. */
__attribute__((visibility("default"))) const char *__asan_default_options(void)
{
	return "handle_segv=0:handle_sigbus=0:handle_abort=0:handle_sigfpe=0:handle_sigill=0:use_sigaltstack=0:"
	       "detect_stack_use_after_return=0";
}
#endif

enum { TRIES = 2000 };

static int output = -1; /* a file that lies in memory */

void rounds_begin(void)
{
	sigset_t child;

	injection = mmap(NULL, sizeof *injection, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	output = memfd_create("output", MFD_CLOEXEC);
	if (injection == MAP_FAILED || output < 0) {
		perror("failures");
		exit(2);
	}
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
}

/* -------------------------------------------------------------------------------------------------------- the child -- */

static unsigned entries(const char *folder)
{
	DIR *directory = opendir(folder);
	unsigned count = 0;

	while (directory != NULL && readdir(directory) != NULL)
		count++;
	if (directory != NULL)
		closedir(directory);
	return count;
}

/* The kernel lets go of a thread a moment after it was joined. */
static void await_entries(const char *folder, unsigned wanted, const char *what)
{
	unsigned now = entries(folder);

	for (int i = 0; i < TRIES && now > wanted; i++) {
		nanosleep(&(struct timespec){ .tv_nsec = 500000 }, NULL);
		now = entries(folder);
	}
	if (now > wanted)
		fail_round("%u %s more than before", now - wanted, what);
}

static void check_nothing_left(unsigned descriptors, unsigned threads)
{
	await_entries("/proc/self/task", threads, "threads");
	await_entries("/proc/self/fd", descriptors, "descriptors");
	if (waitpid(-1, NULL, WNOHANG) != -1 || errno != ECHILD)
		fail_round("a child process is left");
#if defined(__SANITIZE_ADDRESS__)
	if (__lsan_do_recoverable_leak_check() != 0)
		fail_round("memory is left");
#endif
}

static void be_round(const struct scenario *scenario)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setenv("TROUPE_ALLOC", scenario->own_blocks ? "own" : "malloc", 1);
	unsigned descriptors = entries("/proc/self/fd"), threads = entries("/proc/self/task");
	troupei_memory_fail_by(inject_allocation);
	injection->armed = true;
	scenario->run();
	injection->armed = false;
	check_nothing_left(descriptors, threads);
}

/* ------------------------------------------------------------------------------------------------------- the parent -- */

static void prepare(const struct plan *plan)
{
	injection->plan = *plan;
	injection->armed = injection->wrong = false;
	injection->hits = injection->frame_count = 0;
	injection->mapped = 0;
	injection->said[0] = 0;
	for (unsigned call = 0; call < CALL_COUNT; call++)
		injection->count[call] = 0;
	if (ftruncate(output, 0) != 0 || lseek(output, 0, SEEK_SET) != 0)
		perror("failures");
}

/* False: it runs still. */
static bool await_end(pid_t pid, int *status)
{
	const struct timespec limit = { .tv_sec = ROUND_SECONDS };
	sigset_t child;
	pid_t ended;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	while ((ended = waitpid(pid, status, WNOHANG)) == 0)
		if (sigtimedwait(&child, NULL, &limit) < 0 && errno == EAGAIN)
			break;
	if (ended == 0) {
		kill(pid, SIGKILL);
		waitpid(pid, status, 0);
	}
	return ended != 0;
}

static void describe_end(int status, struct round *out)
{
	size_t used = 0;

	if (out->verdict == ROUND_HANGS)
		used += (size_t)snprintf(out->output, sizeof out->output, "it hangs\n");
	else if (WIFSIGNALED(status))
		used += (size_t)snprintf(out->output, sizeof out->output, "it crashed: signal %d\n", WTERMSIG(status));
	else if (!injection->wrong)
		used += (size_t)snprintf(out->output, sizeof out->output, "it ended with exit code %d\n", WEXITSTATUS(status));
	ssize_t more = pread(output, out->output + used, sizeof out->output - used - 1, 0);
	out->output[used + (more > 0 ? (size_t)more : 0)] = 0;
}

void run_round(const struct scenario *scenario, const struct plan *plan, struct round *out)
{
	int status = 0;

	prepare(plan);
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		dup2(output, STDOUT_FILENO);
		dup2(output, STDERR_FILENO);
		be_round(scenario);
		_exit(0);
	}
	if (pid < 0) {
		perror("failures: fork");
		exit(2);
	}
	bool ended = await_end(pid, &status);
	bool right = ended && WIFEXITED(status) && WEXITSTATUS(status) == 0 && !injection->wrong;
	out->verdict = right ? ROUND_RIGHT : ended ? ROUND_WRONG : ROUND_HANGS;
	out->hits = injection->hits;
	out->mapped = injection->mapped;
	out->output[0] = 0;
	if (!right)
		describe_end(status, out);
}

void run_round_here(const struct scenario *scenario, const struct plan *plan)
{
	prepare(plan);
	be_round(scenario);
	printf("%u failures%s\n", injection->hits, injection->wrong ? ": wrong" : "");
}
