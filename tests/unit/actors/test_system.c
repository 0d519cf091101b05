/* SPDX-License-Identifier: MIT */
/* Systems in an environment of our own, where hours are nothing and chance is a number; and starts that fail. */
#include "actors/options.h"

#include "stage.h"

enum { KIND = 1, HOURS = 20, ACTORS = 8, HOPS = 30, TRACE = 2 * ACTORS * (HOPS + 1) };

#define HOUR (3600 * TROUPE_S)

static struct stage s;

/* ----------------------------------------------------------------------------------------------------- virtual time -- */

static _Atomic int64_t now = 5;
static int64_t rung_at[HOURS];
static atomic_int rung;

static int64_t now_ns(void *context)
{
	(void)context;
	return now;
}

/* Nothing is to be done before: so it is then. */
static int64_t sleep_until(void *context, int64_t ns)
{
	(void)context;
	if (ns != INT64_MAX && ns > now)
		now = ns;
	return now;
}

static troupe_verdict ring(troupe_actor *me, const troupe_message *m)
{
	if (m->kind == PLAY)
		return player_receive(me, m);
	CHECK_EQ(m->token, rung);
	rung_at[rung] = troupe_now(me->system);
	atomic_fetch_add(&rung, 1);
	return TROUPE_HANDLED;
}

static const troupe_behaviour bell = { .name = "bell", .receive = ring };

static troupe_verdict arm_hours(troupe_actor *me, void *argument)
{
	(void)argument;
	for (int i = 0; i < HOURS; i++) { /* in disorder */
		int hour = i * 7 % HOURS;
		CHECK_OK(troupe_after(me, (hour + 1) * HOUR, KIND, (uint64_t)hour, NULL));
	}
	return TROUPE_HANDLED;
}

TEST(system, hours_go_by_at_once)
{
	struct environment environment = { .now_ns = now_ns, .sleep_until = sleep_until, .seed = 1 };
	troupe_options options = stage_options(&s, 1);
	CHECK_OK(troupei_system_start(&options, &environment, &s.system));
	CHECK_EQ(troupe_now(s.system), 5);
	int64_t before = troupei_clock_ns();
	tell(spawned(&s, &bell), arm_hours, NULL);
	await_count(&rung, HOURS);
	CHECK(troupei_clock_ns() - before < HOUR);
	for (int i = 0; i < HOURS; i++)
		CHECK(rung_at[i] >= 5 + (i + 1) * HOUR && rung_at[i] < 6 + (i + 1) * HOUR);
	stage_finish(&s);
}

/* ----------------------------------------------------------------------------------------------------------- chance -- */

static uint64_t random_state;

static uint32_t choose(void *context, uint32_t choices)
{
	(void)context;
	return troupei_random_next(&random_state) % choices;
}

/* Who handled which hop. One worker writes it. */
static unsigned char trace[TRACE];
static unsigned trace_count;
static troupe_ref ring_of[ACTORS];

static troupe_verdict hop(troupe_actor *me, const troupe_message *m)
{
	unsigned self = *(unsigned *)me->state;
	uint32_t left = *(const uint32_t *)m->data;
	trace[trace_count++] = (unsigned char)self;
	if (left-- > 0)
		CHECK_OK(troupe_send_bytes(ring_of[(self * 5 + left) % ACTORS], m->kind, &left, sizeof left));
	return TROUPE_HANDLED;
}

static const troupe_behaviour hopper = { .receive = hop, .state_size = sizeof(unsigned), .turn_messages_max = 2 };

/* All from one handler, so that nothing depends on when it comes from outside. */
static troupe_verdict begin_hops(troupe_actor *me, void *argument)
{
	uint32_t left = HOPS;
	(void)argument;
	for (unsigned i = 0; i < ACTORS; i++)
		CHECK_OK(troupe_spawn(me->system, &hopper, &i, &ring_of[i]));
	for (unsigned i = 0; i < 2 * ACTORS; i++)
		CHECK_OK(troupe_send_bytes(ring_of[i % ACTORS], KIND, &left, sizeof left));
	return TROUPE_HANDLED;
}

static void run_with_seed(uint64_t seed)
{
	struct environment environment = { .choose = choose, .seed = seed };
	troupe_options options = stage_options(&s, 1);
	options.turn_ns_max = INT64_MAX;
	random_state = seed;
	trace_count = 0;
	CHECK_OK(troupei_system_start(&options, &environment, &s.system));
	perform(&s, player(&s), begin_hops, NULL);
	stage_finish(&s);
	CHECK_EQ(trace_count, TRACE);
}

TEST(system, same_seed_same_order)
{
	static unsigned char traces[3][TRACE];
	for (int i = 0; i < 3; i++) {
		run_with_seed(i < 2 ? 42 : 43);
		memcpy(traces[i], trace, TRACE);
	}
	CHECK(memcmp(traces[0], traces[1], TRACE) == 0);
	CHECK(memcmp(traces[0], traces[2], TRACE) != 0);
}

/* ------------------------------------------------------------------------------------------------------------ starts -- */

TEST(system, without_memory_it_does_not_start)
{
	use_malloc();
	troupe_options options = stage_options(&s, 2);
	troupe_status status = TROUPE_ENOMEM;
	for (int allowed = 0; status != TROUPE_OK; allowed++) {
		s.system.private_ = NULL;
		allocations_allowed = allowed;
		troupei_memory_fail_by(fail_when_used_up);
		status = troupe_start(&options, &s.system);
		troupei_memory_fail_by(NULL);
		CHECK(status == TROUPE_OK || status == TROUPE_ENOMEM);
		CHECK((s.system.private_ != NULL) == (status == TROUPE_OK));
		CHECK(allowed < 100);
	}
	CHECK_EQ(s.system.private_->id, 1); /* those that failed gave their number back */
	stage_finish(&s);
}

TEST(system, options_out_of_range)
{
	troupe_options options = stage_options(&s, TROUPE_WORKERS_MAX + 1);
	CHECK_EQ(troupe_start(&options, &s.system), TROUPE_EINVAL);
	options.workers = 1;
	options.turn_ns_max = -1;
	CHECK_EQ(troupe_start(&options, &s.system), TROUPE_EINVAL);
	options.turn_ns_max = 0;
	options.struct_size = 2;
	CHECK_EQ(troupe_start(&options, &s.system), TROUPE_EINVAL);
	CHECK_EQ(troupe_start(NULL, NULL), TROUPE_EINVAL);
	CHECK(s.system.private_ == NULL);
}

TEST(system, defaults)
{
	troupe_system system;
	CHECK_OK(troupe_start(NULL, &system));
	CHECK_EQ(system.private_->scheduler.worker_count, troupe_workers_default());
	CHECK_EQ(system.private_->scheduler.environment.seed, 1);
	CHECK(!system.private_->counts_actors);
	CHECK(system.private_->turn_ticks_max > 0);
	CHECK_OK(troupe_finish(system, LIMIT));
}

static troupe_verdict block(troupe_actor *me, void *argument)
{
	(void)argument;
	CHECK_EQ(troupe_run(me->system), TROUPE_ECONTEXT);
	CHECK_EQ(troupe_settle(me->system, 0), TROUPE_ECONTEXT);
	CHECK_OK(troupe_quit(me->system));
	return TROUPE_HANDLED;
}

/* Until it is told, from wherever; when it was told before, at once. */
TEST(system, runs_until_told)
{
	stage_start(&s, 1);
	tell(player(&s), block, NULL);
	CHECK_OK(troupe_run(s.system));
	CHECK_OK(troupe_run(s.system));
	CHECK_EQ(troupe_run((troupe_system){ 0 }), TROUPE_EINVAL);
	CHECK_EQ(troupe_quit((troupe_system){ 0 }), TROUPE_EINVAL);
	stage_finish(&s);
}

TEST(system, settles_when_nobody_runs)
{
	struct barrier barrier;
	stage_start(&s, 1);
	CHECK_OK(troupe_settle(s.system, 0));
	hold(&barrier, player(&s));
	CHECK_EQ(troupe_settle(s.system, TROUPE_MS), TROUPE_ETIMEOUT);
	CHECK_EQ(troupe_settle(s.system, -1), TROUPE_EINVAL);
	CHECK_EQ(troupe_settle((troupe_system){ 0 }, 0), TROUPE_EINVAL);
	let_go(&barrier);
	CHECK_OK(troupe_settle(s.system, LIMIT));
	stage_finish(&s);
}
