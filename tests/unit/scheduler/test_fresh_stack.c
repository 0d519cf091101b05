/* SPDX-License-Identifier: MIT */
/* The fresh stack against an array; growing round the corner, no memory, and giving its array back. */
#include "base/memory.h"
#include "scheduler/worker.h"
#include "support/testing.h"

enum { MANY = 200000, STEPS = 200000, CAPACITY_KEPT = 65536 };

static struct runnable things[MANY];

static struct runnable *pop_newest(struct fresh_stack *stack)
{
	return troupei_fresh_stack_pop_newest(stack);
}

static void push(struct fresh_stack *stack, size_t number)
{
	CHECK(troupei_fresh_stack_push(stack, &things[number]));
}

TEST(fresh_stack, of_zeros_is_empty)
{
	struct fresh_stack stack = { 0 };
	CHECK_EQ(troupei_fresh_stack_count(&stack), 0);
	CHECK(pop_newest(&stack) == NULL);
	CHECK(troupei_fresh_stack_pop_oldest(&stack) == NULL);
	troupei_fresh_stack_fini(&stack);
}

TEST(fresh_stack, newest_first_from_the_top)
{
	struct fresh_stack stack = { 0 };
	for (size_t i = 0; i < 1000; i++)
		push(&stack, i);
	CHECK_EQ(troupei_fresh_stack_count(&stack), 1000);
	for (size_t i = 1000; i-- > 0;)
		CHECK(pop_newest(&stack) == &things[i]);
	CHECK(pop_newest(&stack) == NULL);
	troupei_fresh_stack_fini(&stack);
}

TEST(fresh_stack, oldest_first_from_the_bottom)
{
	struct fresh_stack stack = { 0 };
	for (size_t i = 0; i < 1000; i++)
		push(&stack, i);
	for (size_t i = 0; i < 1000; i++)
		CHECK(troupei_fresh_stack_pop_oldest(&stack) == &things[i]);
	CHECK(troupei_fresh_stack_pop_oldest(&stack) == NULL);
	troupei_fresh_stack_fini(&stack);
}

/* The one that is there is both. */
TEST(fresh_stack, one_from_either_end)
{
	struct fresh_stack stack = { 0 };
	push(&stack, 0);
	CHECK(troupei_fresh_stack_pop_oldest(&stack) == &things[0]);
	push(&stack, 1);
	CHECK(pop_newest(&stack) == &things[1]);
	CHECK_EQ(troupei_fresh_stack_count(&stack), 0);
	troupei_fresh_stack_fini(&stack);
}

/* The array goes round: what it holds when it grows lies in two pieces. */
TEST(fresh_stack, grows_round_the_corner)
{
	struct fresh_stack stack = { 0 };
	size_t first = 0, next = 0;
	for (; next < 200; next++)
		push(&stack, next);
	for (; first < 150; first++)
		CHECK(troupei_fresh_stack_pop_oldest(&stack) == &things[first]);
	for (; next < 5000; next++)
		push(&stack, next);
	for (; first < 5000; first++)
		CHECK(troupei_fresh_stack_pop_oldest(&stack) == &things[first]);
	troupei_fresh_stack_fini(&stack);
}

/* Bottom and top only ever grow when the oldest are taken; they may pass the largest number there is. */
TEST(fresh_stack, counters_wrap_round)
{
	struct fresh_stack stack = { 0 };
	push(&stack, 0);
	CHECK(pop_newest(&stack) == &things[0]);
	stack.bottom = stack.top = UINT32_MAX - 5;
	for (size_t i = 0; i < 1000; i++)
		push(&stack, i);
	CHECK_EQ(troupei_fresh_stack_count(&stack), 1000);
	for (size_t i = 0; i < 500; i++) {
		CHECK(troupei_fresh_stack_pop_oldest(&stack) == &things[i]);
		CHECK(pop_newest(&stack) == &things[999 - i]);
	}
	troupei_fresh_stack_fini(&stack);
}

TEST(fresh_stack, agrees_with_an_array)
{
	struct fresh_stack stack = { 0 };
	static struct runnable *model[2 * STEPS];
	size_t bottom = 0, top = 0;
	uint64_t random = 1;
	for (size_t i = 0; i < STEPS; i++) {
		random = random * 6364136223846793005u + 1442695040888963407u;
		uint64_t what = random >> 32;
		if (what % 8 < (i / 10000 % 2 ? 3 : 5)) {
			model[top++] = &things[i % MANY];
			push(&stack, i % MANY);
		} else if (what % 8 == 7) {
			CHECK(troupei_fresh_stack_pop_oldest(&stack) == (top > bottom ? model[bottom] : NULL));
			bottom += top > bottom;
		} else {
			CHECK(pop_newest(&stack) == (top > bottom ? model[top - 1] : NULL));
			top -= top > bottom;
		}
		CHECK_EQ(troupei_fresh_stack_count(&stack), top - bottom);
	}
	troupei_fresh_stack_fini(&stack);
}

static bool always(size_t size)
{
	(void)size;
	return true;
}

TEST(fresh_stack, no_memory_leaves_it_as_it_was)
{
	struct fresh_stack stack = { 0 };
	size_t n = 0;
	troupei_memory_fail_by(always);
	CHECK(!troupei_fresh_stack_push(&stack, &things[0]));
	CHECK_EQ(troupei_fresh_stack_count(&stack), 0);
	troupei_memory_fail_by(NULL);
	push(&stack, n++);
	troupei_memory_fail_by(always);
	while (troupei_fresh_stack_push(&stack, &things[n]))
		n++;
	CHECK_EQ(troupei_fresh_stack_count(&stack), n);
	troupei_memory_fail_by(NULL);
	push(&stack, n++);
	while (n-- > 0)
		CHECK(pop_newest(&stack) == &things[n]);
	troupei_fresh_stack_fini(&stack);
}

/* After a burst its array is given back when the last one leaves, at either end. A small one stays. */
static void fill_and_empty(struct fresh_stack *stack, size_t count, struct runnable *(*pop)(struct fresh_stack *))
{
	for (size_t i = 0; i < count; i++)
		push(stack, i);
	for (size_t i = 0; i < count; i++)
		CHECK(pop(stack) != NULL);
}

TEST(fresh_stack, array_is_given_back_after_a_burst)
{
	struct fresh_stack stack = { 0 };
	fill_and_empty(&stack, CAPACITY_KEPT, pop_newest);
	CHECK_EQ(stack.capacity, CAPACITY_KEPT);
	fill_and_empty(&stack, CAPACITY_KEPT + 1, pop_newest);
	CHECK(stack.array == NULL && stack.capacity == 0);
	fill_and_empty(&stack, MANY, troupei_fresh_stack_pop_oldest);
	CHECK(stack.array == NULL && stack.capacity == 0);
	fill_and_empty(&stack, 1, pop_newest);
	troupei_fresh_stack_fini(&stack);
	CHECK(stack.array == NULL);
}

/* Twice as many as the largest array holds is no number. */
TEST(fresh_stack, largest_one_does_not_grow)
{
	struct fresh_stack stack = { .capacity = UINT32_C(1) << 31, .top = UINT32_C(1) << 31 };
	CHECK(!troupei_fresh_stack_push(&stack, &things[0]));
	CHECK_EQ(troupei_fresh_stack_count(&stack), UINT32_C(1) << 31);
	CHECK(stack.array == NULL && stack.capacity == UINT32_C(1) << 31);
}
