/* SPDX-License-Identifier: MIT */
/* What each measure is given and what it gives back.
 *
 * A measure is one function in one file: it makes what it needs, does run->n units of one thing between micro_begin and micro_end,
 * and cleans nothing up that the end of the process does not. Each run has a process of its own (rounds.c), so that none finds
 * the memory that another one has left.
 *
 * Most have an actor of the measure's own that is told MICRO_GO, works, and ends the clock by micro_done:
 *
 *       micro_begin(run);
 *       micro_drive(run, &my_behaviour, &my_initial_state);
 *       micro_end(run);
 */
#ifndef TROUPE_BENCH_MICRO_H
#define TROUPE_BENCH_MICRO_H

#include <stddef.h>
#include <stdint.h>

#include "troupe.h"

/* One protocol does for all of them. */
enum { MICRO_GO = 1, MICRO_VALUE, MICRO_ASK, MICRO_BULK };
struct micro_value {
	uint64_t value;
};
typedef union micro_reply {
	troupe_ref ref;
	const void *data;
	const struct micro_value *MICRO_VALUE;
} micro_reply;
struct micro_question {
	micro_reply reply;
};
enum { MICRO_BULK_BYTES = 4 << 20 };
struct micro_bulk {
	uint64_t words[MICRO_BULK_BYTES / sizeof(uint64_t)];
};
typedef union micro_actor {
	troupe_ref ref;
	const void *data;
	const troupe_nothing *MICRO_GO;
	const struct micro_value *MICRO_VALUE;
	const struct micro_question *MICRO_ASK;
	const struct micro_bulk *MICRO_BULK;
} micro_actor;

struct micro_run {
	uint64_t n, k;        /* units to do; k: see the measure */
	uint32_t workers;     /* of the system; 0: it is none of a system's business, and there is none */
	bool counted;         /* instructions are counted: nothing may hang on the time */
	troupe_system system;
	troupe_future done;
	int64_t began_ns;
	double ns;            /* the result: for all n units */
};

struct micro_measure {
	const char *name;     /* group.what */
	const char *unit;
	uint64_t n, k;
	uint32_t workers;
	bool fresh;           /* nothing goes before it; else the same is done once, unmeasured */
	bool guarded;         /* n units are the same number of instructions each time: bench/guard.txt holds it */
	void (*run)(struct micro_run *run);
	const char *what;
};

/* In the order of the table; ended by a name that is NULL. */
extern const struct micro_measure micro_measures[];

/** Start the clock, and open what micro_end waits at. */
void micro_begin(struct micro_run *run);

/** Wait for micro_done, and stop the clock. */
void micro_end(struct micro_run *run);

/** Tell micro_end that all is done. Any thread, any handler. */
void micro_done(struct micro_run *run);

/** Make an actor and tell it MICRO_GO. */
micro_actor micro_drive(struct micro_run *run, const troupe_behaviour *behaviour, const void *initial);

/** Takes so many MICRO_VALUE, then says that all is done. */
struct micro_sink {
	struct micro_run *run;
	uint64_t left;
};
extern const troupe_behaviour micro_sink;

/** Answers each MICRO_ASK. */
extern const troupe_behaviour micro_oracle;

/** Monotonic nanoseconds. */
int64_t micro_now(void);

/** Do nothing for so long. */
void micro_nap(int64_t ns);

/** Zeroed memory that is there, page by page, or the end of the program. */
void *micro_alloc(size_t size);

/** The median, or another quantile; sorts @p values. */
double micro_quantile(double *values, size_t count, double share);

/** One run of a measure, of n units, in a process of its own (rounds.c). Nanoseconds a unit, into @p ns; false: it went wrong. */
bool micro_round(const struct micro_measure *measure, uint64_t n, double *ns);

/** One run in this process, unmeasured: for who counts its instructions. */
void micro_once(const struct micro_measure *measure, uint64_t n);

/** A handler that cannot go on is the end of a measure. */
#define micro_must(call)                                                                     \
	do {                                                                                 \
		troupe_status micro_status_ = (call);                                        \
		if (__builtin_expect(micro_status_ != TROUPE_OK, 0))                         \
			troupe_must_at(micro_status_, #call, __FILE__, __LINE__);            \
	} while (0)

/* The measures, a group a file. */
void micro_send_alone(struct micro_run *run);
void micro_send_only(struct micro_run *run);
void micro_send_flood(struct micro_run *run);
void micro_send_scatter(struct micro_run *run);
void micro_thread_flood(struct micro_run *run);
void micro_thread_spawn(struct micro_run *run);
void micro_thread_call(struct micro_run *run);
void micro_spawn(struct micro_run *run);
void micro_ask_then(struct micro_run *run);
void micro_ask_hold(struct micro_run *run);
void micro_timer_pair(struct micro_run *run);
void micro_timer_first(struct micro_run *run);
void micro_timer_arm(struct micro_run *run);
void micro_timer_cancel(struct micro_run *run);
void micro_wake_by_thread(struct micro_run *run);
void micro_wake_by_worker(struct micro_run *run);
void micro_fan_in(struct micro_run *run);
void micro_pairs(struct micro_run *run);
void micro_ring(struct micro_run *run);
void micro_fork(struct micro_run *run);
void micro_schedule_lifo(struct micro_run *run);
void micro_schedule_ring(struct micro_run *run);
void micro_schedule_inject(struct micro_run *run);
void micro_steal_one(struct micro_run *run);
void micro_steal_half(struct micro_run *run);
void micro_block_pair(struct micro_run *run);
void micro_block_burst(struct micro_run *run);
void micro_block_across(struct micro_run *run);
void micro_bulk_copied(struct micro_run *run);
void micro_bulk_moved(struct micro_run *run);
void micro_bulk_shared(struct micro_run *run);

#endif
