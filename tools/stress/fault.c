/* SPDX-License-Identifier: MIT */
/* Sanitizers look away here, so that the signal comes and not their report. */
#include "fault.h"

#include <signal.h>
#include <stdlib.h>

#define FAULT __attribute__((noinline, no_sanitize("undefined", "address", "thread"))) static

static int *volatile nowhere;
static volatile int zero, result;
static volatile int depth_most = 1 << 30; /* more than any stack holds */

FAULT void write_nowhere(void)
{
	*nowhere = 1;
}

FAULT int recurse(int depth)
{
	volatile char frame[4000];

	frame[0] = (char)depth;
	return depth < depth_most ? recurse(depth + 1) + frame[0] : frame[0];
}

FAULT void divide(void)
{
#if defined(__x86_64__) /* what the compiler may not make anything else of */
	int dividend = 7;
	__asm__ volatile("cltd; idivl %1" : "+a"(dividend) : "r"(zero) : "edx", "cc");
	result = dividend;
#else
	raise(SIGFPE); /* other processors divide by zero */
#endif
}

FAULT void instruct(void)
{
#if defined(__x86_64__)
	__asm__ volatile("ud2");
#else
	raise(SIGILL);
#endif
}

void fault_make(unsigned which)
{
	switch (which) {
	case 0: write_nowhere(); break;
	case 1: abort();
	case 2: result = recurse(0); break;
	case 3: divide(); break;
	default: instruct();
	}
}
