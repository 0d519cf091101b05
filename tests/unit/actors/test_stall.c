/* SPDX-License-Identifier: MIT */
/* A glance at a worker, and a signal to its thread. */
#include "actors/stall.h"

#include "stage.h"

static struct stage s;
static atomic_int spinning, stop_spinning, theirs;

static __attribute__((noinline)) troupe_verdict play_spin(troupe_actor *me, void *argument)
{
	(void)me, (void)argument;
	atomic_store(&spinning, 1);
	while (!atomic_load(&stop_spinning))
		;
	return TROUPE_HANDLED;
}

static struct actor_worker *worker_of(uint32_t index)
{
	return (struct actor_worker *)s.system.private_->scheduler.workers[index];
}

static void spin(troupe_ref actor)
{
	spinning = stop_spinning = 0;
	tell(actor, play_spin, NULL);
	await_count(&spinning, 1);
}

TEST(stall, two_glances_at_one_call_of_a_handler_are_the_same)
{
	stage_start(&s, 1);
	troupe_ref a = player(&s);
	spin(a);
	struct stall_sign first = troupei_stall_look(worker_of(0)), second = troupei_stall_look(worker_of(0));
	CHECK(first.running == cell_of(a));
	CHECK(troupei_stall_is_same(&first, &second));
	stop_spinning = 1;
	stage_settle(&s);
	CHECK(troupei_stall_look(worker_of(0)).running == NULL);
	spin(a);
	second = troupei_stall_look(worker_of(0));
	CHECK(second.running == cell_of(a));
	CHECK(!troupei_stall_is_same(&first, &second));
	stop_spinning = 1;
	stage_finish(&s);
}

static void note_theirs(int number)
{
	(void)number;
	theirs++;
}

#if !TEST_WITH_TSAN /* which holds signals back */
TEST(stall, a_signal_brings_the_calls_and_lets_it_give_away_its_work)
{
	struct frames frames;
	stage_start(&s, 1);
	spin(player(&s));
	struct stall_sign sign = troupei_stall_look(worker_of(0));
	CHECK_EQ(troupei_stall_signal(worker_of(0), &sign, false, &frames), STALL_SEEN);
	CHECK(frames.count > 1);
	CHECK_EQ(worker_of(0)->base.kept, 0);
	CHECK_EQ(troupei_stall_signal(worker_of(0), &sign, true, &frames), STALL_EXPOSED);
	CHECK_EQ(worker_of(0)->base.kept, 1);
	troupei_stall_report(worker_of(0), &sign, 1500 * TROUPE_MS, &frames);
	CHECK(strstr(s.lines[0], "stalled: actor player") != NULL);
	CHECK(strstr(s.lines[0], "its handler of 1000 runs for 1500 ms now; calls: ") != NULL);
	CHECK(strstr(s.lines[0], "not known") == NULL);
	stop_spinning = 1;
	stage_finish(&s);
}

TEST(stall, a_signal_that_comes_after_the_handler_finds_nothing)
{
	struct frames frames;
	stage_start(&s, 1);
	troupe_ref a = player(&s);
	spin(a);
	struct stall_sign before = troupei_stall_look(worker_of(0));
	stop_spinning = 1;
	stage_settle(&s);
	spin(a);
	CHECK_EQ(troupei_stall_signal(worker_of(0), &before, true, &frames), STALL_SILENT);
	CHECK_EQ(frames.count, 0);
	stop_spinning = 1;
	stage_finish(&s);
}

TEST(stall, the_signal_of_others_reaches_them)
{
	struct sigaction own = { .sa_handler = note_theirs };
	struct frames frames;
	CHECK_OK(sigaction(SIGURG, &own, NULL));
	stage_start(&s, 1);
	spin(player(&s));
	struct stall_sign sign = troupei_stall_look(worker_of(0));
	CHECK_EQ(troupei_stall_signal(worker_of(0), &sign, false, &frames), STALL_SEEN);
	CHECK_EQ(theirs, 0);
	CHECK_OK(raise(SIGURG));
	CHECK_EQ(theirs, 1);
	stop_spinning = 1;
	stage_finish(&s);
}

/* The handler blocks the signal: it comes when nobody waits for it any more. */
static troupe_verdict play_blocked(troupe_actor *me, void *argument)
{
	sigset_t urgent;

	sigemptyset(&urgent);
	sigaddset(&urgent, SIGURG);
	pthread_sigmask(SIG_BLOCK, &urgent, NULL);
	play_spin(me, argument);
	pthread_sigmask(SIG_UNBLOCK, &urgent, NULL);
	return TROUPE_HANDLED;
}

TEST(stall, a_thread_that_blocks_the_signal_is_not_waited_for)
{
	struct frames frames;
	stage_start(&s, 1);
	spinning = stop_spinning = 0;
	tell(player(&s), play_blocked, NULL);
	await_count(&spinning, 1);
	struct stall_sign sign = troupei_stall_look(worker_of(0));
	CHECK_EQ(troupei_stall_signal(worker_of(0), &sign, true, &frames), STALL_SILENT);
	stop_spinning = 1;
	stage_settle(&s);
	CHECK_EQ(worker_of(0)->base.kept, 0);
	stage_finish(&s);
}
#endif

TEST(stall, a_worker_without_a_thread_is_not_signalled)
{
	struct frames frames;
	stage_start(&s, 1);
	spin(player(&s));
	struct stall_sign sign = troupei_stall_look(worker_of(0));
	uint32_t tid = worker_of(0)->base.tid;
	worker_of(0)->base.tid = 0;
	CHECK_EQ(troupei_stall_signal(worker_of(0), &sign, true, &frames), STALL_SILENT);
	worker_of(0)->base.tid = tid;
	(void)note_theirs, (void)theirs;
	stop_spinning = 1;
	stage_finish(&s);
}
