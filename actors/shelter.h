/* SPDX-License-Identifier: MIT */
/* shelter: what a worker needs to survive a crash: a stack to handle the signal on, and where to write down what crashed. Made
 * for all workers of a system, and the threads of actors that block, when its first contained actor is. */
#ifndef TROUPEI_ACTORS_SHELTER_H
#define TROUPEI_ACTORS_SHELTER_H

#include <signal.h>

#include "actors/system.h"
#include "base/frames.h"

struct crash {
	int signal;        /* 0: none, or it has been dealt with */
	uintptr_t address; /* what could not be reached, or the instruction */
	bool overflows;    /* the stack did */
	bool following;    /* the calls are being followed, which may fault again */
	sigset_t mask;     /* of the thread when it crashed */
	struct frames frames;
};

/* It lies below the stack for signals, with a page between that nobody can reach. */
struct shelter {
	struct crash crash;
	bool entered;         /* the thread handles signals on our stack */
	uintptr_t stack_low;  /* of the thread's own */
	size_t guard_size;
	stack_t stack, before;
	size_t whole_size;
};

/* Any thread, one at a time. Again: nothing. False: no memory. */
bool troupei_shelter_make(struct actor_worker *worker);

/* The worker's thread handles signals on that stack from now on. */
void troupei_shelter_enter(struct actor_worker *worker);

/* Does it already? Owner. */
static inline bool troupei_shelter_is_entered(const struct actor_worker *worker)
{
	const struct shelter *shelter = troupei_load_acquire_ptr(&worker->shelter); /* SHELTER.store */

	return shelter != NULL && shelter->entered;
}

/* No more: the thread is about to end, and the shelter may be another's. */
void troupei_shelter_leave(struct actor_worker *worker);

/* The worker's thread is about to end. */
void troupei_shelter_free(struct actor_worker *worker);

#endif
