/* SPDX-License-Identifier: MIT */
/* stall: what a handler that does not return is doing, seen from outside; and getting hold of its thread. */
#ifndef TROUPEI_ACTORS_STALL_H
#define TROUPEI_ACTORS_STALL_H

#include "actors/system.h"
#include "base/frames.h"

/* Any thread. */
struct stall_sign troupei_stall_look(const struct actor_worker *worker);
bool troupei_stall_is_same(const struct stall_sign *a, const struct stall_sign *b);

/* What became of a signal to a worker's thread. */
enum stall_signal {
	STALL_SILENT,  /* it did not come, or the handler has returned */
	STALL_SEEN,    /* the calls were collected */
	STALL_EXPOSED, /* and it gave away what only it could reach */
};

/* Signal the thread, and wait a moment for the calls that led to where it is. One thread of the process at a time is served.
 * @param expose  let it give away its work */
enum stall_signal troupei_stall_signal(struct actor_worker *worker, const struct stall_sign *sign, bool expose,
                                       struct frames *frames);

/* Tell the log: whose handler of what runs for how long, and where it is. */
void troupei_stall_report(struct actor_worker *worker, const struct stall_sign *sign, int64_t for_ns,
                          const struct frames *frames);

#endif
