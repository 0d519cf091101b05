/* SPDX-License-Identifier: MIT */
/* When the watchdog is there, how often it looks, and when it sleeps. What it does: tests/promises/test_watchdog.c. */
#include "actors/watchdog.h"

#include "stage.h"

static struct stage s;

static struct watchdog *dog(void)
{
	return &s.system.private_->watchdog;
}

static void start(int64_t limit)
{
	troupe_options options = stage_options(&s, 1);

	options.handler_ns_max = limit;
	CHECK_OK(troupe_start(&options, &s.system));
}

TEST(watchdog, has_a_limit_unless_told)
{
	start(0);
	CHECK(dog()->started);
	CHECK_EQ(dog()->limit_ns, TROUPE_S);
	CHECK_EQ(dog()->limit_min_ns, TROUPE_S);
	stage_finish(&s);
}

TEST(watchdog, begins_with_the_first_behaviour_that_has_a_limit)
{
	static const troupe_behaviour limits[] = { { .receive = player_receive, .handler_ns_max = 2 * TROUPE_S },
		                                   { .receive = player_receive, .handler_ns_max = 3 * TROUPE_S },
		                                   { .receive = player_receive, .handler_ns_max = TROUPE_MS } };
	static const int64_t shortest[] = { 2 * TROUPE_S, 2 * TROUPE_S, TROUPE_MS };
	start(-1);
	CHECK(!dog()->started);
	player(&s);
	CHECK(!dog()->started);
	for (int i = 0; i < 3; i++) {
		spawned(&s, &limits[i]);
		CHECK(dog()->started);
		CHECK_EQ(dog()->limit_min_ns, shortest[i]);
	}
	stage_finish(&s);
}

TEST(watchdog, sleeps_while_all_sleep_and_wakes_with_them)
{
	start(4 * TROUPE_MS);
	troupe_ref a = player(&s);
	uint32_t *sleeps = &s.system.private_->scheduler.watcher_sleeps;
	for (int i = 0; i < 20; i++) {
		for (int64_t waited = 0; troupei_load_relaxed_32(sleeps) == 0; waited += TROUPE_MS) {
			CHECK(waited < LIMIT);
			sleep_ns(TROUPE_MS);
		}
		struct barrier barrier;
		hold(&barrier, a);
		for (int64_t waited = 0; troupei_load_relaxed_64(&dog()->stalls) <= (uint64_t)i; waited += TROUPE_MS) {
			CHECK(waited < LIMIT);
			sleep_ns(TROUPE_MS);
		}
		let_go(&barrier);
		stage_settle(&s);
	}
	stage_finish(&s);
}

TEST(watchdog, stops_once)
{
	start(TROUPE_MS);
	troupei_watchdog_stop(s.system.private_);
	CHECK(!dog()->started);
	troupei_watchdog_stop(s.system.private_);
	stage_finish(&s);
}

static int64_t virtual_now(void *context)
{
	(void)context;
	return 1;
}

TEST(watchdog, is_not_there_where_time_is_a_tests)
{
	struct environment environment = { .now_ns = virtual_now, .seed = 1 };
	troupe_options options = stage_options(&s, 1);
	CHECK_OK(troupei_system_start(&options, &environment, &s.system));
	CHECK(!dog()->started);
	CHECK_OK(troupei_watchdog_cover(s.system.private_, TROUPE_MS));
	CHECK(!dog()->started);
	stage_finish(&s);
}
