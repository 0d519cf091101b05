/* SPDX-License-Identifier: MIT */
/* The parts of the library against each other in many orders of messages: awaiting and deferring, groups, tasks and futures, timers,
 * names, watching and ends. The books are exact, also when memory is refused by chance. */
#include "simulated.h"

enum kind { GO = 1, GET, GOT, TICK, ITEM, PUT, DONE };

struct got { int n; };
typedef union got_reply { troupe_ref ref; const struct got *GOT; } got_reply;
struct get { got_reply reply; };

/* -------------------------------------------------------------------------------------------------- awaiting, deferring -- */

struct store { int items; };

/* A question waits until there is an item. */
static troupe_verdict store(troupe_actor *me, const troupe_message *m)
{
	struct store *self = me->state;

	if (m->kind == ITEM) {
		self->items++;
		troupe_undefer(me);
		return TROUPE_HANDLED;
	}
	if (m->kind != GET)
		return TROUPE_UNKNOWN;
	if (self->items == 0)
		return TROUPE_DEFERRED;
	struct got answer = { self->items-- };
	troupe_ignore(troupe_send_bytes(((const struct get *)m->data)->reply.ref, GOT, &answer, sizeof answer));
	return TROUPE_HANDLED;
}

struct buyer { troupe_ref store; int bought, missed, while_waiting; bool waits; };

static int bought, missed;

static troupe_verdict buy(troupe_actor *me, const troupe_message *m)
{
	struct buyer *self = me->state;
	troupe_expectation awaited = { .struct_size = sizeof awaited, .hold = true, .within_ns = TROUPE_S };
	struct get get = { { { 0 } } };
	troupe_ref address;

	switch (m->kind) {
	case GO:
		troupe_holds(!self->waits, "nothing but the answer is handled while it is awaited");
		if (troupe_expect(me, &awaited, &address) == TROUPE_OK) {
			self->waits = troupe_ask_bytes(self->store, GET, &get, sizeof get, offsetof(struct get, reply), address) == TROUPE_OK;
			if (!self->waits)
				troupe_ignore(troupe_forget(me, address));
		}
		return TROUPE_HANDLED;
	case GOT:
		self->waits = false;
		bought++;
		return TROUPE_HANDLED;
	case TROUPE_UNANSWERED:
		self->waits = false;
		missed++;
		return TROUPE_HANDLED;
	default:
		return TROUPE_UNKNOWN;
	}
}

static void shop(void *context)
{
	static const troupe_behaviour stores = { .name = "store", .receive = store, .state_size = sizeof(struct store) };
	static const troupe_behaviour buyers = { .name = "buyer", .receive = buy, .state_size = sizeof(struct buyer) };
	troupe_ref place, buyer;
	troupe_ledger ledger;
	troupe_system system;

	(void)context;
	bought = missed = 0;
	if (!open_system(&system, &ledger))
		return;
	bool stands = troupe_spawn(system, &stores, NULL, &place) == TROUPE_OK;
	int asked = 0, put = 0;
	for (int i = 0; i < 2 && stands; i++)
		if (troupe_spawn(system, &buyers, &(struct buyer){ .store = place }, &buyer) == TROUPE_OK)
			for (int k = 0; k < 2; k++) {
				asked += troupe_send_bytes(buyer, GO, NULL, 0) == TROUPE_OK;
				put += stands && troupe_send_bytes(place, ITEM, NULL, 0) == TROUPE_OK;
			}
	close_system(system, &ledger);
	troupe_holds(bought <= put && bought + missed <= asked, "each item is sold once, each question has one outcome");
}

TEST(simulated_parts, awaiting_and_deferring)
{
	check_all_orders(shop, 0, 0);
	check_all_orders(shop, 0, REFUSALS_PPM);
}

/* ------------------------------------------------------------------------------------------------------------ groups -- */

static troupe_verdict answer_once(troupe_actor *me, const troupe_message *m)
{
	struct got answer = { 1 };

	if (m->kind == GET)
		troupe_ignore(troupe_send_bytes(((const struct get *)m->data)->reply.ref, GOT, &answer, sizeof answer));
	else if (m->kind == DONE)
		troupe_exit(me, TROUPE_OK);
	return TROUPE_HANDLED;
}

static void groups(void *context)
{
	static const troupe_routing routings[] = { TROUPE_BY_TURNS, TROUPE_AT_RANDOM, TROUPE_TO_LEAST, TROUPE_TO_ALL };
	static const troupe_behaviour members = { .name = "member", .receive = answer_once };
	troupe_ref group, member;
	troupe_ledger ledger;
	troupe_system system;
	troupe_future future;
	struct get get = { { { 0 } } };
	struct got got;

	(void)context;
	for (unsigned i = 0; i < 4; i++) {
		if (!open_system(&system, &ledger))
			return;
		troupe_group_options options = { .struct_size = sizeof options, .routing = routings[i] };
		if (troupe_group_open(system, "members", &options, &group) == TROUPE_OK) {
			for (int k = 0; k < 3; k++)
				if (troupe_spawn(system, &members, NULL, &member) == TROUPE_OK)
					troupe_ignore(troupe_join(group, member));
			troupe_ignore(troupe_send_bytes(group, DONE, NULL, 0));
			if (troupe_future_open(system, TROUPE_OPTIONS(troupe_expectation, .within_ns = TROUPE_S), &future) == TROUPE_OK) {
				if (troupe_ask_bytes(group, GET, &get, sizeof get, offsetof(struct get, reply), future.ref) == TROUPE_OK)
					troupe_ignore(troupe_next(future, GOT, &got, sizeof got));
				troupe_future_close(future);
			}
		}
		close_system(system, &ledger);
	}
}

TEST(simulated_parts, groups_whose_members_end)
{
	check_all_orders(groups, 0, 0);
	check_all_orders(groups, 0, REFUSALS_PPM);
}

/* ---------------------------------------------------------------------------------------------- tasks and futures, blocking -- */

static troupe_status add_one(troupe_job *job, void *argument)
{
	struct got result = { *(int *)argument + 1 };

	return troupe_job_give(job, &result, sizeof result);
}

static troupe_verdict block(troupe_actor *me, const troupe_message *m)
{
	const troupe_ref *store_of = me->state;
	struct get get = { { { 0 } } };
	struct got got;

	if (m->kind == GO)
		troupe_ignore(troupe_call_bytes(*store_of, GET, &get, sizeof get, offsetof(struct get, reply), GOT, &got, sizeof got, TROUPE_S));
	return TROUPE_HANDLED;
}

static void tasks(void *context)
{
	static const troupe_behaviour members = { .name = "member", .receive = answer_once };
	static const troupe_behaviour blockers = { .name = "blocker", .receive = block, .state_size = sizeof(troupe_ref), .blocks = 1 };
	troupe_task task[3] = { { 0 } };
	troupe_ref member, blocker;
	troupe_ledger ledger;
	troupe_system system;
	troupe_pool pool;

	(void)context;
	if (!open_system(&system, &ledger))
		return;
	if (troupe_spawn(system, &members, NULL, &member) == TROUPE_OK &&
	    troupe_spawn(system, &blockers, &member, &blocker) == TROUPE_OK)
		for (int i = 0; i < 2; i++)
			troupe_ignore(troupe_send_bytes(blocker, GO, NULL, 0));
	if (troupe_pool_open(TROUPE_OPTIONS(troupe_pool_options, .threads_max = 2), &pool) == TROUPE_OK) {
		for (int i = 0; i < 3; i++)
			if (troupe_submit(pool, add_one, &i, sizeof i, NULL, &task[i]) == TROUPE_OK) {
				troupe_status outcome = TROUPE_EGONE;
				troupe_status waited = troupe_task_wait(task[i], 0, &outcome);
				troupe_holds(waited == TROUPE_OK && (outcome == TROUPE_OK || outcome == TROUPE_ENOMEM), "each task has an outcome");
				troupe_task_drop(task[i]);
			}
		troupe_holds(troupe_pool_close(pool, 0, TROUPE_RUN_QUEUED) == TROUPE_OK, "the pool is closed");
	}
	close_system(system, &ledger);
}

TEST(simulated_parts, tasks_and_actors_that_block)
{
	check_all_orders(tasks, 0, 0);
	check_all_orders(tasks, 0, REFUSALS_PPM);
}

/* -------------------------------------------------------------------------------------------- timers, names, watching -- */

struct watcher { troupe_ref other; troupe_timer beat; int beats, downs; };

static troupe_verdict watch(troupe_actor *me, const troupe_message *m)
{
	struct watcher *self = me->state;
	troupe_ref named;

	switch (m->kind) {
	case GO:
		troupe_ignore(troupe_monitor(me, self->other, 7, NULL));
		troupe_ignore(troupe_every(me, 1000000, TICK, 0, &self->beat));
		troupe_ignore(troupe_name(me->ref, "watcher"));
		return TROUPE_HANDLED;
	case TICK:
		troupe_holds(++self->beats <= 3, "nothing comes from a timer that was cancelled");
		if (self->beats == 3)
			troupe_ignore(troupe_cancel(me, self->beat));
		else if (troupe_find(me->system, "other", &named) == TROUPE_OK)
			troupe_ignore(troupe_stop(named));
		return TROUPE_HANDLED;
	case TROUPE_DOWN:
		troupe_holds(++self->downs == 1, "an end is told once");
		return TROUPE_HANDLED;
	default:
		return TROUPE_UNKNOWN;
	}
}

static void watching(void *context)
{
	static const troupe_behaviour members = { .name = "member", .receive = answer_once };
	static const troupe_behaviour watchers = { .name = "watcher", .receive = watch, .state_size = sizeof(struct watcher) };
	troupe_ref other, watcher;
	troupe_ledger ledger;
	troupe_system system;

	(void)context;
	if (!open_system(&system, &ledger))
		return;
	if (troupe_spawn_with(system, NULL, &members, NULL, TROUPE_OPTIONS(troupe_spawn_options, .name = "other"), &other) == TROUPE_OK &&
	    troupe_spawn(system, &watchers, &(struct watcher){ .other = other }, &watcher) == TROUPE_OK) {
		troupe_ignore(troupe_send_bytes(watcher, GO, NULL, 0));
		troupe_ignore(troupe_send_bytes(other, PUT, NULL, 0));
		troupe_ignore(troupe_wait_end(other, 10000000, NULL));
	}
	close_system(system, &ledger);
}

TEST(simulated_parts, timers_names_and_watching)
{
	check_all_orders(watching, 0, 0);
	check_all_orders(watching, 0, REFUSALS_PPM);
}
