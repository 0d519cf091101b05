/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "explore/shrinker.h"
#include "sellers.h"

static troupe_finding finding;

/* Messages of the run that is told, once made smaller. */
static uint64_t messages_of(void (*program)(void *context), uint64_t seed)
{
	CHECK_EQ(troupe_explore(TROUPE_OPTIONS(troupe_exploration, .seed = seed), program, NULL, &finding), TROUPE_EFAILED);
	CHECK_EQ(troupe_explore(TROUPE_OPTIONS(troupe_exploration, .replay = finding.replay), program, NULL, &finding), TROUPE_EFAILED);
	return finding.messages;
}

/* ------------------------------------------------------------------------------------------ what the list says not -- */

TEST(shrink_moves, who_is_of_no_use_waits)
{
	told_too_much = 3; /* to themselves, before they ask */
	clerks = 5;
	CHECK_EQ(messages_of(sell, 1), 2 * (3 + 3)); /* two talk, ask, are told, and book */
}

enum { WORK = 1, LATE };

static troupe_verdict worker_init(troupe_actor *me)
{
	return troupe_done(me, troupe_send_bytes(me->ref, WORK, NULL, 0));
}

static troupe_verdict worker_receive(troupe_actor *me, const troupe_message *m)
{
	int *done = me->state;

	(void)m;
	return ++*done < 30 ? worker_init(me) : TROUPE_HANDLED;
}

static troupe_verdict guard_init(troupe_actor *me)
{
	return troupe_done(me, troupe_after(me, TROUPE_S, LATE, 0, NULL));
}

static troupe_verdict guard_receive(troupe_actor *me, const troupe_message *m)
{
	(void)me, (void)m;
	troupe_holds(false, "nobody is late");
	return TROUPE_HANDLED;
}

static const troupe_behaviour worker_behaviour = {
	.name = "worker", .init = worker_init, .receive = worker_receive, .state_size = sizeof(int),
};
static const troupe_behaviour guard_behaviour = { .name = "guard", .init = guard_init, .receive = guard_receive };

static void be_late(void *context)
{
	troupe_system system;

	(void)context;
	troupe_must(troupe_start(NULL, &system));
	troupe_must(troupe_spawn(system, &guard_behaviour, NULL, NULL));
	troupe_must(troupe_spawn(system, &worker_behaviour, NULL, NULL));
	troupe_must(troupe_settle(system, 0));
	troupe_must(troupe_finish(system, 0));
}

TEST(shrink_moves, time_goes_on_where_that_is_shorter)
{
	for (uint64_t seed = 1; seed <= 5; seed++)
		CHECK_EQ(messages_of(be_late, seed), 1);
}

/* ------------------------------------------------------------------------------------------------ orders of pieces -- */

static struct shrinker shrinker;
static uint32_t first_must_be;

/* It costs as much as there are pieces, and goes wrong if this unit comes first. */
static bool run_pieces(struct search *search)
{
	struct trace *trace = &search->shared->trace;
	const uint32_t *units = shrinker.candidate;

	trace->finding = units[0] == first_must_be ? FINDING_STUCK : FINDING_NONE;
	trace->messages = 1;
	trace->switches = 1;
	for (size_t i = 1; i < shrinker.count; i++)
		trace->switches += units[i] != units[i - 1];
	return trace->finding == FINDING_NONE;
}

static void pieces_are(struct search *search, const uint32_t *units, size_t count)
{
	CHECK_OK(troupei_search_open(search, NULL));
	search->run = run_pieces;
	shrinker = (struct shrinker){ .search = search, .best = calloc(1, sizeof *shrinker.best), .units = calloc(16, sizeof *units),
		                          .candidate = calloc(16, sizeof *units), .count = count, .until.tv_sec = INT64_MAX };
	shrinker.best->finding = FINDING_STUCK;
	shrinker.best->messages = 1;
	shrinker.best->switches = (uint32_t)count;
	memcpy(shrinker.units, units, count * sizeof *units);
}

static void pieces_over(struct search *search)
{
	free(shrinker.best);
	free(shrinker.units);
	free(shrinker.candidate);
	troupei_search_close(search);
}

TEST(shrink_moves, the_second_piece_comes_earlier)
{
	static const uint32_t units[] = { 1, 3, 1, 3 }, joined[] = { 1, 1, 3, 3 };
	struct search search;

	first_must_be = 1;
	pieces_are(&search, units, 4);
	CHECK(troupei_shrink_join(&shrinker));
	CHECK(memcmp(shrinker.units, joined, sizeof joined) == 0);
	CHECK(!troupei_shrink_join(&shrinker));
	pieces_over(&search);
}

TEST(shrink_moves, or_the_first_comes_later)
{
	static const uint32_t units[] = { 1, 3, 3, 1 }, joined[] = { 3, 3, 1, 1 };
	struct search search;

	first_must_be = 3; /* the second piece of 1 must not come earlier */
	pieces_are(&search, units, 4);
	CHECK(!troupei_shrink_join(&shrinker));
	CHECK(troupei_shrink_put_off(&shrinker));
	CHECK(memcmp(shrinker.units, joined, sizeof joined) == 0);
	pieces_over(&search);
}

TEST(shrink_moves, nothing_is_tried_when_it_is_over)
{
	static const uint32_t units[] = { 1, 3, 1 };
	struct search search;

	pieces_are(&search, units, 3);
	shrinker.until.tv_sec = 0;
	CHECK(!troupei_shrink_leave_out(&shrinker) && !troupei_shrink_join(&shrinker) && !troupei_shrink_put_off(&shrinker));
	CHECK(!troupei_shrink_hold_back(&shrinker) && !troupei_shrink_hurry(&shrinker) && !troupei_shrink_let_go_on(&shrinker));
	CHECK_EQ(search.shrinking.runs, 0);
	pieces_over(&search);
}
