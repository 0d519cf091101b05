/* SPDX-License-Identifier: MIT */
/* F5 in worker.h: who was flooded goes on before others, for so long. */
#include "crew.h"

#include "base/clock.h"

enum { TASKS = 8, ROUNDS = 100, LOG = 1000 };

static struct scheduler scheduler;
static const struct scheduler_hooks hooks = { .run = task_run, .worker_size = sizeof(struct worker) };
static struct task tasks[TASKS];
static uint32_t order[LOG], turns; /* one worker writes, the test reads when all is quiet */
static uint64_t drain_left;

static void note_turn(struct worker *worker, struct task *task)
{
	(void)worker;
	CHECK(turns < LOG);
	order[turns++] = task->number;
}

static struct runnable *task(uint32_t number, void (*turn)(struct worker *, struct task *))
{
	tasks[number].number = number;
	tasks[number].turn = turn;
	return &tasks[number].runnable;
}

/* It has more to do, and only takes. */
static void drain_on(struct worker *worker, struct task *task)
{
	note_turn(worker, task);
	if (++task->turns < ROUNDS)
		troupei_worker_drain(worker, &task->runnable);
}

static void queue_three_and_drain(struct worker *worker, struct task *boss)
{
	(void)boss;
	for (uint32_t i = 1; i < 4; i++)
		troupei_worker_queue(worker, task(i, note_turn));
	worker->drain_left = drain_left;
	worker->drained_at = troupei_clock_ticks();
	troupei_worker_submit(worker, task(0, drain_on));
}

static void run_with(uint64_t ticks)
{
	drain_left = ticks;
	start_workers(&scheduler, &hooks, NULL, 1);
	troupei_scheduler_inject(&scheduler, task(TASKS - 1, queue_three_and_drain));
	settle_and_stop(&scheduler);
	CHECK_EQ(turns, ROUNDS + 3);
}

TEST(drain, goes_on_before_others)
{
	run_with(UINT64_MAX);
	for (uint32_t i = 0; i < ROUNDS; i++)
		CHECK_EQ(order[i], 0);
}

TEST(drain, steps_back_when_its_time_is_over)
{
	const uint32_t first[] = { 0, 1, 2, 3, 0 };
	run_with(1);
	for (uint32_t i = 0; i < 5; i++)
		CHECK_EQ(order[i], first[i]);
}

static uint32_t choose_first(void *context, uint32_t choices)
{
	(void)context, (void)choices;
	return 0;
}

TEST(drain, time_is_given_for_a_flood)
{
	crew_init(&scheduler, 1);
	struct worker *worker = scheduler.workers[0];
	troupei_worker_flooded(worker, 1000);
	CHECK_EQ(worker->drain_left, 2000);
	worker->drain_left = 0;
	scheduler.environment.choose = choose_first;
	troupei_worker_flooded(worker, 1000);
	CHECK_EQ(worker->drain_left, 0); /* a test's order does not hang on the time */
	crew_fini(&scheduler);
}

/* A turn in which the thread did not run for a while counts as a long one, no more. */
TEST(drain, long_turns_count_as_long_ones)
{
	crew_init(&scheduler, 1);
	struct worker *worker = scheduler.workers[0];
	worker->drain_left = UINT64_MAX / 2;
	worker->drained_at = 0; /* long ago */
	troupei_worker_drain(worker, task(0, note_turn));
	CHECK(worker->lifo == &tasks[0].runnable && worker->drained == worker->lifo);
	CHECK(worker->drain_left >= UINT64_MAX / 2 - troupei_clock_ticks_in(1000000000));
	crew_fini(&scheduler);
}

TEST(drain, gives_way_to_who_was_just_woken)
{
	crew_init(&scheduler, 1);
	struct worker *worker = scheduler.workers[0];
	worker->drain_left = UINT64_MAX / 2;
	worker->drained_at = troupei_clock_ticks();
	worker->lifo = task(1, note_turn);
	troupei_worker_drain(worker, task(0, note_turn));
	CHECK(worker->lifo == &tasks[1].runnable && worker->drained == NULL);
	CHECK(crew_take(worker) == &tasks[0]);
	crew_fini(&scheduler);
}

/* Who steps back is not taken for one that goes on, even if it is the only one and comes next. */
TEST(drain, who_steps_back_is_drained_no_more)
{
	crew_init(&scheduler, 1);
	struct worker *worker = scheduler.workers[0];
	worker->drained = task(0, note_turn);
	worker->drain_left = 0;
	worker->drained_at = troupei_clock_ticks();
	troupei_worker_drain(worker, &tasks[0].runnable);
	CHECK(worker->lifo == &tasks[0].runnable && worker->drained == NULL);
	crew_fini(&scheduler);
}
