/* SPDX-License-Identifier: MIT */
/* One run of a measure, in a process of its own: its memory is fresh, and a crash is one measure's. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "micro.h"

enum { RUN_SECONDS_MAX = 120 };

int64_t micro_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * TROUPE_S + t.tv_nsec;
}

void micro_nap(int64_t ns)
{
	nanosleep(&(struct timespec){ .tv_sec = ns / TROUPE_S, .tv_nsec = ns % TROUPE_S }, NULL);
}

void *micro_alloc(size_t size)
{
	void *memory = malloc(size);

	if (!memory) {
		fputs("troupe-micro: no memory\n", stderr);
		exit(EXIT_FAILURE);
	}
	memset(memory, 1, size); /* calloc would leave the pages to be found later */
	return memset(memory, 0, size);
}

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

double micro_quantile(double *values, size_t count, double share)
{
	qsort(values, count, sizeof *values, compare);
	return values[(size_t)(share * (double)(count - 1) + 0.5)];
}

void micro_begin(struct micro_run *run)
{
	troupe_must(troupe_future_open(run->system, NULL, &run->done));
	run->began_ns = micro_now();
}

void micro_end(struct micro_run *run)
{
	troupe_must(troupe_next(run->done, MICRO_GO, NULL, 0));
	run->ns = (double)(micro_now() - run->began_ns);
	troupe_future_close(run->done);
}

void micro_done(struct micro_run *run)
{
	micro_must(troupe_send_bytes(run->done.ref, MICRO_GO, NULL, 0));
}

micro_actor micro_drive(struct micro_run *run, const troupe_behaviour *behaviour, const void *initial)
{
	micro_actor actor;

	troupe_must(troupe_spawn(run->system, behaviour, initial, &actor.ref));
	troupe_must(troupe_send_bytes(actor.ref, MICRO_GO, NULL, 0));
	return actor;
}

/* No handler's turn ends by the clock, and nobody watches handlers, where instructions are counted. */
static void start(struct micro_run *run)
{
	troupe_options options = { .struct_size = sizeof options, .workers = run->workers, .handler_ns_max = -1 };

	if (run->counted)
		options.turn_ns_max = 3600 * TROUPE_S;
	if (run->workers > 0)
		troupe_must(troupe_start(&options, &run->system));
}

static void do_once(const struct micro_measure *measure, struct micro_run *run)
{
	start(run);
	measure->run(run);
	if (run->workers > 0)
		troupe_must(troupe_finish(run->system, 0));
}

static struct micro_run run_of(const struct micro_measure *measure, uint64_t n)
{
	return (struct micro_run){ .n = n, .k = measure->k, .workers = measure->workers };
}

void micro_once(const struct micro_measure *measure, uint64_t n)
{
	struct micro_run run = run_of(measure, n);

	run.counted = true;
	do_once(measure, &run);
}

/* In the child: what comes first is thrown away, unless fresh memory is what is measured. */
static void measure_into(int pipe, const struct micro_measure *measure, uint64_t n)
{
	struct micro_run run = run_of(measure, n);

	alarm(RUN_SECONDS_MAX);
	if (!measure->fresh)
		do_once(measure, &run);
	run = run_of(measure, n);
	do_once(measure, &run);
	double each = run.ns / (double)n;
	_exit(write(pipe, &each, sizeof each) == sizeof each ? EXIT_SUCCESS : EXIT_FAILURE);
}

bool micro_round(const struct micro_measure *measure, uint64_t n, double *ns)
{
	int ends[2], status = -1;

	fflush(NULL);
	if (pipe(ends) != 0)
		return false;
	pid_t child = fork();
	if (child == 0)
		measure_into(ends[1], measure, n);
	close(ends[1]);
	bool got = child > 0 && read(ends[0], ns, sizeof *ns) == sizeof *ns;
	close(ends[0]);
	return child > 0 && waitpid(child, &status, 0) == child && status == 0 && got && *ns > 0;
}
