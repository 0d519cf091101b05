/* SPDX-License-Identifier: MIT */
/* crew: threads that are made when there is work for them, and end when there has been none for a while. The queue is the
 * owner's; the crew lends its lock, and asks for the next thing to do.
 *
 *   W1  Everything in the struct, and the owner's queue, is touched with the lock held.
 *   W2  A thing that was queued is taken: by a thread that troupei_crew_call woke or made for it, or by one that comes back
 *       from its work, which takes until nothing is left. So a crew with one thread loses nothing, it is only slower.
 *   W3  `called` wake-ups are on their way to `idle` threads: a thread that is idle but called already is not called twice. One
 *       that was just made counts as idle until it has looked for work.
 *   W4  A thread that has ended is joined by the next one that ends or is made, or by stop: never by itself. */
#ifndef TROUPEI_BASE_CREW_H
#define TROUPEI_BASE_CREW_H

#include <stdint.h>

#include "base/threads.h"

struct crew;

struct crew_hooks {
	void *(*take)(struct crew *crew);                         /* lock held: the next thing to do; NULL: none */
	void (*work)(struct crew *crew, void *thing, void *own);  /* lock not held: do it */
	void *(*make)(struct crew *crew);                         /* lock held: what a thread owns; NULL: no memory */
	void (*drop)(struct crew *crew, void *own);               /* lock held: its thread ends. Both NULL: it owns nothing */
};

struct crew_thread; /* crew.c */

struct crew {
	pthread_mutex_t lock;
	pthread_cond_t work;       /* to idle threads: called, or stop */
	pthread_cond_t changed;    /* to who waits in stop: a thread has ended */
	struct crew_hooks hooks;
	struct crew_thread *ended; /* W4 */
	uint32_t threads_min, threads_max;
	int64_t idle_ns;           /* after so long without work a thread above threads_min ends */
	uint32_t threads, idle, called;
	bool stop;
};

void troupei_crew_init(struct crew *crew, const struct crew_hooks *hooks);
/* All threads have been stopped. */
void troupei_crew_fini(struct crew *crew);

/* Lock held. From now on there may be so many threads; at least @p threads_min are made at once, or as many of these as the
 * operating system gives. False: it gives none (with @p threads_min 0: none was asked for). */
bool troupei_crew_open(struct crew *crew, uint32_t threads_min, uint32_t threads_max, int64_t idle_ns);

/* Lock held: a thing was queued. False: there is no thread and none can be made. */
bool troupei_crew_call(struct crew *crew);

/* Lock held, and given up meanwhile: what is queued is done, then threads end. False: some have not by @p deadline_ns
 * (CLOCK_MONOTONIC; INT64_MAX: no limit); they will when their work lets them. */
bool troupei_crew_stop(struct crew *crew, int64_t deadline_ns);

/* @p within_ns from now, 0 being no limit: INT64_MAX. */
int64_t troupei_deadline_in(int64_t within_ns);

#endif
