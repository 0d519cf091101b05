/* SPDX-License-Identifier: MIT */
/* What lies behind the magazines of the threads: full magazines, and the slabs that blocks are cut from. Used by memory.c. */
#ifndef TROUPEI_BASE_DEPOT_H
#define TROUPEI_BASE_DEPOT_H

#include "base/memory.h"

/* A magazine of @p count blocks, linked by next, becomes the depot's. */
void troupei_depot_put(unsigned class, struct block *list, uint32_t count);

/* A magazine, or some fresh blocks; NULL: no memory. */
struct block *troupei_depot_get(unsigned class, uint32_t *count);

/* Blocks that have left it and not come back. */
uint64_t troupei_depot_out(unsigned class);

#endif
