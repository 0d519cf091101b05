/* SPDX-License-Identifier: MIT */
/* The seams by themselves: which clock is asked, and the random numbers. What a scheduler does with them: test_scheduler.c. */
#include "base/environment.h"

#include "support/testing.h"

static int64_t now_of(void *context)
{
	return ++*(int64_t *)context;
}

TEST(environment, of_zeros_is_the_real_one)
{
	struct environment environment = { 0 };
	int64_t before = troupei_clock_ns(), now = troupei_environment_now(&environment), after = troupei_clock_ns();
	CHECK(before <= now && now <= after);
}

TEST(environment, clock_of_its_own_is_asked_each_time)
{
	int64_t virtual_ns = -3;
	struct environment environment = { .now_ns = now_of, .context = &virtual_ns };
	for (int64_t expected = -2; expected < 3; expected++)
		CHECK_EQ(troupei_environment_now(&environment), expected);
	CHECK_EQ(virtual_ns, 2);
}

/* The upper halves of xorshift64*, as published for this seed. */
TEST(environment, random_numbers_are_xorshift64_star)
{
	const uint32_t published[] = { 3540625527, 2750739987, 4037983143, 1993361440, 3809424708 };
	uint64_t state = 1234567;
	for (int i = 0; i < 5; i++)
		CHECK_EQ(troupei_random_next(&state), published[i]);
}

TEST(environment, same_seed_same_numbers)
{
	uint64_t one = 42, two = 42, other = 43;
	int differ = 0;
	for (int i = 0; i < 1000; i++) {
		uint32_t number = troupei_random_next(&one);
		CHECK_EQ(number, troupei_random_next(&two));
		differ += number != troupei_random_next(&other);
		CHECK(one != 0); /* 0 would stay 0 */
	}
	CHECK(differ > 990);
}

/* Remainders are used to choose: each of a few choices is drawn about as often. */
TEST(environment, random_numbers_spread)
{
	uint64_t state = 1;
	int drawn[7] = { 0 };
	for (int i = 0; i < 70000; i++)
		drawn[troupei_random_next(&state) % 7]++;
	for (int i = 0; i < 7; i++)
		CHECK(drawn[i] > 9500 && drawn[i] < 10500);
}
