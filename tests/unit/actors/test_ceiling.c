/* SPDX-License-Identifier: MIT */
/* The ceiling: bytes taken and given back, and who waits for them. */
#include "actors/ceiling.h"

#include "stage.h"

enum { MAX = 8000 };

static struct stage s;

static struct ceiling *begin(uint64_t max)
{
	troupe_options options = stage_options(&s, 1);

	options.memory_max = max;
	CHECK_OK(troupe_start(&options, &s.system));
	return &s.system.private_->ceiling;
}

TEST(ceiling, none_holds_nobody_up)
{
	struct room_request request = { .taken = false };
	struct ceiling *ceiling = begin(0);
	CHECK(troupei_ceiling_take(ceiling, UINT64_MAX));
	troupei_ceiling_give(s.system.private_, NULL, UINT64_MAX);
	CHECK_EQ(ceiling->used, 0);
	CHECK(!troupei_ceiling_wait(ceiling, &request));
	stage_finish(&s);
}

TEST(ceiling, is_never_exceeded)
{
	struct ceiling *ceiling = begin(MAX);
	CHECK(!troupei_ceiling_take(ceiling, MAX + 1));
	CHECK(!troupei_ceiling_take(ceiling, UINT64_MAX));
	CHECK(troupei_ceiling_take(ceiling, MAX - 1));
	CHECK(!troupei_ceiling_take(ceiling, 2));
	CHECK_EQ(ceiling->used, MAX - 1);
	CHECK(troupei_ceiling_take(ceiling, 1));
	troupei_ceiling_give(s.system.private_, NULL, MAX);
	CHECK_EQ(ceiling->used, 0);
	stage_finish(&s);
}

TEST(ceiling, who_waits_is_told_at_seven_eighths)
{
	pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
	struct room_request request = { .changed = &changed };
	struct ceiling *ceiling = begin(MAX);
	CHECK(troupei_ceiling_take(ceiling, MAX));
	CHECK(troupei_ceiling_wait(ceiling, &request));
	troupei_ceiling_give(s.system.private_, NULL, MAX / 8 - 1);
	CHECK(!request.taken);
	troupei_ceiling_give(s.system.private_, NULL, 1);
	CHECK(request.taken);
	CHECK_EQ(ceiling->waited_for, 0);
	request.taken = false;
	CHECK(!troupei_ceiling_wait(ceiling, &request)); /* there is room */
	CHECK(ceiling->room.first == NULL);
	troupei_ceiling_give(s.system.private_, NULL, MAX - MAX / 8);
	stage_finish(&s);
}
