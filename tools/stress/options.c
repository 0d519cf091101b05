/* SPDX-License-Identifier: MIT */
/* The command line. */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "round.h"

static const char usage[] =
	"usage: troupe-stress [options]\n"
	"Random actor systems from a seed; proves that no message is lost, doubled or reordered, and that nothing leaks.\n"
	"  --seconds S      run so long, then finish the round (default 10)\n"
	"  --rounds N       run N rounds instead\n"
	"  --actors N       the scale of a scenario: its actors, and with them its messages (default 1000)\n"
	"  --workers W      threads of each system (default 0: as many as the library takes by itself)\n"
	"  --seed S         where chance begins (default: from the clock; always printed)\n"
	"  --families A,B   only these families of actors (default: all); --scenario is the same\n"
	"  --crash N        an actor crashes when the order of its messages says so, one in N; without plain threads\n"
	"  --json           one JSON object at the end and nothing else on standard output\n"
	"  --list           name the families, with what each does\n"
	"  --help           this text\n"
	"Exit status: 0 all is well, 1 something is not, 2 the command line is wrong.\n";

static void __attribute__((noreturn, format(printf, 1, 2))) refuse(const char *format, ...)
{
	va_list rest;

	fprintf(stderr, "troupe-stress: ");
	va_start(rest, format);
	vfprintf(stderr, format, rest);
	va_end(rest);
	fprintf(stderr, "; --help tells more\n");
	exit(2);
}

static uint64_t read_number(const char *option, const char *text, uint64_t lo, uint64_t hi)
{
	char *end;

	errno = 0;
	unsigned long long value = strtoull(text, &end, 0);
	if (errno != 0 || end == text || *end != '\0' || strchr(text, '-') != NULL || value < lo || value > hi)
		refuse("%s takes a number from %llu to %llu, not '%s'", option, (unsigned long long)lo, (unsigned long long)hi,
		       text);
	return value;
}

static double read_seconds(const char *text)
{
	char *end;
	double value = strtod(text, &end);

	if (end == text || *end != '\0' || !isfinite(value) || value <= 0 || value > 1e9)
		refuse("--seconds takes a number above 0, not '%s'", text);
	return value;
}

/* Names with commas between them. */
static void read_families(const char *names)
{
	config.families = names;
	config.chosen = 0;
	while (*names != '\0') {
		size_t length = strcspn(names, ",");
		unsigned i = 0;
		while (i < scenarios_count && (strlen(scenarios[i]->name) != length || strncmp(scenarios[i]->name, names, length) != 0))
			i++;
		if (i == scenarios_count)
			refuse("there is no family '%.*s'; --list names them", (int)length, names);
		config.chosen |= UINT64_C(1) << i;
		names += length + (names[length] == ',');
	}
	if (config.chosen == 0)
		refuse("--families takes names with commas between them");
}

static void list(void)
{
	for (unsigned i = 0; i < scenarios_count; i++)
		printf("%-14s %s\n", scenarios[i]->name, scenarios[i]->about);
}

/* Options without a value. */
static bool read_flag(const char *option)
{
	if (strcmp(option, "--json") == 0) {
		config.json = true;
		return true;
	}
	if (strcmp(option, "--list") != 0 && strcmp(option, "--help") != 0)
		return false;
	if (option[2] == 'l')
		list();
	else
		fputs(usage, stdout);
	exit(0);
}

static void read_option(const char *option, const char *value)
{
	static const char *const names[] = { "--seconds", "--rounds", "--actors", "--workers", "--seed", "--crash", "--scenario", "--families" };
	unsigned which = 0;

	while (which < sizeof names / sizeof *names && strcmp(option, names[which]) != 0)
		which++;
	if (which == sizeof names / sizeof *names)
		refuse("there is no option '%s'", option);
	if (value == NULL)
		refuse("%s needs a value", option);
	switch (which) {
	case 0: config.seconds = read_seconds(value); break;
	case 1: config.rounds_max = read_number(option, value, 1, UINT64_MAX); break;
	case 2: config.actors = (uint32_t)read_number(option, value, 1, 10000000); break;
	case 3: config.workers = (uint32_t)read_number(option, value, 0, TROUPE_WORKERS_MAX); break;
	case 4: config.seed = read_number(option, value, 0, UINT64_MAX); break;
	case 5: config.crash = read_number(option, value, 1, UINT64_MAX); break;
	default: read_families(value); break;
	}
}

static uint64_t seed_from_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return dice_mix((uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec);
}

void options_read(int count, char **arguments)
{
	config.program = arguments[0];
	config.seed = seed_from_clock();
	config.chosen = (UINT64_C(1) << scenarios_count) - 1;
	for (int i = 1; i < count; i++) {
		if (read_flag(arguments[i]))
			continue;
		read_option(arguments[i], i + 1 < count ? arguments[i + 1] : NULL);
		i++;
	}
}
