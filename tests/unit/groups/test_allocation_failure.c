/* SPDX-License-Identifier: MIT */
/* No memory, at every place where some is asked for, while supervisors, groups, pools, blocking and contained actors, links and
 * monitors work together: each time another allocation fails, only the nth, or all from the nth on. Whatever fails gives a status or
 * an outcome that is documented; nobody waits for ever, nothing leaks, and the ledger is right. */
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "base/memory.h"
#include "support/faults.h"
#include "support/testing.h"
#include "troupe.h"

#define LIMIT (20 * TROUPE_S) /* generous: nothing takes so long, with memory or without */

enum { WORK = 1, FAIL, CRASH, GET, VALUE, WATCH, POINTS_MAX = 5000, MEMBERS = 3 };

struct value { int64_t n; };
typedef union value_reply { troupe_ref ref; const struct value *VALUE; } value_reply;
struct get { value_reply reply; };
struct watch { troupe_ref whom; troupe_pool pool; };
typedef union player {
	troupe_ref ref;
	const void *data;
	const troupe_nothing *WORK, *FAIL, *CRASH;
	const struct get *GET;
	const struct watch *WATCH;
} player;

/* Of the round that runs. */
static troupe_system theirs;
static troupe_ledger ledger;
static troupe_pool pool;
static atomic_uint_fast64_t letters;
static atomic_int allocations, nth, outcomes, asked;
static atomic_bool failing, all_from_there;

static bool fail_nth(size_t size)
{
	(void)size;
	if (!failing)
		return false;
	int at = atomic_fetch_add(&allocations, 1) + 1;
	return all_from_there ? at >= nth : at == nth;
}

/* It has worked; or there was no memory for it (for a thread: it says so otherwise), or it is not there for that reason. */
static bool may(troupe_status status)
{
	cr_assert(status == TROUPE_OK || status == TROUPE_ENOMEM || status == TROUPE_ETHREAD || status == TROUPE_EGONE ||
	                  status == TROUPE_ECLOSED || status == TROUPE_ENOENT,
	          "%s at allocation %d", troupe_status_name(status), nth);
	return status == TROUPE_OK;
}

/* -------------------------------------------------------------------------------------------------------- actors -- */

static troupe_verdict outcome(troupe_actor *me, const troupe_message *m)
{
	(void)me;
	CHECK(m->kind == VALUE || m->kind == TROUPE_UNANSWERED);
	CHECK(m->why != TROUPE_ETIMEOUT);
	atomic_fetch_add(&outcomes, 1);
	return TROUPE_HANDLED;
}

static troupe_status work(troupe_job *job, void *number)
{
	return troupe_job_give(job, &(struct value){ *(int64_t *)number }, sizeof(struct value));
}

static troupe_verdict receive(troupe_actor *me, const troupe_message *m);

static const troupe_behaviour plain = { .name = "plain", .receive = receive };
static const troupe_behaviour large = { .name = "large", .receive = receive, .state_size = 100, .traps = 1 };
static const troupe_behaviour blocking = { .name = "blocking", .receive = receive, .blocks = 1 };
static const troupe_behaviour contained = { .name = "contained", .receive = receive, .isolation = TROUPE_CONTAINED };

/* A member with all ties to others that it can have. */
static troupe_verdict watch(troupe_actor *me, const struct watch *w)
{
	const int64_t number = 5;
	troupe_monitor_id id;
	troupe_ref ref;

	may(troupe_link(me, w->whom));
	if (may(troupe_monitor(me, w->whom, 1, &id)))
		may(troupe_unmonitor(me, id));
	may(troupe_monitor(me, w->whom, 2, NULL));
	may(troupe_spawn_with(me->system, me, &large, NULL,
	                      TROUPE_OPTIONS(troupe_spawn_options, .child = true, .link = 1, .monitor = 1, .name = "tied"), &ref));
	if (w->pool.bits_private != 0 &&
	    may(troupe_submit_then(me, w->pool, work, &number, sizeof number, VALUE, outcome, 0)))
		atomic_fetch_add(&asked, 1);
	return TROUPE_HANDLED;
}

static troupe_verdict receive(troupe_actor *me, const troupe_message *m)
{
	player in = { .data = m->data };

	switch (m->kind) {
	case FAIL:
		return troupe_fail(me, TROUPE_EUSER);
	case CRASH:
		fault_null();
		return TROUPE_HANDLED;
	case GET:
		return troupe_done(me, troupe_send(in.GET->reply, VALUE, .n = 1));
	case WATCH:
		return watch(me, in.WATCH);
	default:
		return TROUPE_HANDLED;
	}
}

/* ----------------------------------------------------------------------------------------------------- the scenario -- */

static void settle(void)
{
	CHECK_OK(troupe_settle(theirs, LIMIT));
}

static void use_tree(player *kid)
{
	static const troupe_child_spec leaves[] = { { .name = "x", .behaviour = &large, .queue = TROUPE_QUEUE_DROP },
		                                    { .name = "y", .behaviour = &contained }, { 0 } };
	static const troupe_supervisor inner = { .children = leaves, .strategy = TROUPE_ONE_FOR_ALL, .back_off_ns = 1000 };
	static const troupe_child_spec kids[] = { { .name = "kid", .behaviour = &large }, { .name = "inner", .supervisor = &inner },
		                                  { .name = "slow", .behaviour = &blocking }, { 0 } };
	static const troupe_supervisor tree = { .children = kids, .restarts_max = 10, .within_ns = TROUPE_S };
	const char initial[100] = { 1 };
	troupe_ref top, branch, added = { 0 };
	player y;

	if (!may(troupe_supervise(theirs, NULL, &tree, &top)))
		return;
	if (may(troupe_add_child(top, &(troupe_child_spec){ .name = "z", .behaviour = &large, .initial = initial }, &added)))
		may(troupe_send((player){ added }, FAIL, 0));
	if (may(troupe_child(top, "kid", &kid->ref)))
		may(troupe_send(*kid, FAIL, 0));
	if (may(troupe_child(top, "inner", &branch)) && may(troupe_child(branch, "y", &y.ref)))
		may(troupe_send(y, CRASH, 0));
	settle();
	may(troupe_remove_child(top, added));
}

static void ask_all(player group)
{
	struct value value;
	troupe_future future;
	troupe_status status = TROUPE_OK;

	if (!may(troupe_future_open(theirs, TROUPE_OPTIONS(troupe_expectation, .answers = TROUPE_ANSWERS_ALL), &future)))
		return;
	if (may(troupe_ask(group, GET, future.ref, 0)))
		while (status == TROUPE_OK)
			status = troupe_next(future, VALUE, &value, sizeof value);
	troupe_future_close(future);
}

static void use_groups(player kid)
{
	player all, crew, one;
	troupe_ref member;

	if (!may(troupe_group_open(theirs, "all", TROUPE_OPTIONS(troupe_group_options, .routing = TROUPE_TO_ALL), &all.ref)))
		return;
	if (!troupe_ref_is_null(kid.ref))
		may(troupe_join(all.ref, kid.ref));
	for (int i = 0; i < MEMBERS; i++)
		if (may(troupe_spawn(theirs, &large, NULL, &member)))
			may(troupe_join(all.ref, member));
	may(troupe_send(all, WORK, 0));
	ask_all(all);
	if (may(troupe_group_spawn(theirs, NULL, &plain, NULL, MEMBERS, &crew.ref))) {
		may(troupe_send(crew, WORK, 0));
		may(troupe_join(all.ref, crew.ref));
		ask_all(all);
	}
	if (may(troupe_spawn(theirs, &large, NULL, &one.ref)) && !troupe_ref_is_null(kid.ref))
		may(troupe_send(one, WATCH, .whom = kid.ref, .pool = pool));
	settle();
}

static void use_pool(void)
{
	int64_t numbers[4] = { 1, 2, 3, 4 };
	struct value results[4];
	troupe_task task;

	if (!may(troupe_submit(pool, work, numbers, sizeof *numbers, NULL, &task)))
		return;
	troupe_status done = TROUPE_EUSER;
	CHECK_OK(troupe_task_wait(task, LIMIT, &done));
	may(done);
	troupe_task_drop(task);
	may(troupe_pool_map(pool, work, TROUPE_OPTIONS(troupe_mapping, .item_size = sizeof *numbers, .items = numbers, .count = 4,
	                                               .results = results, .result_size = sizeof *results)));
}

static void everything(void)
{
	player kid = { { 0 } };

	use_tree(&kid);
	use_groups(kid);
	if (pool.bits_private != 0)
		use_pool();
	if (!troupe_ref_is_null(kid.ref))
		may(troupe_send(kid, FAIL, 0));
	settle();
}

/* ------------------------------------------------------------------------------------------------------ the rounds -- */

static void count_letter(void *context, const troupe_dead_letter *letter)
{
	(void)context, (void)letter;
	letters++;
}

static void no_log(void *context, const char *line)
{
	(void)context, (void)line;
}

static bool set_up(void)
{
	const troupe_options options = { .struct_size = sizeof options, .workers = 2, .dead_letter = count_letter, .log = no_log,
		                         .ledger = &ledger, .crashes_max = UINT64_MAX };

	letters = 0;
	outcomes = asked = 0;
	pool.bits_private = 0;
	may(troupe_pool_open(TROUPE_OPTIONS(troupe_pool_options, .threads_max = 2), &pool));
	return may(troupe_start(&options, &theirs));
}

static void check_end(void)
{
	if (pool.bits_private != 0)
		CHECK_OK(troupe_pool_close(pool, LIMIT, TROUPE_RUN_QUEUED));
	CHECK_OK(troupe_settle(theirs, LIMIT));
	CHECK_EQ(outcomes, asked);
	CHECK_OK(troupe_finish(theirs, LIMIT));
	CHECK_EQ(ledger.handled + ledger.dead + ledger.returned, ledger.sent);
	CHECK_EQ(letters, ledger.dead);
}

/* One round; did the scenario get by without a failure? */
static bool run_round(int fail_at, bool all)
{
	allocations = 0;
	nth = fail_at;
	all_from_there = all;
	failing = true;
	bool started = set_up();
	if (started)
		everything();
	failing = !all; /* who has only one failure to get over also ends with it */
	if (started)
		check_end();
	else if (pool.bits_private != 0)
		CHECK_OK(troupe_pool_close(pool, LIMIT, TROUPE_RUN_QUEUED));
	failing = false;
	return allocations < fail_at;
}

static void run_rounds(bool all)
{
	int point = 1;

	CHECK_OK(setenv("TROUPE_ALLOC", "malloc", 1));
	CHECK(troupei_memory_is_malloc());
	troupei_memory_fail_by(fail_nth);
	while (point < POINTS_MAX && !run_round(point, all))
		point++;
	CHECK(point < POINTS_MAX);
	CHECK(point > 100); /* it did fail now and then */
}

TEST(allocation_failure, of_one, .timeout = 180)
{
	run_rounds(false);
}

TEST(allocation_failure, of_all_from_one_on, .timeout = 180)
{
	run_rounds(true);
}
