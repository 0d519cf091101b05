/* SPDX-License-Identifier: MIT */
/* Groups: bad arguments get a status and change nothing. */
#include <stdatomic.h>
#include <stdio.h>

#include "support/testing.h"
#include "troupe.h"

static troupe_verdict receive(troupe_actor *me, const troupe_message *m)
{
	(void)me, (void)m;
	return TROUPE_HANDLED;
}

static const troupe_behaviour behaviour = { .name = "member", .receive = receive };

static uint64_t key(const troupe_message *m)
{
	return (uint64_t)m->kind;
}

static troupe_system started(void)
{
	troupe_system system;

	CHECK_OK(troupe_start(NULL, &system));
	return system;
}

static troupe_ref spawned(troupe_system system)
{
	troupe_ref ref;

	CHECK_OK(troupe_spawn(system, &behaviour, NULL, &ref));
	return ref;
}

static troupe_ref opened(troupe_system system)
{
	troupe_ref ref;

	CHECK_OK(troupe_group_open(system, NULL, NULL, &ref));
	return ref;
}

static void finish(troupe_system system)
{
	CHECK_OK(troupe_finish(system, 30 * TROUPE_S));
}

static uint64_t alive(troupe_system system)
{
	troupe_counters counters;

	CHECK_OK(troupe_counters_read(system, &counters));
	return counters.actors_alive;
}

static size_t count_of(troupe_ref group)
{
	size_t count = SIZE_MAX;

	CHECK_OK(troupe_group_members(group, NULL, 0, &count));
	return count;
}

TEST(groups_input, open_refuses_nulls)
{
	troupe_system system = started();
	troupe_ref ref = { 5 };
	CHECK_EQ(troupe_group_open((troupe_system){ NULL }, NULL, NULL, &ref), TROUPE_EINVAL);
	CHECK_EQ(troupe_group_open(system, NULL, NULL, NULL), TROUPE_EINVAL);
	CHECK_EQ(ref.bits_private, 5);
	CHECK_EQ(alive(system), 0);
	finish(system);
}

TEST(groups_input, open_refuses_options)
{
	const uint32_t size = sizeof(troupe_group_options);
	const troupe_group_options bad[] = {
		{ 0, TROUPE_BY_TURNS, NULL },      { size, (troupe_routing)(TROUPE_TO_ALL + 1), NULL },
		{ size, (troupe_routing)-1, NULL }, { size, TROUPE_BY_KEY, NULL },
		{ size, TROUPE_BY_TURNS, key },    { size, TROUPE_TO_ALL, key },
	};
	struct { troupe_group_options known; uint64_t more; } newer = { { sizeof newer, TROUPE_BY_TURNS, NULL }, 1 };
	troupe_system system = started();
	troupe_ref ref = { 5 };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		CHECK_EQ(troupe_group_open(system, NULL, &bad[i], &ref), TROUPE_EINVAL);
		CHECK_EQ(troupe_group_open(system, "name", &bad[i], &ref), TROUPE_EINVAL);
		CHECK_EQ(troupe_group_spawn(system, &bad[i], &behaviour, NULL, 1, &ref), TROUPE_EINVAL);
	}
	CHECK_EQ(troupe_group_open(system, NULL, &newer.known, &ref), TROUPE_EINVAL);
	CHECK_EQ(ref.bits_private, 5);
	newer.more = 0;
	CHECK_OK(troupe_group_open(system, NULL, &newer.known, &ref));
	CHECK_EQ(alive(system), 1);
	finish(system);
}

TEST(groups_input, open_refuses_names)
{
	char name[TROUPE_NAME_SIZE_MAX + 2];
	troupe_system system = started();
	troupe_ref ref = { 5 }, actor = spawned(system);
	memset(name, 'x', sizeof name);
	name[sizeof name - 1] = '\0';
	CHECK_EQ(troupe_group_open(system, "", NULL, &ref), TROUPE_EINVAL);
	CHECK_EQ(troupe_group_open(system, name, NULL, &ref), TROUPE_EINVAL);
	CHECK_OK(troupe_name(actor, "actor"));
	CHECK_EQ(troupe_group_open(system, "actor", NULL, &ref), TROUPE_EEXIST);
	CHECK_EQ(ref.bits_private, 5);
	CHECK_EQ(alive(system), 1);
	name[TROUPE_NAME_SIZE_MAX] = '\0';
	CHECK_OK(troupe_group_open(system, name, NULL, &ref));
	finish(system);
}

TEST(groups_input, open_refuses_the_name_of_a_group_with_other_options)
{
	const troupe_group_options keyed = { sizeof keyed, TROUPE_BY_KEY, key };
	troupe_system system = started();
	troupe_ref ref, other = { 5 };
	CHECK_OK(troupe_group_open(system, "group", &keyed, &ref));
	CHECK_EQ(troupe_group_open(system, "group", NULL, &other), TROUPE_EEXIST);
	CHECK_EQ(other.bits_private, 5);
	CHECK_OK(troupe_group_open(system, "group", &keyed, &other));
	CHECK(troupe_ref_equal(ref, other));
	finish(system);
}

TEST(groups_input, pools_refuse_what_spawn_refuses)
{
	troupe_behaviour broken = behaviour;
	troupe_system system = started();
	troupe_ref ref = { 5 };
	broken.reserved[0] = 1;
	CHECK_EQ(troupe_group_spawn((troupe_system){ NULL }, NULL, &behaviour, NULL, 1, &ref), TROUPE_EINVAL);
	CHECK_EQ(troupe_group_spawn(system, NULL, NULL, NULL, 1, &ref), TROUPE_EINVAL);
	CHECK_EQ(troupe_group_spawn(system, NULL, &broken, NULL, 1, &ref), TROUPE_EINVAL);
	CHECK_EQ(troupe_group_spawn(system, NULL, &behaviour, NULL, 0, &ref), TROUPE_EINVAL);
	CHECK_EQ(troupe_group_spawn(system, NULL, &behaviour, NULL, 1, NULL), TROUPE_EINVAL);
	CHECK_EQ(ref.bits_private, 5);
	CHECK_EQ(alive(system), 0);
	finish(system);
}

static char logged[256];

static void remember(void *context, const char *line)
{
	(void)context;
	snprintf(logged, sizeof logged, "%s", line);
}

TEST(groups_input, a_pool_that_has_no_room_for_its_members_ends)
{
	troupe_system system;
	troupe_ref ref;
	troupe_status why;
	CHECK_OK(troupe_start(TROUPE_OPTIONS(troupe_options, .actors_max = 3, .log = remember), &system));
	CHECK_OK(troupe_group_spawn(system, NULL, &behaviour, NULL, 3, &ref));
	CHECK_OK(troupe_wait_end(ref, 30 * TROUPE_S, &why));
	CHECK(why == TROUPE_ELIMIT || why == TROUPE_EGONE);
	CHECK_OK(troupe_settle(system, 0));
	CHECK_EQ(alive(system), 0);
	CHECK(strstr(logged, "TROUPE_ELIMIT") != NULL);
	finish(system);
}

TEST(groups_input, join_refuses_who_cannot_be_a_member)
{
	troupe_system system = started(), other = started();
	troupe_ref group = opened(system), member = spawned(system), stranger = spawned(other), gone = spawned(system);
	troupe_future future;
	CHECK_OK(troupe_future_open(system, NULL, &future));
	CHECK_OK(troupe_stop_wait(gone, 0));
	CHECK_EQ(troupe_join(group, (troupe_ref){ 0 }), TROUPE_EGONE);
	CHECK_EQ(troupe_join(group, (troupe_ref){ UINT64_MAX }), TROUPE_EINVAL);
	CHECK_EQ(troupe_join(group, gone), TROUPE_EGONE);
	CHECK_EQ(troupe_join(group, future.ref), TROUPE_EINVAL);
	CHECK_EQ(troupe_join(group, stranger), TROUPE_EINVAL);
	CHECK_EQ(troupe_join(group, group), TROUPE_EINVAL);
	CHECK_EQ(count_of(group), 0);
	CHECK_OK(troupe_join(group, member));
	CHECK_OK(troupe_join(group, member)); /* it is one */
	CHECK_EQ(count_of(group), 1);
	troupe_future_close(future);
	finish(system);
	finish(other);
}

TEST(groups_input, leave_refuses_strangers)
{
	troupe_system system = started();
	troupe_ref group = opened(system), member = spawned(system), gone = spawned(system);
	CHECK_OK(troupe_join(group, member));
	CHECK_OK(troupe_join(group, gone));
	CHECK_OK(troupe_stop_wait(gone, 0));
	CHECK_EQ(troupe_leave(group, (troupe_ref){ 0 }), TROUPE_ENOENT);
	CHECK_EQ(troupe_leave(group, group), TROUPE_ENOENT);
	CHECK_EQ(troupe_leave(group, spawned(system)), TROUPE_ENOENT);
	CHECK_EQ(troupe_leave(group, gone), TROUPE_ENOENT);
	CHECK_EQ(count_of(group), 1);
	CHECK_OK(troupe_leave(group, member));
	finish(system);
}

static void check_no_group(troupe_ref group, troupe_ref member, troupe_status why)
{
	size_t count = 7;

	CHECK_EQ(troupe_join(group, member), why);
	CHECK_EQ(troupe_leave(group, member), why);
	CHECK_EQ(troupe_group_members(group, NULL, 0, &count), why);
	CHECK_EQ(count, 7);
}

TEST(groups_input, what_is_no_group_is_told_apart_from_one_that_has_ended)
{
	troupe_system system = started();
	troupe_ref actor = spawned(system), member = spawned(system), group = opened(system);
	troupe_future future;
	CHECK_OK(troupe_future_open(system, NULL, &future));
	CHECK_OK(troupe_stop_wait(group, 0));
	check_no_group(actor, member, TROUPE_EINVAL);
	check_no_group(future.ref, member, TROUPE_EINVAL);
	check_no_group((troupe_ref){ UINT64_MAX }, member, TROUPE_EINVAL);
	check_no_group((troupe_ref){ 0 }, member, TROUPE_EGONE);
	check_no_group(group, member, TROUPE_EGONE);
	troupe_future_close(future);
	finish(system);
	check_no_group(group, member, TROUPE_EGONE);
}

TEST(groups_input, members_refuses_nulls_and_writes_no_more_than_there_is_room_for)
{
	troupe_system system = started();
	troupe_ref group = opened(system), got[3] = { { 0 }, { 0 }, { 9 } };
	size_t count;
	for (int i = 0; i < 3; i++)
		CHECK_OK(troupe_join(group, spawned(system)));
	CHECK_EQ(troupe_group_members(group, got, 3, NULL), TROUPE_EINVAL);
	CHECK_EQ(troupe_group_members(group, NULL, 3, &count), TROUPE_EINVAL);
	CHECK_OK(troupe_group_members(group, got, 2, &count));
	CHECK_EQ(count, 3);
	CHECK_EQ(got[2].bits_private, 9);
	CHECK(troupe_is_alive(got[0]) && troupe_is_alive(got[1]));
	finish(system);
}

static atomic_int open_status;

static void open_at_end(troupe_actor *me, troupe_status why)
{
	troupe_ref ref;

	(void)why;
	open_status = troupe_group_open(me->system, "late", NULL, &ref);
}

TEST(groups_input, nothing_is_opened_in_a_system_that_ends)
{
	static const troupe_behaviour late = { .name = "late", .receive = receive, .terminate = open_at_end };
	troupe_system system = started();
	troupe_ref ref;
	CHECK_OK(troupe_spawn(system, &late, NULL, &ref));
	finish(system);
	CHECK_EQ(open_status, TROUPE_ECLOSED);
}

/* As any actor: what comes in later is refused, and a dead letter. */
TEST(groups_input, what_is_sent_to_a_group_must_be_a_message)
{
	troupe_system system = started();
	troupe_ref group = opened(system);
	CHECK_EQ(troupe_send_bytes(group, 0, NULL, 0), TROUPE_EINVAL);
	CHECK_EQ(troupe_send_bytes(group, -7, NULL, 0), TROUPE_EINVAL);
	finish(system);
}
