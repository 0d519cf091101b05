/* SPDX-License-Identifier: MIT */
/* pool: a named pool of threads, and the tasks that were given to it.
 *
 *   P1  Pools lie in a table for ever, and so do their locks. The records of tasks belong to one place in it, and go when the
 *       pool is closed and none is needed. A stale handle may be looked at at any time: no record has its generation again.
 *   P2  Everything here is touched with the lock of the pool's crew held, but for a record between its start and its end: what
 *       it is to do and what it gives are then the running thread's (or of who cancelled it).
 *   P3  A task ends once: who takes it out of the queue, by starting or cancelling it, calls troupei_job_end.
 *   P4  A record is free when nobody holds a handle and it has ended, its callback included (busy).
 *   P5  Functions of the user's are called without the lock. */
#ifndef TROUPEI_EXECUTORS_POOL_H
#define TROUPEI_EXECUTORS_POOL_H

#include "base/crew.h"
#include "mailbox/envelope.h"
#include "troupe/executor.h"
#include "troupe/registry.h"

enum job_state { JOB_FREE, JOB_QUEUED, JOB_STARTED, JOB_OVER };

/* To be called when a task is over, after its option `done`. */
struct job_call {
	struct job_call *next;
	void (*done)(void *context, troupe_task task, troupe_status outcome);
	void *context;
};

struct troupe_job {
	struct troupe_job *next, *previous; /* in the queue, or among the started; next also among the free */
	struct pool *pool;
	uint32_t index;           /* of the record, for ever */
	uint32_t generation;
	enum job_state state;
	bool held;                /* somebody has a handle */
	bool busy;                /* P4 */
	bool awaited;             /* somebody waits: tell */
	troupe_work *work;
	void *argument;
	size_t size;              /* of the copy; 0: the pointer is the user's */
	troupe_task_options options;
	struct envelope *news;    /* with answer_to: that there is no answer needs no memory */
	int64_t start_by_ns;      /* INT64_MAX: no limit */
	struct time_limit *limit; /* timekeeper.h: while it waits and there is one; else NULL */
	troupe_status outcome;
	struct job_call *calls;   /* in the order in which they are to be called; until the job is over and has called them */
	uint64_t sequence;        /* in the order of ends: troupe_task_next */
	void *result;
	size_t result_size;
	char text[TROUPE_TASK_TEXT_MAX + 1];
};

struct job_list {
	struct troupe_job *first, *last;
};

struct pool {
	struct crew crew;         /* first: a crew is its pool */
	uint32_t generation;      /* of the handles that reach it */
	bool open;
	bool closing;             /* takes nothing more */
	bool has_closer;          /* a thread is in troupe_pool_close */
	char name[TROUPE_NAME_SIZE_MAX + 1]; /* "": none, or not open */
	uint32_t queue_max;
	uint32_t queued_count, started_count;
	uint64_t over_count;
	struct job_list queued, started;
	struct troupe_job **chunks; /* the records, JOB_CHUNK to a chunk */
	uint32_t chunk_count;
	uint32_t job_count;         /* of the records that are in use */
	uint32_t job_generation;    /* the highest of all records that have gone */
	struct troupe_job *free;
	pthread_cond_t ended;     /* an awaited task has */
	void (*log)(void *context, const char *line);
	void *context;
};

enum { JOB_CHUNK = 64, JOB_INDEX_BITS = 24 };

/* ------------------------------------------------------------------------------------------------------- pool.c -- */

/* The pool, locked; NULL: closed. */
struct pool *troupei_pool_lock(troupe_pool handle);
void troupei_pool_unlock(struct pool *pool);

/* The place in the table, whoever is there. */
struct pool *troupei_pool_at(uint32_t place);
uint32_t troupei_pool_place(const struct pool *pool);

/* The task that this thread runs; NULL: none. */
struct troupe_job *troupei_job_current(void);

/* -------------------------------------------------------------------------------------------------------- job.c -- */

/* Lock held: a free record. TROUPE_ENOMEM, TROUPE_ELIMIT. */
troupe_status troupei_job_new(struct pool *pool, struct troupe_job **out);
/* Lock held: nobody needs it any more. */
void troupei_job_free(struct troupe_job *job);

/* Lock held: the pool may be closed now; give its records back if nobody needs one. */
void troupei_jobs_trim(struct pool *pool);

troupe_task troupei_job_handle(const struct troupe_job *job);
/* The task, its pool locked; NULL: there is none. */
struct troupe_job *troupei_job_lock(troupe_task handle);

/* The same whether or not somebody holds a handle. */
struct troupe_job *troupei_job_of_limit(troupe_task handle);

/* Lock held: the task, if it is one of this pool. TROUPE_EGONE: there is none; TROUPE_EINVAL: it is another pool's. */
struct troupe_job *troupei_job_find(const struct pool *pool, troupe_task handle, troupe_status *why);

/* Lock held: it was queued in vain: the record is free again, what it leads to is the caller's. */
void troupei_job_unqueue(struct troupe_job *job);

/* Lock held: into the queue, out of it. Out of it, the task is the caller's to run, and to end. False: it is in the queue, but there
 * is no thread that sees to its time: timekeeper.h. */
bool troupei_job_enqueue(struct troupe_job *job);
void troupei_job_start(struct troupe_job *job);

/* Lock not held: it is over; tell everybody. P3 */
void troupei_job_end(struct troupe_job *job, troupe_status outcome);

#endif
