/* SPDX-License-Identifier: MIT */
/* Bounded mailboxes with the rest: other lives, handing back, groups, passing on, blocking and contained actors, other systems. */
#include "bounded.h"

enum { ROOM = 4 };

static struct fixture f;
static struct notes notes;
static struct barrier barrier;
static const troupe_bounds refusing = { .messages_max = ROOM };

static void fill(noter n)
{
	for (int i = 0; i < ROOM; i++)
		CHECK_OK(troupe_send(n, NOTE, i));
	CHECK_EQ(troupe_send(n, NOTE, ROOM), TROUPE_EFULL);
}

static void check_notes(int count)
{
	CHECK_EQ(notes.count, count);
	for (int i = 0; i < count; i++)
		CHECK_EQ(notes.numbers[i], i);
}

/* ------------------------------------------------------------------------------------------------------- other lives -- */

static troupe_verdict do_fail_opened(troupe_actor *me, void *argument)
{
	CHECK_EQ(do_wait(me, argument), TROUPE_HANDLED);
	return troupe_fail(me, TROUPE_EFAILED);
}

static troupe_verdict lone_receive(troupe_actor *me, const troupe_message *m)
{
	if (m->kind == DO)
		return do_task(me, m);
	notes_add(&notes, ((const struct note *)m->data)->number);
	return TROUPE_HANDLED;
}

static const troupe_behaviour lone = { .name = "lone", .receive = lone_receive, .bounds = &refusing };

static void check_life(troupe_queue queue, int kept)
{
	const troupe_child_spec children[] = { { .name = "lone", .behaviour = &lone, .queue = queue }, { 0 } };
	const troupe_supervisor tree = { .children = children };
	troupe_ref supervisor;
	noter n;

	fixture_start(&f, 2);
	CHECK_OK(troupe_supervise(f.system, NULL, &tree, &supervisor));
	CHECK_OK(troupe_child(supervisor, "lone", &n.ref));
	barrier = (struct barrier){ 0 };
	tell(n.ref, do_fail_opened, &barrier);
	await_flag(&barrier.reached);
	fill(n);
	barrier_open(&barrier);
	fixture_settle(&f);
	check_notes(kept);
	CHECK_EQ(counters_of(&f).restarts, 1);
	CHECK_OK(troupe_send(n, NOTE, kept)); /* and there is room */
	fixture_finish(&f);
	check_notes(kept + 1);
}

TEST(bounded_lives, the_queue_is_kept)
{
	check_life(TROUPE_QUEUE_KEEP, ROOM);
}

TEST(bounded_lives, the_queue_is_dropped_and_there_is_room)
{
	check_life(TROUPE_QUEUE_DROP, 0);
	CHECK_EQ(fixture_letters(&f, NOTE, TROUPE_EGONE), ROOM);
}

/* Room that a life awaits is not the next one's. */
static atomic_int rooms;

static troupe_verdict do_await_and_fail(troupe_actor *me, void *full)
{
	CHECK_OK(troupe_await_room(me, *(troupe_ref *)full, 1));
	return troupe_fail(me, TROUPE_EFAILED);
}

static troupe_verdict awaiter_receive(troupe_actor *me, const troupe_message *m)
{
	rooms += m->kind == TROUPE_ROOM;
	return m->kind == DO ? do_task(me, m) : TROUPE_HANDLED;
}

TEST(bounded_lives, the_next_life_is_not_told_of_room_that_the_last_one_awaited)
{
	static const troupe_behaviour awaiter = { .name = "awaiter", .receive = awaiter_receive };
	static const troupe_child_spec children[] = { { .name = "awaiter", .behaviour = &awaiter }, { 0 } };
	static const troupe_supervisor tree = { .children = children };
	troupe_ref supervisor, waits;

	fixture_start(&f, 2);
	noter full = noter_spawn(&f, &notes, &refusing);
	CHECK_OK(troupe_supervise(f.system, NULL, &tree, &supervisor));
	CHECK_OK(troupe_child(supervisor, "awaiter", &waits));
	barrier_raise(&barrier, full.ref);
	fill(full);
	tell(waits, do_await_and_fail, &full.ref);
	while (counters_of(&f).restarts < 1)
		sleep_ns(TROUPE_MS / 4);
	barrier_open(&barrier);
	fixture_settle(&f);
	CHECK_EQ(rooms, 0);
	fixture_finish(&f);
}

/* ------------------------------------------------------------------------------------------------------- handing back -- */

static atomic_int returned;

static troupe_verdict parent_receive(troupe_actor *me, const troupe_message *m)
{
	if (m->kind == DO)
		return do_task(me, m);
	CHECK_EQ(m->kind, TROUPE_RETURNED);
	CHECK_EQ(((const struct note *)m->data)->number, returned);
	returned++;
	return TROUPE_HANDLED;
}

static troupe_verdict do_spawn_child(troupe_actor *me, void *out)
{
	static const troupe_behaviour child = { .name = "child", .receive = lone_receive, .bounds = &refusing,
		                                .leftovers = TROUPE_HAND_BACK };

	return troupe_done(me, troupe_spawn_child(me, &child, NULL, out));
}

static troupe_verdict do_exit_opened(troupe_actor *me, void *argument)
{
	CHECK_EQ(do_wait(me, argument), TROUPE_HANDLED);
	troupe_exit(me, TROUPE_OK);
	return TROUPE_HANDLED;
}

TEST(bounded_lives, leftovers_are_handed_back_in_order)
{
	static const troupe_behaviour parent = { .name = "parent", .receive = parent_receive, .bounds = &refusing };
	troupe_ref ref;
	static noter child;
	fixture_start(&f, 2);
	CHECK_OK(troupe_spawn(f.system, &parent, NULL, &ref));
	perform(&f, ref, do_spawn_child, &child.ref);
	barrier = (struct barrier){ 0 };
	tell(child.ref, do_exit_opened, &barrier);
	await_flag(&barrier.reached);
	fill(child);
	barrier_open(&barrier);
	fixture_settle(&f);
	CHECK_EQ(returned, ROOM);
	fixture_finish(&f);
	CHECK_EQ(f.ledger.returned, ROOM);
}

/* -------------------------------------------------------------------------------------------------- routers, passing on -- */

static void check_group(troupe_routing routing, unsigned full_letters, int least)
{
	static struct notes others;
	noter group;
	fixture_start(&f, 2);
	CHECK_OK(troupe_group_open(f.system, NULL, TROUPE_OPTIONS(troupe_group_options, .routing = routing), &group.ref));
	noter full = noter_spawn(&f, &notes, &refusing), other = noter_spawn(&f, &others, NULL);
	CHECK_OK(troupe_join(group.ref, full.ref));
	CHECK_OK(troupe_join(group.ref, other.ref));
	barrier_raise(&barrier, full.ref);
	fill(full);
	for (int i = 0; i < 10; i++)
		CHECK_OK(troupe_send(group, NOTE, i));
	while (others.count < least)
		sleep_ns(TROUPE_MS / 4);
	barrier_open(&barrier);
	fixture_settle(&f);
	CHECK_EQ(others.count, 10);
	CHECK_EQ(fixture_letters(&f, NOTE, TROUPE_EFULL), full_letters);
	fixture_finish(&f);
}

TEST(bounded_lives, a_router_passes_over_who_is_full)
{
	check_group(TROUPE_BY_TURNS, 0, 10);
	check_notes(ROOM);
}

TEST(bounded_lives, a_topic_buries_what_a_full_member_does_not_take)
{
	check_group(TROUPE_TO_ALL, 10, 10);
}

TEST(bounded_lives, a_router_whose_only_member_is_full_buries)
{
	noter group;
	fixture_start(&f, 2);
	CHECK_OK(troupe_group_open(f.system, NULL, NULL, &group.ref));
	noter full = noter_spawn(&f, &notes, &refusing);
	CHECK_OK(troupe_join(group.ref, full.ref));
	barrier_raise(&barrier, full.ref);
	fill(full);
	CHECK_OK(troupe_send(group, NOTE, ROOM));
	while (fixture_letters(&f, NOTE, TROUPE_EFULL) == 0)
		sleep_ns(TROUPE_MS / 4);
	CHECK_EQ(fixture_letters(&f, NOTE, TROUPE_EFULL), 1);
	barrier_open(&barrier);
	fixture_settle(&f);
	CHECK_OK(troupe_send(group, NOTE, ROOM)); /* it is a member still */
	fixture_finish(&f);
	check_notes(ROOM + 1);
}

TEST(bounded_lives, the_least_is_who_has_the_shortest_queue)
{
	static struct notes others;
	static struct barrier other_barrier;
	static const troupe_bounds large = { .messages_max = 100 };
	noter group;
	fixture_start(&f, 3); /* two are held up */
	CHECK_OK(troupe_group_open(f.system, NULL, TROUPE_OPTIONS(troupe_group_options, .routing = TROUPE_TO_LEAST), &group.ref));
	noter one = noter_spawn(&f, &notes, &large), other = noter_spawn(&f, &others, &large);
	CHECK_OK(troupe_join(group.ref, one.ref));
	CHECK_OK(troupe_join(group.ref, other.ref));
	barrier_raise(&barrier, one.ref);
	barrier_raise(&other_barrier, other.ref);
	for (int i = 0; i < 40; i++)
		CHECK_OK(troupe_send(one, NOTE, i));
	for (int i = 0; i < 40; i++)
		CHECK_OK(troupe_send(group, NOTE, i));
	troupe_ledger ledger;
	do { /* until the group has handled its 40 */
		sleep_ns(TROUPE_MS / 4);
		CHECK_OK(troupe_ledger_read(f.system, &ledger));
	} while (ledger.handled < 40);
	barrier_open(&barrier);
	barrier_open(&other_barrier);
	fixture_settle(&f);
	CHECK_EQ(others.count, 40);
	CHECK_EQ(notes.count, 40);
	fixture_finish(&f);
}

static noter passed_to;
static atomic_int kept_back;

static troupe_verdict pass_on(troupe_actor *me, const troupe_message *m)
{
	troupe_status status = troupe_forward(me, m, passed_to.ref);

	CHECK(status == TROUPE_OK || (status == TROUPE_EFULL && m->data != NULL));
	kept_back += status != TROUPE_OK;
	return TROUPE_HANDLED;
}

TEST(bounded_lives, what_cannot_be_passed_on_is_still_here)
{
	static const troupe_behaviour passing = { .name = "passing", .receive = pass_on };
	noter n;
	fixture_start(&f, 2);
	passed_to = noter_spawn(&f, &notes, &refusing);
	barrier_raise(&barrier, passed_to.ref);
	CHECK_OK(troupe_spawn(f.system, &passing, NULL, &n.ref));
	for (int i = 0; i < ROOM + 2; i++)
		CHECK_OK(troupe_send(n, NOTE, i));
	while (atomic_load(&kept_back) < 2)
		sleep_ns(TROUPE_MS / 4);
	barrier_open(&barrier);
	fixture_finish(&f);
	check_notes(ROOM);
	CHECK_EQ(f.letter_count, 0);
}

/* ----------------------------------------------------------------------------------- on other threads, contained, abroad -- */

TEST(bounded_lives, blocking_actors_have_bounds_and_are_parked)
{
	static const troupe_bounds parking = { .messages_max = ROOM, .overflow = TROUPE_PARK };
	static const troupe_behaviour blocking = { .name = "blocking", .receive = lone_receive, .blocks = 1, .bounds = &parking };
	static const troupe_behaviour passing = { .name = "passing", .receive = pass_on, .blocks = 1 };
	noter n;
	fixture_start(&f, 1);
	CHECK_OK(troupe_spawn(f.system, &blocking, NULL, &passed_to.ref));
	CHECK_OK(troupe_spawn(f.system, &passing, NULL, &n.ref));
	barrier_raise(&barrier, passed_to.ref);
	for (int i = 0; i < 100; i++)
		CHECK_OK(troupe_send(n, NOTE, i));
	while (counters_of(&f).parked == 0)
		sleep_ns(TROUPE_MS / 4);
	barrier_open(&barrier);
	fixture_finish(&f);
	check_notes(100);
	CHECK_EQ(kept_back, 0);
}

static troupe_verdict do_crash(troupe_actor *me, void *argument)
{
	CHECK_EQ(do_wait(me, argument), TROUPE_HANDLED);
	abort();
}

TEST(bounded_lives, a_crash_buries_what_waits)
{
	static const troupe_behaviour contained = { .name = "contained", .receive = lone_receive, .bounds = &refusing,
		                                    .isolation = TROUPE_CONTAINED };
	noter n;
	fixture_start(&f, 2);
	CHECK_OK(troupe_spawn(f.system, &contained, NULL, &n.ref));
	barrier = (struct barrier){ 0 };
	tell(n.ref, do_crash, &barrier);
	await_flag(&barrier.reached);
	fill(n);
	barrier_open(&barrier);
	CHECK_OK(troupe_wait_end(n.ref, LIMIT, NULL));
	CHECK_EQ(fixture_letters(&f, NOTE, TROUPE_EGONE), ROOM);
	fixture_finish(&f);
}

TEST(bounded_lives, a_sender_in_another_system_is_parked_too)
{
	static struct fixture theirs;
	static const troupe_bounds parking = { .messages_max = ROOM, .overflow = TROUPE_PARK };
	static const troupe_behaviour passing = { .name = "passing", .receive = pass_on };
	noter n;
	fixture_start(&f, 1);
	fixture_start(&theirs, 1);
	passed_to = noter_spawn(&f, &notes, &parking);
	CHECK_OK(troupe_spawn(theirs.system, &passing, NULL, &n.ref));
	barrier_raise(&barrier, passed_to.ref);
	for (int i = 0; i < 100; i++)
		CHECK_OK(troupe_send(n, NOTE, i));
	while (counters_of(&theirs).parked == 0)
		sleep_ns(TROUPE_MS / 4);
	barrier_open(&barrier);
	while (atomic_load(&notes.count) < 100)
		sleep_ns(TROUPE_MS / 4);
	fixture_finish(&theirs);
	fixture_finish(&f);
	check_notes(100);
}
