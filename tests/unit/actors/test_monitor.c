/* SPDX-License-Identifier: MIT */
/* Monitors: where their records are, and who frees them. */
#include "actors/watch.h"

#include "stage.h"

enum { MANY = 100 };

static struct stage s;
static atomic_int downs;
static troupe_message last;

static troupe_verdict hear(troupe_actor *me, const troupe_message *m)
{
	if (m->kind != TROUPE_DOWN)
		return player_receive(me, m);
	last = *m;
	atomic_fetch_add(&downs, 1);
	return TROUPE_HANDLED;
}

static const troupe_behaviour hearing = { .name = "hearing", .receive = hear };
static const troupe_behaviour draining = { .name = "draining", .receive = hear, .leftovers = TROUPE_DRAIN };

static unsigned hanging(troupe_ref of)
{
	unsigned n = 0;
	CHECK(troupei_points_ready());
	troupei_point_lock(of);
	for (struct watch_node *node = troupei_point_first(of, WATCH_MONITORS); node != NULL; node = troupei_point_next(node))
		n++;
	troupei_point_unlock(of);
	return n;
}

static troupe_verdict fill_table(troupe_actor *me, void *other)
{
	struct actor_worker *worker = troupei_me_worker(me);
	uint64_t ids[MANY];
	for (int i = 0; i < MANY; i++)
		CHECK_OK(troupei_monitor_make(worker, *(troupe_ref *)other, 0, &ids[i]));
	CHECK_EQ(hanging(*(troupe_ref *)other), MANY);
	for (int i = 0; i < MANY; i += 2) {
		CHECK_OK(troupei_monitor_cancel(worker->running, ids[i]));
		CHECK_EQ(troupei_monitor_cancel(worker->running, ids[i]), TROUPE_ENOENT);
	}
	CHECK_EQ(hanging(*(troupe_ref *)other), MANY / 2);
	troupei_monitor_forget_all(worker->running);
	CHECK_EQ(hanging(*(troupe_ref *)other), 0);
	CHECK(worker->running->extra->monitors == NULL);
	CHECK_EQ(troupei_monitor_cancel(worker->running, ids[1]), TROUPE_ENOENT);
	troupei_monitor_forget_all(worker->running);
	return TROUPE_HANDLED;
}

/* W3: and the one that is monitored has nothing of it. */
TEST(monitor, table_grows_and_goes)
{
	stage_start(&s, 1);
	troupe_ref other = player(&s);
	perform(&s, spawned(&s, &hearing), fill_table, &other);
	CHECK(cell_of(other)->extra == NULL);
	CHECK_OK(troupe_stop_wait(other, LIMIT));
	CHECK_EQ(downs, 0);
	stage_finish(&s);
}

static troupe_verdict monitor_gone(troupe_actor *me, void *argument)
{
	struct actor_worker *worker = troupei_me_worker(me);
	uint64_t gone, comes;
	(void)argument;
	CHECK_OK(troupei_monitor_make(worker, (troupe_ref){ 0 }, 1, &gone));
	CHECK_OK(troupei_monitor_make(worker, (troupe_ref){ 0 }, 2, &comes)); /* both lie in our mailbox now */
	CHECK_OK(troupei_monitor_cancel(worker->running, gone));
	CHECK_EQ(troupei_monitor_cancel(worker->running, gone), TROUPE_ENOENT);
	return TROUPE_HANDLED;
}

/* W2: what is queued and taken back is not delivered, and its record is freed. */
TEST(monitor, cancelled_on_its_way)
{
	stage_start(&s, 1);
	perform(&s, spawned(&s, &hearing), monitor_gone, NULL);
	CHECK_EQ(downs, 1);
	CHECK_EQ(last.token, 2);
	CHECK_EQ(last.why, TROUPE_EGONE);
	stage_finish(&s);
	CHECK_EQ(s.ledger.sent, 3);
	CHECK_EQ(s.ledger.handled, 3);
}

static troupe_verdict end_with_news(troupe_actor *me, void *other)
{
	CHECK_OK(troupe_monitor(me, (troupe_ref){ 0 }, 0, NULL));
	CHECK_OK(troupe_monitor(me, *(troupe_ref *)other, 0, NULL));
	troupe_exit(me, TROUPE_OK);
	return TROUPE_HANDLED;
}

static void check_end_of_owner(const troupe_behaviour *behaviour)
{
	stage_start(&s, 1);
	troupe_ref other = player(&s);
	perform(&s, spawned(&s, behaviour), end_with_news, &other);
	CHECK_EQ(hanging(other), 0);
	CHECK_EQ(downs, 0);
	stage_finish(&s);
	CHECK_EQ(s.letter_count, 0);
}

TEST(monitor, end_of_the_owner)
{
	check_end_of_owner(&hearing);
}

TEST(monitor, end_of_an_owner_that_drains)
{
	check_end_of_owner(&draining);
}

static struct barrier barrier;

static troupe_verdict monitor_other(troupe_actor *me, void *other)
{
	CHECK_OK(troupe_monitor(me, *(troupe_ref *)other, 5, NULL));
	return TROUPE_HANDLED;
}

/* W3: an actor that is busy for long is monitored, and no more, at once. */
TEST(monitor, of_one_that_is_busy)
{
	stage_start(&s, 2);
	troupe_ref other = player(&s), owner = spawned(&s, &hearing);
	hold(&barrier, other);
	tell(owner, monitor_other, &other);
	while (hanging(other) == 0)
		sleep_ns(TROUPE_MS / 10);
	CHECK_OK(troupe_stop_wait(owner, LIMIT));
	CHECK_EQ(hanging(other), 0);
	let_go(&barrier);
	stage_finish(&s);
	CHECK_EQ(downs, 0);
}

/* One that drains lives still: it is monitored, and tells. */
TEST(monitor, of_one_that_drains)
{
	stage_start(&s, 2);
	troupe_ref other = spawned(&s, &drainer_behaviour), owner = spawned(&s, &hearing);
	drain(&barrier, other);
	tell(owner, monitor_other, &other);
	while (hanging(other) == 0)
		sleep_ns(TROUPE_MS / 10);
	CHECK_EQ(downs, 0);
	let_go(&barrier);
	await_count(&downs, 1);
	stage_settle(&s);
	CHECK_EQ(last.why, TROUPE_OK);
	CHECK_EQ(last.token, 5);
	stage_finish(&s);
}

static troupe_verdict monitor_without_memory(troupe_actor *me, void *other)
{
	struct actor_worker *worker = troupei_me_worker(me);
	uint64_t id;
	CHECK(troupei_points_ready());
	for (int allowed = 0; allowed < 3; allowed++) { /* extra, record, table */
		allocations_allowed = allowed;
		troupei_memory_fail_by(fail_when_used_up);
		CHECK_EQ(troupei_monitor_make(worker, *(troupe_ref *)other, 0, &id), TROUPE_ENOMEM);
		troupei_memory_fail_by(NULL);
		CHECK_EQ(hanging(*(troupe_ref *)other), 0);
		if (allowed > 0)
			troupei_cell_extra_free(worker->running);
	}
	return TROUPE_HANDLED;
}

TEST(monitor, without_memory)
{
	use_malloc();
	stage_start(&s, 1);
	troupe_ref other = player(&s);
	perform(&s, spawned(&s, &hearing), monitor_without_memory, &other);
	stage_finish(&s);
}

TEST(monitor, ending_needs_no_memory)
{
	use_malloc();
	stage_start(&s, 2);
	troupe_ref other = player(&s), owner = spawned(&s, &hearing);
	for (int i = 0; i < MANY; i++)
		perform(&s, owner, monitor_other, &other);
	allocations_allowed = 0;
	troupei_memory_fail_by(fail_when_used_up);
	troupei_signal(s.system.private_, NULL, cell_of(other), SIGNAL_KILL);
	await_count(&downs, MANY);
	troupei_memory_fail_by(NULL);
	stage_settle(&s);
	CHECK_EQ(last.why, TROUPE_EKILLED);
	stage_finish(&s);
}
