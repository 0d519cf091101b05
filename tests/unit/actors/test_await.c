/* SPDX-License-Identifier: MIT */
/* Awaiting room: who may, for whom, and what is given back. */
#include "actors/bounds.h"
#include "stage.h"

static struct stage s;
static struct barrier barrier;
static atomic_int news;

static troupe_verdict listener_receive(troupe_actor *me, const troupe_message *m)
{
	if (m->kind == PLAY)
		return player_receive(me, m);
	news += m->kind == TROUPE_ROOM;
	return TROUPE_HANDLED;
}

static const troupe_behaviour listener = { .name = "listener", .receive = listener_receive };
static const troupe_behaviour bounded_player = { .name = "player", .receive = player_receive,
	                                         .bounds = &(troupe_bounds){ .messages_max = 1 } };

static troupe_ref full_one(void)
{
	troupe_ref ref;

	stage_start(&s, 2);
	ref = spawned(&s, &bounded_player);
	hold(&barrier, ref);
	CHECK_OK(troupe_send_bytes(ref, PLAY + 1, NULL, 0));
	return ref;
}

static troupe_verdict play_await(troupe_actor *me, void *to)
{
	CHECK_OK(troupe_await_room(me, *(troupe_ref *)to, 1));
	CHECK_EQ(troupe_wait_room(*(troupe_ref *)to, 0), TROUPE_ECONTEXT);
	return TROUPE_HANDLED;
}

TEST(await, what_is_awaited_by_one_that_ends_is_forgotten)
{
	troupe_ref full = full_one(), waiter = spawned(&s, &listener);
	tell(waiter, play_await, &full);
	CHECK_OK(troupe_stop_wait(waiter, LIMIT));
	let_go(&barrier);
	stage_finish(&s);
	CHECK_EQ(news, 0);
	CHECK_EQ(stage_letters(&s, TROUPE_EUNKNOWN), 1);
}

TEST(await, one_that_is_gone_has_room)
{
	troupe_ref gone;
	stage_start(&s, 1);
	gone = ended_player(&s);
	CHECK_OK(troupe_wait_room(gone, 0));
	CHECK_OK(troupe_wait_room((troupe_ref){ 0 }, 0));
	perform(&s, spawned(&s, &listener), play_await, &gone);
	CHECK_EQ(news, 1);
	stage_finish(&s);
}

TEST(await, a_thread_that_gives_up_is_in_no_list)
{
	troupe_ref full = full_one();
	CHECK_EQ(troupe_wait_room(full, 1), TROUPE_ETIMEOUT);
	CHECK(cell_of(full)->extra->bounds->room.first == NULL);
	let_go(&barrier);
	stage_finish(&s);
}

static void *wait_for_room(void *to)
{
	CHECK_OK(troupe_wait_room(*(troupe_ref *)to, 0));
	news++;
	return NULL;
}

TEST(await, threads_are_told)
{
	pthread_t threads[3];
	troupe_ref full = full_one();
	for (int i = 0; i < 3; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, wait_for_room, &full), 0);
	sleep_ns(TROUPE_MS);
	CHECK_EQ(news, 0);
	let_go(&barrier);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(pthread_join(threads[i], NULL), 0);
	stage_finish(&s);
}

TEST(await, what_is_no_actor_is_refused)
{
	troupe_actor me = { .state = NULL };
	CHECK_EQ(troupe_await_room(NULL, (troupe_ref){ 0 }, 0), TROUPE_EINVAL);
	CHECK_EQ(troupe_await_room(&me, (troupe_ref){ SLOT_ADDRESS }, 0), TROUPE_EINVAL);
	CHECK_EQ(troupe_wait_room((troupe_ref){ SLOT_ADDRESS }, 0), TROUPE_EINVAL);
	CHECK_EQ(troupe_wait_room((troupe_ref){ 0 }, -1), TROUPE_EINVAL);
}
