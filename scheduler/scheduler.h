/* SPDX-License-Identifier: MIT */
/* scheduler: a fixed set of workers that run runnables.
 *
 * THE SHUTDOWN PROTOCOL, as its user (actors/shutdown.c) goes through it:
 *   1. The user lets nothing in from outside any more, and waits until nobody from outside is still on the way in.
 *   2. The user waits until the scheduler is quiet (troupei_scheduler_settle): all workers sleep, all queues are empty.
 *   3. The user makes its own things end, which is work for the workers; then 2 again.
 *   4. troupei_scheduler_stop: `stop` is set, then every worker is woken. (Nobody calls spares any more.) A worker that sees it leaves its loop: after its own
 *      queues were seen empty in 2 there is nothing in them, since only workers could have filled them.
 *   5. The threads are joined. Only then is anything freed: a thief may look into another worker's ring until it has ended.
 * If 2 never comes true (a handler does not return), its user gives up before 4: the threads and the memory stay. */
#ifndef TROUPEI_SCHEDULER_SCHEDULER_H
#define TROUPEI_SCHEDULER_SCHEDULER_H

#include <pthread.h>

#include "base/environment.h"
#include "scheduler/idle_set.h"
#include "scheduler/inject_queue.h"
#include "scheduler/worker.h"

/* What the user of a scheduler gives it. */
struct scheduler_hooks {
	void (*run)(struct worker *worker, struct runnable *runnable);     /* one turn */
	void (*fire)(struct worker *worker, struct timer_entry *entry);    /* a timer is due; it is not armed any more */
	bool (*begin)(struct worker *worker);                              /* fill in what is the user's, before the thread starts;
	                                                                      false: no memory. May be NULL */
	void (*escaped)(struct worker *worker);                            /* its turn was left by a jump: finish it */
	uint64_t (*handled)(const struct worker *worker);                  /* messages so far; any thread. NULL: nobody counts */
	void (*end)(struct worker *worker);                                /* the last thing on its thread; may be NULL */
	void (*now_and_then)(struct worker *worker);                       /* between two turns, every BALANCE_TURNS or so; may be NULL */
	size_t worker_size;                                                /* of a struct that begins with struct worker */
};

struct scheduler {
	struct scheduler_hooks hooks;
	struct environment environment;
	struct worker **workers;
	uint32_t worker_count;  /* grows by spares: spare.h, P1 */
	uint32_t regular_count; /* as many as were asked for */
	uint32_t worker_limit;  /* with all spares */
	uint32_t stop;     /* set once */
	struct inject_queue inject;
	struct idle_set idle;
	pthread_mutex_t settle_lock;
	pthread_cond_t settled; /* signalled by a worker that went to sleep as the last one, if somebody waits */
	uint32_t settle_waiters;
	struct parker watcher;    /* of a thread that watches the workers while any is awake; it need not be there */
	uint32_t watcher_sleeps; /* until a worker leaves the sleepers: W.dekker in park.c */
	uint32_t pacing;   /* the worker that measures whether it should steal, + 1; 0: none (pace.h, E4) */
	uint32_t apart;    /* runnables that were handed to threads other than the workers, and have not had their turn */
};

enum scheduler_start { SCHEDULER_STARTED, SCHEDULER_NO_MEMORY, SCHEDULER_NO_THREAD };

/* Start @p workers threads. On failure nothing is left behind. */
enum scheduler_start troupei_scheduler_start(struct scheduler *scheduler, const struct scheduler_hooks *hooks,
                                             const struct environment *environment, uint32_t workers);

/* The same with one worker and no thread: the caller runs turns itself. False: no memory, nothing is left behind. */
bool troupei_scheduler_start_alone(struct scheduler *scheduler, const struct scheduler_hooks *hooks,
                                   const struct environment *environment);

/* Make room for @p runnables in all, so that queueing never fails. */
bool troupei_scheduler_reserve(struct scheduler *scheduler, size_t runnables);

/* Queue from a thread that is none of the workers. */
void troupei_scheduler_inject(struct scheduler *scheduler, struct runnable *runnable);

/* If somebody sleeps and nobody searches, wake one. The work is visible already. (S1) */
void troupei_scheduler_wake_one(struct scheduler *scheduler);

/* A worker gives a runnable to a thread apart from the workers; that thread has had its turn, and injected what it woke. In
 * between the scheduler is not quiet. */
void troupei_scheduler_apart_begin(struct scheduler *scheduler);
void troupei_scheduler_apart_end(struct scheduler *scheduler);

/* A timer was armed on a worker's wheel by a thread that is none: who sleeps is to look at the time again. */
void troupei_scheduler_timer_armed(struct scheduler *scheduler);

/* When the next timer of all is due; INT64_MAX: none is armed. */
int64_t troupei_scheduler_next_timer(const struct scheduler *scheduler);

/* Do all workers sleep with all queues empty, and does nobody apart have work? */
bool troupei_scheduler_is_quiet(struct scheduler *scheduler);

/* Block until it is quiet. False: @p deadline_ns of CLOCK_MONOTONIC came first (INT64_MAX: no limit). Not on a worker. */
bool troupei_scheduler_settle(struct scheduler *scheduler, int64_t deadline_ns);

/* A worker is about to sleep: tell who waits for quiet. */
void troupei_scheduler_notify_settled(struct scheduler *scheduler);

/* Steps 4 and 5; false: a thread did not end before @p deadline_ns, and nothing was freed. */
bool troupei_scheduler_stop(struct scheduler *scheduler, int64_t deadline_ns);

/* All workers there are, spares too. */
static inline uint32_t troupei_scheduler_workers(const struct scheduler *scheduler)
{
	return troupei_load_acquire_32(&scheduler->worker_count); /* COUNT.store in spare.c */
}

/* Is anything in a queue that more than one may take from? */
bool troupei_scheduler_has_queued(struct scheduler *scheduler);

/* A worker's memory, filled in; NULL: none, or the user's begin failed. */
struct worker *troupei_worker_new(struct scheduler *scheduler, uint32_t index, bool spare);

static inline int64_t troupei_scheduler_now(const struct scheduler *scheduler)
{
	return troupei_environment_now(&scheduler->environment);
}

#endif
