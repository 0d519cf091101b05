/* SPDX-License-Identifier: MIT */
/* Putting a report together: defaults, who waits for whom, and no line without memory. */
#include "actors/waits.h"
#include "paper.h"

static struct stage s;
static struct paper paper;

TEST(report, defaults)
{
	troupe_report_options options;

	CHECK(troupei_report_options_read(&options, NULL));
	CHECK_EQ(options.actors_max, 1000);
	CHECK_EQ(options.format, TROUPE_REPORT_TEXT);
}

TEST(report, no_memory_no_line)
{
	use_malloc();
	stage_start(&s, 1);
	paper_new(&paper, TROUPE_REPORT_TEXT, 10);
	troupei_memory_fail_by(fail_when_used_up);
	for (int allowed = 0; allowed < 4; allowed++) {
		atomic_store(&allocations_allowed, allowed);
		CHECK_EQ(troupe_system_report(s.system, &paper.options), TROUPE_ENOMEM);
	}
	CHECK_EQ(paper.lines, 0);
	troupei_memory_fail_by(NULL);
	CHECK_OK(troupe_system_report(s.system, &paper.options));
	stage_finish(&s);
}

static void wait_for(troupe_ref who, troupe_ref whom, const char *expected)
{
	struct wait_circle circle;
	char line[128];

	CHECK(!troupei_wait_begin(who, whom, 7, true, &circle));
	paper_new(&paper, TROUPE_REPORT_TEXT, 10);
	CHECK_OK(troupe_system_report(s.system, &paper.options));
	snprintf(line, sizeof line, "  from %016llx, to %016llx, for %s", (unsigned long long)who.bits_private,
	         (unsigned long long)whom.bits_private, expected);
	CHECK(paper_says(&paper, line));
	CHECK(!paper_says(&paper, "circle"));
	troupei_wait_end(who);
}

TEST(report, who_waits_for_whom)
{
	stage_start(&s, 1);
	wait_for(player(&s), player(&s), "room, kind 7, microseconds ");
	stage_finish(&s);
}

/* A child that cannot end before its parent has made room, and a parent that cannot before its child has ended. */
static const troupe_behaviour blocking_player = { .name = "child", .receive = player_receive, .blocks = 1 };
static troupe_ref child;

static troupe_verdict bear(troupe_actor *me, void *barrier)
{
	CHECK_OK(troupe_spawn_child(me, &blocking_player, NULL, &child));
	tell(child, play_wait, barrier);
	troupe_exit(me, TROUPE_OK);
	return TROUPE_HANDLED;
}

TEST(report, circles)
{
	struct barrier barrier = { 0 };
	struct wait_circle circle;

	stage_start(&s, 1);
	troupe_ref parent = player(&s);
	tell(parent, bear, &barrier);
	await_count(&barrier.reached, 1);
	while (!troupei_report_waits_for_children(parent))
		sleep_ns(TROUPE_MS / 10);
	CHECK(!troupei_wait_begin(child, parent, 7, true, &circle));
	paper_new(&paper, TROUPE_REPORT_TEXT, 10);
	CHECK_OK(troupe_system_report(s.system, &paper.options));
	CHECK(paper_says(&paper, "for end, circle yes"));
	paper_new(&paper, TROUPE_REPORT_GRAPHVIZ, 10);
	CHECK_OK(troupe_system_report(s.system, &paper.options));
	CHECK(paper_says(&paper, "label=\"end\", color=red"));
	CHECK(paper_says(&paper, "label=\"room\", color=red"));
	troupei_wait_end(child);
	let_go(&barrier);
	stage_finish(&s);
}
