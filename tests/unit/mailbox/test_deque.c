/* SPDX-License-Identifier: MIT */
/* The deque: order from both ends while it grows and wraps round, and its memory. */
#include "mailbox/deque.h"

#include "support/testing.h"

enum { MANY = 1000 };

static struct envelope envelopes[MANY];

static bool no_memory(size_t size)
{
	(void)size;
	return true;
}

TEST(deque, gives_the_oldest_first)
{
	struct deque deque = { 0 };
	for (int i = 0; i < MANY; i++)
		CHECK(troupei_deque_push(&deque, &envelopes[i], i));
	for (int i = 0; i < MANY; i++) {
		CHECK_EQ(troupei_deque_at(&deque, 0)->since_ns, i);
		CHECK(troupei_deque_pop_oldest(&deque) == &envelopes[i]);
	}
	CHECK(troupei_deque_pop_oldest(&deque) == NULL);
	troupei_deque_free(&deque);
}

TEST(deque, gives_the_newest_first)
{
	struct deque deque = { 0 };
	for (int i = 0; i < MANY; i++)
		CHECK(troupei_deque_push(&deque, &envelopes[i], i));
	for (int i = MANY; i-- > 0;)
		CHECK(troupei_deque_pop_newest(&deque) == &envelopes[i]);
	CHECK(troupei_deque_pop_newest(&deque) == NULL);
	troupei_deque_free(&deque);
}

TEST(deque, keeps_order_when_it_grows_while_wrapped_round)
{
	struct deque deque = { 0 };
	int in = 0, out = 0;
	for (int round = 0; in + 3 < MANY; round++) {
		for (int i = 0; i < 3; i++, in++)
			CHECK(troupei_deque_push(&deque, &envelopes[in], in));
		for (int i = 0; i < 2; i++, out++)
			CHECK(troupei_deque_pop_oldest(&deque) == &envelopes[out]);
		CHECK_EQ(deque.count, in - out);
	}
	for (; out < in; out++)
		CHECK(troupei_deque_pop_oldest(&deque) == &envelopes[out]);
	troupei_deque_free(&deque);
}

TEST(deque, gives_much_memory_back_when_it_is_empty_and_keeps_a_little)
{
	struct deque deque = { 0 };
	for (int i = 0; i < 256; i++)
		CHECK(troupei_deque_push(&deque, &envelopes[i], 0));
	for (int i = 0; i < 256; i++)
		troupei_deque_pop_oldest(&deque);
	CHECK(deque.entries != NULL);
	CHECK_EQ(deque.capacity, 256);
	for (int i = 0; i < MANY; i++)
		CHECK(troupei_deque_push(&deque, &envelopes[i], 0));
	for (int i = 0; i < MANY; i++)
		troupei_deque_pop_oldest(&deque);
	CHECK(deque.entries == NULL);
	CHECK_EQ(deque.capacity, 0);
}

TEST(deque, refuses_without_memory_and_has_what_it_had)
{
	struct deque deque = { 0 };
	int count = 0;
	CHECK(troupei_deque_push(&deque, &envelopes[count++], 0));
	troupei_memory_fail_by(no_memory);
	while (troupei_deque_push(&deque, &envelopes[count], 0))
		count++;
	troupei_memory_fail_by(NULL);
	CHECK_EQ(deque.count, count);
	for (int i = 0; i < count; i++)
		CHECK(troupei_deque_pop_oldest(&deque) == &envelopes[i]);
	troupei_deque_free(&deque);
}

/* 2^31 entries are the most that a capacity can say; twice as many would be none. */
TEST(deque, does_not_grow_beyond_what_can_be_counted)
{
	struct deque deque = { .capacity = 1u << 31, .count = 1u << 31 };
	CHECK(!troupei_deque_push(&deque, &envelopes[0], 0));
	CHECK_EQ(deque.count, 1u << 31);
}
