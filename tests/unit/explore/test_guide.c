/* SPDX-License-Identifier: MIT */
#include "explore/explorer.h"
#include "explore/simulation.h"
#include "sellers.h"

/* Runs here, in this process: nothing is found with as many seats as clerks. */
static struct trace trace, first;

static void run_by(struct strategy *strategy)
{
	struct simulation limits = { .steps_max = 100000 };
	int seats = 3;

	troupei_trace_begin(&trace, 5);
	troupei_simulation_begin(strategy, &trace, &limits);
	sell(&seats);
	troupei_simulation_end();
}

TEST(guide, the_same_choices_are_the_same_run)
{
	run_by(troupei_random_walk());
	first = trace;
	run_by(troupei_guide(first.choices, first.choice_count));
	CHECK_EQ(trace.hash, first.hash);
	CHECK(trace.choices_needed <= trace.choice_count);
}

TEST(guide, what_is_not_needed_comes_of_itself)
{
	run_by(troupei_random_walk());
	run_by(troupei_guide(trace.choices, trace.choice_count));
	first = trace;
	run_by(troupei_replay(first.choices, first.choices_needed));
	CHECK_EQ(trace.hash, first.hash);
}

TEST(guide, what_is_not_to_be_had_is_passed_over)
{
	static const uint32_t nobody[] = { 999, 999, 999 };

	run_by(troupei_guide(nobody, 0));
	first = trace;
	run_by(troupei_guide(nobody, 3));
	CHECK_EQ(trace.hash, first.hash);
	CHECK_EQ(trace.choices_needed, 0);
}

/* The place of the first message of this kind by @p by. */
static uint32_t sent_by(uint32_t by, int32_t kind)
{
	for (uint32_t i = 0; i < trace.event_count; i++)
		if (trace.events[i].sort == TRACE_SEND && trace.events[i].by == by && trace.events[i].kind == kind)
			return i;
	return UINT32_MAX;
}

TEST(guide, one_is_held_until_another_has_sent)
{
	uint32_t plan = troupei_unit_of_actor(1), ann = troupei_unit_of_actor(2), bob = troupei_unit_of_actor(3);

	run_by(troupei_guide(NULL, 0));
	bool ann_first = sent_by(ann, PLAN_FREE) < sent_by(bob, PLAN_FREE);
	struct hold hold = { .held = ann_first ? ann : bob, .awaited = ann_first ? bob : ann, .to = plan, .kind = PLAN_FREE };
	run_by(troupei_guide_held(NULL, 0, &hold));
	CHECK_EQ(sent_by(ann, PLAN_FREE) < sent_by(bob, PLAN_FREE), !ann_first);
	hold.awaited = UNIT_NONE;
	hold.kind = KIND_ANY;
	run_by(troupei_guide_held(NULL, 0, &hold));
	CHECK(sent_by(hold.held, PLAN_FREE) != UINT32_MAX); /* not for ever */
}
