/* SPDX-License-Identifier: MIT */
/* Searching for the order of messages that a bug needs. */
#include "explored.h"

static const uint32_t strategies[] = { TROUPE_RANDOM_WALK, TROUPE_PCT, TROUPE_PARTIAL_ORDER, TROUPE_EXHAUSTIVE };
enum { STRATEGIES = sizeof strategies / sizeof *strategies };

TEST(exploring, finds_nothing_where_no_order_is_wrong)
{
	for (unsigned i = 0; i < STRATEGIES; i++) {
		struct race race = { .senders = 2, .messages = 1 };
		troupe_finding finding = explore(&(troupe_exploration){ .strategy = strategies[i], .schedules = 100 }, run_race, &race);
		CHECK_STR_EQ(finding.what, "");
		CHECK_STR_EQ(finding.replay, "");
		CHECK(finding.schedules == 100 || finding.exhausted);
	}
}

/* One of six orders of three senders is wrong. */
TEST(exploring, each_strategy_finds_the_one_order_that_is_wrong)
{
	for (unsigned i = 0; i < STRATEGIES; i++) {
		struct race race = { .senders = 3, .messages = 1, .wrong = 321 };
		troupe_finding finding = explore(&(troupe_exploration){ .strategy = strategies[i] }, run_race, &race);
		CHECK_STR_EQ(finding.what, "the order is right");
		CHECK(finding.replay[0] != '\0');
		CHECK(!finding.exhausted);
	}
}

TEST(exploring, the_line_that_is_found_makes_it_happen_again)
{
	for (unsigned i = 0; i < STRATEGIES; i++) {
		struct race race = { .senders = 3, .messages = 1, .wrong = 321 };
		troupe_finding found = explore(&(troupe_exploration){ .strategy = strategies[i] }, run_race, &race);
		for (unsigned k = 0; k < 3; k++) {
			troupe_finding again = explore(&(troupe_exploration){ .replay = found.replay }, run_race, &race);
			CHECK_STR_EQ(again.what, "the order is right");
			CHECK_EQ(again.hash, found.hash);
			CHECK_EQ(again.schedules, 1);
		}
	}
}

TEST(exploring, the_same_seed_is_the_same_run_and_another_is_another)
{
	for (unsigned i = 0; i < STRATEGIES - 1; i++) {
		struct race race = { .senders = 4, .messages = 3 };
		uint64_t hashes[3];
		for (unsigned k = 0; k < 3; k++)
			hashes[k] = explore(&(troupe_exploration){ .strategy = strategies[i], .schedules = 20, .seed = k < 2 ? 7 : 8 },
			                    run_race, &race).hash;
		CHECK_EQ(hashes[0], hashes[1]);
		CHECK(hashes[0] != hashes[2]);
	}
}

/* n senders of k messages each to one: (n * k)! / k!^n orders, and no other choice matters. */
TEST(exploring, an_exhaustive_search_tries_each_order_once)
{
	static const struct { uint32_t senders, messages, orders; } known[] = {
		{ 1, 1, 1 }, { 1, 3, 1 }, { 2, 1, 2 }, { 3, 1, 6 }, { 2, 2, 6 }, { 4, 1, 24 }, { 2, 3, 20 }, { 3, 2, 90 },
	};

	for (unsigned i = 0; i < sizeof known / sizeof *known; i++) {
		struct race race = { .senders = known[i].senders, .messages = known[i].messages };
		troupe_finding finding = explore(&(troupe_exploration){ .strategy = TROUPE_EXHAUSTIVE, .schedules = 10000 }, run_race, &race);
		printf("# %u %u: %u orders, %u schedules\n", known[i].senders, known[i].messages, (unsigned)finding.orders, (unsigned)finding.schedules);
		CHECK_STR_EQ(finding.what, "");
		CHECK(finding.exhausted);
		CHECK_EQ(finding.orders, known[i].orders);
	}
}
