/* SPDX-License-Identifier: MIT */
/* Promise: each monitor tells one end, once; linked actors fail together, or are told; what was taken back never comes. */
#include "watcher.h"

enum { SEVERAL = 3 };

/* -------------------------------------------------------------------------------------------------------- monitors -- */

static void check_reason(troupe_verdict (*run)(troupe_actor *me, void *argument), troupe_status given, troupe_status why)
{
	struct fixture f;
	fixture_start(&f, 2);
	reset();
	troupe_ref watcher = spawned(&f, &hearing, 0), other = spawned(&f, &hearing, 1);
	perform(&f, watcher, do_monitor, &other);
	CHECK_EQ(heard[0].downs, 0);
	perform(&f, other, run, &given);
	CHECK_EQ(heard[0].downs, 1);
	check_last(0, TROUPE_DOWN, other, why, 42);
	CHECK(troupe_is_alive(watcher));
	fixture_finish(&f);
}

static troupe_verdict do_stop(troupe_actor *me, void *argument)
{
	(void)argument;
	CHECK_OK(troupe_stop(me->ref));
	return TROUPE_HANDLED;
}

static troupe_verdict do_kill(troupe_actor *me, void *argument)
{
	(void)argument;
	CHECK_OK(troupe_kill(me->ref));
	return TROUPE_HANDLED;
}

TEST(watching, a_monitor_tells_why)
{
	check_reason(do_fail, TROUPE_EUSER, TROUPE_EUSER);
	check_reason(do_fail, TROUPE_EFAILED, TROUPE_EFAILED);
	check_reason(do_exit, TROUPE_OK, TROUPE_OK);
	check_reason(do_exit, (troupe_status)(TROUPE_EUSER - 7), (troupe_status)(TROUPE_EUSER - 7));
	check_reason(do_stop, TROUPE_OK, TROUPE_OK);
	check_reason(do_kill, TROUPE_OK, TROUPE_EKILLED);
}

TEST(watching, a_monitor_of_one_that_is_gone_answers_at_once)
{
	struct fixture f;
	fixture_start(&f, 2);
	reset();
	troupe_ref watcher = spawned(&f, &hearing, 0), other = spawned(&f, &hearing, 1), nobody = { 0 };
	CHECK_OK(troupe_stop_wait(other, LIMIT));
	perform(&f, watcher, do_monitor, &other);
	CHECK_EQ(heard[0].downs, 1);
	check_last(0, TROUPE_DOWN, other, TROUPE_EGONE, 42);
	perform(&f, watcher, do_monitor, &nobody);
	CHECK_EQ(heard[0].downs, 2);
	check_last(0, TROUPE_DOWN, nobody, TROUPE_EGONE, 42);
	fixture_finish(&f);
}

/* One way: the end of who monitors is nothing to the other. */
TEST(watching, monitors_end_with_who_has_them)
{
	struct fixture f;
	fixture_start(&f, 2);
	reset();
	troupe_ref watcher = spawned(&f, &trapping, 0), other = spawned(&f, &trapping, 1);
	perform(&f, watcher, do_monitor, &other);
	CHECK_OK(troupe_kill(watcher));
	fixture_settle(&f);
	CHECK(troupe_is_alive(other));
	CHECK_EQ(heard[1].downs + heard[1].links, 0);
	CHECK_OK(troupe_stop_wait(other, LIMIT));
	fixture_finish(&f);
	CHECK_EQ(f.letter_count, 0);
}

static troupe_monitor_id ids[SEVERAL];

static troupe_verdict do_monitor_several(troupe_actor *me, void *other)
{
	for (uint64_t i = 0; i < SEVERAL; i++)
		CHECK_OK(troupe_monitor(me, *(troupe_ref *)other, i, &ids[i]));
	CHECK_OK(troupe_unmonitor(me, ids[1]));
	CHECK_EQ(troupe_unmonitor(me, ids[1]), TROUPE_ENOENT);
	return TROUPE_HANDLED;
}

static troupe_verdict do_find_none(troupe_actor *me, void *argument)
{
	(void)argument;
	for (int i = 0; i < SEVERAL; i++)
		CHECK_EQ(troupe_unmonitor(me, ids[i]), TROUPE_ENOENT);
	return TROUPE_HANDLED;
}

TEST(watching, several_monitors_tell_each)
{
	struct fixture f;
	fixture_start(&f, 2);
	reset();
	troupe_ref watcher = spawned(&f, &hearing, 0), other = spawned(&f, &hearing, 1);
	perform(&f, watcher, do_monitor_several, &other);
	perform(&f, other, do_find_none, NULL); /* they are another's */
	CHECK_OK(troupe_stop_wait(other, LIMIT));
	fixture_settle(&f);
	CHECK_EQ(heard[0].downs, SEVERAL - 1);
	check_last(0, TROUPE_DOWN, other, TROUPE_OK, SEVERAL - 1);
	perform(&f, watcher, do_find_none, NULL);
	fixture_finish(&f);
}

/* ---------------------------------------------------------------------------------------------------- taking back -- */

struct pair {
	troupe_ref other;
	troupe_monitor_id id;
	struct barrier barrier;
};

static troupe_verdict do_watch_pair(troupe_actor *me, void *argument)
{
	struct pair *pair = argument;

	CHECK_OK(troupe_monitor(me, pair->other, 0, &pair->id));
	CHECK_OK(troupe_link(me, pair->other));
	return TROUPE_HANDLED;
}

/* The other one ends meanwhile, and the news of it is queued. */
static troupe_verdict do_take_back(troupe_actor *me, void *argument)
{
	struct pair *pair = argument;

	do_wait(me, &pair->barrier);
	CHECK_OK(troupe_unmonitor(me, pair->id));
	CHECK_OK(troupe_unlink(me, pair->other));
	CHECK_EQ(troupe_unlink(me, pair->other), TROUPE_ENOENT);
	return TROUPE_HANDLED;
}

TEST(watching, taken_back_when_queued_it_never_comes)
{
	struct fixture f;
	fixture_start(&f, 2);
	reset();
	for (int i = 0; i < 100; i++) {
		troupe_ref watcher = spawned(&f, &hearing, 0);
		struct pair pair = { .other = spawned(&f, &hearing, 1) };
		perform(&f, watcher, do_watch_pair, &pair);
		tell(watcher, do_take_back, &pair);
		await_flag(&pair.barrier.reached);
		CHECK_OK(troupe_kill(pair.other));
		CHECK_OK(troupe_wait_end(pair.other, LIMIT, NULL));
		barrier_open(&pair.barrier);
		fixture_settle(&f);
		CHECK(troupe_is_alive(watcher));
	}
	CHECK_EQ(heard[0].downs + heard[0].links, 0);
	fixture_finish(&f);
}

static troupe_verdict do_unlink(troupe_actor *me, void *other)
{
	CHECK_OK(troupe_unlink(me, *(troupe_ref *)other));
	return TROUPE_HANDLED;
}

/* From either side. */
TEST(watching, unlinked_they_end_apart)
{
	struct fixture f;
	fixture_start(&f, 2);
	reset();
	troupe_ref a = spawned(&f, &hearing, 0), b = spawned(&f, &hearing, 1);
	perform(&f, a, do_link, &b);
	perform(&f, b, do_unlink, &a);
	CHECK_OK(troupe_kill(a));
	fixture_settle(&f);
	CHECK(troupe_is_alive(b));
	fixture_finish(&f);
}

/* ----------------------------------------------------------------------------------------------------------- links -- */

static void check_link(const troupe_behaviour *behaviour, bool turned, troupe_status given, bool survives, int told)
{
	struct fixture f;
	fixture_start(&f, 2);
	reset();
	troupe_ref a = spawned(&f, behaviour, 0), b = spawned(&f, &hearing, 1);
	perform(&f, turned ? b : a, do_link, turned ? &a : &b);
	perform(&f, turned ? b : a, do_link, turned ? &a : &b); /* no more than the first */
	perform(&f, b, do_exit, &given);
	CHECK(!troupe_is_alive(b));
	CHECK_EQ(troupe_is_alive(a), survives);
	CHECK_EQ(heard[0].links, told);
	if (told > 0)
		check_last(0, TROUPE_LINKED, b, given, 0);
	CHECK_EQ(heard[0].ended, !survives);
	if (!survives)
		CHECK_EQ(heard[0].why, TROUPE_ELINKED);
	fixture_finish(&f);
}

TEST(watching, failure_ends_the_linked_one_too)
{
	for (int turned = 0; turned < 2; turned++) {
		check_link(&hearing, turned, TROUPE_EUSER, false, 0);
		check_link(&hearing, turned, TROUPE_EKILLED, false, 0);
		check_link(&hearing, turned, TROUPE_ELINKED, false, 0);
	}
}

TEST(watching, a_normal_end_ends_nobody)
{
	for (int turned = 0; turned < 2; turned++)
		check_link(&hearing, turned, TROUPE_OK, true, 0);
}

TEST(watching, who_traps_is_told_of_every_end)
{
	for (int turned = 0; turned < 2; turned++) {
		check_link(&trapping, turned, TROUPE_EUSER, true, 1);
		check_link(&trapping, turned, TROUPE_EKILLED, true, 1);
		check_link(&trapping, turned, TROUPE_OK, true, 1);
	}
}

TEST(watching, a_kill_counts_as_failure)
{
	struct fixture f;
	fixture_start(&f, 2);
	reset();
	troupe_ref a = spawned(&f, &hearing, 0), b = spawned(&f, &hearing, 1), c = spawned(&f, &trapping, 2);
	perform(&f, a, do_link, &b);
	perform(&f, c, do_link, &b);
	CHECK_OK(troupe_kill(b));
	fixture_settle(&f);
	CHECK_EQ(heard[0].why, TROUPE_ELINKED); /* not killed itself: its terminate has run as at any failure */
	CHECK_EQ(heard[2].links, 1);
	check_last(2, TROUPE_LINKED, b, TROUPE_EKILLED, 0);
	fixture_finish(&f);
}

TEST(watching, a_link_to_one_that_is_gone_is_a_failure)
{
	struct fixture f;
	fixture_start(&f, 2);
	reset();
	troupe_ref a = spawned(&f, &hearing, 0), b = spawned(&f, &trapping, 1), gone = spawned(&f, &hearing, 2);
	CHECK_OK(troupe_stop_wait(gone, LIMIT));
	perform(&f, a, do_link, &gone);
	CHECK(!troupe_is_alive(a));
	CHECK_EQ(heard[0].why, TROUPE_ELINKED);
	perform(&f, b, do_link, &gone);
	check_last(1, TROUPE_LINKED, gone, TROUPE_EGONE, 0);
	CHECK(fixture_logged(&f, "linked to"));
	fixture_finish(&f);
}

/* ELINKED is a failure like others: it goes on, up to who traps. */
TEST(watching, failure_runs_along_a_chain)
{
	struct fixture f;
	troupe_status why = TROUPE_EUSER;
	fixture_start(&f, 2);
	reset();
	troupe_ref chain[CHAIN + 1];
	for (int i = 0; i <= CHAIN; i++)
		chain[i] = spawned(&f, i == CHAIN ? &trapping : &hearing, i);
	for (int i = 0; i < CHAIN; i++)
		perform(&f, chain[i], do_link, &chain[i + 1]);
	perform(&f, chain[0], do_fail, &why);
	CHECK_EQ(heard[0].why, TROUPE_EUSER);
	for (int i = 1; i < CHAIN; i++) {
		CHECK_EQ(heard[i].ended, 1);
		CHECK_EQ(heard[i].why, TROUPE_ELINKED);
	}
	CHECK(troupe_is_alive(chain[CHAIN]));
	check_last(CHAIN, TROUPE_LINKED, chain[CHAIN - 1], TROUPE_ELINKED, 0);
	fixture_finish(&f);
}

/* All are linked in a ring: each ends once. */
TEST(watching, failure_runs_round_a_ring)
{
	struct fixture f;
	troupe_status why = TROUPE_EUSER;
	fixture_start(&f, 2);
	reset();
	troupe_ref ring[CHAIN];
	for (int i = 0; i < CHAIN; i++)
		ring[i] = spawned(&f, &hearing, i);
	for (int i = 0; i < CHAIN; i++)
		perform(&f, ring[i], do_link, &ring[(i + 1) % CHAIN]);
	perform(&f, ring[0], do_fail, &why);
	for (int i = 0; i < CHAIN; i++)
		CHECK_EQ(heard[i].ended, 1);
	fixture_finish(&f);
}

/* --------------------------------------------------------------------------------- an end by a link is an ordinary one -- */

static troupe_verdict do_have_child(troupe_actor *me, void *child)
{
	CHECK_OK(troupe_spawn_child(me, &hearing, &(int){ 2 }, child));
	return TROUPE_HANDLED;
}

TEST(watching, children_end_before_who_is_linked)
{
	struct fixture f;
	troupe_status why = TROUPE_EUSER;
	troupe_ref child;
	fixture_start(&f, 2);
	reset();
	troupe_ref a = spawned(&f, &hearing, 0), b = spawned(&f, &hearing, 1);
	perform(&f, a, do_have_child, &child);
	perform(&f, a, do_link, &b);
	perform(&f, b, do_fail, &why);
	CHECK_EQ(heard[2].ended, 1);
	CHECK_EQ(heard[2].why, TROUPE_OK); /* told to end, as by any end of its parent */
	CHECK_EQ(heard[0].why, TROUPE_ELINKED);
	fixture_finish(&f);
}

TEST(watching, what_is_queued_is_drained_by_who_drains)
{
	struct fixture f;
	struct barrier barrier;
	atomic_int count = 0;
	fixture_start(&f, 2);
	reset();
	troupe_ref a = spawned(&f, &draining, 0), b = spawned(&f, &hearing, 1);
	perform(&f, a, do_link, &b);
	barrier_raise(&barrier, a);
	for (int i = 0; i < 10; i++)
		tell(a, do_count, &count);
	CHECK_OK(troupe_kill(b));
	CHECK_OK(troupe_wait_end(b, LIMIT, NULL));
	barrier_open(&barrier);
	CHECK_OK(troupe_wait_end(a, LIMIT, NULL));
	fixture_settle(&f);
	CHECK_EQ(count, 10);
	CHECK_EQ(heard[0].why, TROUPE_ELINKED);
	fixture_finish(&f);
}

/* The news comes when all is over: what was queued has been drained by then. */
TEST(watching, told_when_all_is_over)
{
	struct fixture f;
	struct barrier barrier;
	troupe_status why = TROUPE_EUSER;
	fixture_start(&f, 2);
	reset();
	troupe_ref watcher = spawned(&f, &hearing, 0), other = spawned(&f, &draining, 1);
	perform(&f, watcher, do_monitor, &other);
	barrier_raise(&barrier, other);
	tell(other, do_fail, &why);
	tell(other, do_count, &heard[0].notes);
	barrier_open(&barrier);
	fixture_settle(&f);
	CHECK_EQ(heard[0].downs, 1);
	CHECK_EQ(heard[0].at_down, 1);
	CHECK_EQ(heard[1].ended, 1);
	fixture_finish(&f);
}

/* ------------------------------------------------------------------------------------------------------------ holding -- */

enum { ASK = 1, NEVER };
struct question { troupe_ref reply; };
typedef union asked { troupe_ref ref; const void *data; const struct question *ASK; } asked;

static troupe_verdict keep_for_ever(troupe_actor *me, const troupe_message *m)
{
	return m->kind == ASK ? troupe_done(me, troupe_keep(me, m)) : doer_receive(me, m);
}

static const troupe_behaviour keeping = { .name = "keeping", .receive = keep_for_ever };

static troupe_verdict do_await(troupe_actor *me, void *argument)
{
	const struct pair *pair = argument;
	const asked to = { pair->other };
	troupe_ref address;

	CHECK_OK(troupe_expect(me, TROUPE_OPTIONS(troupe_expectation, .hold = true), &address));
	CHECK_OK(troupe_ask_bytes(to.ref, ASK, &(struct question){ address }, sizeof(struct question), 0, address));
	return TROUPE_HANDLED;
}

/* Who awaits an answer hears of ends meanwhile, and of no user message. */
TEST(watching, who_awaits_an_answer_is_told)
{
	struct fixture f;
	atomic_int count = 0;
	fixture_start(&f, 2);
	reset();
	troupe_ref watcher = spawned(&f, &trapping, 0), other = spawned(&f, &hearing, 1);
	struct pair keeper = { .other = spawned(&f, &keeping, 0) };
	perform(&f, watcher, do_monitor, &other);
	perform(&f, watcher, do_await, &keeper);
	tell(watcher, do_count, &count);
	CHECK_OK(troupe_stop_wait(other, LIMIT));
	fixture_settle(&f);
	CHECK_EQ(heard[0].downs, 1);
	CHECK_EQ(count, 0);
	CHECK_OK(troupe_kill(watcher));
	fixture_finish(&f);
}
