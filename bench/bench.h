/* SPDX-License-Identifier: MIT */
/* What every workload is given: its parameters, a way to tell the main thread the result, and a clock.
 *
 * A workload is one file, which ends in a bench_workload. Its run starts the clock, makes the first actor, waits for the result,
 * and says what it should have been:
 *
 *       bench_begin(b);
 *       troupe_must(troupe_spawn(b->system, &pinging, &(struct ping_state){ .main = b->main }, &first.ref));
 *       troupe_must(troupe_send(first, PING_START, 0));
 *       bench_expect(b, messages, bench_end(b, BENCH_DONE), wanted);
 *
 * b->main is a future seen as a protocol: an actor that has the result sends it there, as it would to another actor. */
#ifndef BENCH_H
#define BENCH_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>

#include "troupe.h"

enum { BENCH_DONE = 1 };

struct bench_value {
	uint64_t value;
};

/* What one may say to the main thread. */
typedef union bench_main {
	troupe_ref ref;
	const struct bench_value *BENCH_DONE;
} bench_main;

typedef struct bench {
	troupe_system system;
	uint64_t n, k; /* what they mean: see the workload */
	uint32_t threads;
	bench_main main;
	int64_t began_ns;

	/* The result. */
	uint64_t messages;
	double seconds;
	int64_t rss_kb; /* below 0: the peak of the whole process */
	bool ok;
	char check[96];
} bench;

/** Open b->main and start the clock. */
void bench_begin(bench *b);

/** Wait for a message of @p kind, whose payload is a struct bench_value, at b->main, and stop the clock. */
uint64_t bench_end(bench *b, int32_t kind);

/** Write down the result: it is right when @p got is @p wanted. */
void bench_expect(bench *b, uint64_t messages, uint64_t got, uint64_t wanted);

/** Monotonic nanoseconds. */
int64_t bench_now(void);

/** A number from /proc/self/status, such as "VmRSS:", in kB; -1: not there. */
int64_t bench_memory_kb(const char *key);

/** Zeroed memory, or the end of the program. */
void *bench_alloc(size_t count, size_t size);

/* troupe_must without a call on the way that goes well, for handlers: a benchmark that cannot send is over. */
#define bench_must(call)                                                                     \
	do {                                                                                 \
		troupe_status bench_status_ = (call);                                        \
		if (__builtin_expect(bench_status_ != TROUPE_OK, 0))                         \
			troupe_must_at(bench_status_, #call, __FILE__, __LINE__);            \
	} while (0)

/** The work of the fork-join workloads: one sine, computed each time and not folded by the compiler. */
static inline void bench_compute(void)
{
	static volatile double angle = 37.2;
	volatile double r = sin(angle);

	r = r * r;
}

/** The pseudo-random numbers of big and banking. */
static inline uint32_t bench_random(uint32_t *x)
{
	*x = *x * 1664525u + 1013904223u;
	return *x >> 8;
}

/* A workload: the last thing in its file. It is in the program when workloads.h has its name. */
typedef struct bench_workload {
	const char *name;
	const char *alias;     /* its name in the Savina suite, where that differs; NULL: none */
	const char *what;      /* one line for --list, which says what N and K are */
	uint64_t n, k;         /* unless --n and --k tell; k 0: it has none */
	uint64_t n_min, n_max; /* what they may be; 0: 1, and what the command line allows */
	uint64_t k_min, k_max;
	void (*run)(bench *b);
	void (*after)(bench *b); /* when the system has ended; NULL: nothing */
	const char *(*refuse)(uint64_t n, uint64_t k); /* why they cannot be; NULL: they can. May be NULL itself */
} bench_workload;

#endif
