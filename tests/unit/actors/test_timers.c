/* SPDX-License-Identifier: MIT */
/* An actor's table of timers: ids that are used once, records that are on their way, and rhythms under a clock of our own. */
#include "actors/timers.h"

#include "stage.h"

enum { TICK = 5, MANY = 100 };

static struct stage s;
static atomic_int ticks;

static uint64_t arm(struct actor_worker *worker, int64_t delay_ns)
{
	uint64_t id = 0;
	CHECK_OK(troupei_timer_arm(worker, delay_ns, 0, &(struct timer_event){ .kind = TICK }, &id));
	CHECK(id != 0);
	return id;
}

static size_t armed(struct actor_worker *worker)
{
	return troupei_timers_count(&worker->base.timers);
}

static troupe_verdict count_ticks(troupe_actor *me, const troupe_message *m)
{
	if (m->kind != TICK)
		return player_receive(me, m);
	atomic_fetch_add(&ticks, 1);
	return TROUPE_HANDLED;
}

static const troupe_behaviour ticked = { .name = "ticked", .receive = count_ticks };

/* A place in the table comes again, an id does not. */
static troupe_verdict reuse_places(troupe_actor *me, void *argument)
{
	struct actor_worker *worker = troupei_me_worker(me);
	uint64_t ids[MANY];
	(void)argument;
	uint64_t first = arm(worker, LIMIT);
	for (int i = 0; i < MANY; i++) {
		ids[i] = first;
		CHECK_OK(troupei_timer_cancel(worker, worker->running, first));
		first = arm(worker, LIMIT);
		CHECK_EQ((uint32_t)first, (uint32_t)ids[0]);
		for (int k = 0; k <= i; k++)
			CHECK_EQ(troupei_timer_cancel(worker, worker->running, ids[k]), TROUPE_ENOENT);
	}
	CHECK_EQ(armed(worker), 1);
	CHECK_OK(troupei_timer_cancel(worker, worker->running, first));
	return TROUPE_HANDLED;
}

TEST(timers, ids_are_used_once)
{
	stage_start(&s, 1);
	perform(&s, player(&s), reuse_places, NULL);
	stage_finish(&s);
}

static troupe_verdict fill_table(troupe_actor *me, void *argument)
{
	struct actor_worker *worker = troupei_me_worker(me);
	uint64_t ids[MANY];
	(void)argument;
	for (int i = 0; i < MANY; i++) {
		ids[i] = arm(worker, LIMIT);
		for (int k = 0; k < i; k++)
			CHECK((uint32_t)ids[i] != (uint32_t)ids[k]);
	}
	for (int i = 0; i < MANY; i += 2) /* both ways to the same */
		CHECK_OK(troupei_timer_cancel(worker, worker->running, ids[i]));
	for (int i = 1; i < MANY / 2; i += 2)
		troupei_timer_cancel_entry(worker, worker->running, (uint32_t)ids[i]);
	CHECK_EQ(armed(worker), MANY / 4);
	troupei_timer_cancel_all(worker, worker->running);
	CHECK_EQ(armed(worker), 0);
	CHECK(worker->running->extra->timers == NULL);
	CHECK_EQ(troupei_timer_cancel(worker, worker->running, ids[MANY - 1]), TROUPE_ENOENT);
	return TROUPE_HANDLED;
}

TEST(timers, table_grows_and_goes)
{
	stage_start(&s, 1);
	perform(&s, player(&s), fill_table, NULL);
	stage_finish(&s);
}

static troupe_verdict lend(troupe_actor *me, void *timer)
{
	CHECK_OK(troupe_after(me, LIMIT, TICK, 0, timer));
	return TROUPE_HANDLED;
}

static troupe_verdict borrow(troupe_actor *me, void *timer)
{
	troupe_timer own;
	CHECK_EQ(troupe_cancel(me, *(troupe_timer *)timer), TROUPE_ENOENT);
	CHECK_OK(troupe_after(me, LIMIT, TICK, 0, &own)); /* the same place in a table of its own */
	CHECK(own.bits_private != ((troupe_timer *)timer)->bits_private);
	CHECK_EQ(troupe_cancel(me, *(troupe_timer *)timer), TROUPE_ENOENT);
	CHECK_EQ(troupe_cancel(me, (troupe_timer){ 0 }), TROUPE_ENOENT);
	CHECK_EQ(troupe_cancel(me, (troupe_timer){ UINT64_MAX }), TROUPE_ENOENT);
	CHECK_OK(troupe_cancel(me, own));
	return TROUPE_HANDLED;
}

TEST(timers, of_another_actor)
{
	troupe_timer timer;
	stage_start(&s, 1);
	perform(&s, player(&s), lend, &timer);
	perform(&s, player(&s), borrow, &timer);
	stage_finish(&s);
}

static troupe_verdict cancel_on_its_way(troupe_actor *me, void *argument)
{
	struct actor_worker *worker = troupei_me_worker(me);
	(void)argument;
	uint64_t gone = arm(worker, 0), comes = arm(worker, 0);
	troupei_worker_fire_due(&worker->base); /* both lie in our mailbox now */
	CHECK_EQ(armed(worker), 0);
	CHECK(worker->running->mailbox.head != NULL);
	CHECK_OK(troupei_timer_cancel(worker, worker->running, gone));
	CHECK_EQ(troupei_timer_cancel(worker, worker->running, gone), TROUPE_ENOENT);
	CHECK(comes != gone);
	return TROUPE_HANDLED;
}

/* R2: what is queued and cancelled is not delivered, and its record is freed. */
TEST(timers, cancelled_on_its_way)
{
	stage_start(&s, 1);
	perform(&s, spawned(&s, &ticked), cancel_on_its_way, NULL);
	CHECK_EQ(ticks, 1);
	stage_finish(&s);
	CHECK_EQ(s.ledger.handled, 3);
}

static troupe_verdict end_with_one_on_its_way(troupe_actor *me, void *argument)
{
	struct actor_worker *worker = troupei_me_worker(me);
	(void)argument;
	arm(worker, 0);
	arm(worker, LIMIT);
	troupei_worker_fire_due(&worker->base);
	troupe_exit(me, TROUPE_OK);
	return TROUPE_HANDLED;
}

TEST(timers, end_of_the_owner)
{
	stage_start(&s, 1);
	perform(&s, spawned(&s, &ticked), end_with_one_on_its_way, NULL);
	stage_settle(&s);
	CHECK_EQ(ticks, 0);
	stage_finish(&s);
	CHECK_EQ(s.letter_count, 0);
}

static troupe_verdict arm_without_memory(troupe_actor *me, void *argument)
{
	struct actor_worker *worker = troupei_me_worker(me);
	uint64_t id;
	(void)argument;
	for (int allowed = 0; allowed < 3; allowed++) { /* extra, record, table */
		allocations_allowed = allowed;
		troupei_memory_fail_by(fail_when_used_up);
		CHECK_EQ(troupei_timer_arm(worker, LIMIT, 0, &(struct timer_event){ .kind = TICK }, &id), TROUPE_ENOMEM);
		troupei_memory_fail_by(NULL);
		CHECK_EQ(armed(worker), 0);
		if (allowed > 0)
			troupei_cell_extra_free(worker->running);
	}
	return TROUPE_HANDLED;
}

TEST(timers, without_memory)
{
	use_malloc();
	stage_start(&s, 1);
	perform(&s, player(&s), arm_without_memory, NULL);
	stage_finish(&s);
}

/* ------------------------------------------------------------------------------------------------- a clock of our own -- */

static _Atomic int64_t now;

static int64_t now_ns(void *context)
{
	(void)context;
	return now;
}

/* Time stands still until the test moves it. */
static void start_with_clock(void)
{
	struct environment environment = { .now_ns = now_ns, .seed = 1 };
	troupe_options options = stage_options(&s, 1);
	CHECK_OK(troupei_system_start(&options, &environment, &s.system));
}

static troupe_verdict begin_rhythm(troupe_actor *me, void *period)
{
	CHECK_OK(troupe_every(me, *(int64_t *)period, TICK, 0, NULL));
	return TROUPE_HANDLED;
}

static troupe_verdict look(troupe_actor *me, void *argument)
{
	(void)argument;
	troupei_worker_fire_due(&troupei_me_worker(me)->base);
	return TROUPE_HANDLED;
}

/* R3: beats that were missed are left out, and the next one is where it would have been. */
TEST(timers, rhythm_is_kept)
{
	int64_t period = 10;
	start_with_clock();
	troupe_ref ref = spawned(&s, &ticked);
	perform(&s, ref, begin_rhythm, &period);
	const struct { int64_t at; int ticks; } points[] = { { 9, 0 }, { 10, 1 }, { 19, 1 }, { 20, 2 }, { 55, 3 }, { 59, 3 },
		                                             { 60, 4 }, { 10000, 5 }, { 10001, 5 }, { 10010, 6 } };
	for (unsigned i = 0; i < sizeof points / sizeof *points; i++) {
		now = points[i].at;
		perform(&s, ref, look, NULL);
		CHECK_EQ(ticks, points[i].ticks);
	}
	stage_finish(&s);
}

static troupe_verdict arm_for_ever(troupe_actor *me, void *argument)
{
	const int64_t delays[] = { INT64_MAX, INT64_MAX - 1, INT64_MAX / 2 };
	(void)argument;
	for (int i = 0; i < 3; i++) {
		CHECK_OK(troupe_after(me, delays[i], TICK, 0, NULL));
		CHECK_OK(troupe_every(me, delays[i], TICK, 0, NULL));
	}
	return TROUPE_HANDLED;
}

/* Centuries are not taken for the past. */
TEST(timers, delays_without_end)
{
	now = INT64_MAX / 2;
	start_with_clock();
	troupe_ref ref = spawned(&s, &ticked);
	perform(&s, ref, arm_for_ever, NULL);
	perform(&s, ref, look, NULL);
	CHECK_EQ(ticks, 0);
	stage_finish(&s);
}
