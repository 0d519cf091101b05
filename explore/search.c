/* SPDX-License-Identifier: MIT */
/* A search: its options, its runs, and how a child that ran them ended. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "actors/system.h"
#include "explore/explorer.h"
#include "explore/simulation.h"

#define SCHEDULES_DEFAULT 1000
#define STEPS_DEFAULT     10000000
enum { EXIT_FOUND = 97, FLAGS_ALL = 2 * TROUPE_NO_SHRINK - 1 };

static troupe_status read_options(struct search *search, const troupe_exploration *given)
{
	troupe_exploration *options = &search->options;
	size_t count;

	if (!troupei_options_read(options, sizeof *options, given) || options->reserved != 0 || options->crashes_ppm > 1000000 ||
	    options->refusals_ppm > 1000000 || options->flags > FLAGS_ALL)
		return TROUPE_EINVAL;
	options->schedules = options->schedules > 0 ? options->schedules : SCHEDULES_DEFAULT;
	options->seed = options->seed > 0 ? options->seed : 1;
	options->shrink_runs = options->shrink_runs > 0 ? options->shrink_runs : SHRINK_RUNS_DEFAULT;
	options->steps_max = options->steps_max > 0 ? options->steps_max : STEPS_DEFAULT;
	if (options->replay != NULL) {
		options->schedules = 1;
		if (!troupei_line_read(options->replay, &options->strategy, &options->seed, &search->replayed, &count))
			return TROUPE_EINVAL;
	}
	search->strategy = search->replayed != NULL ? troupei_replay(search->replayed, count) : troupei_strategy(options->strategy);
	return search->strategy != NULL ? TROUPE_OK : TROUPE_EINVAL;
}

troupe_status troupei_search_open(struct search *search, const troupe_exploration *given)
{
	memset(search, 0, sizeof *search);
	troupe_status status = read_options(search, given);
	if (status == TROUPE_OK) {
		search->shared = mmap(NULL, sizeof *search->shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		if (search->shared != MAP_FAILED)
			return TROUPE_OK;
		status = TROUPE_ENOMEM;
	}
	search->shared = NULL;
	free(search->replayed);
	return status;
}

void troupei_search_close(struct search *search)
{
	munmap(search->shared, sizeof *search->shared);
	free(search->replayed);
}

/* ---------------------------------------------------------------------------------------------------------- one run -- */

void troupei_run_silence(void)
{
	int nothing = open("/dev/null", O_WRONLY);

	if (nothing < 0)
		return;
	dup2(nothing, STDOUT_FILENO);
	dup2(nothing, STDERR_FILENO);
	close(nothing);
}

static void leave(void)
{
	_exit(EXIT_FOUND);
}

static bool refuses(size_t size)
{
	struct simulation *sim = &troupei_simulation;

	(void)size;
	return troupei_random_below(&sim->random, 1000000) < sim->refusals_ppm;
}

void troupei_run_begin(struct search *search)
{
	const troupe_exploration *options = &search->options;
	struct simulation limits = { .steps_max = options->steps_max, .crashes_ppm = options->crashes_ppm,
		                         .refusals_ppm = options->refusals_ppm,
		                         .oracles = { options->flags, options->dead_letters, options->invariant, options->invariant_context } };

	troupei_simulation_leave = leave;
	alarm(RUN_SECONDS_MAX);
	search->shared->trace.with_kinds = search->replayed != NULL;
	troupei_trace_begin(&search->shared->trace, options->seed + search->shared->schedule);
	troupei_simulation_begin(search->strategy, &search->shared->trace, &limits);
	if (options->refusals_ppm > 0)
		troupei_memory_fail_by(refuses);
}

/* Has a run like this not been before? As far as there is room to remember. */
static bool is_new(struct exploration *shared, uint64_t hash)
{
	size_t mask = (1 << SEEN_BITS) - 1, at = hash >> (64 - SEEN_BITS);

	if (shared->orders > mask / 4 * 3)
		return false;
	hash = hash != 0 ? hash : 1;
	for (; shared->seen[at] != 0; at = (at + 1) & mask)
		if (shared->seen[at] == hash)
			return false;
	shared->seen[at] = hash;
	return true;
}

void troupei_run_end(struct search *search)
{
	struct exploration *shared = search->shared;

	troupei_memory_fail_by(NULL);
	if (troupei_simulation.shop_count == 0)
		troupei_oracle_ended();
	troupei_simulation_end();
	shared->orders += is_new(shared, shared->trace.hash);
	shared->messages += shared->trace.messages;
	shared->steps += shared->trace.steps;
	shared->done++;
}

/* ------------------------------------------------------------------------------------------------------------ the parent -- */

static void find(struct trace *trace, enum finding_sort sort, int code, const char *words)
{
	if (trace->finding != FINDING_NONE)
		return;
	trace->finding = sort;
	trace->code = code;
	snprintf(trace->text, sizeof trace->text, "%s", words);
}

bool troupei_run_wait(struct search *search, int child)
{
	struct trace *trace = &search->shared->trace;
	char words[TRACE_TEXT_MAX];
	int status;

	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return true;
	if (WIFSIGNALED(status)) {
		int signal = WTERMSIG(status);
		snprintf(words, sizeof words, signal == SIGALRM ? "a handler has not returned after %d s" : "killed by signal %d (%s)",
		         signal == SIGALRM ? RUN_SECONDS_MAX : signal, strsignal(signal));
		find(trace, FINDING_SIGNAL, signal, words);
	} else if (WEXITSTATUS(status) != 0) {
		snprintf(words, sizeof words, "ended with exit status %d", WEXITSTATUS(status));
		find(trace, FINDING_EXIT, WEXITSTATUS(status), words);
	}
	return trace->finding == FINDING_NONE;
}

void troupei_search_tell(const struct search *search, troupe_finding *out)
{
	const struct exploration *shared = search->shared;
	const struct trace *trace = &shared->trace;

	*out = (troupe_finding){ .schedules = shared->done, .orders = shared->orders, .messages = shared->messages,
		                     .hash = trace->hash };
	if (trace->finding == FINDING_NONE)
		return;
	out->schedules++;
	out->messages += trace->messages;
	out->seed = trace->seed;
	snprintf(out->what, sizeof out->what, "%s", trace->text);
	memcpy(out->pattern, search->pattern, sizeof out->pattern);
	memcpy(out->diagram, search->diagram, sizeof out->diagram);
	troupei_line_write(search, out->replay, sizeof out->replay);
}
