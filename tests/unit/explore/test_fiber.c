/* SPDX-License-Identifier: MIT */
#include "explore/fiber.h"

#include "support/testing.h"

static struct fiber_stack own, other;
static int steps;

static void count_up(void)
{
	double kept = 1.5; /* what a call keeps, a change keeps */

	troupei_fiber_begun(&own);
	for (;;) {
		steps++;
		kept *= 2;
		troupei_fiber_change(&other, &own, false);
		CHECK(kept == 1.5 * (1 << steps));
	}
}

TEST(fiber, two_stacks_take_turns)
{
	troupei_fiber_adopt(&own);
	CHECK(troupei_fiber_make(&other, count_up));
	for (int i = 1; i <= 10; i++) {
		troupei_fiber_change(&own, &other, false);
		CHECK_EQ(steps, i);
	}
	troupei_fiber_free(&other);
}

static int sum;

static void add_deeply(void)
{
	volatile char room[FIBER_STACK_SIZE / 2]; /* most of a stack is its owner's */

	troupei_fiber_begun(&own);
	for (size_t i = 0; i < sizeof room; i += 512)
		room[i] = 1;
	for (size_t i = 0; i < sizeof room; i += 512)
		sum += room[i];
	troupei_fiber_change(&other, &own, true);
}

/* One after another, in the memory of the one before. */
TEST(fiber, a_stack_is_used_again)
{
	const char *low = NULL;

	troupei_fiber_adopt(&own);
	for (int i = 0; i < 100; i++) {
		sum = 0;
		CHECK(troupei_fiber_make(&other, add_deeply));
		CHECK(low == NULL || low == other.low);
		low = other.low;
		troupei_fiber_change(&own, &other, false);
		CHECK_EQ(sum, FIBER_STACK_SIZE / 2 / 512);
		troupei_fiber_free(&other);
	}
}
