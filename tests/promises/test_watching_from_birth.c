/* SPDX-License-Identifier: MIT */
/* Promise: a link or a monitor may be there from birth, reaches other systems, and its news is a message that counts. */
#include "watcher.h"

struct birth {
	troupe_spawn_options options;
	const troupe_behaviour *behaviour;
	troupe_ref born;
	troupe_status status;
};

static troupe_verdict do_bear(troupe_actor *me, void *argument)
{
	struct birth *birth = argument;

	birth->status = troupe_spawn_with(me->system, me, birth->behaviour, &(int){ 1 }, &birth->options, &birth->born);
	return TROUPE_HANDLED;
}

static troupe_verdict fail_init(troupe_actor *me)
{
	return troupe_fail(me, TROUPE_EUSER);
}

static const troupe_behaviour stillborn = { .name = "stillborn", .receive = hear, .init = fail_init,
	                                    .state_size = sizeof(int) };

/* With child or without, and however short its life. */
TEST(watching_from_birth, tells_however_short_the_life)
{
	for (int i = 0; i < 4; i++) {
		struct fixture f;
		troupe_monitor_id id = { 0 };
		struct birth birth = {
			.options = { .struct_size = sizeof birth.options, .link = 1, .monitor = 1, .token = 9, .child = i & 1,
			             .monitor_id = i & 2 ? &id : NULL },
			.behaviour = &stillborn };
		fixture_start(&f, 2);
		reset();
		perform(&f, spawned(&f, &trapping, 0), do_bear, &birth);
		CHECK_OK(birth.status);
		CHECK_EQ(heard[0].links, 1);
		CHECK_EQ(heard[0].downs, 1);
		CHECK_EQ(heard[0].last.why, TROUPE_EUSER);
		CHECK(troupe_ref_equal(heard[0].last.about, birth.born));
		CHECK_EQ(id.bits_private != 0, (i & 2) != 0);
		fixture_finish(&f);
	}
}

TEST(watching_from_birth, ends_who_does_not_trap)
{
	struct fixture f;
	struct birth birth = { .options = { .struct_size = sizeof birth.options, .link = 1 }, .behaviour = &stillborn };
	fixture_start(&f, 2);
	reset();
	perform(&f, spawned(&f, &hearing, 0), do_bear, &birth);
	CHECK_EQ(heard[0].why, TROUPE_ELINKED);
	fixture_finish(&f);
}

static troupe_verdict do_unmonitor(troupe_actor *me, void *id)
{
	CHECK_OK(troupe_unmonitor(me, *(troupe_monitor_id *)id));
	return TROUPE_HANDLED;
}

TEST(watching_from_birth, may_be_taken_back)
{
	struct fixture f;
	troupe_monitor_id id;
	struct birth birth = { .options = { .struct_size = sizeof birth.options, .monitor = 1, .monitor_id = &id },
		               .behaviour = &hearing };
	fixture_start(&f, 2);
	reset();
	troupe_ref parent = spawned(&f, &trapping, 0);
	perform(&f, parent, do_bear, &birth);
	perform(&f, parent, do_unmonitor, &id);
	CHECK_OK(troupe_stop_wait(birth.born, LIMIT));
	fixture_settle(&f);
	CHECK_EQ(heard[0].downs, 0);
	fixture_finish(&f);
}

/* No actor was made: nobody is told of its end. */
TEST(watching_from_birth, tells_nothing_of_a_birth_that_failed)
{
	struct fixture f;
	struct birth birth = { .options = { .struct_size = sizeof birth.options, .link = 1, .monitor = 1, .name = "taken" },
		               .behaviour = &hearing };
	fixture_start(&f, 2);
	reset();
	CHECK_OK(troupe_name(spawned(&f, &hearing, 1), "taken"));
	troupe_ref parent = spawned(&f, &trapping, 0);
	perform(&f, parent, do_bear, &birth);
	CHECK_EQ(birth.status, TROUPE_EEXIST);
	CHECK_EQ(heard[0].downs + heard[0].links, 0);
	fixture_finish(&f);
}

/* --------------------------------------------------------------------------------------------------- all the rest -- */

TEST(watching, across_systems)
{
	struct fixture here, there;
	fixture_start(&here, 1);
	fixture_start(&there, 1);
	reset();
	troupe_ref a = spawned(&here, &trapping, 0), b = spawned(&there, &hearing, 1), c = spawned(&there, &hearing, 2);
	perform(&here, a, do_monitor, &b);
	perform(&here, a, do_link, &b);
	perform(&here, a, do_link, &c);
	CHECK_OK(troupe_kill(b));
	CHECK_OK(troupe_wait_end(b, LIMIT, NULL));
	fixture_settle(&there);
	fixture_settle(&here);
	CHECK_EQ(heard[0].links, 1);
	CHECK_EQ(heard[0].downs, 1);
	CHECK_OK(troupe_kill(a));
	CHECK_OK(troupe_wait_end(a, LIMIT, NULL));
	fixture_settle(&here);
	fixture_settle(&there);
	CHECK_EQ(heard[2].why, TROUPE_ELINKED);
	fixture_finish(&there);
	fixture_finish(&here);
}

/* The other system has ended, and is freed, while it was monitored. */
TEST(watching, across_systems_of_which_one_ends)
{
	struct fixture here, there;
	fixture_start(&here, 1);
	fixture_start(&there, 1);
	reset();
	troupe_ref a = spawned(&here, &trapping, 0), b = spawned(&there, &trapping, 1);
	perform(&here, a, do_monitor, &b);
	perform(&there, b, do_monitor, &a);
	perform(&there, b, do_link, &a);
	fixture_finish(&there);
	fixture_settle(&here);
	CHECK_EQ(heard[0].downs, 1);
	CHECK_EQ(heard[0].links, 1);
	perform(&here, a, do_monitor, &b);
	check_last(0, TROUPE_DOWN, b, TROUPE_EGONE, 42);
	fixture_finish(&here);
	CHECK_EQ(heard[1].downs, 0);
}

static troupe_verdict know_nothing(troupe_actor *me, const troupe_message *m)
{
	return m->kind == DO ? do_task(me, m) : TROUPE_UNKNOWN;
}

/* It was sent and handled, as the books see it, and is no dead letter. */
TEST(watching, who_does_not_know_the_kind_drops_it)
{
	static const troupe_behaviour ignorant = { .name = "ignorant", .receive = know_nothing, .traps = 1 };
	struct fixture f;
	fixture_start(&f, 2);
	troupe_ref watcher = spawned(&f, &ignorant, 0), gone = { 0 };
	perform(&f, watcher, do_monitor, &gone);
	perform(&f, watcher, do_link, &gone);
	CHECK(troupe_is_alive(watcher));
	fixture_finish(&f);
	CHECK_EQ(f.ledger.sent, 4);
	CHECK_EQ(f.ledger.handled, 4);
}

static troupe_verdict defer_or_forward(troupe_actor *me, const troupe_message *m)
{
	if (m->kind == DO)
		return do_task(me, m);
	CHECK_EQ(troupe_forward(me, m, me->ref), TROUPE_EINVAL);
	heard[0].downs++;
	return TROUPE_DEFERRED;
}

TEST(watching, news_are_neither_deferred_nor_forwarded)
{
	static const troupe_behaviour deferring = { .name = "deferring", .receive = defer_or_forward };
	struct fixture f;
	fixture_start(&f, 2);
	reset();
	troupe_ref watcher = spawned(&f, &deferring, 0), gone = { 0 };
	perform(&f, watcher, do_monitor, &gone);
	CHECK_EQ(heard[0].downs, 1);
	fixture_finish(&f);
}

/* Who is ending makes no new ones; what it is told of, it ignores. */
static atomic_int late;

static void end_late(troupe_actor *me, troupe_status why)
{
	troupe_monitor_id id;

	(void)why;
	CHECK_EQ(troupe_monitor(me, (troupe_ref){ 0 }, 0, &id), TROUPE_ECLOSED);
	CHECK_EQ(troupe_link(me, (troupe_ref){ 0 }), TROUPE_ECLOSED);
	CHECK_EQ(troupe_spawn_with(me->system, me, &hearing, NULL, TROUPE_OPTIONS(troupe_spawn_options, .link = 1), NULL),
	         TROUPE_ECLOSED);
	late = 1;
}

TEST(watching, who_is_ending_makes_no_new_ones)
{
	static const troupe_behaviour behaviour = { .receive = doer_receive, .terminate = end_late };
	struct fixture f;
	fixture_start(&f, 1);
	CHECK_OK(troupe_stop_wait(spawned(&f, &behaviour, 0), LIMIT));
	CHECK_EQ(late, 1);
	fixture_finish(&f);
}
