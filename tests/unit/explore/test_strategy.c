/* SPDX-License-Identifier: MIT */
/* The numbers of units, and random numbers. */
#include "explore/strategy.h"

#include "support/testing.h"

TEST(strategy, threads_actors_and_the_clock_have_numbers_of_their_own)
{
	CHECK_EQ(troupei_unit_of_thread(3), 6);
	CHECK_EQ(troupei_unit_of_actor(3), 7);
	CHECK(!troupei_unit_is_actor(troupei_unit_of_thread(3)));
	CHECK(troupei_unit_is_actor(troupei_unit_of_actor(3)));
	CHECK(!troupei_unit_is_actor(UNIT_CLOCK));
	CHECK(UNIT_NONE != UNIT_CLOCK);
}

/* The first outputs of splitmix64 from 1234567, as published with it. */
TEST(strategy, random_numbers_are_those_of_splitmix64)
{
	uint64_t state = 1234567;

	CHECK_EQ(troupei_random(&state), UINT64_C(6457827717110365317));
	CHECK_EQ(troupei_random(&state), UINT64_C(3203168211198807973));
}

TEST(strategy, a_number_below_another_is_below_it_and_each_comes)
{
	uint64_t state = 1;
	uint32_t seen = 0, hurries = 0;

	for (int i = 0; i < 3200; i++) {
		uint32_t number = troupei_random_below(&state, 5);
		CHECK(number < 5);
		seen |= 1U << number;
		hurries += troupei_clock_hurries(&state);
	}
	CHECK_EQ(seen, 31);
	CHECK(hurries > 50 && hurries < 200); /* one in 32 */
}
