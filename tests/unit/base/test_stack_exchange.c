/* SPDX-License-Identifier: MIT */
/* Two stacks take turns, and what a call keeps is kept. */
#include "base/stack_exchange.h"

#include "support/testing.h"

enum { SIZE = 64 * 1024, TURNS = 100 };

static unsigned char memory[SIZE] __attribute__((aligned(64)));
static void *main_at, *other_at;
static int turns;
static double halves;

static void entry(void)
{
	double mine = 0;

	for (;;) {
		mine += 0.5;
		halves = mine;
		turns++;
		troupei_stack_exchange(&other_at, main_at);
	}
}

#if !TEST_WITH_ASAN && !TEST_WITH_TSAN /* they are told of stacks by explore/fiber.c */
TEST(stack_exchange, two_stacks_take_turns)
{
	CHECK(TROUPEI_HAS_STACK_EXCHANGE);
	other_at = troupei_stack_begin(memory + SIZE, entry);
	for (int i = 1; i <= TURNS; i++) {
		troupei_stack_exchange(&main_at, other_at);
		CHECK_EQ(turns, i);
		CHECK(halves == i * 0.5);
	}
}
#endif

TEST(stack_exchange, a_new_stack_begins_below_its_end)
{
	void **at = troupei_stack_begin(memory + SIZE, entry);

	CHECK((unsigned char *)at < memory + SIZE);
	CHECK_EQ((uintptr_t)at % 16, 0);
	CHECK(at[STACK_ENTRY_AT] == (void *)(uintptr_t)entry);
}
