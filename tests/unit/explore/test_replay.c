/* SPDX-License-Identifier: MIT */
#include "simulated.h"

TEST(replay, chooses_the_units_it_was_given)
{
	static const uint32_t units[] = { 4, 0, 2, UNIT_CLOCK };
	struct strategy *replay = troupei_replay(units, 4);

	options_are(3);
	for (int run = 0; run < 2; run++) {
		replay->begin(replay, 1);
		CHECK_EQ(replay->choose(replay, 4), 2);
		CHECK_EQ(replay->choose(replay, 4), 0);
		CHECK_EQ(replay->choose(replay, 4), 1);
		CHECK_EQ(replay->choose(replay, 4), 3);
	}
}

TEST(replay, goes_on_as_before_where_a_unit_is_not_to_be_had_and_at_the_end)
{
	static const uint32_t units[] = { 44 };
	struct strategy *replay = troupei_replay(units, 1);

	options_are(3);
	troupei_simulation.current = troupei_simulation.ready[1];
	replay->begin(replay, 1);
	CHECK_EQ(replay->choose(replay, 3), 1);
	CHECK_EQ(replay->choose(replay, 3), 1);
	troupei_simulation.current = NULL;
	CHECK_EQ(replay->choose(replay, 3), 0);
}
