/* SPDX-License-Identifier: MIT */
/* Every cause of a crash, made on purpose, as a program would by mistake. Sanitizers look away, so that the signal comes. */
#ifndef TROUPE_TESTS_FAULTS_H
#define TROUPE_TESTS_FAULTS_H

#include <signal.h>
#include <stdlib.h>

#define FAULT __attribute__((noinline, unused, no_sanitize("undefined", "address", "thread"))) static

enum fault { FAULT_NULL, FAULT_ABORT, FAULT_OVERFLOW, FAULT_DIVISION, FAULT_INSTRUCTION, FAULTS };

static const int fault_signals[FAULTS] = { SIGSEGV, SIGABRT, SIGSEGV, SIGFPE, SIGILL };

static int *volatile fault_nowhere __attribute__((unused));
static volatile int fault_zero __attribute__((unused)), fault_result __attribute__((unused));
static volatile int fault_depth __attribute__((unused)) = 1 << 30; /* more than any stack holds */

FAULT void fault_null(void)
{
	*fault_nowhere = 1;
}

FAULT int fault_recurse(int depth)
{
	volatile char frame[4000];

	frame[0] = (char)depth;
	return depth < fault_depth ? fault_recurse(depth + 1) + frame[0] : frame[0];
}

FAULT void fault_divide(void)
{
#if defined(__x86_64__) /* what the compiler may not make anything else of */
	int dividend = 7;
	__asm__ volatile("cltd; idivl %1" : "+a"(dividend) : "r"(fault_zero) : "edx", "cc");
	fault_result = dividend;
#else
	raise(SIGFPE); /* other processors divide by zero */
#endif
}

FAULT void fault_instruction(void)
{
#if defined(__x86_64__)
	__asm__ volatile("ud2");
#else
	raise(SIGILL);
#endif
}

FAULT void fault_make(enum fault fault)
{
	switch (fault) {
	case FAULT_NULL:
		fault_null();
		break;
	case FAULT_ABORT:
		abort();
	case FAULT_OVERFLOW:
		fault_result = fault_recurse(0);
		break;
	case FAULT_DIVISION:
		fault_divide();
		break;
	default:
		fault_instruction();
	}
}

#endif
