/* SPDX-License-Identifier: MIT */
/* stack_exchange: going from one stack to another: what the calling convention says a call keeps is pushed, and the stack pointer
 * exchanged. To be included by one file of a program: it holds the code. */
#ifndef TROUPEI_BASE_STACK_EXCHANGE_H
#define TROUPEI_BASE_STACK_EXCHANGE_H

#include <stddef.h>
#include <stdint.h>

/* Go on where @p to says; where this stack is to go on is written to *from. Returns when somebody goes back there. */
void troupei_stack_exchange(void **from, void *to) __attribute__((visibility("hidden")));

#if defined(__x86_64__)
#define TROUPEI_HAS_STACK_EXCHANGE 1
__asm__(".text\n.hidden troupei_stack_exchange\n.globl troupei_stack_exchange\n.type troupei_stack_exchange,@function\n"
        "troupei_stack_exchange:\n"
        "	pushq %rbp\n	pushq %rbx\n	pushq %r12\n	pushq %r13\n	pushq %r14\n	pushq %r15\n"
        "	movq %rsp, (%rdi)\n	movq %rsi, %rsp\n"
        "	popq %r15\n	popq %r14\n	popq %r13\n	popq %r12\n	popq %rbx\n	popq %rbp\n"
        "	ret\n.size troupei_stack_exchange, .-troupei_stack_exchange\n");
enum { STACK_WORDS = 8, STACK_ENTRY_AT = 6 }; /* six that are kept, the return address, one for a called function's alignment */
#elif defined(__aarch64__)
#define TROUPEI_HAS_STACK_EXCHANGE 1
__asm__(".text\n.hidden troupei_stack_exchange\n.globl troupei_stack_exchange\n.type troupei_stack_exchange,%function\n"
        "troupei_stack_exchange:\n"
        "	sub sp, sp, #160\n"
        "	stp x19, x20, [sp, #0]\n	stp x21, x22, [sp, #16]\n	stp x23, x24, [sp, #32]\n"
        "	stp x25, x26, [sp, #48]\n	stp x27, x28, [sp, #64]\n	stp x29, x30, [sp, #80]\n"
        "	stp d8, d9, [sp, #96]\n	stp d10, d11, [sp, #112]\n	stp d12, d13, [sp, #128]\n	stp d14, d15, [sp, #144]\n"
        "	mov x9, sp\n	str x9, [x0]\n	mov sp, x1\n"
        "	ldp x19, x20, [sp, #0]\n	ldp x21, x22, [sp, #16]\n	ldp x23, x24, [sp, #32]\n"
        "	ldp x25, x26, [sp, #48]\n	ldp x27, x28, [sp, #64]\n	ldp x29, x30, [sp, #80]\n"
        "	ldp d8, d9, [sp, #96]\n	ldp d10, d11, [sp, #112]\n	ldp d12, d13, [sp, #128]\n	ldp d14, d15, [sp, #144]\n"
        "	add sp, sp, #160\n	ret\n.size troupei_stack_exchange, .-troupei_stack_exchange\n");
enum { STACK_WORDS = 20, STACK_ENTRY_AT = 11 };
#else
#define TROUPEI_HAS_STACK_EXCHANGE 0
enum { STACK_WORDS = 1, STACK_ENTRY_AT = 0 };
#endif

/* Where a new stack, which ends at @p end, a multiple of 16, is to go on, so that @p entry is called there, which never returns. */
static inline void *troupei_stack_begin(void *end, void (*entry)(void))
{
	void **words = (void **)end - STACK_WORDS;

	for (unsigned i = 0; i < STACK_WORDS; i++)
		words[i] = NULL;
	words[STACK_ENTRY_AT] = (void *)(uintptr_t)entry;
	return words;
}

#endif
