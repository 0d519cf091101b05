/* SPDX-License-Identifier: MIT */
/* Rounds until the time is over, then the report. */
#include <signal.h>
#include <stdlib.h>

#include "round.h"

struct config config = { .seconds = 10, .actors = 1000 };
struct totals totals;

#define MEMORY_KEPT (64u << 20) /* two slabs of 2 MB are kept of each of six sizes, and threads hold some blocks */

static _Atomic bool signalled;

static void on_signal(int number)
{
	(void)number;
	atomic_store_explicit(&signalled, true, memory_order_relaxed);
}

bool interrupted(void)
{
	return atomic_load_explicit(&signalled, memory_order_relaxed);
}

/* The first signal ends the run in order, a second one at once. */
static void catch_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

static bool time_is_over(uint64_t rounds)
{
	if (interrupted())
		return true;
	return config.rounds_max != 0 ? rounds >= config.rounds_max : rounds > 0 && report_elapsed() >= config.seconds;
}

int main(int count, char **arguments)
{
	options_read(count, arguments);
	report_elapsed();
	catch_signals();
	crash_watch();
	books_open();
	watchdog_start();
	uint64_t seed = config.seed;
	for (uint64_t rounds = 0; !time_is_over(rounds); rounds++) {
		round_run(seed);
		seed = dice_mix(seed + 1);
	}
	watchdog_stop();
	if (troupe_memory_bytes() > MEMORY_KEPT)
		finding("no system is left, but %llu MB of message memory", (unsigned long long)(troupe_memory_bytes() >> 20));
	report_end(interrupted());
	return findings_count() == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
