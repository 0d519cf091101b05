/* SPDX-License-Identifier: MIT */
/* troupe-bench: options, the clock, and the line that is printed. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench.h"
#include "workloads.h"

enum { EXIT_WRONG = 1, EXIT_USAGE = 2 };
enum { THREADS_DEFAULT = 2 };
#define FINISH_WITHIN (60 * TROUPE_S)
#define N_MAX         UINT64_C(1000000000000)
#define K_MAX         UINT64_C(100000000)

#define DECLARED(name) extern const bench_workload bench_##name;
#define LISTED(name)   &bench_##name,
BENCH_WORKLOADS(DECLARED)
static const bench_workload *const workloads[] = { BENCH_WORKLOADS(LISTED) };
enum { WORKLOADS = sizeof workloads / sizeof *workloads };

int64_t bench_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * TROUPE_S + t.tv_nsec;
}

int64_t bench_memory_kb(const char *key)
{
	FILE *f = fopen("/proc/self/status", "r");
	char line[128];
	int64_t kb = -1;

	while (f && kb < 0 && fgets(line, sizeof line, f))
		if (strncmp(line, key, strlen(key)) == 0)
			kb = strtoll(line + strlen(key), NULL, 10);
	if (f)
		fclose(f);
	return kb;
}

void *bench_alloc(size_t count, size_t size)
{
	void *p = calloc(count, size);

	if (!p) {
		fputs("troupe-bench: no memory\n", stderr);
		exit(EXIT_WRONG);
	}
	return p;
}

void bench_begin(bench *b)
{
	troupe_future future;

	troupe_must(troupe_future_open(b->system, NULL, &future));
	b->main.ref = future.ref;
	b->began_ns = bench_now();
}

uint64_t bench_end(bench *b, int32_t kind)
{
	troupe_future future = { b->main.ref };
	struct bench_value answer;

	troupe_must(troupe_next(future, kind, &answer, sizeof answer));
	b->seconds = (double)(bench_now() - b->began_ns) / 1e9;
	troupe_future_close(future);
	return answer.value;
}

void bench_expect(bench *b, uint64_t messages, uint64_t got, uint64_t wanted)
{
	b->messages = messages;
	b->ok = got == wanted;
	snprintf(b->check, sizeof b->check, "%" PRIu64, got);
	if (!b->ok)
		fprintf(stderr, "troupe-bench: the result is %" PRIu64 ", it should be %" PRIu64 "\n", got, wanted);
}

static void print_help(FILE *to)
{
	fputs("usage: troupe-bench WORKLOAD [--n N] [--k K] [--threads T] [--json]\n"
	      "       troupe-bench --list | --help\n"
	      "Runs one workload on T worker threads (2 unless told) and prints one line:\n"
	      "    peer,workload,threads,messages,seconds,rss_kb,check\n"
	      "or the same as a JSON object. Workloads without a K leave --k unread.\n"
	      "Most are of the Savina suite; its names for counting and ring, count and threadring, are taken too.\n"
	      "Of an option that is given twice the last one counts.\n"
	      "Exit status: 0 the check is right, 1 it is wrong, messages were lost, or nothing can be printed,\n"
	      "2 the command line is wrong.\n",
	      to);
}

static void print_list(void)
{
	for (int i = 0; i < WORKLOADS; i++)
		printf("%-12s n=%-8" PRIu64 " k=%-5" PRIu64 " %s%s%s%s\n", workloads[i]->name, workloads[i]->n, workloads[i]->k,
		       workloads[i]->what, workloads[i]->alias ? " (also: " : "", workloads[i]->alias ? workloads[i]->alias : "",
		       workloads[i]->alias ? ")" : "");
}

static int usage(const char *problem, const char *what)
{
	fprintf(stderr, "troupe-bench: %s%s%s (see --help, --list)\n", problem, *what ? ": " : "", what);
	return EXIT_USAGE;
}

/* The exit status, when all has been printed: a result that reached nobody is none. */
static int printed(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	fprintf(stderr, "troupe-bench: nothing can be printed: %s\n", strerror(errno));
	return EXIT_WRONG;
}

static const bench_workload *find(const char *name)
{
	for (int i = 0; i < WORKLOADS; i++)
		if (strcmp(workloads[i]->name, name) == 0 || (workloads[i]->alias && strcmp(workloads[i]->alias, name) == 0))
			return workloads[i];
	return NULL;
}

/* Is a parameter within what the workload allows? Where it has no such parameter (its default is 0), anything is. */
static bool within(uint64_t value, uint64_t standard, uint64_t min, uint64_t max)
{
	return standard == 0 || (value >= min && (max == 0 || value <= max));
}

/* Says so when the parameters cannot be. */
static bool allowed(const bench_workload *w, uint64_t n, uint64_t k)
{
	const char *problem = w->refuse ? w->refuse(n, k) : NULL;
	bool n_ok = within(n, w->n, w->n_min, w->n_max), k_ok = within(k, w->k, w->k_min, w->k_max);
	uint64_t min = n_ok ? w->k_min : w->n_min, max = n_ok ? w->k_max : w->n_max;

	if (!n_ok || !k_ok)
		fprintf(stderr, "troupe-bench: %s: --%c is %" PRIu64 " to %" PRIu64 "\n", w->name, n_ok ? 'k' : 'n', min ? min : 1,
		        max ? max : n_ok ? K_MAX : N_MAX);
	else if (problem)
		fprintf(stderr, "troupe-bench: %s\n", problem);
	return n_ok && k_ok && !problem;
}

/* A number of digits only, from 1 to max. */
static bool parse(const char *text, uint64_t max, uint64_t *out)
{
	size_t digits = strspn(text, "0123456789");

	if (digits == 0 || text[digits])
		return false;
	errno = 0;
	*out = strtoull(text, NULL, 10);
	return errno == 0 && *out >= 1 && *out <= max;
}

static void print_result(const bench *b, const char *name, bool json)
{
	int64_t rss_kb = b->rss_kb < 0 ? bench_memory_kb("VmHWM:") : b->rss_kb;

	printf(json ? "{\"peer\":\"troupe\",\"workload\":\"%s\",\"threads\":%" PRIu32 ",\"messages\":%" PRIu64
	              ",\"seconds\":%.6f,\"rss_kb\":%" PRId64 ",\"check\":\"%s\"}\n"
	            : "troupe,%s,%" PRIu32 ",%" PRIu64 ",%.6f,%" PRId64 ",%s\n",
	       name, b->threads, b->messages, b->seconds, rss_kb, b->check);
}

/* No message may have got lost, none of these workloads makes a dead letter, and there were at least as many messages as its
 * formula says: a check that tells only that all came to their end would not see that they had done less. */
static bool balances(const troupe_ledger *l, uint64_t messages)
{
	if (l->queued == 0 && l->dead == 0 && l->sent == l->handled + l->returned && l->handled >= messages)
		return true;
	fprintf(stderr, "troupe-bench: sent %" PRIu64 ", handled %" PRIu64 ", dead %" PRIu64 ", returned %" PRIu64
	                ", queued %" PRIu64 ", of %" PRIu64 "\n",
	        l->sent, l->handled, l->dead, l->returned, l->queued, messages);
	return false;
}

static int run(const bench_workload *w, bench *b, bool json)
{
	troupe_ledger ledger = { 0 };

	troupe_must(troupe_start(TROUPE_OPTIONS(troupe_options, .workers = b->threads, .ledger = &ledger), &b->system));
	w->run(b);
	troupe_status status = troupe_finish(b->system, FINISH_WITHIN);
	if (status != TROUPE_OK)
		fprintf(stderr, "troupe-bench: troupe_finish: %s\n", troupe_status_name(status));
	else if (w->after)
		w->after(b);
	print_result(b, w->name, json);
	return printed(status == TROUPE_OK && balances(&ledger, b->messages) && b->ok ? 0 : EXIT_WRONG);
}

int main(int argc, char **argv)
{
	const bench_workload *w = NULL;
	uint64_t n = 0, k = 0, threads = THREADS_DEFAULT;
	bool json = false;

	for (int i = 1; i < argc; i++) {
		const char *option = argv[i], *value = i + 1 < argc ? argv[i + 1] : "";
		uint64_t *number = strcmp(option, "--n") == 0 ? &n : strcmp(option, "--k") == 0 ? &k :
		                   strcmp(option, "--threads") == 0 ? &threads : NULL;

		if (strcmp(option, "--help") == 0 || strcmp(option, "-h") == 0)
			return print_help(stdout), printed(0);
		if (strcmp(option, "--list") == 0)
			return print_list(), printed(0);
		if (strcmp(option, "--json") == 0) {
			json = true;
		} else if (number) {
			if (!parse(value, number == &n ? N_MAX : number == &k ? K_MAX : TROUPE_WORKERS_MAX, number))
				return usage("a number is missing or not allowed after", option);
			i++;
		} else if (option[0] == '-') {
			return usage("unknown option", option);
		} else if (w) {
			return usage("one workload at a time", option);
		} else if (!(w = find(option))) {
			return usage("unknown workload", option);
		}
	}
	if (!w)
		return print_help(stderr), EXIT_USAGE;

	bench b = { .n = n ? n : w->n, .k = k ? k : w->k, .threads = (uint32_t)threads, .rss_kb = -1 };
	return allowed(w, b.n, b.k) ? run(w, &b, json) : EXIT_USAGE;
}
