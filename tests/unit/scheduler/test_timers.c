/* SPDX-License-Identifier: MIT */
/* The wheel behind its lock: what next says, who gets a timer that is cancelled and due at once, and several threads. What the
 * wheel itself does: test_timer_wheel.c. */
#include "scheduler/timers.h"

#include <sched.h>

#include "support/testing.h"

enum { THREADS = 3, EACH = 200, STEPS = 10000 };

static struct timers timers;

static struct timer_entry at(int64_t deadline_ns)
{
	return (struct timer_entry){ .deadline_ns = deadline_ns };
}

TEST(timers, none_is_armed)
{
	troupei_timers_init(&timers, 0);
	CHECK_EQ(troupei_timers_next(&timers), INT64_MAX);
	CHECK_EQ(troupei_timers_count(&timers), 0);
	CHECK(troupei_timers_due(&timers, INT64_MAX) == NULL);
	troupei_timers_fini(&timers);
}

TEST(timers, next_is_the_earliest)
{
	struct timer_entry late = at(3000), early = at(-5), middle = at(2000);
	troupei_timers_init(&timers, -100);
	troupei_timers_arm(&timers, &late);
	CHECK_EQ(troupei_timers_next(&timers), 3000);
	troupei_timers_arm(&timers, &early);
	CHECK_EQ(troupei_timers_next(&timers), -5);
	troupei_timers_arm(&timers, &middle);
	CHECK_EQ(troupei_timers_next(&timers), -5);
	CHECK_EQ(troupei_timers_count(&timers), 3);
	CHECK(troupei_timers_due(&timers, 0) == &early);
	CHECK_EQ(troupei_timers_next(&timers), 2000);
	CHECK(troupei_timers_disarm(&timers, &middle));
	CHECK(troupei_timers_next(&timers) <= 3000); /* what was removed may cost one look for nothing */
	CHECK(troupei_timers_due(&timers, 2999) == NULL);
	CHECK_EQ(troupei_timers_next(&timers), 3000);
	CHECK(troupei_timers_disarm(&timers, &late));
	CHECK_EQ(troupei_timers_next(&timers), INT64_MAX);
	CHECK_EQ(troupei_timers_count(&timers), 0);
	troupei_timers_fini(&timers);
}

TEST(timers, due_are_in_order_and_armed_no_more)
{
	struct timer_entry entries[] = { at(30), at(10), at(20), at(10), at(31) };
	troupei_timers_init(&timers, 0);
	for (int i = 0; i < 5; i++)
		troupei_timers_arm(&timers, &entries[i]);
	CHECK(troupei_timers_due(&timers, 9) == NULL);
	struct timer_entry *due = troupei_timers_due(&timers, 30);
	CHECK(due == &entries[1] && due->next == &entries[3]);
	CHECK(entries[3].next == &entries[2] && entries[2].next == &entries[0] && entries[0].next == NULL);
	CHECK_EQ(troupei_timers_count(&timers), 1);
	for (int i = 0; i < 4; i++)
		CHECK(!troupei_timers_disarm(&timers, &entries[i])); /* taken: it will be fired */
	CHECK(troupei_timers_disarm(&timers, &entries[4]));
	CHECK(!troupei_timers_disarm(&timers, &entries[4]));
	troupei_timers_fini(&timers);
}

TEST(timers, fired_one_may_be_armed_again)
{
	struct timer_entry entry = at(10);
	troupei_timers_init(&timers, 0);
	for (int64_t now = 10; now <= 1000; now += 10) {
		troupei_timers_arm(&timers, &entry);
		CHECK(troupei_timers_due(&timers, now - 1) == NULL);
		CHECK(troupei_timers_due(&timers, now) == &entry);
		entry.deadline_ns += 10;
	}
	troupei_timers_fini(&timers);
}

/* --------------------------------------------------------------------------------------------------- several threads -- */

struct alarm {
	struct timer_entry entry;
	uint64_t fired;
};

static struct alarm shared[THREADS][EACH];
static int64_t now_ns;
static uint64_t over;

/* Of each armed timer either the cancel gets it or the firer, never both, never neither. */
static void *arm_and_disarm(void *number)
{
	uintptr_t me = (uintptr_t)number;
	uint64_t armed[EACH] = { 0 }, got[EACH] = { 0 };
	uint64_t random = me + 1;
	for (int step = 0; step < STEPS; step++) {
		random = random * 6364136223846793005u + 1442695040888963407u;
		size_t i = (random >> 33) % EACH;
		if (armed[i] == got[i] + troupei_load_acquire_64(&shared[me][i].fired)) {
			int64_t now = (int64_t)troupei_load_relaxed_64((uint64_t *)&now_ns);
			shared[me][i].entry.deadline_ns = now + (int64_t)(random >> 50 & 63);
			armed[i]++;
			troupei_timers_arm(&timers, &shared[me][i].entry);
		} else {
			got[i] += troupei_timers_disarm(&timers, &shared[me][i].entry);
		}
	}
	for (size_t i = 0; i < EACH; i++) {
		got[i] += troupei_timers_disarm(&timers, &shared[me][i].entry);
		while (armed[i] != got[i] + troupei_load_acquire_64(&shared[me][i].fired))
			sched_yield(); /* it was taken a moment ago */
	}
	return NULL;
}

static void *fire(void *unused)
{
	(void)unused;
	while (troupei_load_acquire_64(&over) == 0) {
		int64_t now = (int64_t)troupei_add_full_64((uint64_t *)&now_ns, 1) + 1;
		if (troupei_timers_next(&timers) > now)
			continue;
		for (struct timer_entry *due = troupei_timers_due(&timers, now), *next; due != NULL; due = next) {
			next = due->next;
			CHECK(due->deadline_ns <= now); /* never early */
			troupei_add_full_64(&((struct alarm *)due)->fired, 1);
		}
	}
	return NULL;
}

TEST(timers, several_arm_and_disarm_while_others_fire)
{
	pthread_t threads[THREADS], firers[2];
	troupei_timers_init(&timers, 0);
	for (int i = 0; i < 2; i++)
		CHECK_OK(pthread_create(&firers[i], NULL, fire, NULL));
	for (uintptr_t i = 0; i < THREADS; i++)
		CHECK_OK(pthread_create(&threads[i], NULL, arm_and_disarm, (void *)i));
	for (int i = 0; i < THREADS; i++)
		CHECK_OK(pthread_join(threads[i], NULL));
	troupei_store_release_64(&over, 1);
	for (int i = 0; i < 2; i++)
		CHECK_OK(pthread_join(firers[i], NULL));
	CHECK_EQ(troupei_timers_count(&timers), 0);
	CHECK_EQ(troupei_timers_next(&timers), INT64_MAX);
	troupei_timers_fini(&timers);
}
