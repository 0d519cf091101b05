/* SPDX-License-Identifier: MIT */
/* timekeeper: tasks that must start by a certain time, and do not, are ended then, though all threads are busy and nobody waits. One
 * thread for all pools; there is none while no task has such a time.
 *
 *   T1  A limit is a block of its own: the record of its task may be another task's by the time that it is due. So it holds the
 *       task's handle, which is stale then.
 *   T2  A limit is armed, and taken back, with the lock of its task's pool held. Who takes it back while it is armed frees it. One
 *       that is due is the timekeeper's, which frees it when it has had the pool's lock: who came to take it back in the meantime
 *       has been and gone.
 *   T3  A pool's lock comes before the timekeeper's own. */
#ifndef TROUPEI_EXECUTORS_TIMEKEEPER_H
#define TROUPEI_EXECUTORS_TIMEKEEPER_H

#include "executors/pool.h"
#include "scheduler/timer_wheel.h"

struct time_limit {
	struct timer_entry entry;
	troupe_task task;
};

/* A limit for a task that is not there yet; NULL: no memory. */
struct time_limit *troupei_limit_new(int64_t start_by_ns);

/* Lock of the pool held: job->limit counts from now on. False: no thread can be had that sees to it; it is to be taken back. */
bool troupei_limit_arm(struct troupe_job *job);

/* Lock of the pool held: the task waits no more. */
void troupei_limit_take_back(struct troupe_job *job);

/* No lock held: if no task has a limit, the thread ends. */
void troupei_timekeeper_rest(void);

#endif
