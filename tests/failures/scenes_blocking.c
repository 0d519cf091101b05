/* SPDX-License-Identifier: MIT */
/* Threads that may block: pools, their tasks, actors that block. */
#include "failures/failures.h"
#include "failures/scenes.h"

static troupe_pool pool;
static atomic_int done_called;

static troupe_status work(troupe_job *job, void *argument)
{
	int64_t n = *(const int64_t *)argument;
	struct value result = { n + 1 };

	troupe_job_explain(job, "as it was told");
	if (n < 0)
		return TROUPE_EUSER;
	return MAY(troupe_job_give(job, &result, sizeof result), MEMORY) ? TROUPE_OK : TROUPE_ENOMEM;
}

static void done(void *context, troupe_task task, troupe_status status)
{
	(void)context, (void)task, (void)status;
	done_called++;
}

static bool open_pool(uint32_t least)
{
	return MAY(troupe_pool_open(TROUPE_OPTIONS(troupe_pool_options, .threads_max = 2, .threads_min = least, .name = "pool"),
	                            &pool),
	           THREAD);
}

static void close_pool(void)
{
	MUST(troupe_pool_close(pool, LIMIT, TROUPE_RUN_QUEUED));
}

static bool submit(int64_t n, const troupe_task_options *options, troupe_task *out)
{
	return MAY(troupe_submit(pool, work, &n, sizeof n, options, out), THREAD);
}

/* ------------------------------------------------------------------------------------------------------------ pools -- */

void scene_pools(void)
{
	troupe_pool_numbers numbers;
	troupe_pool found;
	troupe_task task;
	troupe_status status;

	if (!open_pool(1))
		return;
	MUST(troupe_pool_find("pool", &found));
	if (submit(5, NULL, &task)) {
		MUST(troupe_task_wait(task, LIMIT, &status));
		HOLDS(status == TROUPE_OK || (status == TROUPE_ENOMEM && something_failed()));
		HOLDS(status != TROUPE_OK || ((const struct value *)troupe_task_result(task, NULL))->n == 6);
		HOLDS(strcmp(troupe_task_text(task), "as it was told") == 0);
		troupe_task_drop(task);
	}
	for (int i = 0; i < 5; i++)
		submit(i, NULL, NULL);
	MUST(troupe_pool_read(found, &numbers));
	close_pool();
}

/* ------------------------------------------------------------------------------------------------------------ tasks -- */

static void wait_for_several(void)
{
	troupe_task tasks[4];
	size_t n = 0, which;
	uint64_t after = 0;
	troupe_status status;

	for (int64_t i = 0; i < 4; i++)
		n += submit(i == 3 ? -1 : i, NULL, &tasks[n]);
	if (n > 0) {
		MAY(troupe_task_then(tasks[0], done, NULL), MEMORY);
		while ((status = troupe_task_next(tasks, n, &after, LIMIT, &which)) == TROUPE_OK)
			;
		HOLDS(status == TROUPE_ENOENT);
		MUST(troupe_task_all(tasks, n, LIMIT));
		status = troupe_task_failure(tasks, n, LIMIT, &which);
		HOLDS(status == TROUPE_OK || something_failed());
	}
	for (size_t i = 0; i < n; i++)
		troupe_task_drop(tasks[i]);
}

static void submit_and_hear(troupe_actor *me, int64_t n)
{
	troupe_ref address;

	MAY(troupe_submit_then(me, pool, work, &n, sizeof n, VALUE, NULL, LIMIT), THREAD);
	if (MAY(troupe_expect(me, NULL, &address), MEMORY) &&
	    !submit(n, TROUPE_OPTIONS(troupe_task_options, .answer_to = address, .answer_kind = VALUE, .done = done), NULL))
		MUST(troupe_forget(me, address));
}

static void cancel_one(void)
{
	troupe_task task;

	if (submit(1, TROUPE_OPTIONS(troupe_task_options, .start_within_ns = LIMIT), &task)) {
		troupe_status status = troupe_task_cancel(task);
		HOLDS(status == TROUPE_OK || status == TROUPE_ECLOSED);
		MUST(troupe_task_wait(task, LIMIT, NULL));
		HOLDS(troupe_task_look(task) == TROUPE_TASK_OVER && troupe_task_is_over(task, NULL));
		troupe_task_drop(task);
	}
}

void scene_tasks(void)
{
	done_called = 0;
	if (!begin((troupe_options){ 0 }))
		return;
	if (open_pool(0)) {
		wait_for_several();
		perform(spawned(&player), submit_and_hear, 4);
		cancel_one();
		close_pool();
	}
	end();
}

void scene_mapping(void)
{
	int64_t items[6] = { 1, 2, 3, 4, 5, 6 };
	struct value results[6];
	const troupe_mapping map = { .struct_size = sizeof map, .item_size = sizeof *items, .items = items, .count = 6,
		                     .results = results, .result_size = sizeof *results, .within_ns = LIMIT };

	if (!open_pool(0))
		return;
	if (MAY(troupe_pool_map(pool, work, &map), THREAD))
		for (int i = 0; i < 6; i++)
			HOLDS(results[i].n == items[i] + 1);
	close_pool();
}

/* --------------------------------------------------------------------------------------------- actors that block -- */

static someone server;

static void call_server(troupe_actor *me, int64_t n)
{
	(void)me;
	call_for_value(server, n);
}

static const troupe_behaviour blocker = { .name = "blocker", .receive = player_receive, .blocks = 1,
	                                  .state_size = sizeof(struct player_state) };

void scene_blocking(void)
{
	if (!begin((troupe_options){ .blocking_max = 2 }))
		return;
	server = spawned(&player);
	someone one = spawned(&blocker), two = spawned(&blocker);
	MAY(troupe_send(one, STEP, .play = call_server, .n = 1), MEMORY, GONE);
	perform(two, call_server, 2);
	call_for_value(one, 3);
	MAY(troupe_stop(two.ref), MEMORY, GONE);
	end();
}
