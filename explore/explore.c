/* SPDX-License-Identifier: MIT */
/* Running a function again and again. */
#include <limits.h>
#include <malloc.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "actors/system.h"
#include "explore/explorer.h"
#include "explore/simulation.h"

static void run_one(struct search *search)
{
	troupei_run_begin(search);
	search->program(search->context);
	if (troupei_simulation_has_workers())
		troupei_simulation_fail(FINDING_LEFT, "the program has ended, and left a system behind");
	troupei_run_end(search);
}

static void run_all(struct search *search)
{
	struct exploration *shared = search->shared;

	for (; shared->schedule < search->options.schedules; shared->schedule++) {
		run_one(search);
		if (shared->is_over)
			break;
	}
}

/* In a child, until a run ends it. */
static troupe_status run_some(struct search *search)
{
	pid_t child = fork();

	if (child == 0) {
		/* Each run takes the memory that the last one gave back: to get it from the system anew took most of the time. */
		mallopt(M_MMAP_THRESHOLD, INT_MAX);
		mallopt(M_TRIM_THRESHOLD, INT_MAX);
		run_all(search);
		fflush(NULL);
		_exit(0);
	}
	if (child < 0)
		return TROUPE_ENOMEM;
	return troupei_run_wait(search, child) ? TROUPE_OK : TROUPE_EFAILED;
}

/* A run in which the program gave up is over, and so is its process; the search is not. */
static troupe_status search_all(struct search *search)
{
	struct exploration *shared = search->shared;

	for (;;) {
		troupe_status status = run_some(search);
		bool goes_on = status == TROUPE_EFAILED ? troupei_search_lengthen(search)
		                                        : status == TROUPE_OK && shared->trace.gave_up && !shared->is_over &&
		                                                  ++shared->schedule < search->options.schedules;
		if (!goes_on)
			return status;
	}
}

static bool run_again(struct search *search)
{
	pid_t child = fork();

	if (child == 0) {
		troupei_run_silence();
		run_one(search);
		_exit(0);
	}
	return child < 0 || troupei_run_wait(search, child);
}

troupe_status troupe_explore(const troupe_exploration *options, void (*program)(void *context), void *context,
                             troupe_finding *out)
{
	struct search search;
	troupe_finding finding;

	if (program == NULL)
		return TROUPE_EINVAL;
	if (troupei_is_simulated() || troupei_actor_worker() != NULL)
		return TROUPE_ECONTEXT;
	troupe_status status = troupei_search_open(&search, options);
	if (status != TROUPE_OK)
		return status;
	search.run = run_again;
	search.program = program;
	search.context = context;
	fflush(NULL); /* what is written stays the parent's */
	status = search_all(&search);
	if (status != TROUPE_ENOMEM) {
		if (status != TROUPE_OK)
			troupei_search_explain(&search);
		troupei_search_tell(&search, &finding);
		if (out != NULL)
			*out = finding;
	}
	troupei_search_close(&search);
	return status;
}
