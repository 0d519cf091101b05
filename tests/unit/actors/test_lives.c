/* SPDX-License-Identifier: MIT */
/* News of restarts: one on its way at most, and who frees the record when it ends while it is. W5 */
#include "actors/watch.h"

#include "stage.h"

static struct stage s;
static int restarts, downs;
static troupe_message last;

static troupe_verdict hear(troupe_actor *me, const troupe_message *m)
{
	if (m->kind != TROUPE_DOWN && m->kind != TROUPE_RESTARTED)
		return player_receive(me, m);
	last = *m;
	restarts += m->kind == TROUPE_RESTARTED;
	downs += m->kind == TROUPE_DOWN;
	return TROUPE_HANDLED;
}

static const troupe_behaviour hearing = { .name = "hearing", .receive = hear };

static troupe_verdict play_fail(troupe_actor *me, void *nothing)
{
	(void)nothing;
	return troupe_fail(me, TROUPE_EUSER);
}

static const troupe_child_spec children[] = { { .name = "child", .behaviour = &player_behaviour }, { 0 } };
static const troupe_supervisor tree = { .name = "tree", .children = children, .restarts_max = 1000, .within_ns = TROUPE_S };

static troupe_ref top, child;

static void stage_tree(uint32_t workers)
{
	stage_start(&s, workers);
	CHECK_OK(troupe_supervise(s.system, NULL, &tree, &top));
	CHECK_OK(troupe_child(top, "child", &child));
	stage_settle(&s);
}

/* The child handles: it has begun. */
static void check_handles(void)
{
	static struct barrier passing; /* which is looked at still when we return */

	passing = (struct barrier){ .open = 1 };
	tell(child, play_wait, &passing);
	await_count(&passing.reached, 1);
}

static troupe_monitor_id monitor;

static troupe_verdict watch_lives(troupe_actor *me, void *nothing)
{
	(void)nothing;
	CHECK_OK(troupe_monitor_lives(me, child, 9, &monitor));
	return TROUPE_HANDLED;
}

static troupe_verdict watch_end(troupe_actor *me, void *nothing)
{
	(void)nothing;
	CHECK_OK(troupe_monitor(me, child, 0, NULL));
	return TROUPE_HANDLED;
}

TEST(lives, each_restart_is_told_and_the_end_once)
{
	stage_tree(1);
	troupe_ref owner = spawned(&s, &hearing), other = spawned(&s, &hearing);
	perform(&s, owner, watch_lives, NULL);
	for (int i = 1; i <= 3; i++) {
		perform(&s, child, play_fail, NULL);
		CHECK_EQ(restarts, i);
		CHECK_EQ(last.token, 9);
		CHECK_EQ(last.why, TROUPE_EUSER);
		CHECK(troupe_ref_equal(last.about, child));
	}
	perform(&s, other, watch_end, NULL); /* who did not ask hears of the end alone */
	perform(&s, child, play_fail, NULL);
	CHECK_EQ(restarts, 4);
	CHECK_OK(troupe_remove_child(top, child));
	stage_settle(&s);
	CHECK_EQ(restarts, 4);
	CHECK_EQ(downs, 2);
	stage_finish(&s);
}

/* In one handler of its owner: news comes on its way while it cannot be handled. */
static troupe_verdict wait_and_unwatch(troupe_actor *me, void *barrier)
{
	play_wait(me, barrier);
	CHECK_OK(troupe_unmonitor(me, monitor));
	CHECK_EQ(troupe_unmonitor(me, monitor), TROUPE_ENOENT);
	return TROUPE_HANDLED;
}

static troupe_verdict wait_and_leave(troupe_actor *me, void *barrier)
{
	play_wait(me, barrier);
	troupe_exit(me, TROUPE_OK);
	return TROUPE_HANDLED;
}

static uint64_t restarts_of_system(void)
{
	troupe_counters counters;

	CHECK_OK(troupe_counters_read(s.system, &counters));
	return counters.restarts;
}

/* The owner plays this; the child restarts three times meanwhile, and, if it is to, ends. */
static void restart_during(part *play, bool ends)
{
	struct barrier barrier = { 0 };

	stage_tree(2);
	troupe_ref owner = spawned(&s, &hearing);
	perform(&s, owner, watch_lives, NULL);
	tell(owner, play, &barrier);
	await_count(&barrier.reached, 1);
	for (uint64_t i = 1; i <= 3; i++) {
		tell(child, play_fail, NULL);
		while (restarts_of_system() < i)
			sleep_ns(TROUPE_MS / 10);
	}
	if (ends) {
		CHECK_OK(troupe_remove_child(top, child));
		CHECK_OK(troupe_wait_end(child, LIMIT, NULL));
	} else {
		check_handles();
	}
	let_go(&barrier);
	stage_settle(&s);
	stage_finish(&s);
}

TEST(lives, several_restarts_are_one_piece_of_news_until_it_is_handled)
{
	restart_during(play_wait, false);
	CHECK_EQ(restarts, 1); /* and the end is that of the system */
}

TEST(lives, the_end_comes_after_the_news)
{
	restart_during(play_wait, true);
	CHECK_EQ(restarts, 1);
	CHECK_EQ(downs, 1);
	CHECK_EQ(last.kind, TROUPE_DOWN);
}

TEST(lives, taken_back_on_its_way)
{
	restart_during(wait_and_unwatch, false);
	CHECK_EQ(restarts + downs, 0);
}

TEST(lives, taken_back_with_the_end_behind_it)
{
	restart_during(wait_and_unwatch, true);
	CHECK_EQ(restarts + downs, 0);
}

TEST(lives, its_owner_ends_with_it_on_its_way)
{
	restart_during(wait_and_leave, false);
	CHECK_EQ(restarts + downs, 0);
}

TEST(lives, its_owner_ends_with_the_end_behind_it)
{
	restart_during(wait_and_leave, true);
	CHECK_EQ(restarts + downs, 0);
}

/* Nobody to be told any more when it comes: the owner is in its last message. */
static const troupe_behaviour draining = { .name = "draining", .receive = hear, .leftovers = TROUPE_DRAIN };

static troupe_verdict drain_last(troupe_actor *me, void *barrier)
{
	tell(me->ref, play_wait, barrier);
	troupe_exit(me, TROUPE_OK);
	return TROUPE_HANDLED;
}

TEST(lives, its_owner_drains)
{
	struct barrier barrier = { 0 };

	stage_tree(2);
	troupe_ref owner = spawned(&s, &draining);
	perform(&s, owner, watch_lives, NULL);
	tell(owner, drain_last, &barrier);
	await_count(&barrier.reached, 1);
	tell(child, play_fail, NULL);
	check_handles();
	let_go(&barrier);
	stage_finish(&s);
	CHECK_EQ(restarts + downs, 0);
}

TEST(lives, of_one_that_is_gone)
{
	stage_tree(1);
	CHECK_OK(troupe_remove_child(top, child));
	stage_settle(&s);
	perform(&s, spawned(&s, &hearing), watch_lives, NULL);
	CHECK_EQ(downs, 1);
	CHECK_EQ(last.why, TROUPE_EGONE);
	stage_finish(&s);
}

static troupe_verdict watch_without_memory(troupe_actor *me, void *nothing)
{
	(void)nothing;
	CHECK_OK(troupe_monitor(me, top, 0, NULL)); /* the table is there, and the points are */
	troupei_memory_fail_by(fail_when_used_up);
	CHECK_EQ(troupe_monitor_lives(me, child, 0, NULL), TROUPE_ENOMEM);
	troupei_memory_fail_by(NULL);
	return TROUPE_HANDLED;
}

TEST(lives, no_memory)
{
	use_malloc();
	stage_tree(1);
	perform(&s, spawned(&s, &hearing), watch_without_memory, NULL);
	perform(&s, child, play_fail, NULL);
	CHECK_EQ(restarts, 0);
	stage_finish(&s);
}
