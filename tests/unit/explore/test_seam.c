/* SPDX-License-Identifier: MIT */
#include "simulated.h"

#include "base/clock.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int order[4], came;

static void *come(void *argument)
{
	int number = (int)(intptr_t)argument;

	troupei_thread_nap(number * INT64_C(1000000000));
	pthread_mutex_lock(&lock);
	order[came++] = number;
	troupei_cond_signal(&changed);
	pthread_mutex_unlock(&lock);
	return NULL;
}

TEST(seam, time_is_virtual_and_goes_to_the_next_deadline)
{
	pthread_t threads[3];
	int64_t real = troupei_clock_ns();

	simulate(troupei_random_walk(), 1, NULL);
	int64_t began = troupei_clock_ns();
	for (intptr_t i = 0; i < 3; i++)
		CHECK_EQ(troupei_thread_create(&threads[i], come, (void *)(3 - i)), 0);
	pthread_mutex_lock(&lock);
	while (came < 3)
		CHECK(troupei_cond_wait(&changed, &lock, INT64_MAX));
	pthread_mutex_unlock(&lock);
	for (int i = 0; i < 3; i++)
		CHECK(troupei_thread_join(threads[i], INT64_MAX));
	int64_t took = troupei_clock_ns() - began;
	simulation_over();
	CHECK(order[0] == 1 && order[1] == 2 && order[2] == 3);
	CHECK(took >= INT64_C(3000000000) && took < INT64_C(3001000000));
	CHECK(troupei_clock_ns() - real < INT64_C(30000000000));
}

TEST(seam, a_wait_ends_by_its_deadline)
{
	pthread_t thread;

	simulate(troupei_random_walk(), 1, NULL);
	pthread_mutex_lock(&lock);
	CHECK(!troupei_cond_wait(&changed, &lock, troupei_clock_ns() + 1000));
	pthread_mutex_unlock(&lock);
	CHECK_EQ(troupei_thread_create(&thread, come, (void *)(intptr_t)1), 0);
	CHECK(!troupei_thread_join(thread, troupei_clock_ns() + 1000));
	CHECK(troupei_thread_join(thread, INT64_MAX));
	CHECK(troupei_thread_join(thread, INT64_MAX)); /* it is over: there is nothing to wait for */
	simulation_over();
}

static void *stop_often(void *argument)
{
	for (int i = 0; i < 3; i++) {
		order[i] = *(int *)argument;
		troupei_point(NULL);
	}
	return NULL;
}

TEST(seam, others_may_go_on_at_a_point)
{
	static const uint32_t units[] = { 2, 0, 2, 0, 2 };
	pthread_t thread;
	int said = 1;

	simulate(troupei_replay(units, 5), 1, NULL);
	CHECK_EQ(troupei_thread_create(&thread, stop_often, &said), 0);
	troupei_point(NULL); /* it goes on, then we, in turn */
	CHECK_EQ(order[0], 1);
	said = 2;
	troupei_point(NULL);
	CHECK_EQ(order[1], 2);
	CHECK(troupei_thread_join(thread, INT64_MAX));
	simulation_over();
}
