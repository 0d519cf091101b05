/* SPDX-License-Identifier: MIT */
/* Bad input: every argument that is not allowed gives the documented code, and nothing has happened. What takes a running actor
 * is tried inside a handler. */
#include <limits.h>
#include <stdlib.h>

#include "victim.h"

static const troupe_system no_system;
static const troupe_ref nobody;
static const int32_t bad_kinds[] = { 0, -1, -7, INT32_MIN };
static char byte[16];

enum { BAD_KINDS = sizeof bad_kinds / sizeof *bad_kinds };

static const size_t TOO_LARGE = (size_t)TROUPE_MESSAGE_SIZE_MAX + 1;

/* What a handler may answer with, after what it has tried. */
static troupe_verdict tried(troupe_actor *me)
{
	CHECK(me != NULL);
	notes++;
	return TROUPE_HANDLED;
}

/* The test tries in a handler, and again in one when nothing must have been sent. */
static void try_inside(troupe_verdict (*run)(troupe_actor *me, const troupe_message *m))
{
	victim_start();
	troupe_ledger before = ledger_now();
	perform(run);
	CHECK_EQ(notes, 1);
	before.sent++; /* what told it to */
	check_nothing_since(before);
	victim_finish();
}

/* -------------------------------------------------------------------------------------------------------- no system -- */

TEST(arguments, start_without_a_place_for_the_system)
{
	CHECK_EQ(troupe_start(NULL, NULL), TROUPE_EINVAL);
}

TEST(arguments, start_without_options_takes_the_defaults)
{
	troupe_system system;

	CHECK_OK(troupe_start(NULL, &system));
	CHECK_OK(troupe_finish(system, LIMIT));
}

TEST(arguments, null_system)
{
	troupe_ledger ledger;
	troupe_counters counters;
	troupe_future future = { { 0 } };
	troupe_ref found = { 1 };

	CHECK_EQ(troupe_spawn(no_system, &victim_behaviour, NULL, &found), TROUPE_EINVAL);
	CHECK_EQ(troupe_spawn_with(no_system, NULL, &victim_behaviour, NULL, NULL, &found), TROUPE_EINVAL);
	CHECK_EQ(troupe_future_open(no_system, NULL, &future), TROUPE_EINVAL);
	CHECK_EQ(troupe_ledger_read(no_system, &ledger), TROUPE_EINVAL);
	CHECK_EQ(troupe_counters_read(no_system, &counters), TROUPE_EINVAL);
	CHECK_EQ(troupe_find(no_system, "name", &found), TROUPE_EINVAL);
	CHECK_EQ(troupe_unname(no_system, "name"), TROUPE_EINVAL);
	CHECK_EQ(troupe_run(no_system), TROUPE_EINVAL);
	CHECK_EQ(troupe_quit(no_system), TROUPE_EINVAL);
	CHECK_EQ(troupe_settle(no_system, 1), TROUPE_EINVAL);
	CHECK_EQ(troupe_finish(no_system, 1), TROUPE_EINVAL);
	CHECK_EQ(found.bits_private, 1);
	CHECK(troupe_ref_is_null(future.ref));
	CHECK_EQ(troupe_now(no_system), 0);
}

/* --------------------------------------------------------------------------------------------------- null pointers -- */

TEST(arguments, null_behaviour)
{
	troupe_ref out = { 7 };

	victim_start();
	CHECK_EQ(troupe_spawn(theirs, NULL, NULL, &out), TROUPE_EINVAL);
	CHECK_EQ(troupe_spawn_with(theirs, NULL, NULL, NULL, NULL, &out), TROUPE_EINVAL);
	CHECK_EQ(out.bits_private, 7);
	victim_finish();
}

TEST(arguments, spawn_needs_no_place_for_the_reference_nor_options_nor_state)
{
	static const troupe_behaviour with_state = { .receive = victim_receive, .state_size = 40 };

	victim_start();
	CHECK_OK(troupe_spawn(theirs, &with_state, NULL, NULL));
	CHECK_OK(troupe_spawn_with(theirs, NULL, &with_state, NULL, NULL, NULL));
	victim_finish();
}

TEST(arguments, null_places_for_results)
{
	victim_start();
	CHECK_EQ(troupe_future_open(theirs, NULL, NULL), TROUPE_EINVAL);
	CHECK_EQ(troupe_ledger_read(theirs, NULL), TROUPE_EINVAL);
	CHECK_EQ(troupe_counters_read(theirs, NULL), TROUPE_EINVAL);
	CHECK_OK(troupe_name(actor.ref, "known"));
	CHECK_EQ(troupe_find(theirs, "known", NULL), TROUPE_EINVAL);
	CHECK_OK(troupe_wait_end(nobody, LIMIT, NULL));
	victim_finish();
}

TEST(arguments, null_place_for_an_answer)
{
	troupe_future future;

	victim_start();
	CHECK_OK(troupe_future_open(theirs, NULL, &future));
	troupe_ledger before = ledger_now();
	CHECK_EQ(troupe_next(future, VALUE, NULL, sizeof(struct value)), TROUPE_EINVAL);
	CHECK_EQ(troupe_call_bytes(actor.ref, GET, &(struct get){ .n = 1 }, sizeof(struct get), 0, VALUE, NULL,
	                           sizeof(struct value), LIMIT),
	         TROUPE_EINVAL);
	check_nothing_since(before);
	troupe_future_close(future);
	victim_finish();
}

TEST(arguments, null_names)
{
	troupe_ref found = { 7 };

	victim_start();
	CHECK_EQ(troupe_name(actor.ref, NULL), TROUPE_EINVAL);
	CHECK_EQ(troupe_find(theirs, NULL, &found), TROUPE_EINVAL);
	CHECK_EQ(troupe_unname(theirs, NULL), TROUPE_EINVAL);
	CHECK_EQ(found.bits_private, 7);
	victim_finish();
}

TEST(arguments, null_payloads)
{
	victim_start();
	troupe_ledger before = ledger_now();
	CHECK_EQ(troupe_send_moved(actor.ref, NOTE, NULL), TROUPE_EINVAL);
	CHECK_EQ(troupe_send_shared(actor.ref, NOTE, NULL), TROUPE_EINVAL);
	CHECK(troupe_freeze(NULL) == NULL);
	troupe_free(NULL);
	troupe_retain(NULL);
	troupe_release(NULL);
	check_nothing_since(before);
	victim_finish();
}

TEST(arguments, null_actor)
{
	const troupe_message message = { .kind = NOTE };
	troupe_ref ref = { 7 };

	victim_start();
	CHECK_EQ(troupe_spawn_child(NULL, &victim_behaviour, NULL, &ref), TROUPE_EINVAL);
	CHECK(troupe_ref_is_null(troupe_parent(NULL)));
	CHECK_EQ(troupe_become(NULL, victim_receive), TROUPE_EINVAL);
	CHECK_EQ(troupe_unbecome(NULL), TROUPE_EINVAL);
	CHECK_EQ(troupe_undefer(NULL), 0);
	CHECK(!troupe_undefer_one(NULL));
	CHECK_EQ(troupe_fail(NULL, TROUPE_EUSER), TROUPE_FAILED);
	troupe_exit(NULL, TROUPE_OK);
	CHECK_EQ(troupe_expect(NULL, NULL, &ref), TROUPE_EINVAL);
	CHECK_EQ(troupe_forget(NULL, ref), TROUPE_EINVAL);
	CHECK_EQ(troupe_keep(NULL, &message), TROUPE_EINVAL);
	CHECK_EQ(troupe_forward(NULL, &message, actor.ref), TROUPE_EINVAL);
	CHECK(troupe_take(NULL, &message) == NULL);
	CHECK_EQ(ref.bits_private, 7);
	victim_finish();
}

TEST(arguments, null_actor_that_sends_asks_or_has_timers)
{
	troupe_timer timer = { 7 };

	victim_start();
	troupe_ledger before = ledger_now();
	CHECK_EQ(troupe_send_bytes_from(NULL, actor.ref, NOTE, byte, 1), TROUPE_EINVAL);
	CHECK_EQ(troupe_ask_then(NULL, actor, GET, NULL, 0, .n = 1), TROUPE_EINVAL);
	CHECK_EQ(troupe_after(NULL, 1, NOTE, 0, &timer), TROUPE_EINVAL);
	CHECK_EQ(troupe_every(NULL, 1, NOTE, 0, &timer), TROUPE_EINVAL);
	CHECK_EQ(troupe_cancel(NULL, timer), TROUPE_EINVAL);
	CHECK_EQ(timer.bits_private, 7);
	check_nothing_since(before);
	victim_finish();
}

static troupe_verdict try_null_pointers(troupe_actor *me, const troupe_message *m)
{
	CHECK_EQ(troupe_spawn_child(me, NULL, NULL, NULL), TROUPE_EINVAL);
	CHECK_EQ(troupe_become(me, NULL), TROUPE_EINVAL);
	CHECK_EQ(troupe_expect(me, NULL, NULL), TROUPE_EINVAL);
	CHECK_EQ(troupe_keep(me, NULL), TROUPE_EINVAL);
	CHECK_EQ(troupe_keep(me, m), TROUPE_EINVAL); /* no question */
	CHECK_EQ(troupe_forward(me, NULL, me->ref), TROUPE_EINVAL);
	CHECK(troupe_take(me, NULL) == NULL);
	return tried(me);
}

TEST(arguments, null_pointers_inside_a_handler)
{
	try_inside(try_null_pointers);
}

/* A message that is not the one being handled. */
static troupe_verdict try_another_message(troupe_actor *me, const troupe_message *m)
{
	const troupe_message copy = *m;

	CHECK_EQ(troupe_keep(me, &copy), TROUPE_EINVAL);
	CHECK_EQ(troupe_forward(me, &copy, me->ref), TROUPE_EINVAL);
	CHECK(troupe_take(me, &copy) == NULL);
	return tried(me);
}

TEST(arguments, a_copy_of_the_message_instead_of_the_message)
{
	try_inside(try_another_message);
}

/* ------------------------------------------------------------------------------------------------- kinds and sizes -- */

static void send_all_ways(troupe_ref to, int32_t kind, const void *data, size_t size, troupe_status expected)
{
	struct value answer;

	CHECK_EQ(troupe_send_bytes(to, kind, data, size), expected);
	CHECK_EQ(troupe_ask_bytes(to, kind, data, size, 0, nobody), expected);
	CHECK(troupe_call_bytes(to, kind, data, size, 0, VALUE, &answer, sizeof answer, LIMIT) == expected);
}

TEST(arguments, kinds_that_are_not_above_0)
{
	victim_start();
	troupe_ledger before = ledger_now();
	for (int i = 0; i < BAD_KINDS; i++)
		send_all_ways(actor.ref, bad_kinds[i], byte, sizeof byte, TROUPE_EINVAL);
	check_nothing_since(before);
	victim_finish();
}

TEST(arguments, kinds_that_are_not_above_0_with_a_payload_by_pointer)
{
	victim_start();
	void *payload = troupe_new(8, NULL);
	troupe_ledger before = ledger_now();
	for (int i = 0; i < BAD_KINDS; i++)
		CHECK_EQ(troupe_send_moved(actor.ref, bad_kinds[i], payload), TROUPE_EINVAL);
	const void *shared = troupe_freeze(payload);
	for (int i = 0; i < BAD_KINDS; i++)
		CHECK_EQ(troupe_send_shared(actor.ref, bad_kinds[i], shared), TROUPE_EINVAL);
	troupe_release(shared);
	check_nothing_since(before);
	victim_finish();
}

TEST(arguments, kinds_that_are_not_above_0_to_a_reply_address)
{
	troupe_future future;

	victim_start();
	CHECK_OK(troupe_future_open(theirs, NULL, &future));
	for (int i = 0; i < BAD_KINDS; i++)
		CHECK_EQ(troupe_send_bytes(future.ref, bad_kinds[i], byte, 1), TROUPE_EINVAL);
	CHECK(!troupe_future_ready(future));
	troupe_future_close(future);
	victim_finish();
}

static troupe_verdict try_kinds(troupe_actor *me, const troupe_message *m)
{
	troupe_timer timer = { 0 };

	(void)m;
	for (int i = 0; i < BAD_KINDS; i++) {
		CHECK_EQ(troupe_send_bytes(me->ref, bad_kinds[i], byte, 1), TROUPE_EINVAL);
		CHECK_EQ(troupe_send_bytes_from(me, me->ref, bad_kinds[i], byte, 1), TROUPE_EINVAL);
		CHECK_EQ(troupe_ask_then_bytes(me, me->ref, bad_kinds[i], byte, 16, 0, NULL, 0), TROUPE_EINVAL);
		CHECK_EQ(troupe_after(me, 1, bad_kinds[i], 0, &timer), TROUPE_EINVAL);
		CHECK_EQ(troupe_every(me, 1, bad_kinds[i], 0, &timer), TROUPE_EINVAL);
	}
	CHECK_EQ(timer.bits_private, 0);
	return tried(me);
}

TEST(arguments, kinds_that_are_not_above_0_inside_a_handler)
{
	try_inside(try_kinds);
}

TEST(arguments, the_largest_kind_is_allowed)
{
	victim_start();
	CHECK_OK(troupe_send_bytes(actor.ref, INT32_MAX, byte, 1));
	settle();
	CHECK_EQ(last_why, TROUPE_EUNKNOWN);
	victim_finish();
}

TEST(arguments, payloads_that_are_too_large)
{
	victim_start();
	troupe_ledger before = ledger_now();
	send_all_ways(actor.ref, NOTE, byte, TOO_LARGE, TROUPE_EINVAL);
	send_all_ways(actor.ref, NOTE, byte, SIZE_MAX, TROUPE_EINVAL);
	check_nothing_since(before);
	CHECK(troupe_new(TOO_LARGE, NULL) == NULL);
	CHECK(troupe_new(SIZE_MAX, NULL) == NULL);
	CHECK(troupe_new(0, NULL) == NULL);
	victim_finish();
}

TEST(arguments, no_data_where_there_should_be_some)
{
	victim_start();
	troupe_ledger before = ledger_now();
	send_all_ways(actor.ref, NOTE, NULL, 8, TROUPE_EINVAL);
	check_nothing_since(before);
	CHECK_OK(troupe_send_bytes(actor.ref, NOTE, NULL, 0));
	victim_finish();
	CHECK_EQ(notes, 1);
}

static troupe_verdict try_sizes(troupe_actor *me, const troupe_message *m)
{
	(void)m;
	CHECK_EQ(troupe_send_bytes(me->ref, NOTE, byte, TOO_LARGE), TROUPE_EINVAL);
	CHECK_EQ(troupe_send_bytes(me->ref, NOTE, byte, SIZE_MAX), TROUPE_EINVAL);
	CHECK_EQ(troupe_send_bytes(me->ref, NOTE, NULL, 8), TROUPE_EINVAL);
	CHECK_EQ(troupe_send_bytes_from(me, me->ref, NOTE, byte, SIZE_MAX), TROUPE_EINVAL);
	CHECK_EQ(troupe_send_bytes_from(me, me->ref, NOTE, NULL, 8), TROUPE_EINVAL);
	CHECK_EQ(troupe_ask_then_bytes(me, me->ref, NOTE, NULL, 8, 0, NULL, 0), TROUPE_EINVAL);
	return tried(me);
}

TEST(arguments, sizes_inside_a_handler)
{
	try_inside(try_sizes);
}

/* --------------------------------------------------------------------------------------------------- reply offsets -- */

static const size_t bad_offsets[] = { 9, 15, 16, 17, SIZE_MAX, SIZE_MAX - 7 };

TEST(arguments, reply_addresses_outside_of_the_payload)
{
	struct value answer;
	troupe_future future;

	victim_start();
	CHECK_OK(troupe_future_open(theirs, NULL, &future));
	troupe_ledger before = ledger_now();
	for (unsigned i = 0; i < sizeof bad_offsets / sizeof *bad_offsets; i++) {
		CHECK_EQ(troupe_ask_bytes(actor.ref, GET, byte, 16, bad_offsets[i], future.ref), TROUPE_EINVAL);
		CHECK_EQ(troupe_call_bytes(actor.ref, GET, byte, 16, bad_offsets[i], VALUE, &answer, sizeof answer, LIMIT),
		         TROUPE_EINVAL);
	}
	for (size_t size = 0; size < 8; size++) /* has no room for one */
		CHECK_EQ(troupe_ask_bytes(actor.ref, GET, byte, size, 0, future.ref), TROUPE_EINVAL);
	check_nothing_since(before);
	CHECK(!troupe_future_ready(future));
	troupe_future_close(future);
	victim_finish();
}

static troupe_verdict try_offsets(troupe_actor *me, const troupe_message *m)
{
	(void)m;
	for (unsigned i = 0; i < sizeof bad_offsets / sizeof *bad_offsets; i++)
		CHECK_EQ(troupe_ask_then_bytes(me, me->ref, GET, byte, 16, bad_offsets[i], NULL, 0), TROUPE_EINVAL);
	return tried(me);
}

TEST(arguments, reply_addresses_outside_of_the_payload_inside_a_handler)
{
	try_inside(try_offsets);
}

/* ----------------------------------------------------------------------------------------------------------- names -- */

static const char *name_of(size_t length)
{
	static char name[80];

	memset(name, 'n', length);
	name[length] = 0;
	return name;
}

TEST(arguments, names_of_every_length)
{
	troupe_ref found = { 7 };

	victim_start();
	for (size_t length = 0; length < sizeof(char[80]); length++) {
		bool fits = length > 0 && length <= TROUPE_NAME_SIZE_MAX;
		CHECK_EQ(troupe_name(actor.ref, name_of(length)), fits ? TROUPE_OK : TROUPE_EINVAL);
		CHECK_EQ(troupe_find(theirs, name_of(length), &found), fits ? TROUPE_OK : TROUPE_ENOENT);
		CHECK_EQ(troupe_unname(theirs, name_of(length)), fits ? TROUPE_OK : TROUPE_ENOENT);
	}
	victim_finish();
}

TEST(arguments, names_at_the_spawn)
{
	troupe_ref out = { 7 };
	troupe_counters before, after;

	victim_start();
	CHECK_OK(troupe_counters_read(theirs, &before));
	CHECK_EQ(troupe_spawn_with(theirs, NULL, &victim_behaviour, NULL,
	                           TROUPE_OPTIONS(troupe_spawn_options, .name = ""), &out),
	         TROUPE_EINVAL);
	CHECK_EQ(troupe_spawn_with(theirs, NULL, &victim_behaviour, NULL,
	                           TROUPE_OPTIONS(troupe_spawn_options, .name = name_of(64)), &out),
	         TROUPE_EINVAL);
	CHECK_EQ(out.bits_private, 7);
	CHECK_OK(troupe_counters_read(theirs, &after));
	CHECK_EQ(after.actors_alive, before.actors_alive);
	CHECK_OK(troupe_spawn_with(theirs, NULL, &victim_behaviour, NULL,
	                           TROUPE_OPTIONS(troupe_spawn_options, .name = name_of(63)), &out));
	victim_finish();
}
