/* SPDX-License-Identifier: MIT */
/* A thread that watches: a round which does not end is a finding, and the program is aborted so that a debugger or a core
 * file can show where it stands. It also shows progress. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "round.h"

#define ROUND_SECONDS_MAX 60.0 /* times process_slow */

static pthread_t thread;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wake = PTHREAD_COND_INITIALIZER;
static bool ending;
static const char *phase_now;
static double round_began;

void watchdog_round(const char *phase)
{
	pthread_mutex_lock(&lock);
	if (phase_now == NULL)
		round_began = report_elapsed();
	phase_now = phase;
	pthread_mutex_unlock(&lock);
}

static void __attribute__((noreturn)) hang(const char *phase)
{
	finding("the round has not ended after %.0f s: it hangs in the phase '%s'", ROUND_SECONDS_MAX * process_slow(), phase);
	worlds_describe();
	report_end(false);
	abort();
}

static void watch(void)
{
	double limit = ROUND_SECONDS_MAX * process_slow();

	if (phase_now != NULL && report_elapsed() - round_began > limit) {
		const char *phase = phase_now;
		pthread_mutex_unlock(&lock);
		hang(phase);
	}
}

static void show(void)
{
	static double shown;
	bool terminal = isatty(config.json ? STDERR_FILENO : STDOUT_FILENO) != 0;

	if (report_elapsed() - shown < (terminal ? 0.25 : 10.0))
		return;
	shown = report_elapsed();
	report_progress(false);
}

static void *watchdog_main(void *unused)
{
	struct timespec until;

	pthread_mutex_lock(&lock);
	while (!ending) {
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += 100 * TROUPE_MS;
		until.tv_sec += until.tv_nsec / TROUPE_S;
		until.tv_nsec %= TROUPE_S;
		pthread_cond_timedwait(&wake, &lock, &until);
		watch();
		show();
	}
	pthread_mutex_unlock(&lock);
	return unused;
}

void watchdog_start(void)
{
	if (pthread_create(&thread, NULL, watchdog_main, NULL) != 0) {
		perror("troupe-stress: no thread");
		exit(2);
	}
}

void watchdog_stop(void)
{
	pthread_mutex_lock(&lock);
	ending = true;
	pthread_cond_signal(&wake);
	pthread_mutex_unlock(&lock);
	pthread_join(thread, NULL);
}
