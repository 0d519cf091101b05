/* SPDX-License-Identifier: MIT */
#include "simulated.h"

static struct strategy *begun(uint64_t seed, uint32_t depth, uint32_t choices)
{
	struct strategy *pct = troupei_pct();

	pct->depth = depth;
	pct->choices = choices;
	pct->begin(pct, seed);
	return pct;
}

TEST(pct, without_a_moment_to_fall_the_highest_goes_on)
{
	uint32_t firsts = 0;

	options_are(3);
	for (uint64_t seed = 0; seed < 50; seed++) {
		struct strategy *pct = begun(seed, 1, 100);
		uint32_t first = pct->choose(pct, 3);
		firsts |= 1U << first;
		for (int i = 0; i < 200; i++)
			CHECK_EQ(pct->choose(pct, 3), first);
	}
	CHECK_EQ(firsts, 7);
}

TEST(pct, the_order_changes_at_most_depth_less_one_times)
{
	uint32_t most = 0;

	options_are(4);
	for (uint64_t seed = 0; seed < 200; seed++) {
		struct strategy *pct = begun(seed, 3, 100);
		uint32_t changes = 0, last = pct->choose(pct, 4);
		for (int i = 0; i < 150; i++) {
			uint32_t chosen = pct->choose(pct, 4);
			changes += chosen != last;
			last = chosen;
		}
		CHECK(changes <= 2);
		most = changes > most ? changes : most;
	}
	CHECK_EQ(most, 2);
}

TEST(pct, the_clock_falls_when_it_has_gone_on)
{
	uint32_t times = 0;

	options_are(2);
	for (uint64_t seed = 0; seed < 100; seed++) {
		struct strategy *pct = begun(seed, 1, 100);
		for (int i = 0; i < 50; i++)
			times += pct->choose(pct, 3) == 2;
	}
	CHECK(times > 10 && times < 60); /* first in one of three, and never again */
}

TEST(pct, who_goes_on_for_ever_lets_the_others_go_on)
{
	uint32_t seen = 0;
	struct strategy *pct;

	options_are(3);
	pct = begun(1, 1, 100);
	for (int i = 0; i < 4000; i++)
		seen |= 1U << pct->choose(pct, 3);
	CHECK_EQ(seen, 7);
}
