/* SPDX-License-Identifier: MIT */
#include "explore/unit_table.h"

#include <stdlib.h>
#include <string.h>

#include "explore/strategy.h"

uint64_t *troupei_unit_table_at(struct unit_table *table, uint32_t unit)
{
	size_t room = table->room > 0 ? table->room : 64;

	if (unit == UNIT_CLOCK)
		return &table->clock;
	while (room <= unit)
		room *= 2;
	if (room > table->room) {
		uint64_t *larger = realloc(table->of_unit, room * sizeof *larger);
		if (larger == NULL)
			abort();
		memset(larger + table->room, 0, (room - table->room) * sizeof *larger);
		table->of_unit = larger;
		table->room = room;
	}
	return &table->of_unit[unit];
}

void troupei_unit_table_clear(struct unit_table *table)
{
	if (table->room > 0)
		memset(table->of_unit, 0, table->room * sizeof *table->of_unit);
	table->clock = 0;
}
