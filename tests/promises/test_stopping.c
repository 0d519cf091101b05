/* SPDX-License-Identifier: MIT */
/* Promise: an actor is stopped in the order of its queue, its children first; what it has not handled is drained, skipped or
 * handed back as its behaviour says; killed, it ends ahead of its queue. */
#include "fixture.h"

enum { NOTE = 1, MANY = 100, LOG_MAX = 1024 };

struct note { int64_t n; };
typedef union noted { troupe_ref ref; const void *data; const struct note *NOTE; } noted;

static int64_t notes[LOG_MAX];
static atomic_int note_count, ends, returned_count;
static int64_t returned[LOG_MAX];
static troupe_ref returned_by;
static char end_order[LOG_MAX];
static atomic_int last_why;

static void reset(void)
{
	note_count = ends = returned_count = last_why = 0;
	memset(end_order, 0, sizeof end_order);
}

static troupe_verdict receive_notes(troupe_actor *me, const troupe_message *m)
{
	if (m->kind == DO)
		return do_task(me, m);
	const struct note *note = m->data;
	if (m->kind == TROUPE_RETURNED) {
		CHECK_EQ(m->returned, NOTE);
		CHECK_EQ(m->size, sizeof *note);
		returned_by = m->about;
		returned[atomic_fetch_add(&returned_count, 1) % LOG_MAX] = note->n;
		return TROUPE_HANDLED;
	}
	if (note->n < 0)
		return TROUPE_DEFERRED;
	notes[atomic_fetch_add(&note_count, 1) % LOG_MAX] = note->n;
	return TROUPE_HANDLED;
}

static void end(troupe_actor *me, troupe_status why)
{
	last_why = why;
	end_order[atomic_fetch_add(&ends, 1) % LOG_MAX] = me->state != NULL ? *(const char *)me->state : '?';
}

static const troupe_behaviour skipping = {
	.name = "skipping", .receive = receive_notes, .terminate = end, .state_size = 1, .leftovers = TROUPE_DEAD_LETTER
};
static const troupe_behaviour draining = {
	.name = "draining", .receive = receive_notes, .terminate = end, .state_size = 1, .leftovers = TROUPE_DRAIN
};
static const troupe_behaviour handing = {
	.name = "handing", .receive = receive_notes, .terminate = end, .state_size = 1, .leftovers = TROUPE_HAND_BACK
};

static noted spawned(struct fixture *f, const troupe_behaviour *behaviour)
{
	noted actor;

	CHECK_OK(troupe_spawn(f->system, behaviour, "a", &actor.ref));
	return actor;
}

static void send_notes(noted actor, int from, int to)
{
	for (int i = from; i < to; i++)
		CHECK_OK(troupe_send(actor, NOTE, .n = i));
}

/* ------------------------------------------------------------------------------------------------------------ order -- */

static void check_stop_in_queue_order(const troupe_behaviour *behaviour, int handled, unsigned dead)
{
	struct fixture f;
	struct barrier barrier;
	fixture_start(&f, 2);
	reset();
	noted actor = spawned(&f, behaviour);
	barrier_raise(&barrier, actor.ref);
	send_notes(actor, 0, MANY);
	CHECK_OK(troupe_stop(actor.ref));
	send_notes(actor, MANY, 2 * MANY);
	barrier_open(&barrier);
	fixture_settle(&f);
	CHECK(!troupe_is_alive(actor.ref));
	CHECK_EQ(note_count, handled);
	for (int i = 0; i < handled; i++)
		CHECK_EQ(notes[i], i);
	CHECK_EQ(fixture_letters(&f, NOTE, TROUPE_EGONE), dead);
	CHECK_EQ(ends, 1);
	CHECK_EQ(last_why, TROUPE_OK);
	fixture_finish(&f);
}

TEST(stopping, comes_in_the_order_of_the_queue_and_skips_the_rest)
{
	check_stop_in_queue_order(&skipping, MANY, MANY);
}

TEST(stopping, drains_what_was_queued_behind_the_stop)
{
	check_stop_in_queue_order(&draining, 2 * MANY, 0);
}

TEST(stopping, that_can_hand_back_to_nobody_makes_dead_letters)
{
	check_stop_in_queue_order(&handing, MANY, MANY);
}

TEST(stopping, draining_takes_the_deferred_too_and_nothing_new)
{
	struct fixture f;
	struct barrier barrier, drained = { 0 };
	fixture_start(&f, 2);
	reset();
	noted actor = spawned(&f, &draining);
	CHECK_OK(troupe_send(actor, NOTE, .n = -1)); /* deferred, and again while draining */
	barrier_raise(&barrier, actor.ref);
	CHECK_OK(troupe_stop(actor.ref));
	tell(actor.ref, do_wait, &drained); /* handled while it drains */
	barrier_open(&barrier);
	await_flag(&drained.reached);
	CHECK_EQ(troupe_send(actor, NOTE, .n = 5), TROUPE_ECLOSED);
	CHECK_EQ(troupe_stop(actor.ref), TROUPE_ECLOSED);
	barrier_open(&drained);
	CHECK_OK(troupe_wait_end(actor.ref, LIMIT, NULL));
	fixture_settle(&f);
	CHECK_EQ(note_count, 0);
	CHECK_EQ(fixture_letters(&f, NOTE, TROUPE_ECLOSED), 1);
	CHECK_EQ(fixture_letters(&f, NOTE, TROUPE_EGONE), 1);
	CHECK_EQ(troupe_stop(actor.ref), TROUPE_EGONE);
	fixture_finish(&f);
}

/* -------------------------------------------------------------------------------------------------------- handing back -- */

static atomic_int sent_from;

static troupe_verdict do_send_from(troupe_actor *me, void *argument)
{
	noted *to = argument;

	for (int i = 0; i < MANY; i++)
		CHECK_OK(troupe_send_from(me, *to, NOTE, .n = i));
	sent_from = 1;
	return TROUPE_HANDLED;
}

TEST(stopping, hands_back_to_who_sent_it)
{
	struct fixture f;
	struct barrier barrier;
	fixture_start(&f, 2);
	reset();
	noted actor = spawned(&f, &handing), sender = spawned(&f, &skipping);
	barrier_raise(&barrier, actor.ref);
	CHECK_OK(troupe_stop(actor.ref));
	tell(sender.ref, do_send_from, &actor);
	await_flag(&sent_from);
	barrier_open(&barrier);
	fixture_settle(&f);
	CHECK_EQ(returned_count, MANY);
	for (int i = 0; i < MANY; i++)
		CHECK_EQ(returned[i], i);
	CHECK(troupe_ref_equal(returned_by, actor.ref));
	CHECK_EQ(f.letter_count, 0);
	CHECK_OK(troupe_finish(f.system, LIMIT));
	CHECK_EQ(f.ledger.returned, MANY);
	fixture_check_ledger(&f);
}

static noted child;

static troupe_verdict do_spawn_child(troupe_actor *me, void *behaviour)
{
	CHECK_OK(troupe_spawn_child(me, behaviour, "c", &child.ref));
	return TROUPE_HANDLED;
}

TEST(stopping, hands_back_to_the_parent_what_nobody_signed)
{
	struct fixture f;
	struct barrier barrier;
	fixture_start(&f, 2);
	reset();
	noted parent = spawned(&f, &skipping);
	perform(&f, parent.ref, do_spawn_child, (void *)(uintptr_t)&handing);
	barrier_raise(&barrier, child.ref);
	CHECK_OK(troupe_stop(child.ref));
	send_notes(child, 0, MANY);
	barrier_open(&barrier);
	fixture_settle(&f);
	CHECK_EQ(returned_count, MANY);
	for (int i = 0; i < MANY; i++)
		CHECK_EQ(returned[i], i);
	CHECK(troupe_ref_equal(returned_by, child.ref));
	CHECK_OK(troupe_finish(f.system, LIMIT));
	CHECK_EQ(f.ledger.returned, MANY);
	fixture_check_ledger(&f);
}

TEST(stopping, hands_back_when_its_parent_ends_too)
{
	struct fixture f;
	struct barrier barrier;
	fixture_start(&f, 2);
	reset();
	noted parent = spawned(&f, &skipping);
	perform(&f, parent.ref, do_spawn_child, (void *)(uintptr_t)&handing);
	barrier_raise(&barrier, child.ref);
	CHECK_OK(troupe_stop(child.ref));
	send_notes(child, 0, MANY);
	CHECK_OK(troupe_stop(parent.ref));
	barrier_open(&barrier);
	CHECK_OK(troupe_wait_end(parent.ref, LIMIT, NULL));
	fixture_settle(&f);
	CHECK_EQ(returned_count, MANY);
	CHECK_STR_EQ(end_order, "ca");
	CHECK_OK(troupe_finish(f.system, LIMIT));
	fixture_check_ledger(&f);
}

/* --------------------------------------------------------------------------------------------------------- children -- */

static troupe_verdict do_spawn_generations(troupe_actor *me, void *argument)
{
	const char *name = me->state;
	troupe_ref ref;
	char next = (char)(*name + 1);

	if (next > 'f')
		return TROUPE_HANDLED;
	CHECK_OK(troupe_spawn_child(me, &draining, &next, &ref));
	CHECK_OK(troupe_send((doer){ ref }, DO, .run = do_spawn_generations, .argument = argument));
	return TROUPE_HANDLED;
}

TEST(stopping, ends_children_before_parents)
{
	struct fixture f;
	fixture_start(&f, 4);
	reset();
	noted first = spawned(&f, &draining);
	perform(&f, first.ref, do_spawn_generations, NULL);
	CHECK_OK(troupe_stop_wait(first.ref, LIMIT));
	CHECK_STR_EQ(end_order, "fedcba");
	fixture_finish(&f);
}

TEST(stopping, of_the_whole_system_ends_children_before_parents)
{
	struct fixture f;
	fixture_start(&f, 4);
	reset();
	noted first = spawned(&f, &draining);
	perform(&f, first.ref, do_spawn_generations, NULL);
	fixture_finish(&f);
	CHECK_STR_EQ(end_order, "fedcba");
}

static troupe_verdict do_spawn_many(troupe_actor *me, void *argument)
{
	(void)argument;
	for (int i = 0; i < 500; i++) {
		noted one;
		CHECK_OK(troupe_spawn_child(me, i % 2 ? &skipping : &draining, "c", &one.ref));
		CHECK_OK(troupe_send(one, NOTE, .n = i));
	}
	return TROUPE_HANDLED;
}

TEST(stopping, waits_for_all_of_many_children)
{
	struct fixture f;
	fixture_start(&f, 4);
	reset();
	noted parent = spawned(&f, &skipping);
	tell(parent.ref, do_spawn_many, NULL);
	CHECK_OK(troupe_stop_wait(parent.ref, LIMIT));
	CHECK_EQ(ends, 501);
	CHECK_EQ(end_order[500], 'a');
	CHECK_EQ(note_count, 500);
	fixture_finish(&f);
}

static troupe_verdict do_exit(troupe_actor *me, void *why)
{
	troupe_exit(me, *(troupe_status *)why);
	return TROUPE_HANDLED;
}

TEST(stopping, by_its_own_wish_ends_children_first)
{
	struct fixture f;
	troupe_status why = TROUPE_EUSER - 2;
	fixture_start(&f, 2);
	reset();
	noted parent = spawned(&f, &skipping);
	perform(&f, parent.ref, do_spawn_child, (void *)(uintptr_t)&draining);
	perform(&f, parent.ref, do_exit, &why);
	CHECK_STR_EQ(end_order, "ca");
	CHECK_EQ(last_why, TROUPE_EUSER - 2);
	fixture_finish(&f);
}

static troupe_verdict do_note_parent(troupe_actor *me, void *out)
{
	*(troupe_ref *)out = troupe_parent(me);
	return TROUPE_HANDLED;
}

TEST(stopping, a_child_knows_its_parent_and_may_end_alone)
{
	struct fixture f;
	troupe_ref known = { 1 };
	fixture_start(&f, 2);
	reset();
	noted parent = spawned(&f, &skipping);
	perform(&f, parent.ref, do_note_parent, &known);
	CHECK(troupe_ref_is_null(known));
	perform(&f, parent.ref, do_spawn_child, (void *)(uintptr_t)&skipping);
	perform(&f, child.ref, do_note_parent, &known);
	CHECK(troupe_ref_equal(known, parent.ref));
	CHECK_OK(troupe_stop_wait(child.ref, LIMIT));
	fixture_settle(&f);
	check_handles(&f, parent.ref);
	fixture_finish(&f);
}

/* A child that awaits an answer of the parent that waits for it to end: neither may wait for ever. */

struct query { troupe_ref reply; };

static troupe_verdict do_ask_parent_holding(troupe_actor *me, void *argument)
{
	troupe_ref address;

	(void)argument;
	CHECK_OK(troupe_expect(me, TROUPE_OPTIONS(troupe_expectation, .hold = true), &address));
	CHECK_OK(troupe_ask_bytes(troupe_parent(me), NOTE, &(struct query){ { 0 } }, sizeof(struct query), 0, address));
	return TROUPE_HANDLED;
}

TEST(stopping, a_parent_whose_child_awaits_its_answer_ends_all_the_same)
{
	struct fixture f;
	struct barrier barrier;
	fixture_start(&f, 2);
	reset();
	noted parent = spawned(&f, &skipping);
	perform(&f, parent.ref, do_spawn_child, (void *)(uintptr_t)&skipping);
	barrier_raise(&barrier, parent.ref);
	CHECK_OK(troupe_stop(parent.ref));
	tell(child.ref, do_ask_parent_holding, NULL); /* its question is queued behind the stop */
	sleep_ns(5 * TROUPE_MS);
	barrier_open(&barrier);
	CHECK_OK(troupe_wait_end(parent.ref, LIMIT / 10, NULL));
	fixture_finish(&f);
}

/* ---------------------------------------------------------------------------------------------------------- killing -- */

static void check_kill(const troupe_behaviour *behaviour)
{
	struct fixture f;
	struct barrier barrier;
	fixture_start(&f, 2);
	reset();
	noted parent = spawned(&f, &skipping);
	perform(&f, parent.ref, do_spawn_child, (void *)(uintptr_t)behaviour);
	barrier_raise(&barrier, child.ref);
	send_notes(child, 0, MANY);
	CHECK_OK(troupe_kill(child.ref));
	barrier_open(&barrier);
	CHECK_OK(troupe_wait_end(child.ref, LIMIT, NULL));
	fixture_settle(&f);
	CHECK_EQ(troupe_kill(child.ref), TROUPE_EGONE);
	CHECK_EQ(note_count, 0);
	CHECK_EQ(returned_count, 0);
	CHECK_EQ(last_why, TROUPE_EKILLED);
	CHECK_EQ(fixture_letters(&f, NOTE, TROUPE_EKILLED), MANY);
	check_handles(&f, parent.ref);
	fixture_finish(&f);
}

TEST(stopping, killing_skips_the_whole_queue)
{
	check_kill(&skipping);
}

TEST(stopping, killing_does_not_drain)
{
	check_kill(&draining);
}

TEST(stopping, killing_hands_nothing_back)
{
	check_kill(&handing);
}

TEST(stopping, killing_ends_the_children_too)
{
	struct fixture f;
	fixture_start(&f, 4);
	reset();
	noted first = spawned(&f, &draining);
	perform(&f, first.ref, do_spawn_generations, NULL);
	CHECK_OK(troupe_kill(first.ref));
	CHECK_OK(troupe_wait_end(first.ref, LIMIT, NULL));
	CHECK_STR_EQ(end_order, "fedcba");
	fixture_finish(&f);
}

TEST(stopping, killing_comes_too_late_for_one_that_drains)
{
	struct fixture f;
	struct barrier barrier, drained = { 0 };
	fixture_start(&f, 2);
	reset();
	noted actor = spawned(&f, &draining);
	barrier_raise(&barrier, actor.ref);
	CHECK_OK(troupe_stop(actor.ref));
	tell(actor.ref, do_wait, &drained);
	send_notes(actor, 0, MANY);
	barrier_open(&barrier);
	await_flag(&drained.reached);
	CHECK_EQ(troupe_kill(actor.ref), TROUPE_ECLOSED);
	barrier_open(&drained);
	CHECK_OK(troupe_wait_end(actor.ref, LIMIT, NULL));
	CHECK_EQ(last_why, TROUPE_OK);
	CHECK_EQ(note_count, MANY);
	fixture_finish(&f);
}

static atomic_int after_kill;

static troupe_verdict do_count_after_kill(troupe_actor *me, void *argument)
{
	(void)me, (void)argument;
	after_kill++;
	return TROUPE_HANDLED;
}

static troupe_verdict do_kill_myself(troupe_actor *me, void *argument)
{
	(void)argument;
	CHECK_OK(troupe_kill(me->ref));
	return TROUPE_HANDLED;
}

TEST(stopping, killing_oneself_comes_after_this_message)
{
	struct fixture f;
	struct barrier barrier;
	fixture_start(&f, 2);
	for (int before = 0; before < 30; before++) {
		reset();
		after_kill = 0;
		noted actor = spawned(&f, &skipping);
		barrier_raise(&barrier, actor.ref);
		send_notes(actor, 0, before);
		tell(actor.ref, do_kill_myself, NULL);
		for (int i = 0; i < MANY; i++)
			tell(actor.ref, do_count_after_kill, NULL);
		barrier_open(&barrier);
		CHECK_OK(troupe_wait_end(actor.ref, LIMIT, NULL));
		CHECK_EQ(note_count, before);
		CHECK_EQ(after_kill, 0);
	}
	fixture_finish(&f);
}

TEST(stopping, kill_is_stronger_than_waiting_for_children)
{
	struct fixture f;
	struct barrier barrier;
	fixture_start(&f, 2);
	reset();
	noted parent = spawned(&f, &draining);
	perform(&f, parent.ref, do_spawn_child, (void *)(uintptr_t)&draining);
	barrier_raise(&barrier, child.ref);
	send_notes(child, 0, MANY);
	CHECK_OK(troupe_stop(parent.ref));
	CHECK_OK(troupe_kill(parent.ref));
	sleep_ns(200 * TROUPE_MS); /* for the kill to come to the child's mailbox: nothing tells that it has */
	barrier_open(&barrier);
	CHECK_OK(troupe_wait_end(parent.ref, LIMIT, NULL));
	CHECK_STR_EQ(end_order, "ca");
	CHECK_EQ(last_why, TROUPE_EKILLED);
	CHECK_EQ(note_count, 0);
	fixture_finish(&f);
}
