/* SPDX-License-Identifier: MIT */
/* Opening and ending: what is made, and that nothing of it stays. */
#include "crowd.h"

static struct stage s;

static uint64_t key(const troupe_message *m)
{
	return (uint64_t)m->kind;
}

TEST(open, options_go_together_or_not)
{
	troupe_group_options own;
	CHECK(troupei_group_options_read(&own, NULL));
	CHECK_EQ(own.routing, TROUPE_BY_TURNS);
	CHECK(troupei_group_options_read(&own, TROUPE_OPTIONS(troupe_group_options, .routing = TROUPE_BY_KEY, .key = key)));
	CHECK(!troupei_group_options_read(&own, TROUPE_OPTIONS(troupe_group_options, .routing = TROUPE_BY_KEY)));
	CHECK(!troupei_group_options_read(&own, TROUPE_OPTIONS(troupe_group_options, .key = key)));
	CHECK(!troupei_group_options_read(&own, &(troupe_group_options){ .routing = TROUPE_TO_ALL }));
}

TEST(open, a_group_is_one_actor_that_runs_when_something_comes)
{
	stage_start(&s, 1);
	troupe_ref ref = crowd(&s, TROUPE_TO_ALL);
	CHECK_EQ(stage_alive(&s), 1);
	CHECK(cell_of(ref)->mailbox.head == MAILBOX_IDLE);
	CHECK_EQ(group_of(ref)->routing, TROUPE_TO_ALL);
	CHECK_OK(troupe_stop_wait(ref, LIMIT));
	CHECK_EQ(stage_alive(&s), 0);
	stage_finish(&s);
}

/* Nothing may be left by an open that failed, whichever allocation it was. */
TEST(open, without_memory)
{
	int failed = 0;
	use_malloc();
	stage_start(&s, 1);
	troupei_memory_fail_by(fail_when_used_up);
	for (int allowed = 0;; allowed++) {
		troupe_ref ref;
		allocations_allowed = allowed;
		troupe_status status = troupe_group_open(s.system, "topic", NULL, &ref);
		if (status == TROUPE_OK)
			break;
		CHECK_EQ(status, TROUPE_ENOMEM);
		failed++;
		allocations_allowed = 1000;
		stage_settle(&s); /* one that got no name ends */
		CHECK_EQ(stage_alive(&s), 0);
	}
	troupei_memory_fail_by(NULL);
	CHECK(failed >= 3);
	stage_finish(&s);
}

static atomic_int status_of_open = 1;

static void open_at_end(troupe_actor *me, troupe_status why)
{
	troupe_ref ref;

	(void)why;
	status_of_open = troupe_group_open(me->system, "late", NULL, &ref);
}

TEST(open, not_in_a_system_that_stops)
{
	static const troupe_behaviour late = { .name = "late", .receive = player_receive, .terminate = open_at_end };
	stage_start(&s, 1);
	spawned(&s, &late);
	stage_finish(&s);
	CHECK_EQ(status_of_open, TROUPE_ECLOSED);
}
