/* SPDX-License-Identifier: MIT */
/* The word of a reply address: what goes in comes out, and when it is open. */
#include "actors/ask_state.h"
#include "support/testing.h"

TEST(ask_state, tells_what_it_was_made_of)
{
	uint64_t state = troupei_state_make(7, 65535, 3);

	CHECK_EQ(troupei_state_answers(state), 65535);
	CHECK_EQ(troupei_state_questions(state), 3);
	CHECK((int64_t)state < 0); /* no actor's mailbox */
}

TEST(ask_state, is_open_for_its_generation_while_both_counts_are_above_0)
{
	CHECK(troupei_state_is_open(troupei_state_make(7, 1, 1), 7));
	CHECK(!troupei_state_is_open(troupei_state_make(7, 1, 1), 9));
	CHECK(!troupei_state_is_open(troupei_state_make(7, 0, 1), 7));
	CHECK(!troupei_state_is_open(troupei_state_make(7, 1, 0), 7));
}
