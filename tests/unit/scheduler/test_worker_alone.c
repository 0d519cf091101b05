/* SPDX-License-Identifier: MIT */
/* A worker without a thread: the test runs its loop until a turn says stop, so that what it finds first is known to the entry. */
#include "crew.h"

#include "base/threads.h"

enum { TASKS = 5000 };

static struct scheduler scheduler;
static struct task tasks[TASKS];
static uint32_t turns;

static void note_turn(struct worker *worker, struct task *task)
{
	(void)worker, (void)task;
	turns++;
}

static struct runnable *task(uint32_t number, void (*turn)(struct worker *, struct task *), bool fresh)
{
	CHECK(number < TASKS);
	tasks[number].number = number;
	tasks[number].turn = turn;
	tasks[number].runnable.fresh = fresh;
	return &tasks[number].runnable;
}

static struct runnable *noted(uint32_t number)
{
	return task(number, note_turn, false);
}

static void stop_turn(struct worker *worker, struct task *task)
{
	note_turn(worker, task);
	troupei_store_release_32(&worker->scheduler->stop, 1);
}

static void put_in_ring(struct worker *worker, struct runnable *runnable)
{
	CHECK(ck_ring_enqueue_spmc(&worker->ring, worker->buffer, runnable));
}

/* Its loop, until a turn says stop. */
static void run_here(struct worker *worker)
{
	worker->scheduler->hooks.run = task_run;
	troupei_worker_main(worker);
	troupei_worker_current = NULL;
}

TEST(worker_alone, kept_one_publishes_though_it_is_alone)
{
	crew_init(&scheduler, 1);
	struct worker *worker = scheduler.workers[0];
	worker->lifo = noted(0);
	troupei_worker_publish(worker);
	CHECK(worker->lifo == &tasks[0].runnable);
	worker->kept = 1; /* a spare is about to come */
	troupei_worker_publish(worker);
	CHECK(worker->lifo == NULL);
	CHECK(crew_take(worker) == &tasks[0]);
	crew_fini(&scheduler);
}

TEST(worker_alone, fresh_one_does_not_age_into_a_full_ring)
{
	crew_init(&scheduler, 1);
	struct worker *worker = scheduler.workers[0];
	uint32_t n = 0;
	while (troupei_worker_ring_size(worker) < RING_CAPACITY - 1)
		put_in_ring(worker, noted(n++));
	CHECK(troupei_fresh_stack_push(&worker->fresh, task(n++, note_turn, true)));
	worker->lifo = worker->drained = task(n++, stop_turn, false); /* F5: before the ring, which stays full */
	worker->turns = AGING_TURNS - 1;
	run_here(worker);
	CHECK_EQ(turns, 1);
	CHECK_EQ(troupei_worker_ring_size(worker), RING_CAPACITY - 1);
	CHECK_EQ(troupei_fresh_stack_count(&worker->fresh), 1);
	crew_fini(&scheduler);
}

TEST(worker_alone, only_fresh_one_is_not_aged_after_it_is_taken)
{
	crew_init(&scheduler, 1);
	struct worker *worker = scheduler.workers[0];
	CHECK(troupei_fresh_stack_push(&worker->fresh, task(0, stop_turn, true)));
	worker->turns = AGING_TURNS - 1;
	run_here(worker);
	CHECK_EQ(turns, 1);
	CHECK_EQ(troupei_worker_ring_size(worker), 0);
	crew_fini(&scheduler);
}

static uint32_t choose_last(void *context, uint32_t choices)
{
	(void)context;
	return choices - 1;
}

/* The chooser's worker has a full ring and one in its slot: the slot waits until there is room. */
TEST(worker_alone, chosen_one_leaves_the_slot_alone_while_the_ring_is_full)
{
	crew_init(&scheduler, 1);
	struct worker *worker = scheduler.workers[0];
	scheduler.environment.choose = choose_last;
	uint32_t n = 0;
	while (troupei_worker_ring_size(worker) < RING_CAPACITY - 1)
		put_in_ring(worker, noted(n++));
	tasks[n - 1].turn = stop_turn; /* the last: the one that is chosen */
	worker->lifo = noted(n);
	run_here(worker);
	CHECK_EQ(turns, 1);
	CHECK(worker->lifo == &tasks[n].runnable);
	CHECK_EQ(troupei_worker_ring_size(worker), RING_CAPACITY - 2);
	crew_fini(&scheduler);
}

static struct runnable *offered[8];
static uint32_t offers;

static void see_offer(const void *to, void *runnable)
{
	CHECK(to == &scheduler && offers < 8);
	offered[offers++] = runnable;
}

TEST(worker_alone, offers_all_that_it_has_in_a_simulation)
{
	static const struct thread_seam seam = { .offer = see_offer };
	crew_init(&scheduler, 1);
	struct worker *worker = scheduler.workers[0];
	troupei_thread_seam = &seam;
	worker->lifo = noted(0);
	put_in_ring(worker, noted(1));
	troupei_worker_offer(worker);
	CHECK_EQ(offers, 2);
	put_in_ring(worker, noted(2)); /* nothing in the slot */
	CHECK(troupei_fresh_stack_push(&worker->fresh, task(3, note_turn, true)));
	troupei_worker_offer(worker);
	CHECK_EQ(offers, 4);
	for (uint32_t i = 0; i < offers; i++)
		CHECK(offered[i] == &tasks[i].runnable);
	troupei_thread_seam = NULL;
	crew_fini(&scheduler);
}

/* Looked at at the end of each slice of rest. */
static void (*during_rest)(void);

static uint64_t rest_is_over(const struct worker *worker)
{
	static uint64_t handled; /* the others are quick */

	(void)worker;
	if (during_rest != NULL)
		during_rest();
	during_rest = NULL;
	return handled += 1000000000;
}

static void inject_one(void)
{
	troupei_inject_queue_push(&scheduler.inject, task(0, stop_turn, false));
}

static void stop_all(void)
{
	troupei_store_release_32(&scheduler.stop, 1);
}

static void rest_until(void (*something)(void))
{
	crew_init(&scheduler, 2);
	scheduler.hooks.handled = rest_is_over;
	scheduler.workers[0]->pace = (struct pace){ .phase = PACE_RESTS, .rests_for = UINT64_MAX / 2 };
	during_rest = something;
	run_here(scheduler.workers[0]);
	CHECK(during_rest == NULL);
	crew_fini(&scheduler);
}

TEST(worker_alone, one_that_rests_takes_what_is_injected)
{
	rest_until(inject_one);
	CHECK_EQ(turns, 1);
}

TEST(worker_alone, one_that_rests_stops_with_all)
{
	rest_until(stop_all);
	CHECK_EQ(turns, 0);
}
