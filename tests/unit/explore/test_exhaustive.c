/* SPDX-License-Identifier: MIT */
/* Whole programs: tests/promises/test_exploring.c. */
#include "simulated.h"

#include "explore/tree.h"

static struct strategy *fresh(uint32_t depth)
{
	struct strategy *strategy = troupei_exhaustive();

	strategy->kept = calloc(1, strategy->kept_size);
	CHECK(strategy->kept != NULL);
	strategy->depth = depth;
	strategy->is_partial = strategy->is_redundant = false;
	return strategy;
}

/* Two threads of so many steps, all done to one actor. True: there are more runs. */
static bool run_two(struct strategy *strategy, uint32_t steps, enum touch how)
{
	uint32_t left[2] = { steps, steps }, last = 0;

	strategy->is_redundant = false;
	strategy->begin(strategy, 1);
	while (left[0] + left[1] > 0) {
		bool both = left[0] > 0 && left[1] > 0;
		uint32_t chosen = left[0] > 0 ? 0 : 1;
		options_are(2);
		troupei_simulation.strategy = strategy;
		troupei_simulation.current = troupei_simulation.ready[last];
		troupei_simulation.ready[0]->waited = troupei_simulation.ready[1]->waited = true;
		if (both) {
			chosen = strategy->choose(strategy, 2);
		} else {
			struct choice only = { .unit = troupei_unit_of_thread(chosen), .waited = true, .about = UNIT_NONE };
			strategy->forced(strategy, &only);
		}
		strategy->touch(strategy, how == TOUCH_WAKES ? 7 + 2 * chosen : 7, how == TOUCH_WAKES ? TOUCH_SENDS : how, 0);
		left[chosen]--;
		last = chosen;
	}
	return strategy->end(strategy);
}

static uint32_t runs_of(struct strategy *strategy, uint32_t steps, enum touch how)
{
	uint32_t runs = 0, redundant = 0;
	bool more = true;

	while (more) {
		more = run_two(strategy, steps, how);
		redundant += strategy->is_redundant;
		CHECK(++runs < 10000);
	}
	CHECK(!strategy->is_partial);
	free(strategy->kept);
	return runs - redundant;
}

TEST(exhaustive, all_orders_of_steps_that_meet_are_tried)
{
	CHECK_EQ(runs_of(fresh(0), 1, TOUCH_SENDS), 2);
	CHECK_EQ(runs_of(fresh(0), 2, TOUCH_SENDS), 6);
	CHECK_EQ(runs_of(fresh(0), 4, TOUCH_CHANGES), 70);
}

TEST(exhaustive, of_steps_that_do_not_meet_one_order_is_tried)
{
	CHECK_EQ(runs_of(fresh(0), 4, TOUCH_WAKES), 1); /* stands for: each to another */
}

/* Either of the two first, whole; or the first one is interrupted once: after 1, 2 or 3 of its 4 steps. */
TEST(exhaustive, a_depth_limits_how_often_somebody_is_interrupted)
{
	uint32_t none = runs_of(fresh(1), 4, TOUCH_CHANGES), all = runs_of(fresh(0), 4, TOUCH_CHANGES);

	CHECK(none >= 2 && none <= 8);
	CHECK(none < all);
}

TEST(exhaustive, a_run_that_is_too_long_makes_the_search_partial)
{
	struct strategy *strategy = fresh(0);

	(void)run_two(strategy, TREE_STEPS_MAX, TOUCH_WAKES);
	CHECK(strategy->is_partial);
	free(strategy->kept);
}
