/* SPDX-License-Identifier: MIT */
/* Searching for the order of messages that a bug needs. */
#include "explored.h"

#include <time.h>

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
		CHECK_STR_EQ(finding.what, "");
		CHECK(finding.exhausted);
		CHECK_EQ(finding.orders, known[i].orders);
	}
}

TEST(exploring, an_exhaustive_search_that_is_cut_short_says_so)
{
	struct race race = { .senders = 3, .messages = 2 };
	troupe_exploration options = { .strategy = TROUPE_EXHAUSTIVE, .schedules = 50 };

	CHECK(!explore(&options, run_race, &race).exhausted);
	options.schedules = 10000;
	options.depth = 1;
	troupe_finding finding = explore(&options, run_race, &race);
	CHECK(finding.exhausted);
	CHECK(finding.schedules < 90);
}

/* ------------------------------------------------------------------------------------------------------------- time -- */

enum { ALARM = 1, HOURS = 1000 };

struct sleeper { uint32_t rings; };

static troupe_verdict ring(troupe_actor *me, const troupe_message *m)
{
	struct sleeper *self = me->state;

	(void)m;
	if (++self->rings < HOURS)
		return troupe_after(me, 3600 * TROUPE_S, ALARM, 0, NULL) == TROUPE_OK ? TROUPE_HANDLED : troupe_fail(me, TROUPE_EFAILED);
	troupe_exit(me, TROUPE_OK);
	return TROUPE_HANDLED;
}

static void sleep_for_weeks(void *context)
{
	static const troupe_behaviour behaviour = { .name = "sleeper", .receive = ring, .state_size = sizeof(struct sleeper) };
	troupe_system system;
	troupe_ref sleeper;

	(void)context;
	CHECK_OK(troupe_start(NULL, &system));
	CHECK_OK(troupe_spawn(system, &behaviour, &(struct sleeper){ 0 }, &sleeper));
	CHECK_OK(troupe_send_bytes(sleeper, ALARM, NULL, 0));
	CHECK_OK(troupe_wait_end(sleeper, 0, NULL));
	CHECK_OK(troupe_finish(system, 0));
}

TEST(exploring, time_is_virtual)
{
	troupe_exploration options = { .schedules = 10 };
	struct timespec before, after;

	clock_gettime(CLOCK_MONOTONIC, &before);
	troupe_finding finding = explore(&options, sleep_for_weeks, NULL);
	clock_gettime(CLOCK_MONOTONIC, &after);
	CHECK_STR_EQ(finding.what, "");
	CHECK(finding.messages >= 10 * HOURS);
	CHECK(after.tv_sec - before.tv_sec < 3600);
}

/* ----------------------------------------------------------------------------------------------- what fails by chance -- */

enum { ADD = 1, ADDERS = 3, ADDS = 40 };

static troupe_verdict add(troupe_actor *me, const troupe_message *m)
{
	uint32_t *sum = me->state;

	(void)m;
	(*sum)++;
	return TROUPE_HANDLED;
}

static void keep_quiet(void *context, const char *line)
{
	(void)context, (void)line;
}

/* A program that minds every status, and counts on no message. */
static void add_up(void *context)
{
	static const troupe_behaviour behaviour = { .name = "adder", .receive = add, .state_size = sizeof(uint32_t),
		                                  .isolation = TROUPE_CONTAINED };
	troupe_ledger ledger = { 0 };
	troupe_system system;
	troupe_ref adders[ADDERS];
	uint32_t count = 0;

	(void)context;
	troupe_options options = { .struct_size = sizeof options, .ledger = &ledger, .log = keep_quiet };
	if (troupe_start(&options, &system) != TROUPE_OK)
		return;
	for (; count < ADDERS; count++)
		if (troupe_spawn(system, &behaviour, NULL, &adders[count]) != TROUPE_OK)
			break;
	for (uint32_t i = 0; i < ADDS && count > 0; i++) {
		troupe_status status = troupe_send_bytes(adders[i % count], ADD, NULL, 0);
		troupe_holds(status == TROUPE_OK || status == TROUPE_ENOMEM || status == TROUPE_EGONE || status == TROUPE_ECLOSED,
		             "a send goes through, or says why not");
	}
	troupe_holds(troupe_finish(system, 0) == TROUPE_OK, "the system ends in order");
	troupe_holds(ledger.sent == ledger.handled + ledger.dead + ledger.returned, "the ledger is exact");
}

TEST(exploring, a_program_that_minds_failures_survives_those_by_chance)
{
	for (unsigned i = 0; i < STRATEGIES; i++) {
		troupe_exploration options = { .strategy = strategies[i], .schedules = 300, .crashes_ppm = 20000, .refusals_ppm = 20000 };
		troupe_finding finding = explore(&options, add_up, NULL);
		CHECK_STR_EQ(finding.what, "");
		CHECK(finding.schedules == 300 || finding.exhausted);
	}
}

/* One that minds nothing: without what it asks for it ends. */
static void must_add_up(void *context)
{
	static const troupe_behaviour behaviour = { .name = "adder", .receive = add, .state_size = sizeof(uint32_t) };
	troupe_options options = { .struct_size = sizeof options, .log = keep_quiet };
	const bool *wrong = context;
	troupe_system system;
	troupe_ref adder;

	troupe_must(troupe_start(&options, &system));
	troupe_must(troupe_spawn(system, &behaviour, NULL, &adder));
	for (uint32_t i = 0; i < ADDS; i++)
		troupe_must(troupe_send_bytes(adder, ADD, NULL, 0));
	if (wrong != NULL)
		troupe_must(TROUPE_EINVAL);
	troupe_must(troupe_finish(system, 0));
}

TEST(exploring, a_program_that_gives_up_when_it_is_hurt_is_not_wrong)
{
	for (unsigned i = 0; i < STRATEGIES; i++) {
		troupe_exploration options = { .strategy = strategies[i], .schedules = 100, .refusals_ppm = 50000 };
		troupe_finding finding = explore(&options, must_add_up, NULL);
		CHECK_STR_EQ(finding.what, "");
		CHECK(finding.schedules == 100 || finding.exhausted);
	}
}

TEST(exploring, one_that_gives_up_unhurt_is)
{
	bool wrong = true;
	troupe_finding finding = explore(&(troupe_exploration){ .schedules = 10 }, must_add_up, &wrong);

	CHECK(strncmp(finding.what, "killed by signal 6", strlen("killed by signal 6")) == 0);
	CHECK_EQ(finding.schedules, 1);
}
