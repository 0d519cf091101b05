/* SPDX-License-Identifier: MIT */
/* In which order a worker runs what it has (F1 to F4): mostly one worker, whose first turn queues the rest, so that the order is
 * the same each time. What several workers do with each other: also test_steal.c and test_scheduler.c. */
#include "crew.h"

#include "base/memory.h"

enum { TASKS = 8000, LOG = 100000, BOSS = TASKS - 1, WAKE_ROUNDS = 2000 };

static struct scheduler scheduler;
static const struct scheduler_hooks hooks = { .run = task_run, .worker_size = sizeof(struct worker) };
static struct task tasks[TASKS];

/* The numbers of the tasks in the order of their turns; one worker writes, the test reads when all is quiet. */
static uint32_t order[LOG];
static uint32_t turns;

static void note_turn(struct worker *worker, struct task *task)
{
	(void)worker;
	CHECK(turns < LOG);
	order[turns++] = task->number;
}

static struct runnable *task(uint32_t number, void (*turn)(struct worker *, struct task *), bool fresh)
{
	tasks[number].number = number;
	tasks[number].turn = turn;
	tasks[number].runnable.fresh = fresh;
	return &tasks[number].runnable;
}

static struct runnable *noted(uint32_t number)
{
	return task(number, note_turn, false);
}

/* Run @p boss on one worker, and all that comes of it. */
static void run_alone(void (*boss)(struct worker *, struct task *), const struct environment *environment)
{
	start_workers(&scheduler, &hooks, environment, 1);
	CHECK(troupei_scheduler_reserve(&scheduler, TASKS));
	troupei_scheduler_inject(&scheduler, task(BOSS, boss, true));
	settle_and_stop(&scheduler);
}

/* When it had its first turn. */
static uint32_t position(uint32_t number)
{
	for (uint32_t i = 0; i < turns; i++)
		if (order[i] == number)
			return i;
	CHECK(!"it never ran");
	return 0;
}

static void check_order(const uint32_t *expected, uint32_t n)
{
	CHECK_EQ(turns, n);
	for (uint32_t i = 0; i < n; i++)
		CHECK_EQ(order[i], expected[i]);
}

static void check_each_ran_once(uint32_t count)
{
	static uint32_t ran[TASKS];
	CHECK_EQ(turns, count);
	for (uint32_t i = 0; i < count; i++)
		ran[order[i]]++;
	for (uint32_t i = 0; i < count; i++)
		CHECK_EQ(ran[i], 1);
}

/* ------------------------------------------------------------------------------------------------------- lifo and ring -- */

static void queue_three_submit_two(struct worker *worker, struct task *boss)
{
	(void)boss;
	for (uint32_t i = 0; i < 3; i++)
		troupei_worker_queue(worker, noted(i));
	troupei_worker_submit(worker, noted(3));
	troupei_worker_submit(worker, noted(4));
	CHECK_EQ(troupei_worker_ring_size(worker), 4);
	CHECK(troupei_worker_has_more(worker));
}

TEST(worker, woken_last_runs_first_the_others_in_order)
{
	run_alone(queue_three_submit_two, NULL);
	check_order((const uint32_t[]){ 4, 0, 1, 2, 3 }, 5);
}

/* 0 and 1 wake each other, 200 times. The others wait in the ring. */
static void wake_the_other(struct worker *worker, struct task *task)
{
	note_turn(worker, task);
	if (turns < 200)
		troupei_worker_submit(worker, &tasks[1 - task->number].runnable);
}

static void start_pair(struct worker *worker, struct task *boss)
{
	(void)boss;
	for (uint32_t i = 2; i < 12; i++)
		troupei_worker_queue(worker, noted(i));
	task(1, wake_the_other, false);
	troupei_worker_submit(worker, task(0, wake_the_other, false));
}

TEST(worker, lifo_slot_gives_way_after_its_streak)
{
	uint32_t last = 0;
	run_alone(start_pair, NULL);
	CHECK_EQ(order[0], 0); /* the slot comes first */
	for (uint32_t i = 2; i < 12; i++) {
		uint32_t at = position(i);
		CHECK(at - last <= LIFO_STREAK_MAX + 2); /* in the ring's order, and soon: F1 */
		last = at;
	}
}

static void yield_while_alone(struct worker *worker, struct task *task)
{
	note_turn(worker, task);
	CHECK(!troupei_worker_has_more(worker));
	if (turns < 1000)
		troupei_worker_yield(worker, &task->runnable);
	CHECK_EQ(troupei_worker_ring_size(worker), 0); /* F3: what nothing else waits for stays in the slot */
}

TEST(worker, yield_alone_stays_in_the_slot)
{
	run_alone(yield_while_alone, NULL);
	CHECK_EQ(turns, 1000);
}

static void yield_three_times(struct worker *worker, struct task *task)
{
	note_turn(worker, task);
	if (++task->turns < 3)
		troupei_worker_yield(worker, &task->runnable);
}

static void start_yielders(struct worker *worker, struct task *boss)
{
	(void)boss;
	for (uint32_t i = 0; i < 3; i++)
		troupei_worker_queue(worker, task(i, yield_three_times, false));
}

TEST(worker, yield_among_others_goes_behind_them)
{
	run_alone(start_yielders, NULL);
	check_order((const uint32_t[]){ 0, 1, 2, 0, 1, 2, 0, 1, 2 }, 9);
}

TEST(worker, has_more_looks_everywhere)
{
	crew_init(&scheduler, 2);
	struct worker *worker = scheduler.workers[0];
	CHECK(!troupei_worker_has_more(worker));
	worker->lifo = noted(0);
	CHECK(troupei_worker_has_more(worker));
	worker->lifo = NULL;
	troupei_worker_queue(worker, noted(0));
	CHECK(troupei_worker_has_more(worker) && !troupei_worker_has_more(scheduler.workers[1]));
	CHECK(crew_take(worker) != NULL);
	CHECK(troupei_fresh_stack_push(&worker->fresh, noted(0)));
	CHECK(troupei_worker_has_more(worker));
	CHECK(troupei_fresh_stack_pop_newest(&worker->fresh) != NULL);
	troupei_inject_queue_push(&scheduler.inject, noted(0));
	CHECK(troupei_worker_has_more(worker) && troupei_worker_has_more(scheduler.workers[1]));
	crew_fini(&scheduler);
}

/* -------------------------------------------------------------------------------------------------- inject queue -- */

enum { OVERFLOW = RING_CAPACITY + 2000 };

static void queue_too_many(struct worker *worker, struct task *boss)
{
	(void)boss;
	for (uint32_t i = 0; i < OVERFLOW; i++)
		troupei_worker_queue(worker, noted(i));
	CHECK_EQ(troupei_worker_ring_size(worker), RING_CAPACITY - 1);
	CHECK_EQ(worker->scheduler->inject.count, OVERFLOW - (RING_CAPACITY - 1));
}

TEST(worker, what_the_ring_has_no_room_for_is_not_lost)
{
	run_alone(queue_too_many, NULL);
	check_each_ran_once(OVERFLOW);
}

/* Task 0 injects itself 50 times while 1 to 3 keep the worker busy. */
static uint32_t injected_at, injections;

static void inject_again(struct worker *worker, struct task *task)
{
	note_turn(worker, task);
	CHECK(turns - injected_at <= INJECT_TURNS + 1);
	injected_at = turns;
	if (++injections < 50)
		troupei_inject_queue_push(&worker->scheduler->inject, &task->runnable);
}

static void yield_until_injected(struct worker *worker, struct task *task)
{
	note_turn(worker, task);
	if (injections < 50)
		troupei_worker_queue(worker, &task->runnable);
}

static void start_injector(struct worker *worker, struct task *boss)
{
	(void)boss;
	for (uint32_t i = 1; i < 4; i++)
		troupei_worker_queue(worker, task(i, yield_until_injected, false));
	troupei_inject_queue_push(&worker->scheduler->inject, task(0, inject_again, false));
}

TEST(worker, inject_queue_is_looked_at_by_a_busy_worker)
{
	run_alone(start_injector, NULL);
	CHECK_EQ(injections, 50);
	CHECK(turns > 50 * INJECT_TURNS / 2); /* but not each time */
}

/* -------------------------------------------------------------------------------------------------------- fresh stack -- */

enum { FRESH = 500 };

static void queue_fresh(struct worker *worker, struct task *boss)
{
	(void)boss;
	for (uint32_t i = 0; i < FRESH; i++)
		troupei_worker_queue(worker, task(i, note_turn, true));
	CHECK_EQ(troupei_worker_ring_size(worker), FRESH_THRESHOLD);
	CHECK_EQ(troupei_fresh_stack_count(&worker->fresh), FRESH - FRESH_THRESHOLD);
}

/* Those in the ring come first; then the newest of the stack before the oldest. */
TEST(worker, fresh_ones_run_newest_first)
{
	run_alone(queue_fresh, NULL);
	check_each_ran_once(FRESH);
	for (uint32_t i = 0; i < FRESH_THRESHOLD; i++)
		CHECK(position(i) < FRESH_THRESHOLD);
	CHECK(position(FRESH - 1) < position(FRESH / 2));
	CHECK(position(FRESH / 2) < position(FRESH_THRESHOLD + FRESH / AGING_TURNS + 1)); /* older ones have aged */
}

/* A tree of actors: each makes eight more, until there are enough. */
static uint32_t grown;

static void grow(struct worker *worker, struct task *task_)
{
	note_turn(worker, task_);
	for (int i = 0; i < 8 && grown < TASKS - 1; i++)
		troupei_worker_queue(worker, task(grown++, grow, true));
}

static void plant(struct worker *worker, struct task *boss)
{
	(void)boss;
	troupei_worker_queue(worker, task(grown++, grow, true));
}

TEST(worker, tree_is_walked_without_losing_any)
{
	run_alone(plant, NULL);
	CHECK_EQ(grown, TASKS - 1);
	check_each_ran_once(TASKS - 1);
}

static bool always(size_t size)
{
	(void)size;
	return true;
}

static void queue_fresh_without_memory(struct worker *worker, struct task *boss)
{
	(void)boss;
	troupei_memory_fail_by(always);
	for (uint32_t i = 0; i < FRESH; i++)
		troupei_worker_queue(worker, task(i, note_turn, true));
	troupei_memory_fail_by(NULL);
	CHECK_EQ(troupei_worker_ring_size(worker), FRESH);
}

TEST(worker, fresh_ones_need_no_memory)
{
	run_alone(queue_fresh_without_memory, NULL);
	check_each_ran_once(FRESH);
	for (uint32_t i = 0; i < FRESH; i++)
		CHECK_EQ(order[i], i);
}

/* F1: fresh ones below a ring that never runs low: the oldest goes to the ring every AGING_TURNS turns. */
enum { YIELDERS = 80, AGED = 5 };

static uint32_t aged[AGED], aged_count;

static void age(struct worker *worker, struct task *task)
{
	note_turn(worker, task);
	if (aged_count < AGED) {
		CHECK_EQ(task->number, YIELDERS + aged_count);
		aged[aged_count++] = turns;
	}
}

static void yield_until_aged(struct worker *worker, struct task *task)
{
	note_turn(worker, task);
	if (aged_count < AGED)
		troupei_worker_queue(worker, &task->runnable);
}

static void queue_fresh_behind_yielders(struct worker *worker, struct task *boss)
{
	(void)boss;
	for (uint32_t i = 0; i < YIELDERS; i++)
		troupei_worker_queue(worker, task(i, yield_until_aged, false));
	for (uint32_t i = YIELDERS; i < YIELDERS + 100; i++)
		troupei_worker_queue(worker, task(i, age, true));
}

TEST(worker, oldest_fresh_one_comes_in_the_end)
{
	run_alone(queue_fresh_behind_yielders, NULL);
	CHECK_EQ(aged_count, AGED);
	for (uint32_t i = 0; i < AGED; i++)
		CHECK(aged[i] <= (i + 1) * AGING_TURNS + YIELDERS + AGED);
}

/* ----------------------------------------------------------------------------------------------------- chosen orders -- */

static uint32_t largest_choice, choices_made;

static uint32_t choose(void *seed, uint32_t choices)
{
	CHECK(choices > 1);
	choices_made++;
	largest_choice = choices > largest_choice ? choices : largest_choice;
	return troupei_random_next(seed) % choices;
}

static void start_many_yielders(struct worker *worker, struct task *boss)
{
	(void)boss;
	for (uint32_t i = 0; i < 19; i++)
		troupei_worker_queue(worker, task(i, yield_three_times, false));
	troupei_worker_submit(worker, task(19, yield_three_times, false));
}

static void run_chosen(uint64_t seed, uint32_t *copy)
{
	const struct environment environment = { .choose = choose, .context = &seed, .seed = 1 };
	turns = 0;
	memset(tasks, 0, sizeof tasks);
	run_alone(start_many_yielders, &environment);
	CHECK_EQ(turns, 60);
	memcpy(copy, order, 60 * sizeof *copy);
}

TEST(worker, same_seed_chooses_the_same_order)
{
	uint32_t one[60], same[60], other[60];
	bool slot_is_not_always_first = false;
	for (uint64_t seed = 1; seed <= 10; seed++) {
		run_chosen(seed, one);
		run_chosen(seed, same);
		run_chosen(seed + 100, other);
		CHECK(memcmp(one, same, sizeof one) == 0);
		CHECK(memcmp(one, other, sizeof one) != 0);
		slot_is_not_always_first |= one[0] != 19;
	}
	CHECK(slot_is_not_always_first); /* what was woken last is a choice like any other */
	CHECK_EQ(largest_choice, 20);
	CHECK(choices_made > 30 * 50);
}

/* ---------------------------------------------------------------------------------------------------- several workers -- */

static uint64_t helped, over;

static void help(struct worker *worker, struct task *task)
{
	task->own = worker;
	troupei_add_full_64(&helped, 1);
}

/* S1, S2: what a busy worker queues is run by another one, asleep or not; a lost wake-up leaves this turn waiting. */
static void need_help(struct worker *worker, struct task *boss)
{
	(void)boss;
	for (uint64_t round = 0; round < WAKE_ROUNDS; round++) {
		troupei_worker_queue(worker, task(0, help, false));
		wait_for(&helped, round + 1);
		CHECK(tasks[0].own != worker);
		for (uint64_t pause = round % 16 * 200; pause > 0; pause--)
			troupei_spin_hint();
	}
	troupei_store_release_64(&over, 1);
}

static void run_with(uint32_t workers, void (*boss)(struct worker *, struct task *))
{
	start_workers(&scheduler, &hooks, NULL, workers);
	troupei_scheduler_inject(&scheduler, task(BOSS, boss, true));
	wait_for(&over, 1);
	settle_and_stop(&scheduler);
}

TEST(worker, sleeper_is_woken_for_what_is_queued)
{
	run_with(2, need_help);
}

TEST(worker, one_of_several_sleepers_is_woken)
{
	run_with(4, need_help);
}

/* F4: what waits in the slot is for others when it is published, and not before. */
static void publish(struct worker *worker, struct task *boss)
{
	(void)boss;
	troupei_worker_publish(worker); /* nothing there: nothing happens */
	for (uint64_t round = 0; round < 100; round++) {
		troupei_worker_submit(worker, task(0, help, false));
		CHECK_EQ(troupei_load_acquire_64(&helped), round);
		CHECK(worker->lifo == &tasks[0].runnable);
		troupei_worker_publish(worker);
		CHECK(worker->lifo == NULL);
		wait_for(&helped, round + 1);
		CHECK(tasks[0].own != worker);
	}
	troupei_store_release_64(&over, 1);
}

TEST(worker, published_work_is_taken_by_another)
{
	run_with(3, publish);
}

static void publish_alone(struct worker *worker, struct task *boss)
{
	(void)boss;
	troupei_worker_submit(worker, noted(0));
	troupei_worker_publish(worker);
	CHECK(worker->lifo == &tasks[0].runnable);
	CHECK_EQ(troupei_worker_ring_size(worker), 0);
	troupei_store_release_64(&over, 1);
}

TEST(worker, alone_there_is_nobody_to_publish_to)
{
	run_with(1, publish_alone);
	CHECK_EQ(turns, 1);
}

/* F3: two that only wake each other never change their worker, and nobody else is woken. */
static void stay_together(struct worker *worker, struct task *task)
{
	struct task *other = &tasks[1 - task->number];
	CHECK(task->own == NULL || task->own == worker);
	task->own = other->own = worker;
	CHECK_EQ(troupei_worker_ring_size(worker), 0);
	if (++turns < 20000)
		troupei_worker_submit(worker, &other->runnable);
	else
		troupei_store_release_64(&over, 1);
}

TEST(worker, two_that_talk_stay_on_one_worker)
{
	start_workers(&scheduler, &hooks, NULL, 3);
	task(1, stay_together, false);
	troupei_scheduler_inject(&scheduler, task(0, stay_together, false));
	wait_for(&over, 1);
	settle_and_stop(&scheduler);
	CHECK_EQ(turns, 20000);
}

/* F2: the boss' worker has a hundred that go round for ever. The other has one, so it never steals; but balance moves some. */
static uint64_t moved, other_is_busy;

static void go_round(struct worker *worker, struct task *task)
{
	if (worker != tasks[BOSS].own)
		troupei_store_release_64(&moved, 1);
	if (troupei_load_acquire_64(&moved) == 0)
		troupei_worker_yield(worker, &task->runnable);
}

static void be_the_other(struct worker *worker, struct task *task)
{
	if (troupei_load_acquire_64(&other_is_busy) == 0) {
		task->own = worker;
		troupei_store_release_64(&other_is_busy, 1);
		wait_for(&over, 1); /* the boss has queued all of them */
	}
	CHECK(troupei_load_acquire_64(&moved) != 0 || task->own == worker);
	if (troupei_load_acquire_64(&moved) == 0)
		troupei_worker_yield(worker, &task->runnable);
}

static void be_the_first(struct worker *worker, struct task *boss)
{
	boss->own = worker;
	troupei_worker_queue(worker, task(0, be_the_other, false));
	wait_for(&other_is_busy, 1);
	for (uint32_t i = 1; i <= 100; i++)
		troupei_worker_queue(worker, task(i, go_round, false));
	troupei_store_release_64(&over, 1);
}

TEST(worker, busy_workers_are_balanced)
{
	run_with(2, be_the_first);
	CHECK_EQ(moved, 1);
}

/* ------------------------------------------------------------------------------------------------------------- timers -- */

static struct timer_entry timer;
static uint64_t fired;

static void fire(struct worker *worker, struct timer_entry *entry)
{
	CHECK(troupei_scheduler_now(worker->scheduler) >= entry->deadline_ns);
	troupei_add_full_64(&fired, 1);
}

static const struct scheduler_hooks timer_hooks = { .run = task_run, .fire = fire, .worker_size = sizeof(struct worker) };

static void yield_until_fired(struct worker *worker, struct task *task)
{
	if (troupei_load_acquire_64(&fired) == 0)
		troupei_worker_yield(worker, &task->runnable);
}

static void arm_and_yield(struct worker *worker, struct task *boss)
{
	(void)boss;
	timer.deadline_ns = troupei_scheduler_now(worker->scheduler) + 1000000;
	troupei_timers_arm(&worker->timers, &timer);
	for (uint32_t i = 0; i < 3; i++)
		troupei_worker_queue(worker, task(i, yield_until_fired, false));
}

TEST(worker, busy_worker_fires_its_timers)
{
	start_workers(&scheduler, &timer_hooks, NULL, 1);
	troupei_scheduler_inject(&scheduler, task(BOSS, arm_and_yield, false));
	wait_for(&fired, 1);
	settle_and_stop(&scheduler);
	CHECK_EQ(fired, 1);
}

/* The timer's worker does not get to it: the others, busy too, do. */
static void arm_and_block(struct worker *worker, struct task *boss)
{
	(void)boss;
	troupei_worker_queue(worker, task(0, yield_until_fired, false));
	timer.deadline_ns = troupei_scheduler_now(worker->scheduler) + 1000000;
	troupei_timers_arm(&worker->timers, &timer);
	wait_for(&fired, 1);
}

TEST(worker, busy_workers_fire_the_timers_of_others)
{
	start_workers(&scheduler, &timer_hooks, NULL, 2);
	troupei_scheduler_inject(&scheduler, task(BOSS, arm_and_block, false));
	settle_and_stop(&scheduler);
	CHECK_EQ(fired, 1);
}

static void end_it(struct worker *worker, struct task *task)
{
	note_turn(worker, task);
	troupei_store_release_32(&worker->scheduler->stop, 1);
}

TEST(worker, each_turn_counts_once)
{
	crew_init(&scheduler, 1);
	scheduler.hooks = hooks;
	for (uint32_t i = 0; i < 10; i++)
		troupei_worker_queue(scheduler.workers[0], task(i, i == 9 ? end_it : note_turn, false));
	troupei_worker_main(scheduler.workers[0]);
	CHECK_EQ(scheduler.workers[0]->turns, 10);
	crew_fini(&scheduler);
}
