/* SPDX-License-Identifier: MIT */
/* Workers start, become quiet, and stop (steps 2, 4 and 5 of the protocol); wake-ups from outside; the seams of time; and what
 * is left when memory or threads are not to be had. */
#include "crew.h"

#include <dlfcn.h>
#include <errno.h>

#include "base/memory.h"

enum { WORKERS = 4, TASKS = 64, ROUNDS = 1000, WAKE_ROUNDS = 5000, INJECTORS = 3, EACH = 5000, TIMERS = 50, ALLOCATIONS_MAX = 50,
       CHAINS = 200, HOPS = 100, BUSY = 200, TURNS_EACH = 300 };

/* The user's own worker, of an odd size: what lies behind struct worker is zeros until hooks.begin. */
struct own_worker {
	struct worker base;
	uint64_t begun;
	char rest[13];
};

static struct scheduler scheduler;
static uint32_t begun;

static bool begin(struct worker *worker)
{
	struct own_worker *own = (struct own_worker *)worker;
	for (size_t i = 0; i < sizeof own->rest; i++)
		CHECK_EQ(own->rest[i], 0);
	CHECK_EQ(own->begun, 0);
	CHECK_EQ(worker->index, begun);
	CHECK(worker->scheduler == &scheduler);
	own->begun = ++begun;
	return true;
}

static uint64_t fired;

static void count_fire(struct worker *worker, struct timer_entry *entry)
{
	CHECK(troupei_scheduler_now(worker->scheduler) >= entry->deadline_ns); /* never early */
	troupei_add_full_64(&fired, 1);
}

static const struct scheduler_hooks hooks = {
	.run = task_run, .fire = count_fire, .begin = begin, .worker_size = sizeof(struct own_worker)
};

static void start(uint32_t workers)
{
	begun = 0;
	start_workers(&scheduler, &hooks, NULL, workers);
}

/* A count that many tasks raise; each one's own is plain. */
static uint64_t done;

static void count_turn(struct worker *worker, struct task *task)
{
	(void)worker;
	task->turns++;
	troupei_add_full_64(&done, 1);
}

static struct task tasks[TASKS];

static struct runnable *counting(uint32_t number)
{
	tasks[number] = (struct task){ .turn = count_turn, .number = number };
	return &tasks[number].runnable;
}

/* ------------------------------------------------------------------------------------------------------ start and stop -- */

/* The thread sanitizer does not know of joins with a deadline. */
static int64_t in_a_minute(void)
{
	return troupei_clock_ns() + INT64_C(60000000000);
}

TEST(scheduler, any_number_of_workers_starts_and_stops)
{
	for (uint32_t workers = 1; workers <= 9; workers++)
		for (int settled = 0; settled < 2; settled++) {
			start(workers);
			CHECK_EQ(begun, workers);
			if (settled)
				settle(&scheduler);
			CHECK(troupei_scheduler_stop(&scheduler, settled || TEST_WITH_TSAN ? INT64_MAX : in_a_minute()));
		}
}

TEST(scheduler, as_many_workers_as_there_are_bits)
{
	start(64 * IDLE_WORDS);
	for (uint32_t i = 0; i < TASKS; i++)
		troupei_scheduler_inject(&scheduler, counting(i));
	settle_and_stop(&scheduler);
	CHECK_EQ(done, TASKS);
}

TEST(scheduler, test_thread_is_no_worker)
{
	start(1);
	CHECK(troupei_worker_current == NULL);
	settle_and_stop(&scheduler);
}

TEST(scheduler, workers_have_random_numbers_of_their_own)
{
	start(3);
	settle(&scheduler);
	for (int i = 0; i < 3; i++)
		for (int j = 0; j < i; j++)
			CHECK(scheduler.workers[i]->random != 0 && scheduler.workers[i]->random != scheduler.workers[j]->random);
	settle_and_stop(&scheduler);
}

/* ------------------------------------------------------------------------------------------------------------- inject -- */

TEST(scheduler, what_is_injected_runs_once)
{
	for (uint32_t workers = 1; workers <= WORKERS; workers++) {
		start(workers);
		done = 0;
		for (uint32_t i = 0; i < TASKS; i++)
			troupei_scheduler_inject(&scheduler, counting(i));
		settle_and_stop(&scheduler);
		CHECK_EQ(done, TASKS);
		for (uint32_t i = 0; i < TASKS; i++)
			CHECK_EQ(tasks[i].turns, 1);
	}
}

static struct task flood[INJECTORS][EACH];

static void *inject_all(void *number)
{
	struct task *mine = flood[(uintptr_t)number];
	for (uint32_t i = 0; i < EACH; i++) {
		mine[i].turn = count_turn;
		troupei_scheduler_inject(&scheduler, &mine[i].runnable);
	}
	return NULL;
}

TEST(scheduler, several_threads_inject)
{
	pthread_t threads[INJECTORS];
	start(3);
	CHECK(troupei_scheduler_reserve(&scheduler, INJECTORS * EACH));
	for (uintptr_t i = 0; i < INJECTORS; i++)
		CHECK_OK(pthread_create(&threads[i], NULL, inject_all, (void *)i));
	for (int i = 0; i < INJECTORS; i++)
		CHECK_OK(pthread_join(threads[i], NULL));
	settle_and_stop(&scheduler);
	for (uint32_t i = 0; i < INJECTORS * EACH; i++)
		CHECK_EQ(flood[i / EACH][i % EACH].turns, 1);
}

/* S1 and S2: one after the other, each waited for without another push that could wake the sleeper. */
static void inject_one_by_one(uint32_t workers)
{
	start(workers);
	for (uint64_t i = 0; i < WAKE_ROUNDS; i++) {
		troupei_scheduler_inject(&scheduler, counting((uint32_t)(i % TASKS)));
		wait_for(&done, i + 1);
		for (uint64_t pause = i % 64 * 8; pause > 0; pause--)
			troupei_spin_hint();
	}
	settle_and_stop(&scheduler);
}

TEST(scheduler, no_wake_up_is_lost_with_one_worker)
{
	inject_one_by_one(1);
}

TEST(scheduler, no_wake_up_is_lost_with_several_workers)
{
	inject_one_by_one(2);
}

/* S3: who finds several wakes the next one, and so on: one wake-up for four, each of which needs all of the others. */
static void meet_the_others(struct worker *worker, struct task *task)
{
	(void)worker;
	troupei_add_full_64(&done, 1);
	wait_for(task->own, WORKERS);
}

TEST(scheduler, one_wake_up_for_many_wakes_many)
{
	for (uint64_t round = 0; round < 20; round++) {
		start(WORKERS);
		settle(&scheduler);
		done = 0;
		for (uint32_t i = 0; i < WORKERS; i++) {
			tasks[i] = (struct task){ .turn = meet_the_others, .own = &done };
			troupei_inject_queue_push(&scheduler.inject, &tasks[i].runnable);
		}
		troupei_scheduler_wake_one(&scheduler);
		settle_and_stop(&scheduler);
		CHECK_EQ(done, WORKERS);
	}
}

TEST(scheduler, waking_one_of_nobody_is_nothing)
{
	crew_init(&scheduler, 2);
	troupei_scheduler_wake_one(&scheduler);
	crew_fini(&scheduler);
}

/* Each wake-up goes to another sleeper: three wake-ups, three are up. */
TEST(scheduler, wake_one_wakes_another_each_time)
{
	crew_init(&scheduler, 3);
	uint32_t tickets[3];
	for (uint32_t i = 0; i < 3; i++) {
		tickets[i] = troupei_parker_ticket(&scheduler.workers[i]->parker);
		troupei_idle_set_join(&scheduler.idle, i);
	}
	for (int i = 0; i < 3; i++)
		troupei_scheduler_wake_one(&scheduler);
	for (uint32_t i = 0; i < 3; i++)
		CHECK_EQ(troupei_parker_ticket(&scheduler.workers[i]->parker), tickets[i] + 1);
	crew_fini(&scheduler);
}

static struct task busy[BUSY];
static uint32_t running[BUSY];
static uint64_t finished;

/* Each turn goes on in one of the ways there are. It is in one queue at most, so it never runs twice at once. */
static void do_anything(struct worker *worker, struct task *task)
{
	CHECK_EQ(troupei_add_full_32(&running[task->number], 1), 0);
	uint64_t turn = ++task->turns; /* plain: each turn sees what the one before did */
	uint64_t what = (turn * 7919 + task->number * 104729) >> 3;
	task->runnable.fresh = what % 11 == 0;
	troupei_add_full_32(&running[task->number], (uint32_t)-1);
	if (turn == TURNS_EACH)
		troupei_add_full_64(&finished, 1);
	else if (what % 4 == 0)
		troupei_worker_submit(worker, &task->runnable);
	else if (what % 4 == 1)
		troupei_worker_queue(worker, &task->runnable);
	else if (what % 4 == 2)
		troupei_scheduler_inject(worker->scheduler, &task->runnable);
	else
		troupei_worker_yield(worker, &task->runnable);
}

TEST(scheduler, every_turn_is_run_by_one_worker_at_a_time)
{
	for (uint32_t workers = 1; workers <= WORKERS; workers++) {
		start(workers);
		for (uint32_t i = 0; i < BUSY; i++) {
			busy[i] = (struct task){ .runnable.fresh = i % 2, .number = i, .turn = do_anything };
			troupei_scheduler_inject(&scheduler, &busy[i].runnable);
		}
		settle_and_stop(&scheduler);
		CHECK_EQ(finished, workers * BUSY);
		for (uint32_t i = 0; i < BUSY; i++)
			CHECK_EQ(busy[i].turns, TURNS_EACH);
	}
}

/* -------------------------------------------------------------------------------------------------------------- quiet -- */

/* A task that wanders about for ten turns, by all ways there are. Its count is plain: settle hands it to the test. */
static void wander(struct worker *worker, struct task *task)
{
	static const uint8_t ways[] = { 0, 1, 2, 3, 1, 0, 3, 2, 1 };
	uint64_t turn = task->turns++;
	if (turn == sizeof ways)
		return;
	switch ((ways[turn] + task->number) % 4) {
	case 0: troupei_worker_submit(worker, &task->runnable); break;
	case 1: troupei_worker_queue(worker, &task->runnable); break;
	case 2: troupei_scheduler_inject(worker->scheduler, &task->runnable); break;
	default: troupei_worker_yield(worker, &task->runnable); break;
	}
}

/* When settle returns nothing runs, nothing waits, and all that was done is seen. */
static void settle_often(uint32_t workers, uint32_t rounds)
{
	start(workers);
	for (uint32_t round = 0; round < rounds; round++) {
		uint32_t count = 1 + round % 9;
		for (uint32_t i = 0; i < count; i++) {
			tasks[i] = (struct task){ .turn = wander, .number = round + i };
			troupei_scheduler_inject(&scheduler, &tasks[i].runnable);
		}
		settle(&scheduler);
		for (uint32_t i = 0; i < count; i++)
			CHECK_EQ(tasks[i].turns, 10);
		CHECK(troupei_scheduler_is_quiet(&scheduler));
	}
	settle_and_stop(&scheduler);
}

TEST(scheduler, settled_one_is_really_quiet)
{
	for (uint32_t workers = 1; workers <= WORKERS; workers++)
		settle_often(workers, ROUNDS / workers);
}

/* A chain of turns, each of which starts the next one somewhere. At no moment between is anything quiet. */
static void chain(struct worker *worker, struct task *task)
{
	if (++task->turns % HOPS == 0)
		return;
	if (task->turns % 3 == 0)
		troupei_worker_queue(worker, &task->runnable);
	else
		troupei_scheduler_inject(worker->scheduler, &task->runnable);
}

TEST(scheduler, is_not_quiet_between_two_turns)
{
	start(3);
	tasks[0] = (struct task){ .turn = chain };
	for (uint64_t round = 1; round <= CHAINS; round++) {
		troupei_scheduler_inject(&scheduler, &tasks[0].runnable);
		while (!troupei_scheduler_is_quiet(&scheduler))
			troupei_spin_hint();
		CHECK_EQ(tasks[0].turns, round * HOPS);
	}
	settle_and_stop(&scheduler);
}

/* A turn that the test holds. */
static uint64_t entered, may_leave;

static void be_held(struct worker *worker, struct task *task)
{
	task->own = worker;
	troupei_store_release_64(&entered, 1);
	wait_for(&may_leave, 1);
}

static void hold_one(uint32_t workers)
{
	start(workers);
	tasks[0] = (struct task){ .turn = be_held };
	troupei_scheduler_inject(&scheduler, &tasks[0].runnable);
	wait_for(&entered, 1);
}

TEST(scheduler, is_not_quiet_while_one_runs)
{
	hold_one(2);
	for (int i = 0; i < 5; i++) {
		int64_t deadline = troupei_clock_ns() + i * 2000000;
		CHECK(!troupei_scheduler_settle(&scheduler, deadline));
		CHECK(troupei_clock_ns() >= deadline);
		CHECK(!troupei_scheduler_is_quiet(&scheduler));
	}
	CHECK_EQ(scheduler.settle_waiters, 0);
	troupei_store_release_64(&may_leave, 1);
	settle_and_stop(&scheduler);
}

/* All sleep, but something is queued that nobody was woken for. */
TEST(scheduler, is_not_quiet_while_something_is_queued)
{
	start(2);
	settle(&scheduler);
	troupei_inject_queue_push(&scheduler.inject, counting(0));
	CHECK(!troupei_scheduler_is_quiet(&scheduler));
	CHECK(!troupei_scheduler_settle(&scheduler, troupei_clock_ns() + 2000000));
	troupei_scheduler_wake_one(&scheduler);
	settle_and_stop(&scheduler);
	CHECK_EQ(done, 1);
	crew_init(&scheduler, 2);
	for (uint32_t i = 0; i < 2; i++)
		troupei_idle_set_join(&scheduler.idle, i);
	CHECK(troupei_scheduler_is_quiet(&scheduler));
	CHECK(ck_ring_enqueue_spmc(&scheduler.workers[1]->ring, scheduler.workers[1]->buffer, counting(0)));
	CHECK(!troupei_scheduler_is_quiet(&scheduler));
	crew_fini(&scheduler);
}

static void *settle_too(void *unused)
{
	(void)unused;
	settle(&scheduler);
	CHECK_EQ(troupei_load_acquire_64(&may_leave), 1);
	return NULL;
}

TEST(scheduler, several_wait_for_quiet)
{
	pthread_t threads[INJECTORS];
	hold_one(3);
	for (int i = 0; i < INJECTORS; i++)
		CHECK_OK(pthread_create(&threads[i], NULL, settle_too, NULL));
	while (troupei_load_relaxed_32(&scheduler.settle_waiters) < INJECTORS)
		sched_yield();
	troupei_store_release_64(&may_leave, 1);
	for (int i = 0; i < INJECTORS; i++)
		CHECK_OK(pthread_join(threads[i], NULL));
	settle_and_stop(&scheduler);
}

/* A deadline that is over is no reason to say that a quiet one is not. */
TEST(scheduler, quiet_one_settles_at_any_time)
{
	start(2);
	settle(&scheduler);
	CHECK(troupei_scheduler_settle(&scheduler, 0));
	CHECK(troupei_scheduler_settle(&scheduler, troupei_clock_ns()));
	settle_and_stop(&scheduler);
}

/* ----------------------------------------------------------------------------------------------------------- stopping -- */

#if !TEST_WITH_TSAN
/* The others end; the stuck one and the memory stay, so it may still look into its own rings. */
TEST(scheduler, stop_gives_up_a_turn_that_does_not_return)
{
	hold_one(3);
	int64_t deadline = troupei_clock_ns() + 20000000;
	CHECK(!troupei_scheduler_stop(&scheduler, deadline));
	CHECK(troupei_clock_ns() >= deadline);
	CHECK_EQ(scheduler.worker_count, 3);
	struct worker *stuck = tasks[0].own;
	CHECK(scheduler.workers[stuck->index] == stuck);
	troupei_store_release_64(&may_leave, 1);
	CHECK_OK(pthread_join(stuck->thread, NULL)); /* it sees that all is over */
}
#endif

TEST(scheduler, stop_waits_for_a_turn)
{
	hold_one(1);
	CHECK(!troupei_scheduler_stop(&scheduler, troupei_clock_ns()));
	troupei_store_release_64(&may_leave, 1);
	CHECK(troupei_scheduler_stop(&scheduler, INT64_MAX));
}

/* ---------------------------------------------------------------------------------------------------- the seams of time -- */

static struct timer_entry timers[TIMERS];

static void arm_all(struct worker *worker, struct task *task)
{
	uint64_t random = task->number + 1;
	int64_t now = troupei_scheduler_now(worker->scheduler);
	for (int i = 0; i < TIMERS; i++) {
		timers[i].deadline_ns = now + (int64_t)(troupei_random_next(&random) % 20000000) - 1000;
		troupei_timers_arm(&worker->timers, &timers[i]);
	}
}

/* Against the real clock; the hook sees that none is early. The last is not forgotten: the sleepers keep it. */
TEST(scheduler, real_timers_all_fire)
{
	for (uint32_t workers = 1; workers <= 3; workers++) {
		start(workers);
		fired = 0;
		tasks[0] = (struct task){ .turn = arm_all, .number = workers };
		troupei_scheduler_inject(&scheduler, &tasks[0].runnable);
		wait_for(&fired, TIMERS);
		settle_and_stop(&scheduler);
		CHECK_EQ(fired, TIMERS);
	}
}

/* A virtual clock: it stands still while there is work, and jumps to the next timer when there is none. */
static int64_t virtual_ns, fired_at[TIMERS];
static const int64_t day = INT64_C(86400000000000);

static int64_t virtual_now(void *context)
{
	return *(int64_t *)context;
}

static int64_t virtual_sleep(void *context, int64_t ns)
{
	int64_t *now = context;
	CHECK(ns > *now);
	return *now = ns;
}

static void arm_days(struct worker *worker, struct task *task)
{
	(void)task;
	for (int i = 0; i < TIMERS; i++) {
		timers[i].deadline_ns = virtual_ns + (TIMERS - i) * day + i % 2;
		troupei_timers_arm(&worker->timers, &timers[i]);
	}
}

static void fire_at(struct worker *worker, struct timer_entry *entry)
{
	CHECK_EQ(virtual_ns, entry->deadline_ns); /* neither early nor late */
	fired_at[fired] = troupei_scheduler_now(worker->scheduler);
	troupei_store_release_64(&fired, fired + 1);
}

TEST(scheduler, virtual_days_pass_at_once)
{
	const struct scheduler_hooks days = { .run = task_run, .fire = fire_at, .worker_size = sizeof(struct worker) };
	const struct environment environment = {
		.now_ns = virtual_now, .sleep_until = virtual_sleep, .context = &virtual_ns, .seed = 7
	};
	virtual_ns = 12345;
	start_workers(&scheduler, &days, &environment, 1);
	CHECK_EQ(troupei_scheduler_now(&scheduler), 12345);
	tasks[0] = (struct task){ .turn = arm_days };
	troupei_scheduler_inject(&scheduler, &tasks[0].runnable);
	wait_for(&fired, TIMERS);
	settle_and_stop(&scheduler);
	for (int i = 0; i < TIMERS; i++)
		CHECK_EQ(fired_at[i], 12345 + (i + 1) * day + (TIMERS - 1 - i) % 2);
	CHECK_EQ(virtual_ns, fired_at[TIMERS - 1]);
}

/* ------------------------------------------------------------------------------------------------- no memory, no threads -- */

static uint64_t allocations, failing_one;

static bool fails_once(size_t size)
{
	(void)size;
	return allocations++ == failing_one;
}

/* Whichever allocation fails, nothing is left behind: a leak checker looks, and the next start is as good as the first. */
TEST(scheduler, start_without_memory)
{
	const struct environment environment = { .seed = 1 };
	enum scheduler_start outcome = SCHEDULER_NO_MEMORY;
	troupei_memory_fail_by(fails_once);
	for (failing_one = 0; outcome == SCHEDULER_NO_MEMORY && failing_one < ALLOCATIONS_MAX; failing_one++) {
		allocations = begun = 0;
		outcome = troupei_scheduler_start(&scheduler, &hooks, &environment, 3);
	}
	CHECK_EQ(outcome, SCHEDULER_STARTED);
	CHECK(failing_one >= 1 + 1 + 3); /* at least the workers and their array could fail */
	CHECK_EQ(begun, 3);
	troupei_memory_fail_by(NULL);
	CHECK(troupei_scheduler_reserve(&scheduler, 1));
	troupei_scheduler_inject(&scheduler, counting(0));
	settle_and_stop(&scheduler);
	CHECK_EQ(done, 1);
}

TEST(scheduler, reserve_without_memory)
{
	start(1);
	failing_one = 0;
	troupei_memory_fail_by(fails_once);
	CHECK(!troupei_scheduler_reserve(&scheduler, 100000));
	CHECK(troupei_scheduler_reserve(&scheduler, 100000));
	troupei_memory_fail_by(NULL);
	settle_and_stop(&scheduler);
}

/* The system's own, until some are made; then there are no more. */
static int threads_left = INT_MAX;

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*body)(void *), void *argument)
{
	int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
	void *found = dlsym(RTLD_NEXT, "pthread_create");
	memcpy(&real, &found, sizeof real);
	return threads_left-- > 0 ? real(thread, attributes, body, argument) : EAGAIN;
}

TEST(scheduler, start_without_threads)
{
	const struct environment environment = { .seed = 1 };
	for (int can = 0; can < 3; can++) {
		begun = 0;
		threads_left = can;
		CHECK_EQ(troupei_scheduler_start(&scheduler, &hooks, &environment, 3), SCHEDULER_NO_THREAD);
		CHECK_EQ(threads_left, -1);
	}
	threads_left = INT_MAX;
	start(3);
	settle_and_stop(&scheduler);
}
