/* SPDX-License-Identifier: MIT */
/* callback: is this thread in a function of the user's that the library called from its midst (a hook, a release)?
 * C1  Nobody jumps out of one: the library under it is half way through something. */
#ifndef TROUPEI_BASE_CALLBACK_H
#define TROUPEI_BASE_CALLBACK_H

#include <stdint.h>

/* How deep; 0: not. Initial-exec, so that a signal handler may read it. */
extern __thread uint32_t troupei_callbacks __attribute__((tls_model("initial-exec")));

/* Volatile: a signal handler of this thread sees it before the function's first instruction. */
static inline void troupei_callback_enter(void)
{
	(*(volatile uint32_t *)&troupei_callbacks)++;
}

static inline void troupei_callback_leave(void)
{
	(*(volatile uint32_t *)&troupei_callbacks)--;
}

static inline int troupei_in_callback(void)
{
	return *(volatile uint32_t *)&troupei_callbacks != 0;
}

#endif
