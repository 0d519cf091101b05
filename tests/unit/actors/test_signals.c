/* SPDX-License-Identifier: MIT */
/* What a turn does about signals that others have set. (When it sees them: test_turn.c) */
#include "actors/turn.h"

#include "actors/post.h"
#include "stage.h"

enum { ONE = 1 };

static struct stage s;
static unsigned handled;

static void set(troupe_ref ref, uint8_t signal)
{
	troupei_signal(s.system.private_, NULL, cell_of(ref), signal);
}

/* The answer never comes. */
static troupe_verdict await_at_first(troupe_actor *me, const troupe_message *m)
{
	troupe_ref address;

	(void)m;
	if (handled++ == 0)
		CHECK_OK(troupe_expect(me, TROUPE_OPTIONS(troupe_expectation, .hold = true), &address));
	return TROUPE_HANDLED;
}

static const troupe_behaviour awaiting = { .receive = await_at_first };

TEST(signals, stop_ends_a_wait)
{
	stage_start(&s, 1);
	troupe_ref ref = spawned(&s, &awaiting);
	for (int i = 0; i < 3; i++)
		CHECK_OK(troupe_send_bytes(ref, ONE, NULL, 0));
	stage_settle(&s);
	CHECK_EQ(handled, 1);
	set(ref, SIGNAL_STOP);
	stage_settle(&s);
	CHECK_EQ(handled, 3); /* those before the stop */
	CHECK(troupei_ref_cell(ref) == NULL);
	stage_finish(&s);
	CHECK_EQ(s.letter_count, 0);
}

/* The kill comes first, whichever was set first. */
TEST(signals, stop_and_kill_at_once)
{
	struct barrier barrier;
	stage_start(&s, 1);
	troupe_ref ref = player(&s);
	hold(&barrier, ref);
	for (int i = 0; i < 3; i++)
		CHECK_OK(troupe_send_bytes(ref, ONE, NULL, 0));
	set(ref, SIGNAL_STOP);
	set(ref, SIGNAL_KILL);
	let_go(&barrier);
	stage_settle(&s);
	CHECK(troupei_ref_cell(ref) == NULL);
	stage_finish(&s);
	CHECK_EQ(stage_letters(&s, TROUPE_EKILLED), 3);
}
