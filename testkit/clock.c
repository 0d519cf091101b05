/* SPDX-License-Identifier: MIT */
/* How a test waits, and who goes on meanwhile: K1 to K3 in kit.h. */
#include "testkit/kit.h"

#define sim troupei_simulation
#define kit troupei_kit


/* ---------------------------------------------------------------------------------------------------------- who goes on -- */

static void begin(struct strategy *strategy, uint64_t seed)
{
	(void)strategy;
	kit.random = seed;
}

static bool is_main(uint32_t index)
{
	return index < sim.ready_count && sim.ready[index] == sim.main;
}

static bool is_over_patience(void)
{
	return sim.still > KIT_PATIENCE;
}

/* The clock is the last, if it is there. */
static uint32_t choose(struct strategy *strategy, uint32_t count)
{
	uint32_t others = count - (troupei_simulation_choice(count - 1).unit == UNIT_CLOCK), at = 0;

	(void)strategy;
	while (at < others && !is_main(at))
		at++;
	if (at == others)
		return others > 1 ? troupei_random_below(&kit.random, others) : 0;
	if (!kit.yields || is_over_patience() || others == 1)
		return at;
	uint32_t chosen = troupei_random_below(&kit.random, others - 1);
	return chosen < at ? chosen : chosen + 1;
}

struct strategy *troupei_kit_strategy(void)
{
	static struct strategy strategy = { .begin = begin, .choose = choose };

	return &strategy;
}

/* -------------------------------------------------------------------------------------------------------------- waits -- */

bool troupei_kit_deadline(int64_t within_ns, int64_t *deadline_ns)
{
	/* One less: the last moment of all means never. */
	if (within_ns < 0 || within_ns > INT64_MAX - 1 - sim.now_ns)
		return false;
	*deadline_ns = sim.now_ns + within_ns;
	return true;
}

void troupei_kit_call(const void *about)
{
	if (kit.listens != about)
		return;
	kit.called = true;
	kit.yields = false;
	troupei_thread_seam->wake(&kit, true);
}

/* Until nobody can go on without time, or the call has come, or the patience is over. */
static void run_idle(void)
{
	do
		troupei_point(NULL);
	while (!kit.called && !is_over_patience() && troupei_simulation_rouse());
}

bool troupei_kit_wait(const void *listens, int64_t deadline_ns)
{
	kit.listens = listens;
	kit.called = false;
	kit.yields = true;
	sim.still = 0;
	troupei_thread_seam->wait(&kit, NULL, deadline_ns);
	if (!kit.called && !kit.joined)
		run_idle();
	kit.yields = false;
	if (!kit.called && kit.joined)
		troupe_ignore(troupe_settle(kit.system, 0)); /* K3 */
	kit.listens = NULL;
	return kit.called;
}

/* ----------------------------------------------------------------------------------------------------- what a test calls -- */

static troupe_status restless(void)
{
	return troupei_words(TROUPE_ETIMEOUT, "expected that all comes to rest; after %d steps it has not", KIT_PATIENCE);
}

troupe_status troupe_test_run(void)
{
	return troupe_test_advance(0);
}

troupe_status troupe_test_advance(int64_t ns)
{
	int64_t deadline;

	if (!troupei_kit_may_wait())
		return TROUPE_ECONTEXT;
	troupei_words_clear();
	if (!troupei_kit_deadline(ns, &deadline))
		return TROUPE_EINVAL;
	troupei_kit_wait(NULL, deadline);
	return !kit.joined && is_over_patience() ? restless() : TROUPE_OK;
}

int64_t troupei_kit_next_deadline(int64_t limit_ns)
{
	int64_t next = limit_ns;

	for (const struct fiber *fiber = sim.fibers; fiber != NULL; fiber = fiber->next)
		if (fiber->state == FIBER_WAITS && fiber->deadline_ns > sim.now_ns && fiber->deadline_ns < next)
			next = fiber->deadline_ns;
	return next;
}

troupe_status troupe_test_until(bool (*condition)(void *context), void *context, const char *what, int64_t within_ns)
{
	int64_t deadline;
	char text[32];

	if (!troupei_kit_may_wait())
		return TROUPE_ECONTEXT;
	troupei_words_clear();
	if (condition == NULL || !troupei_kit_deadline(within_ns, &deadline))
		return TROUPE_EINVAL;
	for (int64_t until = sim.now_ns;; until = troupei_kit_next_deadline(deadline)) {
		troupei_kit_wait(NULL, until);
		if (condition(context))
			return TROUPE_OK;
		if (sim.now_ns >= deadline)
			break;
	}
	return troupei_words(TROUPE_ETIMEOUT, "expected within %s: %s", troupei_words_time(within_ns, text, sizeof text),
	                     what != NULL ? what : "a condition of the test's");
}
