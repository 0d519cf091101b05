/* SPDX-License-Identifier: MIT */
/* Bad references: random, stale and forged ones, addresses where actors are wanted and the other way round. All are refused as
 * documented, and those who live are not harmed. */
#include "victim.h"

enum { PATTERNS = 100000, SLOTS_NEAR = 4096 };

#define ADDRESS_BIT (UINT64_C(1) << 31) /* tells reply addresses from actors: message.h does not say so */

static uint64_t chance = 88172645463325252;

static uint64_t random_bits(void)
{
	chance ^= chance << 13;
	chance ^= chance >> 7;
	chance ^= chance << 17;
	return chance;
}

/* One of four sorts: anything; a slot that is in use or was; a generation that is small; both. */
static troupe_ref random_ref(void)
{
	uint64_t bits = random_bits(), sort = random_bits() % 4;
	uint64_t slot = sort & 1 ? bits % SLOTS_NEAR | (bits & ADDRESS_BIT) : bits & UINT32_MAX;
	uint64_t generation = sort & 2 ? (bits >> 32) % 8 : bits >> 32;

	return (troupe_ref){ generation << 32 | slot };
}

static bool is_address(troupe_ref ref)
{
	return (ref.bits_private & ADDRESS_BIT) != 0;
}

/* A reference that reaches nobody. */
static troupe_ref bad_ref(void)
{
	troupe_ref ref;

	do
		ref = random_ref();
	while (troupe_is_alive(ref));
	return ref;
}

/* ------------------------------------------------------------------------------------------------- what takes them -- */

/* To what is no address: there is no such actor. To what is one: late answers are no failure. */
static void check_sends(troupe_ref bad)
{
	const void *shared = troupe_freeze(troupe_new(8, NULL));
	void *payload = troupe_new(8, NULL);
	troupe_status expected = is_address(bad) ? TROUPE_OK : TROUPE_EGONE;

	CHECK_EQ(troupe_send_bytes(bad, NOTE, "12345678", 8), expected);
	CHECK_EQ(troupe_send_shared(bad, NOTE, shared), expected);
	troupe_release(shared);
	CHECK_EQ(troupe_move_out(bad, NOTE, &payload), expected);
	CHECK_EQ(payload == NULL, expected == TROUPE_OK);
	troupe_free(payload);
}

static void check_ends(troupe_ref bad)
{
	troupe_status expected = is_address(bad) ? TROUPE_EINVAL : TROUPE_EGONE, why = TROUPE_EUSER;

	CHECK(!troupe_is_alive(bad));
	CHECK_EQ(troupe_stop(bad), expected);
	CHECK_EQ(troupe_kill(bad), expected);
	CHECK_EQ(troupe_name(bad, "bad"), expected);
	CHECK_EQ(troupe_wait_end(bad, TROUPE_MS, &why), is_address(bad) ? TROUPE_EINVAL : TROUPE_OK);
	CHECK_EQ(why, is_address(bad) ? TROUPE_EUSER : TROUPE_EGONE);
	CHECK_EQ(troupe_stop_wait(bad, TROUPE_MS), is_address(bad) ? TROUPE_EINVAL : TROUPE_OK);
}

/* Asked with a good address, the outcome arrives there; asked with a bad one, nothing is sent. */
static void check_questions(troupe_ref bad)
{
	struct value answer;
	troupe_future future;
	const victim to = { .ref = bad };

	CHECK_OK(troupe_future_open(theirs, NULL, &future));
	CHECK_EQ(troupe_ask(to, GET, future.ref, .n = 1), is_address(bad) ? TROUPE_EINVAL : TROUPE_OK);
	if (!is_address(bad))
		CHECK_EQ(troupe_next(future, VALUE, &answer, sizeof answer), TROUPE_EGONE);
	troupe_future_close(future);
	CHECK_EQ(troupe_ask(actor, GET, bad, .n = 1), TROUPE_ECLOSED);
	troupe_status status = troupe_call(to, GET, VALUE, &answer, LIMIT, .n = 1);
	CHECK(status == TROUPE_EGONE || (is_address(bad) && status == TROUPE_EINVAL));
}

static void check_futures(troupe_ref bad)
{
	struct value answer;
	const troupe_future future = { bad };

	CHECK_EQ(troupe_next(future, VALUE, &answer, sizeof answer), TROUPE_ECLOSED);
	CHECK(troupe_future_ready(future));
	troupe_future_close(future);
}

static void check_refused(troupe_ref bad)
{
	check_sends(bad);
	check_ends(bad);
	check_questions(bad);
	check_futures(bad);
}

/* ---------------------------------------------------------------------------------------------------------- random -- */

TEST(references, at_random_are_refused_by_every_function)
{
	victim_start();
	for (int i = 0; i < PATTERNS; i++) {
		check_refused(bad_ref());
		if (i % 1000 == 0)
			check_answers();
	}
	victim_finish();
	CHECK_EQ(notes, 0);
}

/* The same inside a handler, where the paths are others; and what only a handler can do. */
static void check_inside(troupe_actor *me, const troupe_message *m, troupe_ref bad)
{
	troupe_status to_actor = is_address(bad) ? TROUPE_EINVAL : TROUPE_EGONE;

	check_sends(bad);
	CHECK_EQ(troupe_send_bytes_from(me, bad, NOTE, "1", 1), is_address(bad) ? TROUPE_OK : TROUPE_EGONE);
	CHECK_EQ(troupe_stop(bad), to_actor);
	CHECK_EQ(troupe_kill(bad), to_actor);
	CHECK_EQ(troupe_name(bad, "bad"), to_actor);
	CHECK_EQ(troupe_forward(me, m, bad), to_actor);
	CHECK(m->data != NULL);
	CHECK_EQ(troupe_forget(me, bad), TROUPE_EGONE);
	CHECK_EQ(troupe_ask((victim){ me->ref }, GET, bad, .n = 1), TROUPE_ECLOSED);
}

static troupe_verdict try_many(troupe_actor *me, const troupe_message *m)
{
	for (int i = 0; i < PATTERNS / 10; i++)
		check_inside(me, m, bad_ref());
	return TROUPE_HANDLED;
}

TEST(references, at_random_are_refused_inside_a_handler)
{
	victim_start();
	for (int i = 0; i < 10; i++) {
		perform(try_many);
		check_answers();
	}
	victim_finish();
	CHECK_EQ(notes, 0);
}

/* ---------------------------------------------------------------------------------------------------------- forged -- */

TEST(references, with_a_slot_beyond_the_range)
{
	const uint64_t slots[] = { 0x7fffffff, 0x7ffffffe, 0x40000000, 134217727, 134217728, 0xffffffff, 0xfffffffe };

	victim_start();
	for (unsigned i = 0; i < sizeof slots / sizeof *slots; i++)
		for (uint64_t generation = 0; generation < 4; generation++)
			check_refused((troupe_ref){ generation << 32 | slots[i] });
	check_refused((troupe_ref){ UINT64_MAX });
	victim_finish();
}

TEST(references, of_the_living_with_another_generation)
{
	victim_start();
	const uint64_t slot = actor.ref.bits_private & UINT32_MAX, generation = actor.ref.bits_private >> 32;
	const uint64_t others[] = { 0, 2, generation - 1, generation + 1, generation + 2, UINT32_MAX, UINT32_MAX - 1 };
	for (unsigned i = 0; i < sizeof others / sizeof *others; i++) {
		check_refused((troupe_ref){ others[i] << 32 | slot });
		check_refused((troupe_ref){ others[i] << 32 | slot | ADDRESS_BIT });
	}
	victim_finish();
	CHECK_EQ(notes, 0);
}

TEST(references, that_are_null)
{
	victim_start();
	check_refused((troupe_ref){ 0 });
	victim_finish();
}

TEST(references, that_are_stale)
{
	static troupe_ref old[1000];

	victim_start();
	for (int i = 0; i < 1000; i++) {
		CHECK_OK(troupe_spawn(theirs, &victim_behaviour, NULL, &old[i]));
		CHECK_OK(troupe_stop_wait(old[i], LIMIT));
		check_refused(old[i]);
		check_refused(old[i / 2]);
	}
	victim_finish();
	check_ends(old[500]);
	CHECK_EQ(troupe_send_bytes(old[500], NOTE, "1", 1), TROUPE_EGONE);
}

/* ------------------------------------------------------------------------------------- the one instead of the other -- */

static troupe_ref own_address;

static troupe_verdict try_expect(troupe_actor *me, const troupe_message *m)
{
	(void)m;
	CHECK_OK(troupe_expect(me, NULL, &own_address));
	return TROUPE_HANDLED;
}

/* All that wants an actor. */
static void check_is_no_actor(troupe_ref ref)
{
	struct value answer;
	troupe_status why;

	CHECK(!troupe_is_alive(ref));
	CHECK_EQ(troupe_stop(ref), TROUPE_EINVAL);
	CHECK_EQ(troupe_kill(ref), TROUPE_EINVAL);
	CHECK_EQ(troupe_name(ref, "address"), TROUPE_EINVAL);
	CHECK_EQ(troupe_wait_end(ref, TROUPE_MS, &why), TROUPE_EINVAL);
	CHECK_EQ(troupe_stop_wait(ref, TROUPE_MS), TROUPE_EINVAL);
	CHECK_EQ(troupe_ask((victim){ ref }, GET, ref, .n = 1), TROUPE_EINVAL);
	troupe_status status = troupe_call((victim){ ref }, GET, VALUE, &answer, LIMIT, .n = 1);
	CHECK(status == TROUPE_EINVAL || status == TROUPE_EGONE);
}

TEST(references, of_reply_addresses_where_actors_are_wanted)
{
	troupe_future future;
	struct value answer;

	victim_start();
	CHECK_OK(troupe_future_open(theirs, NULL, &future));
	perform(try_expect);
	check_is_no_actor(own_address);
	check_is_no_actor(future.ref);
	CHECK_OK(troupe_ask(actor, GET, future.ref, .n = 5)); /* is as good as before */
	CHECK_OK(troupe_next(future, VALUE, &answer, sizeof answer));
	CHECK_EQ(answer.n, 5);
	troupe_future_close(future);
	check_is_no_actor(future.ref);
	victim_finish();
}

TEST(references, of_actors_where_reply_addresses_are_wanted)
{
	victim_start();
	troupe_ledger before = ledger_now();
	CHECK_EQ(troupe_ask(actor, GET, actor.ref, .n = 1), TROUPE_ECLOSED);
	check_futures(actor.ref);
	check_nothing_since(before);
	victim_finish();
}

static troupe_verdict try_forget(troupe_actor *me, const troupe_message *m)
{
	(void)m;
	CHECK_EQ(troupe_forget(me, me->ref), TROUPE_EGONE);
	CHECK_EQ(troupe_forget(me, own_address), TROUPE_EGONE); /* another's */
	return TROUPE_HANDLED;
}

TEST(references, of_what_is_not_ones_own_address_are_not_forgotten)
{
	troupe_future future;

	victim_start();
	CHECK_OK(troupe_future_open(theirs, NULL, &future));
	own_address = future.ref;
	perform(try_forget);
	CHECK(!troupe_future_ready(future));
	troupe_future_close(future);
	victim_finish();
}

/* An actor's reference made to look like an address. */
TEST(references, of_actors_in_the_guise_of_reply_addresses)
{
	victim_start();
	check_refused((troupe_ref){ actor.ref.bits_private | ADDRESS_BIT });
	victim_finish();
	CHECK_EQ(notes, 0);
}

/* An address made to look like an actor's reference. The system is being driven by somebody who makes references up: what it
 * says matters less than that the address is as good as before. */
static void disguise(troupe_ref address)
{
	const troupe_ref bad = { address.bits_private & ~ADDRESS_BIT };
	struct value answer;

	CHECK(troupe_send_bytes(bad, NOTE, "12345678", 8) != TROUPE_OK);
	CHECK(troupe_stop(bad) != TROUPE_OK);
	CHECK(troupe_kill(bad) != TROUPE_OK);
	CHECK(troupe_call((victim){ bad }, GET, VALUE, &answer, LIMIT, .n = 1) != TROUPE_OK);
}

TEST(references, of_reply_addresses_in_the_guise_of_actors)
{
	troupe_future future;
	struct value answer;

	victim_start();
	CHECK_OK(troupe_future_open(theirs, NULL, &future));
	disguise(future.ref);
	CHECK_OK(troupe_ask(actor, GET, future.ref, .n = 5));
	CHECK_OK(troupe_next(future, VALUE, &answer, sizeof answer));
	CHECK_EQ(answer.n, 5);
	troupe_future_close(future);
	victim_finish();
}

TEST(references, of_reply_addresses_in_the_guise_of_actors_are_not_alive)
{
	troupe_future future;
	troupe_status why = TROUPE_OK;

	victim_start();
	CHECK_OK(troupe_future_open(theirs, NULL, &future));
	const troupe_ref bad = { future.ref.bits_private & ~ADDRESS_BIT };
	CHECK(!troupe_is_alive(bad));
	CHECK_EQ(troupe_name(bad, "guise"), TROUPE_EGONE);
	CHECK_OK(troupe_wait_end(bad, TROUPE_MS, &why));
	CHECK_EQ(why, TROUPE_EGONE);
	troupe_future_close(future);
	victim_finish();
}

static atomic_int last_reason;

static troupe_verdict outcome(troupe_actor *me, const troupe_message *m)
{
	(void)me;
	last_reason = m->why;
	return TROUPE_HANDLED;
}

/* Two questions, of which one is not answered; in between somebody gives the address a name, as if it were an actor. */
static troupe_verdict ask_two(troupe_actor *me, const troupe_message *m)
{
	const troupe_expectation two = { .struct_size = sizeof two, .answers = 2, .then = outcome };
	struct get question = { .n = 1 };

	(void)m;
	CHECK_OK(troupe_expect(me, &two, &own_address));
	CHECK(troupe_name((troupe_ref){ own_address.bits_private & ~ADDRESS_BIT }, "guise") != TROUPE_OK);
	CHECK_OK(troupe_ask_bytes(actor.ref, STRANGE, &question, sizeof question, 0, own_address));
	CHECK_OK(troupe_ask_bytes(actor.ref, GET, &question, sizeof question, 0, own_address));
	return TROUPE_HANDLED;
}

TEST(references, of_reply_addresses_in_the_guise_of_actors_get_no_name_and_keep_their_outcome)
{
	victim_start();
	perform(ask_two);
	CHECK_EQ(last_reason, TROUPE_EUNANSWERED);
	victim_finish();
}
