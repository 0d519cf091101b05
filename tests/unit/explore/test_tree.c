/* SPDX-License-Identifier: MIT */
#include "explore/tree.h"

#include "support/testing.h"

TEST(tree, units_have_small_numbers_as_long_as_there_are_any)
{
	CHECK_EQ(troupei_tree_unit(UNIT_CLOCK), 0);
	CHECK_EQ(troupei_tree_unit(0), 1);
	CHECK_EQ(troupei_tree_unit(TREE_UNITS_MAX - 2), TREE_UNITS_MAX - 1);
	CHECK_EQ(troupei_tree_unit(TREE_UNITS_MAX - 1), TREE_UNITS_MAX);
	CHECK_EQ(troupei_tree_unit(UNIT_NONE), TREE_UNITS_MAX);
}
