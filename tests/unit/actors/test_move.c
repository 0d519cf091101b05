/* SPDX-License-Identifier: MIT */
/* Payloads in hand: who owns them after each call, and who owes the answer when a question is taken along. */
#include "actors/ask.h"
#include "actors/post.h"
#include "mailbox/payload.h"
#include "stage.h"

enum { GET = 1, ANSWER };

struct get {
	troupe_ref reply;
	uint64_t number;
};

static struct stage s;
static int releases;

static void count_release(void *bytes)
{
	(void)bytes;
	releases++;
}

/* What the next handler does with its message. */
static void (*act)(troupe_actor *me, const troupe_message *m);
static troupe_ref other;
static void *in_hand;

static troupe_verdict receive(troupe_actor *me, const troupe_message *m)
{
	if (m->kind == PLAY)
		return player_receive(me, m);
	act(me, m);
	return TROUPE_HANDLED;
}

static const troupe_behaviour actor = { .name = "actor", .receive = receive };

static void take_moved(troupe_actor *me, const troupe_message *m)
{
	in_hand = troupe_take(me, m);
	CHECK(in_hand != NULL && in_hand == m->data); /* not copied */
	CHECK(troupe_take(me, m) == NULL);
	CHECK_EQ(troupe_forward(me, m, me->ref), TROUPE_EINVAL);
}

static void take_copied(troupe_actor *me, const troupe_message *m)
{
	in_hand = troupe_take(me, m);
	CHECK(in_hand != NULL && in_hand != m->data);
	CHECK(memcmp(in_hand, m->data, m->size) == 0);
	CHECK_EQ(troupei_payload_of(in_hand)->size, m->size);
}

static void take_in_vain(troupe_actor *me, const troupe_message *m)
{
	troupe_message copy = *m;
	CHECK(troupe_take(me, m) == NULL);
	CHECK(troupe_take(me, &copy) == NULL);
	CHECK(troupe_take(NULL, m) == NULL);
	in_hand = NULL;
}

TEST(move, taking)
{
	stage_start(&s, 1);
	troupe_ref ref = spawned(&s, &actor);
	void *payload = troupe_new(70000, count_release);
	act = take_moved;
	CHECK_OK(troupe_send_moved(ref, GET, payload));
	stage_settle(&s);
	CHECK(in_hand == payload);
	troupe_free(payload);
	CHECK_EQ(releases, 1);
	act = take_copied;
	CHECK_OK(troupe_send_bytes(ref, GET, "eight...", 8));
	stage_settle(&s);
	troupe_free(in_hand);
	const void *frozen = troupe_freeze(troupe_new(8, count_release));
	act = take_in_vain;
	CHECK_OK(troupe_send_shared(ref, GET, frozen));
	CHECK_OK(troupe_send_bytes(ref, GET, NULL, 0));
	stage_settle(&s);
	CHECK_EQ(troupei_payload_of(frozen)->references, 1);
	troupe_release(frozen);
	CHECK_EQ(releases, 2);
	stage_finish(&s);
}

/* What is refused stays the sender's, as it was; it is a letter all the same. */
TEST(move, refused)
{
	stage_start(&s, 1);
	troupe_ref gone = ended_player(&s);
	void *payload = troupe_new(8, count_release);
	CHECK_EQ(troupe_send_moved(gone, GET, payload), TROUPE_EGONE);
	CHECK_EQ(troupe_send_moved(gone, 0, payload), TROUPE_EINVAL);
	CHECK_EQ(troupe_send_moved(gone, GET, NULL), TROUPE_EINVAL);
	CHECK_EQ(releases, 0);
	const void *frozen = troupe_freeze(payload);
	CHECK_EQ(troupe_send_shared(gone, GET, frozen), TROUPE_EGONE);
	CHECK_EQ(troupei_payload_of(frozen)->references, 1);
	CHECK_EQ(s.letter_count, 2);
	troupe_release(frozen);
	CHECK_EQ(releases, 1);
	stage_finish(&s);
}

TEST(move, sizes)
{
	CHECK(troupe_new(0, NULL) == NULL);
	CHECK(troupe_new((size_t)TROUPE_MESSAGE_SIZE_MAX + 1, NULL) == NULL);
	CHECK(troupe_freeze(NULL) == NULL);
	troupe_free(NULL);
	troupe_retain(NULL);
	troupe_release(NULL);
}

TEST(move, frozen_ones_are_not_moved, .signal = SIGABRT)
{
	void *payload = troupe_new(8, NULL);
	troupe_freeze(payload);
	troupe_ignore(troupe_send_moved((troupe_ref){ 0 }, GET, payload));
}

/* ------------------------------------------------------------------------------------------------------- forwarding -- */

static troupe_status forwarded;

static void forward(troupe_actor *me, const troupe_message *m)
{
	forwarded = troupe_forward(me, m, other);
	CHECK(forwarded != TROUPE_OK || m->data == NULL); /* another worker may have freed it */
}

static troupe_verdict forward_or_not(troupe_actor *me, const troupe_message *m)
{
	act(me, m);
	return TROUPE_UNKNOWN;
}

static const troupe_behaviour unsure = { .name = "unsure", .receive = forward_or_not };

/* If it fails, the message is the handler's as before, also for its letter. */
TEST(move, forwarding_to_nobody)
{
	stage_start(&s, 1);
	troupe_ref ref = spawned(&s, &unsure);
	const troupe_ref nobody[] = { { 0 }, ended_player(&s), { SLOT_ADDRESS | UINT64_C(1) << 32 | 5 } };
	act = forward;
	for (unsigned i = 0; i < 3; i++) {
		other = nobody[i];
		CHECK_OK(troupe_send_bytes(ref, GET, &(uint64_t){ i }, 8));
		stage_settle(&s);
		CHECK_EQ(forwarded, i < 2 ? TROUPE_EGONE : TROUPE_EINVAL);
		CHECK_EQ(s.letter_count, i + 1);
		CHECK_EQ(s.letters[i].to.bits_private, ref.bits_private);
		CHECK_EQ(s.letters[i].number, i);
	}
	stage_finish(&s);
}

TEST(move, forwarding_to_one_that_drains)
{
	struct barrier barrier;
	stage_start(&s, 2);
	troupe_ref ref = spawned(&s, &unsure);
	age_next(&s);
	other = spawned(&s, &drainer_behaviour);
	drain(&barrier, other);
	act = forward;
	CHECK_OK(troupe_send_bytes(ref, GET, NULL, 0));
	CHECK_OK(troupe_stop_wait(ref, LIMIT));
	CHECK_EQ(forwarded, TROUPE_ECLOSED);
	CHECK_EQ(s.letter_count, 1);
	CHECK_EQ(s.letters[0].to.bits_private, ref.bits_private);
	CHECK_EQ(s.letters[0].why, TROUPE_EUNKNOWN);
	let_go(&barrier);
	stage_finish(&s);
}

/* -------------------------------------------------------------------------------------------------------- questions -- */

static uint64_t asked; /* the address */

static bool owes(troupe_actor *me)
{
	return troupei_ask_is_owed(troupei_me_worker(me), asked);
}

static void take_question(troupe_actor *me, const troupe_message *m)
{
	asked = ((const struct get *)m->data)->reply.bits_private;
	in_hand = troupe_take(me, m);
	CHECK_EQ(troupei_payload_of(in_hand)->question, asked);
	CHECK(owes(me));
}

static troupe_verdict drop(troupe_actor *me, void *argument)
{
	(void)argument;
	troupe_free(in_hand);
	CHECK(!owes(me));
	return TROUPE_HANDLED;
}

static troupe_verdict freeze(troupe_actor *me, void *argument)
{
	(void)argument;
	troupe_release(troupe_freeze(in_hand)); /* what is shared by many is nobody's to answer */
	CHECK(!owes(me));
	return TROUPE_HANDLED;
}

static troupe_verdict pass_on(troupe_actor *me, void *to)
{
	CHECK_OK(troupe_send_moved(*(troupe_ref *)to, GET, in_hand));
	CHECK(!owes(me));
	return TROUPE_HANDLED;
}

static troupe_verdict pass_to_nobody(troupe_actor *me, void *argument)
{
	(void)argument;
	CHECK_EQ(troupe_send_moved((troupe_ref){ 0 }, GET, in_hand), TROUPE_EGONE);
	CHECK(owes(me));
	CHECK_EQ(troupei_payload_of(in_hand)->question, asked);
	return drop(me, NULL);
}

static troupe_verdict answer_and_drop(troupe_actor *me, void *argument)
{
	CHECK_OK(troupe_send_bytes((troupe_ref){ asked }, ANSWER, NULL, 0));
	CHECK(!owes(me));
	return drop(me, argument);
}

static void answer(troupe_actor *me, const troupe_message *m)
{
	(void)me;
	CHECK_OK(troupe_send_bytes(((const struct get *)m->data)->reply, ANSWER, NULL, 0));
}

/* The outcome of a question that is taken, then treated so. */
static troupe_status outcome(troupe_ref ref, part *then, void *argument)
{
	troupe_future future;
	CHECK_OK(troupe_future_open(s.system, NULL, &future));
	act = take_question;
	CHECK_OK(troupe_ask_bytes(ref, GET, &(struct get){ .number = 1 }, sizeof(struct get), 0, future.ref));
	stage_settle(&s);
	CHECK(!troupe_future_ready(future));
	act = answer; /* whoever gets it next */
	perform(&s, ref, then, argument);
	troupe_status status = troupe_next(future, ANSWER, NULL, 0);
	troupe_future_close(future);
	return status;
}

TEST(move, taken_questions_have_an_outcome)
{
	stage_start(&s, 1);
	troupe_ref ref = spawned(&s, &actor), next = spawned(&s, &actor);
	CHECK_EQ(outcome(ref, drop, NULL), TROUPE_EUNANSWERED);
	CHECK_EQ(outcome(ref, freeze, NULL), TROUPE_EUNANSWERED);
	CHECK_EQ(outcome(ref, pass_to_nobody, NULL), TROUPE_EUNANSWERED);
	CHECK_EQ(outcome(ref, answer_and_drop, NULL), TROUPE_OK);
	CHECK_EQ(outcome(ref, pass_on, &next), TROUPE_OK);
	CHECK_EQ(outcome(ref, pass_on, &ref), TROUPE_OK);
	stage_finish(&s);
}

static void take_without_memory(troupe_actor *me, const troupe_message *m)
{
	for (int allowed = 0; in_hand == NULL; allowed++) {
		uint64_t question = troupei_me_worker(me)->question;
		CHECK(question != 0);
		allocations_allowed = allowed;
		troupei_memory_fail_by(fail_when_used_up);
		in_hand = troupe_take(me, m);
		troupei_memory_fail_by(NULL);
		CHECK_EQ(troupei_me_worker(me)->question, in_hand == NULL ? question : 0);
		CHECK_EQ(troupei_me_worker(me)->after, in_hand == NULL ? 0 : AFTER_TAKEN);
	}
	troupe_free(in_hand);
}

TEST(move, taking_a_question_without_memory)
{
	use_malloc();
	stage_start(&s, 1);
	troupe_ref ref = spawned(&s, &actor);
	act = take_without_memory;
	CHECK_EQ(troupe_call_bytes(ref, GET, &(struct get){ .number = 1 }, sizeof(struct get), 0, ANSWER, NULL, 0, LIMIT),
	         TROUPE_EUNANSWERED);
	stage_finish(&s);
}

/* Once it is detached it is nobody's but who detached it. */
static void detach(troupe_actor *me, const troupe_message *m)
{
	struct actor_worker *worker = troupei_me_worker(me);
	troupe_message copy = *m;
	CHECK(troupei_message_detach(worker, &copy) == NULL);
	in_hand = troupei_message_detach(worker, m);
	CHECK(in_hand != NULL);
	CHECK(m->data == NULL && m->size == 0);
	CHECK_EQ(worker->question, 0);
	CHECK(troupei_message_detach(worker, m) == NULL);
	CHECK(troupe_take(me, m) == NULL);
	CHECK_EQ(troupe_forward(me, m, me->ref), TROUPE_EINVAL);
}

TEST(move, detached_messages_count_as_handled)
{
	stage_start(&s, 1);
	troupe_ref ref = spawned(&s, &actor);
	act = detach;
	CHECK_OK(troupe_send_bytes(ref, GET, "eight...", 8));
	stage_settle(&s);
	CHECK(memcmp(troupei_envelope_data(in_hand), "eight...", 8) == 0);
	troupei_envelope_free(in_hand);
	CHECK_EQ(stage_ledger(&s).handled, 1);
	stage_finish(&s);
}
