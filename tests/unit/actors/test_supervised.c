/* SPDX-License-Identifier: MIT */
/* The child's side: between two lives it is there, and does nothing (V1); what its life had open is gone; a late stop does not
 * reach the next life; records go back. */
#include "actors/supervised.h"

#include "actors/supervisor.h"
#include "stage.h"

enum { NOTE = 1, FAIL, TIMED };

static struct stage s;
static atomic_int begun, noted, timed, gates;

static troupe_verdict begin(troupe_actor *me)
{
	atomic_fetch_add(&begun, 1);
	if (atomic_load(&gates) > 0) /* not yet: the supervisor tries again later */
		return atomic_fetch_sub(&gates, 1), troupe_fail(me, TROUPE_EUSER);
	return TROUPE_HANDLED;
}

static troupe_verdict other_receive(troupe_actor *me, const troupe_message *m)
{
	(void)m;
	return troupe_fail(me, TROUPE_EUSER);
}

/* Opens all that a life can: a timer, a becoming, a deferred message, an address. */
static void open_everything(troupe_actor *me)
{
	troupe_ref address;
	troupe_timer timer;

	CHECK_OK(troupe_after(me, 3600 * TROUPE_S, TIMED, 1, &timer));
	CHECK_OK(troupe_expect(me, NULL, &address));
	CHECK_OK(troupe_become(me, other_receive));
}

static troupe_verdict receive(troupe_actor *me, const troupe_message *m)
{
	switch (m->kind) {
	case NOTE:
		atomic_fetch_add(&noted, 1);
		return TROUPE_HANDLED;
	case FAIL:
		open_everything(me);
		return troupe_fail(me, TROUPE_EUSER);
	case TIMED:
		atomic_fetch_add(&timed, 1);
		return TROUPE_HANDLED;
	}
	return TROUPE_DEFERRED;
}

static const troupe_behaviour child = { .name = "child", .receive = receive, .init = begin, .state_size = 100 };
static const troupe_child_spec children[] = { { .name = "one", .behaviour = &child }, { 0 } };
static const troupe_supervisor tree = { .children = children, .restarts_max = 1000, .within_ns = TROUPE_S,
	                                .back_off_ns = 10 * TROUPE_MS };

static troupe_ref start(troupe_ref *top)
{
	troupe_ref ref;

	stage_start(&s, 1);
	CHECK_OK(troupe_supervise(s.system, NULL, &tree, top));
	stage_settle(&s);
	CHECK_OK(troupe_child(*top, "one", &ref));
	return ref;
}

static void send(troupe_ref to, int32_t kind)
{
	CHECK_OK(troupe_send_bytes(to, kind, NULL, 0));
}

static void wait_until(atomic_int *count, int least)
{
	while (atomic_load(count) < least)
		sched_yield();
	stage_settle(&s);
}

/* The second restart in a row waits for an hour: long enough to look. */
TEST(supervised, between_lives_messages_wait)
{
	static const troupe_supervisor slow = { .children = children, .restarts_max = 9, .within_ns = 3600 * TROUPE_S,
		                                .back_off_ns = 3600 * TROUPE_S, .back_off_ns_max = 3600 * TROUPE_S };
	troupe_ref top, ref;

	stage_start(&s, 1);
	CHECK_OK(troupe_supervise(s.system, NULL, &slow, &top));
	CHECK_OK(troupe_child(top, "one", &ref));
	stage_settle(&s);
	const struct supervised *record = troupei_supervised_of(cell_of(ref));
	CHECK(!record->between);
	CHECK_EQ(record->lives, 1);
	for (int i = 0; i < 2; i++)
		send(ref, FAIL);
	send(ref, NOTE);
	stage_settle(&s);
	CHECK(record->between && troupei_supervised_is_between(cell_of(ref)));
	CHECK_EQ(record->lives, 2);
	CHECK_EQ(atomic_load(&noted), 0);
	CHECK(troupe_is_alive(ref));
	CHECK_OK(troupe_kill(ref)); /* there is nothing to kill */
	stage_settle(&s);
	CHECK(troupe_is_alive(ref));
	stage_finish(&s);
	CHECK_EQ(stage_letters(&s, TROUPE_EGONE), 1);
}

TEST(supervised, lives_that_do_not_begin_are_counted)
{
	troupe_ref top, ref = start(&top);

	atomic_store(&gates, 3);
	send(ref, FAIL);
	send(ref, NOTE);
	wait_until(&begun, 5);
	wait_until(&noted, 1);
	CHECK_EQ(troupei_supervised_of(cell_of(ref))->lives, 5);
	stage_finish(&s);
	CHECK_EQ(atomic_load(&timed), 0);
}

TEST(supervised, what_a_life_had_open_is_gone)
{
	troupe_counters counters;
	troupe_ref top, ref = start(&top);

	send(ref, FAIL);
	wait_until(&begun, 2);
	CHECK_OK(troupe_counters_read(s.system, &counters));
	CHECK_EQ(counters.timers_armed, 0);
	CHECK_EQ(cell_of(ref)->extra->asks, 0);
	CHECK(!(cell_of(ref)->flags & FLAG_BECOME));
	send(ref, NOTE);
	stage_settle(&s);
	CHECK_EQ(atomic_load(&noted), 1);
	stage_finish(&s);
}

TEST(supervised, deferred_messages_are_kept)
{
	troupe_ref top, ref = start(&top);

	send(ref, 77);
	stage_settle(&s);
	CHECK(cell_of(ref)->extra->deferred != NULL);
	send(ref, FAIL);
	wait_until(&begun, 2);
	CHECK(cell_of(ref)->extra->deferred != NULL); /* and deferred again by the next life */
	stage_finish(&s);
	CHECK_EQ(s.letter_count, 2);
}

TEST(supervised, actors_of_nobody_have_no_record)
{
	stage_start(&s, 1);
	CHECK(troupei_supervised_of(cell_of(spawned(&s, &child))) == NULL);
	stage_finish(&s);
}

/* As many blocks of a record's size are taken afterwards as before. */
TEST(supervised, records_go_back)
{
	troupe_ref top, ref = start(&top);
	uint64_t bytes = troupe_memory_bytes();

	for (int i = 0; i < 20000; i++) {
		troupe_ref added;
		CHECK_OK(troupe_add_child(top, &(troupe_child_spec){ .behaviour = &child, .restart = TROUPE_TEMPORARY }, &added));
		CHECK_OK(troupe_remove_child(top, added));
		if (i % 100 == 0)
			stage_settle(&s);
	}
	stage_settle(&s);
	CHECK_EQ(stage_alive(&s), 2);
	CHECK(troupe_memory_bytes() <= bytes + (24 << 20)); /* a slab or two of each size */
	CHECK(troupe_is_alive(ref));
	stage_finish(&s);
}
