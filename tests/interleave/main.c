/* SPDX-License-Identifier: MIT */
/* A scenario's program: run it for many schedules, find a seeded fault, or replay one seed. */
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "engine.h"

enum { ROTATE = STRATEGY_RANDOM + 1, SEEDS_MAX = 1000, MEASURED = 32, PROGRESS_EVERY = 20000, TWICE_EVERY = 256 };

static const char *const strategy_names[] = { "lazy", "pct", "pos", "random", "rotate" };
static const char *const model_names[] = { "sc", "tso" };

static struct {
	uint64_t schedules, seed;
	unsigned hunt;     /* seeds to look for a fault with; 0: there is to be none */
	unsigned patience; /* give up after so many seeds that did not find it; 0: never */
	int strategy;
	bool sc, tso;
	bool replay, quiet;
} want = { .schedules = 10000, .seed = 1, .strategy = ROTATE, .sc = true, .tso = true };

static uint64_t steps_made, schedules_made;

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static bool run(uint64_t seed)
{
	engine.strategy = want.strategy == ROTATE ? (enum strategy)(seed % STRATEGIES_ROTATED) : (enum strategy)want.strategy;
	bool failed = engine_run(seed);
	steps_made += engine.steps;
	schedules_made++;
	return failed;
}

/* How long a schedule is: PCT spreads its changes over it. The same at each start, so that a seed alone replays. */
static void measure(void)
{
	unsigned sum = 0;

	engine.strategy = STRATEGY_RANDOM;
	for (unsigned i = 0; i < MEASURED; i++) {
		engine_run(i);
		sum += engine.steps;
	}
	strategy_measure(sum / MEASURED);
}

static void explain(uint64_t seed)
{
	printf("%s fails: %s\n", scenario.name, engine.failure.what);
	printf("   replay: --model %s --strategy %s --replay %" PRIu64 "\n", model_names[engine.model],
	       strategy_names[engine.strategy], seed);
	struct shrunk shrunk = shrink(seed);
	printf("   shrunk: %u -> %u context switches, %u -> %u steps, in %u runs\n", shrunk.switches_before, shrunk.switches_after,
	       shrunk.steps_before, shrunk.steps_after, shrunk.runs);
	story_print();
}

static void show_progress(uint64_t done)
{
	if (isatty(STDERR_FILENO) && done % PROGRESS_EVERY == 0)
		fprintf(stderr, "\r%-24s %-3s %10" PRIu64 " of %" PRIu64 " ", scenario.name, model_names[engine.model], done,
		        want.schedules);
}

/* The code under test has followed a pointer to nowhere: that schedule has failed, and others may follow. */
static void crashed(int number)
{
	engine_fail(number == SIGABRT ? "abort was called" : "a crash: a pointer that leads nowhere", NULL, NULL);
}

static void catch_crashes(void)
{
	static const int numbers[] = { SIGSEGV, SIGBUS, SIGABRT };
	static unsigned char stack[64 * 1024];

	sigaltstack(&(stack_t){ .ss_sp = stack, .ss_size = sizeof stack }, NULL);
	for (unsigned i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
		sigaction(numbers[i], &(struct sigaction){ .sa_handler = crashed, .sa_flags = SA_ONSTACK | SA_NODEFER }, NULL);
}

/* ------------------------------------------------------------------------------------------- there is to be no fault -- */

/* The same seed is the same schedule, or no failure could be replayed: some are run twice. */
static bool is_repeated(uint64_t seed)
{
	static uint8_t choices[STEPS_MAX];
	unsigned steps = engine.steps;

	memcpy(choices, engine.choices, steps);
	if (!run(seed) && engine.steps == steps && memcmp(choices, engine.choices, steps) == 0)
		return true;
	printf("%s: seed %" PRIu64 " gives another schedule the second time\n", scenario.name, seed);
	return false;
}

static int explore(enum model model)
{
	double from = seconds();

	engine.model = model;
	steps_made = schedules_made = 0;
	measure();
	for (uint64_t i = 0; i < want.schedules; i++) {
		uint64_t seed = want.seed * 1000000007 + i;
		show_progress(i);
		if (run(seed)) {
			explain(seed);
			return 1;
		}
		if (i % TWICE_EVERY == 0 && !is_repeated(seed))
			return 1;
	}
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r%79s\r", "");
	double passed = seconds() - from;
	printf("%-20s %-3s clean: %" PRIu64 " schedules, %.0f steps each, %.0f schedules a second\n", scenario.name,
	       model_names[model], schedules_made, (double)steps_made / (double)schedules_made, (double)schedules_made / passed);
	return 0;
}

/* ------------------------------------------------------------------------------------------------------ there is one -- */

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Schedules until it fails; 0: not within the bound. */
static uint64_t hunt_once(uint64_t seeds, const char **what)
{
	for (uint64_t i = 0; i < want.schedules; i++)
		if (run(seeds * 1000000007 + i)) {
			*what = engine.failure.what;
			return i + 1;
		}
	return 0;
}

static int hunt(enum model model)
{
	static uint64_t needed[SEEDS_MAX];
	const char *what = "never";
	unsigned found = 0, tried = 0;

	engine.model = model;
	measure();
	for (; tried < want.hunt && (want.patience == 0 || tried - found < want.patience); tried++)
		if ((needed[found] = hunt_once(want.seed + tried, &what)) != 0)
			found++;
	qsort(needed, found, sizeof needed[0], compare);
	printf("%s %s %s found %u of %u median %" PRIu64 " max %" PRIu64 " : %s\n", scenario.name, model_names[model],
	       strategy_names[want.strategy], found, tried, found > 0 ? needed[found / 2] : 0,
	       found > 0 ? needed[found - 1] : 0, what);
	return found == want.hunt ? 0 : 1;
}

/* ---------------------------------------------------------------------------------------------------------- options -- */

static int replay(enum model model)
{
	engine.model = model;
	measure();
	if (!run(want.seed)) {
		printf("%s: this schedule does not fail\n", scenario.name);
		return 0;
	}
	explain(want.seed);
	return 1;
}

static int number_of(const char *word, const char *const *words, int count)
{
	for (int i = 0; i < count; i++)
		if (strcmp(word, words[i]) == 0)
			return i;
	fprintf(stderr, "%s: not known\n", word);
	exit(2);
}

static void read_model(const char *word)
{
	want.sc = want.tso = strcmp(word, "both") == 0;
	if (!want.sc)
		*(number_of(word, model_names, 2) == MODEL_SC ? &want.sc : &want.tso) = true;
}

static void usage(void)
{
	printf("Usage: [--schedules N] [--model sc|tso|both] [--strategy lazy|pct|pos|random|rotate] [--seed N]\n"
	       "       [--hunt SEEDS]   a fault was seeded: how many schedules until it is found? [--patience MISSES]\n"
	       "       [--replay SEED]  with the --model and --strategy that were printed: this one schedule, its story\n");
}

static bool read_option(int option, const char *value)
{
	switch (option) {
	case 'n': want.schedules = strtoull(value, NULL, 10); break;
	case 'm': read_model(value); break;
	case 's': want.strategy = number_of(value, strategy_names, 5); break;
	case 'S': want.seed = strtoull(value, NULL, 10); break;
	case 'p': want.patience = (unsigned)strtoul(value, NULL, 10); break;
	case 'h': want.hunt = (unsigned)strtoul(value, NULL, 10); break;
	case 'r': want.seed = strtoull(value, NULL, 10), want.replay = true; break;
	default: return false;
	}
	return want.hunt <= SEEDS_MAX;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "schedules", 1, NULL, 'n' }, { "model", 1, NULL, 'm' }, { "strategy", 1, NULL, 's' }, { "seed", 1, NULL, 'S' },
		{ "hunt", 1, NULL, 'h' }, { "patience", 1, NULL, 'p' }, { "replay", 1, NULL, 'r' }, { 0 },
	};
	int option, result = 0;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (!read_option(option, optarg)) {
			usage();
			return 2;
		}
	catch_crashes();
	int (*act)(enum model) = want.replay ? replay : want.hunt > 0 ? hunt : explore;
	if (want.sc)
		result |= act(MODEL_SC);
	if (want.tso && result == 0)
		result |= act(MODEL_TSO);
	return result;
}
