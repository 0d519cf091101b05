/* SPDX-License-Identifier: MIT */
/* parker: one thread sleeps, any thread wakes it. An event count (ck_ec): take a ticket, look for work once more, then sleep
 * only if no wake-up came since the ticket. */
#ifndef TROUPEI_SCHEDULER_PARKER_H
#define TROUPEI_SCHEDULER_PARKER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ck.h"

struct parker {
	struct ck_ec32 event;
	struct ck_ec_ops ops;   /* its address leads back here */
	struct ck_ec_mode mode;
	int64_t deadline_ns;    /* of the sleep under way; the sleeper's own */
};

void troupei_parker_init(struct parker *parker);

/* The sleeper, before it looks for work one last time. */
uint32_t troupei_parker_ticket(const struct parker *parker);

/* The sleeper. Until a wake-up after @p ticket, or CLOCK_MONOTONIC is @p deadline_ns (INT64_MAX: never). False: time is over. */
bool troupei_parker_sleep(struct parker *parker, uint32_t ticket, int64_t deadline_ns);

/* Any thread. What was written before it is seen by the sleeper when it returns. */
void troupei_parker_wake(struct parker *parker);

#endif
