/* SPDX-License-Identifier: MIT */
/* Reply addresses: their state, their list, and that each outcome arrives once, also when the last one taken is overtaken. */
#include "actors/ask.h"

#include "actors/timers.h"
#include "stage.h"

enum { ANSWER = 1, FEW = 5, ADDRESSES = 300, SIDES = 2 };

static struct stage s;

/* What the asker was told, in order: kinds of answers, or the reason why there are none. */
static int told[16];
static atomic_int told_count;

static troupe_verdict note(troupe_actor *me, const troupe_message *m)
{
	(void)me;
	told[told_count] = m->kind == TROUPE_UNANSWERED ? (int)m->why : m->kind;
	atomic_fetch_add(&told_count, 1);
	return TROUPE_HANDLED;
}

static struct extra *extra_of(troupe_actor *me)
{
	return troupei_me_worker(me)->running->extra;
}

static troupe_ref expect(troupe_actor *me, uint32_t answers, uint32_t questions)
{
	troupe_ref address;
	CHECK_OK(troupe_expect(
		me, TROUPE_OPTIONS(troupe_expectation, .answers = answers, .questions = questions, .then = note), &address));
	return address;
}

static void answer(troupe_ref address, int32_t kind)
{
	CHECK_OK(troupe_send_bytes(address, kind, NULL, 0));
}

static void fail(troupe_actor *me, troupe_ref address, troupe_status why)
{
	troupei_question_fail(me->system.private_, troupei_me_worker(me), address.bits_private, why);
}

static void check_told(int a, int b, int c)
{
	const int expected[] = { a, b, c };
	for (int i = 0; i < 3; i++)
		CHECK_EQ(i < told_count ? told[i] : 0, expected[i]);
	CHECK(told_count <= 3);
}

/* ------------------------------------------------------------------------------------------------------------ state -- */

TEST(ask, open_until_closed)
{
	struct ask *ask;
	stage_start(&s, 1);
	CHECK_OK(troupei_ask_make(s.system.private_, NULL, &(troupe_expectation){ .answers = 2, .token = 9 }, &ask));
	troupe_ref address = troupei_address_of(ask);
	CHECK(!troupei_ask_is_open(address)); /* not published */
	troupei_ask_publish(ask);
	CHECK(troupei_ask_is_open(address));
	CHECK_EQ(ask->expected, 2);
	CHECK_EQ(ask->token, 9);
	CHECK(!troupei_ask_is_complete(ask));
	CHECK(troupei_ask_expire(ask)); /* closes it, once */
	CHECK(!troupei_ask_expire(ask));
	CHECK(!troupei_ask_close(ask));
	CHECK(!troupei_ask_is_open(address));
	CHECK(troupei_ask_is_complete(ask));
	CHECK(troupei_ask_answers_missing(ask));
	troupei_ask_free(s.system.private_, NULL, ask);
	CHECK(troupei_address_ask(address) == NULL);
	stage_finish(&s);
}

TEST(ask, options_out_of_range)
{
	const troupe_expectation bad[] = { { .answers = 65536 }, { .questions = 65536 }, { .within_ns = -1 } };
	struct ask *ask;
	troupe_options options = stage_options(&s, 1);
	options.actors_max = 1;
	CHECK_OK(troupe_start(&options, &s.system));
	for (int i = 0; i < 3; i++)
		CHECK_EQ(troupei_ask_make(s.system.private_, NULL, &bad[i], &ask), TROUPE_EINVAL);
	CHECK_OK(troupei_ask_make(s.system.private_, NULL, &(troupe_expectation){ .answers = 65535 }, &ask));
	troupe_ref ref;
	CHECK_EQ(troupe_spawn(s.system, &player_behaviour, NULL, &ref), TROUPE_ELIMIT); /* it counts as an actor */
	troupei_ask_free(s.system.private_, NULL, ask);
	CHECK_OK(troupe_spawn(s.system, &player_behaviour, NULL, &ref));
	stage_finish(&s);
}

/* One question may have several answers, and several questions one: neither is single. */
TEST(ask, counts_answers_and_questions_apart)
{
	static const struct {
		troupe_expectation given;
		uint32_t answers, questions;
	} cases[] = {
		{ { .answers = 0 }, 1, 1 },
		{ { .answers = 2 }, 2, 2 },
		{ { .answers = 1, .questions = 2 }, 1, 2 },
		{ { .answers = 3, .questions = 1 }, 3, 1 },
		{ { .answers = TROUPE_ANSWERS_ALL }, UINT16_MAX, 1 },
	};
	stage_start(&s, 1);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct ask *ask;
		CHECK_OK(troupei_ask_make(s.system.private_, NULL, &cases[i].given, &ask));
		CHECK_EQ(troupei_state_answers(ask->opening), cases[i].answers);
		CHECK_EQ(troupei_state_questions(ask->opening), cases[i].questions);
		CHECK_EQ(troupei_ask_is_single(ask), i == 0);
		troupei_ask_free(s.system.private_, NULL, ask);
	}
	stage_finish(&s);
}

static troupe_verdict take_all(troupe_actor *me, void *argument)
{
	(void)argument;
	troupe_ref address = expect(me, 2, 2);
	struct ask *ask = troupei_address_ask(address);
	answer(address, ANSWER);
	CHECK(troupei_ask_is_open(address));
	answer(address, ANSWER);
	CHECK(!troupei_ask_is_open(address)); /* taken, but on the way */
	CHECK(!troupei_ask_answers_missing(ask));
	for (ask->arrived = 0; ask->arrived < 2; ask->arrived++)
		CHECK(!troupei_ask_is_complete(ask));
	CHECK(troupei_ask_is_complete(ask));
	ask->arrived = 0;
	answer(address, ANSWER); /* late */
	return TROUPE_HANDLED;
}

/* The slot is the owner's until what was taken has arrived (A2). */
TEST(ask, complete_when_all_has_arrived)
{
	stage_start(&s, 1);
	perform(&s, player(&s), take_all, NULL);
	check_told(ANSWER, ANSWER, 0);
	CHECK_EQ(stage_letters(&s, TROUPE_ECLOSED), 1);
	stage_finish(&s);
}

static troupe_verdict fail_before_answer(troupe_actor *me, void *argument)
{
	struct actor_worker *worker = troupei_me_worker(me);
	(void)argument;
	troupe_ref address = expect(me, 2, 2);
	answer(address, ANSWER);
	fail(me, address, TROUPE_EGONE);
	struct envelope *news = worker->running->mailbox.head, *before = news->next;
	CHECK_EQ(troupei_envelope_sort(news), SORT_UNANSWERED);
	CHECK_EQ(troupei_envelope_sort(before), SORT_ANSWER);
	news->next = before->next; /* as if the answer's sender had been slower */
	before->next = news;
	troupei_store_release_ptr(&worker->running->mailbox.head, before);
	return TROUPE_HANDLED;
}

TEST(ask, last_one_taken_may_be_overtaken)
{
	stage_start(&s, 1);
	perform(&s, player(&s), fail_before_answer, NULL);
	check_told(ANSWER, TROUPE_EGONE, 0);
	stage_finish(&s);
}

static troupe_verdict fail_one_of_three(troupe_actor *me, void *argument)
{
	(void)argument;
	troupe_ref address = expect(me, 3, 3);
	answer(address, ANSWER);
	fail(me, address, TROUPE_EUNKNOWN); /* counted only: others are open */
	answer(address, ANSWER + 1);
	CHECK(!troupei_ask_is_open(address));
	CHECK(troupei_ask_answers_missing(troupei_address_ask(address)));
	return TROUPE_HANDLED;
}

TEST(ask, one_failure_among_answers)
{
	stage_start(&s, 1);
	perform(&s, player(&s), fail_one_of_three, NULL);
	check_told(ANSWER, ANSWER + 1, TROUPE_EUNANSWERED);
	stage_finish(&s);
}

/* -------------------------------------------------------------------------------------------- from all that were asked -- */

static troupe_verdict all_answer(troupe_actor *me, void *argument)
{
	(void)argument;
	troupe_ref address = expect(me, TROUPE_ANSWERS_ALL, 2);
	CHECK(troupei_ask_is_for_all(troupei_address_ask(address)));
	answer(address, ANSWER);
	answer(address, ANSWER + 1);
	CHECK(!troupei_ask_is_open(address));
	return TROUPE_HANDLED;
}

TEST(ask, for_all_the_end_is_told_when_all_have_answered)
{
	stage_start(&s, 1);
	perform(&s, player(&s), all_answer, NULL);
	check_told(ANSWER, ANSWER + 1, TROUPE_OK);
	CHECK_EQ(told_count, 3);
	stage_finish(&s);
}

static troupe_verdict all_but_two_answer(troupe_actor *me, void *argument)
{
	(void)argument;
	troupe_ref address = expect(me, TROUPE_ANSWERS_ALL, 4);
	fail(me, address, TROUPE_EGONE);
	answer(address, ANSWER);
	fail(me, address, TROUPE_EUNKNOWN);
	answer(address, ANSWER + 1);
	return TROUPE_HANDLED;
}

TEST(ask, for_all_the_first_failure_is_the_reason)
{
	stage_start(&s, 1);
	perform(&s, player(&s), all_but_two_answer, NULL);
	check_told(ANSWER, ANSWER + 1, TROUPE_EGONE);
	stage_finish(&s);
}

static troupe_verdict nobody_answers(troupe_actor *me, void *argument)
{
	(void)argument;
	troupe_ref address = expect(me, TROUPE_ANSWERS_ALL, 2);
	fail(me, address, TROUPE_EFAILED);
	fail(me, address, TROUPE_EGONE);
	return TROUPE_HANDLED;
}

TEST(ask, for_all_of_whom_none_answers)
{
	stage_start(&s, 1);
	perform(&s, player(&s), nobody_answers, NULL);
	check_told(TROUPE_EFAILED, 0, 0);
	CHECK_EQ(told_count, 1);
	stage_finish(&s);
}

static troupe_verdict all_with_a_limit(troupe_actor *me, void *argument)
{
	troupe_ref address;
	(void)argument;
	CHECK_OK(troupe_expect(me, TROUPE_OPTIONS(troupe_expectation, .answers = TROUPE_ANSWERS_ALL, .questions = 3,
	                                          .within_ns = 1, .then = note), &address));
	fail(me, address, TROUPE_EGONE);
	answer(address, ANSWER);
	return TROUPE_HANDLED;
}

TEST(ask, for_all_a_limit_is_the_reason_whatever_failed_before)
{
	stage_start(&s, 1);
	tell(player(&s), all_with_a_limit, NULL);
	await_count(&told_count, 2);
	stage_settle(&s);
	check_told(ANSWER, TROUPE_ETIMEOUT, 0);
	stage_finish(&s);
}

TEST(ask, for_all_has_its_own_limit_of_questions)
{
	const uint32_t all = TROUPE_ANSWERS_ALL;
	struct ask *ask;
	stage_start(&s, 1);
	CHECK_EQ(troupei_ask_make(s.system.private_, NULL, &(troupe_expectation){ .answers = all, .questions = 65535 }, &ask),
	         TROUPE_EINVAL);
	CHECK_EQ(troupei_ask_make(s.system.private_, NULL, &(troupe_expectation){ .answers = all - 1 }, &ask), TROUPE_EINVAL);
	CHECK_OK(troupei_ask_make(s.system.private_, NULL, &(troupe_expectation){ .answers = all, .questions = 65533 }, &ask));
	troupei_ask_publish(ask);
	troupe_ref address = troupei_address_of(ask);
	CHECK_EQ(troupei_ask_widen(address, 2), TROUPE_ELIMIT);
	CHECK_OK(troupei_ask_widen(address, 1));
	CHECK_EQ(troupei_ask_widen(address, 1), TROUPE_ELIMIT);
	troupei_ask_free(s.system.private_, NULL, ask);
	stage_finish(&s);
}

static troupe_verdict widen(troupe_actor *me, void *argument)
{
	(void)argument;
	troupe_ref address = expect(me, 1, 1);
	CHECK_OK(troupei_ask_widen(address, 2));
	CHECK_EQ(troupei_ask_widen(address, 65535 - 2), TROUPE_ELIMIT);
	CHECK_EQ(troupei_ask_widen(address, UINT32_MAX), TROUPE_ELIMIT);
	fail(me, address, TROUPE_EGONE);
	fail(me, address, TROUPE_EGONE);
	CHECK(troupei_ask_is_open(address));
	answer(address, ANSWER);
	CHECK(!troupei_ask_is_open(address));
	CHECK_OK(troupei_ask_widen(address, 2)); /* nobody counts any more */
	CHECK(!troupei_ask_is_open(address));
	CHECK_OK(troupei_ask_widen((troupe_ref){ 0 }, 2));
	return TROUPE_HANDLED;
}

TEST(ask, widened_it_stays_open_for_more_outcomes)
{
	stage_start(&s, 1);
	perform(&s, player(&s), widen, NULL);
	check_told(ANSWER, 0, 0);
	stage_finish(&s);
}

static troupe_verdict reuse_slot(troupe_actor *me, void *argument)
{
	troupe_ref *old = argument;
	*old = expect(me, 1, 1);
	struct ask *ask = troupei_address_ask(*old);
	CHECK_OK(troupe_forget(me, *old));
	CHECK_EQ(troupe_forget(me, *old), TROUPE_EGONE);
	troupe_ref address = expect(me, 1, 1);
	CHECK(troupei_address_ask(address) == ask); /* the same slot */
	answer(*old, ANSWER); /* late */
	CHECK(troupei_ask_is_open(address));
	answer(address, ANSWER + 1);
	return TROUPE_HANDLED;
}

/* A1 */
TEST(ask, late_answers_never_reach_a_newer_question)
{
	troupe_ref old;
	stage_start(&s, 1);
	perform(&s, player(&s), reuse_slot, &old);
	check_told(ANSWER + 1, 0, 0);
	CHECK_EQ(s.letter_count, 1);
	CHECK_EQ(s.letters[0].to.bits_private, old.bits_private);
	answer(old, ANSWER); /* from outside, and to nobody */
	CHECK_EQ(stage_letters(&s, TROUPE_ECLOSED), 2);
	stage_finish(&s);
}

/* ------------------------------------------------------------------------------------------------------------- list -- */

static void check_list(troupe_actor *me, const troupe_ref *addresses, unsigned count)
{
	uint32_t slot = extra_of(me)->asks, previous = 0;
	for (unsigned i = 0; i < count; i++) { /* the newest is first */
		CHECK_EQ(slot, troupei_ref_slot(addresses[count - 1 - i]));
		struct ask *ask = troupei_ask_of(&troupei_cells[slot]);
		CHECK_EQ(ask->of.links.previous, previous);
		previous = slot;
		slot = ask->of.links.next;
	}
	CHECK_EQ(slot, 0);
}

static troupe_verdict forget_here_and_there(troupe_actor *me, void *argument)
{
	troupe_ref addresses[FEW];
	(void)argument;
	for (unsigned i = 0; i < FEW; i++)
		addresses[i] = expect(me, 1, 1);
	check_list(me, addresses, FEW);
	for (unsigned left = FEW; left > 0; left--) { /* in the middle, the first, the last */
		unsigned at = left % 3 == 2 ? left / 2 : left % 3 == 1 ? 0 : left - 1;
		CHECK_OK(troupe_forget(me, addresses[at]));
		memmove(&addresses[at], &addresses[at + 1], (left - 1 - at) * sizeof *addresses);
		check_list(me, addresses, left - 1);
	}
	for (unsigned i = 0; i < FEW; i++)
		addresses[i] = expect(me, 1, 1);
	troupei_ask_settle_all(troupei_me_worker(me), troupei_me_worker(me)->running);
	CHECK_EQ(extra_of(me)->asks, 0);
	for (unsigned i = 0; i < FEW; i++)
		CHECK(troupei_address_ask(addresses[i]) == NULL);
	return TROUPE_HANDLED;
}

/* A3 */
TEST(ask, list_of_the_owner)
{
	stage_start(&s, 1);
	perform(&s, player(&s), forget_here_and_there, NULL);
	stage_finish(&s);
}

static troupe_verdict hold_until_settled(troupe_actor *me, void *argument)
{
	struct cell *cell = troupei_me_worker(me)->running;
	troupe_ref address, other;
	(void)argument;
	const troupe_expectation *options = TROUPE_OPTIONS(troupe_expectation, .hold = true, .within_ns = LIMIT);
	CHECK_OK(troupe_expect(me, options, &address));
	CHECK((cell->flags & FLAG_HOLD) && cell->extra->hold == troupei_ref_slot(address));
	CHECK(troupei_address_ask(address)->timer != 0);
	CHECK_EQ(troupe_expect(me, options, &other), TROUPE_EINVAL);
	CHECK_OK(troupe_forget(me, expect(me, 1, 1))); /* another one ends no hold */
	CHECK(cell->flags & FLAG_HOLD);
	CHECK_OK(troupe_forget(me, address));
	CHECK(!(cell->flags & FLAG_HOLD) && cell->extra->hold == 0);
	CHECK_EQ(troupei_timers_count(&troupei_me_worker(me)->base.timers), 0);
	return TROUPE_HANDLED;
}

TEST(ask, settling_ends_hold_and_deadline)
{
	stage_start(&s, 1);
	perform(&s, player(&s), hold_until_settled, NULL);
	stage_finish(&s);
}

/* ---------------------------------------------------------------------------------------------------------- threads -- */

static troupe_ref addresses[ADDRESSES];
static atomic_int answered, not_answered;

static troupe_verdict count(troupe_actor *me, const troupe_message *m)
{
	(void)me;
	atomic_fetch_add(m->kind == ANSWER ? &answered : &not_answered, 1);
	return TROUPE_HANDLED;
}

static troupe_verdict open_many(troupe_actor *me, void *argument)
{
	(void)argument;
	for (int i = 0; i < ADDRESSES; i++)
		CHECK_OK(troupe_expect(me, TROUPE_OPTIONS(troupe_expectation, .answers = SIDES, .then = count), &addresses[i]));
	return TROUPE_HANDLED;
}

/* One side fails every third question, the other answers it. */
static troupe_verdict answer_many(troupe_actor *me, void *side)
{
	for (int i = 0; i < ADDRESSES; i++)
		if (i % 3 == 0 && side != NULL)
			fail(me, addresses[i], TROUPE_EGONE);
		else
			answer(addresses[i], ANSWER);
	return TROUPE_HANDLED;
}

TEST(ask, outcomes_from_several_workers_arrive_once)
{
	stage_start(&s, 3);
	troupe_ref owner = player(&s);
	for (int round = 1; round <= 5; round++) {
		perform(&s, owner, open_many, NULL);
		tell(player(&s), answer_many, NULL);
		perform(&s, player(&s), answer_many, &s);
		CHECK_EQ(answered, round * (SIDES * ADDRESSES - ADDRESSES / 3));
		CHECK_EQ(not_answered, round * ADDRESSES / 3);
		CHECK_EQ(cell_of(owner)->extra->asks, 0);
	}
	stage_finish(&s);
	CHECK_EQ(s.letter_count, 0);
}
