/* SPDX-License-Identifier: MIT */
/* id_table: what an actor knows its timers, or its monitors, by. An id is a place in the table and, above it, how often that
 * place was used: so that it is found at once, and one that is over finds nothing.
 *   N1  An id is given out once. (A place is used 2^32 times before one comes again.) */
#ifndef TROUPEI_ACTORS_ID_TABLE_H
#define TROUPEI_ACTORS_ID_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "troupe/message.h"

struct id_entry {
	void *item; /* NULL: free */
	uint32_t generation;
	uint32_t next_free; /* index + 1; 0: none */
};

/* One thread at a time. NULL: empty. */
struct id_table {
	uint32_t capacity;
	uint32_t first_free; /* index + 1; 0: none */
	struct id_entry entries[];
};

/* Put @p item in; the table is made, or moves, if need be. The lower half of the id is the place, from 1 on. False: no memory,
 * nothing has changed. */
bool troupei_id_add(struct id_table **table, void *item, uint64_t *id);

/* What it stands for; NULL: nothing, any more. */
void *troupei_id_find(const struct id_table *table, uint64_t id);

/* The same by its place, which is in use. */
void *troupei_id_at(const struct id_table *table, uint32_t place);

/* The place, which is in use, is free again. */
void troupei_id_remove(struct id_table *table, uint32_t place);

void troupei_id_table_free(struct id_table *table);

/* Ids are an actor's own, and of one life: the next has a new table. What users see is mixed with who it is, and how often it has
 * lived before, so that another's is not taken for one of them. */
static inline uint64_t troupei_id_mix(troupe_ref owner, uint32_t lives, uint64_t id)
{
	return id ^ (owner.bits_private + 1) * UINT64_C(0x9e3779b97f4a7c15) ^ lives * UINT64_C(0xff51afd7ed558ccd);
}

#endif
