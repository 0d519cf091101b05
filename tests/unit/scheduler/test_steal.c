/* SPDX-License-Identifier: MIT */
/* How much is taken from whom, moved by hand in a crew without threads; then several thieves at one owner's ring. */
#include "crew.h"

#include "base/clock.h"

enum { WORKERS = 4, TASKS = RING_CAPACITY, THIEVES = 3, MANY = 60000, THEFTS = 300 };

static struct scheduler scheduler;
static struct task tasks[TASKS];

/* Those from @p first on go to the ring of @p index. */
static void fill(uint32_t index, uint32_t first, uint32_t count)
{
	struct worker *worker = scheduler.workers[index];
	for (uint32_t i = first; i < first + count; i++)
		CHECK(ck_ring_enqueue_spmc(&worker->ring, worker->buffer, &tasks[i].runnable));
}

static void check_ring(uint32_t index, uint32_t first, uint32_t count)
{
	CHECK_EQ(troupei_worker_ring_size(scheduler.workers[index]), count);
	for (uint32_t i = first; i < first + count; i++)
		CHECK(crew_take(scheduler.workers[index]) == &tasks[i]);
}

static struct task *steal(uint32_t thief)
{
	return (struct task *)troupei_worker_steal(scheduler.workers[thief]);
}

/* One to run and half of the rest, the oldest. */
TEST(steal, takes_the_older_half)
{
	for (uint32_t count = 1; count < 300; count++) {
		crew_init(&scheduler, 2);
		fill(1, 0, count);
		CHECK(steal(0) == &tasks[0]);
		CHECK_EQ(scheduler.workers[0]->steals, 1);
		check_ring(0, 1, (count - 1) / 2);
		check_ring(1, 1 + (count - 1) / 2, (count - 1) - (count - 1) / 2);
		crew_fini(&scheduler);
	}
}

TEST(steal, takes_half_of_a_full_ring)
{
	crew_init(&scheduler, 2);
	fill(1, 0, RING_CAPACITY - 1);
	CHECK(steal(0) == &tasks[0]);
	check_ring(0, 1, RING_CAPACITY / 2 - 1);
	crew_fini(&scheduler);
}

/* What the thief has no room for stays where it is. */
TEST(steal, moves_no_more_than_there_is_room_for)
{
	crew_init(&scheduler, 2);
	fill(0, 0, RING_CAPACITY - 11);
	fill(1, 0, 1001);
	CHECK(steal(0) == &tasks[0]);
	CHECK_EQ(troupei_worker_ring_size(scheduler.workers[0]), RING_CAPACITY - 1);
	check_ring(1, 11, 990);
	crew_fini(&scheduler);
}

TEST(steal, nothing_where_nothing_is)
{
	for (uint32_t workers = 1; workers <= WORKERS; workers++) {
		crew_init(&scheduler, workers);
		for (uint32_t i = 0; i < workers; i++)
			CHECK(steal(i) == NULL);
		CHECK_EQ(scheduler.workers[0]->steals, 0);
		crew_fini(&scheduler);
	}
}

TEST(steal, nobody_steals_from_himself)
{
	crew_init(&scheduler, WORKERS);
	fill(2, 0, 10);
	for (int i = 0; i < 20; i++)
		CHECK(steal(2) == NULL);
	check_ring(2, 0, 10);
	crew_fini(&scheduler);
}

/* Whoever has the only work is found, wherever the search begins. */
TEST(steal, every_victim_is_looked_at)
{
	crew_init(&scheduler, WORKERS);
	for (uint32_t round = 0; round < 20; round++)
		for (uint32_t victim = 1; victim < WORKERS; victim++) {
			fill(victim, victim, 1);
			scheduler.workers[victim]->turns = round * WORKERS + victim;
			CHECK(steal(0) == &tasks[victim]);
		}
	crew_fini(&scheduler);
}

/* All victims are robbed, not always the same one. */
TEST(steal, search_begins_anywhere)
{
	uint32_t robbed[WORKERS] = { 0 };
	crew_init(&scheduler, WORKERS);
	for (uint32_t round = 0; round < THEFTS; round++) {
		for (uint32_t victim = 1; victim < WORKERS; victim++) {
			scheduler.workers[victim]->turns++;
			if (troupei_worker_ring_size(scheduler.workers[victim]) == 0)
				fill(victim, victim, 1);
		}
		robbed[steal(0) - tasks]++;
	}
	for (uint32_t victim = 1; victim < WORKERS; victim++)
		CHECK(robbed[victim] > THEFTS / WORKERS / 2);
	crew_fini(&scheduler);
}

/* Two thefts are a gap apart if the victim's queue does not move. */
TEST(steal, thief_is_not_faster_than_its_victim)
{
	crew_init(&scheduler, 2);
	scheduler.workers[1]->turns = 1;
	for (int i = 0; i < 50; i++) {
		uint64_t from = scheduler.workers[0]->stole_at;
		fill(1, 0, 1);
		CHECK(steal(0) == &tasks[0]);
		CHECK(from == 0 || troupei_clock_ticks() - from >= troupei_clock_ticks_in(40000));
	}
	crew_fini(&scheduler);
}

/* If it does, the thief does not wait: of many thefts at least one follows at once. */
TEST(steal, thief_does_not_wait_for_a_victim_that_moves)
{
	bool at_once = false;
	crew_init(&scheduler, 2);
	for (int i = 0; i < THEFTS; i++) {
		uint64_t from = scheduler.workers[0]->stole_at;
		fill(1, 0, 1);
		scheduler.workers[1]->turns++;
		CHECK(steal(0) == &tasks[0]);
		at_once |= from != 0 && scheduler.workers[0]->stole_at - from < troupei_clock_ticks_in(40000);
	}
	CHECK(at_once);
	crew_fini(&scheduler);
}

/* ---------------------------------------------------------------------------------------------------------- balance -- */

/* F2: a neighbour with more than twice as much gives half of the difference, from its oldest. */
static void check_balance(uint32_t mine, uint32_t theirs, uint32_t moved)
{
	crew_init(&scheduler, 3);
	fill(1, TASKS - mine, mine);
	fill(2, 0, theirs);
	troupei_worker_balance(scheduler.workers[1]);
	CHECK_EQ(scheduler.workers[1]->steals, moved > 0);
	CHECK_EQ(troupei_worker_ring_size(scheduler.workers[1]), mine + moved);
	check_ring(2, moved, theirs - moved);
	check_ring(0, 0, 0);
	for (uint32_t i = 0; i < mine; i++)
		CHECK(crew_take(scheduler.workers[1]) == &tasks[TASKS - mine + i]);
	check_ring(1, 0, moved);
	crew_fini(&scheduler);
}

TEST(steal, balance_takes_half_of_the_difference)
{
	check_balance(0, 8, 4);
	check_balance(0, 9, 4);
	check_balance(10, 21, 5);
	check_balance(10, 110, 50);
	check_balance(0, RING_CAPACITY - 1, RING_CAPACITY / 2 - 1);
	check_balance(2000, RING_CAPACITY - 1, (RING_CAPACITY - 1 - 2000) / 2);
}

TEST(steal, balance_leaves_what_is_balanced)
{
	check_balance(0, 0, 0);
	check_balance(0, 7, 0); /* so few run soon */
	check_balance(4, 8, 0);
	check_balance(10, 20, 0);
	check_balance(20, 10, 0);
	check_balance(2048, RING_CAPACITY - 1, 0);
}

/* ---------------------------------------------------------------------------------------------------- several threads -- */

static uint32_t taken[MANY];
static struct task many[MANY];
static uint64_t left = MANY;

static void take_task(struct task *task)
{
	troupei_add_full_32(&taken[task - many], 1);
	troupei_add_full_64(&left, (uint64_t)-1);
}

static void *steal_all(void *worker)
{
	struct task *task;
	while (troupei_load_relaxed_64(&left) > 0) {
		if ((task = (struct task *)troupei_worker_steal(worker)) != NULL)
			take_task(task);
		if ((task = crew_take(worker)) != NULL)
			take_task(task);
		if (troupei_load_relaxed_64(&left) % 64 == 0)
			sched_yield();
	}
	return NULL;
}

/* Thieves rob the owner and each other: each task is taken by exactly one. */
TEST(steal, several_thieves_lose_nothing)
{
	pthread_t thieves[THIEVES];
	crew_init(&scheduler, THIEVES + 1);
	for (int i = 0; i < THIEVES; i++)
		CHECK_OK(pthread_create(&thieves[i], NULL, steal_all, scheduler.workers[i + 1]));
	struct worker *owner = scheduler.workers[0];
	for (uint32_t i = 0; i < MANY; i++) {
		while (!ck_ring_enqueue_spmc(&owner->ring, owner->buffer, &many[i].runnable))
			sched_yield();
		troupei_count_own_64(&owner->turns, 1);
		struct task *task = i % 3 == 0 ? crew_take(owner) : NULL;
		if (task != NULL)
			take_task(task);
	}
	for (int i = 0; i < THIEVES; i++)
		CHECK_OK(pthread_join(thieves[i], NULL));
	for (uint32_t i = 0; i < MANY; i++)
		CHECK_EQ(taken[i], 1);
	crew_fini(&scheduler);
}

/* Nor after one that never ran, which brings work of its own: of many thefts at least one follows at once. */
TEST(steal, thief_does_not_wait_after_a_fresh_one)
{
	bool at_once = false;
	crew_init(&scheduler, 2);
	scheduler.workers[1]->turns = 1;
	tasks[0].runnable.fresh = 1;
	fill(1, 0, 1);
	CHECK(steal(0) == &tasks[0]);
	for (int i = 0; i < THEFTS; i++) {
		uint64_t from = troupei_clock_ticks();
		fill(1, 0, 1);
		CHECK(steal(0) == &tasks[0]);
		at_once |= troupei_clock_ticks() - from < troupei_clock_ticks_in(40000);
	}
	CHECK(at_once);
	crew_fini(&scheduler);
}
