/* SPDX-License-Identifier: MIT */
/* Stacks, and going from one to another: a few instructions on x86-64 and aarch64, ucontext elsewhere, or with
 * -DTROUPE_INTERLEAVE_UCONTEXT. */
#include <stdlib.h>

#include "base/stack_exchange.h"
#include "engine.h"

enum { STACK_SIZE = 128 * 1024 };

#ifdef TROUPE_INTERLEAVE_TSAN
#define THREAD_SANITIZER 1
void *__tsan_get_current_fiber(void);
void *__tsan_create_fiber(unsigned flags);
void __tsan_destroy_fiber(void *fiber);
void __tsan_switch_to_fiber(void *fiber, unsigned flags);
void __tsan_acquire(void *at);
void __tsan_release(void *at);
static void *sanitized[FIBERS_MAX], *sanitized_main;
#else
#define THREAD_SANITIZER 0
#define __tsan_acquire(at) ((void)(at))
#define __tsan_release(at) ((void)(at))
#endif

void fiber_publish(void *at)
{
	__tsan_release(at);
}

void fiber_learn(void *at)
{
	__tsan_acquire(at);
}

#if TROUPEI_HAS_STACK_EXCHANGE && !defined(TROUPE_INTERLEAVE_UCONTEXT)
static void *first_frame(unsigned char *stack, void (*entry)(void))
{
	return troupei_stack_begin(stack + STACK_SIZE, entry);
}
#else
#include <ucontext.h>
static ucontext_t contexts[FIBERS_MAX + 1];
static void exchange(void **save, void *to)
{
	static ucontext_t *running = &contexts[FIBERS_MAX];
	ucontext_t *from = running;

	*save = from;
	running = to;
	swapcontext(from, to);
}
static void *first_frame(unsigned char *stack, void (*entry)(void))
{
	ucontext_t *context = &contexts[0];

	for (unsigned i = 0; i < FIBERS_MAX; i++)
		if (engine.fibers[i].stack == stack)
			context = &contexts[i];
	getcontext(context);
	context->uc_stack.ss_sp = stack;
	context->uc_stack.ss_size = STACK_SIZE;
	context->uc_link = NULL;
	makecontext(context, entry, 0);
	return context;
}
#define troupei_stack_exchange exchange
#endif

static void *main_at; /* the engine's own stack */

void fiber_make(struct fiber *fiber, void (*entry)(void))
{
	if (fiber->stack == NULL)
		fiber->stack = aligned_alloc(64, STACK_SIZE);
	if (fiber->stack == NULL)
		abort();
	fiber->stack_at = first_frame(fiber->stack, entry);
#if THREAD_SANITIZER
	size_t i = (size_t)(fiber - engine.fibers);
	if (sanitized[i] != NULL)
		__tsan_destroy_fiber(sanitized[i]);
	sanitized[i] = __tsan_create_fiber(0);
#endif
}

void fiber_switch(struct fiber *from, struct fiber *to)
{
	void **save = from != NULL ? &from->stack_at : &main_at;
#if THREAD_SANITIZER
	if (sanitized_main == NULL)
		sanitized_main = __tsan_get_current_fiber();
	/* 1: the switch itself orders nothing. Back to the engine it does: what end looks at has happened. */
	__tsan_switch_to_fiber(to != NULL ? sanitized[to - engine.fibers] : sanitized_main, from != NULL && to != NULL);
#endif
	troupei_stack_exchange(save, to != NULL ? to->stack_at : main_at);
}

bool fiber_is_on_stack(const struct fiber *fiber, const void *at)
{
	return (const unsigned char *)at >= fiber->stack && (const unsigned char *)at < fiber->stack + STACK_SIZE;
}
