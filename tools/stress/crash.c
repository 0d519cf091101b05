/* SPDX-License-Identifier: MIT */
/* A crash must name its seed too: the line that repeats the round is made ready when the round begins, and written by
 * whatever ends the program. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "round.h"

/* Sanitizers have it; elsewhere it is NULL. */
void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

/* Signals are Troupe's to contain, not the sanitizers' to report. What the environment says comes after this. */
const char *__asan_default_options(void);
const char *__tsan_default_options(void);

#define OWN_SIGNALS "handle_segv=0:handle_sigbus=0:handle_abort=0:handle_sigfpe=0:handle_sigill=0:"

const char *__asan_default_options(void)
{
	return OWN_SIGNALS "use_sigaltstack=0:detect_stack_use_after_return=0";
}

const char *__tsan_default_options(void)
{
	return OWN_SIGNALS "history_size=4:exitcode=66";
}

static char lines[2][512]; /* one is shown while the next is written */
static const char *_Atomic line;

static void on_death(void)
{
	const char *text = atomic_load(&line);

	if (text != NULL && write(STDERR_FILENO, text, strlen(text)) < 0)
		return;
}

static void on_fault(int number)
{
	struct sigaction by_default = { .sa_handler = SIG_DFL };

	/* Troupe's handler may have come first, and calls this one: then it is not gone by itself. */
	sigaction(number, &by_default, NULL);
	on_death();
	raise(number);
}

void crash_watch(void)
{
	static const int faults[] = { SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL };
	struct sigaction action = { .sa_handler = on_fault, .sa_flags = (int)SA_RESETHAND };

	if (__sanitizer_set_death_callback != NULL)
		__sanitizer_set_death_callback(on_death);
	for (unsigned i = 0; i < sizeof faults / sizeof *faults; i++)
		sigaction(faults[i], &action, NULL);
}

void crash_round(uint64_t seed)
{
	char *next = atomic_load(&line) == lines[0] ? lines[1] : lines[0];

	snprintf(next, sizeof lines[0],
	         "\nCRASH\n    round seed: %llu\n    repeat: %s --seed %llu --rounds 1 --actors %u --workers %u%s%s\n",
	         (unsigned long long)seed, config.program, (unsigned long long)seed, config.actors, config.workers,
	         config.families != NULL ? " --families " : "", config.families != NULL ? config.families : "");
	atomic_store(&line, next);
}
