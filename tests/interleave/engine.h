/* SPDX-License-Identifier: MIT */
/* engine: one schedule of a scenario, and what its parts share.
 *
 *   X1  A schedule is a list of choices: each says which fiber goes on, or whose oldest buffered store reaches memory. The
 *       same list gives the same schedule, and so does the same seed with the same strategy.
 *   X2  Between two steps a fiber runs alone. So only steps are choices; plain accesses are none, and what makes that
 *       sound is that each one is checked: two that are not ordered by C11's happens-before, and conflict, are a failure
 *       (races.c).
 *   X3  Under TSO a store goes to the fiber's buffer, and from there to memory, in order, whenever a choice says so. A
 *       fiber sees its own stores. A read-modify-write and a full fence empty the buffer first.
 *   X4  No sleeper is ever rescued by a time limit: when every live fiber sleeps, a wake-up was lost. */
#ifndef TROUPE_TESTS_ENGINE_H
#define TROUPE_TESTS_ENGINE_H

#include <setjmp.h>

#include "interleave.h"

enum {
	FIBERS_MAX = 8,
	BUFFERED_MAX = 8, /* stores of one fiber that memory has not seen */
	STEPS_MAX = 6000, /* of one schedule: more are a livelock */
	DRAIN = FIBERS_MAX, /* choices from here on: let a buffered store of fiber choice - DRAIN reach memory */
};

enum model { MODEL_SC, MODEL_TSO };
enum strategy { STRATEGY_LAZY, STRATEGY_PCT, STRATEGY_POS, STRATEGY_RANDOM, STRATEGIES_ROTATED = STRATEGY_RANDOM };
enum step_kind {
	STEP_START, STEP_LOAD, STEP_STORE, STEP_CHANGE, STEP_FENCE, STEP_SPIN, STEP_WAKE, STEP_LOCK, STEP_UNLOCK, STEP_SLEEP, STEP_DRAIN,
};

/* How many steps each fiber has made, as far as is known here: a vector clock. */
struct clock {
	int16_t of[FIBERS_MAX];
};

struct buffered {
	void *at;
	uint64_t value;
	unsigned size;
	bool unlocks;          /* who waits for the lock is to look */
	struct clock released; /* what who reads it, and then acquires, knows */
};

enum fiber_state { FIBER_READY, FIBER_ASLEEP, FIBER_ENDED };

struct fiber {
	void *stack_at;         /* while others run */
	unsigned char *stack;
	void (*run)(void *argument);
	void *argument;
	const char *name;
	enum fiber_state state;
	const void *sleeps_on;
	bool spins;             /* its next step is a spin: somebody else first */
	unsigned spun;
	enum step_kind next;    /* what it does when it goes on, */
	const void *next_at;    /* and where */
	double priority, drain_priority;
	unsigned buffered_count;
	struct buffered buffered[BUFFERED_MAX];
	struct clock known;     /* what happened before where it is */
	struct clock released;  /* known at its last release fence */
	struct clock acquired;  /* what its loads have read, and an acquire fence will add to known */
	unsigned char *own;     /* copies of thread_has_own, while others run */
};

/* One step as it was done, for the story. */
struct told {
	uint8_t choice;
	enum step_kind kind;
	const void *at, *place;
	uint64_t before, after;
	bool failed; /* a compare-and-swap that found something else */
};

struct failure {
	const char *what; /* NULL: none */
	const void *place, *other; /* in the code, of a race */
};

struct engine {
	struct fiber fibers[FIBERS_MAX];
	unsigned fiber_count;
	struct fiber *current;     /* NULL: no schedule runs */
	enum model model;
	enum strategy strategy;
	uint64_t random;
	uint32_t run;              /* a number for each schedule: what older ones left in tables is void */
	unsigned steps;
	unsigned plain_accesses;   /* since the last step */
	uint8_t choices[STEPS_MAX];
	const uint8_t *replayed;   /* NULL: the strategy chooses */
	unsigned replayed_count;
	struct failure failure;
	jmp_buf outside;           /* where begin and end are left when they fail */
	bool somebody_spins;
	bool tells;
	struct told told[STEPS_MAX];
};
extern struct engine engine;

/* Run one schedule; true: it failed. */
bool engine_run(uint64_t seed);
/* The same choices again, as far as they fit. */
bool engine_replay(uint64_t seed, const uint8_t *choices, unsigned count);

/* The current fiber is about to make a step: somebody else may go first. False: no schedule runs, just do it. */
bool engine_step(enum step_kind kind, const void *at);
/* It has made it. */
void engine_tell(const void *place, uint64_t before, uint64_t after, bool failed);
void engine_sleep(const void *on);
void engine_wake(const void *on);
void engine_fail(const char *what, const void *place, const void *other);
uint32_t engine_random(uint32_t below);

/* strategy.c */
void strategy_begin(void);
unsigned strategy_choose(const uint8_t *choices, unsigned count);
void strategy_measure(unsigned steps);

/* fibers.c: a stack, and going from one to another. */
void fiber_make(struct fiber *fiber, void (*entry)(void));
void fiber_switch(struct fiber *from, struct fiber *to); /* NULL: the engine's own stack */
/* For the thread sanitizer: what was done before publish is seen after learn at the same address. */
void fiber_publish(void *at);
void fiber_learn(void *at);
bool fiber_is_on_stack(const struct fiber *fiber, const void *at);

/* buffer.c: the oldest store, or all, reach memory; another one waits; what the fiber sees. */
void buffer_commit(struct fiber *fiber);
void buffer_drain(struct fiber *fiber);
void buffer_store(struct fiber *self, void *at, uint64_t value, unsigned size, bool unlocks, const struct clock *released);
uint64_t buffer_load(struct fiber *self, const void *at, unsigned size);

/* words.c: at once, whoever's buffer holds something else. Swap: the old one. */
uint64_t word_load(const void *at, unsigned size);
void word_store(void *at, uint64_t value, unsigned size);
uint64_t word_swap(void *at, uint64_t value, unsigned size);

/* races.c */
struct clock *race_clock_of(const void *at); /* what the last store there released */
void race_access(const void *at, size_t size, bool writes, bool atomic, const void *place);
void race_forget(const void *at, size_t size);
void race_freed(const void *at, size_t size);
void race_reset(void);

static inline void clock_join(struct clock *clock, const struct clock *other)
{
	for (unsigned i = 0; i < FIBERS_MAX; i++)
		clock->of[i] = clock->of[i] > other->of[i] ? clock->of[i] : other->of[i];
}

/* names.c */
void names_reset(void);
const char *name_of_memory(const void *at, char *buffer, size_t size);
const char *name_of_value(const char *where, uint64_t value, char *buffer, size_t size);

/* shrink.c: of the failure just found, the fewest context switches that still give it; how many there were and are. */
struct shrunk {
	unsigned switches_before, switches_after, steps_before, steps_after, runs;
};
struct shrunk shrink(uint64_t seed);

/* story.c: what happened in the last schedule, a line for each step that matters. */
void story_print(void);

#endif
