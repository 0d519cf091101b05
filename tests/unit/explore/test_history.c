/* SPDX-License-Identifier: MIT */
#include "explore/history.h"

#include "support/testing.h"

TEST(history, messages_are_found_by_their_number)
{
	for (uint32_t i = 0; i < 5000; i++)
		troupei_history_add(&(struct past_message){ .by = i, .kind_name = "" });
	CHECK_EQ(troupei_history_count(), 5000);
	CHECK_EQ(troupei_history(1)->by, 0);
	CHECK_EQ(troupei_history(5000)->by, 4999);
	CHECK(troupei_history(0) == NULL && troupei_history(5001) == NULL);
	troupei_history_forget();
	CHECK_EQ(troupei_history_count(), 0);
}
