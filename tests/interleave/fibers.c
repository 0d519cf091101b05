/* SPDX-License-Identifier: MIT */
/* Stacks, and going from one to another: a few instructions on x86-64 and aarch64, ucontext elsewhere, or with
 * -DTROUPE_INTERLEAVE_UCONTEXT. */
#include <stdlib.h>

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

#if defined(__x86_64__) && !defined(TROUPE_INTERLEAVE_UCONTEXT)
/* What a called function must keep is pushed, the stack exchanged, and popped there. */
void interleave_switch(void **save, void *to);
__asm__(".text\n"
        ".globl interleave_switch\n"
        ".type interleave_switch,@function\n"
        "interleave_switch:\n"
        "	push %rbp\n	push %rbx\n	push %r12\n	push %r13\n	push %r14\n	push %r15\n"
        "	mov %rsp, (%rdi)\n"
        "	mov %rsi, %rsp\n"
        "	pop %r15\n	pop %r14\n	pop %r13\n	pop %r12\n	pop %rbx\n	pop %rbp\n"
        "	ret\n");
static void *first_frame(unsigned char *stack, void (*entry)(void))
{
	uint64_t *top = (uint64_t *)(stack + STACK_SIZE);

	*--top = 0; /* entry begins as if called: the stack is 8 short of a multiple of 16 */
	*--top = (uintptr_t)entry;
	for (unsigned i = 0; i < 6; i++)
		*--top = 0;
	return top;
}
#elif defined(__aarch64__) && !defined(TROUPE_INTERLEAVE_UCONTEXT)
void interleave_switch(void **save, void *to);
__asm__(".text\n"
        ".globl interleave_switch\n"
        ".type interleave_switch,%function\n"
        "interleave_switch:\n"
        "	sub sp, sp, #160\n"
        "	stp x19, x20, [sp, #0]\n	stp x21, x22, [sp, #16]\n	stp x23, x24, [sp, #32]\n"
        "	stp x25, x26, [sp, #48]\n	stp x27, x28, [sp, #64]\n	stp x29, x30, [sp, #80]\n"
        "	stp d8, d9, [sp, #96]\n	stp d10, d11, [sp, #112]\n	stp d12, d13, [sp, #128]\n	stp d14, d15, [sp, #144]\n"
        "	mov x9, sp\n	str x9, [x0]\n	mov sp, x1\n"
        "	ldp x19, x20, [sp, #0]\n	ldp x21, x22, [sp, #16]\n	ldp x23, x24, [sp, #32]\n"
        "	ldp x25, x26, [sp, #48]\n	ldp x27, x28, [sp, #64]\n	ldp x29, x30, [sp, #80]\n"
        "	ldp d8, d9, [sp, #96]\n	ldp d10, d11, [sp, #112]\n	ldp d12, d13, [sp, #128]\n	ldp d14, d15, [sp, #144]\n"
        "	add sp, sp, #160\n"
        "	ret\n");
static void *first_frame(unsigned char *stack, void (*entry)(void))
{
	uint64_t *top = (uint64_t *)(stack + STACK_SIZE) - 20;

	for (unsigned i = 0; i < 20; i++)
		top[i] = 0;
	top[11] = (uintptr_t)entry; /* x30: where the return goes */
	return top;
}
#else
#include <ucontext.h>
static ucontext_t contexts[FIBERS_MAX + 1];
static void interleave_switch(void **save, void *to)
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
	interleave_switch(save, to != NULL ? to->stack_at : main_at);
}

bool fiber_is_on_stack(const struct fiber *fiber, const void *at)
{
	return (const unsigned char *)at >= fiber->stack && (const unsigned char *)at < fiber->stack + STACK_SIZE;
}
