/* SPDX-License-Identifier: MIT */
/* frames: the calls that led to a place: collected in a signal handler, put into words later. */
#ifndef TROUPEI_BASE_FRAMES_H
#define TROUPEI_BASE_FRAMES_H

#include <stddef.h>
#include <stdint.h>

enum { FRAMES_MAX = 24 };

/* The innermost first. */
struct frames {
	uint32_t count;
	uintptr_t addresses[FRAMES_MAX]; /* [0]: the place itself; the others: where a call returns to */
};

/* Let the unwinder do now what it does on first use. Not from a signal handler. */
void troupei_frames_prepare(void);

/* Where the thread was that a signal interrupted: of the third argument of its handler. */
uintptr_t troupei_frames_pc(const void *context);

/* The calls that led to @p pc, which a signal interrupted: from its handler, after troupei_frames_prepare. At least one. */
void troupei_frames_collect(struct frames *frames, uintptr_t pc);

/* The name of the function that the address lies in, if its file shows it to others; else NULL. */
const char *troupei_frames_symbol(uintptr_t address);

/* "name+0x12 file+0x1234 ...", as many as fit; the second form is for addr2line. Not from a signal handler. */
void troupei_frames_print(const struct frames *frames, char *to, size_t size);

#endif
