/* SPDX-License-Identifier: MIT */
/* Lives that end. Slots hold victims; whoever wants to send looks into a slot. When a victim has ended, somebody puts the
 * next one there. Each victim ever made is a life with an index of its own, so that a message which reaches a successor
 * shows, and so that what a life accepted can be compared with what it handled. */
#ifndef STRESS_CHURN_H
#define STRESS_CHURN_H

#include "actor.h"

/* Bits of life.flags. */
enum {
	LIFE_KILLED = 1, /* troupe_kill was called for it */
	LIFE_FAILED = 2, /* it ended by a failure */
	LIFE_PLAIN = 4,  /* it accepted messages that cannot be handed back */
	LIFE_ENDED = 8,  /* terminate ran */
	LIFE_GONE = 16   /* troupe_wait_end said that it has ended */
};

struct life {
	_Atomic uint64_t ref; /* released when all else is written; 0: not yet */
	struct world *world;
	troupe_fate fate;
	_Atomic uint32_t accepted, delivered, returned, flags;
	_Atomic uint32_t missed; /* accepted in the moment that it ended: dead letters, because it has ended */
};

struct churn {
	uint32_t slots;
	_Atomic uint32_t *current;  /* [slots]: index of the life in it */
	uint32_t most;              /* lives there may be */
	_Atomic uint32_t next;      /* the next life */
	struct life *lives;         /* [most] */
	uint32_t agitators;         /* actors that make the trouble; their indices come behind the lives */
	uint32_t senders;           /* those and the plain threads */
	uint32_t *sent, *seen;      /* [senders * most]: the order of each pair; by the sender, by the life */
};

static inline uint32_t life_flags(struct life *life)
{
	return atomic_load_explicit(&life->flags, memory_order_relaxed);
}

static inline void life_flag(struct life *life, uint32_t flag)
{
	atomic_fetch_or_explicit(&life->flags, flag, memory_order_relaxed);
}

/** A victim in @p slot, made by @p sender in @p world. */
void victim_spawn(struct sender *sender, struct world *world, uint32_t slot);

/** Send to life @p index as sender number @p who; ANYONE: without an order. Checks the status. */
void life_send(struct sender *sender, troupe_actor *me, uint32_t who, uint32_t index);

/** One piece of trouble, by an agitator @p me or by a plain thread (NULL). */
void agitate(struct sender *sender, troupe_actor *me, uint32_t who);

#endif
