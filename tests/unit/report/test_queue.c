/* SPDX-License-Identifier: MIT */
/* Messages are counted where they lie, in the mailbox, the list that was taken, the deferred ones and chunks; up to a bound. */
#include "paper.h"

enum { MANY = 1010 };

static struct stage s;
static struct report_names names;
static const troupe_kind kinds[] = { { PLAY, 0, "PLAY" }, { 7, 0, "SEVEN" }, { 0 } };

static troupe_verdict deferring_receive(troupe_actor *me, const troupe_message *m)
{
	return m->kind == PLAY ? player_receive(me, m) : TROUPE_DEFERRED;
}

static const troupe_behaviour deferring_behaviour = { .name = "deferring", .receive = deferring_receive, .kinds = kinds };

static struct report_actor look(troupe_ref ref, uint32_t messages)
{
	struct report_budget budget = { messages, s.system.private_ };
	struct report_actor seen;

	CHECK(troupei_report_look(cell_of(ref), troupei_ref_generation(ref), REPORT_IDLE, &budget, &names, &seen));
	return seen;
}

TEST(queue, counts_what_waits_and_what_is_deferred)
{
	struct barrier barrier;

	stage_start(&s, 1);
	troupe_ref actor = spawned(&s, &deferring_behaviour);
	for (int i = 0; i < 3; i++)
		CHECK_OK(troupe_send_bytes(actor, 7, NULL, 0));
	stage_settle(&s);
	hold(&barrier, actor);
	for (int i = 0; i < 2; i++)
		CHECK_OK(troupe_send_bytes(actor, 8, NULL, 0));
	struct report_actor seen = look(actor, 100);
	CHECK_EQ(seen.queued, 2);
	CHECK_EQ(seen.deferred, 3);
	CHECK(!seen.queued_cut);
	CHECK_STR_EQ(seen.kinds, "8 2, SEVEN 3");
	let_go(&barrier);
	stage_settle(&s);
	seen = look(actor, 100);
	CHECK_EQ(seen.queued, 0);
	CHECK_EQ(seen.deferred, 5);
	CHECK_OK(troupe_stop(actor));
	stage_finish(&s);
}

TEST(queue, counts_what_a_mailbox_with_bounds_holds)
{
	static const troupe_bounds limits = { .messages_max = 10 };
	static const troupe_behaviour bounded = { .receive = player_receive, .bounds = &limits };
	struct barrier barrier;

	stage_start(&s, 1);
	troupe_ref actor = spawned(&s, &bounded);
	hold(&barrier, actor);
	for (int i = 0; i < 4; i++)
		CHECK_OK(troupe_send_bytes(actor, 8, NULL, 0));
	CHECK_EQ(look(actor, 100).queued, 4);
	CHECK_OK(troupe_kill(actor));
	let_go(&barrier);
	CHECK_OK(troupe_finish(s.system, LIMIT));
}

TEST(queue, looks_at_so_many_and_no_more)
{
	struct barrier barrier;

	stage_start(&s, 1);
	troupe_ref actor = player(&s);
	hold(&barrier, actor);
	for (int i = 0; i < MANY; i++)
		CHECK_OK(troupe_send_bytes(actor, 1 + i % 5, NULL, 0));
	CHECK_EQ(look(actor, 10).queued, 10);
	CHECK(look(actor, 10).queued_cut);
	CHECK(look(actor, UINT32_MAX).queued_cut);
	CHECK(look(actor, UINT32_MAX).queued <= MANY);
	CHECK_OK(troupe_kill(actor));
	let_go(&barrier);
	CHECK_OK(troupe_finish(s.system, LIMIT));
}

static atomic_int flooded;

static troupe_verdict flood(troupe_actor *me, void *to)
{
	(void)me;
	for (int i = 0; i < 200; i++)
		CHECK_OK(troupe_send_bytes(*(troupe_ref *)to, 7, &i, sizeof i));
	atomic_store(&flooded, 1);
	return TROUPE_HANDLED;
}

TEST(queue, counts_what_lies_in_chunks)
{
	struct barrier barrier;

	stage_start_timeless(&s, 2);
	troupe_ref sender = player(&s), sink = spawned(&s, &deferring_behaviour);
	hold(&barrier, sink);
	tell(sender, flood, &sink);
	await_count(&flooded, 1);
	struct report_actor seen = look(sink, UINT32_MAX);
	CHECK_EQ(seen.queued, 200);
	CHECK_STR_EQ(seen.kinds, "SEVEN 200");
	CHECK_OK(troupe_kill(sink));
	let_go(&barrier);
	CHECK_OK(troupe_finish(s.system, LIMIT));
}
