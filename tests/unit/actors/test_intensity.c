/* SPDX-License-Identifier: MIT */
/* The sliding window of restarts, and the wait between them. */
#include "actors/intensity.h"

#include "base/memory.h"
#include "support/testing.h"

TEST(intensity, allows_max_within_the_period)
{
	struct intensity window = { .max = 3, .within_ns = 10 };
	for (int64_t now = 0; now < 3; now++)
		CHECK(troupei_intensity_add(&window, now));
	CHECK(!troupei_intensity_add(&window, 10)); /* 0 is 10 ago: still within */
	CHECK(troupei_intensity_add(&window, 11));
	CHECK(!troupei_intensity_add(&window, 11));
	CHECK(troupei_intensity_add(&window, 12));
	troupei_intensity_clear(&window);
	CHECK(troupei_intensity_add(&window, 12));
	troupei_intensity_clear(&window);
}

/* As a list of all times says, whatever the sizes. */
TEST(intensity, agrees_with_a_list)
{
	enum { EVENTS = 2000 };
	static int64_t times[EVENTS];
	uint32_t random = 7;
	for (uint32_t max = 0; max < 40; max += 3) {
		struct intensity window = { .max = max, .within_ns = 100 };
		int64_t now = 0;
		unsigned count = 0;
		for (int i = 0; i < EVENTS; i++) {
			random = random * 1664525 + 1013904223;
			now += (random >> 16) % 20;
			unsigned recent = 0;
			for (unsigned k = 0; k < count; k++)
				recent += now - times[k] <= 100;
			bool allowed = troupei_intensity_add(&window, now);
			CHECK_EQ(allowed, recent < max);
			if (allowed)
				times[count++] = now;
		}
		troupei_intensity_clear(&window);
	}
}

TEST(intensity, no_limit_remembers_nothing)
{
	struct intensity window = { .max = UINT32_MAX };
	for (int i = 0; i < 1000; i++)
		CHECK(troupei_intensity_add(&window, 0));
	CHECK_EQ(window.capacity, 0);
}

static bool always(size_t size)
{
	(void)size;
	return true;
}

TEST(intensity, no_memory_is_too_often)
{
	struct intensity window = { .max = 3, .within_ns = 10 };
	troupei_memory_fail_by(always);
	CHECK(!troupei_intensity_add(&window, 0));
	troupei_memory_fail_by(NULL);
	CHECK(troupei_intensity_add(&window, 0));
	troupei_intensity_clear(&window);
}

TEST(intensity, back_off_doubles_up_to_its_limit)
{
	const uint32_t middle = UINT32_MAX / 2;
	CHECK_EQ(troupei_back_off(0, 1000, 5, middle), 0);
	CHECK_EQ(troupei_back_off(100, 1000, 0, middle), 0);
	static const int64_t expected[] = { 100, 200, 400, 800, 1000, 1000 };
	for (uint32_t streak = 1; streak <= 6; streak++) {
		int64_t wait = troupei_back_off(100, 1000, streak, middle);
		CHECK(wait >= expected[streak - 1] - 1 && wait <= expected[streak - 1] + 1);
		CHECK_EQ(troupei_back_off(100, 1000, streak, 0), expected[streak - 1] * 3 / 4);
		CHECK_EQ(troupei_back_off(100, 1000, streak, UINT32_MAX), expected[streak - 1] * 5 / 4);
	}
	CHECK(troupei_back_off(1, INT64_MAX, UINT32_MAX, middle) > 0);
	CHECK_EQ(troupei_back_off(5000, 1000, 1, 0), 750); /* a base above the limit */
}

/* At once, however many tries there were. */
TEST(intensity, no_back_off_for_any_streak)
{
	for (uint32_t i = 0; i < 1000; i++)
		CHECK_EQ(troupei_back_off(0, 1000000, UINT32_MAX - i, 7), 0);
}
