/* SPDX-License-Identifier: MIT */
/* The end of a system in its phases, and who is named when it does not come. */
#include "actors/shutdown.h"

#include "stage.h"

enum { KIND = 7, MANY = 25 };

static const int64_t within = TEST_WITH_ASAN || TEST_WITH_TSAN ? 2 * TROUPE_S : 400 * TROUPE_MS;
static struct stage s;
static struct barrier barrier;

static enum system_phase phase_of(const troupe_actor *me)
{
	return troupei_system_phase(me->system.private_);
}

/* ----------------------------------------------------------------------------------------------------------- phases -- */

static atomic_int handled, ended;

static troupe_verdict check_closing(troupe_actor *me, const troupe_message *m)
{
	if (m->kind == PLAY)
		return player_receive(me, m);
	CHECK_EQ(phase_of(me), PHASE_CLOSING);
	CHECK_OK(troupe_spawn(me->system, &player_behaviour, NULL, NULL)); /* follows from what was queued */
	atomic_fetch_add(&handled, 1);
	return TROUPE_HANDLED;
}

static void check_stopping(troupe_actor *me, troupe_status why)
{
	troupe_future future;
	CHECK_EQ(why, TROUPE_OK);
	CHECK_EQ(phase_of(me), PHASE_STOPPING);
	CHECK_EQ(troupe_spawn(me->system, &player_behaviour, NULL, NULL), TROUPE_ECLOSED);
	CHECK_EQ(troupe_future_open(me->system, NULL, &future), TROUPE_ECLOSED);
	atomic_fetch_add(&ended, 1);
}

static const troupe_behaviour watcher = { .name = "watcher", .receive = check_closing, .terminate = check_stopping };

/* Open the barrier when the system closes; then it takes nothing from outside. */
static void *open_when_closing(void *ref)
{
	while (troupei_system_phase(s.system.private_) < PHASE_CLOSING)
		sleep_ns(TROUPE_MS / 10);
	CHECK_EQ(troupe_send_bytes(*(troupe_ref *)ref, KIND, NULL, 0), TROUPE_ECLOSED);
	CHECK_EQ(troupe_spawn(s.system, &player_behaviour, NULL, NULL), TROUPE_ECLOSED);
	let_go(&barrier);
	return NULL;
}

TEST(shutdown, phases_in_order)
{
	pthread_t thread;
	stage_start(&s, 2);
	troupe_ref ref = spawned(&s, &watcher);
	CHECK_EQ(troupei_system_phase(s.system.private_), PHASE_RUNNING);
	hold(&barrier, ref);
	for (int i = 0; i < 3; i++)
		CHECK_OK(troupe_send_bytes(ref, KIND, NULL, 0));
	CHECK_OK(pthread_create(&thread, NULL, open_when_closing, &ref));
	stage_finish(&s);
	CHECK_OK(pthread_join(thread, NULL));
	CHECK_EQ(handled, 3);
	CHECK_EQ(ended, 1);
	CHECK_EQ(s.ledger.handled, 4);
	CHECK_EQ(stage_letters(&s, TROUPE_ECLOSED), 1);
}

static troupe_verdict finish(troupe_actor *me, void *argument)
{
	(void)argument;
	CHECK_EQ(troupe_finish(me->system, 0), TROUPE_ECONTEXT);
	CHECK_EQ(phase_of(me), PHASE_RUNNING);
	return TROUPE_HANDLED;
}

TEST(shutdown, not_from_inside)
{
	stage_start(&s, 1);
	perform(&s, player(&s), finish, NULL);
	CHECK_EQ(troupe_finish(s.system, -1), TROUPE_EINVAL);
	CHECK_EQ(troupe_finish((troupe_system){ 0 }, 0), TROUPE_EINVAL);
	CHECK(troupe_is_alive(player(&s)));
	CHECK_OK(troupe_finish(s.system, 0)); /* without a limit */
}

static troupe_verdict beat(troupe_actor *me, void *argument)
{
	troupe_ref address;
	(void)argument;
	CHECK_OK(troupe_every(me, TROUPE_MS, PLAY + 1, 0, NULL));
	CHECK_OK(troupe_after(me, 3600 * TROUPE_S, PLAY + 1, 0, NULL));
	CHECK_OK(troupe_expect(me, TROUPE_OPTIONS(troupe_expectation, .hold = true), &address));
	return TROUPE_HANDLED;
}

/* Neither what beats, nor what is hours away, nor who waits for an answer that nobody gives. */
TEST(shutdown, nothing_of_this_holds_it_up)
{
	stage_start(&s, 1);
	perform(&s, player(&s), beat, NULL);
	CHECK_OK(troupe_finish(s.system, LIMIT));
}

TEST(shutdown, numbers_come_again)
{
	for (int i = 0; i < 300; i++) {
		stage_start(&s, 1);
		CHECK_EQ(s.system.private_->id, 1);
		CHECK_EQ(troupei_ref_slot(player(&s)), 1); /* and slots */
		stage_finish(&s);
	}
}

/* ------------------------------------------------------------------------------------------------------ in the way -- */

static const troupe_kind kinds[] = { { .kind = PLAY, .name = "PLAY" }, { 0 } };
static const troupe_behaviour blocker = { .name = "blocker", .receive = player_receive, .kinds = kinds };

static void let_go_when_named(const char *line)
{
	if (strstr(line, "in the way of the end: actor blocker") != NULL)
		let_go(&barrier);
}

/* It is named with what it does; and when it returns, it is killed, and the system freed. */
TEST(shutdown, blocked_handlers_are_named)
{
	stage_start(&s, 2);
	s.logged = let_go_when_named;
	hold(&barrier, spawned(&s, &blocker));
	player(&s);
	CHECK_EQ(troupe_finish(s.system, within), TROUPE_ETIMEOUT);
	CHECK(stage_logged(&s, "actor blocker ("));
	CHECK(stage_logged(&s, "its handler of kind 1000 PLAY on worker "));
	stage_check_books(&s);
	CHECK_EQ(s.ledger.handled, 1);
}

static troupe_verdict hold_up_children(troupe_actor *me, void *argument)
{
	for (int i = 0; i < MANY; i++)
		CHECK_OK(troupe_spawn_child(me, &blocker, NULL, NULL));
	return play_wait(me, argument);
}

static atomic_int names;

static void count_names(const char *line)
{
	if (strstr(line, "in the way of the end: actor") != NULL)
		atomic_fetch_add(&names, 1);
	if (strstr(line, "actors more") != NULL) /* the last; who is let go earlier ends some of them before they are counted */
		let_go(&barrier);
}

/* Each of a few; of many, how many there are. */
TEST(shutdown, twenty_are_named)
{
	troupe_options options = stage_options(&s, 1);
	barrier = (struct barrier){ 0 };
	options.handler_ns_max = -1; /* no spare worker comes and ends them meanwhile */
	CHECK_OK(troupe_start(&options, &s.system));
	s.logged = count_names;
	tell(player(&s), hold_up_children, &barrier);
	await_count(&barrier.reached, 1);
	CHECK_EQ(troupe_finish(s.system, within), TROUPE_ETIMEOUT);
	CHECK(stage_logged(&s, "in the way of the end: and 6 actors more"));
	CHECK_EQ(names, 1 + 20); /* the one that runs, and these */
	stage_check_books(&s);
}

static troupe_verdict chatter(troupe_actor *me, const troupe_message *m)
{
	CHECK_OK(troupe_send_bytes(me->ref, m->kind, NULL, 0));
	return TROUPE_HANDLED;
}

static const troupe_behaviour restless = { .receive = chatter };

/* It is never quiet, but obeys: after half of the time, in order. */
TEST(shutdown, who_never_rests_is_stopped)
{
	stage_start(&s, 1);
	CHECK_OK(troupe_send_bytes(spawned(&s, &restless), KIND, NULL, 0));
	CHECK_OK(troupe_finish(s.system, within));
	stage_check_books(&s);
	CHECK_EQ(stage_letters(&s, TROUPE_EGONE), 1);
}
