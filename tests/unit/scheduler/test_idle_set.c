/* SPDX-License-Identifier: MIT */
/* Sleepers and searchers: sets of every size, whom to wake, and several that wake at once (S3, S4). S1, S2 and S5 need workers:
 * test_park.c and test_scheduler.c. */
#include "scheduler/idle_set.h"

#include <pthread.h>

#include "support/testing.h"

enum { WORKERS = 64 * IDLE_WORDS, THREADS = 4, ROUNDS = 100, STEPS = 20000 };

static struct idle_set set;

static void join_all(uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		troupei_idle_set_join(&set, i);
}

TEST(idle_set, begins_with_all_awake)
{
	troupei_idle_set_init(&set);
	CHECK(!troupei_idle_set_all(&set, 1));
	CHECK(!troupei_idle_set_should_wake(&set));
	CHECK_EQ(troupei_idle_set_take(&set), IDLE_NOBODY);
	CHECK_EQ(set.keeper, IDLE_NOBODY);
	CHECK_EQ(set.keeper_deadline_ns, INT64_MAX);
	CHECK_EQ(set.searching, 0);
}

TEST(idle_set, joins_and_leaves)
{
	troupei_idle_set_init(&set);
	for (uint32_t i = 0; i < WORKERS; i++) {
		troupei_idle_set_join(&set, i);
		CHECK(troupei_idle_set_should_wake(&set));
		troupei_idle_set_join(&set, i); /* again: nothing */
		troupei_idle_set_leave(&set, i);
		CHECK(!troupei_idle_set_should_wake(&set));
		troupei_idle_set_leave(&set, i);
	}
	CHECK_EQ(troupei_idle_set_take(&set), IDLE_NOBODY);
}

/* Each one counts, whatever the number of workers. */
TEST(idle_set, all_means_every_one)
{
	for (uint32_t count = 1; count <= WORKERS; count++) {
		troupei_idle_set_init(&set);
		join_all(count - 1);
		CHECK(!troupei_idle_set_all(&set, count));
		troupei_idle_set_join(&set, count - 1);
		CHECK(troupei_idle_set_all(&set, count));
		troupei_idle_set_leave(&set, count / 2);
		CHECK(!troupei_idle_set_all(&set, count));
	}
}

/* S4: whoever is taken is not there any more. */
TEST(idle_set, each_sleeper_is_taken_once)
{
	bool taken[WORKERS] = { false };
	troupei_idle_set_init(&set);
	join_all(WORKERS);
	for (uint32_t i = 0; i < WORKERS; i++) {
		uint32_t index = troupei_idle_set_take(&set);
		CHECK(index < WORKERS && !taken[index]);
		taken[index] = true;
	}
	CHECK_EQ(troupei_idle_set_take(&set), IDLE_NOBODY);
	CHECK(!troupei_idle_set_should_wake(&set));
}

/* The keeper is woken for work only if no other is there. */
TEST(idle_set, keeper_is_taken_last)
{
	const uint32_t keepers[] = { 0, 1, 63, 64, 200, WORKERS - 1 };
	for (size_t k = 0; k < sizeof keepers / sizeof keepers[0]; k++) {
		troupei_idle_set_init(&set);
		join_all(WORKERS);
		set.keeper = keepers[k];
		for (uint32_t i = 0; i < WORKERS - 1; i++)
			CHECK(troupei_idle_set_take(&set) != keepers[k]);
		CHECK_EQ(troupei_idle_set_take(&set), keepers[k]);
		CHECK_EQ(troupei_idle_set_take(&set), IDLE_NOBODY);
	}
}

/* A keeper that is awake (woken, and not there yet) spares nobody. */
TEST(idle_set, keeper_that_is_awake_is_no_sleeper)
{
	troupei_idle_set_init(&set);
	set.keeper = 5;
	CHECK_EQ(troupei_idle_set_take(&set), IDLE_NOBODY);
	troupei_idle_set_join(&set, 6);
	CHECK_EQ(troupei_idle_set_take(&set), 6);
}

/* S3: while somebody searches nobody is woken. */
TEST(idle_set, searcher_keeps_others_asleep)
{
	troupei_idle_set_init(&set);
	join_all(3);
	CHECK(troupei_idle_set_should_wake(&set));
	CHECK(troupei_idle_set_search_begin(&set, 8));
	CHECK(!troupei_idle_set_should_wake(&set));
	CHECK(troupei_idle_set_search_begin(&set, 8));
	CHECK(!troupei_idle_set_search_end(&set)); /* one searches still */
	CHECK(!troupei_idle_set_should_wake(&set));
	CHECK(troupei_idle_set_search_end(&set));
	CHECK(troupei_idle_set_should_wake(&set));
}

/* Half of the workers, and not more than so many. */
TEST(idle_set, searchers_are_limited)
{
	for (uint32_t workers = 1; workers <= WORKERS; workers++) {
		uint32_t searchers = 0;
		troupei_idle_set_init(&set);
		while (troupei_idle_set_search_begin(&set, workers))
			searchers++;
		CHECK_EQ(searchers, workers < 2 * SEARCHERS_MAX ? (workers + 1) / 2 : SEARCHERS_MAX);
		CHECK_EQ(set.searching, searchers);
		while (searchers-- > 0)
			CHECK_EQ(troupei_idle_set_search_end(&set), searchers == 0);
	}
}

/* --------------------------------------------------------------------------------------------------- several threads -- */

static uint32_t times_taken[WORKERS];
static pthread_barrier_t barrier;

static void *take_all(void *unused)
{
	(void)unused;
	for (int round = 0; round < ROUNDS; round++) {
		if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD)
			join_all(WORKERS);
		pthread_barrier_wait(&barrier);
		for (uint32_t index; (index = troupei_idle_set_take(&set)) != IDLE_NOBODY;)
			troupei_add_full_32(&times_taken[index], 1);
	}
	return NULL;
}

TEST(idle_set, several_wake_different_ones)
{
	pthread_t threads[THREADS];
	troupei_idle_set_init(&set);
	set.keeper = 17;
	CHECK_OK(pthread_barrier_init(&barrier, NULL, THREADS));
	for (int i = 0; i < THREADS; i++)
		CHECK_OK(pthread_create(&threads[i], NULL, take_all, NULL));
	for (int i = 0; i < THREADS; i++)
		CHECK_OK(pthread_join(threads[i], NULL));
	for (int i = 0; i < WORKERS; i++)
		CHECK_EQ(times_taken[i], ROUNDS);
	pthread_barrier_destroy(&barrier);
}

/* Neighbours in one word do not disturb each other. */
static void *join_and_leave(void *number)
{
	uint32_t me = (uint32_t)(uintptr_t)number;
	for (int step = 0; step < STEPS; step++) {
		troupei_idle_set_join(&set, me);
		CHECK((troupei_load_relaxed_64(&set.words[0]) >> me & 1) == 1);
		troupei_idle_set_leave(&set, me);
		CHECK((troupei_load_relaxed_64(&set.words[0]) >> me & 1) == 0);
		CHECK(!troupei_idle_set_all(&set, 64));
		if (troupei_idle_set_search_begin(&set, 2 * THREADS))
			troupei_idle_set_search_end(&set);
	}
	return NULL;
}

TEST(idle_set, neighbours_do_not_disturb_each_other)
{
	pthread_t threads[THREADS];
	troupei_idle_set_init(&set);
	for (uintptr_t i = 0; i < THREADS; i++)
		CHECK_OK(pthread_create(&threads[i], NULL, join_and_leave, (void *)i));
	for (int i = 0; i < THREADS; i++)
		CHECK_OK(pthread_join(threads[i], NULL));
	CHECK_EQ(set.words[0], 0);
	CHECK_EQ(set.searching, 0);
}
