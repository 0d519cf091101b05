/* SPDX-License-Identifier: MIT */
/* Promise: a handler that takes too long is reported once, and keeps nobody else from work, nor timers from their time. */
#include "fixture.h"

enum { TICK = 1, LONG_MS = 20 };

static struct fixture f;

static void start(uint32_t workers, int64_t limit)
{
	troupe_options options = fixture_options(&f, workers);

	options.handler_ns_max = limit;
	CHECK_OK(troupe_start(&options, &f.system));
}

static uint64_t stalls(void)
{
	troupe_counters counters;

	CHECK_OK(troupe_counters_read(f.system, &counters));
	return counters.stalls;
}

static void await_stalls(uint64_t count)
{
	for (int64_t waited = 0; stalls() < count; waited += TROUPE_MS) {
		CHECK(waited < LIMIT);
		sleep_ns(TROUPE_MS);
	}
}

/* Lines that begin like this. */
static unsigned lines(const char *words)
{
	unsigned count = 0;

	pthread_mutex_lock(&f.lock);
	for (unsigned i = 0; i < f.line_count && i < LINES_MAX; i++)
		count += strstr(f.lines[i], words) != NULL;
	pthread_mutex_unlock(&f.lock);
	return count;
}

static void await_line(const char *words)
{
	for (int64_t waited = 0; lines(words) == 0; waited += TROUPE_MS) {
		CHECK(waited < LIMIT);
		sleep_ns(TROUPE_MS);
	}
}

/* It is handled, though somebody else's handler does not return: so not by settling. */
static void check_is_served(troupe_ref actor)
{
	atomic_int count = 0;

	tell(actor, do_count, &count);
	await_flag(&count);
}

/* A handler that does not sleep. */
static troupe_verdict do_spin(troupe_actor *me, void *barrier)
{
	struct barrier *b = barrier;

	(void)me;
	atomic_store(&b->reached, 1);
	while (atomic_load(&b->open) == 0)
		;
	return TROUPE_HANDLED;
}

static void keep(struct barrier *barrier, troupe_ref actor, troupe_verdict (*how)(troupe_actor *, void *))
{
	*barrier = (struct barrier){ 0 };
	tell(actor, how, barrier);
	await_flag(&barrier->reached);
}

/* -------------------------------------------------------------------------------------------------------- reporting -- */

static const troupe_kind doer_kinds[] = { TROUPE_KIND(doer, DO), { 0 } };
static const troupe_behaviour slow = { .name = "slow", .receive = doer_receive, .kinds = doer_kinds };

static troupe_ref spawn(const troupe_behaviour *behaviour)
{
	troupe_ref ref;

	CHECK_OK(troupe_spawn(f.system, behaviour, NULL, &ref));
	return ref;
}

TEST(watchdog, reports_each_long_handler_once_with_its_actor_and_kind)
{
	struct barrier barrier;
	start(2, LONG_MS * TROUPE_MS);
	troupe_ref kept = spawn(&slow);
	for (unsigned i = 1; i <= 3; i++) {
		keep(&barrier, kept, i == 2 ? do_spin : do_wait);
		await_stalls(i);
		sleep_ns(10 * LONG_MS * TROUPE_MS); /* so long that it could tell again */
		barrier_open(&barrier);
		fixture_settle(&f);
		CHECK_EQ(stalls(), i);
		CHECK_EQ(lines("stalled: actor slow"), i);
		CHECK_EQ(lines("its handler of DO runs for"), i);
	}
	CHECK(TEST_WITH_TSAN || lines("calls: not known") == 0); /* which holds signals back */
	fixture_finish(&f);
}

TEST(watchdog, says_nothing_of_short_handlers_however_many)
{
	start(2, 2 * TROUPE_S);
	doer d = doer_spawn(&f);
	for (int i = 0; i < 20000; i++)
		tell(d.ref, do_nothing, NULL);
	fixture_settle(&f);
	CHECK_EQ(stalls(), 0);
	fixture_finish(&f);
	CHECK_EQ(f.line_count, 0);
}

TEST(watchdog, is_not_there_where_there_is_no_limit)
{
	struct barrier barrier;
	start(1, -1);
	troupe_ref kept = spawn(&slow);
	keep(&barrier, kept, do_wait);
	sleep_ns(3 * LONG_MS * TROUPE_MS);
	barrier_open(&barrier);
	fixture_settle(&f);
	CHECK_EQ(stalls(), 0);
	fixture_finish(&f);
}

TEST(watchdog, knows_limits_of_behaviours)
{
	static const troupe_behaviour strict = { .name = "strict", .receive = doer_receive, .handler_ns_max = LONG_MS * TROUPE_MS };
	static const troupe_behaviour free_of_it = { .name = "free", .receive = doer_receive, .handler_ns_max = -1 };
	struct barrier barriers[2];
	start(2, -1);
	troupe_ref kept = spawn(&strict);
	keep(&barriers[0], kept, do_wait);
	await_line("stalled: actor strict");
	keep(&barriers[1], spawn(&free_of_it), do_wait);
	sleep_ns(3 * LONG_MS * TROUPE_MS);
	barrier_open(&barriers[0]);
	barrier_open(&barriers[1]);
	fixture_settle(&f);
	CHECK_EQ(stalls(), 1);
	fixture_finish(&f);
}

TEST(watchdog, leaves_those_alone_that_may_block_unless_they_have_a_limit)
{
	static const troupe_behaviour patient = { .name = "patient", .receive = doer_receive, .blocks = 1 };
	static const troupe_behaviour strict = { .name = "strict", .receive = doer_receive, .blocks = 1,
		                                 .handler_ns_max = LONG_MS * TROUPE_MS };
	struct barrier barriers[2];
	start(1, LONG_MS * TROUPE_MS);
	keep(&barriers[0], spawn(&patient), do_wait);
	keep(&barriers[1], spawn(&strict), do_wait);
	await_line("stalled: actor strict");
	barrier_open(&barriers[0]);
	barrier_open(&barriers[1]);
	fixture_settle(&f);
	CHECK_EQ(stalls(), 1);
	fixture_finish(&f);
}

static troupe_verdict long_init(troupe_actor *me)
{
	static struct barrier barrier;

	(void)me;
	for (int64_t waited = 0; lines("its init runs") == 0; waited += TROUPE_MS) {
		CHECK(waited < LIMIT);
		sleep_ns(TROUPE_MS);
	}
	(void)barrier;
	return TROUPE_HANDLED;
}

TEST(watchdog, sees_a_long_init)
{
	static const troupe_behaviour slow_to_begin = { .name = "late", .receive = doer_receive, .init = long_init };
	start(1, LONG_MS * TROUPE_MS);
	troupe_ref ref = spawn(&slow_to_begin);
	check_handles(&f, ref);
	CHECK_EQ(stalls(), 1);
	fixture_finish(&f);
}

/* --------------------------------------------------------------------------------------------------------- stand-ins -- */

static void check_others_are_served(uint32_t workers, troupe_verdict (*how)(troupe_actor *, void *))
{
	enum { ROUNDS = 3, OTHERS = 50 };
	struct barrier barriers[4];
	doer others[OTHERS];

	start(workers, LONG_MS * TROUPE_MS);
	for (int i = 0; i < OTHERS; i++)
		others[i] = doer_spawn(&f);
	for (int round = 0; round < ROUNDS; round++) {
		troupe_ref kept[4];
		for (uint32_t i = 0; i < workers; i++) {
			kept[i] = spawn(&slow);
			keep(&barriers[i], kept[i], how);
		}
		for (int i = 0; i < OTHERS; i++)
			check_is_served(others[i].ref);
		for (uint32_t i = 0; i < workers; i++)
			barrier_open(&barriers[i]);
		fixture_settle(&f);
		for (uint32_t i = 0; i < workers; i++)
			check_handles(&f, kept[i]);
	}
	fixture_finish(&f);
}

TEST(watchdog, lets_others_work_while_the_only_worker_is_kept)
{
	check_others_are_served(1, do_wait);
}

TEST(watchdog, lets_others_work_while_all_workers_are_kept)
{
	check_others_are_served(2, do_wait);
	check_others_are_served(4, do_wait);
}

TEST(watchdog, lets_others_work_while_a_handler_only_computes)
{
	check_others_are_served(1, do_spin);
}

#if !TEST_WITH_TSAN /* which holds the signal back that a worker gives away its work in */
/* What a kept handler has set going before, or sets going meanwhile. */
struct errand {
	troupe_ref woken;
	atomic_int handled, ticked;
	uint64_t stalls; /* wait for so many first */
};

static troupe_verdict do_errand(troupe_actor *me, void *argument)
{
	struct errand *errand = argument;

	(void)me;
	if (errand->stalls > 0)
		await_line("stalled");
	tell(errand->woken, do_count, &errand->handled);
	await_flag(&errand->handled);
	return TROUPE_HANDLED;
}

TEST(watchdog, lets_those_work_whom_the_handler_woke_before)
{
	for (uint32_t workers = 1; workers <= 2; workers++) {
		struct errand errand = { .stalls = 0 };
		start(workers, LONG_MS * TROUPE_MS);
		errand.woken = doer_spawn(&f).ref;
		troupe_ref kept = spawn(&slow);
		tell(kept, do_errand, &errand);
		fixture_settle(&f);
		CHECK_EQ(errand.handled, 1);
		CHECK_EQ(stalls(), 1);
		fixture_finish(&f);
	}
}

TEST(watchdog, lets_those_work_whom_the_handler_wakes_meanwhile)
{
	for (uint32_t workers = 1; workers <= 2; workers++) {
		struct errand errand = { .stalls = 1 };
		start(workers, LONG_MS * TROUPE_MS);
		errand.woken = doer_spawn(&f).ref;
		tell(spawn(&slow), do_errand, &errand);
		fixture_settle(&f);
		CHECK_EQ(errand.handled, 1);
		fixture_finish(&f);
	}
}

enum { CHILDREN = 500 };

/* More than the ring takes of what never ran. */
static troupe_verdict do_spawn_and_wait(troupe_actor *me, void *count)
{
	doer child;

	for (int i = 0; i < CHILDREN; i++) {
		CHECK_OK(troupe_spawn(me->system, &doer_behaviour, NULL, &child.ref));
		CHECK_OK(troupe_send(child, DO, .run = do_count, .argument = count));
	}
	for (int64_t waited = 0; atomic_load((atomic_int *)count) < CHILDREN; waited += TROUPE_MS) {
		CHECK(waited < LIMIT);
		sleep_ns(TROUPE_MS);
	}
	return TROUPE_HANDLED;
}

TEST(watchdog, lets_those_begin_who_were_spawned_before)
{
	atomic_int count = 0;
	start(1, LONG_MS * TROUPE_MS);
	perform(&f, spawn(&slow), do_spawn_and_wait, &count);
	CHECK_EQ(count, CHILDREN);
	fixture_finish(&f);
}
#endif

/* ----------------------------------------------------------------------------------------------------------- timers -- */

static atomic_int ticks;

static troupe_verdict tick(troupe_actor *me, const troupe_message *m)
{
	if (m->kind != TICK)
		return doer_receive(me, m);
	atomic_fetch_add(&ticks, 1);
	return TROUPE_HANDLED;
}

static const troupe_behaviour ticking = { .name = "ticking", .receive = tick };

static troupe_verdict do_tick_often(troupe_actor *me, void *argument)
{
	(void)argument;
	return troupe_done(me, troupe_every(me, TROUPE_MS, TICK, 0, NULL));
}

TEST(watchdog, lets_timers_fire_while_all_workers_are_kept)
{
	struct barrier barriers[2];
	for (uint32_t workers = 1; workers <= 2; workers++) {
		start(workers, LONG_MS * TROUPE_MS);
		troupe_ref clock = spawn(&ticking);
		perform(&f, clock, do_tick_often, NULL);
		for (uint32_t i = 0; i < workers; i++)
			keep(&barriers[i], spawn(&slow), do_wait);
		ticks = 0;
		for (int64_t waited = 0; ticks < 20; waited += TROUPE_MS) {
			CHECK(waited < LIMIT);
			sleep_ns(TROUPE_MS);
		}
		for (uint32_t i = 0; i < workers; i++)
			barrier_open(&barriers[i]);
		CHECK_OK(troupe_stop_wait(clock, LIMIT));
		fixture_finish(&f);
	}
}

#if !TEST_WITH_TSAN
static troupe_verdict do_arm_and_wait(troupe_actor *me, void *clock)
{
	(void)me;
	await_line("stalled");
	tell(*(troupe_ref *)clock, do_tick_often, NULL);
	for (int64_t waited = 0; ticks < 5; waited += TROUPE_MS) {
		CHECK(waited < LIMIT);
		sleep_ns(TROUPE_MS);
	}
	return TROUPE_HANDLED;
}

TEST(watchdog, lets_timers_fire_that_are_armed_meanwhile)
{
	start(2, LONG_MS * TROUPE_MS);
	troupe_ref clock = spawn(&ticking);
	ticks = 0;
	tell(spawn(&slow), do_arm_and_wait, &clock);
	for (int64_t waited = 0; ticks < 5; waited += TROUPE_MS) {
		CHECK(waited < LIMIT);
		sleep_ns(TROUPE_MS);
	}
	CHECK_OK(troupe_stop_wait(clock, LIMIT));
	fixture_finish(&f);
}
#endif

TEST(watchdog, does_not_keep_a_system_from_its_end_in_order)
{
	enum { ROUNDS = 20 };
	for (int i = 0; i < ROUNDS; i++) {
		struct barrier barrier;
		start(2, 2 * TROUPE_MS);
		keep(&barrier, spawn(&slow), do_wait);
		sleep_ns(i * TROUPE_MS / 2);
		barrier_open(&barrier);
		fixture_finish(&f);
	}
}
