/* SPDX-License-Identifier: MIT */
/* Blocking work: pools of threads apart from the workers, for what must not be done in a handler: files, name servers, databases,
 * long computations.
 *
 * A POOL has threads that are made when there is work and end when there has been none for a while. A TASK is one function
 * called once on one of them. It has one outcome: the status that the function returned, or TROUPE_ECANCELLED or
 * TROUPE_ETIMEOUT if it never started. A thread waits for it with a handle; an actor gets it as an answer:
 *
 *     troupe_expect(me, TROUPE_OPTIONS(troupe_expectation, .answers = 3), &address)
 *     troupe_submit(pool, read_file, &name, sizeof name, TROUPE_OPTIONS(troupe_task_options, .answer_to = address,
 *                   .answer_kind = FILE_READ), NULL)           three times: all of three, any of three, k of n
 *
 * Pools belong to the process, not to a system: close them before the systems that they answer to are finished. An actor that
 * blocks in its own handlers is simpler: see `blocks` in actor.h. */
#ifndef TROUPE_EXECUTOR_H
#define TROUPE_EXECUTOR_H

#include "ask.h"

TROUPE_EXTERN_C_BEGIN

#define TROUPE_POOLS_MAX        255  /* open at once in one process */
#define TROUPE_POOL_THREADS_MAX 4096 /* threads of one pool */
#define TROUPE_TASK_TEXT_MAX    127  /* bytes of a task's text, without the ending 0 */

/* A pool, and a task: plain values that own nothing; {0} is none. One that is over stays legal to name. */
typedef struct troupe_pool {
	uint64_t bits_private;
} troupe_pool;
typedef struct troupe_task {
	uint64_t bits_private;
} troupe_task;

/* A task as its own function sees it, while it runs. */
typedef struct troupe_job troupe_job;

/** What a pool calls: does the work, may block. @return the outcome; other than TROUPE_OK: a failure, which reaches who waits */
typedef troupe_status troupe_work(troupe_job *job, void *argument);

typedef struct troupe_pool_options {
	uint32_t struct_size; /* see TROUPE_OPTIONS */
	uint32_t threads_max; /* 1 to TROUPE_POOL_THREADS_MAX: how much may block at once. No default */
	uint32_t threads_min; /* made at once, and kept; up to threads_max; default: 0 */
	uint32_t queue_max;   /* tasks that may wait while threads_max run; then TROUPE_EFULL; default: no limit */
	int64_t idle_ns;      /* a thread above threads_min ends after so long without work; default: 10 s */
	const char *name;     /* for troupe_pool_find; copied; 1 to TROUPE_NAME_SIZE_MAX bytes; default: none */
	void (*log)(void *context, const char *line); /* who is still running when a close runs out of time, a line each, from
	                         the closing thread; default: to stderr */
	void *context;        /* for log; yours */
} troupe_pool_options;

/** Open a pool.
 *  @param options  not NULL: threads_max has no default
 *  @retval TROUPE_EINVAL   no threads_max, threads_min above it, another field out of range
 *  @retval TROUPE_EEXIST   another open pool has this name   @retval TROUPE_ELIMIT   TROUPE_POOLS_MAX are open
 *  @retval TROUPE_ENOMEM   no memory                         @retval TROUPE_ETHREAD  threads_min above 0, and not one to be had */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_pool_open(const troupe_pool_options *options, troupe_pool *out);

/** Find an open pool by its name. @retval TROUPE_ENOENT  there is none */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_pool_find(const char *name, troupe_pool *out);

/* What becomes of tasks that wait when their pool is closed. */
typedef enum troupe_pool_rest {
	TROUPE_RUN_QUEUED = 0, /* they are run first */
	TROUPE_CANCEL_QUEUED   /* TROUPE_ECANCELLED */
} troupe_pool_rest;

/** Close a pool: nothing more is taken, what waits is run or cancelled, what runs is waited for, its threads end. Handles of
 *  its tasks stay valid. Blocking: up to @p within_ns (0: no limit). Threads: any but a worker, and none of the pool's own.
 *  @retval TROUPE_ETIMEOUT  some run still: each was named to the log; what still waited is cancelled. Close again to go on
 *                           waiting
 *  @retval TROUPE_ECLOSED   it is closed, or another thread is closing it   @retval TROUPE_ECONTEXT  in a handler, or a task of it
 *  @retval TROUPE_EINVAL    the null pool, time below 0, an unknown @p rest */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_pool_close(troupe_pool pool, int64_t within_ns, troupe_pool_rest rest);

/* At one moment. */
typedef struct troupe_pool_numbers {
	uint32_t threads; /* there are */
	uint32_t running; /* tasks that have started and are not over */
	uint32_t queued;  /* tasks that wait for a thread */
	uint32_t reserved_small; /* 0 */
	uint64_t over;    /* tasks that are over, since the pool was opened */
	uint64_t reserved[4]; /* 0 */
} troupe_pool_numbers;

/** Read them. @retval TROUPE_EINVAL   @retval TROUPE_ECLOSED */
TROUPE_API troupe_status troupe_pool_read(troupe_pool pool, troupe_pool_numbers *out);

/* ------------------------------------------------------------------------------------------------------- submitting -- */

typedef struct troupe_task_options {
	uint32_t struct_size;   /* see TROUPE_OPTIONS */
	int32_t answer_kind;    /* above 0, with answer_to */
	troupe_ref answer_to;   /* a reply address: success is answered there, the result being the payload; anything else closes
	                           the question with its status, as TROUPE_UNANSWERED. That of a question which a handler was
	                           given, too: the task is to answer then, not the handler. Default: nobody is told */
	const char *name;       /* in reports; kept: must outlive the task; default: "task" */
	void (*release)(void *argument); /* called once with an argument that was not copied, when the task is over, run or not,
	                           before anybody hears of it; default: nothing */
	int64_t start_within_ns; /* not started by then: never run, the outcome is TROUPE_ETIMEOUT, and who waits, or is to be told,
	                           is told then, though all threads are busy. Default: no limit */
	void (*done)(void *context, troupe_task task, troupe_status outcome); /* called once when it is over, after who waits was
	                           told: on the thread that ran it, or, if it never ran, on the one that cancelled it, closed the
	                           pool, or keeps the time of all pools. @p task names it meanwhile, also when nobody holds a handle:
	                           result and text can be read. Must not fail (troupe_fail_now), nor close the pool. Default: none */
	void *context;          /* for done; yours */
} troupe_task_options;

/** Give a pool a task. Never blocks; threads: any, handlers and tasks too.
 *  @param argument  @p size above 0: so many bytes, copied. 0: the pointer itself is passed, and is the task's on TROUPE_OK
 *  @param options   may be NULL
 *  @param out       a handle, yours until troupe_task_drop; NULL: none
 *  @retval TROUPE_EINVAL   the null pool, no @p work, no @p argument with @p size above 0, `release` with @p size above 0,
 *                          answer_to without answer_kind or the other way round, no reply address
 *  @retval TROUPE_ECLOSED  the pool is closed or closing, or the reply address is
 *  @retval TROUPE_EFULL    queue_max   @retval TROUPE_ELIMIT   16,777,216 tasks of the pool are not dropped yet
 *  @retval TROUPE_ENOMEM   no memory   @retval TROUPE_ETHREAD  the pool, or start_within_ns, has no thread nor can get one */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_submit(troupe_pool pool, troupe_work *work, const void *argument, size_t size,
                                                        const troupe_task_options *options, troupe_task *out);

/** From a handler, in one line: open an address for one answer, and submit with it. @p then handles the outcome, the result as
 *  a message of @p answer_kind or TROUPE_UNANSWERED (NULL: the actor's receive does). Codes as troupe_expect and troupe_submit;
 *  on failure the address is closed again.
 *  @param within_ns  for the whole: then TROUPE_UNANSWERED (TROUPE_ETIMEOUT), though the task goes on; 0: no limit */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_submit_then(troupe_actor *me, troupe_pool pool, troupe_work *work,
                                                             const void *argument, size_t size, int32_t answer_kind,
                                                             troupe_receive *then, int64_t within_ns);

/** In the task: its result, copied; a later one replaces it. @retval TROUPE_EINVAL  @retval TROUPE_ENOMEM  as it was before */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_job_give(troupe_job *job, const void *result, size_t size);

/** In the task: say in words why it fails; cut off after TROUPE_TASK_TEXT_MAX bytes. NULL is "". */
TROUPE_API void troupe_job_explain(troupe_job *job, const char *text);

/* ----------------------------------------------------------------------------------------------------------- handles -- */

/** Never let it start. @retval TROUPE_OK  its outcome is TROUPE_ECANCELLED, and it is over
 *  @retval TROUPE_ECLOSED  it has started, or is over   @retval TROUPE_EGONE  no such task: dropped, or null */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_task_cancel(troupe_task task);

/** Wait until a task is over. Blocking: up to @p within_ns (0: no limit). Threads: any but a worker.
 *  @param outcome  what became of it; may be NULL
 *  @retval TROUPE_OK        it is over: look at @p outcome   @retval TROUPE_ETIMEOUT  not yet
 *  @retval TROUPE_ECONTEXT  in a handler, or in the task itself   @retval TROUPE_EGONE  no such task: dropped, or null */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_task_wait(troupe_task task, int64_t within_ns, troupe_status *outcome);

/** Is it over? False also when there is no such task. @param outcome  written if so; may be NULL */
TROUPE_API bool troupe_task_is_over(troupe_task task, troupe_status *outcome);

/* How far a task has come. */
typedef enum troupe_task_state {
	TROUPE_TASK_NONE = 0, /* no such task: dropped, or null */
	TROUPE_TASK_WAITING,  /* for a thread: it may be cancelled */
	TROUPE_TASK_RUNNING,
	TROUPE_TASK_OVER
} troupe_task_state;

/** How far it has come, at this moment. */
TROUPE_API troupe_task_state troupe_task_look(troupe_task task);

/** Have @p done called too when it is over, as by the option `done` and after that; in the order of these calls. One that is over
 *  already: here and now. @retval TROUPE_EINVAL  @p done is NULL   @retval TROUPE_EGONE  no such task: dropped, or null
 *  @retval TROUPE_ENOMEM */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_task_then(troupe_task task,
                                                           void (*done)(void *context, troupe_task task, troupe_status outcome),
                                                           void *context);

/** The bytes it gave. Valid until troupe_task_drop. @param size  may be NULL. @return NULL: none, or it is not over */
TROUPE_API const void *troupe_task_result(troupe_task task, size_t *size);

/** Its words about a failure; valid until troupe_task_drop. Never NULL; "": none, or it is not over. */
TROUPE_API const char *troupe_task_text(troupe_task task);

/** Done with the handle; result and text go. A task that is not over goes on without it. Dropping twice does nothing. */
TROUPE_API void troupe_task_drop(troupe_task task);

/** Wait for the next of several tasks of one pool to be over: `uint64_t after = 0; while (troupe_task_next(...) == TROUPE_OK)`
 *  visits each once, in the order in which they ended. Blocking: up to @p within_ns (0: no limit). Threads: any but a worker.
 *  @param after  where the visit has come to, 0 at first; NULL: the first that ended, each time
 *  @param which  its index in @p tasks
 *  @retval TROUPE_ENOENT    all were visited; @p n is 0   @retval TROUPE_EINVAL  they are of several pools
 *  Others as troupe_task_wait. */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_task_next(const troupe_task *tasks, size_t n, uint64_t *after,
                                                           int64_t within_ns, size_t *which);

/** Wait until all of several tasks of one pool are over; @p n 0: they are. Codes as troupe_task_next. */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_task_all(const troupe_task *tasks, size_t n, int64_t within_ns);

/** Wait until one of several tasks of one pool has failed, or all are over.
 *  @param which  the index of the one that failed first
 *  @retval TROUPE_OK  it has   @retval TROUPE_ENOENT  all are over, and none has; @p n is 0.  Others as troupe_task_next */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_task_failure(const troupe_task *tasks, size_t n, int64_t within_ns,
                                                              size_t *which);

/* An array of inputs and what becomes of them. */
typedef struct troupe_mapping {
	uint32_t struct_size; /* see TROUPE_OPTIONS */
	uint32_t item_size;   /* bytes of an item, above 0 */
	const void *items;    /* count of them; each is copied for its task */
	size_t count;
	void *results;        /* count times result_size bytes, in the order of the items; NULL with result_size 0 */
	size_t result_size;   /* what each task must give on success, else TROUPE_EANSWER */
	int64_t within_ns;    /* for all; default: no limit */
} troupe_mapping;

/** Call @p work for each item of an array, and wait. Where queue_max is reached it waits for room that its own tasks make.
 *  Blocking; threads: any but a worker.
 *  @return TROUPE_OK: all succeeded. Else the outcome of the first item in order that failed, or why no more were submitted
 *          (codes as troupe_submit), or TROUPE_ETIMEOUT: what had not started is cancelled then, and the results of those that
 *          succeeded are in place */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_pool_map(troupe_pool pool, troupe_work *work, const troupe_mapping *map);

TROUPE_EXTERN_C_END
#endif
