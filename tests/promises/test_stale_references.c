/* SPDX-License-Identifier: MIT */
/* Promise: a reference that outlives its actor is never dangerous and never reaches a successor, whose slot may be the same. */
#include "fixture.h"

enum { NOTE = 1, OLD_MAX = 4000, LOOPS = 4000 };

struct note { uint64_t for_whom; };
typedef union noted { troupe_ref ref; const void *data; const struct note *NOTE; } noted;

static atomic_int received;

/* Handles only what was meant for it. */
static troupe_verdict receive(troupe_actor *me, const troupe_message *m)
{
	if (m->kind == DO)
		return do_task(me, m);
	CHECK_EQ(((const struct note *)m->data)->for_whom, me->ref.bits_private);
	received++;
	return TROUPE_HANDLED;
}

static const troupe_behaviour noting = { .name = "noting", .receive = receive };

static noted spawned(struct fixture *f)
{
	noted n;

	CHECK_OK(troupe_spawn(f->system, &noting, NULL, &n.ref));
	return n;
}

static troupe_status send_note(noted to)
{
	return troupe_send(to, NOTE, .for_whom = to.ref.bits_private);
}

static uint32_t slot_of(troupe_ref ref)
{
	return (uint32_t)ref.bits_private;
}

/* Everything that takes a reference, with one that is stale. */
static void check_stale(struct fixture *f, noted stale)
{
	troupe_status why = TROUPE_EUSER;
	CHECK(!troupe_is_alive(stale.ref));
	CHECK_EQ(send_note(stale), TROUPE_EGONE);
	CHECK_EQ(troupe_stop(stale.ref), TROUPE_EGONE);
	CHECK_EQ(troupe_kill(stale.ref), TROUPE_EGONE);
	CHECK_OK(troupe_stop_wait(stale.ref, LIMIT));
	CHECK_OK(troupe_wait_end(stale.ref, LIMIT, &why));
	CHECK_EQ(why, TROUPE_EGONE);
	CHECK_EQ(troupe_name(stale.ref, "stale"), TROUPE_EGONE);
	troupe_ref found;
	CHECK_EQ(troupe_find(f->system, "stale", &found), TROUPE_ENOENT);
}

TEST(stale_references, are_refused_by_every_function)
{
	struct fixture f;
	fixture_start(&f, 2);
	noted n = spawned(&f);
	CHECK_OK(troupe_stop_wait(n.ref, LIMIT));
	fixture_settle(&f);
	check_stale(&f, n);
	noted successor = spawned(&f);
	check_stale(&f, n);
	check_stale(&f, (noted){ .ref = { 0 } });
	CHECK(troupe_is_alive(successor.ref));
	fixture_finish(&f);
}

TEST(stale_references, never_reach_a_successor_in_the_same_slot)
{
	static noted old[OLD_MAX];
	struct fixture f;
	int reused = 0;
	fixture_start(&f, 1);
	for (int i = 0; i < OLD_MAX; i++) {
		old[i] = spawned(&f);
		reused += i > 0 && slot_of(old[i].ref) == slot_of(old[i - 1].ref);
		CHECK_OK(send_note(old[i]));
		CHECK_OK(troupe_stop_wait(old[i].ref, LIMIT));
		for (int j = i > 8 ? i - 8 : 0; j <= i; j++)
			CHECK_EQ(send_note(old[j]), TROUPE_EGONE);
	}
	noted living = spawned(&f);
	for (int i = 0; i < OLD_MAX; i++) {
		CHECK(!troupe_ref_equal(old[i].ref, living.ref));
		CHECK_EQ(send_note(old[i]), TROUPE_EGONE);
	}
	CHECK_OK(send_note(living));
	fixture_settle(&f);
	CHECK_EQ(received, OLD_MAX + 1);
	(void)reused; /* how slots are dealt out is not promised */
	fixture_finish(&f);
}

/* ------------------------------------------------------------------------------------------------------- from actors -- */

static noted current;
static atomic_int churning;

static troupe_verdict do_churn(troupe_actor *me, void *left)
{
	int *count = left;
	noted next;

	CHECK_OK(troupe_spawn(me->system, &noting, NULL, &next.ref));
	atomic_store((_Atomic uint64_t *)&current.ref.bits_private, next.ref.bits_private);
	troupe_ignore(send_note(next));
	troupe_ignore(*count % 2 ? troupe_stop(next.ref) : troupe_kill(next.ref)); /* the threads may have done so */
	if (--*count > 0)
		tell(me->ref, do_churn, left);
	else
		churning = 0;
	return TROUPE_HANDLED;
}

/* Sends to whoever lives or has just ended: from a plain thread, while slots are used again and again. */
static void *send_while_churning(void *argument)
{
	(void)argument;
	while (churning) {
		noted to = { .ref = { atomic_load((_Atomic uint64_t *)&current.ref.bits_private) } };
		troupe_status status = send_note(to);
		CHECK(status == TROUPE_OK || status == TROUPE_EGONE || status == TROUPE_ECLOSED);
		troupe_ignore(troupe_stop(to.ref));
		troupe_is_alive(to.ref);
	}
	return NULL;
}

TEST(stale_references, that_become_so_at_this_moment_do_no_harm)
{
	struct fixture f;
	pthread_t threads[2];
	int left = LOOPS;
	fixture_start(&f, 2);
	doer churner = doer_spawn(&f);
	churning = 1;
	tell(churner.ref, do_churn, &left);
	for (int i = 0; i < 2; i++)
		CHECK_OK(pthread_create(&threads[i], NULL, send_while_churning, NULL));
	for (int i = 0; i < 2; i++)
		CHECK_OK(pthread_join(threads[i], NULL));
	fixture_finish(&f);
}

/* -------------------------------------------------------------------------------------------------- reply addresses -- */

struct value { int64_t n; };
typedef union value_reply { troupe_ref ref; const struct value *NOTE; } value_reply;

static troupe_ref addresses[OLD_MAX];
static int64_t next_answer;

static troupe_verdict receive_values(troupe_actor *me, const troupe_message *m)
{
	if (m->kind == DO)
		return do_task(me, m);
	CHECK_EQ(m->kind, NOTE);
	CHECK_EQ(m->token, next_answer);
	CHECK_EQ(((const struct value *)m->data)->n, next_answer);
	next_answer++;
	return TROUPE_HANDLED;
}

static troupe_verdict do_expect(troupe_actor *me, void *argument)
{
	int at = (int)(uintptr_t)argument;

	CHECK_OK(troupe_expect(me, TROUPE_OPTIONS(troupe_expectation, .token = (uint64_t)at), &addresses[at]));
	return TROUPE_HANDLED;
}

TEST(stale_references, of_reply_addresses_never_reach_a_newer_question)
{
	static const troupe_behaviour values = { .receive = receive_values };
	struct fixture f;
	noted asker;
	fixture_start(&f, 1);
	CHECK_OK(troupe_spawn(f.system, &values, NULL, &asker.ref));
	for (int i = 0; i < OLD_MAX / 4; i++) {
		perform(&f, asker.ref, do_expect, (void *)(uintptr_t)i);
		for (int j = i > 4 ? i - 4 : 0; j < i; j++)
			CHECK_OK(troupe_send((value_reply){ addresses[j] }, NOTE, .n = j));
		CHECK_OK(troupe_send((value_reply){ addresses[i] }, NOTE, .n = i));
		fixture_settle(&f);
		CHECK_EQ(next_answer, i + 1);
	}
	fixture_finish(&f);
}

TEST(stale_references, of_reply_addresses_never_reach_an_actor_nor_the_other_way)
{
	static const troupe_behaviour values = { .receive = receive_values };
	struct fixture f;
	noted asker;
	fixture_start(&f, 1);
	CHECK_OK(troupe_spawn(f.system, &values, NULL, &asker.ref));
	for (int i = 0; i < 200; i++) {
		perform(&f, asker.ref, do_expect, (void *)(uintptr_t)i);
		CHECK_OK(troupe_send((value_reply){ addresses[i] }, NOTE, .n = i));
		fixture_settle(&f);
		noted young = spawned(&f); /* may have the slot that the address had */
		CHECK_OK(troupe_send((value_reply){ addresses[i] }, NOTE, .n = i));
		CHECK_OK(troupe_stop_wait(young.ref, LIMIT));
		CHECK_EQ(send_note(young), TROUPE_EGONE);
	}
	CHECK_EQ(received, 0);
	fixture_finish(&f);
}

/* ------------------------------------------------------------------------------------------------- from other systems -- */

TEST(stale_references, of_a_system_that_has_ended_never_reach_the_next_one)
{
	static noted old[64];
	for (int round = 0; round < 20; round++) {
		struct fixture f;
		fixture_start(&f, 2);
		for (int i = 0; i < 64; i++) {
			if (round > 0)
				CHECK_EQ(send_note(old[i]), TROUPE_EGONE);
			noted n = spawned(&f);
			CHECK(!troupe_ref_equal(n.ref, old[i].ref));
			if (round > 0)
				CHECK_EQ(send_note(old[i]), TROUPE_EGONE);
			old[i] = n;
			CHECK_OK(send_note(n));
		}
		fixture_settle(&f);
		fixture_finish(&f);
		for (int i = 0; i < 64; i++)
			CHECK(!troupe_is_alive(old[i].ref));
	}
	CHECK_EQ(received, 64 * 20);
}

/* A reference that nobody was ever given: the one that a slot will have next. */
TEST(stale_references, that_are_forged_ahead_of_time_reach_nobody)
{
	struct fixture f;
	troupe_status why = TROUPE_OK;
	fixture_start(&f, 1);
	noted n = spawned(&f);
	CHECK_OK(troupe_stop_wait(n.ref, LIMIT));
	fixture_settle(&f);
	for (uint64_t ahead = 1; ahead < 4; ahead++) {
		noted forged = { .ref = { n.ref.bits_private + (ahead << 32) } };
		troupe_status status = send_note(forged);
		CHECK(status == TROUPE_EGONE || status == TROUPE_ECLOSED);
		CHECK(!troupe_is_alive(forged.ref));
		CHECK(troupe_stop(forged.ref) != TROUPE_OK);
		CHECK(troupe_name(forged.ref, "nobody") != TROUPE_OK);
		CHECK_OK(troupe_wait_end(forged.ref, TROUPE_S, &why));
	}
	fixture_finish(&f);
}
