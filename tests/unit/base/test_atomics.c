/* SPDX-License-Identifier: MIT */
/* Each operation by itself, and what its order promises with two or more threads. */
#include "base/atomics.h"

#include <pthread.h>
#include <sched.h>

#include "base/clock.h"
#include "support/testing.h"

enum { THREADS = 4, STEPS = 50000, LITMUS_ROUNDS = 20000 };

TEST(atomics, pointer_is_loaded_and_stored)
{
	int thing = 0;
	void *at = NULL;
	troupei_store_relaxed_ptr(&at, &thing);
	CHECK(troupei_load_relaxed_ptr(&at) == &thing);
	troupei_store_release_ptr(&at, NULL);
	CHECK(troupei_load_acquire_ptr(&at) == NULL);
}

TEST(atomics, pointer_is_swapped)
{
	int one = 0, two = 0;
	void *at = &one;
	CHECK(troupei_swap_acqrel_ptr(&at, &two) == &one);
	CHECK(at == &two);
}

TEST(atomics, pointer_cas_tells_what_it_saw)
{
	int one = 0, two = 0;
	void *at = &one, *seen = NULL;
	CHECK(!troupei_cas_acqrel_ptr(&at, &two, NULL, &seen));
	CHECK(seen == &one && at == &one);
	seen = NULL;
	CHECK(troupei_cas_acqrel_ptr(&at, &one, &two, &seen));
	CHECK(seen == &one && at == &two);
}

TEST(atomics, cas_of_64_bits_tells_what_it_saw)
{
	uint64_t at = UINT64_MAX, seen = 0;
	CHECK(!troupei_cas_acqrel_64(&at, UINT32_MAX, 1, &seen)); /* all 64 are compared */
	CHECK_EQ(seen, UINT64_MAX);
	CHECK_EQ(at, UINT64_MAX);
	CHECK(troupei_cas_acqrel_64(&at, UINT64_MAX, UINT64_C(1) << 63, &seen));
	CHECK_EQ(at, UINT64_C(1) << 63);
}

/* Neighbours stay as they are: each access is as wide as its name says. */
#define WIDTH(bits)                                                                                     \
	TEST(atomics, loads_and_stores_of_##bits##_bits)                                                \
	{                                                                                               \
		uint##bits##_t at[3] = { 1, 2, 3 };                                                     \
		const uint##bits##_t all = (uint##bits##_t)-1;                                          \
		troupei_store_relaxed_##bits(&at[1], all);                                              \
		CHECK_EQ(troupei_load_relaxed_##bits(&at[1]), all);                                     \
		CHECK_EQ(troupei_load_acquire_##bits(&at[1]), all);                                     \
		troupei_store_release_##bits(&at[1], 7);                                                \
		CHECK_EQ(troupei_load_acquire_##bits(&at[1]), 7);                                       \
		CHECK(at[0] == 1 && at[2] == 3);                                                        \
	}
WIDTH(8)
WIDTH(32)
WIDTH(64)

TEST(atomics, add_gives_the_old_value_and_wraps)
{
	uint64_t wide = 5;
	uint32_t narrow[2] = { UINT32_MAX, 9 };
	CHECK_EQ(troupei_add_full_64(&wide, 3), 5);
	CHECK_EQ(troupei_add_full_64(&wide, (uint64_t)-8), 8);
	CHECK_EQ(wide, 0);
	CHECK_EQ(troupei_add_full_32(&narrow[0], 2), UINT32_MAX);
	CHECK_EQ(narrow[0], 1);
	CHECK_EQ(narrow[1], 9);
}

TEST(atomics, flags_are_set_and_cleared_one_by_one)
{
	uint8_t flags[3] = { 0, 0x05, 0 };
	troupei_or_full_8(&flags[1], 0x82);
	CHECK_EQ(flags[1], 0x87);
	troupei_and_full_8(&flags[1], (uint8_t)~0x81);
	CHECK_EQ(flags[1], 0x06);
	CHECK(flags[0] == 0 && flags[2] == 0);
}

/* ------------------------------------------------------------------------------------------------- several threads -- */

static struct {
	uint64_t added, counted;
	uint32_t narrow;
	uint8_t flags;
	uint64_t own[THREADS];
} shared;

static pthread_barrier_t start;

static void run_threads(void *(*body)(void *))
{
	pthread_t threads[THREADS];
	CHECK_OK(pthread_barrier_init(&start, NULL, THREADS));
	for (uintptr_t i = 0; i < THREADS; i++)
		CHECK_OK(pthread_create(&threads[i], NULL, body, (void *)i));
	for (int i = 0; i < THREADS; i++)
		CHECK_OK(pthread_join(threads[i], NULL));
	pthread_barrier_destroy(&start);
}

/* A flag of its own: what the others do must not undo it. */
static void *count(void *number)
{
	uintptr_t i = (uintptr_t)number;
	pthread_barrier_wait(&start);
	for (int step = 0; step < STEPS; step++) {
		troupei_add_full_64(&shared.added, 1);
		troupei_add_full_32(&shared.narrow, 1);
		troupei_count_relaxed_64(&shared.counted, 2);
		troupei_count_own_64(&shared.own[i], 3);
		troupei_or_full_8(&shared.flags, (uint8_t)(1u << i));
		CHECK((troupei_load_relaxed_8(&shared.flags) >> i & 1) == 1);
		troupei_and_full_8(&shared.flags, (uint8_t)~(1u << i));
		CHECK((troupei_load_relaxed_8(&shared.flags) >> i & 1) == 0);
	}
	return NULL;
}

TEST(atomics, no_count_and_no_flag_is_lost)
{
	run_threads(count);
	CHECK_EQ(shared.added, THREADS * STEPS);
	CHECK_EQ(shared.narrow, THREADS * STEPS);
	CHECK_EQ(shared.counted, 2 * THREADS * STEPS);
	CHECK_EQ(shared.flags, 0);
	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(shared.own[i], 3 * STEPS);
}

/* A lock out of each read-modify-write that hands over: what it guards is plain, so a thread sanitizer watches too. */
static void *lock_word;
static uint64_t lock_bits, guarded;

static void *count_behind_cas(void *unused)
{
	void *seen;
	uint64_t seen_bits;
	(void)unused;
	pthread_barrier_wait(&start);
	for (int step = 0; step < STEPS / 4; step++) {
		while (!troupei_cas_acqrel_ptr(&lock_word, NULL, &lock_word, &seen))
			sched_yield();
		while (!troupei_cas_acqrel_64(&lock_bits, 0, 1, &seen_bits))
			sched_yield();
		guarded++;
		troupei_store_release_64(&lock_bits, 0);
		troupei_store_release_ptr(&lock_word, NULL);
	}
	return NULL;
}

TEST(atomics, cas_hands_over_what_it_guards)
{
	run_threads(count_behind_cas);
	CHECK_EQ(guarded, THREADS * (STEPS / 4));
}

static void *count_behind_swap(void *unused)
{
	(void)unused;
	pthread_barrier_wait(&start);
	for (int step = 0; step < STEPS / 4; step++) {
		while (troupei_swap_acqrel_ptr(&lock_word, &lock_word) != NULL)
			sched_yield();
		guarded++;
		troupei_store_release_ptr(&lock_word, NULL);
	}
	return NULL;
}

TEST(atomics, swap_hands_over_what_it_guards)
{
	run_threads(count_behind_swap);
	CHECK_EQ(guarded, THREADS * (STEPS / 4));
}

/* Two threads walk through the same rounds; in each, one writes mine[round] and then reads yours[round]. */
static struct {
	uint32_t mine[2][LITMUS_ROUNDS];
	uint32_t saw[2][LITMUS_ROUNDS];
	uint32_t reached[2];
	uint32_t stop;
} litmus;

static bool meet(unsigned me, uint32_t round)
{
	troupei_store_release_32(&litmus.reached[me], round);
	for (unsigned spins = 0; troupei_load_acquire_32(&litmus.reached[1 - me]) < round; spins++) {
		if (troupei_load_relaxed_32(&litmus.stop) != 0)
			return false;
		troupei_spin_hint();
		if (spins % 256 == 255)
			sched_yield();
	}
	return true;
}

static void *write_then_read(void *number)
{
	unsigned me = (unsigned)(uintptr_t)number;
	int64_t late = troupei_clock_ns() + 300000000;
	uint32_t random = me + 1;
	for (uint32_t round = 0; round < LITMUS_ROUNDS && meet(me, round + 1); round++) {
		random = random * 1664525 + 1013904223;
		for (volatile uint32_t pause = random >> 24; pause > 0;)
			pause = pause - 1; /* now this one comes first, now the other, now both at once */
		troupei_store_relaxed_32(&litmus.mine[me][round], 1);
		troupei_fence_full();
		litmus.saw[me][round] = troupei_load_relaxed_32(&litmus.mine[1 - me][round]);
		if (me == 0 && round % 64 == 0 && troupei_clock_ns() > late)
			break; /* a busy machine: fewer rounds */
	}
	troupei_store_relaxed_32(&litmus.stop, 1);
	return NULL;
}

/* Without the fence some of the rounds end with neither having seen the other, where two processors are to be had. */
TEST(atomics, full_fence_between_write_mine_and_read_yours)
{
	pthread_t other;
	CHECK_OK(pthread_create(&other, NULL, write_then_read, (void *)1));
	write_then_read((void *)0);
	CHECK_OK(pthread_join(other, NULL));
	for (int round = 0; round < LITMUS_ROUNDS; round++)
		if (litmus.mine[0][round] && litmus.mine[1][round])
			CHECK(litmus.saw[0][round] + litmus.saw[1][round] > 0);
}
