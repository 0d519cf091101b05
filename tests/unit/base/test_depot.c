/* SPDX-License-Identifier: MIT */
/* The depot: what is cut from slabs, what is put comes back, and what a trim gives to the operating system (M1, M3).
 *
 * Each test is a process of its own, so its depot begins empty. The environment variable keeps sanitizers off malloc. */
#include "base/depot.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "support/testing.h"

enum {
	SLAB = 2 << 20,
	LARGEST = BLOCK_CLASSES - 1,
	SLABS = 10,
	THREADS = 3,
	ROUNDS = 3000,
	WORDS = BLOCK_SIZE_LARGEST / sizeof(uint64_t),
};

/* Blocks of a slab: the header takes the place of one. */
static uint32_t per_slab(unsigned class)
{
	return (uint32_t)(SLAB / BLOCK_SIZE(class)) - 1;
}

static uintptr_t slab_of(const void *block)
{
	return (uintptr_t)block & ~(uintptr_t)(SLAB - 1);
}

static uint32_t place_in_slab(const void *block, unsigned class)
{
	return (uint32_t)(((uintptr_t)block - slab_of(block)) / BLOCK_SIZE(class));
}

static struct block *get(unsigned class, uint32_t *count)
{
	struct block *list = troupei_depot_get(class, count);
	CHECK(list != NULL && *count > 0);
	return list;
}

/* Some blocks in hand, in the order in which they came. */
struct hand {
	struct block **blocks;
	uint32_t count;
};

static struct hand take_blocks(unsigned class, uint32_t wanted)
{
	struct hand hand = { calloc(wanted + 256, sizeof(struct block *)), 0 };
	CHECK(hand.blocks != NULL);
	while (hand.count < wanted) {
		uint32_t count, n = 0;
		for (struct block *block = get(class, &count); block != NULL; block = block->next, n++)
			hand.blocks[hand.count++] = block;
		CHECK_EQ(n, count);
		CHECK(n <= 256);
	}
	return hand;
}

/* Put those from @p first on, up to but not with @p last, as magazines of 16. */
static void put_blocks(const struct hand *hand, unsigned class, uint32_t first, uint32_t last)
{
	while (first < last) {
		struct block *list = NULL;
		uint32_t count = 0;
		for (; first < last && count < 16; first++, count++) {
			hand->blocks[first]->next = list;
			list = hand->blocks[first];
		}
		troupei_depot_put(class, list, count);
	}
}

/* M1: no block twice. Each in hand is given a number, and all still have theirs in the end. */
static void check_distinct(const struct hand *hand, unsigned class)
{
	for (uint32_t i = 0; i < hand->count; i++)
		memset(hand->blocks[i], (int)(i % 251), BLOCK_SIZE(class));
	for (uint32_t i = 0; i < hand->count; i++)
		memcpy(hand->blocks[i], &i, sizeof i);
	for (uint32_t i = 0; i < hand->count; i++) {
		const uint8_t *bytes = (const uint8_t *)hand->blocks[i];
		uint32_t number;
		memcpy(&number, bytes, sizeof number);
		CHECK_EQ(number, i);
		CHECK_EQ(bytes[BLOCK_SIZE(class) - 1], i % 251);
	}
}

TEST(depot, fresh_blocks_are_neighbours_in_ascending_order)
{
	for (unsigned class = 0; class < BLOCK_CLASSES; class++) {
		uint32_t count, n = 1;
		struct block *block = get(class, &count);
		CHECK_EQ((uintptr_t)block % BLOCK_SIZE_SMALLEST, 0);
		CHECK(place_in_slab(block, class) >= 1);
		for (; block->next != NULL; block = block->next, n++)
			CHECK_EQ((uintptr_t)block->next - (uintptr_t)block, BLOCK_SIZE(class));
		CHECK_EQ(n, count);
		CHECK_EQ(troupei_memory_bytes(), (uint64_t)SLAB * (class + 1));
	}
}

TEST(depot, gives_back_what_was_put)
{
	struct block five[5] = { 0 }, two[2] = { 0 };
	struct hand hand = { (struct block *[]){ &five[0], &five[1], &five[2], &five[3], &five[4], &two[0], &two[1] }, 7 };
	uint32_t count = 0;
	put_blocks(&hand, 3, 0, 5);
	put_blocks(&hand, 3, 5, 7);
	put_blocks(&hand, 1, 0, 0);
	struct block *list = get(3, &count);
	CHECK(count == 2 && list == &two[1] && list->next == &two[0] && two[0].next == NULL);
	list = get(3, &count);
	CHECK(count == 5 && list == &five[4]);
	CHECK_EQ(troupei_memory_bytes(), 0);
}

TEST(depot, classes_are_apart)
{
	struct block one = { 0 };
	uint32_t count;
	troupei_depot_put(2, &one, 1);
	for (unsigned class = 0; class < BLOCK_CLASSES; class++)
		CHECK((get(class, &count) == &one) == (class == 2));
}

TEST(depot, slab_is_cut_up_whole)
{
	for (unsigned class = 0; class < BLOCK_CLASSES; class++) {
		uint64_t before = troupei_memory_bytes();
		struct hand hand = take_blocks(class, per_slab(class));
		CHECK_EQ(hand.count, per_slab(class));
		CHECK_EQ(troupei_memory_bytes(), before + SLAB);
		for (uint32_t i = 0; i < hand.count; i++) {
			CHECK_EQ(slab_of(hand.blocks[i]), slab_of(hand.blocks[0]));
			CHECK_EQ(place_in_slab(hand.blocks[i], class), i + 1);
		}
		check_distinct(&hand, class);
		free(hand.blocks);
		hand = take_blocks(class, 1);
		CHECK_EQ(troupei_memory_bytes(), before + 2 * SLAB);
		free(hand.blocks);
	}
}

/* ------------------------------------------------------------------------------------------------------- trimming -- */

static uint64_t slabs(void)
{
	return troupei_memory_bytes() / SLAB;
}

TEST(depot, trim_of_nothing)
{
	CHECK(!troupei_memory_surplus());
	troupei_memory_trim();
	CHECK_EQ(troupei_memory_bytes(), 0);
}

TEST(depot, small_surplus_stays)
{
	struct hand hand = take_blocks(LARGEST, 4 * per_slab(LARGEST)); /* below 8 MB */
	put_blocks(&hand, LARGEST, 0, hand.count);
	CHECK(!troupei_memory_surplus());
	troupei_memory_trim();
	CHECK_EQ(slabs(), 4);
	free(hand.blocks);
}

/* After a burst all slabs go but the few that are spared; what is left is as good as ever. */
static void burst(unsigned class)
{
	struct hand hand = take_blocks(class, SLABS * per_slab(class));
	uint64_t before = slabs();
	CHECK(!troupei_memory_surplus());
	put_blocks(&hand, class, 0, hand.count);
	CHECK(troupei_memory_surplus());
	troupei_memory_trim();
	CHECK(!troupei_memory_surplus());
	CHECK(slabs() >= 1 && slabs() <= before - SLABS + 2);
	free(hand.blocks);
	hand = take_blocks(class, SLABS * per_slab(class));
	CHECK_EQ(slabs(), before);
	check_distinct(&hand, class);
	put_blocks(&hand, class, 0, hand.count);
	free(hand.blocks);
}

TEST(depot, burst_is_given_back)
{
	burst(LARGEST);
	troupei_memory_trim();
	burst(LARGEST);
}

TEST(depot, burst_of_the_smallest_is_given_back)
{
	burst(0);
}

TEST(depot, trim_of_one_class_leaves_the_others)
{
	uint32_t count;
	struct block *small = get(0, &count);
	struct hand hand = take_blocks(LARGEST, SLABS * per_slab(LARGEST));
	troupei_depot_put(0, small, count);
	put_blocks(&hand, LARGEST, 0, hand.count);
	troupei_memory_trim();
	CHECK(get(0, &count) == small);
	memset(small, 1, BLOCK_SIZE(0));
	free(hand.blocks);
}

/* M3: with one block in use a slab stays. The blocks of SLABS / 2 slabs are all put; of the others one each is kept. */
TEST(depot, slab_with_a_block_in_use_stays)
{
	const uint32_t each = per_slab(LARGEST);
	struct hand hand = take_blocks(LARGEST, SLABS * each), kept = { calloc(SLABS / 2 + SLABS * each, sizeof(void *)), 0 };
	CHECK_EQ(hand.count, SLABS * each);
	for (uint32_t slab = 0; slab < SLABS; slab++) {
		uint32_t first = slab * each;
		if (slab % 2 == 0) {
			kept.blocks[kept.count++] = hand.blocks[first];
			memset(hand.blocks[first], (int)slab + 1, BLOCK_SIZE(LARGEST));
			first++;
		}
		put_blocks(&hand, LARGEST, first, (slab + 1) * each);
	}
	troupei_memory_trim();
	CHECK_EQ(slabs(), SLABS / 2 + 2);
	for (uint32_t i = 0; i < kept.count; i++)
		for (size_t byte = 0; byte < BLOCK_SIZE(LARGEST); byte++)
			CHECK_EQ(((uint8_t *)kept.blocks[i])[byte], 2 * i + 1);
	/* What the depot has still is all of the other blocks of those slabs, and none that is in use. */
	struct hand rest = take_blocks(LARGEST, (SLABS / 2 + 2) * each - kept.count);
	CHECK_EQ(slabs(), SLABS / 2 + 2);
	for (uint32_t i = 0; i < rest.count; i++)
		kept.blocks[kept.count++] = rest.blocks[i];
	check_distinct(&kept, LARGEST);
	free(hand.blocks), free(rest.blocks), free(kept.blocks);
}

/* What was in use comes back with the next burst, and then those slabs go too: a trim counts afresh. */
TEST(depot, slab_goes_when_its_last_block_is_back)
{
	const uint32_t each = per_slab(LARGEST);
	struct hand hand = take_blocks(LARGEST, SLABS * each);
	for (uint32_t slab = 0; slab < SLABS; slab++)
		put_blocks(&hand, LARGEST, slab * each + 1, (slab + 1) * each);
	troupei_memory_trim();
	CHECK_EQ(slabs(), SLABS);
	struct hand rest = take_blocks(LARGEST, SLABS * (each - 1)), more = take_blocks(LARGEST, SLABS * each);
	for (uint32_t slab = 0; slab < SLABS; slab++)
		put_blocks(&hand, LARGEST, slab * each, slab * each + 1);
	put_blocks(&rest, LARGEST, 0, rest.count);
	put_blocks(&more, LARGEST, 0, more.count);
	troupei_memory_trim();
	CHECK(slabs() <= 3);
	free(hand.blocks), free(rest.blocks), free(more.blocks);
}

/* A trim that could do little, because a few blocks were in use, does not spoil the next one: all of this is put later. */
TEST(depot, trim_in_vain_is_made_up_for_later)
{
	const uint32_t each = per_slab(LARGEST);
	struct hand hand = take_blocks(LARGEST, SLABS * each);
	for (uint32_t slab = 0; slab < SLABS; slab++)
		put_blocks(&hand, LARGEST, slab * each + 1, (slab + 1) * each);
	troupei_memory_trim();
	CHECK_EQ(slabs(), SLABS);
	for (uint32_t slab = 0; slab < SLABS; slab++)
		put_blocks(&hand, LARGEST, slab * each, slab * each + 1);
	free(hand.blocks);
	hand = take_blocks(LARGEST, SLABS * each);
	put_blocks(&hand, LARGEST, 0, hand.count);
	CHECK(troupei_memory_surplus());
	troupei_memory_trim();
	CHECK(slabs() <= 3);
	free(hand.blocks);
}

/* A slab of which some blocks were not cut yet is being used. */
TEST(depot, slab_that_is_being_cut_stays)
{
	const uint32_t each = per_slab(LARGEST);
	struct hand hand = take_blocks(LARGEST, SLABS * each + 1);
	CHECK(hand.count < (SLABS + 1) * each);
	uintptr_t newest = slab_of(hand.blocks[hand.count - 1]);
	put_blocks(&hand, LARGEST, 0, hand.count);
	troupei_memory_trim();
	CHECK_EQ(slabs(), 3);
	struct hand again = take_blocks(LARGEST, 3 * each);
	CHECK_EQ(slabs(), 3);
	uint32_t in_newest = 0;
	for (uint32_t i = 0; i < again.count; i++)
		in_newest += slab_of(again.blocks[i]) == newest;
	CHECK_EQ(in_newest, each);
	check_distinct(&again, LARGEST);
	free(hand.blocks), free(again.blocks);
}

/* ------------------------------------------------------------------------------------- several threads, and no memory -- */

/* Take a magazine, write one's name on its blocks, and find it there still. */
static pthread_barrier_t start;

static void *get_and_put(void *name)
{
	pthread_barrier_wait(&start);
	for (int round = 0; round < ROUNDS; round++) {
		uint32_t count, n = 0;
		struct block *list = get(LARGEST, &count);
		for (struct block *block = list; block != NULL; block = block->next)
			((void **)block)[WORDS - 1] = name;
		for (struct block *block = list; block != NULL; block = block->next, n++)
			CHECK(((void **)block)[WORDS - 1] == name);
		CHECK_EQ(n, count);
		troupei_depot_put(LARGEST, list, count);
	}
	return NULL;
}

static uint32_t over;

static void *trim_until_over(void *unused)
{
	(void)unused;
	while (troupei_load_acquire_32(&over) == 0)
		if (troupei_memory_surplus())
			troupei_memory_trim();
	return NULL;
}

TEST(depot, several_threads_get_and_put_while_two_trim)
{
	pthread_t threads[THREADS], trimmer;
	CHECK_OK(pthread_barrier_init(&start, NULL, THREADS));
	CHECK_OK(pthread_create(&trimmer, NULL, trim_until_over, NULL));
	for (uintptr_t i = 0; i < THREADS; i++)
		CHECK_OK(pthread_create(&threads[i], NULL, get_and_put, (void *)(i + 1)));
	for (int times = 0; times < 4; times++) {
		struct hand hand = take_blocks(LARGEST, 8 * per_slab(LARGEST));
		put_blocks(&hand, LARGEST, 0, hand.count);
		free(hand.blocks);
		if (troupei_memory_surplus())
			troupei_memory_trim();
	}
	for (int i = 0; i < THREADS; i++)
		CHECK_OK(pthread_join(threads[i], NULL));
	troupei_store_release_32(&over, 1);
	CHECK_OK(pthread_join(trimmer, NULL));
}

#if !TEST_WITH_ASAN && !TEST_WITH_TSAN /* these need address space of their own */
TEST(depot, no_memory_is_told_and_passes)
{
	uint32_t count;
	struct rlimit before, none;
	CHECK_OK(getrlimit(RLIMIT_AS, &before));
	none = before;
	none.rlim_cur = 0;
	CHECK_OK(setrlimit(RLIMIT_AS, &none));
	struct block *list = troupei_depot_get(1, &count);
	CHECK_OK(setrlimit(RLIMIT_AS, &before));
	CHECK(list == NULL);
	CHECK_EQ(troupei_memory_bytes(), 0);
	get(1, &count);
	CHECK_EQ(troupei_memory_bytes(), SLAB);
}

/* What the kernel gives in the next calls, a letter for each: a, aligned to a slab; c, crooked; n, nothing. */
static const char *plan = "";

void *mmap(void *at, size_t size, int protection, int flags, int file, off_t from)
{
	char *memory = (char *)syscall(SYS_mmap, at, size + (*plan != 0 ? 2 * SLAB : 0), protection, flags, file, from);
	if (*plan == 0 || memory == MAP_FAILED)
		return memory;
	memory = (char *)(((uintptr_t)memory + SLAB - 1) & ~(uintptr_t)(SLAB - 1));
	if (*plan == 'n')
		errno = ENOMEM;
	return *plan == 'n' ? (plan++, MAP_FAILED) : *plan++ == 'a' ? memory : memory + 4096;
}

static bool keeps;

int munmap(void *at, size_t size)
{
	if (keeps)
		errno = ENOMEM;
	return keeps ? -1 : (int)syscall(SYS_munmap, at, size);
}

/* It would take one mapping more than the process may have. */
TEST(depot, slabs_that_the_kernel_does_not_take_back_are_cut_again)
{
	const uint32_t each = per_slab(LARGEST);
	struct hand hand = take_blocks(LARGEST, SLABS * each);
	put_blocks(&hand, LARGEST, 0, hand.count);
	keeps = true;
	troupei_memory_trim();
	keeps = false;
	CHECK_EQ(slabs(), SLABS);
	struct hand again = take_blocks(LARGEST, SLABS * each);
	CHECK_EQ(slabs(), SLABS);
	check_distinct(&again, LARGEST);
	free(hand.blocks), free(again.blocks);
}

static void check_slab(void)
{
	uint32_t count;
	struct block *block = get(LARGEST, &count);
	CHECK_EQ(slab_of(block) + BLOCK_SIZE_LARGEST, (uintptr_t)block); /* the first of its slab */
	memset(block + 1, 1, SLAB - 2 * BLOCK_SIZE_LARGEST); /* all of it is there */
	CHECK_EQ(troupei_memory_bytes(), SLAB);
}

TEST(depot, slab_is_aligned_where_the_kernel_gives_none_that_is)
{
	plan = "cc";
	check_slab();
	CHECK_EQ(*plan, 0);
}

TEST(depot, slab_is_aligned_where_the_second_try_falls_on_one)
{
	plan = "ca";
	check_slab();
	CHECK_EQ(*plan, 0);
}

TEST(depot, no_memory_for_the_second_try_is_told)
{
	uint32_t count;
	plan = "cn";
	CHECK(troupei_depot_get(LARGEST, &count) == NULL);
	CHECK_EQ(*plan, 0);
	check_slab();
}

#endif

static _Atomic int taken;

static void *take_one(void *nothing)
{
	troupei_block_give(troupei_block_take(0), 0);
	taken = 1;
	return nothing;
}

TEST(depot, nobody_is_inside_around_a_fork)
{
	pthread_t other;
	troupei_memory_around_fork(true);
	CHECK_EQ(pthread_create(&other, NULL, take_one, NULL), 0);
	nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL);
	CHECK(taken == 0 || troupei_memory_is_malloc());
	troupei_memory_around_fork(false);
	CHECK_EQ(pthread_join(other, NULL), 0);
	CHECK_EQ(taken, 1);
}
