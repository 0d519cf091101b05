/* SPDX-License-Identifier: MIT */
/* Going to sleep, in a crew whose workers are parked by the test: what keeps one awake, what wakes it, who keeps the timers, and
 * memory given back meanwhile (S2, S5). A test that sleeps too long is ended by its time. */
#include "crew.h"

#include <time.h>

#include "base/memory.h"

enum { ROUNDS = 20000, FIRED_MAX = 16, SLABS = 16, SLAB = 2 << 20 };

static struct scheduler scheduler;
static struct task task;

static bool is_asleep(uint32_t index)
{
	return (troupei_load_relaxed_64(&scheduler.idle.words[0]) >> index & 1) != 0;
}

static void park(uint32_t index)
{
	uint64_t parks = scheduler.workers[index]->parks;
	troupei_worker_park(scheduler.workers[index]);
	CHECK_EQ(scheduler.workers[index]->parks, parks + 1);
	CHECK(!is_asleep(index));
}

/* ----------------------------------------------------------------------------------------------- what keeps it awake -- */

TEST(park, work_in_the_inject_queue)
{
	crew_init(&scheduler, 2);
	troupei_inject_queue_push(&scheduler.inject, &task.runnable);
	park(1);
	CHECK(!troupei_inject_queue_is_empty(&scheduler.inject)); /* it only looks */
	crew_fini(&scheduler);
}

TEST(park, work_in_anybodys_ring)
{
	for (uint32_t owner = 0; owner < 3; owner++) {
		crew_init(&scheduler, 3);
		struct worker *worker = scheduler.workers[owner];
		CHECK(ck_ring_enqueue_spmc(&worker->ring, worker->buffer, &task.runnable));
		for (uint32_t i = 0; i < 3; i++)
			park(i);
		CHECK(crew_take(worker) == &task);
		crew_fini(&scheduler);
	}
}

TEST(park, end_of_the_scheduler)
{
	crew_init(&scheduler, 1);
	scheduler.stop = 1;
	park(0);
	crew_fini(&scheduler);
}

/* ------------------------------------------------------------------------------------------------------ what wakes it -- */

static void *wake_sleeper(void *unused)
{
	(void)unused;
	while (!is_asleep(0))
		sched_yield();
	troupei_scheduler_wake_one(&scheduler);
	CHECK(!is_asleep(0)); /* S4 */
	return NULL;
}

TEST(park, wake_one_wakes_it)
{
	for (int i = 0; i < 100; i++) {
		pthread_t waker;
		crew_init(&scheduler, 1);
		CHECK_OK(pthread_create(&waker, NULL, wake_sleeper, NULL));
		park(0);
		CHECK_OK(pthread_join(waker, NULL));
		crew_fini(&scheduler);
	}
}

/* S1 and S2: one thread injects, one takes or parks, and each waits for the other. A wake-up that is lost ends this. */
static uint64_t taken;

static void pause_for(uint64_t n)
{
	while (n-- > 0)
		troupei_spin_hint(); /* so that the other is now awake, now about to sleep, now asleep */
}

static void *take_or_park(void *unused)
{
	struct runnable *out[1];
	(void)unused;
	while (taken < ROUNDS) {
		if (troupei_inject_queue_pop(&scheduler.inject, out, 1) == 0) {
			troupei_worker_park(scheduler.workers[0]);
			continue;
		}
		CHECK(out[0] == &task.runnable);
		CHECK_EQ(task.number, taken);
		troupei_store_release_64(&taken, taken + 1);
		pause_for(taken % 37);
	}
	return NULL;
}

TEST(park, no_injected_work_is_left_to_a_sleeper)
{
	pthread_t taker;
	crew_init(&scheduler, 1);
	CHECK_OK(pthread_create(&taker, NULL, take_or_park, NULL));
	for (uint64_t i = 0; i < ROUNDS; i++) {
		task.number = (uint32_t)i;
		troupei_scheduler_inject(&scheduler, &task.runnable);
		wait_for(&taken, i + 1);
		pause_for(i % 32);
	}
	CHECK_OK(pthread_join(taker, NULL));
	crew_fini(&scheduler);
}

/* The same with what a busy worker, the test, queues in its own ring: here the fences alone stand between. */
static void *take_from_ring_or_park(void *unused)
{
	(void)unused;
	while (taken < ROUNDS) {
		struct task *found = crew_take(scheduler.workers[0]);
		if (found == NULL) {
			troupei_worker_park(scheduler.workers[1]);
			continue;
		}
		troupei_store_release_64(&taken, taken + 1);
		pause_for(taken % 37);
	}
	return NULL;
}

TEST(park, no_queued_work_is_left_to_a_sleeper)
{
	pthread_t taker;
	crew_init(&scheduler, 2);
	CHECK_OK(pthread_create(&taker, NULL, take_from_ring_or_park, NULL));
	for (uint64_t i = 0; i < ROUNDS; i++) {
		troupei_worker_queue(scheduler.workers[0], &task.runnable);
		wait_for(&taken, i + 1);
		pause_for(i % 32);
	}
	CHECK_OK(pthread_join(taker, NULL));
	crew_fini(&scheduler);
}

/* Who waits for quiet is told by the last one that goes to sleep. */
static void *settle_and_wake(void *unused)
{
	(void)unused;
	settle(&scheduler);
	CHECK(is_asleep(0) && is_asleep(1));
	for (uint32_t i = 0; i < 2; i++)
		troupei_scheduler_wake_one(&scheduler);
	return NULL;
}

static void *park_second(void *unused)
{
	(void)unused;
	park(1);
	return NULL;
}

TEST(park, last_sleeper_tells_who_waits_for_quiet)
{
	for (int i = 0; i < 100; i++) {
		pthread_t waiter, second;
		crew_init(&scheduler, 2);
		CHECK_OK(pthread_create(&waiter, NULL, settle_and_wake, NULL));
		while (i % 2 == 0 && troupei_load_relaxed_32(&scheduler.settle_waiters) == 0)
			sched_yield();
		CHECK_OK(pthread_create(&second, NULL, park_second, NULL));
		park(0);
		CHECK_OK(pthread_join(second, NULL));
		CHECK_OK(pthread_join(waiter, NULL));
		crew_fini(&scheduler);
	}
}

/* ------------------------------------------------------------------------------------------------------------ timers -- */

static struct {
	int64_t now_ns;
	int64_t slept_until[FIRED_MAX];
	uint32_t sleeps, fires;
	struct timer_entry *fired[FIRED_MAX];
	struct timer_entry *again; /* armed by the hook once more */
	struct worker *by;
	bool is_overwritten; /* once: another that parks at this moment writes that it is the keeper */
} world;

static int64_t world_now(void *context)
{
	(void)context;
	return world.now_ns;
}

/* In the place of the sleep: everything that it promises holds here. */
static int64_t world_sleep(void *context, int64_t ns)
{
	uint32_t index = scheduler.idle.keeper;
	(void)context;
	CHECK(index < scheduler.worker_count);
	CHECK_EQ(scheduler.idle.keeper_deadline_ns, ns);
	CHECK(is_asleep(index));
	CHECK(scheduler.workers[index]->parks > 0); /* counted before the bit */
	world.slept_until[world.sleeps++] = ns;
	if (world.is_overwritten)
		scheduler.idle.keeper = 1;
	world.is_overwritten = false;
	return world.now_ns = ns;
}

static void world_fire(struct worker *worker, struct timer_entry *entry)
{
	CHECK(entry->deadline_ns <= world.now_ns);
	CHECK(!is_asleep(worker->index)); /* S5 */
	CHECK(!troupei_timer_entry_is_armed(entry));
	world.fired[world.fires++] = entry;
	world.by = worker;
	entry->next = NULL; /* it is the hook's now, which may free it: nobody follows it any more */
	if (entry == world.again) {
		world.again = NULL;
		troupei_timers_arm(&worker->timers, entry);
	}
}

static void world_init(uint32_t workers)
{
	crew_init(&scheduler, workers);
	scheduler.hooks.fire = world_fire;
	scheduler.environment = (struct environment){ .now_ns = world_now, .sleep_until = world_sleep };
}

static void arm(uint32_t index, struct timer_entry *entry, int64_t deadline_ns)
{
	entry->deadline_ns = deadline_ns;
	troupei_timers_arm(&scheduler.workers[index]->timers, entry);
}

TEST(park, sleeps_until_the_earliest_timer_of_all)
{
	struct timer_entry entries[3] = { 0 };
	world_init(3);
	arm(0, &entries[0], 300);
	arm(1, &entries[1], 200);
	arm(2, &entries[2], 100);
	for (uint32_t i = 0; i < 3; i++) {
		park(0);
		CHECK_EQ(world.sleeps, i + 1);
		CHECK_EQ(world.slept_until[i], 100 * (i + 1));
		CHECK_EQ(world.fires, i + 1);
		CHECK(world.fired[i] == &entries[2 - i]);
		CHECK(world.by == scheduler.workers[0]);
		CHECK_EQ(scheduler.idle.keeper, IDLE_NOBODY); /* resigned */
		CHECK_EQ(scheduler.idle.keeper_deadline_ns, INT64_MAX);
	}
	crew_fini(&scheduler);
}

TEST(park, all_that_is_due_fires)
{
	struct timer_entry entries[4] = { 0 };
	world_init(2);
	for (int i = 0; i < 4; i++)
		arm((uint32_t)i % 2, &entries[i], i < 3 ? 50 : 51);
	park(1);
	CHECK_EQ(world.fires, 3);
	CHECK_EQ(world.now_ns, 50);
	park(1);
	CHECK(world.fires == 4 && world.fired[3] == &entries[3]);
	crew_fini(&scheduler);
}

/* What is due already is fired also by one that finds work at the last look. */
TEST(park, due_timers_fire_without_a_sleep)
{
	struct timer_entry entry = { 0 };
	world_init(1);
	arm(0, &entry, 10);
	world.now_ns = 10;
	troupei_inject_queue_push(&scheduler.inject, &task.runnable);
	park(0);
	CHECK(world.fires == 1 && world.sleeps == 0);
	crew_fini(&scheduler);
}

TEST(park, hook_may_arm_the_timer_again)
{
	struct timer_entry entry = { 0 };
	world_init(1);
	arm(0, &entry, 10);
	world.again = &entry;
	park(0);
	CHECK_EQ(world.fires, 1);
	CHECK_EQ(troupei_timers_count(&scheduler.workers[0]->timers), 1);
	park(0);
	CHECK_EQ(world.fires, 2);
	crew_fini(&scheduler);
}

TEST(park, what_is_due_fires_on_every_wheel)
{
	struct timer_entry entries[3] = { 0 };
	world_init(2);
	arm(0, &entries[0], 10);
	arm(1, &entries[1], 10);
	arm(1, &entries[2], 11);
	world.now_ns = 9;
	troupei_worker_fire_due(scheduler.workers[1]);
	CHECK_EQ(world.fires, 0); /* never early */
	world.now_ns = 10;
	troupei_worker_fire_due(scheduler.workers[1]);
	CHECK_EQ(world.fires, 2);
	CHECK(world.fired[0] != world.fired[1] && world.fired[0] != &entries[2] && world.fired[1] != &entries[2]);
	CHECK(world.by == scheduler.workers[1]);
	CHECK_EQ(troupei_timers_count(&scheduler.workers[1]->timers), 1);
	crew_fini(&scheduler);
}

TEST(park, earlier_timer_takes_over_from_the_keeper)
{
	struct timer_entry entry = { 0 };
	world_init(2);
	scheduler.idle.keeper = 1;
	scheduler.idle.keeper_deadline_ns = 500;
	arm(0, &entry, 499);
	park(0);
	CHECK(world.sleeps == 1 && world.slept_until[0] == 499);
	CHECK_EQ(world.fires, 1);
	crew_fini(&scheduler);
}

/* While another keeps the next timer, this one sleeps until it is woken, and does not disturb the keeper. */
TEST(park, one_keeper_is_enough)
{
	pthread_t waker;
	struct timer_entry entry = { 0 };
	world_init(2);
	scheduler.idle.keeper = 1;
	scheduler.idle.keeper_deadline_ns = 500;
	arm(0, &entry, 500);
	CHECK_OK(pthread_create(&waker, NULL, wake_sleeper, NULL));
	park(0);
	CHECK_OK(pthread_join(waker, NULL));
	CHECK_EQ(world.sleeps, 0);
	CHECK_EQ(scheduler.idle.keeper, 1);
	CHECK_EQ(scheduler.idle.keeper_deadline_ns, 500);
	crew_fini(&scheduler);
}

/* Two become keeper at once: worker 1 wrote its later deadline first and its name last. What stays behind keeps no timer. */
TEST(park, two_keepers_at_once_leave_no_deadline_behind)
{
	struct timer_entry entries[2] = { 0 };
	world_init(2);
	world.is_overwritten = true;
	arm(0, &entries[0], 100);
	park(0);
	CHECK_EQ(world.fires, 1);
	arm(0, &entries[1], 200);
	park(0);
	CHECK_EQ(world.fires, 2);
	crew_fini(&scheduler);
}

/* Against the real clock: never early, and without anybody's help. */
static int64_t fired_ns;

static void fire_real(struct worker *worker, struct timer_entry *entry)
{
	(void)worker;
	fired_ns = troupei_clock_ns();
	CHECK(fired_ns >= entry->deadline_ns);
}

TEST(park, real_timers_are_never_early)
{
	struct timer_entry entry = { 0 };
	crew_init(&scheduler, 2);
	scheduler.hooks.fire = fire_real;
	for (int i = 0; i < 20; i++) {
		arm((uint32_t)i % 2, &entry, troupei_clock_ns() + i * 100003);
		for (fired_ns = 0; fired_ns == 0;)
			park(0);
	}
	crew_fini(&scheduler);
}

/* ------------------------------------------------------------------------------------------------------------ memory -- */

static void make_surplus(void)
{
	enum { BLOCKS = SLABS * (SLAB / BLOCK_SIZE_LARGEST) };
	void **blocks = calloc(BLOCKS, sizeof *blocks);
	CHECK(blocks != NULL);
	CHECK_OK(setenv("TROUPE_ALLOC", "slabs", 1));
	for (int i = 0; i < BLOCKS; i++)
		CHECK((blocks[i] = troupei_block_take(BLOCK_CLASSES - 1)) != NULL);
	for (int i = 0; i < BLOCKS; i++)
		troupei_block_give(blocks[i], BLOCK_CLASSES - 1);
	free(blocks);
	CHECK(troupei_memory_surplus());
}

TEST(park, quiet_gives_memory_back)
{
	crew_init(&scheduler, 1);
	make_surplus();
	park(0); /* not for ever: nobody would wake it */
	CHECK(!troupei_memory_surplus());
	CHECK(troupei_memory_bytes() < SLABS / 2 * SLAB);
	crew_fini(&scheduler);
}

/* One that is woken soon has better things to do. */
TEST(park, short_sleep_keeps_the_memory)
{
	struct timer_entry entry = { 0 };
	crew_init(&scheduler, 1);
	scheduler.hooks.fire = fire_real;
	make_surplus();
	arm(0, &entry, troupei_clock_ns() + 1000);
	park(0);
	CHECK(fired_ns > 0);
	CHECK(troupei_memory_surplus());
	crew_fini(&scheduler);
}

/* ------------------------------------------------------------------------------------- threads apart from the workers -- */

static struct scheduler together;
static uint64_t came;

static void count_came(struct worker *worker, struct timer_entry *entry)
{
	(void)worker, (void)entry;
	troupei_add_full_64(&came, 1);
}

static const struct scheduler_hooks apart_hooks = { .run = task_run, .fire = count_came, .worker_size = sizeof(struct worker) };

static void *end_apart(void *argument)
{
	(void)argument;
	troupei_scheduler_apart_end(&together);
	return NULL;
}

/* Whoever waits for quiet waits for them, and is told. */
TEST(park, is_not_quiet_while_somebody_apart_works)
{
	pthread_t thread;
	start_workers(&together, &apart_hooks, NULL, 2);
	for (int i = 0; i < 100; i++) {
		settle(&together);
		troupei_scheduler_apart_begin(&together);
		CHECK(!troupei_scheduler_is_quiet(&together));
		if (i == 0)
			CHECK(!troupei_scheduler_settle(&together, troupei_clock_ns() + 1000000));
		CHECK_OK(pthread_create(&thread, NULL, end_apart, NULL));
		settle(&together);
		CHECK_OK(pthread_join(thread, NULL));
	}
	settle_and_stop(&together);
}

/* All sleep without a deadline: who arms a timer from outside wakes one to look. */
TEST(park, a_timer_that_was_armed_from_outside_comes)
{
	struct timer_entry entries[50] = { 0 };
	start_workers(&together, &apart_hooks, NULL, 2);
	for (uint64_t i = 0; i < 50; i++) {
		settle(&together);
		entries[i].deadline_ns = troupei_clock_ns() + 100000;
		troupei_timers_arm(&together.workers[i % 2]->timers, &entries[i]);
		troupei_scheduler_timer_armed(&together);
		wait_for(&came, i + 1);
	}
	settle_and_stop(&together);
}

/* ------------------------------------------------------------------------------------- a worker's loop, on this thread -- */

static bool was_woken;

static void look_at_the_sleeper(struct worker *worker, struct task *first)
{
	if (first->number == FRESH_THRESHOLD - 1)
		was_woken = !is_asleep(1);
	troupei_store_release_32(&worker->scheduler->stop, 1);
}

/* What never ran moves to the ring when that runs low; a sleeper is told, for the handler that runs first may take long. */
TEST(park, sleeper_is_woken_for_fresh_ones_that_move_to_the_ring)
{
	static struct task fresh[FRESH_THRESHOLD];
	crew_init(&scheduler, 2);
	struct worker *worker = scheduler.workers[0];
	scheduler.hooks.run = task_run;
	for (uint32_t i = 0; i < FRESH_THRESHOLD; i++) {
		fresh[i] = (struct task){ .runnable.fresh = 1, .number = i, .turn = look_at_the_sleeper };
		CHECK(troupei_fresh_stack_push(&worker->fresh, &fresh[i].runnable));
	}
	troupei_idle_set_join(&scheduler.idle, 1);
	troupei_worker_main(worker);
	CHECK(was_woken);
	troupei_worker_current = NULL;
	crew_fini(&scheduler);
}
