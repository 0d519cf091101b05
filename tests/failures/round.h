/* SPDX-License-Identifier: MIT */
/* A round: a scenario run once, in a process of its own, with one failure. */
#ifndef TROUPE_TESTS_FAILURES_ROUND_H
#define TROUPE_TESTS_FAILURES_ROUND_H

#include "failures/failures.h"
#include "failures/inject.h"

enum { ROUND_SECONDS = 60, OUTPUT_MAX = 6000 };

enum verdict { ROUND_RIGHT, ROUND_WRONG, ROUND_HANGS };

struct round {
	enum verdict verdict;
	uint32_t hits;           /* failures that it met with; 0: it did not come so far */
	long mapped;             /* bytes of address space that the library keeps at its end */
	char output[OUTPUT_MAX]; /* what it said, when it went wrong */
};

/* Once, before the first. */
void rounds_begin(void);

void run_round(const struct scenario *scenario, const struct plan *plan, struct round *out);

/* In this process, which does not end by it. */
void run_round_here(const struct scenario *scenario, const struct plan *plan);

#endif
