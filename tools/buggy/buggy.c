/* SPDX-License-Identifier: MIT */
/* buggy: are the bugs of samples/buggy/ found, and by which strategy how soon; do their fixed twins hold?
 *
 *     build/troupe-buggy                       a random walk finds each bug within 10,000 schedules, each twin passes 2,000
 *                                              schedules of each strategy
 *     build/troupe-buggy --twins 100000        the same with so many
 *     build/troupe-buggy --table [--seeds 20]  the table of docs/explorer.md: schedules to the bug, for each strategy
 *     --only NAME                              of that sample alone
 *
 * The samples' main functions are linked in under their own names, so that each schedule is a call and not a process. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "troupe.h"
#include "troupe/simulate.h"

enum { SEEDS_MAX = 100, APART = 1000000 }; /* between the first schedules of two searches */
#define SCHEDULES_MAX UINT64_C(10000)

#define SAMPLES(X)                                                                                                   \
	X(philosophers) X(lost_update) X(check_then_act) X(stop_before_drain) X(late_reply) X(restart_forgets)      \
	X(timer_race) X(name_reused) X(double_grant) X(credit_cycle) X(join_order) X(starvation)
#define DECLARE(name) int buggy_##name(void), buggy_##name##_fixed(void);
SAMPLES(DECLARE)

struct sample { const char *name; int (*buggy)(void), (*fixed)(void); };
#define ROW(name) { #name, buggy_##name, buggy_##name##_fixed },
static const struct sample samples[] = { SAMPLES(ROW) };
enum { SAMPLES_COUNT = sizeof samples / sizeof *samples };

enum { STRATEGIES_MAX = 16 };
static char strategies[STRATEGIES_MAX][16]; /* their names, by troupe_search_by */
static uint32_t strategies_count;

static uint64_t twins = 2000, seeds = 20;
static const char *only;

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void run_main(void *context)
{
	int (*const *entry)(void) = context;

	if ((*entry)() != 0)
		abort();
}

static troupe_status explore(int (*entry)(void), uint32_t strategy, uint64_t seed, uint64_t schedules, troupe_finding *finding)
{
	return troupe_explore(TROUPE_OPTIONS(troupe_exploration, .strategy = strategy, .seed = seed, .schedules = schedules,
	                                     .flags = TROUPE_NO_SHRINK), run_main, &entry, finding);
}

/* Schedules until something was found; 0: nothing was. */
static uint64_t search(int (*entry)(void), uint32_t strategy, uint64_t seed, uint64_t schedules, troupe_finding *finding)
{
	troupe_status status = explore(entry, strategy, seed, schedules, finding);

	if (status != TROUPE_EFAILED)
		troupe_must(status);
	return status == TROUPE_EFAILED ? finding->schedules : 0;
}

static bool is_known(const char *name)
{
	for (int i = 0; i < SAMPLES_COUNT; i++)
		if (strcmp(name, samples[i].name) == 0)
			return true;
	return false;
}

static bool is_wanted(const struct sample *sample)
{
	return only == NULL || strcmp(only, sample->name) == 0;
}

/* Which strategies has this library? The line that replays a finding begins with the name, or lists the choices. */
static void list_strategies(void)
{
	troupe_finding finding;

	while (strategies_count < STRATEGIES_MAX &&
	       explore(buggy_lost_update, strategies_count, 1, SCHEDULES_MAX, &finding) != TROUPE_EINVAL) {
		bool named = strncmp(finding.replay, "choices", strlen("choices")) != 0;
		const char *name = named ? finding.replay : "exhaustive";
		snprintf(strategies[strategies_count++], sizeof *strategies, "%.*s", (int)strcspn(name, ":."), name);
	}
}

/* ----------------------------------------------------------------------------------------------------------- the check -- */

static bool find_bug(const struct sample *sample, double *took)
{
	troupe_finding finding;
	double began = seconds();
	uint64_t after = search(sample->buggy, TROUPE_RANDOM_WALK, 1, SCHEDULES_MAX, &finding);

	*took += seconds() - began;
	if (after > 0)
		printf("%-18s found at %5" PRIu64 ": %s\n", sample->name, after, finding.what);
	else
		printf("%-18s NOT FOUND within %" PRIu64 "\n", sample->name, SCHEDULES_MAX);
	return after > 0;
}

static bool try_twin(const struct sample *sample, uint32_t strategy)
{
	troupe_finding finding;
	uint64_t failed = search(sample->fixed, strategy, 1, twins, &finding);

	if (failed > 0)
		printf("%-18s its twin FAILS at %" PRIu64 ": %s (--replay %s)\n", sample->name, failed, finding.what,
		       finding.replay);
	return failed == 0;
}

static bool check_all(void)
{
	uint32_t found = 0, held = 0, wanted = 0;
	double took = 0, began;

	list_strategies();
	for (int i = 0; i < SAMPLES_COUNT; i++) {
		wanted += is_wanted(&samples[i]);
		found += is_wanted(&samples[i]) && find_bug(&samples[i], &took);
		fflush(stdout);
	}
	printf("%" PRIu32 " of %" PRIu32 " bugs found by a random walk in %.1f s\n", found, wanted, took);
	fflush(stdout);
	began = seconds();
	for (int i = 0; i < SAMPLES_COUNT; i++)
		for (uint32_t s = 0; is_wanted(&samples[i]) && s < strategies_count; s++)
			held += try_twin(&samples[i], s);
	printf("%" PRIu32 " of %" PRIu32 " searches of %" PRIu64 " schedules found nothing in a twin, %.1f s\n", held,
	       wanted * strategies_count, twins, seconds() - began);
	return found == wanted && held == wanted * strategies_count;
}

/* ------------------------------------------------------------------------------------------------------------ the table -- */

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* One cell: the median over the seeds, and the worst of them; what is not found counts as more than all. */
static void print_cell(const struct sample *sample, uint32_t strategy)
{
	uint64_t after[SEEDS_MAX];
	troupe_finding finding;

	for (uint64_t i = 0; i < seeds; i++) {
		after[i] = search(sample->buggy, strategy, 1 + i * APART, SCHEDULES_MAX, &finding);
		after[i] = after[i] > 0 ? after[i] : UINT64_MAX;
	}
	qsort(after, seeds, sizeof *after, by_size);
	uint64_t median = after[(seeds - 1) / 2], worst = after[seeds - 1];
	printf(median == UINT64_MAX ? " - |" : worst == UINT64_MAX ? " %" PRIu64 " (-) |" : " %" PRIu64 " (%" PRIu64 ") |",
	       median, worst);
	fflush(stdout);
}

static void print_table(void)
{
	list_strategies();
	printf("| bug |");
	for (uint32_t s = 0; s < strategies_count; s++)
		printf(" %s |", strategies[s]);
	printf("\n|---|");
	for (uint32_t s = 0; s < strategies_count; s++)
		printf("---:|");
	for (int i = 0; i < SAMPLES_COUNT; i++) {
		if (!is_wanted(&samples[i]))
			continue;
		printf("\n| %s |", samples[i].name);
		for (uint32_t s = 0; s < strategies_count; s++)
			print_cell(&samples[i], s);
	}
	printf("\n");
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "twins", required_argument, NULL, 'w' }, { "table", no_argument, NULL, 't' },
		{ "seeds", required_argument, NULL, 's' }, { "only", required_argument, NULL, 'o' }, { 0 },
	};
	bool table = false, right = true;

	for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;)
		switch (option) {
		case 'w': twins = strtoull(optarg, NULL, 10); right &= twins > 0; break;
		case 's': seeds = strtoull(optarg, NULL, 10); right &= seeds > 0 && seeds <= SEEDS_MAX; break;
		case 't': table = true; break;
		case 'o': only = optarg; right &= is_known(optarg); break;
		default: right = false;
		}
	if (!right || optind < argc) {
		fprintf(stderr, "usage: %s [--twins N] [--table [--seeds N]] [--only SAMPLE]\n", argv[0]);
		return 2;
	}
	if (table)
		print_table();
	return table || check_all() ? 0 : 1;
}
