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
enum { EXIT_FOUND = 97, EXIT_GAVE_UP = 98, FLAGS_ALL = 2 * TROUPE_NO_SHRINK - 1 };

/* Only a strategy that knows of depth has one. */
static bool is_depth(const troupe_exploration *options)
{
	if (options->strategy == TROUPE_PCT)
		return options->depth <= PCT_DEPTH_MAX;
	return options->strategy == TROUPE_EXHAUSTIVE || options->depth == 0;
}

static troupe_exploration with_line(const troupe_exploration *options, const struct line *line)
{
	troupe_exploration all = *options;

	all.strategy = line->strategy;
	all.seed = line->seed;
	all.depth = line->depth;
	return all;
}

static troupe_status read_options(struct search *search, const troupe_exploration *given)
{
	troupe_exploration *options = &search->options;
	struct line line = { 0 };

	if (!troupei_options_read(options, sizeof *options, given) || options->reserved != 0 || options->crashes_ppm > 1000000 ||
	    options->refusals_ppm > 1000000 || options->flags > FLAGS_ALL)
		return TROUPE_EINVAL;
	options->schedules = options->schedules > 0 ? options->schedules : SCHEDULES_DEFAULT;
	options->seed = options->seed > 0 ? options->seed : 1;
	options->shrink_runs = options->shrink_runs > 0 ? options->shrink_runs : SHRINK_RUNS_DEFAULT;
	search->may_lengthen = options->steps_max == 0;
	options->steps_max = options->steps_max > 0 ? options->steps_max : STEPS_DEFAULT;
	if (options->replay != NULL) {
		options->schedules = 1;
		if (!troupei_line_read(options->replay, &line))
			return TROUPE_EINVAL;
		*options = with_line(options, &line);
		if (line.choices == NULL && options->strategy == TROUPE_EXHAUSTIVE)
			return TROUPE_EINVAL; /* its runs have no numbers */
		search->replayed = line.choices;
		search->expected = line.expected;
	}
	if (options->depth == 0 && options->strategy == TROUPE_PCT)
		options->depth = PCT_DEPTH_DEFAULT;
	search->strategy = line.choices != NULL ? troupei_replay(line.choices, line.count) : troupei_strategy(options->strategy);
	if (search->strategy == NULL || !is_depth(options))
		return TROUPE_EINVAL;
	search->strategy->depth = options->depth;
	search->one_seed = search->strategy->one_seed;
	if (line.choices != NULL)
		search->strategy->workers = line.workers;
	search->workers = search->strategy->workers;
	return TROUPE_OK;
}

/* What the strategy and all runs write. */
static bool share(struct search *search)
{
	struct strategy *strategy = search->strategy;

	search->shared_size = sizeof *search->shared + strategy->kept_size;
	search->shared = mmap(NULL, search->shared_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (search->shared == MAP_FAILED)
		return false;
	strategy->kept = search->shared + 1;
	return true;
}

troupe_status troupei_search_open(struct search *search, const troupe_exploration *given)
{
	memset(search, 0, sizeof *search);
	troupe_status status = read_options(search, given);
	if (status == TROUPE_OK && share(search))
		return TROUPE_OK;
	search->shared = NULL;
	free(search->replayed);
	return status != TROUPE_OK ? status : TROUPE_ENOMEM;
}

void troupei_search_close(struct search *search)
{
	munmap(search->shared, search->shared_size);
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

static struct search *under_way;
static void count(struct search *search);

static void leave(void)
{
	struct exploration *shared = under_way->shared;

	if (!shared->trace.gave_up)
		_exit(EXIT_FOUND);
	count(under_way);
	shared->gave_up++;
	_exit(EXIT_GAVE_UP);
}

static bool refuses(size_t size)
{
	struct simulation *sim = &troupei_simulation;

	(void)size;
	bool refused = troupei_random_below(&sim->random, 1000000) < sim->refusals_ppm;
	sim->hurt |= refused;
	return refused;
}

static uint64_t steps_before;

/* A step has taken too long? What a run does must not depend on how fast the machine is: as long as it goes on, it may. */
static void look(int signal_number)
{
	if (troupei_simulation.steps == steps_before) {
		sigaction(signal_number, &(struct sigaction){ .sa_handler = SIG_DFL }, NULL);
		raise(signal_number);
	}
	steps_before = troupei_simulation.steps;
	alarm(RUN_SECONDS_MAX / 2);
}

static void watch(void)
{
	struct sigaction action = { .sa_handler = look, .sa_flags = SA_RESTART };

	steps_before = UINT64_MAX;
	sigaction(SIGALRM, &action, NULL);
	alarm(RUN_SECONDS_MAX / 2);
}

uint32_t troupei_search_expects(const struct search *search)
{
	uint32_t rounded = 1;

	if (search->expected > 0 || search->shared->choices == 0)
		return search->expected;
	while (rounded < search->shared->choices)
		rounded *= 2;
	return rounded;
}

void troupei_run_begin(struct search *search)
{
	const troupe_exploration *options = &search->options;
	struct simulation limits = { .steps_max = options->steps_max, .crashes_ppm = options->crashes_ppm,
		                         .refusals_ppm = options->refusals_ppm, .may_give_up = true,
		                         .oracles = { options->flags, options->dead_letters, options->invariant, options->invariant_context } };

	under_way = search;
	troupei_simulation_leave = leave;
	watch();
	search->strategy->choices = troupei_search_expects(search);
	search->strategy->is_redundant = false;
	search->strategy->workers = search->workers;
	search->shared->trace.with_kinds = search->replayed != NULL;
	troupei_trace_begin(&search->shared->trace, options->seed + (search->one_seed ? 0 : search->shared->schedule));
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

static void count(struct search *search)
{
	struct exploration *shared = search->shared;
	struct strategy *strategy = search->strategy;

	shared->orders += !strategy->is_redundant && is_new(shared, shared->trace.hash);
	if (shared->choices < shared->trace.choice_count)
		shared->choices = shared->trace.choice_count;
	shared->is_over = strategy->end != NULL && !strategy->end(strategy);
	shared->exhausted = shared->is_over && !strategy->is_partial;
	shared->messages += shared->trace.messages;
	shared->steps += shared->trace.steps;
	shared->done++;
}

void troupei_run_end(struct search *search)
{
	troupei_memory_fail_by(NULL);
	if (troupei_simulation.shop_count == 0)
		troupei_oracle_ended();
	troupei_simulation_end();
	count(search);
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
	} else if (WEXITSTATUS(status) != 0 && !(WEXITSTATUS(status) == EXIT_GAVE_UP && trace->gave_up)) {
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
		                     .hash = trace->hash, .exhausted = shared->exhausted };
	if (trace->finding == FINDING_NONE)
		return;
	if (shared->done == shared->schedule) { /* else the program ended in order, and then said by its status that it was wrong */
		out->schedules++;
		out->messages += trace->messages;
	}
	out->seed = trace->seed;
	snprintf(out->what, sizeof out->what, "%s", trace->text);
	memcpy(out->pattern, search->pattern, sizeof out->pattern);
	memcpy(out->diagram, search->diagram, sizeof out->diagram);
	troupei_line_write(search, out->replay, sizeof out->replay);
}
