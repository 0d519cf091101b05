/* SPDX-License-Identifier: MIT */
/* Telling of ends: of one for good, and of a life after which another begins; and births. */
#include "actors/watch.h"

#include "hanging.h"

enum { PARTNERS = 300 };

static struct stage s;
static atomic_int downs, links;
static troupe_message last_down, last_link;
static atomic_bool links_again; /* who is told of an end links to the next life */

static troupe_verdict hear(troupe_actor *me, const troupe_message *m)
{
	if (m->kind == TROUPE_DOWN) {
		last_down = *m;
		atomic_fetch_add(&downs, 1);
	} else if (m->kind == TROUPE_LINKED) {
		pthread_mutex_lock(&s.lock); /* several hear at once */
		last_link = *m;
		pthread_mutex_unlock(&s.lock);
		if (links_again)
			CHECK_OK(troupe_link(me, m->about));
		atomic_fetch_add(&links, 1);
	} else {
		return player_receive(me, m);
	}
	return TROUPE_HANDLED;
}

static const troupe_behaviour trapping = { .name = "trapping", .receive = hear, .traps = 1 };

static troupe_verdict watch_both_ways(troupe_actor *me, void *other)
{
	CHECK_OK(troupe_monitor(me, *(troupe_ref *)other, 7, NULL));
	CHECK_OK(troupe_link(me, *(troupe_ref *)other));
	return TROUPE_HANDLED;
}

static troupe_verdict begin_again(troupe_actor *me, void *why)
{
	struct actor_worker *worker = troupei_me_worker(me);
	troupei_watch_life_ended(worker, worker->running, *(troupe_status *)why);
	return TROUPE_HANDLED;
}

/* Links fire and go with a life; monitors stay till the end for good. */
TEST(watch, lives)
{
	troupe_status why = TROUPE_EUSER;
	stage_start(&s, 2);
	troupe_ref a = spawned(&s, &trapping), b = spawned(&s, &trapping);
	perform(&s, a, begin_again, &why); /* nobody cares */
	perform(&s, a, watch_both_ways, &b);
	perform(&s, b, begin_again, &why);
	CHECK_EQ(links, 1);
	CHECK_EQ(last_link.why, TROUPE_EUSER);
	CHECK(troupe_ref_equal(last_link.about, b));
	CHECK_EQ(downs, 0);
	CHECK_OK(troupe_stop_wait(b, LIMIT));
	await_count(&downs, 1);
	stage_settle(&s);
	CHECK_EQ(links, 1);
	CHECK_EQ(last_down.why, TROUPE_OK);
	CHECK_EQ(last_down.token, 7);
	stage_finish(&s);
}

/* A link that is made by who was told of the end is not cut by the same end. */
TEST(watch, links_to_the_next_life)
{
	troupe_status why = TROUPE_EUSER;
	stage_start(&s, 3);
	troupe_ref b = spawned(&s, &trapping);
	for (int i = 0; i < PARTNERS; i++)
		perform(&s, spawned(&s, &trapping), link_other, &b);
	links_again = true;
	perform(&s, b, begin_again, &why);
	links_again = false;
	CHECK_EQ(links, PARTNERS);
	CHECK_EQ(hanging(b, WATCH_LINKS), PARTNERS);
	CHECK_OK(troupe_stop_wait(b, LIMIT));
	stage_settle(&s);
	CHECK_EQ(links, 2 * PARTNERS);
	stage_finish(&s);
}

static troupe_verdict link_again(troupe_actor *me, void *other)
{
	troupe_status why = TROUPE_EUSER;
	struct cell *cell = cell_of(*(troupe_ref *)other);
	CHECK_OK(troupe_link(me, *(troupe_ref *)other));
	troupei_watch_life_ended(troupei_me_worker(me), cell, why); /* on one worker we may play that it runs */
	CHECK_OK(troupe_link(me, *(troupe_ref *)other));            /* its next life: another link */
	troupei_watch_life_ended(troupei_me_worker(me), cell, why);
	CHECK_OK(troupe_link(me, *(troupe_ref *)other));
	CHECK_OK(troupe_unlink(me, *(troupe_ref *)other)); /* all of it, and the news of two lives */
	CHECK_EQ(troupe_unlink(me, *(troupe_ref *)other), TROUPE_ENOENT);
	return TROUPE_HANDLED;
}

TEST(watch, unlinked_after_several_lives)
{
	stage_start(&s, 1);
	troupe_ref a = spawned(&s, &trapping), b = spawned(&s, &trapping);
	perform(&s, a, link_again, &b);
	CHECK_OK(troupe_stop_wait(b, LIMIT));
	stage_settle(&s);
	CHECK_EQ(links, 0);
	stage_finish(&s);
}

/* News on its way to a life that has ended is not for the next one. */
static troupe_verdict end_life_with_news(troupe_actor *me, void *gone)
{
	CHECK_OK(troupe_link(me, *(troupe_ref *)gone));
	troupei_watch_life_ended(troupei_me_worker(me), troupei_me_worker(me)->running, TROUPE_EUSER);
	return TROUPE_HANDLED;
}

TEST(watch, news_for_a_life_that_is_over)
{
	stage_start(&s, 1);
	troupe_ref gone = ended_player(&s);
	perform(&s, spawned(&s, &trapping), end_life_with_news, &gone);
	CHECK_EQ(links, 0);
	stage_finish(&s);
}

static troupe_verdict spawn_another(troupe_actor *me, void *out)
{
	CHECK_OK(troupe_spawn(me->system, &trapping, NULL, out)); /* from the slots of the worker on which the last one ended */
	return TROUPE_HANDLED;
}

/* Somebody has cut the link to it, and is about to post the news: the next one in its slot finds nothing of it. */
TEST(watch, news_that_come_too_late_do_not_stay)
{
	stage_start(&s, 1);
	troupe_ref a = spawned(&s, &trapping), b = spawned(&s, &trapping);
	struct watch *watch = troupei_watch_new(SORT_LINKED, a, b);
	CHECK(watch != NULL);
	troupei_point_lock(a);
	CHECK(troupei_point_is_open(a));
	troupei_point_hang(&watch->nodes[0], WATCH_NEWS);
	troupei_point_unlock(a);
	CHECK_OK(troupe_stop_wait(a, LIMIT));
	stage_settle(&s);
	troupei_point_lock(a);
	CHECK(troupei_point_first(a, WATCH_NEWS) == NULL);
	troupei_point_unlock(a);
	CHECK_EQ(watch->nodes[0].list, WATCH_NOWHERE);
	troupei_watch_free(watch);
	stage_finish(&s);
}

/* Another actor in the same slot inherits nothing, nor is it told what the one before was to hear. */
TEST(watch, successors_are_not_taken_for_it)
{
	stage_start(&s, 1);
	troupe_ref a = spawned(&s, &trapping), b = spawned(&s, &trapping);
	perform(&s, a, watch_both_ways, &b);
	CHECK_OK(troupe_stop_wait(b, LIMIT));
	stage_settle(&s);
	troupe_ref successor;
	perform(&s, a, spawn_another, &successor);
	CHECK_EQ(troupei_ref_slot(successor), troupei_ref_slot(b));
	CHECK_OK(troupe_kill(successor));
	stage_settle(&s);
	CHECK_EQ(downs, 1);
	CHECK_EQ(links, 1);
	stage_finish(&s);
}

static troupe_verdict be_born_without_memory(troupe_actor *me, void *other)
{
	struct watch_birth birth = { .by = troupei_me_worker(me), .link = true, .monitor = true, .token = 1 };
	const troupe_ref child = *(troupe_ref *)other;
	CHECK(troupei_points_ready());
	CHECK(troupei_cell_extra(birth.by->running) != NULL);
	for (int allowed = 0; allowed < 3; allowed++) { /* link, monitor, table */
		allocations_allowed = allowed;
		troupei_memory_fail_by(fail_when_used_up);
		CHECK_EQ(troupei_watch_birth(&birth, child), TROUPE_ENOMEM);
		troupei_memory_fail_by(NULL);
		CHECK_EQ(troupe_unlink(me, child), TROUPE_ENOENT);
	}
	CHECK_OK(troupei_watch_birth(&birth, child));
	troupei_watch_unborn(&birth, child);
	CHECK_EQ(troupe_unlink(me, child), TROUPE_ENOENT);
	CHECK_EQ(troupei_monitor_cancel(birth.by->running, birth.id), TROUPE_ENOENT);
	return TROUPE_HANDLED;
}

TEST(watch, births_that_fail_leave_nothing)
{
	use_malloc();
	stage_start(&s, 1);
	troupe_ref child = spawned(&s, &trapping);
	perform(&s, spawned(&s, &trapping), be_born_without_memory, &child);
	CHECK_OK(troupe_stop_wait(child, LIMIT));
	stage_settle(&s);
	CHECK_EQ(downs + links, 0);
	stage_finish(&s);
}

static troupe_verdict may(troupe_actor *me, void *argument)
{
	(void)argument;
	CHECK_OK(troupei_watch_may(me, (troupe_ref){ 0 }));
	CHECK_EQ(troupei_watch_may(me, me->ref), TROUPE_EINVAL);
	CHECK_EQ(troupei_watch_may(me, (troupe_ref){ SLOT_ADDRESS }), TROUPE_EINVAL);
	CHECK_EQ(troupei_watch_may(NULL, me->ref), TROUPE_EINVAL);
	troupei_me_worker(me)->running->flags |= FLAG_CLOSED;
	CHECK_EQ(troupei_watch_may(me, (troupe_ref){ 0 }), TROUPE_ECLOSED);
	troupei_me_worker(me)->running->flags &= (uint8_t)~FLAG_CLOSED;
	return TROUPE_HANDLED;
}

TEST(watch, who_may)
{
	stage_start(&s, 1);
	perform(&s, player(&s), may, NULL);
	stage_finish(&s);
}
