/* SPDX-License-Identifier: MIT */
#include "explore/footprint.h"

#include "support/testing.h"

static struct footprint one(uint32_t unit, enum touch how)
{
	struct footprint footprint = { 0 };

	troupei_footprint_add(&footprint, unit, how);
	return footprint;
}

TEST(footprint, two_senders_to_one_meet_and_a_sender_and_a_handler_do_not)
{
	struct footprint sends = one(3, TOUCH_SENDS), handles = one(3, TOUCH_HANDLES), changes = one(3, TOUCH_CHANGES);
	struct footprint elsewhere = one(5, TOUCH_CHANGES), nothing = { 0 };

	CHECK(troupei_footprints_meet(&sends, &sends));
	CHECK(!troupei_footprints_meet(&sends, &handles));
	CHECK(!troupei_footprints_meet(&handles, &sends));
	CHECK(troupei_footprints_meet(&changes, &handles));
	CHECK(troupei_footprints_meet(&sends, &changes));
	CHECK(!troupei_footprints_meet(&changes, &elsewhere));
	CHECK(!troupei_footprints_meet(&changes, &nothing));
}

TEST(footprint, several_things_done_to_one_unit_are_a_change)
{
	struct footprint both = one(3, TOUCH_SENDS), handles = one(3, TOUCH_HANDLES);

	CHECK(troupei_footprint_has(&both, 3) && !troupei_footprint_has(&both, 5));
	troupei_footprint_add(&both, 3, TOUCH_SENDS);
	CHECK(!troupei_footprints_meet(&both, &handles));
	troupei_footprint_add(&both, 3, TOUCH_HANDLES);
	CHECK_EQ(both.count, 1);
	CHECK(troupei_footprints_meet(&both, &handles));
}

TEST(footprint, more_than_can_be_written_down_meets_all)
{
	struct footprint many = { 0 }, other = one(1000, TOUCH_HANDLES), nothing = { 0 };

	for (uint32_t i = 0; i < FOOTPRINT_MAX; i++)
		troupei_footprint_add(&many, i, TOUCH_SENDS);
	CHECK(!many.all && !troupei_footprints_meet(&many, &other));
	troupei_footprint_add(&many, FOOTPRINT_MAX, TOUCH_SENDS);
	CHECK(many.all && troupei_footprints_meet(&many, &other) && troupei_footprints_meet(&nothing, &many));
	CHECK(troupei_footprint_has(&many, 77));
}
