/* SPDX-License-Identifier: MIT */
/* unit_table: a number for each unit, 0 at first. */
#ifndef TROUPEI_EXPLORE_UNIT_TABLE_H
#define TROUPEI_EXPLORE_UNIT_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct unit_table {
	uint64_t *of_unit;
	size_t room;
	uint64_t clock;
};

/* Where the number of this unit lies, until the next call. Ends the process when there is no memory. */
uint64_t *troupei_unit_table_at(struct unit_table *table, uint32_t unit);

/* All are 0 again. */
void troupei_unit_table_clear(struct unit_table *table);

#endif
