/* SPDX-License-Identifier: MIT */
/* fiber: a stack of its own on a thread that many share. Who runs changes only where it is asked for. */
#ifndef TROUPEI_EXPLORE_FIBER_H
#define TROUPEI_EXPLORE_FIBER_H

#include <stdbool.h>
#include <stddef.h>

enum { FIBER_STACK_SIZE = 256 * 1024 };

struct fiber_stack {
	void *top;            /* where it goes on while it does not run */
	const char *low;
	bool adopted;         /* the thread's own */
	size_t size;
	void *sanitizer;      /* what a sanitizer knows it by */
};

/* The stack that this thread runs on now. */
void troupei_fiber_adopt(struct fiber_stack *stack);

/* A stack on which @p entry is called, which does not return, when it is first changed over to. False: no memory. */
bool troupei_fiber_make(struct fiber_stack *stack, void (*entry)(void));

/* It does not run, and never will again. Its memory is kept for the next one. */
void troupei_fiber_free(struct fiber_stack *stack);

/* The first thing that @p entry does; @p from: the thread's own stack, from which the first of them all has come. */
void troupei_fiber_begun(struct fiber_stack *from);

/* From the stack that runs to another; returns when somebody changes back. @p for_ever: nobody will. */
void troupei_fiber_change(struct fiber_stack *from, struct fiber_stack *to, bool for_ever);

#endif
