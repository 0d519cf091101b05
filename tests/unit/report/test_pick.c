/* SPDX-License-Identifier: MIT */
/* Those that do something come first, however late they are met; all are counted. */
#include "paper.h"

static struct stage s;

TEST(pick, the_busy_displace_the_idle)
{
	struct report_picks picks;
	struct barrier barrier;

	stage_start(&s, 1);
	for (int i = 0; i < 10; i++)
		player(&s);
	troupe_ref busy = player(&s), queued = player(&s);
	hold(&barrier, busy);
	tell(queued, play_wait, &barrier);
	CHECK(troupei_report_picks_init(&picks, s.system.private_, 3));
	troupei_report_picks_take(&picks, s.system.private_);
	CHECK_EQ(picks.count, 3);
	CHECK_EQ(troupei_report_picks_left(&picks), 9);
	CHECK_EQ(picks.states[REPORT_RUNNING], 1);
	CHECK_EQ(picks.states[REPORT_QUEUED], 1);
	CHECK_EQ(picks.states[REPORT_IDLE], 10);
	CHECK(picks.picks[picks.first[REPORT_RUNNING]].cell == cell_of(busy));
	CHECK(picks.picks[picks.first[REPORT_QUEUED]].cell == cell_of(queued));
	CHECK_EQ(picks.first[REPORT_IDLE], picks.last[REPORT_IDLE]);
	CHECK_EQ(picks.picks[picks.first[REPORT_IDLE]].next, PICK_NONE);
	troupei_report_picks_fini(&picks);
	let_go(&barrier);
	stage_finish(&s);
}

TEST(pick, nobody)
{
	struct report_picks picks;

	stage_start(&s, 1);
	ended_player(&s);
	stage_settle(&s);
	CHECK(troupei_report_picks_init(&picks, s.system.private_, 3));
	troupei_report_picks_take(&picks, s.system.private_);
	CHECK_EQ(picks.count, 0);
	CHECK_EQ(troupei_report_picks_left(&picks), 0);
	troupei_report_picks_fini(&picks);
	stage_finish(&s);
}
