/* SPDX-License-Identifier: MIT */
/* Questions: by actors, by threads, in a circle. */
#include "failures/failures.h"
#include "failures/scenes.h"

static someone server;

static troupe_verdict outcome(troupe_actor *me, const troupe_message *m)
{
	HOLDS(m->kind == VALUE || m->kind == TROUPE_UNANSWERED);
	return player_receive(me, m);
}

static void ask_with(troupe_actor *me, const troupe_expectation *options, int32_t kind)
{
	troupe_ref address;

	if (MAY(troupe_expect(me, options, &address), MEMORY) &&
	    !MAY(troupe_ask_bytes(server.ref, kind, &(struct get){ .n = 1 }, sizeof(struct get), 0, address), MEMORY))
		MUST(troupe_forget(me, address));
}

static void ask_each(troupe_actor *me, int64_t n)
{
	const troupe_expectation in_time = { .struct_size = sizeof in_time, .within_ns = LIMIT, .then = outcome };
	const troupe_expectation held = { .struct_size = sizeof held, .within_ns = LIMIT, .then = outcome, .hold = true };

	MAY(troupe_ask_then(me, server, GET, outcome, 0, .n = 1), MEMORY);
	MAY(troupe_ask_then(me, server, GET, outcome, LIMIT, .n = 1), MEMORY);
	ask_with(me, &in_time, KEEP);
	ask_with(me, &in_time, KINDS_END); /* which the server does not know */
	ask_with(me, &in_time, DROP);
	ask_with(me, &in_time, NOTE);      /* which it forgets to answer */
	ask_with(me, &held, GET);
	if (n > 0)
		MAY(troupe_send(server, ANSWER_KEPT, 0), MEMORY, GONE);
}

void scene_asking(void)
{
	if (!begin((troupe_options){ 0 }))
		return;
	server = spawned(&player);
	someone asker = spawned(&player);
	perform(asker, ask_each, 1);
	call_for_value(server, 1);
	MAY(troupe_send(asker, STEP, .play = ask_each, .n = 0), MEMORY, GONE); /* which may find nobody */
	MAY(troupe_kill(server.ref), MEMORY, GONE);
	end();
}

/* ---------------------------------------------------------------------------------------------------------- futures -- */

static atomic_int then_called;

static void then(void *context, const troupe_message *m)
{
	(void)context, (void)m;
	then_called++;
}

static bool open_future(troupe_future *out)
{
	return MAY(troupe_future_open(the_system, TROUPE_OPTIONS(troupe_expectation, .within_ns = LIMIT), out), MEMORY);
}

/* Asks with it, or closes it. */
static bool ask_future(troupe_future *future, int32_t kind)
{
	if (!open_future(future))
		return false;
	if (MAY(troupe_ask_bytes(server.ref, kind, &(struct get){ .n = 1 }, sizeof(struct get), 0, future->ref), MEMORY))
		return true;
	troupe_future_close(*future);
	return false;
}

static void take_several(void)
{
	troupe_future futures[3];
	struct value value;
	size_t n = 0, which;

	for (int i = 0; i < 3; i++)
		n += ask_future(&futures[n], GET);
	if (n > 0 && MAY(troupe_future_first(futures, n, LIMIT, &which), MEMORY))
		HOLDS(troupe_future_ready(futures[which]));
	if (n > 0)
		MAY(troupe_future_some(futures, n, n, LIMIT), MEMORY);
	for (size_t i = 0; i < n; i++) {
		MAY(troupe_next(futures[i], VALUE, &value, sizeof value), NO_ANSWER);
		HOLDS(troupe_next(futures[i], VALUE, &value, sizeof value) != TROUPE_OK);
		troupe_future_close(futures[i]);
	}
}

void scene_futures(void)
{
	troupe_future future;

	if (!begin((troupe_options){ 0 }))
		return;
	server = spawned(&player);
	take_several();
	if (ask_future(&future, KEEP)) {
		then_called = 0;
		bool has_then = MAY(troupe_future_then(future, then, NULL), MEMORY);
		MAY(troupe_send(server, ANSWER_KEPT, 0), MEMORY, GONE);
		settle();
		HOLDS(!has_then || then_called == 1 || something_failed());
		troupe_future_close(future);
	}
	if (ask_future(&future, KEEP)) /* for whose answer nobody waits */
		troupe_future_close(future);
	end();
}

/* --------------------------------------------------------------------------------------------------------- a circle -- */

static someone circle[3];

static troupe_verdict ask_next(troupe_actor *me, const troupe_message *m)
{
	const troupe_expectation held = { .struct_size = sizeof held, .hold = true };
	troupe_ref address;

	if (m->kind != KEEP)
		return player_receive(me, m);
	int64_t n = ((const struct get *)m->data)->n;
	if (!MAY(troupe_keep(me, m), MEMORY) || !MAY(troupe_expect(me, &held, &address), MEMORY))
		return TROUPE_HANDLED;
	if (!MAY(troupe_ask(circle[(n + 1) % 3], KEEP, address, .n = n + 1), MEMORY))
		MUST(troupe_forget(me, address));
	return TROUPE_HANDLED;
}

static const troupe_behaviour circling = { .name = "circling", .receive = ask_next, .state_size = sizeof(struct player_state) };

/* It is broken by one question that fails; those who kept theirs end with the system. */
void scene_deadlock(void)
{
	troupe_future future;
	troupe_counters counters;

	if (!begin((troupe_options){ 0 }))
		return;
	for (int i = 0; i < 3; i++)
		circle[i] = spawned(&circling);
	server = circle[0];
	if (ask_future(&future, KEEP)) {
		settle();
		MUST(troupe_counters_read(the_system, &counters));
		HOLDS(counters.deadlocks == 1 || something_failed());
		troupe_future_close(future);
	}
	end();
}
