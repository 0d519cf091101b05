/* SPDX-License-Identifier: MIT */
/* What the samples share: counts from the command line, a clock, and the closing line that people and the tour read. */
#ifndef SAMPLE_H
#define SAMPLE_H
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "troupe.h"
#define SAMPLE_PATIENCE (300 * TROUPE_S) /* a result that takes longer than this is a failure */
static double sample_began;              /* when the work began: set by sample_counts */
static inline double sample_now(void) /* seconds */
{
	struct timespec t = { 0 };
	return clock_gettime(CLOCK_MONOTONIC, &t) == 0 ? (double)t.tv_sec + (double)t.tv_nsec / 1e9 : 0;
}

/* sample_counts(argc, argv, { "hops", &hops, 1, 1000 }, ...): read the optional counts, each with its name, where its
 * default lies and its value goes, and its limits; or say on stderr what is allowed, and exit 2. */
#define sample_counts(argc, argv, ...) sample_read((argc), (argv), (struct sample_count[]){ __VA_ARGS__, { 0 } })
struct sample_count { const char *name; uint64_t *value, min, max; };
static inline void sample_read(int argc, char **argv, const struct sample_count *c)
{
	int i = 1;

	for (sample_began = sample_now(); i < argc && c[i - 1].name != NULL; i++) {
		uint64_t n = *c[i - 1].value = strtoull(argv[i], NULL, 10);
		if (strspn(argv[i], "0123456789") != strlen(argv[i]) || n < c[i - 1].min || n > c[i - 1].max)
			break;
	}
	for (int k = 0; i < argc && c[k].name != NULL; k++)
		fprintf(stderr, "%s%s [%s: %" PRIu64 " to %" PRIu64 "]%s", k == 0 ? "usage: " : "", k == 0 ? argv[0] : "",
		        c[k].name, c[k].min, c[k].max, c[k + 1].name == NULL ? "\n" : "");
	if (i < argc)
		exit(2);
}

static inline void sample_print(const char *text) /* its long numbers grouped: 5,000,000 */
{
	for (; *text != '\0'; text++)
		printf(strspn(text, "0123456789") % 3 == 1 && text[1] >= '0' && text[1] <= '9' ? "%c," : "%c", *text);
}

/* sample_done(ok, &ledger, "ring: %d hops", 7): print the closing line; the exit code. All messages must be handled. */
#define sample_done(ok, ledger, ...) (snprintf(sample_what, sizeof sample_what, __VA_ARGS__), sample_end(ok, ledger))
static char sample_what[256];
static inline int sample_end(bool ok, const troupe_ledger *l)
{
	double seconds = sample_now() - sample_began, rate = (double)l->sent / seconds;
	char line[512];

	ok = ok && l->sent == l->handled && l->dead == 0 && l->returned == 0;
	snprintf(line, sizeof line, "%s  %s  [%" PRIu64 " messages%s, %.3f s, %.1f %s/s]\n", ok ? "ok" : "WRONG",
	         sample_what, l->sent, l->sent == l->handled ? "" : " not all handled", seconds,
	         rate / (rate < 1e6 ? 1e3 : 1e6), rate < 1e6 ? "k" : "M");
	sample_print(line);
	return !ok;
}
#endif
