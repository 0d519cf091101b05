/* SPDX-License-Identifier: MIT */
#include "explore/tree.h"

#include "support/testing.h"

static struct tree tree;

/* One more step; two options, the other of them is the last argument, or 0: none. */
static void step(uint32_t unit, uint32_t about, enum touch how, uint32_t other)
{
	struct step *added = &tree.steps[++tree.count];

	*added = (struct step){ .unit = unit, .first = tree.option_count, .count = other > 0 ? 2 : 0 };
	troupei_footprint_add(&added->did, about, how);
	if (other == 0)
		return;
	tree.options[tree.option_count++] = (struct option){ .unit = unit, .state = OPTION_TRIED };
	tree.options[tree.option_count++] = (struct option){ .unit = other };
}

static void begin(void)
{
	memset(&tree, 0, sizeof tree);
}

TEST(tree_races, two_that_send_to_one_are_tried_the_other_way_round)
{
	begin();
	step(1, 9, TOUCH_SENDS, 3);
	step(3, 9, TOUCH_SENDS, 0);
	troupei_tree_find_races(&tree, 1);
	CHECK_EQ(tree.options[1].state, OPTION_TO_TRY);
}

TEST(tree_races, two_that_send_to_different_ones_are_not)
{
	begin();
	step(1, 9, TOUCH_SENDS, 3);
	step(3, 11, TOUCH_SENDS, 0);
	troupei_tree_find_races(&tree, 1);
	CHECK_EQ(tree.options[1].state, OPTION_OPEN);
}

TEST(tree_races, a_step_that_made_the_other_possible_comes_first_for_good)
{
	begin();
	step(1, 9, TOUCH_CHANGES, 3);
	step(9, 9, TOUCH_CHANGES, 0);
	tree.steps[2].woken_at = 1;
	troupei_tree_find_races(&tree, 1);
	CHECK_EQ(tree.options[1].state, OPTION_OPEN);
}

TEST(tree_races, one_that_was_released_comes_after_all)
{
	begin();
	step(1, 9, TOUCH_CHANGES, 3);
	step(3, 9, TOUCH_CHANGES, 0);
	tree.steps[2].released = true;
	troupei_tree_find_races(&tree, 1);
	CHECK_EQ(tree.options[1].state, OPTION_OPEN);
}

/* 1 sends to 9; 3 wakes 5, which sends to 9 too: to have 5 before 1, 3 must go on first. */
TEST(tree_races, who_leads_to_the_racing_step_is_tried)
{
	begin();
	step(1, 9, TOUCH_SENDS, 3);
	step(3, 5, TOUCH_SENDS, 0);
	step(5, 9, TOUCH_SENDS, 0);
	tree.steps[3].woken_at = 2;
	troupei_tree_find_races(&tree, 1);
	CHECK_EQ(tree.options[1].state, OPTION_TO_TRY);
}

TEST(tree_races, if_it_is_not_known_who_leads_there_all_are_tried)
{
	begin();
	step(1, 9, TOUCH_SENDS, 3);
	step(5, 9, TOUCH_SENDS, 0); /* it could not go on at the first step, and nobody woke it */
	troupei_tree_find_races(&tree, 1);
	CHECK_EQ(tree.options[1].state, OPTION_TO_TRY);
}

TEST(tree_races, who_sleeps_is_left_asleep)
{
	begin();
	step(1, 9, TOUCH_SENDS, 3);
	step(3, 9, TOUCH_SENDS, 0);
	tree.options[1].state = OPTION_ASLEEP;
	troupei_tree_find_races(&tree, 1);
	CHECK_EQ(tree.options[1].state, OPTION_ASLEEP);
}
