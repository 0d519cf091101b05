/* SPDX-License-Identifier: MIT */
/* One function over an array. */
#include <string.h>

#include "actors/system.h"
#include "base/memory.h"
#include "executors/pool.h"

struct progress {
	troupe_task *tasks;
	size_t submitted;
	size_t waited; /* tasks that were waited for, to make room */
};

static int64_t left_until(int64_t deadline_ns)
{
	int64_t left = deadline_ns == INT64_MAX ? 0 : deadline_ns - troupei_clock_ns();

	return deadline_ns == INT64_MAX || left > 0 ? left : 1;
}

/* Submit all; where there is no room, wait for the oldest of our own. */
static troupe_status submit_all(troupe_pool pool, troupe_work *work, const troupe_mapping *map, int64_t deadline_ns,
                                struct progress *progress)
{
	troupe_status status = TROUPE_OK;

	while (progress->submitted < map->count && status == TROUPE_OK) {
		const char *item = (const char *)map->items + progress->submitted * map->item_size;
		status = troupe_submit(pool, work, item, map->item_size, NULL, &progress->tasks[progress->submitted]);
		if (status == TROUPE_OK)
			progress->submitted++;
		else if (status == TROUPE_EFULL && progress->waited < progress->submitted)
			status = troupe_task_wait(progress->tasks[progress->waited++], left_until(deadline_ns), NULL);
	}
	return status;
}

/* The outcome of one, and its result in its place. */
static troupe_status collect(const troupe_mapping *map, troupe_task task, size_t index)
{
	troupe_status outcome = TROUPE_ETIMEOUT;
	size_t size = 0;

	if (!troupe_task_is_over(task, &outcome) || outcome != TROUPE_OK)
		return outcome;
	const void *result = troupe_task_result(task, &size);
	if (size != map->result_size)
		return TROUPE_EANSWER;
	if (size > 0)
		memcpy((char *)map->results + index * size, result, size);
	return TROUPE_OK;
}

/* After a failure what has not started never will; results of the rest are waited for, as long as there is time. */
static troupe_status run(troupe_pool pool, troupe_work *work, const troupe_mapping *map, troupe_task *tasks)
{
	int64_t deadline = troupei_deadline_in(map->within_ns);
	struct progress progress = { .tasks = tasks };
	troupe_status status = submit_all(pool, work, map, deadline, &progress);
	bool late = status == TROUPE_ETIMEOUT;

	if (!late)
		late = troupe_task_all(tasks, progress.submitted, left_until(deadline)) != TROUPE_OK;
	troupe_status first = late ? TROUPE_ETIMEOUT : TROUPE_OK;
	for (size_t i = 0; i < progress.submitted; i++) {
		if (late)
			troupe_ignore(troupe_task_cancel(tasks[i]));
		troupe_status outcome = collect(map, tasks[i], i);
		first = first == TROUPE_OK ? outcome : first;
		troupe_task_drop(tasks[i]);
	}
	return first == TROUPE_OK ? status : first;
}

static bool map_is_valid(const troupe_mapping *map)
{
	if (map->item_size == 0 || (map->items == NULL && map->count > 0) || map->within_ns < 0)
		return false;
	return (map->results != NULL) == (map->result_size > 0) && map->count < SIZE_MAX / sizeof(troupe_task);
}

troupe_status troupe_pool_map(troupe_pool pool, troupe_work *work, const troupe_mapping *given)
{
	troupe_mapping map;

	if (pool.bits_private == 0 || work == NULL || given == NULL || !troupei_options_read(&map, sizeof map, given) ||
	    !map_is_valid(&map))
		return TROUPE_EINVAL;
	if (troupei_must_not_block())
		return TROUPE_ECONTEXT;
	if (map.count == 0)
		return TROUPE_OK;
	size_t size = map.count * sizeof(troupe_task);
	troupe_task *tasks = troupei_allocate(size);
	if (tasks == NULL)
		return TROUPE_ENOMEM;
	troupe_status status = run(pool, work, &map, tasks);
	troupei_deallocate(tasks, size);
	return status;
}
