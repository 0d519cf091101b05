/* SPDX-License-Identifier: MIT */
/* A handler that was left by a jump: its turn goes on as if it had failed, wherever it was. */
#include "actors/contain.h"

#include "actors/turn.h"
#include "stage.h"
#include "support/faults.h"

static struct stage s;
static atomic_int inits, handled, terminates, last_why;

static void begin(uint32_t workers)
{
	inits = handled = terminates = last_why = 0;
	stage_start(&s, workers);
}

static uint64_t crashes(void)
{
	troupe_counters counters;

	CHECK_OK(troupe_counters_read(s.system, &counters));
	return counters.crashes;
}

static void count_end(troupe_actor *me, troupe_status why)
{
	(void)me;
	terminates++;
	last_why = why;
}

static const troupe_behaviour plain = { .name = "plain", .receive = player_receive, .terminate = count_end };
static const troupe_behaviour contained = { .name = "contained", .receive = player_receive, .terminate = count_end,
	                                    .isolation = TROUPE_CONTAINED };

static troupe_verdict play_count(troupe_actor *me, void *argument)
{
	(void)me, (void)argument;
	handled++;
	return TROUPE_HANDLED;
}

static troupe_verdict play_crash(troupe_actor *me, void *argument)
{
	(void)me;
	fault_make((enum fault)(uintptr_t)argument);
	return TROUPE_HANDLED;
}

static void __attribute__((noinline)) deeper(troupe_actor *me, int depth, troupe_status why)
{
	if (depth > 0)
		deeper(me, depth - 1, why);
	else if (why != TROUPE_EANSWER)
		troupe_fail_now(me, why);
	handled++; /* never */
}

static troupe_verdict play_fail_now(troupe_actor *me, void *argument)
{
	deeper(me, 20, (troupe_status)(intptr_t)argument);
	return TROUPE_HANDLED;
}

/* ----------------------------------------------------------------------------------------------- troupe_fail_now -- */

TEST(contain, fail_now_is_a_failure_from_any_depth)
{
	begin(1);
	troupe_ref actor = spawned(&s, &plain);
	perform(&s, actor, play_fail_now, (void *)(intptr_t)(TROUPE_EUSER - 3));
	CHECK(!troupe_is_alive(actor));
	CHECK_EQ(terminates, 1);
	CHECK_EQ(last_why, TROUPE_EUSER - 3);
	CHECK_EQ(handled, 0);
	CHECK_EQ(stage_letters(&s, TROUPE_EFAILED), 1);
	CHECK_EQ(crashes(), 0);
	perform(&s, spawned(&s, &contained), play_fail_now, NULL);
	CHECK_EQ(last_why, TROUPE_EFAILED);
	stage_finish(&s);
}

static troupe_verdict init_fail_now(troupe_actor *me)
{
	inits++;
	deeper(me, 3, TROUPE_EUSER - 4);
	return TROUPE_HANDLED;
}

/* It ends in its init, which the log says in these words; terminate does not run. */
static void check_ends_in_init(troupe_behaviour behaviour, troupe_verdict (*init)(troupe_actor *me), const char *words)
{
	behaviour.init = init;
	begin(1);
	troupe_ref actor = spawned(&s, &behaviour);
	stage_settle(&s);
	CHECK(!troupe_is_alive(actor));
	CHECK_EQ(inits, 1);
	CHECK_EQ(terminates, 0);
	CHECK(stage_logged(&s, words));
	stage_finish(&s);
}

TEST(contain, fail_now_in_init)
{
	check_ends_in_init(plain, init_fail_now, "init returned TROUPE_EUSER");
}

static void terminate_fail_now(troupe_actor *me, troupe_status why)
{
	count_end(me, why);
	deeper(me, 3, TROUPE_EUSER);
}

TEST(contain, fail_now_in_terminate_ends_only_that)
{
	troupe_behaviour behaviour = plain;
	troupe_status why = TROUPE_OK;
	behaviour.terminate = terminate_fail_now;
	behaviour.leftovers = TROUPE_DRAIN;
	begin(1);
	troupe_ref actor = spawned(&s, &behaviour);
	tell(actor, play_count, NULL);
	CHECK_OK(troupe_stop(actor));
	CHECK_OK(troupe_wait_end(actor, LIMIT, &why));
	CHECK_EQ(terminates, 1);
	CHECK_EQ(handled, 1);
	stage_finish(&s);
}

static troupe_verdict play_flood(troupe_actor *me, void *argument)
{
	troupe_ref to = *(troupe_ref *)argument;

	(void)me;
	for (int i = 0; i < 1000; i++)
		tell(to, i == 600 ? play_fail_now : play_count, NULL);
	return TROUPE_HANDLED;
}

/* What one floods with comes in chunks: those before were handled, the one is a dead letter, the rest find nobody. */
static void flood_one_that_fails(part *flood, const troupe_behaviour *behaviour, troupe_status why)
{
	begin(1);
	troupe_ref receiver = spawned(&s, behaviour), sender = player(&s);
	perform(&s, sender, flood, &receiver);
	CHECK_EQ(handled, 600);
	CHECK_EQ(stage_letters(&s, why), 1);
	CHECK_EQ(stage_letters(&s, TROUPE_EGONE), 399);
	CHECK_EQ(stage_ledger(&s).handled, 601);
	stage_finish(&s);
}

TEST(contain, fail_now_in_the_middle_of_a_chunk)
{
	flood_one_that_fails(play_flood, &plain, TROUPE_EFAILED);
}

TEST(contain, fail_now_in_terminate_after_a_failure_in_a_chunk)
{
	troupe_behaviour behaviour = plain;
	behaviour.terminate = terminate_fail_now;
	flood_one_that_fails(play_flood, &behaviour, TROUPE_EFAILED);
	CHECK_EQ(terminates, 1);
}

static void fail_now_in_hook(const char *line)
{
	(void)line;
	troupe_fail_now(&troupei_actor_worker()->me, TROUPE_EUSER);
}

TEST(contain, fail_now_in_a_hook_is_misuse, .signal = SIGABRT)
{
	begin(1);
	s.logged = fail_now_in_hook;
	perform(&s, player(&s), play_fail_now, NULL);
}

TEST(contain, fail_now_elsewhere_is_misuse, .signal = SIGABRT)
{
	troupe_fail_now(NULL, TROUPE_EUSER);
}

/* --------------------------------------------------------------------------------------------------------- crashes -- */

static const troupe_kind kinds[] = { TROUPE_KIND_ANY_SIZE(PLAY), { 0 } };

TEST(contain, each_cause_ends_its_actor_alone)
{
	troupe_behaviour behaviour = contained;
	behaviour.kinds = kinds;
	begin(2);
	troupe_ref other = spawned(&s, &contained);
	for (uintptr_t fault = 0; fault < FAULTS; fault++) {
		troupe_status why = TROUPE_OK;
		troupe_ref actor = spawned(&s, &behaviour);
		tell(actor, play_crash, (void *)fault);
		CHECK_OK(troupe_wait_end(actor, LIMIT, &why));
		CHECK(why == TROUPE_ECRASHED || why == TROUPE_EGONE);
		stage_settle(&s);
		CHECK_EQ(stage_letters(&s, TROUPE_ECRASHED), fault + 1);
		CHECK_EQ(crashes(), fault + 1);
	}
	CHECK_EQ(terminates, 0);
	CHECK(stage_logged(&s, "actor contained ("));
	CHECK(stage_logged(&s, "in its handler of PLAY: SIGSEGV at 0x0; calls:"));
	CHECK(stage_logged(&s, "SIGSEGV (stack overflow)"));
	CHECK(stage_logged(&s, "SIGABRT") && stage_logged(&s, "SIGFPE") && stage_logged(&s, "SIGILL"));
	perform(&s, other, play_count, NULL);
	CHECK_EQ(handled, 1);
	stage_finish(&s);
}

static troupe_verdict play_flood_crash(troupe_actor *me, void *argument)
{
	troupe_ref to = *(troupe_ref *)argument;

	(void)me;
	for (int i = 0; i < 1000; i++)
		tell(to, i == 600 ? play_crash : play_count, NULL);
	return TROUPE_HANDLED;
}

TEST(contain, crash_in_the_middle_of_a_chunk)
{
	flood_one_that_fails(play_flood_crash, &contained, TROUPE_ECRASHED);
}

static troupe_verdict init_crash(troupe_actor *me)
{
	(void)me;
	inits++;
	fault_make(FAULT_NULL);
	return TROUPE_HANDLED;
}

TEST(contain, crash_in_init)
{
	check_ends_in_init(contained, init_crash, "in init: SIGSEGV");
}

static void terminate_crash(troupe_actor *me, troupe_status why)
{
	count_end(me, why);
	fault_make(FAULT_DIVISION);
}

TEST(contain, crash_in_terminate_ends_only_that)
{
	troupe_behaviour behaviour = contained;
	troupe_status why = TROUPE_EGONE;
	behaviour.terminate = terminate_crash;
	begin(1);
	struct barrier barrier;
	troupe_ref actor = spawned(&s, &behaviour);
	hold(&barrier, actor);
	CHECK_OK(troupe_stop(actor));
	let_go(&barrier);
	CHECK_OK(troupe_wait_end(actor, LIMIT, &why));
	CHECK(why == TROUPE_OK || why == TROUPE_EGONE);
	CHECK_EQ(terminates, 1);
	CHECK_EQ(crashes(), 1);
	CHECK(stage_logged(&s, "in terminate: SIGFPE"));
	stage_finish(&s);
}

/* Its state is not to be seen any more: what drains, what beats and what answers comes to nobody. */
static troupe_verdict parent_init(troupe_actor *me)
{
	CHECK_OK(troupe_every(me, TROUPE_MS, PLAY + 7, 0, NULL));
	return troupe_done(me, troupe_spawn_child(me, &drainer_behaviour, NULL, me->state));
}

static troupe_verdict parent_receive(troupe_actor *me, const troupe_message *m)
{
	if (m->kind == PLAY + 7) {
		handled += crashes() > 0;
		return TROUPE_HANDLED;
	}
	return player_receive(me, m);
}

static troupe_verdict play_child(troupe_actor *me, void *child)
{
	*(troupe_ref *)child = *(troupe_ref *)me->state;
	return TROUPE_HANDLED;
}

TEST(contain, no_handler_runs_after_a_crash_while_children_end)
{
	static const troupe_behaviour parent = { .name = "parent", .receive = parent_receive, .init = parent_init,
		                                 .terminate = count_end, .state_size = sizeof(troupe_ref),
		                                 .leftovers = TROUPE_DRAIN, .isolation = TROUPE_CONTAINED };
	struct barrier barrier;
	troupe_ref child;
	begin(2);
	troupe_ref actor = spawned(&s, &parent);
	perform(&s, actor, play_child, &child);
	hold(&barrier, child);
	tell(actor, play_crash, NULL);
	while (crashes() == 0)
		sleep_ns(TROUPE_MS / 10);
	sleep_ns(5 * TROUPE_MS); /* beats come meanwhile */
	CHECK(troupe_is_alive(actor));
	let_go(&barrier);
	CHECK_OK(troupe_wait_end(actor, LIMIT, NULL));
	CHECK(!troupe_is_alive(child));
	CHECK_EQ(handled, 0);
	CHECK_EQ(terminates, 0);
	stage_finish(&s);
}

TEST(contain, crash_while_draining_ends_the_draining)
{
	troupe_behaviour behaviour = contained;
	struct barrier barrier;
	behaviour.leftovers = TROUPE_DRAIN;
	begin(1);
	troupe_ref actor = spawned(&s, &behaviour);
	hold(&barrier, actor);
	CHECK_OK(troupe_stop(actor));
	tell(actor, play_count, NULL);
	tell(actor, play_crash, NULL);
	tell(actor, play_count, NULL);
	let_go(&barrier);
	CHECK_OK(troupe_wait_end(actor, LIMIT, NULL));
	CHECK_EQ(handled, 1);
	CHECK_EQ(terminates, 0);
	CHECK_EQ(stage_letters(&s, TROUPE_ECRASHED), 1);
	CHECK_EQ(stage_letters(&s, TROUPE_EGONE), 1);
	stage_finish(&s);
}

/* The thread is as it was: its signals are not blocked. */
TEST(contain, leaves_the_mask_of_the_thread)
{
	begin(1);
	for (int i = 0; i < 3; i++)
		perform(&s, spawned(&s, &contained), play_crash, (void *)FAULT_ABORT);
	CHECK_EQ(crashes(), 3);
	stage_finish(&s);
}
