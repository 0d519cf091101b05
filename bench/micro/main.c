/* SPDX-License-Identifier: MIT */
/* troupe-micro: what the parts of Troupe cost, one by one. Rounds of all the measures take turns, so that all of them meet the
 * same machine; the table has the median of the rounds, the quartiles, and the least. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "micro.h"

enum { EXIT_WRONG = 1, EXIT_USAGE = 2 };
enum { MEASURES_MAX = 64, ROUNDS_MAX = 1001, ROUNDS_DEFAULT = 11, LINE_MAX_CHARS = 79 };
enum { COUNTED_SMALL = 4000, COUNTED_LARGE = 16000 };
#define N_MAX UINT64_C(100000000)

struct command {
	bool wanted[MEASURES_MAX];
	bool any;      /* none named: all are */
	bool json;
	bool counted;
	const struct micro_measure *once;
	uint64_t n;    /* 0: each its own */
	uint64_t rounds;
};

struct result {
	double ns[ROUNDS_MAX];
	double median, low, high, least;
};

static struct result results[MEASURES_MAX];

static void print_help(FILE *to)
{
	fputs("usage: troupe-micro [--only NAME]... [--rounds R] [--n N] [--json]\n"
	      "       troupe-micro --counted [--only NAME]...\n"
	      "       troupe-micro --once NAME [--n N]\n"
	      "       troupe-micro --list | --compiler | --help\n"
	      "Measures what the parts of Troupe cost, in ns: the median of R rounds (11 unless told), the quartiles, the least.\n"
	      "    --only NAME  this measure, or this group (what stands before the dot); may be given again\n"
	      "    --n N        so many units a run, instead of the measure's own number\n"
	      "    --counted    what is guarded, at two sizes, timing nothing: for tools/bench-guard, which counts instructions\n"
	      "    --once NAME  a single run that prints nothing: for who looks for where they are\n"
	      "    --compiler   what it was built with\n"
	      "Exit status: 0 done, 1 a measure failed or nothing can be printed, 2 the command line is wrong.\n",
	      to);
}

static void print_list(void)
{
	for (const struct micro_measure *m = micro_measures; m->name; m++)
		printf("%-16s %s %8" PRIu64 " %-9s %s\n", m->name, m->guarded ? "guarded" : "-      ", m->n, m->unit, m->what);
}

static void print_compiler(void)
{
#ifdef __clang__
	printf("clang %d.%d.%d", __clang_major__, __clang_minor__, __clang_patchlevel__);
#else
	printf("gcc %d.%d.%d", __GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__);
#endif
#ifdef __x86_64__
	puts(" x86_64");
#else
	puts(" another processor than x86_64");
#endif
}

static int usage(const char *problem, const char *what)
{
	fprintf(stderr, "troupe-micro: %s%s%s (see --help, --list)\n", problem, *what ? ": " : "", what);
	return EXIT_USAGE;
}

/* The exit status, when all has been printed: figures that reached nobody are none. */
static int printed(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	fprintf(stderr, "troupe-micro: nothing can be printed: %s\n", strerror(errno));
	return EXIT_WRONG;
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

/* Its name is the text, or its group is. */
static bool is_named(const struct micro_measure *measure, const char *text)
{
	size_t length = strlen(text);

	return length > 0 && strncmp(measure->name, text, length) == 0 &&
	       (measure->name[length] == '\0' || measure->name[length] == '.');
}

static bool want(struct command *command, const char *text)
{
	bool found = false;

	for (int i = 0; micro_measures[i].name; i++)
		if (is_named(&micro_measures[i], text))
			command->wanted[i] = command->any = found = true;
	return found;
}

static const struct micro_measure *find(const char *name)
{
	for (const struct micro_measure *m = micro_measures; m->name; m++)
		if (strcmp(m->name, name) == 0)
			return m;
	return NULL;
}

/* ----------------------------------------------------------------------------------------------------------- measuring -- */

static bool is_wanted(const struct command *command, int measure)
{
	return !command->any || command->wanted[measure];
}

static uint64_t n_of(const struct command *command, const struct micro_measure *measure)
{
	return command->n ? command->n : measure->n;
}

/* On a terminal only. */
static void show_progress(uint64_t round, uint64_t rounds, const char *name)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r%-*s", LINE_MAX_CHARS, "");
	if (isatty(STDERR_FILENO) && name)
		fprintf(stderr, "\rround %" PRIu64 " of %" PRIu64 ": %s", round + 1, rounds, name);
	else if (isatty(STDERR_FILENO))
		fputc('\r', stderr);
}

static bool measure_all(const struct command *command)
{
	for (uint64_t round = 0; round < command->rounds; round++)
		for (int i = 0; micro_measures[i].name; i++) {
			const struct micro_measure *m = &micro_measures[i];
			if (!is_wanted(command, i))
				continue;
			show_progress(round, command->rounds, m->name);
			if (!micro_round(m, n_of(command, m), &results[i].ns[round])) {
				fprintf(stderr, "\ntroupe-micro: %s failed, or took more than two minutes\n", m->name);
				return false;
			}
		}
	show_progress(0, 0, NULL);
	return true;
}

static void summarise(struct result *result, size_t rounds)
{
	result->median = micro_quantile(result->ns, rounds, 0.5);
	result->low = micro_quantile(result->ns, rounds, 0.25);
	result->high = micro_quantile(result->ns, rounds, 0.75);
	result->least = result->ns[0]; /* sorted by now */
}

static void print_row(const struct micro_measure *m, const struct result *r)
{
	printf("%-16s %10.1f %10.1f %10.1f %10.1f  %-9s %s\n", m->name, r->median, r->low, r->high, r->least, m->unit, m->what);
}

static void print_object(const struct command *command, const struct micro_measure *m, const struct result *r, bool first)
{
	printf("%s\n  {\"name\":\"%s\",\"unit\":\"%s\",\"n\":%" PRIu64 ",\"workers\":%" PRIu32
	       ",\"ns\":%.2f,\"low\":%.2f,\"high\":%.2f,\"least\":%.2f}",
	       first ? "" : ",", m->name, m->unit, n_of(command, m), m->workers, r->median, r->low, r->high, r->least);
}

static void print_results(const struct command *command)
{
	bool first = true;

	if (command->json)
		printf("{\"rounds\":%" PRIu64 ",\"measures\":[", command->rounds);
	else
		printf("%-16s %10s %10s %10s %10s  %s\n", "measure", "ns", "quartile", "quartile", "least", "for each");
	for (int i = 0; micro_measures[i].name; i++) {
		if (!is_wanted(command, i))
			continue;
		summarise(&results[i], command->rounds);
		if (command->json)
			print_object(command, &micro_measures[i], &results[i], first);
		else
			print_row(&micro_measures[i], &results[i]);
		first = false;
	}
	if (command->json)
		puts("\n]}");
}

/* Each in a process of its own, which says first what it is about to do. */
static bool count_one(const struct micro_measure *measure, uint64_t n)
{
	int status = -1;

	fflush(NULL);
	pid_t child = fork();
	if (child == 0) {
		printf("%s %" PRIu64 "\n", measure->name, n);
		if (printed(0) != 0)
			_exit(EXIT_WRONG);
		micro_once(measure, n);
		_exit(0);
	}
	return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

static int count_all(const struct command *command)
{
	for (int i = 0; micro_measures[i].name; i++)
		if (is_wanted(command, i) && micro_measures[i].guarded &&
		    !(count_one(&micro_measures[i], COUNTED_SMALL) && count_one(&micro_measures[i], COUNTED_LARGE))) {
			fprintf(stderr, "troupe-micro: %s failed\n", micro_measures[i].name);
			return EXIT_WRONG;
		}
	return 0;
}

static int obey(const struct command *command)
{
	if (command->counted)
		return count_all(command);
	if (command->once) {
		micro_once(command->once, n_of(command, command->once));
		return 0;
	}
	if (!measure_all(command))
		return EXIT_WRONG;
	print_results(command);
	return printed(0);
}

int main(int argc, char **argv)
{
	static struct command command = { .rounds = ROUNDS_DEFAULT };

	for (int i = 1; i < argc; i++) {
		const char *option = argv[i], *value = i + 1 < argc ? argv[i + 1] : "";

		if (strcmp(option, "--help") == 0 || strcmp(option, "-h") == 0)
			return print_help(stdout), printed(0);
		if (strcmp(option, "--list") == 0)
			return print_list(), printed(0);
		if (strcmp(option, "--compiler") == 0)
			return print_compiler(), printed(0);
		if (strcmp(option, "--json") == 0 || strcmp(option, "--counted") == 0) {
			*(option[2] == 'j' ? &command.json : &command.counted) = true;
			continue;
		}
		i++;
		if (strcmp(option, "--only") == 0) {
			if (!want(&command, value))
				return usage("no such measure", value);
		} else if (strcmp(option, "--once") == 0) {
			if (!(command.once = find(value)))
				return usage("no such measure", value);
		} else if (strcmp(option, "--n") == 0 || strcmp(option, "--rounds") == 0) {
			bool is_n = option[2] == 'n';
			if (!parse(value, is_n ? N_MAX : ROUNDS_MAX, is_n ? &command.n : &command.rounds))
				return usage("a number is missing or not allowed after", option);
		} else {
			return usage("unknown option", option);
		}
	}
	if (command.once && (command.any || command.json || command.counted || command.rounds != ROUNDS_DEFAULT))
		return usage("--once goes with --n alone", "");
	if (command.counted && (command.json || command.n || command.rounds != ROUNDS_DEFAULT))
		return usage("--counted goes with --only alone", "");
	return obey(&command);
}
