/* SPDX-License-Identifier: MIT */
/* callback: is this thread in a function of the user's that the library called from its midst (a hook, a release)?
 * C1  Nobody jumps out of one: the library under it is half way through something. */
#ifndef TROUPEI_BASE_CALLBACK_H
#define TROUPEI_BASE_CALLBACK_H

#include <stdint.h>

#include "base/atomics.h"

/* What a thread knows of itself; a simulation gives each of its threads one. */
struct thread_own {
	uint32_t callbacks; /* how deep; 0: not in one */
	void *task;         /* that it works at (executors/pool.c) */
	const void *pool;   /* whose thread it is, while it works: callbacks are called there too */
};

/* Initial-exec, so that a signal handler may read it. */
extern __thread struct thread_own troupei_thread_own __attribute__((tls_model("initial-exec"))) TROUPEI_HIDDEN;

/* Volatile: a signal handler of this thread sees it before the function's first instruction. */
static inline void troupei_callback_enter(void)
{
	(*(volatile uint32_t *)&troupei_thread_own.callbacks)++;
}

static inline void troupei_callback_leave(void)
{
	(*(volatile uint32_t *)&troupei_thread_own.callbacks)--;
}

static inline int troupei_in_callback(void)
{
	return *(volatile uint32_t *)&troupei_thread_own.callbacks != 0;
}

#endif
