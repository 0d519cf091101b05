/* SPDX-License-Identifier: MIT */
#include "simulated.h"

TEST(random_walk, chooses_each_about_as_often)
{
	struct strategy *walk = troupei_random_walk();
	uint32_t times[4] = { 0 };

	options_are(4);
	walk->begin(walk, 1);
	for (int i = 0; i < 4000; i++)
		times[walk->choose(walk, 4)]++;
	for (int i = 0; i < 4; i++)
		CHECK(times[i] > 800 && times[i] < 1200);
}

TEST(random_walk, chooses_the_clock_once_in_a_while)
{
	struct strategy *walk = troupei_random_walk();
	uint32_t times = 0;

	options_are(2);
	walk->begin(walk, 1);
	for (int i = 0; i < 3200; i++)
		times += walk->choose(walk, 3) == 2; /* behind the threads comes the clock */
	CHECK(times > 10 && times < 80); /* once in 32 it is one of three */
}

TEST(random_walk, depends_on_the_seed_alone)
{
	struct strategy *walk = troupei_random_walk();
	uint32_t first[64], differ = 0;

	options_are(4);
	for (int run = 0; run < 3; run++) {
		walk->begin(walk, run < 2 ? 5 : 6);
		for (int i = 0; i < 64; i++) {
			uint32_t chosen = walk->choose(walk, 4);
			first[i] = run == 0 ? chosen : first[i];
			CHECK(run != 1 || chosen == first[i]);
			differ += run == 2 && chosen != first[i];
		}
	}
	CHECK(differ > 0);
}
