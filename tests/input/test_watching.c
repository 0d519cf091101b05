/* SPDX-License-Identifier: MIT */
/* Bad input to links and monitors: a clear code, and nothing has happened. */
#include "victim.h"

enum { PATTERNS = 2000 };

static int downs;

static troupe_verdict watch_wrongly(troupe_actor *me, const troupe_message *m)
{
	troupe_monitor_id id = { 5 };
	troupe_ref address;

	(void)m;
	CHECK_OK(troupe_expect(me, NULL, &address));
	CHECK_EQ(troupe_monitor(NULL, me->ref, 0, &id), TROUPE_EINVAL);
	CHECK_EQ(troupe_monitor(me, me->ref, 0, &id), TROUPE_EINVAL);
	CHECK_EQ(troupe_monitor(me, address, 0, &id), TROUPE_EINVAL);
	CHECK_EQ(troupe_monitor_lives(NULL, me->ref, 0, &id), TROUPE_EINVAL);
	CHECK_EQ(troupe_monitor_lives(me, me->ref, 0, &id), TROUPE_EINVAL);
	CHECK_EQ(troupe_monitor_lives(me, address, 0, &id), TROUPE_EINVAL);
	CHECK_EQ(id.bits_private, 5);
	CHECK_EQ(troupe_link(NULL, me->ref), TROUPE_EINVAL);
	CHECK_EQ(troupe_link(me, me->ref), TROUPE_EINVAL);
	CHECK_EQ(troupe_link(me, address), TROUPE_EINVAL);
	CHECK_OK(troupe_forget(me, address));
	CHECK_EQ(troupe_link(me, address), TROUPE_EINVAL); /* a stale one too */
	return TROUPE_HANDLED;
}

static troupe_verdict take_back_wrongly(troupe_actor *me, const troupe_message *m)
{
	(void)m;
	CHECK_EQ(troupe_unmonitor(NULL, (troupe_monitor_id){ 1 }), TROUPE_EINVAL);
	CHECK_EQ(troupe_unmonitor(me, (troupe_monitor_id){ 0 }), TROUPE_ENOENT);
	CHECK_EQ(troupe_unmonitor(me, (troupe_monitor_id){ UINT64_MAX }), TROUPE_ENOENT);
	CHECK_EQ(troupe_unlink(NULL, me->ref), TROUPE_EINVAL);
	CHECK_EQ(troupe_unlink(me, (troupe_ref){ UINT64_C(1) << 31 }), TROUPE_EINVAL);
	CHECK_EQ(troupe_unlink(me, me->ref), TROUPE_ENOENT);
	CHECK_EQ(troupe_unlink(me, (troupe_ref){ 0 }), TROUPE_ENOENT);
	CHECK_EQ(troupe_unlink(me, (troupe_ref){ UINT64_MAX >> 33 }), TROUPE_ENOENT);
	return TROUPE_HANDLED;
}

TEST(watching, wrongly)
{
	victim_start();
	troupe_ledger before = ledger_now();
	before.sent += 2;
	perform(watch_wrongly);
	perform(take_back_wrongly);
	check_nothing_since(before);
	victim_finish();
}

static uint64_t chance = 88172645463325252;

static uint64_t random_bits(void)
{
	chance ^= chance << 13;
	chance ^= chance >> 7;
	chance ^= chance << 17;
	return chance;
}

static troupe_verdict count_downs(troupe_actor *me, const troupe_message *m)
{
	if (m->kind != TROUPE_DOWN && m->kind != TROUPE_LINKED)
		return victim_receive(me, m);
	CHECK_EQ(m->why, TROUPE_EGONE);
	downs++;
	return TROUPE_HANDLED;
}

/* Whatever the bits: an address, or nobody; and each that is taken gives its one message. */
static int expected;

static troupe_verdict watch_at_random(troupe_actor *me, const troupe_message *m)
{
	(void)m;
	for (int i = 0; i < PATTERNS; i++) {
		uint64_t bits = random_bits() >> (i % 3 * 20);
		troupe_ref ref = { i % 2 == 0 ? bits : bits & ~(UINT64_C(1) << 31) };
		bool address = (bits >> 31 & 1) && i % 2 == 0;
		if (troupe_is_alive(ref))
			continue;
		CHECK_EQ(troupe_monitor(me, ref, 0, NULL), address ? TROUPE_EINVAL : TROUPE_OK);
		CHECK_EQ(troupe_unmonitor(me, (troupe_monitor_id){ bits }), TROUPE_ENOENT);
		CHECK_EQ(troupe_unlink(me, ref), address ? TROUPE_EINVAL : TROUPE_ENOENT);
		CHECK_EQ(troupe_link(me, ref), address ? TROUPE_EINVAL : TROUPE_OK);
		expected += address ? 0 : 2;
	}
	return TROUPE_HANDLED;
}

TEST(watching, at_random)
{
	static const troupe_behaviour counting = { .name = "counting", .receive = count_downs, .traps = 1 };
	victim watcher;
	victim_start();
	CHECK_OK(troupe_spawn(theirs, &counting, NULL, &watcher.ref));
	CHECK_OK(troupe_send(watcher, DO, .run = watch_at_random));
	settle();
	CHECK(expected > PATTERNS);
	CHECK_EQ(downs, expected);
	victim_finish();
}

static void check_options(troupe_actor *me, troupe_spawn_options options)
{
	options.struct_size = sizeof options;
	CHECK_EQ(troupe_spawn_with(theirs, me, &victim_behaviour, NULL, &options, NULL), TROUPE_EINVAL);
}

static troupe_verdict spawn_wrongly(troupe_actor *me, const troupe_message *m)
{
	(void)m;
	check_options(me, (troupe_spawn_options){ .link = 2 });
	check_options(me, (troupe_spawn_options){ .monitor = 255 });
	check_options(me, (troupe_spawn_options){ .reserved_small = 1 });
	check_options(me, (troupe_spawn_options){ .reserved = 1 });
	return TROUPE_HANDLED;
}

TEST(watching, from_birth_wrongly)
{
	victim_start();
	check_options(NULL, (troupe_spawn_options){ .link = 1 });
	check_options(NULL, (troupe_spawn_options){ .monitor = 1 });
	perform(spawn_wrongly);
	troupe_behaviour behaviour = victim_behaviour;
	behaviour.traps = 2;
	CHECK_EQ(troupe_spawn(theirs, &behaviour, NULL, NULL), TROUPE_EINVAL);
	victim_finish();
}
