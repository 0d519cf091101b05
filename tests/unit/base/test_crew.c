/* SPDX-License-Identifier: MIT */
/* A crew: threads come with work and go without, nothing that is queued is lost, and stopping waits for what is under way. */
#include "base/crew.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "base/memory.h"
#include "support/testing.h"

enum { CALLERS = 4, CALLS = 2000 };

#define LONG INT64_C(60000000000)
#define SHORT INT64_C(1000000)

/* A queue of nothing but a count, and work that waits at a door. */
struct shop {
	struct crew crew;
	int queued;
	atomic_int working, done, shut, owned;
	bool refuses;
};

static void *take(struct crew *crew)
{
	struct shop *shop = (struct shop *)crew;
	return shop->queued > 0 ? (shop->queued--, shop) : NULL;
}

static void work(struct crew *crew, void *thing, void *own)
{
	struct shop *shop = thing;
	CHECK(&shop->crew == crew);
	CHECK(own == shop);
	atomic_fetch_add(&shop->working, 1);
	while (atomic_load(&shop->shut))
		nanosleep(&(struct timespec){ .tv_nsec = 100000 }, NULL);
	atomic_fetch_sub(&shop->working, 1);
	atomic_fetch_add(&shop->done, 1);
}

static void *make(struct crew *crew)
{
	struct shop *shop = (struct shop *)crew;
	if (shop->refuses)
		return NULL;
	atomic_fetch_add(&shop->owned, 1);
	return shop;
}

static void drop(struct crew *crew, void *own)
{
	CHECK(own == crew);
	atomic_fetch_sub(&((struct shop *)crew)->owned, 1);
}

static struct shop shop;
static const struct crew_hooks hooks = { .take = take, .work = work, .make = make, .drop = drop };

static void shop_open(uint32_t min, uint32_t max, int64_t idle_ns)
{
	troupei_crew_init(&shop.crew, &hooks);
	pthread_mutex_lock(&shop.crew.lock);
	CHECK(troupei_crew_open(&shop.crew, min, max, idle_ns));
	CHECK_EQ(shop.crew.threads, min);
	pthread_mutex_unlock(&shop.crew.lock);
}

static bool call(void)
{
	pthread_mutex_lock(&shop.crew.lock);
	shop.queued++;
	bool done = troupei_crew_call(&shop.crew);
	pthread_mutex_unlock(&shop.crew.lock);
	return done;
}

static uint32_t threads(void)
{
	pthread_mutex_lock(&shop.crew.lock);
	uint32_t count = shop.crew.threads;
	pthread_mutex_unlock(&shop.crew.lock);
	return count;
}

static void await(atomic_int *count, int value)
{
	while (atomic_load(count) != value)
		nanosleep(&(struct timespec){ .tv_nsec = 100000 }, NULL);
}

static bool stop(int64_t within_ns)
{
	pthread_mutex_lock(&shop.crew.lock);
	bool done = troupei_crew_stop(&shop.crew, troupei_deadline_in(within_ns));
	pthread_mutex_unlock(&shop.crew.lock);
	return done;
}

static void shop_close(void)
{
	CHECK(stop(0));
	CHECK_EQ(shop.owned, 0);
	CHECK_EQ(shop.queued, 0);
	troupei_crew_fini(&shop.crew);
}

TEST(crew, grows_to_its_limit_and_no_further)
{
	shop.shut = 1;
	shop_open(0, 3, LONG);
	for (int i = 0; i < 5; i++)
		CHECK(call());
	await(&shop.working, 3);
	CHECK_EQ(threads(), 3);
	shop.shut = 0;
	await(&shop.done, 5);
	shop_close();
}

TEST(crew, an_idle_thread_is_used_before_another_is_made)
{
	shop_open(1, 8, LONG);
	for (int i = 0; i < 20; i++) {
		uint32_t idle = 0;
		while (idle == 0) { /* it waits */
			pthread_mutex_lock(&shop.crew.lock);
			idle = shop.crew.idle;
			pthread_mutex_unlock(&shop.crew.lock);
		}
		CHECK(call());
		await(&shop.done, i + 1);
	}
	CHECK_EQ(threads(), 1);
	shop_close();
}

TEST(crew, surplus_threads_end_when_idle)
{
	shop.shut = 1;
	shop_open(1, 4, SHORT);
	for (int i = 0; i < 4; i++)
		CHECK(call());
	await(&shop.working, 4);
	shop.shut = 0;
	await(&shop.done, 4); /* or one would see the door only when it is shut again */
	while (threads() > 1)
		nanosleep(&(struct timespec){ .tv_nsec = 100000 }, NULL);
	CHECK_EQ(shop.owned, 1);
	shop.shut = 1;
	CHECK(call() && call()); /* and come again */
	await(&shop.working, 2);
	shop.shut = 0;
	shop_close();
}

/* However long: here a hundred times as long as a surplus one waits. */
TEST(crew, those_that_it_has_at_least_do_not_end)
{
	shop_open(2, 4, SHORT);
	CHECK(call());
	await(&shop.done, 1);
	nanosleep(&(struct timespec){ .tv_nsec = 100 * SHORT }, NULL);
	CHECK_EQ(threads(), 2);
	shop_close();
}

TEST(crew, stop_does_what_is_queued_first)
{
	shop.shut = 1;
	shop_open(0, 1, LONG);
	for (int i = 0; i < 10; i++)
		CHECK(call());
	await(&shop.working, 1);
	CHECK(!stop(SHORT)); /* one is at its work */
	shop.shut = 0;
	shop_close();
	CHECK_EQ(shop.done, 10);
}

TEST(crew, opens_again_after_a_stop)
{
	shop_open(1, 2, LONG);
	CHECK(stop(0));
	pthread_mutex_lock(&shop.crew.lock);
	CHECK(troupei_crew_open(&shop.crew, 1, 2, LONG));
	pthread_mutex_unlock(&shop.crew.lock);
	CHECK(call());
	await(&shop.done, 1);
	shop_close();
}

TEST(crew, no_thread_is_an_error_only_when_there_is_none)
{
	shop_open(0, 2, LONG);
	shop.refuses = true;
	CHECK(!call());
	shop.queued = 0;
	shop.refuses = false;
	shop.shut = 1;
	CHECK(call());
	await(&shop.working, 1);
	shop.refuses = true;
	CHECK(call()); /* the one there is does it later */
	CHECK_EQ(threads(), 1);
	shop.shut = 0;
	await(&shop.done, 2);
	shop_close();
}

static bool fails(size_t size)
{
	(void)size;
	return true;
}

TEST(crew, no_memory_for_a_thread)
{
	shop_open(0, 2, LONG);
	troupei_memory_fail_by(fails);
	CHECK(!call());
	pthread_mutex_lock(&shop.crew.lock);
	CHECK(!troupei_crew_open(&shop.crew, 1, 2, LONG));
	pthread_mutex_unlock(&shop.crew.lock);
	troupei_memory_fail_by(NULL);
	shop.queued = 0;
	CHECK(call());
	await(&shop.done, 1);
	shop_close();
}

static void *call_often(void *nothing)
{
	for (int i = 0; i < CALLS; i++)
		CHECK(call());
	return nothing;
}

TEST(crew, loses_nothing_that_several_threads_queue)
{
	pthread_t callers[CALLERS];
	shop_open(0, 3, 1); /* threads come and go all the time */
	for (int i = 0; i < CALLERS; i++)
		CHECK_OK(pthread_create(&callers[i], NULL, call_often, NULL));
	for (int i = 0; i < CALLERS; i++)
		CHECK_OK(pthread_join(callers[i], NULL));
	await(&shop.done, CALLERS * CALLS);
	shop_close();
}

TEST(crew, a_deadline_is_far_enough)
{
	CHECK_EQ(troupei_deadline_in(0), INT64_MAX);
	CHECK_EQ(troupei_deadline_in(INT64_MAX), INT64_MAX);
	int64_t first = troupei_deadline_in(SHORT);
	pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	pthread_cond_t cond;
	troupei_cond_init(&cond);
	pthread_mutex_lock(&lock);
	while (troupei_cond_wait(&cond, &lock, first))
		;
	pthread_mutex_unlock(&lock);
	CHECK(troupei_deadline_in(SHORT) - SHORT >= first); /* not early */
	pthread_cond_destroy(&cond);
}
