/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "explore/simulation.h"
#include "support/testing.h"
#include "troupe.h"

enum { GO = 1, ASK, REPLY, STRANGE };

static troupe_finding found;

struct peer { troupe_ref other; int seen; };
static int seen_by_all;

static troupe_verdict get(troupe_actor *me, const troupe_message *m)
{
	return (void)me, (void)m, TROUPE_HANDLED;
}

/* Asks the other one, and answers nothing before it is answered itself. */
static troupe_verdict peer_receive(troupe_actor *me, const troupe_message *m)
{
	struct peer *self = me->state;
	char question[sizeof(troupe_ref)] = { 0 };
	troupe_ref address;

	seen_by_all++;
	self->seen++;
	if (m->kind == STRANGE)
		return TROUPE_UNKNOWN;
	if (m->kind != GO)
		return TROUPE_HANDLED;
	if (troupe_expect(me, TROUPE_OPTIONS(troupe_expectation, .hold = true, .then = get), &address) != TROUPE_OK)
		return TROUPE_FAILED;
	return troupe_done(me, troupe_ask_bytes(self->other, ASK, question, sizeof question, 0, address));
}

static troupe_verdict peer_begin(troupe_actor *me, const troupe_message *m)
{
	struct peer *self = me->state;

	if (m->kind != REPLY)
		return peer_receive(me, m);
	self->other = *(const troupe_ref *)m->data;
	return TROUPE_HANDLED;
}

static const troupe_behaviour peer_behaviour = { .name = "peer", .receive = peer_begin, .state_size = sizeof(struct peer) };

static void quiet(void *context, const char *line)
{
	(void)context, (void)line;
}

static void meet(void *context)
{
	troupe_system system;
	troupe_ref peers[2];

	(void)context;
	troupe_must(troupe_start(TROUPE_OPTIONS(troupe_options, .log = quiet), &system));
	for (int i = 0; i < 2; i++)
		troupe_must(troupe_spawn(system, &peer_behaviour, NULL, &peers[i]));
	for (int i = 0; i < 2; i++)
		troupe_must(troupe_send_bytes(peers[i], REPLY, &peers[1 - i], sizeof *peers));
	for (int i = 0; i < 2; i++)
		troupe_must(troupe_send_bytes(peers[i], GO, NULL, 0));
	troupe_must(troupe_settle(system, 0));
	troupe_must(troupe_finish(system, 0));
}

TEST(oracles, a_circle_of_waits_is_found_and_named)
{
	CHECK_EQ(troupe_explore(NULL, meet, NULL, &found), TROUPE_EFAILED);
	CHECK(strncmp(found.what, "deadlock: 2 actors wait for each other; peer ", 45) == 0);
	CHECK(strstr(found.what, "peer 1 waits for the answer to 2 from peer 2") != NULL);
	CHECK(strncmp(found.pattern, "wait cycle: peer ", 17) == 0);
	CHECK(strstr(found.diagram, "waits for") != NULL);
}

TEST(oracles, a_circle_may_be_allowed)
{
	const troupe_exploration options = { .struct_size = sizeof options, .schedules = 50, .flags = TROUPE_ALLOW_DEADLOCKS };

	CHECK_EQ(troupe_explore(&options, meet, NULL, &found), TROUPE_OK);
}

/* --------------------------------------------------------------------------------------------------------- messages -- */

static void send_strange(void *context)
{
	troupe_system system;
	troupe_ref peer;

	(void)context;
	troupe_must(troupe_start(NULL, &system));
	troupe_must(troupe_spawn(system, &peer_behaviour, NULL, &peer));
	troupe_must(troupe_send_bytes(peer, STRANGE, NULL, 0));
	troupe_must(troupe_stop_wait(peer, 0));
	troupe_ignore(troupe_send_bytes(peer, STRANGE, NULL, 0)); /* it is gone */
	troupe_must(troupe_finish(system, 0));
}

static troupe_status explore_with(uint32_t flags, uint64_t dead_letters)
{
	const troupe_exploration options = { .struct_size = sizeof options, .schedules = 20, .flags = flags, .dead_letters = dead_letters };

	return troupe_explore(&options, send_strange, NULL, &found);
}

TEST(oracles, what_nobody_knows_is_found_if_asked_for)
{
	CHECK_EQ(explore_with(0, 0), TROUPE_OK);
	CHECK_EQ(explore_with(TROUPE_FIND_UNKNOWN, 0), TROUPE_EFAILED);
	CHECK_STR_EQ(found.what, "peer 1 does not know the message 4");
}

TEST(oracles, messages_to_the_dead_are_found_by_reason)
{
	CHECK_EQ(explore_with(0, TROUPE_REASON(TROUPE_ECRASHED)), TROUPE_OK);
	CHECK_EQ(explore_with(0, TROUPE_REASON(TROUPE_EUNKNOWN)), TROUPE_EFAILED);
	CHECK_STR_EQ(found.what, "the message 4 to peer 1 is a dead letter: TROUPE_EUNKNOWN");
}

TEST(oracles, flags_that_are_none_are_refused)
{
	CHECK_EQ(explore_with(1u << 30, 0), TROUPE_EINVAL);
}

/* ------------------------------------------------------------------------------------------------------- invariants -- */

static void check_seen(void *context)
{
	troupe_holds(seen_by_all < *(int *)context, "not so many");
}

TEST(oracles, an_invariant_is_looked_at_after_each_message)
{
	int many = 1000, one = 1;
	troupe_exploration options = { .struct_size = sizeof options, .schedules = 1, .invariant = check_seen, .invariant_context = &many };

	CHECK_EQ(troupe_explore(&options, send_strange, NULL, &found), TROUPE_OK);
	options.invariant_context = &one;
	CHECK_EQ(troupe_explore(&options, send_strange, NULL, &found), TROUPE_EFAILED);
	CHECK_STR_EQ(found.what, "not so many");
}

/* ------------------------------------------------------------------------------------------------------------ the end -- */

static troupe_verdict keep_asking(troupe_actor *me, const troupe_message *m)
{
	return (void)m, troupe_done(me, troupe_send_bytes(me->ref, GO, NULL, 0));
}

static void go_on_for_ever(void *context)
{
	static const troupe_behaviour busy = { .name = "busy", .receive = keep_asking };
	troupe_system system;
	troupe_ref actor;

	(void)context;
	troupe_must(troupe_start(NULL, &system));
	troupe_must(troupe_spawn(system, &busy, NULL, &actor));
	troupe_must(troupe_send_bytes(actor, GO, NULL, 0));
	troupe_must(troupe_settle(system, 0));
	troupe_must(troupe_finish(system, 0));
}

TEST(oracles, who_goes_on_for_ever_is_named)
{
	CHECK_EQ(troupe_explore(TROUPE_OPTIONS(troupe_exploration, .steps_max = 5000), go_on_for_ever, NULL, &found), TROUPE_EFAILED);
	CHECK(strncmp(found.what, "livelock: it has not ended after 5000 steps", 43) == 0);
	CHECK(strstr(found.what, "busy 1") != NULL);
}

static troupe_verdict ask_and_wait(troupe_actor *me, const troupe_message *m)
{
	char question[sizeof(troupe_ref)] = { 0 };
	troupe_ref address;

	(void)m;
	if (troupe_expect(me, TROUPE_OPTIONS(troupe_expectation, .hold = true, .then = get), &address) != TROUPE_OK)
		return TROUPE_FAILED;
	return troupe_done(me, troupe_ask_bytes(*(troupe_ref *)me->state, ASK, question, sizeof question, 0, address));
}

static troupe_verdict keep_question(troupe_actor *me, const troupe_message *m)
{
	return (void)me, (void)m, TROUPE_DEFERRED; /* and never look at it again */
}

/* *context: does main wait for an answer too? */
static void wait_for_ever(void *context)
{
	static const troupe_behaviour mute = { .name = "mute", .receive = keep_question };
	static const troupe_behaviour eager = { .name = "eager", .receive = ask_and_wait, .state_size = sizeof(troupe_ref) };
	troupe_system system;
	troupe_ref to, actor;

	troupe_must(troupe_start(NULL, &system));
	troupe_must(troupe_spawn(system, &mute, NULL, &to));
	troupe_must(troupe_spawn(system, &eager, &to, &actor));
	troupe_must(troupe_send_bytes(actor, GO, NULL, 0));
	troupe_must(troupe_settle(system, 0));
	if (context != NULL) {
		troupe_future future;
		char answer[8];
		troupe_must(troupe_future_open(system, NULL, &future));
		troupe_ignore(troupe_next(future, REPLY, answer, sizeof answer));
	}
	troupe_must(troupe_finish(system, 0));
}

TEST(oracles, who_waits_to_the_end_is_found_if_asked_for)
{
	const troupe_exploration options = { .struct_size = sizeof options, .schedules = 20, .flags = TROUPE_FIND_WAITING };

	CHECK_EQ(troupe_explore(TROUPE_OPTIONS(troupe_exploration, .schedules = 20), wait_for_ever, NULL, &found), TROUPE_OK);
	CHECK_EQ(troupe_explore(&options, wait_for_ever, NULL, &found), TROUPE_EFAILED);
	CHECK(strncmp(found.what, "eager 2 still waited when it was told to end", 44) == 0);
}

TEST(oracles, who_waits_for_whom_is_told_when_nobody_can_go_on)
{
	int too = 1;

	CHECK_EQ(troupe_explore(NULL, wait_for_ever, &too, &found), TROUPE_EFAILED);
	CHECK_STR_EQ(found.what, "nobody can go on; main waits; eager 2 waits for the answer to 2 from mute 1");
}

static void forget_payload(void *context)
{
	(void)context;
	send_strange(NULL);
	CHECK(troupe_new(64, NULL) != NULL);
}

TEST(oracles, what_is_not_given_back_is_found)
{
	const troupe_exploration allowed = { .struct_size = sizeof allowed, .schedules = 3, .flags = TROUPE_ALLOW_LEAKS };

#if TEST_WITH_ASAN || TEST_WITH_TSAN
	return; /* blocks are malloc's there, and what leaks is the sanitizer's to find */
#endif
	CHECK_EQ(troupe_explore(NULL, forget_payload, NULL, &found), TROUPE_EFAILED);
	CHECK(strncmp(found.what, "1 blocks of memory", 18) == 0);
	CHECK_EQ(troupe_explore(&allowed, forget_payload, NULL, &found), TROUPE_OK);
}

/* ---------------------------------------------------------------------------------------------------------- the ledger -- */

static void break_ledger(void *context)
{
	troupe_system system;

	(void)context;
	troupe_must(troupe_start(NULL, &system));
	system.private_->outside.sent++; /* a message that there never was */
	troupe_must(troupe_finish(system, 0));
}

TEST(oracles, an_inexact_ledger_is_a_finding)
{
	CHECK_EQ(troupe_explore(NULL, break_ledger, NULL, &found), TROUPE_EFAILED);
	CHECK(strncmp(found.what, "the ledger is not exact", 23) == 0);
}
