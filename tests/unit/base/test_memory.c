/* SPDX-License-Identifier: MIT */
/* Blocks and magazines as one thread and as several see them, with slabs behind them and with malloc; and plain memory. */
#include "base/memory.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/depot.h"
#include "support/testing.h"

enum {
	SLAB = 2 << 20,
	LARGEST = BLOCK_CLASSES - 1,
	THREADS = 3,
	THREADS_IN_A_ROW = 100,
	TAKEN_EACH = 1500, /* nearly a slab of the largest */
	MANY = 10000,
	HANDED = 20000,
	BURST = 32 << 10, /* blocks of the largest class: 32 MB */
};

/* Each test is a process of its own, and decides before the first block what lies behind them. */
static void use_slabs(void)
{
	CHECK_OK(setenv("TROUPE_ALLOC", "slabs", 1));
	CHECK(!troupei_memory_is_malloc());
}

static void use_malloc(void)
{
	CHECK_OK(setenv("TROUPE_ALLOC", "malloc", 1));
	CHECK(troupei_memory_is_malloc());
}

static void *take(unsigned class)
{
	void *block = troupei_block_take(class);
	CHECK(block != NULL);
	return block;
}

TEST(memory, class_is_the_smallest_that_holds_the_size)
{
	CHECK_EQ(troupei_block_class(0), 0);
	for (size_t size = 1; size <= BLOCK_SIZE_LARGEST; size++) {
		unsigned class = troupei_block_class(size);
		CHECK(class < BLOCK_CLASSES);
		CHECK(BLOCK_SIZE(class) >= size);
		CHECK(class == 0 || BLOCK_SIZE(class - 1) < size);
	}
	CHECK_EQ(troupei_block_class(BLOCK_SIZE_LARGEST + 1), BLOCK_CLASSES);
	CHECK_EQ(troupei_block_class(SIZE_MAX), BLOCK_CLASSES);
	CHECK_EQ(BLOCK_SIZE(LARGEST), BLOCK_SIZE_LARGEST);
}

/* ---------------------------------------------------------------------------------------------- what lies behind -- */

TEST(memory, environment_chooses_once)
{
	use_malloc();
	CHECK_OK(setenv("TROUPE_ALLOC", "slabs", 1));
	CHECK(troupei_memory_is_malloc());
}

TEST(memory, any_other_word_chooses_slabs)
{
	CHECK_OK(setenv("TROUPE_ALLOC", "", 1));
	CHECK(!troupei_memory_is_malloc());
}

TEST(memory, build_chooses_without_environment)
{
	CHECK_OK(unsetenv("TROUPE_ALLOC"));
	CHECK_EQ(troupei_memory_is_malloc(), TEST_WITH_ASAN || TEST_WITH_TSAN);
}

TEST(memory, blocks_of_malloc_are_not_counted)
{
	use_malloc();
	void *block = take(0);
	CHECK_EQ(troupei_memory_blocks_used(), 0);
	troupei_block_give(block, 0);
}

/* The magazines of a thread that ends would be lost; and what another library has put there, overwritten. */
TEST(memory, without_a_key_for_threads_blocks_are_malloc_s)
{
	pthread_key_t key, first = 0;
	int theirs = 0;

	for (int i = 0; pthread_key_create(&key, NULL) == 0; i++) {
		first = i == 0 ? key : first;
		CHECK_OK(pthread_setspecific(key, &theirs));
	}
	CHECK_OK(setenv("TROUPE_ALLOC", "slabs", 1));
	void *block = take(0);
	CHECK(troupei_memory_is_malloc());
	troupei_block_give(block, 0);
	CHECK(pthread_getspecific(first) == &theirs);
}

#if !TEST_WITH_ASAN && !TEST_WITH_TSAN /* which use the function themselves before they can tell who comes next */
static bool key_has_no_room;

int pthread_setspecific(pthread_key_t key, const void *value)
{
	int (*real)(pthread_key_t, const void *);
	void *found = dlsym(RTLD_NEXT, "pthread_setspecific");
	memcpy(&real, &found, sizeof real);
	return key_has_no_room ? ENOMEM : real(key, value);
}

/* Without a word of its own a thread has no magazines; it takes its blocks one by one, and none is lost. */
TEST(memory, a_thread_that_cannot_be_noted_takes_one_block_at_a_time)
{
	uint32_t count;
	use_slabs();
	struct block *list = troupei_depot_get(1, &count);
	CHECK(list != NULL && count > 2);
	const char *first = (const char *)list;
	troupei_depot_put(1, list, count);
	key_has_no_room = true;
	for (uint32_t i = 0; i < count; i++) {
		CHECK((const char *)take(1) == first + i * BLOCK_SIZE(1));
	}
	key_has_no_room = false;
}
#endif

/* ------------------------------------------------------------------------------------------------- blocks, one thread -- */

/* M1 for one thread: no block twice, each of them whole and aligned; @p count of each class. */
static void check_blocks(uint32_t count)
{
	uint32_t **blocks = calloc(count, sizeof *blocks);
	CHECK(blocks != NULL);
	for (unsigned class = 0; class < BLOCK_CLASSES; class++) {
		for (uint32_t i = 0; i < count; i++) {
			blocks[i] = take(class);
			CHECK_EQ((uintptr_t)blocks[i] % BLOCK_SIZE_SMALLEST, 0);
			memset(blocks[i], (int)(i % 251), BLOCK_SIZE(class));
			*blocks[i] = i;
		}
		for (uint32_t i = 0; i < count; i++) {
			CHECK_EQ(*blocks[i], i);
			CHECK_EQ(((uint8_t *)blocks[i])[BLOCK_SIZE(class) - 1], i % 251);
			troupei_block_give(blocks[i], class);
		}
	}
	free(blocks);
}

TEST(memory, no_block_is_given_out_twice)
{
	use_slabs();
	for (int round = 0; round < 3; round++)
		check_blocks(MANY / 10);
}

TEST(memory, no_block_of_malloc_is_given_out_twice)
{
	use_malloc();
	check_blocks(MANY / 10);
	CHECK_EQ(troupei_memory_bytes(), 0);
}

/* The one given last is taken next: it is still in the cache. */
TEST(memory, newest_block_comes_first)
{
	use_slabs();
	for (unsigned class = 0; class < BLOCK_CLASSES; class++) {
		void *one = take(class), *two = take(class);
		troupei_block_give(one, class);
		troupei_block_give(two, class);
		CHECK(take(class) == two);
		CHECK(take(class) == one);
	}
}

/* Back and forth over every edge of a magazine costs no fresh memory. */
TEST(memory, blocks_are_used_again)
{
	use_slabs();
	void *blocks[MANY];
	for (uint32_t n = 1; n <= 600; n += 7)
		for (unsigned class = 0; class < BLOCK_CLASSES; class++) {
			for (uint32_t i = 0; i < n; i++)
				blocks[i] = take(class);
			for (uint32_t i = 0; i < n; i++)
				troupei_block_give(blocks[i], class);
		}
	CHECK_EQ(troupei_memory_bytes(), BLOCK_CLASSES * SLAB);
}

/* A block may be the first thing that a thread ever gives. */
static void *give_first(void *block)
{
	troupei_block_give(block, 2);
	CHECK(take(2) == block);
	troupei_block_give(block, 2);
	return NULL;
}

TEST(memory, thread_may_give_before_it_takes)
{
	pthread_t thread;
	use_slabs();
	CHECK_OK(pthread_create(&thread, NULL, give_first, take(2)));
	CHECK_OK(pthread_join(thread, NULL));
}

static uint32_t length(const struct block *list)
{
	uint32_t n = 0;
	for (; list != NULL; list = list->next)
		n++;
	return n;
}

/* How many blocks lie in this thread's magazines; their counts are right. */
static uint32_t cached(void)
{
	uint32_t sum = 0;
	for (unsigned class = 0; class < BLOCK_CLASSES; class++) {
		const struct block_cache_class *cache = &troupei_block_cache.classes[class];
		CHECK_EQ(length(cache->list), cache->count);
		CHECK(cache->previous == NULL || length(cache->previous) == cache->previous_count);
		sum += cache->count + length(cache->previous);
	}
	return sum;
}

#if !TEST_WITH_ASAN && !TEST_WITH_TSAN /* these have one, and address space, of their own */
/* A thread that cannot have magazines takes each block from the depot: what came with it goes back, unless it came alone. */
TEST(memory, without_magazines_blocks_come_one_by_one)
{
	uint32_t count;
	use_slabs();
	key_has_no_room = true;
	void *block = take(0);
	CHECK(take(0) != block);
	CHECK_EQ(cached(), 0);
	struct block *list = troupei_depot_get(LARGEST, &count);
	list->next = NULL;
	troupei_depot_put(LARGEST, list, 1); /* the others are somebody's */
	CHECK(take(LARGEST) == list);
}

TEST(memory, without_magazines_no_memory_is_told)
{
	struct rlimit before, none;
	use_slabs();
	key_has_no_room = true;
	CHECK_OK(getrlimit(RLIMIT_AS, &before));
	none = before;
	none.rlim_cur = 0;
	CHECK_OK(setrlimit(RLIMIT_AS, &none));
	void *block = troupei_block_take(0);
	CHECK_OK(setrlimit(RLIMIT_AS, &before));
	CHECK(block == NULL);
	take(0);
}
#endif

TEST(memory, thread_keeps_at_most_two_magazines)
{
	use_slabs();
	for (unsigned class = 0; class < BLOCK_CLASSES; class++) {
		void **blocks = calloc(MANY, sizeof *blocks);
		for (int i = 0; i < MANY; i++)
			blocks[i] = take(class);
		for (int i = 0; i < MANY; i++)
			troupei_block_give(blocks[i], class);
		free(blocks);
	}
	CHECK(cached() <= 2 * (256 + 128 + 64 + 32 + 16 + 16));
}

TEST(memory, flush_empties_the_magazines)
{
	use_slabs();
	void *block = take(1);
	troupei_block_give(block, 1);
	CHECK(cached() > 0);
	troupei_memory_flush();
	CHECK_EQ(cached(), 0);
	troupei_memory_flush();
	CHECK(take(1) == block);
	CHECK_EQ(troupei_memory_bytes(), SLAB);
}

/* ---------------------------------------------------------------------------------------------------- several threads -- */

/* Take more than its magazines hold, and give some back: the rest is for whoever gives it. */
static void *take_and_give(void *unused)
{
	void *blocks[TAKEN_EACH];
	(void)unused;
	for (int i = 0; i < TAKEN_EACH; i++)
		blocks[i] = take(LARGEST);
	for (int i = 0; i < TAKEN_EACH; i++)
		troupei_block_give(blocks[i], LARGEST);
	return NULL;
}

/* The magazines of a thread that ends go to the depot: M1, "exactly one place" and not nowhere. */
TEST(memory, ending_thread_gives_its_magazines_back)
{
	use_slabs();
	for (int i = 0; i < THREADS_IN_A_ROW; i++) {
		pthread_t thread;
		CHECK_OK(pthread_create(&thread, NULL, take_and_give, NULL));
		CHECK_OK(pthread_join(thread, NULL));
		CHECK_EQ(troupei_memory_bytes(), SLAB);
	}
}

/* Messages go from a producer to a consumer: a channel with room for CHANNEL blocks, in order. */
enum { CHANNEL = 1024 };
static struct {
	pthread_mutex_t lock;
	pthread_cond_t moved;
	uint64_t *blocks[CHANNEL];
	uint64_t put, got;
} channel = { .lock = PTHREAD_MUTEX_INITIALIZER, .moved = PTHREAD_COND_INITIALIZER };

static void *produce(void *unused)
{
	(void)unused;
	for (uint64_t i = 0; i < HANDED; i++) {
		uint64_t *block = take(i % BLOCK_CLASSES);
		block[0] = block[3] = i;
		pthread_mutex_lock(&channel.lock);
		while (channel.put - channel.got == CHANNEL)
			pthread_cond_wait(&channel.moved, &channel.lock);
		channel.blocks[channel.put++ % CHANNEL] = block;
		pthread_cond_signal(&channel.moved);
		pthread_mutex_unlock(&channel.lock);
	}
	return NULL;
}

static void *consume(void *unused)
{
	(void)unused;
	for (uint64_t i = 0; i < HANDED; i++) {
		pthread_mutex_lock(&channel.lock);
		while (channel.put == channel.got)
			pthread_cond_wait(&channel.moved, &channel.lock);
		uint64_t *block = channel.blocks[channel.got++ % CHANNEL];
		pthread_cond_signal(&channel.moved);
		pthread_mutex_unlock(&channel.lock);
		CHECK(block[0] == i && block[3] == i);
		troupei_block_give(block, i % BLOCK_CLASSES);
	}
	return NULL;
}

/* What one thread takes and another gives flows back: 20,000 blocks cost no more than what is under way. */
TEST(memory, blocks_flow_back_from_the_consumer)
{
	pthread_t producer, consumer;
	use_slabs();
	CHECK_OK(pthread_create(&producer, NULL, produce, NULL));
	CHECK_OK(pthread_create(&consumer, NULL, consume, NULL));
	CHECK_OK(pthread_join(producer, NULL));
	CHECK_OK(pthread_join(consumer, NULL));
	CHECK_EQ(troupei_memory_bytes(), BLOCK_CLASSES * SLAB);
}

/* M2: threads that take and give what others gave never meet in one block. */
static pthread_barrier_t start;

static void *mix(void *name)
{
	uint64_t random = (uintptr_t)name * 77, held = 0;
	void **blocks[64];
	pthread_barrier_wait(&start);
	for (int i = 0; i < MANY; i++) {
		random = random * 6364136223846793005u + 1442695040888963407u;
		if (held < 64 && (held == 0 || random >> 62 != 0)) {
			blocks[held] = take(LARGEST);
			blocks[held++][7] = name;
			continue;
		}
		for (; held > 0; held--) {
			CHECK(blocks[held - 1][7] == name);
			troupei_block_give(blocks[held - 1], LARGEST);
		}
	}
	while (held > 0)
		troupei_block_give(blocks[--held], LARGEST);
	return NULL;
}

TEST(memory, several_threads_never_share_a_block)
{
	pthread_t threads[THREADS];
	use_slabs();
	CHECK_OK(pthread_barrier_init(&start, NULL, THREADS));
	for (uintptr_t i = 0; i < THREADS; i++)
		CHECK_OK(pthread_create(&threads[i], NULL, mix, (void *)(i + 1)));
	for (int i = 0; i < THREADS; i++)
		CHECK_OK(pthread_join(threads[i], NULL));
}

TEST(memory, burst_is_given_back)
{
	use_slabs();
	void **blocks = calloc(BURST, sizeof *blocks);
	CHECK(blocks != NULL);
	for (int i = 0; i < BURST; i++)
		blocks[i] = take(LARGEST);
	CHECK(troupei_memory_bytes() >= (uint64_t)BURST * BLOCK_SIZE_LARGEST);
	for (int i = 0; i < BURST; i++)
		troupei_block_give(blocks[i], LARGEST);
	CHECK(troupei_memory_surplus());
	troupei_memory_trim();
	CHECK(!troupei_memory_surplus());
	CHECK(troupei_memory_bytes() <= 6 * SLAB); /* two spared, one being cut, and those of this thread's magazines */
	free(blocks);
	check_blocks(100);
}

/* ------------------------------------------------------------------------------------------------------- no memory -- */

static unsigned calls, fail_from = UINT32_MAX;
static size_t last_size;

static bool fails_from(size_t size)
{
	last_size = size;
	return calls++ >= fail_from;
}

static void fail_now(bool now)
{
	troupei_memory_fail_by(fails_from);
	fail_from = now ? 0 : UINT32_MAX;
	calls = 0;
}

TEST(memory, no_block_when_memory_fails)
{
	use_slabs();
	fail_now(true);
	for (unsigned class = 0; class < BLOCK_CLASSES; class++) {
		CHECK(troupei_block_take(class) == NULL);
		CHECK_EQ(last_size, BLOCK_SIZE(class));
		CHECK(troupei_block_take(class) == NULL);
	}
	CHECK_EQ(cached(), 0);
	fail_now(false);
	check_blocks(300);
}

/* What a thread has in its magazines cannot fail. */
TEST(memory, magazines_do_not_fail)
{
	use_slabs();
	void *block = take(4);
	troupei_block_give(block, 4);
	fail_now(true);
	CHECK(troupei_block_take(4) == block);
	CHECK_EQ(calls, 0);
}

TEST(memory, each_block_of_malloc_may_fail)
{
	use_malloc();
	fail_now(false);
	void *block = take(4);
	CHECK_EQ(calls, 1);
	fail_now(true);
	CHECK(troupei_block_take(4) == NULL);
	CHECK_EQ(last_size, BLOCK_SIZE(4));
	troupei_block_give(block, 4);
}

/* ---------------------------------------------------------------------------------------------------- plain memory -- */

TEST(memory, plain_memory)
{
	char *memory = troupei_allocate(3);
	CHECK(memory != NULL);
	memcpy(memory, "ab", 3);
	memory = troupei_reallocate(memory, 3, 100000);
	CHECK_STR_EQ(memory, "ab");
	memory[99999] = 1;
	troupei_deallocate(memory, 100000);
	memory = troupei_reallocate(NULL, 0, 10);
	CHECK(memory != NULL);
	troupei_deallocate(memory, 10);
	troupei_deallocate(NULL, 0);
}

TEST(memory, aligned_memory_has_its_cache_lines_to_itself)
{
	for (size_t size = 1; size <= 200; size += 33) {
		char *memory = troupei_allocate_aligned(size);
		CHECK(memory != NULL);
		CHECK_EQ((uintptr_t)memory % TROUPEI_CACHE_LINE, 0);
		memset(memory, 1, (size + TROUPEI_CACHE_LINE - 1) / TROUPEI_CACHE_LINE * TROUPEI_CACHE_LINE);
		troupei_deallocate_aligned(memory);
	}
	troupei_deallocate_aligned(NULL);
}

TEST(memory, plain_memory_may_fail)
{
	char *memory = troupei_allocate(3);
	memcpy(memory, "ab", 3);
	fail_now(true);
	CHECK(troupei_allocate(17) == NULL);
	CHECK_EQ(last_size, 17);
	CHECK(troupei_allocate_aligned(17) == NULL);
	CHECK(troupei_reallocate(NULL, 0, 17) == NULL);
	CHECK(troupei_reallocate(memory, 3, 18) == NULL);
	CHECK_EQ(last_size, 18);
	CHECK_STR_EQ(memory, "ab"); /* as it was */
	CHECK_EQ(calls, 4);
	troupei_deallocate(memory, 3);
}

TEST(memory, blocks_that_somebody_has_are_counted)
{
	void *blocks[300]; /* more than a magazine holds */

	if (troupei_memory_is_malloc())
		return; /* they are not the depot's */
	uint64_t before = troupei_memory_blocks_used();
	for (int i = 0; i < 300; i++)
		CHECK((blocks[i] = troupei_block_take(1)) != NULL);
	CHECK_EQ(troupei_memory_blocks_used(), before + 300);
	for (int i = 0; i < 300; i++)
		troupei_block_give(blocks[i], 1);
	CHECK_EQ(troupei_memory_blocks_used(), before);
}
