/* SPDX-License-Identifier: MIT */
/* Promise: several systems live in one process, send to each other and ask each other, and end one by one while others go on. */
#include "fixture.h"

enum { NOTE = 1, ASK, VALUE, SYSTEMS = 4, ROUNDS = 2000 };

struct note { int64_t left; };
typedef union value_reply { troupe_ref ref; const struct note *VALUE; } value_reply;
struct query { value_reply reply; int64_t n; };
typedef union peer {
	troupe_ref ref;
	const void *data;
	const struct note *NOTE;
	const struct query *ASK;
} peer;

static struct fixture fixtures[SYSTEMS];
static peer peers[SYSTEMS];
static atomic_int handled, answers, unanswered, lost;

static int index_of(troupe_system system)
{
	for (int i = 0; i < SYSTEMS; i++)
		if (fixtures[i].system.private_ == system.private_)
			return i;
	return -1;
}

static troupe_verdict receive(troupe_actor *me, const troupe_message *m)
{
	peer in = { .data = m->data };
	peer next = peers[(index_of(me->system) + 1) % SYSTEMS];
	troupe_status status;

	switch (m->kind) {
	case NOTE:
		handled++;
		if (in.NOTE->left == 0)
			return TROUPE_HANDLED;
		status = troupe_send(next, NOTE, .left = in.NOTE->left - 1);
		CHECK(status == TROUPE_OK || status == TROUPE_ECLOSED || status == TROUPE_EGONE);
		lost += status != TROUPE_OK;
		if (in.NOTE->left % 4 == 0)
			CHECK_OK(troupe_ask_then(me, next, ASK, NULL, 0, .n = in.NOTE->left));
		return TROUPE_HANDLED;
	case ASK:
		CHECK_OK(troupe_send(in.ASK->reply, VALUE, .left = in.ASK->n));
		return TROUPE_HANDLED;
	case VALUE:
		answers++;
		return TROUPE_HANDLED;
	case TROUPE_UNANSWERED:
		unanswered++;
		return TROUPE_HANDLED;
	default:
		return TROUPE_UNKNOWN;
	}
}

static const troupe_behaviour passing = { .name = "peer", .receive = receive };

static void start_all(void)
{
	handled = answers = unanswered = lost = 0;
	for (int i = 0; i < SYSTEMS; i++) {
		fixture_start(&fixtures[i], 2);
		CHECK_OK(troupe_spawn(fixtures[i].system, &passing, NULL, &peers[i].ref));
	}
}

static void settle_all(void)
{
	for (int last = -1; last != handled + answers;) {
		last = handled + answers;
		for (int i = 0; i < SYSTEMS; i++)
			fixture_settle(&fixtures[i]);
	}
}

TEST(several_systems, send_and_ask_round_and_round)
{
	start_all();
	for (int i = 0; i < SYSTEMS; i++)
		CHECK_OK(troupe_send(peers[i], NOTE, .left = ROUNDS));
	for (int64_t waited = 0; handled < SYSTEMS * (ROUNDS + 1); waited += TROUPE_MS) {
		CHECK(waited < LIMIT);
		sleep_ns(TROUPE_MS);
	}
	settle_all();
	CHECK_EQ(handled, SYSTEMS * (ROUNDS + 1));
	CHECK_EQ(answers, SYSTEMS * ROUNDS / 4);
	for (int i = 0; i < SYSTEMS; i++)
		fixture_finish(&fixtures[i]);
	CHECK_EQ(unanswered, 0);
	CHECK_EQ(lost, 0);
}

TEST(several_systems, end_one_by_one_in_the_middle_of_traffic)
{
	for (int round = 0; round < 5; round++) {
		start_all();
		for (int i = 0; i < SYSTEMS; i++)
			for (int j = 0; j < 4; j++)
				CHECK_OK(troupe_send(peers[i], NOTE, .left = INT64_MAX));
		sleep_ns(5 * TROUPE_MS);
		for (int i = 0; i < SYSTEMS; i++) {
			CHECK_OK(troupe_finish(fixtures[i].system, LIMIT));
			fixture_check_ledger(&fixtures[i]);
		}
	}
}

static void *live_and_end(void *argument)
{
	struct fixture f;

	(void)argument;
	for (int i = 0; i < 20; i++) {
		fixture_start(&f, 1);
		doer d = doer_spawn(&f);
		check_handles(&f, d.ref);
		fixture_finish(&f);
	}
	return NULL;
}

TEST(several_systems, start_and_end_at_once)
{
	pthread_t threads[4];
	for (int i = 0; i < 4; i++)
		CHECK_OK(pthread_create(&threads[i], NULL, live_and_end, NULL));
	for (int i = 0; i < 4; i++)
		CHECK_OK(pthread_join(threads[i], NULL));
}

TEST(several_systems, up_to_the_limit_and_not_one_more)
{
	static troupe_system systems[TROUPE_SYSTEMS_MAX];
	troupe_system more = { NULL };
	for (int i = 0; i < TROUPE_SYSTEMS_MAX; i++)
		CHECK_OK(troupe_start(TROUPE_OPTIONS(troupe_options, .workers = 1), &systems[i]));
	CHECK_EQ(troupe_start(TROUPE_OPTIONS(troupe_options, .workers = 1), &more), TROUPE_ELIMIT);
	CHECK(more.private_ == NULL);
	CHECK_OK(troupe_finish(systems[7], LIMIT));
	CHECK_OK(troupe_start(TROUPE_OPTIONS(troupe_options, .workers = 1), &systems[7]));
	for (int i = 0; i < TROUPE_SYSTEMS_MAX; i++)
		CHECK_OK(troupe_finish(systems[i], LIMIT));
}

static peer elsewhere;
static troupe_ref spawned_elsewhere;

static troupe_verdict do_spawn_elsewhere(troupe_actor *me, void *system)
{
	(void)me;
	CHECK_OK(troupe_spawn(*(troupe_system *)system, &doer_behaviour, NULL, &spawned_elsewhere));
	return TROUPE_HANDLED;
}

TEST(several_systems, spawn_in_each_other)
{
	struct fixture a, b;
	fixture_start(&a, 1);
	fixture_start(&b, 1);
	doer d = doer_spawn(&a);
	perform(&a, d.ref, do_spawn_elsewhere, &b.system);
	check_handles(&b, spawned_elsewhere);
	elsewhere.ref = spawned_elsewhere;
	fixture_finish(&b);
	CHECK_EQ(troupe_send(elsewhere, NOTE, .left = 1), TROUPE_EGONE);
	fixture_finish(&a);
}
