/* SPDX-License-Identifier: MIT */
/* Actors that block: who runs them, what those may do, and that the books, the timers and the end take them into account. */
#include "actors/blocking.h"
#include "actors/shelter.h"
#include "stage.h"
#include "support/faults.h"

enum { BLOCKED = 8 };

static struct stage s;

static const troupe_behaviour blocking_behaviour = { .name = "blocking", .receive = player_receive, .blocks = 1 };

static troupe_ref blocker(void)
{
	return spawned(&s, &blocking_behaviour);
}

static unsigned threads_made(void)
{
	unsigned count = 0;
	for (const struct actor_worker *at = NULL; (at = troupei_blocking_next(s.system.private_, at)) != NULL;)
		count++;
	return count;
}

static troupe_verdict look_where(troupe_actor *me, void *apart)
{
	*(int *)apart = troupei_me_worker(me)->apart && troupei_actor_worker() == troupei_me_worker(me);
	CHECK_EQ(troupei_must_not_block(), !troupei_me_worker(me)->apart);
	return TROUPE_HANDLED;
}

TEST(blocking, only_those_that_say_so_run_apart)
{
	int apart = -1, plain = -1;
	stage_start(&s, 2);
	perform(&s, player(&s), look_where, &plain);
	CHECK_EQ(plain, 0);
	CHECK_EQ(threads_made(), 0);
	perform(&s, blocker(), look_where, &apart);
	CHECK_EQ(apart, 1);
	CHECK_EQ(threads_made(), 1);
	stage_finish(&s);
}

TEST(blocking, all_may_block_while_the_worker_works)
{
	struct barrier barriers[BLOCKED];
	int plain = -1;
	stage_start(&s, 1);
	for (int i = 0; i < BLOCKED; i++)
		hold(&barriers[i], blocker());
	CHECK_EQ(threads_made(), BLOCKED);
	tell(player(&s), look_where, &plain);
	CHECK_EQ(troupe_settle(s.system, TROUPE_MS), TROUPE_ETIMEOUT); /* a turn apart counts */
	CHECK_EQ(troupei_load_acquire_32(&s.system.private_->scheduler.apart), BLOCKED);
	for (int i = 0; i < BLOCKED; i++)
		let_go(&barriers[i]);
	stage_settle(&s);
	CHECK_EQ(plain, 0);
	CHECK_EQ(troupei_load_acquire_32(&s.system.private_->scheduler.apart), 0);
	stage_finish(&s);
}

static atomic_int heard;

static troupe_verdict hear(troupe_actor *me, void *nothing)
{
	(void)me, (void)nothing;
	atomic_store(&heard, 1);
	return TROUPE_HANDLED;
}

TEST(blocking, no_more_threads_than_allowed)
{
	struct barrier first, second;
	troupe_options options = stage_options(&s, 1);
	options.blocking_max = 2;
	CHECK_OK(troupe_start(&options, &s.system));
	hold(&first, blocker());
	hold(&second, blocker());
	tell(blocker(), hear, NULL);
	CHECK_EQ(threads_made(), 2);
	CHECK_EQ(atomic_load(&heard), 0);
	let_go(&first);
	await_count(&heard, 1);
	let_go(&second);
	CHECK_EQ(threads_made(), 2);
	stage_finish(&s);
}

/* Whoever is woken from a turn apart runs at once, though that turn goes on: else this would wait for ever. */
static troupe_verdict tell_and_wait(troupe_actor *me, void *other)
{
	(void)me;
	tell(*(troupe_ref *)other, hear, NULL);
	await_count(&heard, 1);
	return TROUPE_HANDLED;
}

TEST(blocking, who_is_woken_does_not_wait_for_the_turn)
{
	stage_start(&s, 1);
	troupe_ref other = player(&s);
	perform(&s, blocker(), tell_and_wait, &other);
	stage_finish(&s);
}

static troupe_verdict spawn_and_wait(troupe_actor *me, void *nothing)
{
	troupe_ref child;
	(void)nothing;
	CHECK_OK(troupe_spawn_child(me, &player_behaviour, NULL, &child));
	tell(child, hear, NULL);
	await_count(&heard, 1);
	CHECK_EQ(troupe_wait_end(me->ref, 0, NULL), TROUPE_ECONTEXT);
	CHECK_EQ(troupe_finish(me->system, 0), TROUPE_ECONTEXT);
	CHECK_EQ(troupe_settle(me->system, 0), TROUPE_ECONTEXT);
	CHECK_OK(troupe_stop_wait(child, LIMIT));
	return TROUPE_HANDLED;
}

TEST(blocking, may_wait_for_an_end_but_not_for_its_own)
{
	stage_start(&s, 1);
	perform(&s, blocker(), spawn_and_wait, NULL);
	stage_finish(&s);
}

/* Timers of an actor apart lie in a worker's wheel, and wake a sleeping one. */
static troupe_verdict beat(troupe_actor *me, const troupe_message *m)
{
	if (m->kind == PLAY)
		return player_receive(me, m);
	CHECK(troupei_me_worker(me)->apart);
	return atomic_fetch_add(&heard, 1) < 9 ? TROUPE_HANDLED : (troupe_exit(me, TROUPE_OK), TROUPE_HANDLED);
}

static troupe_verdict start_beating(troupe_actor *me, void *nothing)
{
	troupe_timer cancelled;
	(void)nothing;
	CHECK_OK(troupe_every(me, TROUPE_MS, 1, 0, NULL));
	CHECK_OK(troupe_after(me, LIMIT, 2, 0, &cancelled));
	CHECK_OK(troupe_cancel(me, cancelled));
	return TROUPE_HANDLED;
}

TEST(blocking, timers_come)
{
	static const troupe_behaviour beating = { .name = "beating", .receive = beat, .blocks = 1 };
	stage_start(&s, 2);
	troupe_ref ref = spawned(&s, &beating);
	stage_settle(&s); /* workers sleep */
	tell(ref, start_beating, NULL);
	CHECK_OK(troupe_wait_end(ref, LIMIT, NULL));
	CHECK_EQ(heard, 10);
	stage_finish(&s);
}

static troupe_verdict count_own(troupe_actor *me, void *count)
{
	(void)me;
	++*(int *)count; /* one at a time, so it need not be atomic */
	return TROUPE_HANDLED;
}

TEST(blocking, one_message_at_a_time_and_none_lost)
{
	int count = 0;
	stage_start(&s, 2);
	troupe_ref ref = blocker();
	for (int i = 0; i < 1000; i++)
		tell(ref, count_own, &count);
	stage_settle(&s);
	CHECK_EQ(count, 1000);
	CHECK_EQ(stage_ledger(&s).handled, 1000);
	stage_finish(&s);
}

/* It does not return: named, and left behind. */
TEST(blocking, who_does_not_return_is_named)
{
	static struct barrier barrier;
	stage_start(&s, 1);
	hold(&barrier, blocker());
	CHECK_EQ(troupe_finish(s.system, TROUPE_MS), TROUPE_ETIMEOUT);
	CHECK(stage_logged(&s, "blocking"));
	CHECK(stage_logged(&s, "on a blocking thread"));
	let_go(&barrier);
	while (troupei_load_acquire_32(&s.system.private_->scheduler.apart) != 0)
		sleep_ns(TROUPE_MS / 10);
	CHECK_OK(troupe_finish(s.system, LIMIT)); /* a second try, now that it has returned */
}

TEST(blocking, no_memory_for_the_first_thread)
{
	use_malloc();
	stage_start(&s, 1);
	for (int allowed = 0; allowed < 8; allowed++) {
		troupe_ref ref;
		atomic_store(&allocations_allowed, allowed);
		troupei_memory_fail_by(fail_when_used_up);
		troupe_status status = troupe_spawn(s.system, &blocking_behaviour, NULL, &ref);
		troupei_memory_fail_by(NULL);
		CHECK(status == TROUPE_OK || status == TROUPE_ETHREAD || status == TROUPE_ENOMEM);
		if (allowed < 2)
			CHECK_EQ(status, TROUPE_ETHREAD);
	}
	stage_finish(&s);
}

static const troupe_behaviour contained_behaviour = { .name = "contained", .receive = player_receive, .blocks = 1,
	                                              .isolation = TROUPE_CONTAINED };

static troupe_verdict crash(troupe_actor *me, void *nothing)
{
	(void)me, (void)nothing;
	fault_make(FAULT_OVERFLOW);
	return TROUPE_HANDLED;
}

static uint64_t crashes(void)
{
	troupe_counters counters;

	CHECK_OK(troupe_counters_read(s.system, &counters));
	return counters.crashes;
}

/* What a thread knows is another's when it has ended: the shelter too, which that one must enter anew. */
TEST(blocking, a_shelter_changes_hands)
{
	stage_start(&s, 1);
	blocker();
	CHECK_EQ(threads_made(), 1); /* before anything is contained */
	const struct actor_worker *worker = troupei_blocking_next(s.system.private_, NULL);
	CHECK(worker->shelter == NULL);
	for (uint64_t i = 1; i <= 3; i++) {
		troupe_ref ref = spawned(&s, &contained_behaviour);
		CHECK(worker->shelter != NULL);
		perform(&s, ref, crash, NULL);
		CHECK_EQ(crashes(), i);
		CHECK(troupei_shelter_is_entered(worker));
		troupei_blocking_stop(s.system.private_);
		CHECK(!troupei_shelter_is_entered(worker));
	}
	CHECK_EQ(threads_made(), 1);
	stage_finish(&s);
}

TEST(blocking, no_memory_for_a_shelter)
{
	troupe_ref ref;

	use_malloc();
	stage_start(&s, 1);
	blocker();
	for (int allowed = 0; allowed < 2; allowed++) { /* the worker's, then that of the thread */
		atomic_store(&allocations_allowed, allowed);
		troupei_memory_fail_by(fail_when_used_up);
		CHECK_EQ(troupe_spawn(s.system, &contained_behaviour, NULL, &ref), TROUPE_ENOMEM);
		troupei_memory_fail_by(NULL);
		CHECK_EQ(s.system.private_->contains, 0);
	}
	perform(&s, spawned(&s, &contained_behaviour), crash, NULL);
	CHECK_EQ(crashes(), 1);
	stage_finish(&s);
}
