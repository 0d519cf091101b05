/* SPDX-License-Identifier: MIT */
/* timers: the timer wheel of one worker behind a lock, so that any worker may arm, cancel and fire. The lock is its worker's
 * alone nearly always. Tickless: what is due next is what a parked worker sleeps until. */
#ifndef TROUPEI_SCHEDULER_TIMERS_H
#define TROUPEI_SCHEDULER_TIMERS_H

#include <pthread.h>
#include <stdbool.h>

#include "base/atomics.h"
#include "scheduler/timer_wheel.h"

struct timers {
	pthread_mutex_t lock;
	uint64_t next_ns; /* when fire must be called next; INT64_MAX: never. Written with the lock held, read without */
	struct timer_wheel wheel;
};

void troupei_timers_init(struct timers *timers, int64_t now_ns);
void troupei_timers_fini(struct timers *timers);

/* Arm; entry->deadline_ns is set. */
void troupei_timers_arm(struct timers *timers, struct timer_entry *entry);

/* Disarm. False: it was not armed here: it has been taken by troupei_timers_due, and will be fired. */
bool troupei_timers_disarm(struct timers *timers, struct timer_entry *entry);

/* What is due, in order of deadlines, linked by next; not armed any more. */
struct timer_entry *troupei_timers_due(struct timers *timers, int64_t now_ns);

size_t troupei_timers_count(struct timers *timers);

static inline int64_t troupei_timers_next(const struct timers *timers)
{
	return (int64_t)troupei_load_relaxed_64(&timers->next_ns); /* relaxed: who changes it is awake, and looks itself */
}

#endif
