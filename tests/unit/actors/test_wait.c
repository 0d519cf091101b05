/* SPDX-License-Identifier: MIT */
/* Threads that wait for an end: each is told why, none stays in the list, and a system waits for them in turn. */
#include "actors/lifecycle.h"
#include "actors/shutdown.h"
#include "stage.h"

enum { THREADS = 4, ROUNDS = 200 };

static struct stage s;

struct waiting {
	pthread_t thread;
	troupe_ref ref;
	troupe_status status, why;
	atomic_int done;
};

static void *wait_for_end(void *argument)
{
	struct waiting *w = argument;
	w->status = troupe_wait_end(w->ref, LIMIT, &w->why);
	atomic_store(&w->done, 1);
	return NULL;
}

static void start_waiting(struct waiting *w, troupe_ref ref)
{
	memset(w, 0, sizeof *w);
	w->ref = ref;
	w->why = TROUPE_EUSER;
	CHECK_OK(pthread_create(&w->thread, NULL, wait_for_end, w));
}

static bool somebody_waits(void)
{
	struct troupei_system *system = s.system.private_;
	pthread_mutex_lock(&system->wait_lock);
	bool waits = system->waiters != NULL;
	pthread_mutex_unlock(&system->wait_lock);
	return waits;
}

static void await_waiters(troupe_ref ref)
{
	while (!(troupei_load_acquire_8(&cell_of(ref)->signals) & SIGNAL_WATCHED) || !somebody_waits())
		sleep_ns(TROUPE_MS / 10);
}

static troupe_verdict leave(troupe_actor *me, void *why)
{
	troupe_exit(me, *(troupe_status *)why);
	return TROUPE_HANDLED;
}

TEST(wait, everybody_is_told_why)
{
	struct waiting waiting[THREADS];
	troupe_status why = TROUPE_EUSER - 3;
	stage_start(&s, 2);
	troupe_ref ref = player(&s);
	for (int i = 0; i < THREADS; i++)
		start_waiting(&waiting[i], ref);
	await_waiters(ref);
	tell(ref, leave, &why);
	for (int i = 0; i < THREADS; i++) {
		CHECK_OK(pthread_join(waiting[i].thread, NULL));
		CHECK_OK(waiting[i].status);
		/* One that had not come yet finds it gone. */
		CHECK(waiting[i].why == why || waiting[i].why == TROUPE_EGONE);
	}
	CHECK(!somebody_waits());
	stage_finish(&s);
}

TEST(wait, notify_is_for_this_reference_alone)
{
	struct waiting a, b;
	stage_start(&s, 1);
	troupe_ref first = player(&s), second = player(&s);
	start_waiting(&a, first);
	start_waiting(&b, second);
	await_waiters(first);
	await_waiters(second);
	troupei_wait_notify(s.system.private_, troupei_ref(troupei_ref_slot(first), 99), TROUPE_EKILLED);
	CHECK_OK(troupe_kill(second));
	CHECK_OK(pthread_join(b.thread, NULL));
	CHECK_EQ(b.why, TROUPE_EKILLED);
	CHECK_EQ(atomic_load(&a.done), 0);
	CHECK_OK(troupe_stop(first));
	CHECK_OK(pthread_join(a.thread, NULL));
	CHECK_EQ(a.why, TROUPE_OK);
	stage_finish(&s);
}

TEST(wait, who_gives_up_leaves_the_list)
{
	troupe_status why = TROUPE_EUSER;
	stage_start(&s, 1);
	troupe_ref ref = player(&s);
	CHECK_EQ(troupe_wait_end(ref, 1, &why), TROUPE_ETIMEOUT);
	CHECK_EQ(troupe_wait_end(ref, TROUPE_MS, &why), TROUPE_ETIMEOUT);
	CHECK_EQ(why, TROUPE_EUSER);
	CHECK(!somebody_waits());
	CHECK(cell_of(ref)->signals & SIGNAL_WATCHED); /* a stale one does no harm */
	CHECK_OK(troupe_stop_wait(ref, LIMIT));
	stage_finish(&s);
}

TEST(wait, what_has_ended_is_not_waited_for)
{
	troupe_status why = TROUPE_OK;
	stage_start(&s, 1);
	troupe_ref gone = ended_player(&s);
	CHECK_OK(troupe_wait_end(gone, 0, &why));
	CHECK_EQ(why, TROUPE_EGONE);
	CHECK_OK(troupe_wait_end((troupe_ref){ 0 }, 0, NULL));
	CHECK_OK(troupe_stop_wait(gone, 0));
	stage_finish(&s);
	CHECK_OK(troupe_wait_end(gone, 0, NULL));
}

static troupe_verdict wait_in_a_handler(troupe_actor *me, void *argument)
{
	(void)argument;
	CHECK_EQ(troupe_wait_end(me->ref, 0, NULL), TROUPE_ECONTEXT);
	CHECK_EQ(troupe_stop_wait(me->ref, 0), TROUPE_ECONTEXT);
	return TROUPE_HANDLED;
}

TEST(wait, codes)
{
	stage_start(&s, 1);
	troupe_ref ref = player(&s);
	CHECK_EQ(troupe_wait_end(ref, -1, NULL), TROUPE_EINVAL);
	CHECK_EQ(troupe_stop_wait(ref, -1), TROUPE_EINVAL);
	CHECK_EQ(troupe_wait_end((troupe_ref){ ref.bits_private | SLOT_ADDRESS }, 0, NULL), TROUPE_EINVAL);
	perform(&s, ref, wait_in_a_handler, NULL);
	CHECK(troupe_is_alive(ref));
	stage_finish(&s);
}

static const troupe_behaviour blocking_behaviour = { .name = "blocking", .receive = player_receive, .blocks = 1 };

/* A handler that may block may wait for others, but not for itself. */
TEST(wait, nobody_waits_for_itself)
{
	stage_start(&s, 1);
	troupe_ref ref = spawned(&s, &blocking_behaviour);
	perform(&s, ref, wait_in_a_handler, NULL);
	CHECK(troupe_is_alive(ref));
	stage_finish(&s);
}

/* Whether the end sees the waiter or the waiter the end: it returns. */
TEST(wait, race_with_the_end)
{
	struct waiting waiting;
	stage_start(&s, 2);
	for (int i = 0; i < ROUNDS; i++) {
		troupe_ref ref = player(&s);
		start_waiting(&waiting, ref);
		CHECK_OK(troupe_stop(ref));
		CHECK_OK(pthread_join(waiting.thread, NULL));
		CHECK_OK(waiting.status);
		CHECK(waiting.why == TROUPE_OK || waiting.why == TROUPE_EGONE);
	}
	stage_finish(&s);
}

/* The end of the system is an end of the actor; and the system is freed when nobody waits in it any more. */
TEST(wait, system_ends_after_its_waiters)
{
	struct waiting waiting[THREADS];
	stage_start(&s, 2);
	troupei_wait_for_waiters(s.system.private_); /* there are none */
	for (int i = 0; i < THREADS; i++) {
		troupe_ref ref = player(&s);
		start_waiting(&waiting[i], ref);
		await_waiters(ref);
	}
	stage_finish(&s);
	for (int i = 0; i < THREADS; i++) {
		CHECK_OK(pthread_join(waiting[i].thread, NULL));
		CHECK_EQ(waiting[i].why, TROUPE_OK);
	}
}
