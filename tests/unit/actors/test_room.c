/* SPDX-License-Identifier: MIT */
/* Lists of who waits: order, taking, and news for those who have ended. */
#include "actors/room.h"

#include "actors/bounds.h"
#include "stage.h"

enum { MANY = 5 };

static struct stage s;
static struct room room;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static struct room_request *request_of(troupe_ref who, uint64_t token)
{
	struct room_request *request = troupei_block_take(troupei_block_class(sizeof *request));

	CHECK(request != NULL);
	troupei_room_request_init(request, SORT_ROOM, who, who);
	request->token = token;
	troupei_room_add(&room, &lock, request);
	return request;
}

static unsigned told_count(struct room_request *told)
{
	unsigned count = 0;

	for (; told != NULL; told = told->next)
		count++;
	return count;
}

static void begin(void)
{
	stage_start(&s, 1);
	room = (struct room){ NULL, NULL };
}

TEST(room, first_come_first_served)
{
	struct room_request *told = NULL;
	begin();
	troupe_ref who = player(&s);
	for (uint64_t i = 0; i < MANY; i++)
		request_of(who, i);
	troupei_room_take(&room, 2, &told);
	CHECK_EQ(told_count(told), 2);
	CHECK(told->token == 0 && told->next->token == 1 && told->taken);
	troupei_room_take(&room, UINT32_MAX, &told); /* behind those */
	CHECK_EQ(told_count(told), MANY);
	CHECK_EQ(told->next->next->token, 2);
	CHECK(room.first == NULL && room.last == NULL);
	troupei_room_tell(s.system.private_, NULL, told);
	stage_finish(&s);
	CHECK_EQ(stage_letters(&s, TROUPE_EUNKNOWN), 0); /* Troupe's own: dropped without a letter */
	CHECK_EQ(s.ledger.handled, MANY);
}

TEST(room, who_leaves_the_middle_leaves_the_others)
{
	struct room_request *told = NULL, *middle;
	begin();
	troupe_ref who = player(&s);
	request_of(who, 0);
	middle = request_of(who, 1);
	request_of(who, 2);
	troupei_room_remove(middle);
	troupei_room_discard(&middle->envelope);
	troupei_room_take(&room, UINT32_MAX, &told);
	CHECK_EQ(told_count(told), 2);
	CHECK_EQ(told->next->token, 2);
	troupei_room_tell(s.system.private_, NULL, told);
	stage_finish(&s);
}

TEST(room, a_thread_is_woken_and_is_in_no_list)
{
	pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
	struct room_request request = { .changed = &changed }, *told = NULL;
	begin();
	troupei_room_add(&room, &lock, &request);
	troupei_room_take(&room, 1, &told);
	CHECK(request.taken && told == NULL);
	stage_finish(&s);
}

TEST(room, news_for_one_that_has_ended_is_dropped)
{
	struct room_request *told = NULL;
	begin();
	request_of(ended_player(&s), 0);
	troupei_room_take(&room, 1, &told);
	troupei_room_tell(s.system.private_, NULL, told);
	stage_finish(&s);
	CHECK_EQ(s.ledger.sent, 0);
}
