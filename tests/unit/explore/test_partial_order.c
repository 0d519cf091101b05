/* SPDX-License-Identifier: MIT */
#include "simulated.h"

TEST(partial_order, each_may_go_on_and_the_same_seed_is_the_same)
{
	struct strategy *pos = troupei_partial_order();
	uint32_t first[64], times[3] = { 0 };

	options_are(3);
	for (int run = 0; run < 2; run++) {
		pos->begin(pos, 9);
		for (int i = 0; i < 64; i++) {
			uint32_t chosen = pos->choose(pos, 3);
			first[i] = run == 0 ? chosen : first[i];
			CHECK_EQ(chosen, first[i]);
			times[chosen]++;
		}
	}
	for (int i = 0; i < 3; i++)
		CHECK(times[i] > 20);
}

/* Who has not gone on keeps what was drawn, the lower of two numbers: against a new one it wins once in three times. */
TEST(partial_order, who_waits_keeps_the_priority_of_its_step)
{
	struct strategy *pos = troupei_partial_order();
	uint32_t turns = 0;

	options_are(2);
	for (uint64_t seed = 0; seed < 1000; seed++) {
		pos->begin(pos, seed);
		uint32_t one = pos->choose(pos, 2), two = pos->choose(pos, 2);
		turns += one != two;
	}
	CHECK(turns > 267 && turns < 400);
}

TEST(partial_order, the_clock_goes_on_once_in_a_while)
{
	struct strategy *pos = troupei_partial_order();
	uint32_t times = 0;

	options_are(2);
	pos->begin(pos, 3);
	for (int i = 0; i < 3200; i++)
		times += pos->choose(pos, 3) == 2;
	CHECK(times > 50 && times < 200);
}
