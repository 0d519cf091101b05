/* SPDX-License-Identifier: MIT */
/* No memory, at every place where some is asked for: a scenario that does a bit of everything runs again and again, and each time
 * another allocation fails: only the nth, or all from the nth on. Whatever fails gives a status or an outcome that is
 * documented; nobody waits for ever, nothing leaks, and the ledger is right. */
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "base/memory.h"
#include "support/testing.h"
#include "troupe.h"

#define LIMIT (10 * TROUPE_S) /* generous: nothing takes so long, with memory or without */

enum { STEP = 1, NOTE, GET, KEEP, RELEASE, TAKE, PASS, LATER, UNDEFER, TICK, ONCE, VALUE, POINTS_MAX = 5000 };

struct value { int64_t n; };
typedef union value_reply { troupe_ref ref; const struct value *VALUE; } value_reply;
struct get { value_reply reply; int64_t n; };
struct step {
	void (*run)(troupe_actor *me);
};
typedef union player {
	troupe_ref ref;
	const void *data;
	const struct step *STEP;
	const struct value *NOTE, *TAKE, *PASS, *LATER;
	const struct get *GET, *KEEP;
	const troupe_nothing *RELEASE, *UNDEFER;
} player;

/* Of the round that runs. */
static troupe_system theirs;
static player server, driver;
static troupe_ledger ledger;
static atomic_uint_fast64_t letters;

/* ----------------------------------------------------------------------------------------------------- the failure -- */

static atomic_int allocations, nth;
static atomic_bool failing, all_from_there;
static uint64_t ceiling; /* memory_max: with one, each actor has a queue of its own */

static bool fail_nth(size_t size)
{
	(void)size;
	if (!failing)
		return false;
	int at = atomic_fetch_add(&allocations, 1) + 1;
	return all_from_there ? at >= nth : at == nth;
}

/* It has worked; or there was no memory for it, and nothing has happened. */
static bool may(troupe_status status)
{
	cr_assert(status == TROUPE_OK || status == TROUPE_ENOMEM, "%s at allocation %d", troupe_status_name(status), nth);
	return status == TROUPE_OK;
}

/* A reason for which there is no answer: never that time ran out, since each question has an outcome. */
static void check_outcome(troupe_status why)
{
	cr_assert(why == TROUPE_OK || why == TROUPE_ENOMEM || why == TROUPE_EGONE || why == TROUPE_ECLOSED ||
	                  why == TROUPE_EFAILED || why == TROUPE_EUNANSWERED || why == TROUPE_EUNKNOWN,
	          "%s at allocation %d", troupe_status_name(why), nth);
}

/* ------------------------------------------------------------------------------------------------------ the server -- */

struct server_state {
	value_reply kept;
};

static troupe_verdict keep(troupe_actor *me, const troupe_message *m)
{
	struct server_state *self = me->state;

	if (may(troupe_keep(me, m)))
		self->kept = ((const struct get *)m->data)->reply;
	return TROUPE_HANDLED;
}

static troupe_verdict release(troupe_actor *me)
{
	struct server_state *self = me->state;

	if (!troupe_ref_is_null(self->kept.ref))
		may(troupe_send(self->kept, VALUE, .n = 2));
	return TROUPE_HANDLED;
}

static troupe_verdict take(troupe_actor *me, const troupe_message *m)
{
	struct value *taken = troupe_take(me, m);

	if (taken != NULL)
		may(troupe_move((player){ me->ref }, NOTE, &taken));
	troupe_free(taken);
	return TROUPE_HANDLED;
}

static troupe_verdict serve(troupe_actor *me, const troupe_message *m)
{
	switch (m->kind) {
	case GET:
		return troupe_done(me, troupe_send(((const struct get *)m->data)->reply, VALUE, .n = 1));
	case KEEP:
		return keep(me, m);
	case RELEASE:
		return release(me);
	case TAKE:
		return take(me, m);
	case PASS:
		troupe_ignore(troupe_forward(me, m, driver.ref));
		return TROUPE_HANDLED;
	default:
		return m->kind == NOTE ? TROUPE_HANDLED : TROUPE_UNKNOWN;
	}
}

static const troupe_behaviour serving = { .name = "server", .receive = serve, .state_size = sizeof(struct server_state) };
static const troupe_behaviour large = { .name = "large", .receive = serve, .state_size = 100 };
static const troupe_behaviour draining = {
	.name = "draining", .receive = serve, .state_size = 8, .leftovers = TROUPE_DRAIN
};
static const troupe_behaviour returning = { .name = "returning", .receive = serve, .state_size = 8,
	                                    .leftovers = TROUPE_HAND_BACK };

/* ------------------------------------------------------------------------------------------------------- the steps -- */

static void use_young(player young)
{
	if (may(troupe_send(young, NOTE, .n = 1)))
		may(troupe_stop(young.ref));
}

static void step_spawn(troupe_actor *me)
{
	player young;

	if (may(troupe_spawn(me->system, &draining, &(uint64_t){ 5 }, &young.ref)))
		use_young(young);
	if (may(troupe_spawn_child(me, &large, NULL, &young.ref)))
		use_young(young);
	if (may(troupe_spawn_child(me, &returning, NULL, &young.ref)))
		may(troupe_kill(young.ref));
	if (may(troupe_spawn_with(me->system, me, &draining, NULL,
	                          TROUPE_OPTIONS(troupe_spawn_options, .child = true, .name = "young"), &young.ref)))
		use_young(young);
	may(troupe_spawn_child(me, &serving, NULL, NULL));
}

static void step_send(troupe_actor *me)
{
	static const char bytes[5000];

	may(troupe_send_bytes(server.ref, NOTE, bytes, 8));
	may(troupe_send_bytes(server.ref, NOTE, bytes, 100));
	may(troupe_send_bytes(server.ref, NOTE, bytes, 5000));
	may(troupe_send_bytes_from(me, server.ref, NOTE, bytes, 8));
	may(troupe_send(server, TAKE, .n = 1));
	may(troupe_send(server, PASS, .n = 1));
}

static void step_payloads(troupe_actor *me)
{
	struct value *payload = troupe_new(sizeof *payload, NULL);
	const struct value *shared = troupe_freeze(troupe_new(3000, NULL));

	(void)me;
	if (payload != NULL)
		may(troupe_move(server, TAKE, &payload));
	troupe_free(payload);
	if (shared != NULL)
		may(troupe_share(server, NOTE, shared));
	if (shared != NULL)
		may(troupe_share(server, TAKE, shared));
	troupe_release(shared);
}

static troupe_verdict get_outcome(troupe_actor *me, const troupe_message *m)
{
	(void)me;
	CHECK(m->kind == VALUE || m->kind == TROUPE_UNANSWERED);
	check_outcome(m->why);
	return TROUPE_HANDLED;
}

static void ask_with(troupe_actor *me, const troupe_expectation *options, int32_t kind)
{
	troupe_ref address;

	if (!may(troupe_expect(me, options, &address)))
		return;
	if (!may(troupe_ask_bytes(server.ref, kind, &(struct get){ .n = 1 }, sizeof(struct get), 0, address)))
		CHECK_OK(troupe_forget(me, address));
}

static void step_ask(troupe_actor *me)
{
	const troupe_expectation kept = { .struct_size = sizeof kept, .within_ns = LIMIT, .then = get_outcome };
	const troupe_expectation held = { .struct_size = sizeof held, .within_ns = LIMIT, .then = get_outcome, .hold = true };

	may(troupe_ask_then(me, server, GET, get_outcome, 0, .n = 1));
	may(troupe_ask_then(me, server, GET, get_outcome, LIMIT, .n = 1));
	ask_with(me, &kept, KEEP);
	ask_with(me, &kept, TICK); /* which the server does not know */
	ask_with(me, &held, GET);
	troupe_status status = troupe_send(server, RELEASE, 0);
	if (status != TROUPE_EGONE && status != TROUPE_ECLOSED) /* it may have failed for want of memory */
		may(status);
}

static troupe_timer periodic;

static void step_timers(troupe_actor *me)
{
	troupe_timer once;

	may(troupe_after(me, TROUPE_MS / 4, ONCE, 0, NULL));
	if (may(troupe_after(me, LIMIT, ONCE, 0, &once)))
		CHECK_OK(troupe_cancel(me, once));
	may(troupe_every(me, TROUPE_MS / 4, TICK, 0, &periodic));
}

static atomic_int watched, told; /* monitors and links made, and news of them */

static void step_watch(troupe_actor *me)
{
	const troupe_ref nobody = { 0 };
	troupe_monitor_id id;
	player young;

	watched += may(troupe_monitor(me, nobody, 0, NULL));
	watched += may(troupe_link(me, nobody));
	if (may(troupe_monitor(me, server.ref, 0, &id)))
		CHECK_OK(troupe_unmonitor(me, id));
	if (may(troupe_link(me, server.ref)))
		CHECK_OK(troupe_unlink(me, server.ref));
	if (may(troupe_spawn_with(me->system, me, &serving, NULL,
	                          TROUPE_OPTIONS(troupe_spawn_options, .link = 1, .monitor = 1), &young.ref))) {
		if (may(troupe_stop(young.ref)))
			watched += 2;
		else
			CHECK_OK(troupe_unlink(me, young.ref));
	}
}

static troupe_verdict drive(troupe_actor *me, const troupe_message *m);

static troupe_verdict drive_otherwise(troupe_actor *me, const troupe_message *m)
{
	if (m->kind != NOTE)
		return drive(me, m);
	CHECK_OK(troupe_unbecome(me));
	return TROUPE_HANDLED;
}

static void step_become(troupe_actor *me)
{
	const player self = { me->ref };

	may(troupe_send(self, LATER, .n = 1));
	may(troupe_send(self, LATER, .n = 2));
	may(troupe_send(self, UNDEFER, 0));
	if (may(troupe_become(me, drive_otherwise)))
		may(troupe_send(self, NOTE, .n = 1));
}

/* So many that they are sent the other way, several in one piece. */
static void step_flood(troupe_actor *me)
{
	(void)me;
	for (int i = 0; i < 400; i++)
		may(troupe_send(server, NOTE, .n = i));
}

/* ------------------------------------------------------------------------------------------------------ the driver -- */

static atomic_int ticks;

static troupe_verdict tick(troupe_actor *me)
{
	if (++ticks == 3)
		CHECK_OK(troupe_cancel(me, periodic));
	return TROUPE_HANDLED;
}

static troupe_verdict drive(troupe_actor *me, const troupe_message *m)
{
	static atomic_bool again;

	switch (m->kind) {
	case STEP:
		again = false;
		((const struct step *)m->data)->run(me);
		return TROUPE_HANDLED;
	case TICK:
		return tick(me);
	case TROUPE_DOWN:
	case TROUPE_LINKED:
		told++;
		return TROUPE_HANDLED;
	case LATER:
		return again ? TROUPE_HANDLED : TROUPE_DEFERRED;
	case UNDEFER:
		again = true;
		troupe_undefer(me);
		return TROUPE_HANDLED;
	default:
		return m->kind == NOTE || m->kind == PASS || m->kind == ONCE || m->kind == TROUPE_RETURNED ||
		                       m->kind == VALUE || m->kind == TROUPE_UNANSWERED
		               ? TROUPE_HANDLED
		               : TROUPE_UNKNOWN;
	}
}

static const troupe_behaviour driving = { .name = "driver", .receive = drive, .traps = 1 };

/* ---------------------------------------------------------------------------------------------------- the scenario -- */

static void settle(void)
{
	CHECK_OK(troupe_settle(theirs, LIMIT));
}

static void take_step(void (*run)(troupe_actor *me))
{
	troupe_status status = troupe_send(driver, STEP, .run = run);

	if (status != TROUPE_EGONE) /* it may have failed for want of memory */
		may(status);
	settle();
}

static void ask_outside(void)
{
	troupe_future future;
	struct value answer;

	if (may(troupe_future_open(theirs, TROUPE_OPTIONS(troupe_expectation, .within_ns = LIMIT), &future))) {
		if (may(troupe_ask(server, GET, future.ref, .n = 1)))
			check_outcome(troupe_next(future, VALUE, &answer, sizeof answer));
		troupe_future_close(future);
	}
	check_outcome(troupe_call(server, GET, VALUE, &answer, LIMIT, .n = 1));
}

static void use_names(void)
{
	player named;

	if (may(troupe_spawn_with(theirs, NULL, &serving, NULL, TROUPE_OPTIONS(troupe_spawn_options, .name = "named"),
	                          &named.ref))) {
		may(troupe_name(named.ref, "again"));
		may(troupe_send(named, NOTE, .n = 1));
		if (may(troupe_stop(named.ref)))
			may(troupe_wait_end(named.ref, LIMIT, NULL));
	}
}

static void everything(void)
{
	take_step(step_spawn);
	take_step(step_send);
	take_step(step_payloads);
	take_step(step_become);
	take_step(step_timers);
	take_step(step_watch);
	CHECK_EQ(told, watched);
	take_step(step_ask);
	ask_outside();
	use_names();
	nanosleep(&(struct timespec){ .tv_nsec = 2000000 }, NULL); /* timers */
	settle();
}

static void flooding(void)
{
	take_step(step_flood);
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
		                         .ledger = &ledger, .memory_max = ceiling };

	letters = 0;
	ticks = 0;
	watched = told = 0;
	server.ref = driver.ref = (troupe_ref){ 0 };
	return may(troupe_start(&options, &theirs));
}

static void check_end(void)
{
	CHECK_OK(troupe_finish(theirs, LIMIT));
	CHECK_EQ(ledger.handled + ledger.dead + ledger.returned, ledger.sent);
	CHECK_EQ(letters, ledger.dead);
}

/* One round; did the scenario get by without a failure? */
static bool run_round(void (*scenario)(void), int fail_at, bool all)
{
	allocations = 0;
	nth = fail_at;
	all_from_there = all;
	failing = true;
	bool started = set_up();
	if (started && may(troupe_spawn(theirs, &serving, NULL, &server.ref)) &&
	    may(troupe_spawn(theirs, &driving, NULL, &driver.ref)))
		scenario();
	failing = !all; /* who has only one failure to get over also ends with it */
	if (started)
		check_end();
	failing = false;
	return allocations < fail_at;
}

static void run_rounds(void (*scenario)(void), bool all, int stride)
{
	int point = 1;

	CHECK_OK(setenv("TROUPE_ALLOC", "malloc", 1));
	CHECK(troupei_memory_is_malloc());
	troupei_memory_fail_by(fail_nth);
	while (point < POINTS_MAX && !run_round(scenario, point, all))
		point += stride;
	CHECK(point < POINTS_MAX);
	CHECK(point > 30); /* it did fail now and then */
}

TEST(allocation_failure, of_one, .timeout = 180)
{
	run_rounds(everything, false, 1);
}

TEST(allocation_failure, of_all_from_one_on, .timeout = 180)
{
	run_rounds(everything, true, 1);
}

TEST(allocation_failure, of_one_while_flooding, .timeout = 180)
{
	run_rounds(flooding, false, 7);
}

TEST(allocation_failure, of_all_from_one_on_while_flooding, .timeout = 180)
{
	run_rounds(flooding, true, 7);
}

TEST(allocation_failure, of_one_with_bounded_mailboxes, .timeout = 180)
{
	ceiling = UINT64_MAX;
	run_rounds(everything, false, 1);
}

TEST(allocation_failure, of_all_from_one_on_with_bounded_mailboxes, .timeout = 180)
{
	ceiling = UINT64_MAX;
	run_rounds(everything, true, 1);
}
