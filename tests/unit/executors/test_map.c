/* SPDX-License-Identifier: MIT */
/* One function over an array: results in order, the first failure, bounded queues, too little time. */
#include "shop.h"

enum { ITEMS = 50 };

static int items[ITEMS], results[ITEMS];

static troupe_mapping whole(void)
{
	for (int i = 0; i < ITEMS; i++)
		items[i] = i;
	return (troupe_mapping){ .struct_size = sizeof(troupe_mapping), .item_size = sizeof *items, .items = items, .count = ITEMS,
		             .results = results, .result_size = sizeof *results };
}

static void check_results(void)
{
	for (int i = 0; i < ITEMS; i++)
		CHECK_EQ(results[i], i * 10);
}

TEST(map, results_come_in_order)
{
	troupe_mapping map = whole();
	open_pool(4);
	CHECK_OK(troupe_pool_map(pool, work_number, &map));
	check_results();
	map.count = 0;
	CHECK_OK(troupe_pool_map(pool, work_number, &map));
	close_pool();
}

TEST(map, waits_for_room)
{
	troupe_mapping map = whole();
	CHECK_OK(troupe_pool_open(TROUPE_OPTIONS(troupe_pool_options, .threads_max = 2, .queue_max = 1), &pool));
	CHECK_OK(troupe_pool_map(pool, work_number, &map));
	check_results();
	close_pool();
}

static troupe_status fail_some(troupe_job *job, void *argument)
{
	int number = *(int *)argument;
	return number % 20 == 7 ? (troupe_status)(TROUPE_EUSER - number) : work_number(job, argument);
}

TEST(map, the_first_failure_in_order_is_told)
{
	troupe_mapping map = whole();
	open_pool(4);
	CHECK_EQ(troupe_pool_map(pool, fail_some, &map), TROUPE_EUSER - 7);
	CHECK_EQ(results[8], 80);
	map.result_size = 1;
	map.results = results;
	CHECK_EQ(troupe_pool_map(pool, work_number, &map), TROUPE_EANSWER);
	close_pool();
}

TEST(map, too_little_time)
{
	troupe_mapping map = whole();
	map.within_ns = TROUPE_MS;
	open_pool(1);
	keep_busy(1);
	CHECK_EQ(troupe_pool_map(pool, work_number, &map), TROUPE_ETIMEOUT);
	close_pool();
	CHECK_EQ(done, 1); /* none of its tasks has run */
}

TEST(map, of_a_closed_pool_or_without_memory)
{
	troupe_mapping map = whole();
	open_pool(1);
	allocations_allowed = 0;
	troupei_memory_fail_by(fail_when_used_up);
	CHECK_EQ(troupe_pool_map(pool, work_number, &map), TROUPE_ENOMEM);
	troupei_memory_fail_by(NULL);
	close_pool();
	CHECK_EQ(troupe_pool_map(pool, work_number, &map), TROUPE_ECLOSED);
}
