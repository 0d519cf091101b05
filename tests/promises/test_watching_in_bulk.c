/* SPDX-License-Identifier: MIT */
/* Promise: watching costs what is watched: a million monitors and links, made and taken back, leave nothing behind. And the books
 * of monitors are exact while actors link, watch and die at random: each has told once, or was taken back. */
#include "fixture.h"

#if TEST_WITH_TSAN || TEST_WITH_ASAN
enum { PAIRS = 20000, ACTORS = 100, ROUNDS = 10, STEPS = 20, OTHERS = 4 };
#else
enum { PAIRS = 1000000, ACTORS = 200, ROUNDS = 30, STEPS = 30, OTHERS = 4 };
#endif

/* ------------------------------------------------------------------------------------------------------------- pairs -- */

static troupe_verdict do_monitor_pairs(troupe_actor *me, void *other)
{
	troupe_monitor_id id;

	for (int i = 0; i < PAIRS; i++) {
		CHECK_OK(troupe_monitor(me, *(troupe_ref *)other, 0, &id));
		CHECK_OK(troupe_unmonitor(me, id));
	}
	return TROUPE_HANDLED;
}

static troupe_verdict do_link_pairs(troupe_actor *me, void *other)
{
	for (int i = 0; i < PAIRS; i++) {
		CHECK_OK(troupe_link(me, *(troupe_ref *)other));
		CHECK_OK(troupe_unlink(me, *(troupe_ref *)other));
	}
	return TROUPE_HANDLED;
}

static void check_pairs(troupe_verdict (*run)(troupe_actor *me, void *other))
{
	struct fixture f;
	fixture_start(&f, 1);
	doer a = doer_spawn(&f), b = doer_spawn(&f);
	perform(&f, a.ref, do_nothing, NULL);
	uint64_t before = troupe_memory_bytes();
	perform(&f, a.ref, run, &b.ref);
	CHECK(troupe_memory_bytes() <= before + (2 << 20));
	CHECK(troupe_is_alive(b.ref));
	fixture_finish(&f);
}

TEST(watching_in_bulk, monitors_made_and_taken_back_leave_nothing)
{
	check_pairs(do_monitor_pairs);
}

TEST(watching_in_bulk, links_made_and_taken_back_leave_nothing)
{
	check_pairs(do_link_pairs);
}

static troupe_verdict do_monitor_gone(troupe_actor *me, void *count)
{
	const troupe_ref nobody = { 0 };
	int *left = count;

	for (int i = 0; i < 100 && *left > 0; i++, (*left)--)
		CHECK_OK(troupe_monitor(me, nobody, 0, NULL));
	if (*left > 0)
		CHECK_OK(troupe_send((doer){ me->ref }, DO, .run = do_monitor_gone, .argument = count));
	return TROUPE_HANDLED;
}

TEST(watching_in_bulk, monitors_that_have_told_leave_nothing)
{
	struct fixture f;
	int left = PAIRS;
	fixture_start(&f, 1);
	doer a = doer_spawn(&f);
	perform(&f, a.ref, do_nothing, NULL);
	uint64_t before = troupe_memory_bytes();
	perform(&f, a.ref, do_monitor_gone, &left);
	CHECK(troupe_memory_bytes() <= before + (2 << 20));
	fixture_finish(&f);
	CHECK_EQ(f.ledger.handled, f.ledger.sent);
}

/* ------------------------------------------------------------------------------------------------------------ a hub -- */

enum { SPOKES = PAIRS / 20 };

static troupe_ref spokes[SPOKES];
static atomic_int hub_links;

static troupe_verdict hub_receive(troupe_actor *me, const troupe_message *m)
{
	if (m->kind != TROUPE_LINKED)
		return doer_receive(me, m);
	hub_links++;
	return TROUPE_HANDLED;
}

static const troupe_behaviour hub_behaviour = { .name = "hub", .receive = hub_receive, .traps = 1 };

static troupe_verdict do_link_spokes(troupe_actor *me, void *argument)
{
	(void)argument;
	for (int i = 0; i < SPOKES; i++)
		CHECK_OK(troupe_link(me, spokes[i]));
	for (int i = 0; i < SPOKES; i++)
		CHECK_OK(troupe_link(me, spokes[i])); /* known */
	return TROUPE_HANDLED;
}

/* One actor with very many links: none is looked for among all the others. */
TEST(watching_in_bulk, a_hub_does_not_pay_for_its_size)
{
	struct fixture f;
	troupe_ref hub;
	fixture_start(&f, 2);
	CHECK_OK(troupe_spawn(f.system, &hub_behaviour, NULL, &hub));
	for (int i = 0; i < SPOKES; i++)
		spokes[i] = doer_spawn(&f).ref;
	perform(&f, hub, do_link_spokes, NULL);
	for (int i = 0; i < SPOKES / 2; i++)
		CHECK_OK(troupe_kill(spokes[i]));
	fixture_settle(&f);
	CHECK_EQ(hub_links, SPOKES / 2);
	CHECK_OK(troupe_kill(hub));
	fixture_settle(&f);
	troupe_counters counters;
	CHECK_OK(troupe_counters_read(f.system, &counters));
	CHECK_EQ(counters.actors_alive, 0); /* the other half went with it */
	fixture_finish(&f);
}

/* ------------------------------------------------------------------------------------------------------------ chance -- */

enum { OPEN = 1, TOLD, TAKEN };
enum { STEP = 1, MONITORS_MAX = 64, TOKENS = ACTORS * MONITORS_MAX };

struct restless {
	uint32_t index;
	uint64_t chance;
	uint32_t count;
	troupe_monitor_id ids[MONITORS_MAX]; /* by number; the token is which of all */
	bool open[MONITORS_MAX];
};

/* Of the round that runs. `made` minus `told` minus `taken` is what was still open when its owner ended. */
static troupe_ref crowd[ACTORS];
static atomic_uchar fates[TOKENS];
static troupe_ref targets[TOKENS];
static atomic_uint made, heard, taken, left, linked;

static uint64_t draw(struct restless *self)
{
	self->chance ^= self->chance << 13;
	self->chance ^= self->chance >> 7;
	self->chance ^= self->chance << 17;
	return self->chance;
}

static void monitor_one(troupe_actor *me, troupe_ref other)
{
	struct restless *self = me->state;

	if (self->count == MONITORS_MAX || troupe_ref_equal(other, me->ref))
		return;
	uint32_t n = self->count++;
	self->open[n] = true;
	made++;
	fates[self->index * MONITORS_MAX + n] = OPEN;
	targets[self->index * MONITORS_MAX + n] = other;
	CHECK_OK(troupe_monitor(me, other, self->index * MONITORS_MAX + n, &self->ids[n]));
}

static void take_one_back(troupe_actor *me)
{
	struct restless *self = me->state;
	uint32_t n = self->count > 0 ? (uint32_t)(draw(self) % self->count) : 0;

	if (self->count == 0)
		return;
	CHECK_EQ(troupe_unmonitor(me, self->ids[n]), self->open[n] ? TROUPE_OK : TROUPE_ENOENT);
	taken += self->open[n];
	if (self->open[n])
		fates[self->index * MONITORS_MAX + n] = TAKEN;
	self->open[n] = false;
}

static troupe_verdict step(troupe_actor *me)
{
	struct restless *self = me->state;

	for (int i = 0; i < OTHERS; i++) {
		troupe_ref other = crowd[draw(self) % ACTORS];
		monitor_one(me, other);
		if (!troupe_ref_equal(other, me->ref) && draw(self) % 8 == 0)
			CHECK_OK(troupe_link(me, other));
		if (!troupe_ref_equal(other, me->ref) && draw(self) % 4 == 0)
			troupe_ignore(troupe_unlink(me, other));
		take_one_back(me);
	}
	switch (draw(self) % 64) {
	case 0:
		return troupe_fail(me, TROUPE_EUSER);
	case 1:
		troupe_exit(me, TROUPE_OK);
		break;
	case 2:
		troupe_ignore(troupe_kill(crowd[draw(self) % ACTORS]));
		break;
	}
	return TROUPE_HANDLED;
}

static troupe_verdict restless_receive(troupe_actor *me, const troupe_message *m)
{
	struct restless *self = me->state;

	if (m->kind == STEP)
		return step(me);
	if (m->kind == TROUPE_LINKED) {
		linked++;
		return TROUPE_HANDLED;
	}
	CHECK_EQ(m->kind, TROUPE_DOWN);
	uint32_t n = (uint32_t)m->token % MONITORS_MAX;
	CHECK_EQ(m->token / MONITORS_MAX, self->index);
	CHECK(self->open[n]); /* neither told before nor taken back */
	CHECK(!troupe_is_alive(m->about));
	CHECK_EQ(atomic_exchange(&fates[m->token], TOLD), OPEN);
	CHECK(troupe_ref_equal(m->about, targets[m->token]));
	self->open[n] = false;
	heard++;
	return TROUPE_HANDLED;
}

static void restless_end(troupe_actor *me, troupe_status why)
{
	const struct restless *self = me->state;

	(void)why;
	for (uint32_t i = 0; i < self->count; i++)
		left += self->open[i];
}

static const troupe_behaviour restless = { .name = "restless", .receive = restless_receive, .terminate = restless_end,
	                                   .state_size = sizeof(struct restless) };
static const troupe_behaviour trapping = { .name = "trapping", .receive = restless_receive, .terminate = restless_end,
	                                   .state_size = sizeof(struct restless), .traps = 1 };

static void no_log(void *context, const char *line)
{
	(void)context, (void)line;
}

/* When all has come to rest: who lives, and has not been told, monitors one that lives. */
static void check_none_is_lost(void)
{
	for (uint32_t token = 0; token < TOKENS; token++)
		if (fates[token] == OPEN && troupe_is_alive(crowd[token / MONITORS_MAX]))
			CHECK(troupe_is_alive(targets[token]));
}

static void run_crowd(uint64_t seed)
{
	struct fixture f;
	static struct restless initial;
	troupe_options options = fixture_options(&f, 4);

	options.log = no_log;
	made = heard = taken = left = 0;
	memset(fates, 0, sizeof fates);
	CHECK_OK(troupe_start(&options, &f.system));
	for (uint32_t i = 0; i < ACTORS; i++) {
		initial.index = i;
		initial.chance = (seed * ACTORS + i + 1) * UINT64_C(0x9e3779b97f4a7c15);
		CHECK_OK(troupe_spawn(f.system, i % 3 == 0 ? &restless : &trapping, &initial, &crowd[i]));
	}
	for (int s = 0; s < STEPS; s++)
		for (uint32_t i = 0; i < ACTORS; i++)
			troupe_ignore(troupe_send_bytes(crowd[i], STEP, NULL, 0));
	fixture_settle(&f);
	check_none_is_lost();
	for (uint32_t i = 0; i < ACTORS; i += 2)
		troupe_ignore(troupe_kill(crowd[i]));
	fixture_settle(&f);
	check_none_is_lost();
	CHECK_OK(troupe_finish(f.system, LIMIT));
	fixture_check_ledger(&f);
	CHECK_EQ(heard + taken + left, made);
	CHECK(heard > 0 && taken > 0);
}

TEST(watching_in_bulk, each_monitor_tells_once_or_is_taken_back)
{
	for (uint64_t seed = 1; seed <= ROUNDS; seed++)
		run_crowd(seed);
	CHECK(linked > 0);
}
