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
	uint32_t about; /* the actor that its next step is done to, as a unit; UNIT_NONE: nobody, or not known */
};
#define UNIT_NONE (UINT32_MAX - 2)

struct strategy {
	/* A new run begins, by this seed. */
	void (*begin)(struct strategy *strategy, uint64_t seed);
	/* Which of so many, at least two: troupei_simulation_choice says what they are. */
	uint32_t (*choose)(struct strategy *strategy, uint32_t count);
	/* A run of this strategy is over. False: it has no more to try (NULL: it always has). */
	bool (*end)(struct strategy *strategy);
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

/* random_walk.c: each choice is as likely as any other; the clock is chosen once in a while. */
struct strategy *troupei_random_walk(void);

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
