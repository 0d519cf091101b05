/* SPDX-License-Identifier: MIT */
/* The law of delay: what is dropped, and when, in made-up time. */
#include "actors/delay.h"

#include "support/testing.h"

enum { TARGET = 10, INTERVAL = 100 };

static struct delay delay;

static void begin(void)
{
	delay = (struct delay){ .target = TARGET, .interval = INTERVAL };
}

/* At @p now, one that has waited @p waited, with others behind it. */
static bool drops(int64_t now, int64_t waited)
{
	return troupei_delay_drops(&delay, now, now - waited, false);
}

TEST(delay, none_without_a_target)
{
	delay = (struct delay){ 0 };
	CHECK(!drops(1000, 1000));
}

TEST(delay, below_the_target_nothing_is_dropped)
{
	begin();
	for (int64_t now = 1000; now < 2000; now++)
		CHECK(!drops(now, TARGET - 1));
}

TEST(delay, a_burst_that_is_over_within_an_interval_is_no_harm)
{
	begin();
	for (int64_t now = 1000; now < 1000 + INTERVAL; now++)
		CHECK(!drops(now, TARGET));
	CHECK(!drops(1000 + INTERVAL, TARGET - 1));
	for (int64_t now = 1001 + INTERVAL; now < 1001 + 2 * INTERVAL; now++)
		CHECK(!drops(now, TARGET));
	CHECK(drops(1001 + 2 * INTERVAL, TARGET));
}

TEST(delay, drops_come_closer_together_by_the_square_root)
{
	static const int64_t expected[] = { 1100, 1200, 1270, 1327, 1377 };
	unsigned count = 0;
	begin();
	for (int64_t now = 1000; count < 5; now++)
		if (drops(now, TARGET)) {
			CHECK_EQ(now, expected[count]);
			count++;
		}
}

TEST(delay, twice_the_target_is_dropped_at_once_while_the_queue_stands)
{
	begin();
	CHECK(!drops(1000, 2 * TARGET));
	CHECK(drops(1000 + INTERVAL, TARGET));
	CHECK(drops(1001 + INTERVAL, 2 * TARGET));
	CHECK(drops(1001 + INTERVAL, 3 * TARGET));
	CHECK(!drops(1001 + INTERVAL, 2 * TARGET - 1));
	CHECK(!drops(1001 + INTERVAL, TARGET - 1));
	CHECK(!drops(1002 + INTERVAL, 2 * TARGET)); /* it does not stand any more */
}

TEST(delay, the_last_one_is_no_queue)
{
	begin();
	CHECK(!drops(1000, TARGET));
	CHECK(drops(1000 + INTERVAL, TARGET));
	CHECK(!troupei_delay_drops(&delay, 1001 + INTERVAL, 0, true));
	CHECK(!delay.standing);
}

TEST(delay, who_stands_again_soon_goes_on_at_the_rate_it_had)
{
	int64_t now;
	unsigned drops_before = 0;
	begin();
	for (now = 1000; drops_before < 10; now++)
		drops_before += drops(now, TARGET);
	CHECK(!drops(now, 0));
	for (now++; !drops(now, TARGET); now++)
		;
	int64_t first = now;
	for (now++; !drops(now, TARGET); now++)
		;
	CHECK(now - first < INTERVAL / 2);
}

TEST(delay, after_a_long_time_it_begins_anew)
{
	int64_t now;
	unsigned drops_before = 0;
	begin();
	for (now = 1000; drops_before < 10; now++)
		drops_before += drops(now, TARGET);
	CHECK(!drops(now, 0));
	for (now += 100 * INTERVAL; !drops(now, TARGET); now++)
		;
	int64_t first = now;
	for (now++; !drops(now, TARGET); now++)
		;
	CHECK_EQ(now - first, INTERVAL);
}
