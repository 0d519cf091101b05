/* SPDX-License-Identifier: MIT */
/* Promise: memory that a burst of messages took goes back to the operating system when all is quiet again. */
#include "fixture.h"

enum { NOTE = 1, BURST = TEST_WITH_TSAN ? 100000 : 1000000 };

typedef union noted { troupe_ref ref; const void *data; const struct { int64_t n; } *NOTE; } noted;

static int64_t sum;

static troupe_verdict receive(troupe_actor *me, const troupe_message *m)
{
	if (m->kind == DO)
		return do_task(me, m);
	sum += *(const int64_t *)m->data;
	return TROUPE_HANDLED;
}

/* The sanitizers' builds take messages from malloc: then there is nothing to measure, but all the same to be freed. */
static bool has_slabs(void)
{
	const char *choice = getenv("TROUPE_ALLOC");

	return !TEST_WITH_ASAN && !TEST_WITH_TSAN && (choice == NULL || strcmp(choice, "malloc") != 0);
}

static uint64_t wait_for_memory(uint64_t below)
{
	uint64_t bytes = troupe_memory_bytes();

	for (int64_t waited = 0; bytes > below && waited < LIMIT / 3; waited += TROUPE_MS) {
		sleep_ns(TROUPE_MS);
		bytes = troupe_memory_bytes();
	}
	return bytes;
}

TEST(memory_returns, after_a_burst_of_a_million_messages)
{
	static const troupe_behaviour noting = { .receive = receive };
	struct fixture f;
	noted n;
	fixture_start(&f, 2);
	CHECK_OK(troupe_spawn(f.system, &noting, NULL, &n.ref));
	for (int burst = 1; burst <= 2; burst++) {
		struct barrier barrier;
		barrier_raise(&barrier, n.ref);
		for (int i = 0; i < BURST; i++)
			CHECK_OK(troupe_send(n, NOTE, .n = i));
		uint64_t high = troupe_memory_bytes();
		CHECK(!has_slabs() || high >= (uint64_t)BURST * 32);
		barrier_open(&barrier);
		fixture_settle(&f);
		uint64_t low = wait_for_memory(high / 4);
		CHECK(low <= high / 4);
		CHECK_EQ(sum, burst * (int64_t)BURST * (BURST - 1) / 2);
	}
	fixture_finish(&f);
}
