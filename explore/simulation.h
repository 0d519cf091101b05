/* SPDX-License-Identifier: MIT */
/* simulation: all threads of a program, the scheduler's workers among them, as fibers of one thread; who goes on is a strategy's
 * choice, and time is what it says it is.
 *
 *   X1  Fibers change over in three places only: at a point (base/threads.h), in a wait, and when a worker looks for something to
 *       run. So what lies between two of these is one step, as if nobody else were there.
 *   X2  What an actor does between two points depends on its own state and on what it is sent. So to choose at points who goes on
 *       is to choose among all orders that any number of real workers could bring about, up to the number of fibers.
 *   X3  Each choice is a function of the strategy and of the choices before it. Nothing else is read: no clock, no address, no
 *       random number but the seed's. The same choices are the same run, message by message.
 *   X4  Time goes on by a little with each step, and to the next deadline when nobody can go on before it; or, as a choice like any
 *       other, to the next timer although somebody could: then all who could were slow.
 *   X5  A test may have time stand still (still_max): then it goes on only when nobody can. One that never rests would keep it
 *       so for ever: after so many steps at one moment each step takes a while.
 *   X6  A worker that is between two actors does nothing that others could tell: it goes on before anybody is chosen.
 *
 * A worker that has nothing to run, or sleeps, is a place for any actor that can run: so which actor is next is one choice, and
 * which worker runs it is none. */
#ifndef TROUPEI_EXPLORE_SIMULATION_H
#define TROUPEI_EXPLORE_SIMULATION_H

#include "actors/system.h"
#include "base/callback.h"
#include "base/threads.h"
#include "explore/fiber.h"
#include "explore/strategy.h"
#include "explore/trace.h"

enum fiber_state {
	FIBER_READY,   /* it can go on */
	FIBER_RUNS,
	FIBER_WAITS,   /* for `on`, or its deadline */
	FIBER_RESTS,   /* a worker that looks for something to run */
	FIBER_OVER,
};

struct fiber {
	struct fiber_stack stack;
	struct fiber *next; /* of all, the newest first */
	uint32_t number;    /* 0: the program's own thread */
	enum fiber_state state;
	void *(*run)(void *argument);
	void *argument;
	struct worker *worker;    /* thread-locals, while it does not run */
	struct thread_own own;
	const void *on;
	int64_t deadline_ns;
	bool in_time;             /* the wait did not end by its deadline */
	bool waited;              /* it begins, or comes from a wait, not from a point */
	struct fiber *next_idle;  /* of sim.idle */
	struct runnable *given;   /* to a worker, to run next */
	const void *about;        /* the cell that its next step is done to; NULL: none, or not known */
	uint32_t place;           /* in ready, while it is there */
	uint32_t message, sender; /* that its actor handles, or did last: its number, and who sent it */
};

/* One scheduler's actors that can run. */
struct shop {
	struct scheduler *scheduler;
	struct runnable **ready;
	uint32_t count, room;
	uint32_t free; /* workers that rest, or sleep */
};

/* What is taken for wrong, beside what is so anyway: oracles.c. */
struct oracles {
	uint32_t flags;        /* troupe_exploration_flags */
	uint64_t dead_letters; /* of these reasons: TROUPE_REASON */
	void (*invariant)(void *context);
	void *context;
};

struct simulation {
	struct fiber *fibers, *current, *main;
	uint32_t made; /* fibers so far */
	struct fiber **ready;
	uint32_t ready_count, ready_room;
	struct fiber *idle; /* workers that are in the midst of no actor and can go on: at once, which is no choice (X6) */
	struct shop *shops;
	uint32_t shop_count;
	int64_t now_ns, next_deadline_ns; /* of who waits: not later than the earliest */
	struct strategy *strategy;
	struct trace *trace;
	uint64_t steps, steps_max;
	uint64_t still, still_max;   /* X5: steps at this moment; how many take no time, 0: none */
	uint64_t random;             /* of what fails by chance */
	uint32_t crashes_ppm, refusals_ppm;
	bool may_give_up;            /* leave, and say so in the trace, when troupe_must is told of an error after */
	bool hurt;                   /*   something has been made to fail */
	struct oracles oracles;
	uint32_t last_unit;          /* that went on */
	uint64_t blocks;             /* in use when the run began */
};

/* The one that runs. */
extern struct simulation troupei_simulation TROUPEI_HIDDEN;

/* Begin: this thread is the program's own. */
void troupei_simulation_begin(struct strategy *strategy, struct trace *trace, const struct simulation *limits);

/* Has a system been started, and not been finished? */
bool troupei_simulation_has_workers(void);

/* All systems have been finished: nothing is left. */
void troupei_simulation_end(void);

/* The options from which the strategy chooses. */
struct choice troupei_simulation_choice(uint32_t index);

/* Say that this run is wrong, and end it: does not return. */
void troupei_simulation_fail(enum finding_sort sort, const char *format, ...) __attribute__((noreturn, format(printf, 2, 3)));

/* How such an end comes about: leave the process, or jump to who runs schedules. Does not return. */
extern void (*troupei_simulation_leave)(void) TROUPEI_HIDDEN;

/* Who goes on? Called by the fiber that runs, which has put itself in a state other than FIBER_RUNS; returns when it has
 * been chosen again. */
void troupei_go_on(void);

void troupei_ready(struct fiber *fiber);

/* A worker that rests finds nothing: it goes on, and sleeps, or looks at the time. False: none rests. */
bool troupei_simulation_rouse(void);

/* The step under way does this to @p unit: for strategies that want to know. */
static inline void troupei_touch(uint32_t unit, enum touch how, uint32_t message)
{
	struct strategy *strategy = troupei_simulation.strategy;

	if (strategy->touch != NULL)
		strategy->touch(strategy, unit, how, message);
}

uint32_t troupei_unit_of_fiber(const struct fiber *fiber);

/* notes.c: who runs now. */
uint32_t troupei_unit_here(void);

/* The actor that a worker's fiber is in the midst of; NULL: none. */
const struct cell *troupei_fiber_actor(const struct fiber *fiber);

/* shops.c: what can run */
void troupei_shop_offer(const struct scheduler *scheduler, struct runnable *runnable);
bool troupei_shop_has(const struct scheduler *scheduler);
void troupei_shop_close(const struct scheduler *scheduler);
void troupei_shops_free(void);

/* A worker of it that rests or sleeps: any actor of it may be given to it. */
bool troupei_is_free_worker(const struct fiber *fiber, const struct scheduler *scheduler);
/* It has come to rest or sleep; it is about to leave that. */
void troupei_shop_enter(const struct fiber *fiber);
void troupei_shop_leave(const struct fiber *fiber);

/* shops.c: the numbers of actors: of a new one, of one that has one, and a new beginning */
uint32_t troupei_unit_new(const struct cell *cell);
uint32_t troupei_unit_of_cell(const struct cell *cell);
/* The next slot from @p slot on whose actor has a number; UINT32_MAX: there is none. */
uint32_t troupei_units_next_slot(uint32_t slot);
void troupei_units_forget(void);

/* turn.c */
void troupei_turn_run_watched(struct worker *worker, struct runnable *runnable);

/* notes.c: behind the seam */
void troupei_trace_spawned(const void *cell);
void troupei_trace_ended(const void *cell, int32_t why);
void troupei_trace_sent(const void *envelope, const void *to);
bool troupei_trace_handles(const void *envelope, const void *cell);
void troupei_trace_handled(const void *envelope, const void *cell, bool deferred);
void troupei_trace_dead(const void *envelope, const void *to, int32_t kind, int32_t why);
void troupei_note(struct trace_event event);
void troupei_notes_forget(void);

/* oracles.c: what is wrong; each may end the run, and then does not return */
void troupei_oracle_circle(const void *circle);
void troupei_oracle_gives_up(const void *cell);
void troupei_oracle_broken(const char *words);
void troupei_oracle_gave_up(void);
void troupei_oracle_handled(void);
void troupei_oracle_dead(uint32_t to, int32_t kind, int32_t why);
void troupei_oracle_busy(uint32_t unit); /* it begins to handle a message */
void troupei_oracle_stuck(void);
void troupei_oracle_endless(void);
void troupei_oracle_ended(void); /* the run: all systems are finished */
void troupei_oracles_begin(void);

/* The seam: seam.c */
extern const struct thread_seam troupei_simulation_seam TROUPEI_HIDDEN;

#endif
