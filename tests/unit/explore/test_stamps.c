/* SPDX-License-Identifier: MIT */
#include "explore/stamps.h"

#include "actors/cell.h"
#include "support/testing.h"

TEST(stamps, each_stands_for_what_was_put_until_it_is_dropped)
{
	static struct cell cell = { .generation = 3 };
	static struct envelope envelopes[2000];

	for (uint32_t i = 0; i < 2000; i++)
		troupei_stamps_put((i + 1) * 0x100, &cell, &envelopes[i], i, 7);
	for (uint32_t i = 0; i < 2000; i += 2)
		troupei_stamps_drop((i + 1) * 0x100, &envelopes[i]);
	for (uint32_t i = 0; i < 2000; i++) {
		const struct stamped *found = troupei_stamps_get((i + 1) * 0x100);
		CHECK_EQ(found != NULL, i % 2);
		CHECK(found == NULL || (found->envelope == &envelopes[i] && found->cause == i && found->generation == 3));
	}
	troupei_stamps_forget();
	CHECK(troupei_stamps_get(0x200) == NULL);
}

TEST(stamps, what_stands_for_another_message_by_now_is_not_dropped)
{
	static struct cell cell;
	static struct envelope one, other;

	troupei_stamps_put(0x100, &cell, &one, 0, 1);
	troupei_stamps_drop(0x100, &other);
	CHECK(troupei_stamps_get(0x100) != NULL);
	troupei_stamps_forget();
}
