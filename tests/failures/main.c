/* SPDX-License-Identifier: MIT */
/* troupe-failures: every scenario with every failure. One line a scenario, one about all of them; not 0 if anything was wrong.
 *
 *   troupe-failures [--brief] [--jobs N] [--only WORD]
 *   troupe-failures --list
 *   troupe-failures --round SCENARIO CALL ERROR NTH [on]   that one round alone, in this process: for a debugger */
#include <errno.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "failures/loops.h"

enum { JOBS_MAX = 8 };

static struct totals {
	atomic_uint next; /* the scenario that nobody has begun */
	atomic_uint scenarios, rounds, hits, sites, kinds, wrong;
} *totals;

static const char *only = "";
static bool brief;
static unsigned jobs = 1;

static void run_scenario(const struct scenario *scenario)
{
	struct loops loops = { .brief = brief, .shows = isatty(STDERR_FILENO) && jobs == 1 };

	run_loops(scenario, &loops);
	printf("%-5s %-12s %4u sites, %5u rounds, %5u with a failure, of %4u kinds: %s\n", loops.wrong > 0 ? "WRONG" : "ok",
	       scenario->name, loops.sites, loops.rounds, loops.hits, loops.kinds, loops.tried);
	fflush(stdout);
	totals->scenarios++;
	totals->rounds += loops.rounds;
	totals->hits += loops.hits;
	totals->sites += loops.sites;
	totals->kinds += loops.kinds;
	totals->wrong += loops.wrong;
}

static unsigned scenario_count(void)
{
	unsigned count = 0;

	while (scenarios[count].name != NULL)
		count++;
	return count;
}

/* One job: the next scenario, until there is none. */
static void work(void)
{
	unsigned at, count = scenario_count();

	rounds_begin();
	while ((at = atomic_fetch_add(&totals->next, 1)) < count)
		if (strstr(scenarios[at].name, only) != NULL)
			run_scenario(&scenarios[at]);
}

static bool run_all(void)
{
	bool lost = false;
	int status;

	for (unsigned i = 0; i < jobs; i++)
		if (fork() == 0) {
			work();
			_exit(0);
		}
	for (unsigned i = 0; i < jobs; i++)
		lost = wait(&status) < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0 || lost;
	printf("%u scenarios, %u sites, %u rounds, %u with a failure, of %u kinds; %u wrong\n", totals->scenarios, totals->sites,
	       totals->rounds, totals->hits, totals->kinds, totals->wrong);
	return !lost && totals->scenarios > 0 && totals->wrong == 0;
}

/* ------------------------------------------------------------------------------------------------------ one by name -- */

static bool plan_read(struct plan *plan, char **words)
{
	unsigned call = 0;

	while (call < CALL_COUNT && strcmp(call_kinds[call].name, words[0]) != 0)
		call++;
	if (call == CALL_COUNT)
		return false;
	const int *error = call_kinds[call].errors;
	while (*error != 0 && strcmp(error_name(*error), words[1]) != 0)
		error++;
	*plan = (struct plan){ .call = (enum call)call, .error = *error, .nth = (uint32_t)strtoul(words[2], NULL, 10) };
	plan->from_there = words[3] != NULL && strcmp(words[3], "on") == 0;
	return *error != 0;
}

static int run_one(char **words)
{
	struct plan plan;

	for (const struct scenario *at = scenarios; at->name != NULL; at++)
		if (strcmp(at->name, words[0]) == 0 && plan_read(&plan, words + 1)) {
			rounds_begin();
			run_round_here(at, &plan);
			return 0;
		}
	fprintf(stderr, "troupe-failures: no such round\n");
	return 2;
}

static int list(void)
{
	for (const struct scenario *at = scenarios; at->name != NULL; at++)
		puts(at->name);
	return 0;
}

int main(int argc, char **argv)
{
	totals = mmap(NULL, sizeof *totals, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (totals == MAP_FAILED)
		return 2;
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--list") == 0)
			return list();
		if (strcmp(argv[i], "--round") == 0 && argc - i >= 5)
			return run_one(argv + i + 1);
		if (strcmp(argv[i], "--brief") == 0)
			brief = true;
		else if (strcmp(argv[i], "--only") == 0 && i + 1 < argc)
			only = argv[++i];
		else if (strcmp(argv[i], "--jobs") == 0 && i + 1 < argc)
			jobs = (unsigned)strtoul(argv[++i], NULL, 10);
		else
			jobs = 0;
	}
	if (jobs < 1 || jobs > JOBS_MAX) {
		fprintf(stderr, "usage: troupe-failures [--brief] [--jobs N] [--only WORD] | --list | "
		                "--round SCENARIO CALL ERROR NTH [on]\n");
		return 2;
	}
	return run_all() ? 0 : 1;
}
