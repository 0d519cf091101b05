/* SPDX-License-Identifier: MIT */
/* What is said: findings when they happen, progress meanwhile, figures at the end. */
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "round.h"

#define TEXTS_MAX 20u /* findings told in full; the others are only counted */
#define TEXT_SIZE 240u

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static _Atomic uint64_t found;
static _Atomic uint64_t round_seed;
static char texts[TEXTS_MAX][TEXT_SIZE];

double report_elapsed(void)
{
	static struct timespec begin;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (begin.tv_sec == 0)
		begin = now;
	return (double)(now.tv_sec - begin.tv_sec) + (double)(now.tv_nsec - begin.tv_nsec) * 1e-9;
}

void report_round(uint64_t seed)
{
	atomic_store(&round_seed, seed);
	crash_round(seed);
}

uint64_t findings_count(void)
{
	return atomic_load(&found);
}

static void print_repeat(FILE *out)
{
	fprintf(out, "    repeat: %s --seed %llu --rounds 1 --actors %u --workers %u%s%s\n", config.program,
	        (unsigned long long)atomic_load(&round_seed), config.actors, config.workers,
	        config.families != NULL ? " --families " : "", config.families != NULL ? config.families : "");
}

void finding(const char *format, ...)
{
	va_list rest;
	uint64_t number = atomic_fetch_add(&found, 1);

	if (number >= TEXTS_MAX)
		return;
	pthread_mutex_lock(&lock);
	va_start(rest, format);
	vsnprintf(texts[number], TEXT_SIZE, format, rest);
	va_end(rest);
	fprintf(stderr, "\nFINDING: %s\n    round seed: %llu\n", texts[number], (unsigned long long)atomic_load(&round_seed));
	print_repeat(stderr);
	if (number + 1 == TEXTS_MAX)
		fprintf(stderr, "    (further findings are only counted)\n");
	fflush(stderr);
	pthread_mutex_unlock(&lock);
}

bool status_check(const char *what, troupe_status status, const troupe_status *allowed)
{
	if (status == TROUPE_OK)
		return true;
	while (*allowed != TROUPE_OK && *allowed != status)
		allowed++;
	if (*allowed != status)
		finding("%s gave %s", what, troupe_status_name(status));
	return false;
}

static uint64_t total(_Atomic uint64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

static uint64_t messages_so_far(void)
{
	return total(&totals.messages) + books_sum(COLUMN_SENT);
}

/* On a terminal one line that is written again and again, in a pipe a line at a time. */
void report_progress(bool last)
{
	FILE *out = config.json ? stderr : stdout;
	bool terminal = isatty(fileno(out)) != 0;
	double elapsed = report_elapsed();
	uint64_t messages = messages_so_far();

	if (config.json && !terminal)
		return;
	pthread_mutex_lock(&lock);
	fprintf(out, "%s%.0f s: %llu rounds, %llu messages, %.2f M/s, %llu actors, RSS %llu MB, %llu findings%s",
	        terminal ? "\r\033[K" : "", elapsed, (unsigned long long)total(&totals.rounds), (unsigned long long)messages,
	        elapsed > 0 ? (double)messages / elapsed / 1e6 : 0.0, (unsigned long long)total(&totals.actors),
	        (unsigned long long)(process_rss_bytes() >> 20), (unsigned long long)findings_count(),
	        terminal && !last ? "" : "\n");
	fflush(out);
	pthread_mutex_unlock(&lock);
}

/* Findings hold no quotes or backslashes but by accident: those are replaced. */
static void print_texts(void)
{
	uint64_t count = findings_count() < TEXTS_MAX ? findings_count() : TEXTS_MAX;

	for (uint64_t i = 0; i < count; i++) {
		printf("%s\"", i == 0 ? "" : ", ");
		for (const char *c = texts[i]; *c != '\0'; c++)
			putchar((unsigned char)*c < ' ' || *c == '"' || *c == '\\' ? '\'' : *c);
		putchar('"');
	}
}

static void print_json(bool stopped, double elapsed)
{
	printf("{ \"seed\": %llu, \"scenario\": \"%s\", \"actors_scale\": %u, \"workers\": %u, \"seconds\": %.3f, ",
	       (unsigned long long)config.seed, config.families != NULL ? config.families : "mixed", config.actors,
	       config.workers, elapsed);
	printf("\"rounds\": %llu, \"messages\": %llu, \"messages_per_second\": %.0f, ",
	       (unsigned long long)total(&totals.rounds), (unsigned long long)total(&totals.messages),
	       elapsed > 0 ? (double)total(&totals.messages) / elapsed : 0.0);
	printf("\"dead_letters\": %llu, \"returned\": %llu, \"actors\": %llu, \"questions\": %llu, \"timers\": %llu, "
	       "\"payloads\": %llu, ",
	       (unsigned long long)total(&totals.dead), (unsigned long long)total(&totals.returned),
	       (unsigned long long)total(&totals.actors), (unsigned long long)total(&totals.asks),
	       (unsigned long long)total(&totals.timers), (unsigned long long)total(&totals.payloads));
	printf("\"lives\": %llu, \"crashes\": %llu, \"restarts\": %llu, \"tasks\": %llu, ",
	       (unsigned long long)total(&totals.lives), (unsigned long long)total(&totals.crashes),
	       (unsigned long long)total(&totals.restarts), (unsigned long long)total(&totals.tasks));
	printf("\"rss_bytes\": %llu, \"message_memory_bytes\": %llu, ", (unsigned long long)process_rss_bytes(),
	       (unsigned long long)troupe_memory_bytes());
	printf("\"interrupted\": %s, \"ok\": %s, \"findings\": %llu, \"texts\": [", stopped ? "true" : "false",
	       findings_count() == 0 ? "true" : "false", (unsigned long long)findings_count());
	print_texts();
	printf("] }\n");
}

static void print_text(bool stopped)
{
	printf("seed %llu%s\n", (unsigned long long)config.seed, stopped ? ", interrupted" : "");
	printf("%llu dead letters, %llu handed back, %llu questions, %llu timers, %llu payloads\n",
	       (unsigned long long)total(&totals.dead), (unsigned long long)total(&totals.returned),
	       (unsigned long long)total(&totals.asks), (unsigned long long)total(&totals.timers),
	       (unsigned long long)total(&totals.payloads));
	printf("%llu lives of actors that fail, %llu crashes, %llu restarts, %llu tasks\n",
	       (unsigned long long)total(&totals.lives), (unsigned long long)total(&totals.crashes),
	       (unsigned long long)total(&totals.restarts), (unsigned long long)total(&totals.tasks));
	printf("%s\n", findings_count() == 0 ? "nothing lost, doubled, reordered or leaked" : "NOT WELL: see the findings");
}

void report_end(bool stopped)
{
	if (config.json) {
		print_json(stopped, report_elapsed());
	} else {
		report_progress(true);
		print_text(stopped);
	}
	fflush(stdout);
}
