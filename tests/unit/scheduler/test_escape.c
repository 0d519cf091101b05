/* SPDX-License-Identifier: MIT */
/* A turn is left from any depth of its calls, and the loop goes on. */
#include "crew.h"

static struct scheduler scheduler;
static uint64_t escapes, ends;

static void __attribute__((noinline)) leave(struct worker *worker, int depth)
{
	if (depth > 0)
		leave(worker, depth - 1);
	else if (depth == 0)
		troupei_worker_escape(worker);
	troupei_count_relaxed_64(&escapes, 1000); /* never */
}

static void turn_that_leaves(struct worker *worker, struct task *task)
{
	task->turns++;
	leave(worker, 10);
}

/* From the hook itself too, once. */
static void count_escape(struct worker *worker)
{
	CHECK(worker == troupei_worker_current);
	if (troupei_add_full_64(&escapes, 1) % 2 == 0)
		leave(worker, 3);
}

static void count_end(struct worker *worker)
{
	CHECK(worker == troupei_worker_current);
	troupei_count_relaxed_64(&ends, 1);
}

TEST(escape, turns_are_left_from_any_depth)
{
	static const struct scheduler_hooks leaving = { .run = task_run, .escaped = count_escape, .end = count_end,
		                                        .worker_size = sizeof(struct worker) };
	struct task leavers[8] = { 0 };
	start_workers(&scheduler, &leaving, NULL, 2);
	for (int i = 0; i < 8; i++) {
		leavers[i].turn = turn_that_leaves;
		troupei_scheduler_inject(&scheduler, &leavers[i].runnable);
		settle(&scheduler);
		CHECK_EQ(leavers[i].turns, 1);
	}
	settle_and_stop(&scheduler);
	CHECK_EQ(escapes, 16);
	CHECK_EQ(ends, 2);
}
