/* SPDX-License-Identifier: MIT */
/* A whole program under exploration: TROUPE_EXPLORE in the environment says how, and `troupe explore` sets it. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/threads.h"
#include "explore/explorer.h"
#include "explore/simulation.h"

enum { EXIT_USAGE = 2 };

static struct search search;
static bool served, json, loud;

/* ---------------------------------------------------------------------------------------------------------- the request -- */

/* `troupe explore` waits at the other end. */
static void tell_that_we_explore(int pipe)
{
	ssize_t written = write(pipe, "", 1);

	(void)written; /* nobody waits any more */
	close(pipe);
}

static bool read_setting(troupe_exploration *options, const char *key, const char *value)
{
	uint64_t number = strtoull(value, NULL, 10);

	if (strcmp(key, "schedules") == 0)
		options->schedules = number;
	else if (strcmp(key, "seed") == 0)
		options->seed = number;
	else if (strcmp(key, "steps") == 0)
		options->steps_max = number;
	else if (strcmp(key, "crashes") == 0)
		options->crashes_ppm = (uint32_t)number;
	else if (strcmp(key, "refusals") == 0)
		options->refusals_ppm = (uint32_t)number;
	else if (strcmp(key, "depth") == 0)
		options->depth = number <= UINT32_MAX ? (uint32_t)number : UINT32_MAX;
	else if (strcmp(key, "replay") == 0)
		options->replay = value;
	else if (strcmp(key, "draw") == 0)
		options->draw = value;
	else if (strcmp(key, "flags") == 0)
		options->flags |= (uint32_t)number;
	else if (strcmp(key, "dead-letters") == 0)
		options->dead_letters = number != 0 ? UINT64_MAX : 0;
	else if (strcmp(key, "told") == 0)
		tell_that_we_explore((int)number);
	else if (strcmp(key, "json") == 0)
		json = number != 0;
	else if (strcmp(key, "loud") == 0)
		loud = number != 0;
	else if (strcmp(key, "strategy") == 0) {
		const char *name;
		for (options->strategy = 0; (name = troupei_strategy_name(options->strategy)) != NULL; options->strategy++)
			if (strcmp(name, value) == 0)
				break;
	} else
		return false;
	return true;
}

/* key=value;key=value */
static bool read_request(char *request, troupe_exploration *options)
{
	for (char *next, *at = request; at != NULL && *at != '\0'; at = next) {
		char *value = strchr(at, '=');
		next = strchr(at, ';');
		if (next != NULL)
			*next++ = '\0';
		if (value == NULL)
			return false;
		*value++ = '\0';
		if (!read_setting(options, at, value))
			return false;
	}
	return true;
}

/* ------------------------------------------------------------------------------------------------------------- the runs -- */

static void run_over(void)
{
	troupei_run_end(&search);
}

static jmp_buf as_program;

/* True: this is the child. */
static bool run_one(bool *well)
{
	fflush(NULL);
	pid_t child = fork();

	if (child == 0) {
		if (!loud)
			troupei_run_silence();
		atexit(run_over);
		troupei_run_begin(&search);
		return true;
	}
	*well = child > 0 && troupei_run_wait(&search, child);
	return false;
}

/* The child leaves from the depths of the search, and goes on as the program. */
static bool run_again(struct search *same)
{
	bool well = true;

	(void)same;
	if (run_one(&well))
		longjmp(as_program, 1);
	return well;
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* -------------------------------------------------------------------------------------------------------- what is said -- */

static void say_progress(double since, double *said)
{
	double now = seconds();

	if (!isatty(STDERR_FILENO) || now - *said < 0.2)
		return;
	*said = now;
	fprintf(stderr, "\r%" PRIu64 " schedules, %" PRIu64 " orders, %.0f/s ", search.shared->done, search.shared->orders,
	        (double)search.shared->done / (now - since));
}

static void say_shrinking(const struct search *same)
{
	const struct shrinking *so_far = &same->shrinking;

	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[Kfound; making it smaller: %" PRIu32 " runs, %" PRIu32 " messages, %" PRIu32 " switches ", so_far->runs,
		        so_far->messages, so_far->switches);
}

static void say_story(const troupe_finding *finding)
{
	const struct shrinking *shrinking = &search.shrinking;

	if (shrinking->done)
		printf("made smaller by %" PRIu32 " runs: %" PRIu32 " messages and %" PRIu32 " switches, from %" PRIu32 " and %" PRIu32 "\n",
		       shrinking->runs, shrinking->messages, shrinking->switches, shrinking->messages_first, shrinking->switches_first);
	if (finding->diagram[0] != '\0')
		printf("\n%s\n%s\n", finding->diagram, finding->pattern);
}

static void say_verdict(double took)
{
	const struct exploration *shared = search.shared;
	troupe_finding finding;

	troupei_search_tell(&search, &finding);
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[K");
	if (json) {
		printf("{\"schedules\": %" PRIu64 ", \"orders\": %" PRIu64 ", \"messages\": %" PRIu64 ", \"seconds\": %.3f, \"hash\": \"%016"
		       PRIx64 "\", \"last_messages\": %" PRIu64 ", \"last_switches\": %" PRIu32 ", \"gave_up\": %" PRIu64 ", \"exhausted\": %s, \"found\": %s, \"what\": \"%s\""
		       ", \"replay\": \"%s\"}\n",
		       finding.schedules, finding.orders, finding.messages, took, finding.hash, shared->trace.messages,
		       shared->trace.switches, shared->gave_up, finding.exhausted ? "true" : "false", finding.what[0] != '\0' ? "true" : "false",
		       finding.what, finding.replay);
		return;
	}
	printf("%" PRIu64 " schedules, %" PRIu64 " different orders, %" PRIu64 " messages, %.1f s, %.0f schedules/s\n", finding.schedules,
	       finding.orders, finding.messages, took, (double)shared->done / (took > 0 ? took : 1));
	if (shared->gave_up > 0)
		printf("in %" PRIu64 " of them the program gave up, by troupe_must, when something had been made to fail\n", shared->gave_up);
	if (finding.what[0] == '\0')
		printf("nothing found%s\n", finding.exhausted ? ": all orders tried" : "");
	else {
		printf("FOUND: %s\n", finding.what);
		say_story(&finding);
		printf("to see it again: --replay %s\n", finding.replay);
	}
}

/* Each run leaves by a jump in its child. */
static void search_all(void)
{
	double since = seconds(), said = since;
	bool well = true;

	while (well && !search.shared->is_over && search.shared->schedule < search.options.schedules) {
		well = run_again(&search);
		if (well) {
			search.shared->schedule++;
			say_progress(since, &said);
		} else
			well = troupei_search_lengthen(&search); /* then the same one again */
	}
	double took = seconds() - since;
	if (!well)
		troupei_search_explain(&search);
	say_verdict(took);
	fflush(NULL);
	_exit(well ? 0 : 1);
}

/* Returns in the children, which go on as the program. */
static void run_all(void)
{
	search.run = run_again;
	search.progress = say_shrinking;
	if (setjmp(as_program) == 0)
		search_all();
}

void troupei_explore_serve(void)
{
	troupe_exploration options = { .struct_size = sizeof options };
	const char *request = getenv("TROUPE_EXPLORE");

	if (served || request == NULL || troupei_is_simulated())
		return;
	served = true;
	char *own = strdup(request); /* the options point into it */
	unsetenv("TROUPE_EXPLORE");
	if (own == NULL || !read_request(own, &options) || troupei_search_open(&search, &options) != TROUPE_OK) {
		fprintf(stderr, "troupe: TROUPE_EXPLORE is not a request that I know: %s\n", request);
		_exit(EXIT_USAGE);
	}
	run_all();
}
