/* SPDX-License-Identifier: MIT */
/* Bounds: bad arguments get a status and change nothing. */
#include "victim.h"

static const troupe_bounds bad[] = {
	{ .messages_max = 0 },
	{ .overflow = TROUPE_DROP_OLDEST },
	{ .messages_max = 1, .overflow = (troupe_overflow)-1 },
	{ .messages_max = 1, .overflow = (troupe_overflow)(TROUPE_PARK + 1) },
	{ .bytes_max = 1000, .overflow = TROUPE_PARK },
	{ .messages_max = 1, .delay_ns_max = -1 },
	{ .delay_ns_max = INT64_MIN },
	{ .delay_ns_max = 1, .delay_interval_ns = -1 },
	{ .delay_ns_max = 10, .delay_interval_ns = 9 },
	{ .messages_max = 1, .delay_interval_ns = 1 },
	{ .messages_max = 1, .newest_first = 1 },
	{ .delay_ns_max = 1, .newest_first = 2 },
	{ .messages_max = 1, .reserved_small = { 0, 0, 0, 0, 0, 0, 1 } },
	{ .messages_max = 1, .reserved = { 0, 0, 0, 1 } },
};

enum { BAD = sizeof bad / sizeof *bad };

static const troupe_bounds good[] = {
	{ .messages_max = 1 },
	{ .bytes_max = 1 },
	{ .delay_ns_max = 1 },
	{ .messages_max = UINT32_MAX, .bytes_max = UINT64_MAX, .delay_ns_max = INT64_MAX, .delay_interval_ns = INT64_MAX,
	  .overflow = TROUPE_PARK, .newest_first = 1 },
};

TEST(bounds, that_contradict_themselves_make_no_actor)
{
	victim_start();
	for (int i = 0; i < BAD; i++) {
		troupe_behaviour behaviour = victim_behaviour;
		troupe_ref out = { 77 };
		behaviour.bounds = &bad[i];
		CHECK_EQ(troupe_spawn(theirs, &behaviour, NULL, &out), TROUPE_EINVAL);
		CHECK_EQ(troupe_spawn_with(theirs, NULL, &victim_behaviour, NULL,
		                           TROUPE_OPTIONS(troupe_spawn_options, .bounds = &bad[i]), &out), TROUPE_EINVAL);
		CHECK_EQ(out.bits_private, 77);
	}
	victim_finish();
}

TEST(bounds, at_the_limits_of_their_fields_make_one)
{
	victim_start();
	for (unsigned i = 0; i < sizeof good / sizeof *good; i++) {
		victim v;
		CHECK_OK(troupe_spawn_with(theirs, NULL, &victim_behaviour, NULL,
		                           TROUPE_OPTIONS(troupe_spawn_options, .bounds = &good[i]), &v.ref));
		troupe_status status = troupe_send(v, NOTE, .n = 1);
		CHECK(status == TROUPE_OK || (good[i].bytes_max == 1 && status == TROUPE_EFULL));
	}
	victim_finish();
}

TEST(bounds, of_a_supervised_child_and_of_a_pool_are_checked_too)
{
	troupe_behaviour behaviour = victim_behaviour;
	troupe_ref out;
	victim_start();
	behaviour.bounds = &bad[0];
	const troupe_child_spec children[] = { { .name = "child", .behaviour = &behaviour }, { 0 } };
	CHECK_EQ(troupe_supervise(theirs, NULL, &(troupe_supervisor){ .children = children }, &out), TROUPE_EINVAL);
	CHECK_EQ(troupe_group_spawn(theirs, NULL, &behaviour, NULL, 2, &out), TROUPE_EINVAL);
	victim_finish();
}

static atomic_int rooms;

static troupe_verdict listen(troupe_actor *me, const troupe_message *m)
{
	if (m->kind == DO)
		return ((const struct task *)m->data)->run(me, m);
	rooms += m->kind == TROUPE_ROOM;
	return TROUPE_HANDLED;
}

static const troupe_behaviour listener = { .name = "listener", .receive = listen };

static troupe_verdict await_all(troupe_actor *me, const troupe_message *m)
{
	troupe_ref address;

	(void)m;
	CHECK_OK(troupe_expect(me, NULL, &address));
	CHECK_EQ(troupe_await_room(NULL, me->ref, 0), TROUPE_EINVAL);
	CHECK_EQ(troupe_await_room(me, address, 0), TROUPE_EINVAL);
	CHECK_OK(troupe_await_room(me, (troupe_ref){ 0 }, 0));
	CHECK_OK(troupe_await_room(me, (troupe_ref){ UINT64_MAX >> 33 }, 0));
	CHECK_OK(troupe_await_room(me, me->ref, 0));
	CHECK_EQ(troupe_wait_room(actor.ref, 1), TROUPE_ECONTEXT);
	CHECK_EQ(troupe_wait_room(address, 1), TROUPE_EINVAL);
	CHECK_OK(troupe_forget(me, address));
	return TROUPE_HANDLED;
}

TEST(bounds, of_nobody_have_room)
{
	victim v;
	victim_start();
	CHECK_OK(troupe_spawn(theirs, &listener, NULL, &v.ref));
	CHECK_OK(troupe_send(v, DO, await_all));
	CHECK_OK(troupe_settle(theirs, LIMIT));
	CHECK_EQ(rooms, 3);
	CHECK_EQ(troupe_wait_room(actor.ref, -1), TROUPE_EINVAL);
	CHECK_OK(troupe_wait_room((troupe_ref){ 0 }, 0));
	CHECK_OK(troupe_wait_room(actor.ref, 0));
	victim_finish();
}

TEST(bounds, a_ceiling_below_one_message_refuses_all_and_no_more)
{
	troupe_options options = victim_options();
	options.memory_max = 1;
	victim_start_with(&options);
	CHECK_EQ(troupe_send(actor, NOTE, .n = 1), TROUPE_EFULL);
	CHECK_EQ(notes, 0);
	CHECK_OK(troupe_stop_wait(actor.ref, LIMIT));
	CHECK_OK(troupe_finish(theirs, LIMIT));
	CHECK_EQ(final_ledger.sent, 0);
}
