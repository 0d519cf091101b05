/* SPDX-License-Identifier: MIT */
/* The stack of receive functions: how it grows, where it ends, and what happens without memory. And undefer's count. */
#include "stage.h"

enum { LEVELS = 40, LEVELS_MAX = 32768 };

static struct stage s;

static troupe_verdict another(troupe_actor *me, const troupe_message *m)
{
	return player_receive(me, m);
}

static troupe_receive *in_force(troupe_actor *me)
{
	struct cell *cell = troupei_me_worker(me)->running;
	return cell->flags & FLAG_BECOME ? cell->extra->receive : cell->behaviour->receive;
}

static struct extra *extra_of(troupe_actor *me)
{
	return troupei_me_worker(me)->running->extra;
}

static troupe_verdict go_up_and_down(troupe_actor *me, void *argument)
{
	(void)argument;
	for (int i = 0; i < LEVELS; i++) {
		CHECK_OK(troupe_become(me, i % 3 == 0 ? player_receive : another));
		CHECK_EQ(extra_of(me)->become_count, i + 1);
	}
	for (int i = LEVELS - 1; i > 0; i--) {
		CHECK_OK(troupe_unbecome(me));
		CHECK(in_force(me) == ((i - 1) % 3 == 0 ? player_receive : another));
	}
	CHECK_OK(troupe_unbecome(me));
	CHECK(!(troupei_me_worker(me)->running->flags & FLAG_BECOME));
	CHECK_EQ(troupe_unbecome(me), TROUPE_ENOENT);
	CHECK(in_force(me) == player_receive);
	return TROUPE_HANDLED;
}

TEST(become, as_deep_as_it_goes_up_it_comes_down)
{
	stage_start(&s, 1);
	troupe_ref ref = player(&s);
	for (int i = 0; i < 2; i++)
		perform(&s, ref, go_up_and_down, NULL);
	stage_finish(&s);
}

static troupe_verdict go_to_the_end(troupe_actor *me, void *argument)
{
	(void)argument;
	for (int i = 0; i < LEVELS_MAX; i++)
		CHECK_OK(troupe_become(me, another));
	CHECK_EQ(troupe_become(me, player_receive), TROUPE_ENOMEM);
	CHECK(in_force(me) == another);
	CHECK_EQ(extra_of(me)->become_count, LEVELS_MAX);
	return TROUPE_HANDLED;
}

TEST(become, has_an_end)
{
	stage_start(&s, 1);
	perform(&s, player(&s), go_to_the_end, NULL);
	stage_finish(&s);
}

static troupe_verdict become_without_memory(troupe_actor *me, void *argument)
{
	(void)argument;
	allocations_allowed = 0;
	troupei_memory_fail_by(fail_when_used_up);
	CHECK_EQ(troupe_become(me, another), TROUPE_ENOMEM); /* no extra */
	allocations_allowed = 1;
	CHECK_EQ(troupe_become(me, another), TROUPE_ENOMEM); /* no room to remember */
	CHECK(in_force(me) == player_receive);
	CHECK_EQ(extra_of(me)->become_count, 0);
	CHECK_EQ(troupe_unbecome(me), TROUPE_ENOENT);
	CHECK_EQ(troupei_me_worker(me)->after, 0);
	troupei_memory_fail_by(NULL);
	CHECK_OK(troupe_become(me, another));
	return TROUPE_HANDLED;
}

TEST(become, without_memory_nothing_changes)
{
	use_malloc();
	stage_start(&s, 1);
	perform(&s, player(&s), become_without_memory, NULL);
	stage_finish(&s);
}

/* ---------------------------------------------------------------------------------------------------------- deferred -- */

enum { NUMBER = 1, OPEN, COUNTED = 10 };

static int seen[64], seen_count;
static size_t undeferred;

static troupe_verdict note(troupe_actor *me, const troupe_message *m)
{
	(void)me;
	seen[seen_count++] = m->kind;
	return TROUPE_HANDLED;
}

static troupe_verdict defer(troupe_actor *me, const troupe_message *m)
{
	if (m->kind == OPEN) {
		CHECK_OK(troupe_become(me, note));
		undeferred = troupe_undefer(me);
		CHECK_EQ(troupei_me_worker(me)->after, AFTER_BECOME | (undeferred > 0 ? AFTER_UNDEFER : 0));
		return TROUPE_HANDLED;
	}
	return TROUPE_DEFERRED;
}

static const troupe_behaviour deferrer = { .name = "deferrer", .receive = defer };

/* They come next, in their order, before what has been queued since. */
TEST(become, undefer_counts_and_keeps_the_order)
{
	struct barrier barrier;
	stage_start_timeless(&s, 1);
	troupe_ref ref = spawned(&s, &deferrer);
	hold(&barrier, player(&s)); /* the only worker */
	for (int i = 0; i < 20; i++)
		CHECK_OK(troupe_send_bytes(ref, i == 12 ? OPEN : COUNTED + i, NULL, 0));
	let_go(&barrier);
	stage_settle(&s);
	CHECK_EQ(undeferred, 12);
	CHECK_EQ(seen_count, 19);
	for (int i = 0; i < 19; i++)
		CHECK_EQ(seen[i], COUNTED + i + (i >= 12));
	stage_finish(&s);
}

static unsigned ones;

/* Two steps back at a time, till there is nothing; what is called back is noted. */
static troupe_verdict defer_once(troupe_actor *me, const troupe_message *m)
{
	static bool called_back[64];
	if (m->kind == OPEN) {
		unsigned came = 0;
		while (came < ones && troupe_undefer_one(me))
			came++;
		undeferred = came;
		return TROUPE_HANDLED;
	}
	if (called_back[m->kind])
		return note(me, m);
	called_back[m->kind] = true;
	return TROUPE_DEFERRED;
}

static const troupe_behaviour stepper = { .name = "stepper", .receive = defer_once };

/* As often as it is called, so many come, the oldest first; not more than there are. */
TEST(become, undefer_one_by_one)
{
	const struct { unsigned ones, undeferred; } steps[] = { { 1, 1 }, { 2, 2 }, { 0, 0 }, { 3, 2 }, { 3, 0 } };
	stage_start(&s, 1);
	troupe_ref ref = spawned(&s, &stepper);
	CHECK(!troupe_undefer_one(NULL));
	for (int i = 0; i < 5; i++)
		CHECK_OK(troupe_send_bytes(ref, COUNTED + i, NULL, 0));
	stage_settle(&s);
	for (unsigned i = 0, all = 0; i < 5; i++) {
		ones = steps[i].ones;
		CHECK_OK(troupe_send_bytes(ref, OPEN, NULL, 0));
		stage_settle(&s);
		CHECK_EQ(undeferred, steps[i].undeferred);
		CHECK_EQ(seen_count, all += steps[i].undeferred);
	}
	for (int i = 0; i < seen_count; i++)
		CHECK_EQ(seen[i], COUNTED + i);
	stage_finish(&s);
}

TEST(become, undefer_of_nothing)
{
	stage_start(&s, 1);
	CHECK_EQ(troupe_undefer(NULL), 0);
	CHECK_OK(troupe_send_bytes(spawned(&s, &deferrer), OPEN, NULL, 0));
	stage_settle(&s);
	CHECK_EQ(undeferred, 0);
	CHECK_EQ(troupe_become(NULL, note), TROUPE_EINVAL);
	CHECK_EQ(troupe_unbecome(NULL), TROUPE_EINVAL);
	stage_finish(&s);
}
