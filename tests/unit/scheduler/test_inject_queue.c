/* SPDX-License-Identifier: MIT */
/* The inject queue: first in first out round its corner, room that was reserved, and several threads at both ends. */
#include "scheduler/inject_queue.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>

#include "base/memory.h"
#include "support/testing.h"

enum { PUSHERS = 3, POPPERS = 2, EACH = 20000, ROOM = 1024, BATCH = 64 };

struct thing {
	struct runnable runnable;
	uint32_t pusher, number;
	uint32_t popped;
};

static struct thing things[PUSHERS][EACH];
static struct inject_queue queue;

static void push(size_t number)
{
	troupei_inject_queue_push(&queue, &things[0][number].runnable);
}

/* The next @p n are those from @p first on. */
static void check_pop(size_t first, size_t n)
{
	struct runnable *out[ROOM * 4];
	CHECK_EQ(troupei_inject_queue_pop(&queue, out, n), n);
	for (size_t i = 0; i < n; i++)
		CHECK(out[i] == &things[0][first + i].runnable);
}

static void check_empty(void)
{
	struct runnable *out[1];
	CHECK(troupei_inject_queue_is_empty(&queue));
	CHECK_EQ(troupei_inject_queue_pop(&queue, out, 1), 0);
}

static void begin(size_t room)
{
	troupei_inject_queue_init(&queue);
	check_empty();
	CHECK(troupei_inject_queue_reserve(&queue, room));
	check_empty();
}

TEST(inject_queue, may_end_unused)
{
	troupei_inject_queue_init(&queue);
	troupei_inject_queue_fini(&queue);
}

TEST(inject_queue, first_in_first_out)
{
	begin(1);
	push(0);
	CHECK(!troupei_inject_queue_is_empty(&queue));
	check_pop(0, 1);
	check_empty();
	for (size_t i = 0; i < 10; i++)
		push(i);
	check_pop(0, 3);
	check_pop(3, 1);
	check_pop(4, 6);
	check_empty();
	troupei_inject_queue_fini(&queue);
}

TEST(inject_queue, pop_takes_what_there_is)
{
	struct runnable *out[BATCH];
	begin(1);
	for (size_t i = 0; i < 5; i++)
		push(i);
	CHECK_EQ(troupei_inject_queue_pop(&queue, out, 0), 0);
	CHECK_EQ(troupei_inject_queue_pop(&queue, out, BATCH), 5);
	CHECK(out[4] == &things[0][4].runnable);
	check_empty();
	troupei_inject_queue_fini(&queue);
}

/* Full to the last place, and round the corner at every place. */
TEST(inject_queue, full_at_every_place)
{
	begin(ROOM);
	size_t capacity = queue.capacity;
	CHECK(capacity >= ROOM && capacity <= 2 * ROOM);
	for (size_t turn = 0; turn < 40; turn++) {
		push(0);
		for (size_t i = 1; i < capacity; i++)
			push(i);
		CHECK_EQ(queue.count, capacity);
		check_pop(0, capacity - 1);
		for (size_t i = 0; i < 37; i++) /* so that it does not become empty, and first moves on */
			push(i);
		check_pop(capacity - 1, 1);
		check_pop(0, 37);
		check_empty();
	}
	troupei_inject_queue_fini(&queue);
}

TEST(inject_queue, grows_round_the_corner_in_order)
{
	begin(ROOM);
	for (size_t i = 0; i < ROOM; i++)
		push(i);
	check_pop(0, 700);
	for (size_t i = ROOM; i < ROOM + 700; i++)
		push(i);
	CHECK(troupei_inject_queue_reserve(&queue, 3 * ROOM));
	for (size_t i = ROOM + 700; i < 3 * ROOM + 700; i++)
		push(i);
	check_pop(700, 3 * ROOM);
	check_empty();
	troupei_inject_queue_fini(&queue);
}

static unsigned calls;

static bool always(size_t size)
{
	(void)size;
	calls++;
	return true;
}

TEST(inject_queue, no_memory_changes_nothing)
{
	troupei_inject_queue_init(&queue);
	troupei_memory_fail_by(always);
	CHECK(!troupei_inject_queue_reserve(&queue, 1));
	troupei_memory_fail_by(NULL);
	CHECK(troupei_inject_queue_reserve(&queue, 1));
	for (size_t i = 0; i < ROOM; i++)
		push(i);
	troupei_memory_fail_by(always);
	CHECK(!troupei_inject_queue_reserve(&queue, ROOM + 1));
	check_pop(0, 500);
	for (size_t i = 0; i < 500; i++)
		push(i);
	check_pop(500, ROOM - 500);
	check_pop(0, 500);
	troupei_inject_queue_fini(&queue);
}

/* Room that is there already costs nothing, so reserving for each one of many is cheap. */
TEST(inject_queue, reserving_less_does_nothing)
{
	begin(3 * ROOM);
	size_t capacity = queue.capacity;
	troupei_memory_fail_by(always);
	for (size_t n = 0; n <= 3 * ROOM; n++)
		CHECK(troupei_inject_queue_reserve(&queue, n));
	CHECK_EQ(calls, 0);
	CHECK_EQ(queue.capacity, capacity);
	troupei_inject_queue_fini(&queue);
}

TEST(inject_queue, pushing_without_room_aborts, .signal = SIGABRT)
{
	begin(ROOM);
	for (size_t i = 0; i <= queue.capacity; i++)
		push(i);
}

TEST(inject_queue, pushing_without_any_room_aborts, .signal = SIGABRT)
{
	troupei_inject_queue_init(&queue);
	push(0);
}

/* --------------------------------------------------------------------------------------------------- several threads -- */

static uint64_t popped;

static void *push_all(void *number)
{
	uint32_t me = (uint32_t)(uintptr_t)number;
	for (uint32_t i = 0; i < EACH; i++) {
		things[me][i].pusher = me;
		things[me][i].number = i;
		troupei_inject_queue_push(&queue, &things[me][i].runnable);
	}
	return NULL;
}

/* Of each pusher, a popper gets what it gets in order. */
static void *pop_all(void *unused)
{
	int64_t last[PUSHERS];
	(void)unused;
	for (int i = 0; i < PUSHERS; i++)
		last[i] = -1;
	while (troupei_load_relaxed_64(&popped) < PUSHERS * EACH) {
		struct runnable *out[BATCH];
		size_t n = troupei_inject_queue_pop(&queue, out, BATCH);
		for (size_t i = 0; i < n; i++) {
			struct thing *thing = (struct thing *)out[i];
			CHECK(thing->number > last[thing->pusher]);
			last[thing->pusher] = thing->number;
			thing->popped++;
		}
		troupei_add_full_64(&popped, n);
		if (n == 0)
			sched_yield();
	}
	return NULL;
}

static void run(unsigned poppers)
{
	pthread_t threads[PUSHERS + POPPERS];
	for (uintptr_t i = 0; i < PUSHERS + poppers; i++)
		CHECK_OK(pthread_create(&threads[i], NULL, i < PUSHERS ? push_all : pop_all, (void *)i));
	for (size_t i = 0; i < PUSHERS + poppers; i++)
		CHECK_OK(pthread_join(threads[i], NULL));
	for (size_t i = 0; i < PUSHERS * EACH; i++)
		CHECK_EQ(things[i / EACH][i % EACH].popped, 1);
	check_empty();
	troupei_inject_queue_fini(&queue);
}

TEST(inject_queue, several_push_and_one_pops)
{
	begin(PUSHERS * EACH);
	run(1);
}

TEST(inject_queue, several_push_and_several_pop)
{
	begin(PUSHERS * EACH);
	run(POPPERS);
}

/* Room is made by one thread while others push and pop. */
static void *reserve_more(void *unused)
{
	(void)unused;
	for (size_t room = ROOM; room <= PUSHERS * EACH; room += ROOM)
		CHECK(troupei_inject_queue_reserve(&queue, room));
	return NULL;
}

static void *push_and_pop(void *unused)
{
	struct runnable *out[1];
	(void)unused;
	for (int i = 0; i < EACH; i++) {
		push((size_t)i);
		CHECK_EQ(troupei_inject_queue_pop(&queue, out, 1), 1);
	}
	return NULL;
}

TEST(inject_queue, grows_while_others_push_and_pop)
{
	pthread_t one, two;
	begin(ROOM);
	CHECK_OK(pthread_create(&one, NULL, push_and_pop, NULL));
	CHECK_OK(pthread_create(&two, NULL, reserve_more, NULL));
	CHECK_OK(pthread_join(one, NULL));
	CHECK_OK(pthread_join(two, NULL));
	CHECK(queue.capacity >= PUSHERS * EACH);
	check_empty();
	troupei_inject_queue_fini(&queue);
}
