/* SPDX-License-Identifier: MIT */
/* What hangs on an actor is counted; a look at one that has gone meanwhile says so. (Its states: promises/test_report.c.) */
#include "actors/waits.h"
#include "paper.h"

static struct stage s;
static struct report_names names;

static troupe_verdict hang_things(troupe_actor *me, void *other)
{
	troupe_ref address;

	CHECK_OK(troupe_after(me, 3600 * TROUPE_S, 1, 0, NULL));
	CHECK_OK(troupe_after(me, 3600 * TROUPE_S, 1, 0, NULL));
	CHECK_OK(troupe_monitor(me, *(troupe_ref *)other, 0, NULL));
	for (int i = 0; i < 3; i++)
		CHECK_OK(troupe_expect(me, NULL, &address));
	for (int i = 0; i < 4; i++)
		CHECK_OK(troupe_spawn_child(me, &player_behaviour, NULL, NULL));
	return TROUPE_HANDLED;
}

TEST(look, counts_what_hangs_on_it)
{
	struct report_budget budget = { 100, NULL };
	struct report_actor seen;

	stage_start(&s, 1);
	troupe_ref actor = player(&s), other = player(&s);
	perform(&s, actor, hang_things, &other);
	CHECK(troupei_report_look(cell_of(actor), troupei_ref_generation(actor), REPORT_IDLE, &budget, &names, &seen));
	CHECK(troupe_ref_equal(seen.ref, actor));
	CHECK_STR_EQ(seen.name, "player");
	CHECK_EQ(seen.timers, 2);
	CHECK_EQ(seen.monitors, 1);
	CHECK_EQ(seen.questions, 3);
	CHECK_EQ(seen.children, 4);
	CHECK_EQ(seen.queued, 0);
	CHECK_EQ(budget.messages, 100);
	CHECK(!troupei_report_waits_for_children(actor));
	stage_finish(&s);
}

TEST(look, says_when_it_has_gone)
{
	struct report_budget budget = { 100, NULL };
	struct report_runs runs = { 0 };
	struct report_actor seen;

	stage_start(&s, 1);
	troupe_ref actor = player(&s);
	struct cell *cell = cell_of(actor);
	CHECK_EQ(troupei_report_state(cell, &runs), REPORT_IDLE);
	CHECK_OK(troupe_stop_wait(actor, LIMIT));
	CHECK(!troupei_report_look(cell, troupei_ref_generation(actor), REPORT_IDLE, &budget, &names, &seen));
	CHECK_EQ(troupei_report_state(cell, &runs), REPORT_NOBODY);
	CHECK(!troupei_report_waits_for_children(actor));
	stage_finish(&s);
}

TEST(look, a_reply_address_is_nobody)
{
	struct report_runs runs = { 0 };
	troupe_future future;

	stage_start(&s, 1);
	CHECK_OK(troupe_future_open(s.system, NULL, &future));
	CHECK_EQ(troupei_report_state(&troupei_cells[troupei_ref_slot(future.ref)], &runs), REPORT_NOBODY);
	troupe_future_close(future);
	stage_finish(&s);
}

/* A behaviour that is no more, though the actor is: its name is not known, and that is all. */
TEST(look, at_a_behaviour_that_is_gone)
{
	char name[REPORT_NAME_MAX];

	troupei_report_name((const troupe_behaviour *)16, name);
	CHECK_STR_EQ(name, "?");
	troupei_report_kind((const troupe_behaviour *)16, 7, name);
	CHECK_STR_EQ(name, "7");
	troupei_report_name(&(const troupe_behaviour){ .receive = player_receive }, name);
	CHECK_STR_EQ(name, "actor");
}

static troupe_verdict await_answer(troupe_actor *me, void *nothing)
{
	troupe_ref address;

	(void)nothing;
	CHECK_OK(troupe_expect(me, TROUPE_OPTIONS(troupe_expectation, .hold = true), &address));
	return TROUPE_HANDLED;
}

/* Both handle control messages alone: the table of waits says what for. */
TEST(look, room_or_an_answer)
{
	struct report_runs runs = { 0 };
	struct wait_circle circle;

	stage_start(&s, 1);
	troupe_ref actor = player(&s), other = player(&s);
	perform(&s, actor, await_answer, NULL);
	CHECK_EQ(troupei_report_state(cell_of(actor), &runs), REPORT_AWAITING);
	CHECK(!troupei_wait_begin(actor, other, 1, true, &circle));
	CHECK_EQ(troupei_report_state(cell_of(actor), &runs), REPORT_PARKED);
	troupei_wait_end(actor);
	CHECK_EQ(troupei_report_state(cell_of(actor), &runs), REPORT_AWAITING);
	CHECK_EQ(troupei_report_state(cell_of(other), &runs), REPORT_IDLE);
	stage_finish(&s);
}
