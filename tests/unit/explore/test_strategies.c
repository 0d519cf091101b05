/* SPDX-License-Identifier: MIT */
#include "explore/explorer.h"
#include "support/testing.h"

TEST(strategies, each_has_a_name_and_there_are_no_more)
{
	CHECK_STR_EQ(troupei_strategy_name(TROUPE_RANDOM_WALK), "random");
	CHECK_STR_EQ(troupei_strategy_name(TROUPE_PCT), "pct");
	CHECK_STR_EQ(troupei_strategy_name(TROUPE_PARTIAL_ORDER), "pos");
	CHECK_STR_EQ(troupei_strategy_name(TROUPE_EXHAUSTIVE), "exhaustive");
	for (uint32_t i = 0; i <= TROUPE_EXHAUSTIVE; i++)
		CHECK(troupei_strategy(i)->begin != NULL && troupei_strategy(i)->choose != NULL);
	CHECK(troupei_strategy_name(TROUPE_EXHAUSTIVE + 1) == NULL);
	CHECK(troupei_strategy(TROUPE_EXHAUSTIVE + 1) == NULL);
}
