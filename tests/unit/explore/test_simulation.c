/* SPDX-License-Identifier: MIT */
#include "simulated.h"

#include <setjmp.h>

#include "base/clock.h"

static jmp_buf left;

static void leave(void)
{
	longjmp(left, 1);
}

TEST(simulation, the_same_seed_is_the_same_run)
{
	uint64_t hashes[3];

	for (int run = 0; run < 3; run++) {
		simulate(troupei_random_walk(), run < 2 ? 1 : 2, NULL);
		CHECK_EQ(run_notes(50).handled, 50);
		simulation_over();
		hashes[run] = simulated_trace.hash;
	}
	CHECK_EQ(hashes[0], hashes[1]);
	CHECK(hashes[0] != hashes[2]);
}

TEST(simulation, where_nobody_can_go_on_it_fails)
{
	pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	pthread_cond_t never = PTHREAD_COND_INITIALIZER;

	troupei_simulation_leave = leave;
	if (setjmp(left) == 0) {
		simulate(troupei_random_walk(), 1, NULL);
		pthread_mutex_lock(&lock);
		troupei_cond_wait(&never, &lock, INT64_MAX);
		CHECK(false);
	}
	CHECK_EQ(simulated_trace.finding, FINDING_STUCK);
	simulation_over();
}

TEST(simulation, a_run_that_does_not_end_fails)
{
	static const struct simulation limits = { .steps_max = 100 };
	static volatile int points;

	troupei_simulation_leave = leave;
	if (setjmp(left) == 0) {
		simulate(troupei_random_walk(), 1, &limits);
		for (;; points++)
			troupei_point(NULL);
	}
	CHECK_EQ(simulated_trace.finding, FINDING_ENDLESS);
	CHECK_EQ(points, 100);
	simulation_over();
}

static void *wait_a_moment(void *argument)
{
	troupei_thread_nap(1);
	return argument;
}

TEST(simulation, a_thread_of_its_own_is_no_worker_that_was_left)
{
	pthread_t thread;
	troupe_system system;

	simulate(troupei_random_walk(), 1, NULL);
	CHECK_EQ(troupei_thread_create(&thread, wait_a_moment, NULL), 0);
	CHECK(!troupei_simulation_has_workers());
	CHECK_OK(troupe_start(NULL, &system));
	CHECK(troupei_simulation_has_workers());
	CHECK_OK(troupe_finish(system, 0));
	CHECK(!troupei_simulation_has_workers());
	CHECK(troupei_thread_join(thread, INT64_MAX));
	simulation_over();
}

/* Workers between two actors are nobody's choice (X6). */
TEST(simulation, where_only_one_can_do_something_there_is_no_choice)
{
	simulate(troupei_random_walk(), 1, NULL);
	CHECK_EQ(run_notes(1).handled, 1);
	simulation_over();
	CHECK_EQ(simulated_trace.choice_count, 0);
	CHECK(simulated_trace.steps > 0);
}

TEST(simulation, a_system_without_free_workers_is_crowded)
{
	struct runnable *ready[1] = { NULL };
	struct shop shop = { .ready = ready, .count = 1, .free = 1 };

	troupei_simulation = (struct simulation){ .shops = &shop, .shop_count = 1 };
	CHECK(!troupei_simulation_is_crowded());
	shop.free = 0;
	CHECK(troupei_simulation_is_crowded());
	shop.count = 0;
	CHECK(!troupei_simulation_is_crowded());
}
