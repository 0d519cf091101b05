/* SPDX-License-Identifier: MIT */
#include "explore/unit_table.h"

#include <stdlib.h>

#include "explore/strategy.h"
#include "support/testing.h"

TEST(unit_table, keeps_a_number_for_each_unit)
{
	struct unit_table table = { 0 };

	for (uint32_t unit = 0; unit < 1000; unit++) {
		CHECK_EQ(*troupei_unit_table_at(&table, unit), 0);
		*troupei_unit_table_at(&table, unit) = unit + 1;
	}
	*troupei_unit_table_at(&table, UNIT_CLOCK) = 7;
	for (uint32_t unit = 0; unit < 1000; unit++)
		CHECK_EQ(*troupei_unit_table_at(&table, unit), unit + 1);
	CHECK_EQ(*troupei_unit_table_at(&table, UNIT_CLOCK), 7);
	troupei_unit_table_clear(&table);
	CHECK_EQ(*troupei_unit_table_at(&table, 500), 0);
	CHECK_EQ(*troupei_unit_table_at(&table, UNIT_CLOCK), 0);
	free(table.of_unit);
}
