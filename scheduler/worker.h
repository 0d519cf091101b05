/* SPDX-License-Identifier: MIT */
/* worker: one thread and its run queues.
 *
 *     lifo slot      the runnable woken last: runs next, its message still in the cache
 *     ring           first in first out; the owner queues, anybody takes (ck_ring, SPMC)
 *     fresh stack    runnables that never ran, when the ring holds many: last in first out, the owner's alone
 *     inject queue   of the scheduler: from other threads, and what the ring has no room for
 *
 *   F1  A runnable that is queued runs after a bounded number of others: the lifo slot gives way to the ring after
 *       LIFO_STREAK_MAX turns if the ring holds any, and after LIFO_STREAK_ALONE turns all else is looked at in any case; the
 *       oldest of the fresh stack moves to the ring every AGING_TURNS turns; the inject queue is looked at every INJECT_TURNS.
 *   F2  Workers do not drift apart: every BALANCE_TURNS turns one whose ring holds less than half of a neighbour's takes half of
 *       the difference.
 *   F3  Two actors that talk to each other stay on one core: work goes to the ring, and a thief is woken, only when something
 *       else waits already; a worker with nothing else to do goes on with what it has.
 *   F4  A runnable does not wait in the lifo slot for a handler that sends and sends: see troupei_worker_publish.
 *   F5  Who was flooded is drained while the flood is in the cache: a runnable that only takes goes on after its turn, before others,
 *       until the worker has spent so long on it as the flooding turn took, and again. So others wait three times as long at most. */
#ifndef TROUPEI_SCHEDULER_WORKER_H
#define TROUPEI_SCHEDULER_WORKER_H

#include <pthread.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/atomics.h"
#include "base/ck.h"
#include "scheduler/pace.h"
#include "scheduler/parker.h"
#include "scheduler/runnable.h"
#include "scheduler/timers.h"

enum {
	RING_CAPACITY = 4096,      /* holds one less; large, so that many runnables go round without the inject lock */
	FRESH_THRESHOLD = 64,      /* runnables in the ring before fresh ones go to the stack */
	LIFO_STREAK_MAX = 4,       /* F1 */
	LIFO_STREAK_ALONE = 16,    /* F1 */
	AGING_TURNS = 128,        /* F1; these three are powers of two */
	INJECT_TURNS = 64,         /* F1 */
	BALANCE_TURNS = 1024,      /* F2 */
};

struct scheduler;

/* The runnables that never ran, newest on top: a circular array. Owner only. */
struct fresh_stack {
	struct runnable **array;
	uint32_t capacity; /* a power of two, or 0 */
	uint32_t bottom;   /* the oldest */
	uint32_t top;      /* one above the newest; top - bottom is the count */
};

struct worker {
	/* owner */
	struct runnable *lifo;
	uint32_t streak;            /* F1: turns from the lifo slot until the next look at anything else */
	uint32_t index;
	struct scheduler *scheduler;
	struct fresh_stack fresh;
	uint64_t random;
	uint64_t timers_checked;    /* ticks: when it looked at the time last, at most INJECT_TURNS turns ago */
	uint64_t inject_turn;       /* the turn of the next look at the inject queue, */
	uint64_t balance_turn;      /* and at the neighbours */
	uint64_t drain_left;        /* F5: ticks; 0: nobody is drained */
	uint64_t drained_at;        /* when that was seen last */
	struct runnable *drained;   /* the one in the lifo slot, if it goes on by F5; only compared */
	uint64_t stole_at;          /* ticks */
	uint64_t stole_turn;        /* the victim's turn then */
	struct pace pace;
	bool spare;                 /* not regular: spare.h */
	bool stole_fresh;           /* what never ran: one message and done, most likely */
	pthread_t thread;
	sigjmp_buf top;             /* of its loop: troupei_worker_escape */

	/* owner writes, others read */
	uint64_t turns __attribute__((aligned(TROUPEI_CACHE_LINE)));
	uint64_t steals;
	uint64_t parks;
	uint8_t started;
	uint8_t kept;   /* its handler does not return: spare.h, P4. Cleared by who noticed it */
	uint32_t off;   /* a spare's: it is to go, or has gone, off duty. Who calls spares writes it */
	uint32_t tid;   /* of its thread, for the operating system */

	/* thieves write */
	struct ck_ring ring __attribute__((aligned(TROUPEI_CACHE_LINE)));
	struct parker parker __attribute__((aligned(TROUPEI_CACHE_LINE)));
	struct timers timers __attribute__((aligned(TROUPEI_CACHE_LINE)));
	struct ck_ring_buffer buffer[RING_CAPACITY] __attribute__((aligned(TROUPEI_CACHE_LINE)));
};

/* The worker that this thread is; NULL: it is none. */
extern __thread struct worker *troupei_worker_current __attribute__((tls_model("initial-exec"))) TROUPEI_HIDDEN;

/* Queue @p runnable behind others, and wake a sleeper for it. Owner. */
void troupei_worker_queue(struct worker *worker, struct runnable *runnable);

/* F4: the runnable in the lifo slot has waited long enough; others may take it. Owner. */
void troupei_worker_publish(struct worker *worker);

/* Is there anything to run but what runs now? Owner. */
bool troupei_worker_has_more(const struct worker *worker);

/* Run @p runnable next, after the turn under way. Owner; the hot path of every wake-up. */
static inline void troupei_worker_submit(struct worker *worker, struct runnable *runnable)
{
	struct runnable *before = worker->lifo;

	worker->lifo = runnable;
	if (before != NULL)
		troupei_worker_queue(worker, before);
}

/* The turn of @p runnable is over, but it has more to do. Owner; the last thing a turn does. F3 */
static inline void troupei_worker_yield(struct worker *worker, struct runnable *runnable)
{
	if (troupei_worker_has_more(worker))
		troupei_worker_queue(worker, runnable);
	else
		worker->lifo = runnable;
}

/* F5: a turn that flooded somebody is over, and took so long. Owner. (drain.c) */
void troupei_worker_flooded(struct worker *worker, uint64_t ticks);

/* As troupei_worker_yield for a runnable that sent nothing in its turn, while worker->drain_left is not 0. F5 */
void troupei_worker_drain(struct worker *worker, struct runnable *runnable);

static inline uint32_t troupei_worker_ring_size(const struct worker *worker)
{
	return ck_ring_size(&worker->ring);
}

/* What a worker's thread runs. */
void *troupei_worker_main(void *worker);

/* Leave the turn under way, from any depth of its calls, for hooks.escaped at the top of the loop. Owner, in a turn or in
 * hooks.escaped itself; from a signal handler too, when the signal came in a turn. */
void troupei_worker_escape(struct worker *worker) __attribute__((noreturn));

/* Take work from another worker, or NULL. Owner, with no work of its own. (steal.c) */
struct runnable *troupei_worker_steal(struct worker *worker);

/* In a simulation: all that this worker could run is anybody's. */
void troupei_worker_offer(struct worker *worker);

/* F2 (steal.c) */
void troupei_worker_balance(struct worker *worker);

/* Parks until there may be work (park.c). */
void troupei_worker_park(struct worker *worker);

/* Fire what is due on every worker's wheel: a worker that is awake looks after the timers of one that is busy. (park.c) */
void troupei_worker_fire_due(struct worker *worker);

/* fresh_stack.c */
bool troupei_fresh_stack_push(struct fresh_stack *stack, struct runnable *runnable); /* false: no memory */
struct runnable *troupei_fresh_stack_pop_newest(struct fresh_stack *stack);          /* NULL: empty */
struct runnable *troupei_fresh_stack_pop_oldest(struct fresh_stack *stack);
void troupei_fresh_stack_fini(struct fresh_stack *stack);

static inline uint32_t troupei_fresh_stack_count(const struct fresh_stack *stack)
{
	return stack->top - stack->bottom;
}

#endif
