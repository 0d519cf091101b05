/* SPDX-License-Identifier: MIT */
/* The end of a program whose parts end one by one: an actor that each tells when it is done, and that tells the main thread when
 * all are. */
#ifndef BENCH_SAVINA_GATHER_H
#define BENCH_SAVINA_GATHER_H

#include "bench.h"

enum { GATHERER_DONE = 1 };
typedef union gatherer {
	troupe_ref ref;
	const void *data;
	const struct bench_value *GATHERER_DONE;
} gatherer;

/** Spawn one that waits for @p parts messages, and then tells b->main the sum of their values. */
gatherer gatherer_spawn(const bench *b, uint64_t parts);

#endif
