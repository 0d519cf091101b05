/* SPDX-License-Identifier: MIT */
/* Workers on call: P1 to P4. */
#include "scheduler/spare.h"

#include "base/memory.h"
#include "crew.h"

enum { TASKS = 200, ROUNDS = 200, FRESH = 300 };

static struct scheduler scheduler;
static struct task tasks[TASKS], keepers[4];
static uint64_t done, kept, released;

static void count_turn(struct worker *worker, struct task *task)
{
	(void)worker;
	task->turns++;
	troupei_add_full_64(&done, 1);
}

/* Keeps its worker until it is released. */
static void keep_turn(struct worker *worker, struct task *task)
{
	(void)worker, (void)task;
	troupei_add_full_64(&kept, 1);
	wait_for(&released, 1);
}

static void start(uint32_t workers)
{
	static const struct scheduler_hooks hooks = { .run = task_run, .worker_size = sizeof(struct worker) };

	done = kept = released = 0;
	start_workers(&scheduler, &hooks, NULL, workers);
}

static void keep_all(uint32_t workers)
{
	troupei_store_release_64(&released, 0);
	kept = 0;
	for (uint32_t i = 0; i < workers; i++) {
		keepers[i] = (struct task){ .turn = keep_turn };
		troupei_scheduler_inject(&scheduler, &keepers[i].runnable);
	}
	wait_for(&kept, workers);
}

static void inject_all(void)
{
	done = 0;
	for (uint32_t i = 0; i < TASKS; i++) {
		tasks[i] = (struct task){ .turn = count_turn };
		troupei_scheduler_inject(&scheduler, &tasks[i].runnable);
	}
}

static void check_ran_once(void)
{
	for (uint32_t i = 0; i < TASKS; i++)
		CHECK_EQ(tasks[i].turns, 1);
}

static void release(void)
{
	troupei_store_release_64(&released, 1);
}

TEST(spare, runs_what_the_others_cannot)
{
	for (uint32_t workers = 1; workers <= 3; workers++) {
		start(workers);
		keep_all(workers);
		CHECK_EQ(troupei_spare_count(&scheduler), 0);
		CHECK(troupei_spare_call(&scheduler));
		CHECK_EQ(troupei_spare_count(&scheduler), 1);
		inject_all();
		wait_for(&done, TASKS);
		check_ran_once();
		CHECK(!troupei_scheduler_is_quiet(&scheduler));
		release();
		settle(&scheduler); /* on duty */
		troupei_spare_dismiss(&scheduler);
		settle_and_stop(&scheduler);
	}
}

TEST(spare, is_called_again_and_not_made_anew)
{
	start(1);
	for (int i = 0; i < 20; i++) {
		keep_all(1);
		while (!troupei_spare_call(&scheduler)) /* it may still be on its way off duty */
			sched_yield();
		inject_all();
		wait_for(&done, TASKS);
		release();
		settle(&scheduler);
		troupei_spare_dismiss(&scheduler);
		CHECK_EQ(troupei_spare_count(&scheduler), 0);
		settle(&scheduler);
	}
	CHECK_EQ(troupei_scheduler_workers(&scheduler), 2);
	settle_and_stop(&scheduler);
}

TEST(spare, off_duty_leaves_work_to_the_others)
{
	start(1);
	keep_all(1);
	CHECK(troupei_spare_call(&scheduler));
	troupei_spare_dismiss(&scheduler);
	while ((troupei_load_acquire_64(&scheduler.idle.retired[0]) & 2) == 0)
		sched_yield();
	inject_all();
	CHECK_EQ(troupei_load_acquire_64(&done), 0);
	release();
	settle(&scheduler);
	check_ran_once();
	CHECK_EQ(done, TASKS);
	settle_and_stop(&scheduler);
}

TEST(spare, there_are_as_many_as_workers)
{
	start(2);
	CHECK(troupei_spare_call(&scheduler));
	CHECK(troupei_spare_call(&scheduler));
	CHECK(!troupei_spare_call(&scheduler));
	CHECK_EQ(troupei_spare_count(&scheduler), 2);
	inject_all();
	settle_and_stop(&scheduler);
	check_ran_once();
}

static bool fail_always(size_t size)
{
	(void)size;
	return true;
}

TEST(spare, cannot_be_made_without_memory)
{
	start(1);
	settle(&scheduler);
	troupei_memory_fail_by(fail_always);
	CHECK(!troupei_spare_call(&scheduler));
	troupei_memory_fail_by(NULL);
	CHECK_EQ(troupei_scheduler_workers(&scheduler), 1);
	CHECK(troupei_spare_call(&scheduler));
	settle_and_stop(&scheduler);
}

/* Comes and goes while there is work: nothing is lost, and quiet is quiet. */
TEST(spare, comes_and_goes_in_the_midst_of_work)
{
	start(2);
	for (int i = 0; i < ROUNDS; i++) {
		inject_all();
		bool came = troupei_spare_call(&scheduler);
		if (i % 3 == 0)
			sched_yield();
		if (came)
			troupei_spare_dismiss(&scheduler);
		if (i % 2 == 0)
			troupei_spare_poke(&scheduler);
		settle(&scheduler);
		CHECK_EQ(done, TASKS);
		check_ran_once();
	}
	settle_and_stop(&scheduler);
}

/* ----------------------------------------------------------------------------------------------------------- exposing -- */

TEST(spare, exposed_work_can_be_taken_by_others)
{
	static struct task fresh[FRESH];
	struct task last = { .number = 1 };
	void *runnable;
	uint32_t count = 0;
	crew_init(&scheduler, 2);
	struct worker *worker = scheduler.workers[0];
	for (int i = 0; i < FRESH; i++)
		CHECK(troupei_fresh_stack_push(&worker->fresh, &fresh[i].runnable));
	worker->lifo = &last.runnable;
	troupei_worker_expose(worker);
	CHECK(worker->lifo == NULL);
	CHECK_EQ(troupei_fresh_stack_count(&worker->fresh), 0);
	CHECK_EQ(worker->kept, 1);
	while (ck_ring_dequeue_spmc(&worker->ring, worker->buffer, &runnable))
		CHECK(count++ > 0 || runnable == &last.runnable);
	CHECK_EQ(count, FRESH + 1);
	crew_fini(&scheduler);
}

TEST(spare, what_the_ring_has_no_room_for_is_injected)
{
	struct task filler, last;
	struct runnable *out;
	crew_init(&scheduler, 1);
	struct worker *worker = scheduler.workers[0];
	while (ck_ring_enqueue_spmc(&worker->ring, worker->buffer, &filler.runnable))
		;
	worker->lifo = &last.runnable;
	troupei_worker_expose(worker);
	CHECK_EQ(troupei_inject_queue_pop(&scheduler.inject, &out, 1), 1);
	CHECK(out == &last.runnable);
	crew_fini(&scheduler);
}

/* ------------------------------------------------------------------------------------------------------- going off duty -- */

TEST(spare, nobody_is_dismissed_when_none_is_on_duty)
{
	start(1);
	troupei_spare_dismiss(&scheduler);
	CHECK_EQ(troupei_spare_count(&scheduler), 0);
	keep_all(1);
	CHECK(troupei_spare_call(&scheduler));
	troupei_spare_dismiss(&scheduler);
	troupei_spare_dismiss(&scheduler);
	CHECK_EQ(troupei_spare_count(&scheduler), 0);
	release();
	settle_and_stop(&scheduler);
}

static uint64_t filled, dismissed;

/* On the spare: it is dismissed while it has something in its ring, which nobody else can take meanwhile. */
static void fill_ring_turn(struct worker *worker, struct task *task)
{
	(void)task;
	for (uint32_t i = 0; i < TASKS; i++) {
		tasks[i] = (struct task){ .turn = count_turn };
		troupei_worker_queue(worker, &tasks[i].runnable);
	}
	troupei_add_full_64(&filled, 1);
	wait_for(&dismissed, 1);
}

TEST(spare, what_its_ring_holds_when_it_goes_is_run_by_others)
{
	struct task filler = { .turn = fill_ring_turn };
	start(1);
	keep_all(1);
	CHECK(troupei_spare_call(&scheduler));
	troupei_scheduler_inject(&scheduler, &filler.runnable);
	wait_for(&filled, 1);
	troupei_spare_dismiss(&scheduler);
	troupei_store_release_64(&dismissed, 1);
	release();
	settle(&scheduler);
	CHECK_EQ(done, TASKS);
	check_ran_once();
	settle_and_stop(&scheduler);
}

/* ------------------------------------------------------------------------------------------------------------ resting -- */

static void *take_up_when_it_rests(void *unused)
{
	struct idle_set *idle = &scheduler.idle;
	(void)unused;
	while ((troupei_load_acquire_64(&idle->retired[0]) & 2) == 0)
		sched_yield();
	troupei_idle_set_unretire(idle, 1);
	troupei_parker_wake(&scheduler.workers[1]->parker);
	return NULL;
}

/* Who looks whether all sleep counts parks; users see the number. */
TEST(spare, a_rest_counts_as_one_park)
{
	pthread_t caller;
	crew_init(&scheduler, 2);
	CHECK_OK(pthread_create(&caller, NULL, take_up_when_it_rests, NULL));
	CHECK(troupei_spare_rest(scheduler.workers[1]));
	CHECK_OK(pthread_join(caller, NULL));
	CHECK_EQ(scheduler.workers[1]->parks, 1);
	crew_fini(&scheduler);
}

TEST(spare, there_may_be_one_for_each_of_many_workers)
{
	start(100);
	CHECK_EQ(scheduler.worker_limit, 200);
	settle_and_stop(&scheduler);
}
