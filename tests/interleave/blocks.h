/* SPDX-License-Identifier: MIT */
/* The memory of scenarios that are not about memory (blocks.c). */
#ifndef TROUPE_TESTS_BLOCKS_H
#define TROUPE_TESTS_BLOCKS_H

extern int blocks_out; /* taken and not given back */

/* In begin. */
void blocks_begin(void);

#endif
