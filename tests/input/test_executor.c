/* SPDX-License-Identifier: MIT */
/* Bad input: what pools and tasks are given that is not allowed gives the documented code, and nothing has happened. */
#include "victim.h"

static troupe_pool pool;
static atomic_int runs;

static troupe_status run(troupe_job *job, void *argument)
{
	(void)job, (void)argument;
	atomic_fetch_add(&runs, 1);
	return TROUPE_OK;
}

static void open_pool(void)
{
	CHECK_OK(troupe_pool_open(TROUPE_OPTIONS(troupe_pool_options, .threads_max = 1), &pool));
}

static void close_pool(int expected_runs)
{
	CHECK_OK(troupe_pool_close(pool, LIMIT, TROUPE_RUN_QUEUED));
	CHECK_EQ(runs, expected_runs);
}

static void refuse(const troupe_pool_options *options)
{
	troupe_pool out = { 7 };
	CHECK_EQ(troupe_pool_open(options, &out), TROUPE_EINVAL);
	CHECK_EQ(out.bits_private, 7);
}

TEST(executor, pool_options_out_of_range)
{
	struct { troupe_pool_options known; uint64_t unknown; } larger = { .unknown = 1 };
	char name[TROUPE_NAME_SIZE_MAX + 2];
	memset(name, 'n', sizeof name - 1);
	name[sizeof name - 1] = 0;
	refuse(NULL);
	refuse(&(troupe_pool_options){ .threads_max = 1 }); /* no struct_size */
	refuse(TROUPE_OPTIONS(troupe_pool_options, .threads_max = 0));
	refuse(TROUPE_OPTIONS(troupe_pool_options, .threads_max = TROUPE_POOL_THREADS_MAX + 1));
	refuse(TROUPE_OPTIONS(troupe_pool_options, .threads_max = 2, .threads_min = 3));
	refuse(TROUPE_OPTIONS(troupe_pool_options, .threads_max = 1, .idle_ns = -1));
	refuse(TROUPE_OPTIONS(troupe_pool_options, .threads_max = 1, .name = ""));
	refuse(TROUPE_OPTIONS(troupe_pool_options, .threads_max = 1, .name = name));
	larger.known = (troupe_pool_options){ .struct_size = sizeof larger, .threads_max = 1 };
	refuse(&larger.known);
	CHECK_EQ(troupe_pool_open(TROUPE_OPTIONS(troupe_pool_options, .threads_max = 1), NULL), TROUPE_EINVAL);
}

TEST(executor, pools_that_are_not_there)
{
	const troupe_pool forged[] = { { UINT64_MAX }, { 1 }, { UINT64_C(9) << 32 | 1 } };
	troupe_pool_numbers numbers;
	CHECK_EQ(troupe_pool_close((troupe_pool){ 0 }, 0, TROUPE_RUN_QUEUED), TROUPE_EINVAL);
	CHECK_EQ(troupe_pool_read((troupe_pool){ 0 }, &numbers), TROUPE_EINVAL);
	CHECK_EQ(troupe_submit((troupe_pool){ 0 }, run, NULL, 0, NULL, NULL), TROUPE_EINVAL);
	for (unsigned i = 0; i < sizeof forged / sizeof *forged; i++) {
		CHECK_EQ(troupe_pool_close(forged[i], 0, TROUPE_RUN_QUEUED), TROUPE_ECLOSED);
		CHECK_EQ(troupe_pool_read(forged[i], &numbers), TROUPE_ECLOSED);
		CHECK_EQ(troupe_submit(forged[i], run, NULL, 0, NULL, NULL), TROUPE_ECLOSED);
	}
	CHECK_EQ(troupe_pool_find(NULL, &pool), TROUPE_EINVAL);
	CHECK_EQ(troupe_pool_find("", &pool), TROUPE_EINVAL);
	CHECK_EQ(troupe_pool_find("x", NULL), TROUPE_EINVAL);
	CHECK_EQ(troupe_pool_find("x", &pool), TROUPE_ENOENT);
}

TEST(executor, close_out_of_range_and_twice)
{
	open_pool();
	CHECK_EQ(troupe_pool_close(pool, -1, TROUPE_RUN_QUEUED), TROUPE_EINVAL);
	CHECK_EQ(troupe_pool_close(pool, 0, (troupe_pool_rest)2), TROUPE_EINVAL);
	CHECK_EQ(troupe_pool_read(pool, NULL), TROUPE_EINVAL);
	close_pool(0);
	CHECK_EQ(troupe_pool_close(pool, 0, TROUPE_RUN_QUEUED), TROUPE_ECLOSED);
	CHECK_EQ(troupe_submit(pool, run, NULL, 0, NULL, NULL), TROUPE_ECLOSED);
}

static void never(void *argument)
{
	(void)argument;
	CHECK(false);
}

static void refuse_task(const troupe_task_options *options, size_t size)
{
	troupe_task task = { 7 };
	CHECK_EQ(troupe_submit(pool, run, "12345678", size, options, &task), TROUPE_EINVAL);
	CHECK_EQ(task.bits_private, 7);
}

TEST(executor, submit_out_of_range)
{
	victim_start();
	open_pool();
	CHECK_EQ(troupe_submit(pool, NULL, NULL, 0, NULL, NULL), TROUPE_EINVAL);
	CHECK_EQ(troupe_submit(pool, run, NULL, 1, NULL, NULL), TROUPE_EINVAL);
	refuse_task(&(troupe_task_options){ 0 }, 0); /* no struct_size */
	refuse_task(TROUPE_OPTIONS(troupe_task_options, .release = never), 8);
	refuse_task(TROUPE_OPTIONS(troupe_task_options, .start_within_ns = -1), 8);
	refuse_task(TROUPE_OPTIONS(troupe_task_options, .answer_kind = 1), 8);
	refuse_task(TROUPE_OPTIONS(troupe_task_options, .answer_kind = 1, .answer_to = actor.ref), 8); /* no address */
	troupe_future future;
	CHECK_OK(troupe_future_open(theirs, NULL, &future));
	refuse_task(TROUPE_OPTIONS(troupe_task_options, .answer_to = future.ref), 8);
	refuse_task(TROUPE_OPTIONS(troupe_task_options, .answer_to = future.ref, .answer_kind = -3), 8);
	troupe_future_close(future);
	CHECK_EQ(troupe_submit(pool, run, NULL, 0,
	                       TROUPE_OPTIONS(troupe_task_options, .answer_to = future.ref, .answer_kind = 1), NULL),
	         TROUPE_ECLOSED);
	CHECK_EQ(troupe_submit_then(NULL, pool, run, NULL, 0, 1, NULL, 0), TROUPE_EINVAL);
	CHECK_EQ(troupe_submit_then(NULL, pool, run, NULL, 0, 0, NULL, 0), TROUPE_EINVAL);
	close_pool(0);
	victim_finish();
}

TEST(executor, waits_out_of_range)
{
	troupe_task task, none = { 0 };
	size_t which = 7;
	open_pool();
	CHECK_OK(troupe_submit(pool, run, NULL, 0, NULL, &task));
	CHECK_EQ(troupe_task_wait(task, -1, NULL), TROUPE_EINVAL);
	CHECK_EQ(troupe_task_next(NULL, 1, NULL, 0, &which), TROUPE_EINVAL);
	CHECK_EQ(troupe_task_next(&task, 1, NULL, 0, NULL), TROUPE_EINVAL);
	CHECK_EQ(troupe_task_next(&none, 1, NULL, 0, &which), TROUPE_EGONE);
	CHECK_EQ(troupe_task_all(NULL, 1, 0), TROUPE_EINVAL);
	CHECK_EQ(troupe_task_all(&task, 1, -1), TROUPE_EINVAL);
	CHECK_EQ(troupe_task_all(&none, 1, 0), TROUPE_EGONE);
	CHECK_EQ(troupe_task_cancel(none), TROUPE_EGONE);
	CHECK_EQ(which, 7);
	CHECK(troupe_task_result(none, NULL) == NULL);
	CHECK_STR_EQ(troupe_task_text(none), "");
	troupe_task_drop(none);
	CHECK_EQ(troupe_job_give(NULL, "x", 1), TROUPE_EINVAL);
	troupe_job_explain(NULL, "nobody's");
	CHECK_OK(troupe_task_wait(task, LIMIT, NULL));
	close_pool(1);
}

TEST(executor, map_out_of_range)
{
	int items[2] = { 0 }, results[2];
	troupe_mapping map = { .struct_size = sizeof map, .item_size = sizeof *items, .items = items, .count = 2 };
	open_pool();
	CHECK_EQ(troupe_pool_map(pool, run, NULL), TROUPE_EINVAL);
	CHECK_EQ(troupe_pool_map(pool, NULL, &map), TROUPE_EINVAL);
	CHECK_EQ(troupe_pool_map((troupe_pool){ 0 }, run, &map), TROUPE_EINVAL);
	map.results = results;
	CHECK_EQ(troupe_pool_map(pool, run, &map), TROUPE_EINVAL);
	map.results = NULL;
	map.items = NULL;
	CHECK_EQ(troupe_pool_map(pool, run, &map), TROUPE_EINVAL);
	map.items = items;
	map.item_size = 0;
	CHECK_EQ(troupe_pool_map(pool, run, &map), TROUPE_EINVAL);
	map.item_size = sizeof *items;
	map.within_ns = -1;
	CHECK_EQ(troupe_pool_map(pool, run, &map), TROUPE_EINVAL);
	close_pool(0);
}

TEST(executor, first_of_no_future)
{
	troupe_future none = { { 0 } };
	size_t which = 7;
	CHECK_EQ(troupe_future_first(NULL, 1, 0, &which), TROUPE_EINVAL);
	CHECK_EQ(troupe_future_first(&none, 0, 0, &which), TROUPE_EINVAL);
	CHECK_EQ(troupe_future_first(&none, 1, -1, &which), TROUPE_EINVAL);
	CHECK_EQ(troupe_future_first(&none, 1, 0, NULL), TROUPE_EINVAL);
	CHECK_EQ(which, 7);
	CHECK_OK(troupe_future_first(&none, 1, 0, &which)); /* one that is not open is ready, as troupe_future_ready says */
	CHECK_EQ(which, 0);
}

TEST(executor, blocking_threads_out_of_range)
{
	troupe_system system = { NULL };
	CHECK_EQ(troupe_start(TROUPE_OPTIONS(troupe_options, .blocking_max = TROUPE_BLOCKING_MAX + 1), &system), TROUPE_EINVAL);
	CHECK_EQ(troupe_start(TROUPE_OPTIONS(troupe_options, .reserved_small = 1), &system), TROUPE_EINVAL);
	CHECK(system.private_ == NULL);
}
