/* SPDX-License-Identifier: MIT */
/* One round's failure: which allocation or call of the system fails, the how manieth, how. The counts lie in memory that is shared
 * with the processes of actors: theirs are counted with ours.
 *   I1  A call counts only if the library made it, while the round is armed. */
#ifndef TROUPE_TESTS_FAILURES_INJECT_H
#define TROUPE_TESTS_FAILURES_INJECT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "failures/calls.h"

enum { RECORDS_MAX = 8192, FRAMES_MAX = 12, SAID_MAX = 600 };

struct plan {
	enum call call;
	int error;        /* errno, EARLY or SHORT; of allocations 0 */
	uint32_t nth;     /* from 1; 0: none fails, and all are recorded */
	bool from_there;  /* all others behind it, too */
};

struct injection {
	struct plan plan;
	atomic_bool armed;
	atomic_uint count[CALL_COUNT];
	atomic_uint hits;               /* failures so far */
	uintptr_t frames[FRAMES_MAX];   /* of the first */
	uint32_t frame_count;
	uint64_t sites[CALL_COUNT][RECORDS_MAX]; /* recorded: who called, a hash of some callers; from 0 */
	atomic_bool wrong;              /* something that must not be, was */
	char said[SAID_MAX];            /* what */
	atomic_long mapped;             /* bytes that the library has mapped and not given back */
};

extern struct injection *injection; /* shared */

/* What must happen to this call: 0, or how it is to fail. */
int inject(enum call call);

/* The seam of allocations. */
bool inject_allocation(size_t size);

/* Bytes mapped, by the wrapper of mmap. */
void inject_mapped(long bytes);

#endif
