/* SPDX-License-Identifier: MIT */
/* text: whose code lies at an address.
 *
 * The library's own code has a section of its own, troupe_text (the Makefile renames it), so that it can be told from the
 * program's even where both are linked into one file. Shared libraries are known by their names.
 *   X1  Looked up once, before it is asked; then only read: a signal handler may ask. What is loaded later is the program's. */
#ifndef TROUPEI_BASE_TEXT_H
#define TROUPEI_BASE_TEXT_H

#include <stdbool.h>
#include <stdint.h>

enum text {
	TEXT_PROGRAM,   /* the program's and its libraries', or none at all */
	TEXT_TROUPE,    /* this library's, and Concurrency Kit's */
	TEXT_LIBC,      /* the C library's, the loader's, and the allocator's if it is a library of its own */
	TEXT_SANITIZER, /* a sanitizer's: it speaks for whoever called it */
};

/* Look around; again: nothing. Not from a signal handler. False: more of such libraries than there is room for. */
bool troupei_text_learn(void);

/* Signal-safe. */
enum text troupei_text_of(uintptr_t address);

/* Is there code at all? Signal-safe; with a glibc older than 2.35 it takes the loader's lock, which is recursive. */
bool troupei_text_exists(uintptr_t address);

#endif
