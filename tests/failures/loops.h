/* SPDX-License-Identifier: MIT */
/* The loops: a scenario again and again, each time with another failure. */
#ifndef TROUPE_TESTS_FAILURES_LOOPS_H
#define TROUPE_TESTS_FAILURES_LOOPS_H

#include "failures/round.h"

struct loops {
	bool brief;      /* each site at its first and its last call, instead of each call */
	bool shows;      /* how far it is, on a terminal */
	uint32_t rounds; /* so far */
	uint32_t hits;   /* of them, in which something failed */
	uint32_t sites;  /* places in the library from which allocations and calls are made, told apart by some callers */
	uint32_t kinds;  /* different failures: a site and what failed there how */
	uint32_t wrong;  /* rounds; they are told at once */
	char tried[200]; /* what fails in this scenario, and how often it is called */
};

/* All of them for one scenario; adds to @p out. */
void run_loops(const struct scenario *scenario, struct loops *out);

/* Of an errno, EARLY or SHORT. */
const char *error_name(int error);

#endif
