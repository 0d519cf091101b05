/* SPDX-License-Identifier: MIT */
/* Promise: actors that block may be contained too. A crash of any cause, on one of the threads that they run on, ends the actor,
 * and the thread goes on with others. */
#include <unistd.h>

#include "fixture.h"
#include "support/faults.h"

enum { EACH_CAUSE = TEST_WITH_TSAN || TEST_WITH_ASAN ? 20 : 200, AT_ONCE = 8 };
enum { CRASH = 1, WORK };

static atomic_int worked, crashed, terminated;

static troupe_verdict blocker_receive(troupe_actor *me, const troupe_message *m)
{
	(void)me;
	if (m->kind == CRASH)
		fault_make((enum fault)*(const int *)m->data);
	sleep_ns(TROUPE_US);
	atomic_fetch_add(&worked, 1);
	return TROUPE_HANDLED;
}

static void count_end(troupe_actor *me, troupe_status why)
{
	(void)me, (void)why;
	terminated++;
}

static const troupe_behaviour victim = { .name = "victim", .receive = blocker_receive, .terminate = count_end, .blocks = 1,
	                                 .isolation = TROUPE_CONTAINED };
static const troupe_behaviour neighbour = { .name = "neighbour", .receive = blocker_receive, .blocks = 1 };

static troupe_verdict hear(troupe_actor *me, const troupe_message *m)
{
	if (m->kind == DO)
		return do_task(me, m);
	CHECK_EQ(m->kind, TROUPE_DOWN);
	CHECK_EQ(m->why, TROUPE_ECRASHED);
	atomic_fetch_add(&crashed, 1);
	return TROUPE_HANDLED;
}

static const troupe_behaviour hearing = { .name = "hearing", .receive = hear };

/* It crashes with a message behind the one that it crashes on. */
static troupe_verdict spawn_and_crash(troupe_actor *me, void *cause)
{
	troupe_ref ref;

	CHECK_OK(troupe_spawn(me->system, &victim, NULL, &ref));
	CHECK_OK(troupe_monitor(me, ref, 0, NULL));
	CHECK_OK(troupe_send_bytes(ref, WORK, NULL, 0));
	CHECK_OK(troupe_send_bytes(ref, CRASH, cause, sizeof(int)));
	CHECK_OK(troupe_send_bytes(ref, WORK, NULL, 0));
	return TROUPE_HANDLED;
}

static void crash_all(struct fixture *f, int cause)
{
	troupe_options options = fixture_options(f, 2);
	troupe_ref monitor, other;

	options.crashes_max = UINT64_MAX;
	options.blocking_max = 4;
	CHECK_OK(troupe_start(&options, &f->system));
	CHECK_OK(troupe_spawn(f->system, &hearing, NULL, &monitor));
	CHECK_OK(troupe_spawn(f->system, &neighbour, NULL, &other)); /* so a thread is there before containment is */
	CHECK_OK(troupe_send_bytes(other, WORK, NULL, 0));
	fixture_settle(f);
	for (int i = 0; i < EACH_CAUSE; i++) {
		tell(monitor, spawn_and_crash, &cause);
		CHECK_OK(troupe_send_bytes(other, WORK, NULL, 0));
		if (i % AT_ONCE == AT_ONCE - 1)
			fixture_settle(f);
	}
	fixture_settle(f);
	CHECK_EQ(crashed, EACH_CAUSE);
	CHECK_EQ(terminated, 0);
	CHECK_EQ(worked, 1 + 2 * EACH_CAUSE);
	fixture_finish(f);
	CHECK_EQ(f->letter_count, 2 * EACH_CAUSE);
	for (unsigned i = 0; i < f->letter_count && i < LETTERS_MAX; i++)
		CHECK(f->letters[i].why == TROUPE_ECRASHED || f->letters[i].why == TROUPE_EGONE);
}

static struct fixture f;

TEST(containment_blocking, of_a_null_pointer)
{
	crash_all(&f, FAULT_NULL);
}

TEST(containment_blocking, of_abort)
{
	crash_all(&f, FAULT_ABORT);
}

TEST(containment_blocking, of_a_stack_overflow)
{
	crash_all(&f, FAULT_OVERFLOW);
}

TEST(containment_blocking, of_a_division_by_zero)
{
	crash_all(&f, FAULT_DIVISION);
}

TEST(containment_blocking, of_an_illegal_instruction)
{
	crash_all(&f, FAULT_INSTRUCTION);
}

static troupe_verdict init_crash(troupe_actor *me)
{
	(void)me;
	fault_make(FAULT_NULL);
	return TROUPE_HANDLED;
}

static void terminate_crash(troupe_actor *me, troupe_status why)
{
	(void)me, (void)why;
	fault_make(FAULT_NULL);
}

TEST(containment_blocking, in_init_and_terminate)
{
	static const troupe_behaviour in_init = { .receive = blocker_receive, .init = init_crash, .blocks = 1,
		                                  .isolation = TROUPE_CONTAINED };
	static const troupe_behaviour in_terminate = { .receive = blocker_receive, .terminate = terminate_crash, .blocks = 1,
		                                       .isolation = TROUPE_CONTAINED };
	troupe_counters counters;
	troupe_status why;
	troupe_ref ref;

	fixture_start(&f, 1);
	CHECK_OK(troupe_spawn(f.system, &in_init, NULL, &ref));
	CHECK_OK(troupe_wait_end(ref, LIMIT, &why));
	CHECK(why == TROUPE_ECRASHED || why == TROUPE_EGONE);
	CHECK_OK(troupe_spawn(f.system, &in_terminate, NULL, &ref));
	CHECK_OK(troupe_stop_wait(ref, LIMIT));
	CHECK_OK(troupe_counters_read(f.system, &counters));
	CHECK_EQ(counters.crashes, 2);
	fixture_finish(&f);
}
