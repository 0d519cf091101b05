/* SPDX-License-Identifier: MIT */
/* strategy: who goes on? */
#ifndef TROUPEI_EXPLORE_STRATEGY_H
#define TROUPEI_EXPLORE_STRATEGY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A unit is one that can be chosen: an actor, a thread that is no worker's, or the clock. Numbers are given in the order in which
 * units come to be, so that they are the same in each run of the same choices. */
#define UNIT_CLOCK UINT32_MAX

static inline uint32_t troupei_unit_of_thread(uint32_t number)
{
	return number * 2;
}

static inline uint32_t troupei_unit_of_actor(uint32_t number)
{
	return number * 2 + 1;
}

static inline bool troupei_unit_is_actor(uint32_t unit)
{
	return (unit & 1) != 0 && unit != UNIT_CLOCK;
}

struct trace;
/* "clerk 3", "main", "thread 2": of a unit, into @p size bytes, better 32 or more. */
const char *troupei_unit_name(const struct trace *trace, uint32_t unit, char *name, size_t size);

struct choice {
	uint32_t unit;
	bool goes_on;   /* it is the one that ran until now */
	bool begins;    /* an actor that would handle its next message; else it is in the midst of something */
	bool waited;    /* it begins, or has waited: what it does to others is known when it does it */
	uint32_t about; /* the actor that its next step is done to, as a unit; UNIT_NONE: nobody, or not known */
};
#define UNIT_NONE (UINT32_MAX - 2)

/* What a step does to a unit. */
enum touch {
	TOUCH_WAKES,    /* it can go on from now on, and could not before: it has been made, or waited */
	TOUCH_RELEASES, /* the same, since all others have come to rest */
	TOUCH_SENDS,    /* puts a message behind the others in its mailbox */
	TOUCH_HANDLES,  /* takes the first message out of it */
	TOUCH_CHANGES,  /* anything else */
};

struct thread_seam;

struct strategy {
	/* A new run begins, by this seed. */
	void (*begin)(struct strategy *strategy, uint64_t seed);
	/* Which of so many, at least two: troupei_simulation_choice says what they are. */
	uint32_t (*choose)(struct strategy *strategy, uint32_t count);
	/* A run of this strategy is over. False: it has no more to try (NULL: it always has). */
	bool (*end)(struct strategy *strategy);
	/* There is but one that can go on, which it does (NULL: it need not know). */
	void (*forced)(struct strategy *strategy, const struct choice *only);
	/* The step under way does this (NULL: it need not know); of a message that is sent or handled, the number. */
	void (*touch)(struct strategy *strategy, uint32_t unit, enum touch how, uint32_t message);
	bool also_forced;  /* choose is asked also if there is but one */
	void (*tap)(struct thread_seam *seam); /* a run begins: what else it wants to hear of, or to say (NULL: nothing) */
	bool one_seed;     /* the runs of a search differ by choices alone: what fails by chance fails in all */
	bool is_partial;   /* set by the strategy: there are runs that it cannot write down, so it will not have tried all */
	bool is_redundant; /* the run under way is but another order of steps that do not matter to each other; set by the strategy */
	uint32_t workers;  /* of each system, if not as many as usual: so many actors at most are in the midst of something */
	size_t kept_size;  /* bytes that one run leaves to the next, zero at first, */
	void *kept;        /*   in memory that outlives the process of a run */
	uint32_t depth;    /* the option; 0: none was given */
	uint32_t choices;  /* at most, that earlier runs had to make; 0: this is the first */
};

/* splitmix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014. */
static inline uint64_t troupei_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* One of 0 .. count - 1. */
static inline uint32_t troupei_random_below(uint64_t *state, uint32_t count)
{
	return (uint32_t)((troupei_random(state) >> 32) * count >> 32);
}

/* Once in a while time goes on although somebody could: then all who could were slow. */
static inline bool troupei_clock_hurries(uint64_t *random)
{
	return troupei_random_below(random, 32) == 0;
}

/* random_walk.c: each choice is as likely as any other; the clock is chosen once in a while. */
struct strategy *troupei_random_walk(void);

/* Is there an actor that could run, and no worker free to be in the midst of it? */
bool troupei_simulation_is_crowded(void);

enum { PCT_DEPTH_DEFAULT = 3, PCT_DEPTH_MAX = 64 };

/* pct.c: the one with the highest priority goes on; at `depth` - 1 moments it falls behind all others. */
struct strategy *troupei_pct(void);

/* partial_order.c: each step has a priority, drawn anew when another has been done to the same actor. */
struct strategy *troupei_partial_order(void);

/* exhaustive.c: all orders of steps that matter to each other, one after another. */
struct strategy *troupei_exhaustive(void);

/* replay.c: the choices of an earlier run, by units; where one is not to be had, the one that ran goes on, or the first there is. */
struct strategy *troupei_replay(const uint32_t *units, size_t count);
/* That one, of so many. */
uint32_t troupei_replay_fallback(uint32_t count);

/* guide.c: a run that is to be like an earlier one: what is not to be had is passed over; behind the last the fallback. */
struct strategy *troupei_guide(const uint32_t *units, size_t count);

/* The same; but from choice number @p from on @p held does not go on as long as anybody else can, until @p awaited (UNIT_NONE:
 * anybody else) has sent a message of this kind (KIND_ANY: any) to @p to. */
#define KIND_ANY INT32_MIN
struct hold {
	uint32_t held, awaited, to;
	int32_t kind;
	size_t from;
};
struct strategy *troupei_guide_held(const uint32_t *units, size_t count, const struct hold *hold);

#endif
