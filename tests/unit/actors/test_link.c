/* SPDX-License-Identifier: MIT */
/* Links: one record for two, found from both sides; and what is left of it when one of them ends. */
#include "actors/watch.h"

#include "hanging.h"

enum { MANY = 50 };

static struct stage s;
static atomic_int told;
static troupe_message last;
static troupe_ref others[MANY];

static troupe_verdict hear(troupe_actor *me, const troupe_message *m)
{
	if (m->kind != TROUPE_LINKED)
		return player_receive(me, m);
	pthread_mutex_lock(&s.lock); /* several hear at once */
	last = *m;
	pthread_mutex_unlock(&s.lock);
	atomic_fetch_add(&told, 1);
	return TROUPE_HANDLED;
}

static const troupe_behaviour trapping = { .name = "trapping", .receive = hear, .traps = 1 };

static troupe_verdict unlink_other(troupe_actor *me, void *other)
{
	CHECK_OK(troupe_unlink(me, *(troupe_ref *)other));
	CHECK_EQ(troupe_unlink(me, *(troupe_ref *)other), TROUPE_ENOENT);
	return TROUPE_HANDLED;
}

TEST(link, one_for_two_whoever_asks)
{
	stage_start(&s, 1);
	troupe_ref a = spawned(&s, &trapping), b = spawned(&s, &trapping);
	for (int i = 0; i < 3; i++) {
		perform(&s, a, link_other, &b);
		perform(&s, b, link_other, &a);
		CHECK_EQ(hanging(a, WATCH_LINKS), 1);
		CHECK_EQ(hanging(b, WATCH_LINKS), 1);
	}
	perform(&s, b, unlink_other, &a);
	CHECK_EQ(hanging(a, WATCH_LINKS) + hanging(b, WATCH_LINKS), 0);
	CHECK_OK(troupe_kill(a));
	stage_settle(&s);
	CHECK_EQ(told, 0);
	stage_finish(&s);
}

static troupe_verdict link_many(troupe_actor *me, void *argument)
{
	(void)argument;
	for (int i = 0; i < MANY; i++)
		CHECK_OK(troupe_link(me, others[i]));
	for (int i = 0; i < MANY; i += 2)
		CHECK_OK(troupe_unlink(me, others[i]));
	for (int i = 0; i < MANY; i++)
		CHECK_EQ(troupe_unlink(me, others[i]), i % 2 == 0 ? TROUPE_ENOENT : TROUPE_OK);
	for (int i = 0; i < MANY; i++)
		CHECK_OK(troupe_link(me, others[i]));
	return TROUPE_HANDLED;
}

/* When the hub ends it is off all the points of the others. */
TEST(link, hub)
{
	stage_start(&s, 2);
	troupe_ref hub = spawned(&s, &trapping);
	for (int i = 0; i < MANY; i++)
		others[i] = spawned(&s, &trapping);
	perform(&s, hub, link_many, NULL);
	CHECK_EQ(hanging(hub, WATCH_LINKS), MANY);
	CHECK_OK(troupe_stop_wait(hub, LIMIT));
	await_count(&told, MANY);
	stage_settle(&s);
	CHECK_EQ(last.why, TROUPE_OK);
	for (int i = 0; i < MANY; i++)
		CHECK_EQ(hanging(others[i], WATCH_LINKS) + hanging(others[i], WATCH_NEWS), 0);
	stage_finish(&s);
}

static troupe_verdict link_gone(troupe_actor *me, void *again)
{
	const troupe_ref gone = others[0];
	CHECK_OK(troupe_link(me, gone));
	CHECK_EQ(hanging(me->ref, WATCH_NEWS), 1);
	CHECK_OK(troupe_link(me, gone)); /* known, until it has been told */
	CHECK_EQ(hanging(me->ref, WATCH_NEWS), 1);
	CHECK_OK(troupe_unlink(me, gone));
	CHECK_EQ(hanging(me->ref, WATCH_NEWS), 0);
	CHECK_EQ(troupe_unlink(me, gone), TROUPE_ENOENT);
	if (again != NULL)
		CHECK_OK(troupe_link(me, gone));
	return TROUPE_HANDLED;
}

/* W2: what is queued and taken back is not delivered, and its record is freed. */
TEST(link, taken_back_on_its_way)
{
	stage_start(&s, 1);
	others[0] = ended_player(&s);
	troupe_ref a = spawned(&s, &trapping);
	perform(&s, a, link_gone, NULL);
	CHECK_EQ(told, 0);
	perform(&s, a, link_gone, others);
	CHECK_EQ(told, 1);
	CHECK_EQ(last.why, TROUPE_EGONE);
	CHECK(troupe_ref_equal(last.about, others[0]));
	stage_finish(&s);
}

static troupe_verdict link_gone_and_exit(troupe_actor *me, void *gone)
{
	CHECK_OK(troupe_link(me, *(troupe_ref *)gone));
	troupe_exit(me, TROUPE_OK);
	return TROUPE_HANDLED;
}

TEST(link, end_of_who_is_to_be_told)
{
	stage_start(&s, 1);
	troupe_ref gone = ended_player(&s);
	perform(&s, spawned(&s, &trapping), link_gone_and_exit, &gone);
	CHECK_EQ(told, 0);
	stage_finish(&s);
	CHECK_EQ(s.letter_count, 0);
}

static troupe_verdict drain_and_hear(troupe_actor *me, const troupe_message *m)
{
	return m->kind == TROUPE_LINKED ? hear(me, m) : drainer_receive(me, m);
}

/* The news cannot be posted, but the record still hangs where it was going. */
TEST(link, who_is_to_be_told_takes_nothing_any_more)
{
	static const troupe_behaviour behaviour = { .receive = drain_and_hear, .leftovers = TROUPE_DRAIN, .traps = 1 };
	static struct barrier barrier;
	stage_start(&s, 2);
	troupe_ref a = spawned(&s, &behaviour), b = spawned(&s, &trapping);
	perform(&s, b, link_other, &a);
	drain(&barrier, a);
	CHECK_OK(troupe_kill(b));
	CHECK_OK(troupe_wait_end(b, LIMIT, NULL));
	CHECK_EQ(hanging(a, WATCH_LINKS) + hanging(a, WATCH_NEWS), 0);
	let_go(&barrier);
	stage_finish(&s);
	CHECK_EQ(told, 0);
}

/* The other one's generation has moved on, but it has not come to cut its links yet: they stand, and can be taken away. */
static troupe_verdict unlink_from_one_about_to_cut(troupe_actor *me, void *other)
{
	const troupe_ref to = *(troupe_ref *)other;
	struct cell *cell = cell_of(to);
	CHECK_OK(troupe_link(me, to));
	troupei_cell_retire(cell); /* one worker: nobody else looks meanwhile */
	CHECK_OK(troupe_link(me, to));
	CHECK_EQ(hanging(me->ref, WATCH_NEWS), 0); /* known */
	CHECK_OK(troupe_unlink(me, to));
	CHECK_EQ(troupe_unlink(me, to), TROUPE_ENOENT);
	troupei_store_release_32(&cell->generation, troupei_ref_generation(to));
	CHECK_EQ(hanging(to, WATCH_LINKS), 0);
	return TROUPE_HANDLED;
}

TEST(link, of_one_about_to_cut)
{
	stage_start(&s, 1);
	troupe_ref other = spawned(&s, &trapping);
	perform(&s, spawned(&s, &trapping), unlink_from_one_about_to_cut, &other);
	CHECK_EQ(told, 0);
	stage_finish(&s);
}

static troupe_verdict link_without_memory(troupe_actor *me, void *other)
{
	const troupe_ref to = *(troupe_ref *)other;
	allocations_allowed = 0;
	troupei_memory_fail_by(fail_when_used_up);
	CHECK_EQ(troupe_link(me, to), TROUPE_ENOMEM);
	CHECK_EQ(troupe_unlink(me, to), TROUPE_ENOENT);
	CHECK_EQ(troupe_link(me, (troupe_ref){ 0 }), TROUPE_ENOMEM);
	troupei_memory_fail_by(NULL);
	CHECK_OK(troupe_link(me, to));
	troupei_memory_fail_by(fail_when_used_up);
	CHECK_OK(troupe_link(me, to)); /* they are linked: nothing is needed */
	CHECK_OK(troupe_unlink(me, to));
	troupei_memory_fail_by(NULL);
	return TROUPE_HANDLED;
}

TEST(link, without_memory)
{
	use_malloc();
	stage_start(&s, 1);
	troupe_ref other = spawned(&s, &trapping);
	perform(&s, spawned(&s, &trapping), link_without_memory, &other);
	stage_finish(&s);
	CHECK_EQ(told, 0);
}

static troupe_verdict link_forged(troupe_actor *me, void *argument)
{
	const troupe_ref forged = troupei_ref(SLOTS_MAX + 5, 1);
	(void)argument;
	CHECK_OK(troupe_link(me, forged));
	CHECK_OK(troupe_unlink(me, forged));
	CHECK_EQ(troupe_unlink(me, forged), TROUPE_ENOENT);
	return TROUPE_HANDLED;
}

TEST(link, slots_that_there_are_not)
{
	stage_start(&s, 1);
	perform(&s, spawned(&s, &trapping), link_forged, NULL);
	CHECK_EQ(told, 0);
	stage_finish(&s);
}
