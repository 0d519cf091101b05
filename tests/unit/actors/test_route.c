/* SPDX-License-Identifier: MIT */
/* The way of one send: who passes a gate, which codes there are, and that what is refused is counted once. */
#include "actors/route.h"

#include "stage.h"

static struct stage s, other;

/* What the books say has been sent, and is dead. */
static void check_counted(const struct stage *stage, uint64_t dead)
{
	troupe_ledger ledger = stage_ledger(stage);
	CHECK_EQ(ledger.dead, dead);
	CHECK_EQ(ledger.queued, 0);
	CHECK_EQ(stage->letter_count, dead);
}

static void check_closed(struct route *route)
{
	troupei_route_close(route);
	CHECK(!route->gate);
	troupei_route_close(route); /* again: nothing */
}

TEST(route, thread_passes_the_gate)
{
	struct route route;
	stage_start(&s, 1);
	troupe_ref ref = player(&s);
	CHECK_OK(troupei_route_open(&route, ref));
	CHECK(route.system == s.system.private_ && route.worker == NULL && route.gate);
	CHECK(route.cell == cell_of(ref));
	check_closed(&route);
	stage_finish(&s);
}

static troupe_verdict open_both_ways(troupe_actor *me, void *theirs)
{
	struct route route;
	CHECK_OK(troupei_route_open(&route, me->ref));
	CHECK(route.system == s.system.private_ && route.worker == troupei_me_worker(me) && !route.gate);
	check_closed(&route);
	CHECK_OK(troupei_route_open(&route, *(troupe_ref *)theirs));
	CHECK(route.system == other.system.private_ && route.worker == NULL && route.gate);
	check_closed(&route);
	return TROUPE_HANDLED;
}

/* A worker is inside its own system already, but not in another. */
TEST(route, worker_passes_the_gates_of_others)
{
	stage_start(&s, 1);
	stage_start(&other, 1);
	troupe_ref theirs = player(&other);
	perform(&s, player(&s), open_both_ways, &theirs);
	stage_finish(&other);
	stage_finish(&s);
}

TEST(route, no_way_to_nobody)
{
	struct route route;
	stage_start(&s, 1);
	troupe_ref living = player(&s);
	const troupe_ref nobody[] = { { 0 }, { UINT64_MAX }, { living.bits_private | SLOT_ADDRESS }, ended_player(&s) };
	for (unsigned i = 0; i < 4; i++) {
		CHECK_EQ(troupei_route_open(&route, nobody[i]), TROUPE_EGONE);
		CHECK(route.system == NULL && !route.gate);
		check_closed(&route);
	}
	check_counted(&s, 0);
	stage_finish(&s);
}

/* Counted once, where the sender or else the receiver lives; the way is closed: the end need not wait for us. */
TEST(route, refused_sends_are_letters)
{
	struct route route;
	stage_start(&s, 1);
	troupe_ref gone = ended_player(&s);
	CHECK_EQ(troupei_route_open(&route, gone), TROUPE_EGONE);
	CHECK_EQ(troupei_route_refuse(&route, TROUPE_EGONE, 12, &(uint64_t){ 34 }, 8), TROUPE_EGONE);
	CHECK(!route.gate);
	check_counted(&s, 1);
	CHECK_EQ(s.letters[0].to.bits_private, gone.bits_private);
	CHECK_EQ(s.letters[0].kind, 12);
	CHECK_EQ(s.letters[0].number, 34);
	CHECK_EQ(s.letters[0].why, TROUPE_EGONE);
	CHECK_EQ(troupei_route_open(&route, (troupe_ref){ 0 }), TROUPE_EGONE);
	CHECK_EQ(troupei_route_refuse(&route, TROUPE_EGONE, 12, NULL, 0), TROUPE_EGONE);
	check_counted(&s, 1); /* nobody's, from nobody: there is no system to count it in */
	stage_finish(&s);
}

static troupe_verdict refuse(troupe_actor *me, void *theirs)
{
	struct route route;
	(void)me;
	CHECK_EQ(troupei_route_open(&route, *(troupe_ref *)theirs), TROUPE_EGONE);
	CHECK_EQ(troupei_route_refuse(&route, TROUPE_EGONE, 12, NULL, 0), TROUPE_EGONE);
	return TROUPE_HANDLED;
}

TEST(route, refused_sends_count_where_the_sender_lives)
{
	stage_start(&s, 1);
	stage_start(&other, 1);
	troupe_ref theirs = ended_player(&other);
	perform(&s, player(&s), refuse, &theirs);
	check_counted(&s, 1);
	check_counted(&other, 0);
	stage_finish(&other);
	stage_finish(&s);
}

/* A system that is closing is found, and held until the refusal has been counted. */
TEST(route, closing_system_takes_nothing)
{
	struct route route;
	stage_start(&s, 1);
	troupe_ref ref = player(&s);
	troupei_store_release_32(&s.system.private_->phase, PHASE_CLOSING);
	CHECK_EQ(troupei_route_open(&route, ref), TROUPE_ECLOSED);
	CHECK(route.gate);
	CHECK_EQ(troupei_route_refuse(&route, TROUPE_ECLOSED, 12, NULL, 0), TROUPE_ECLOSED);
	CHECK(!route.gate);
	check_counted(&s, 1);
	stage_finish(&s);
	CHECK_EQ(troupei_route_open(&route, ref), TROUPE_EGONE);
	CHECK_EQ(troupei_route_refuse(&route, TROUPE_EGONE, 12, NULL, 0), TROUPE_EGONE);
	CHECK_EQ(s.letter_count, 1);
}
