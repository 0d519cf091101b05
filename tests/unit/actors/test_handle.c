/* SPDX-License-Identifier: MIT */
/* Messages off the hot path: every kind and size arrives whole, every verdict on every sort has its fate, and nothing of one
 * message is seen in the next. */
#include "actors/dead_letter.h"
#include "actors/turn.h"
#include "stage.h"

enum { KIND = 7, ANSWER, TICK };

static struct stage s;

/* ------------------------------------------------------------------------------------------------- kinds and sizes -- */

static const int32_t kinds[] = { 1, 32767, 32768, 65536 + 7, INT32_MAX };
static const uint32_t sizes[] = { 0, 1, 15, 16, 17, 240, 241, 1008, 1009, 70000 };

enum { KINDS = sizeof kinds / sizeof *kinds, SIZES = sizeof sizes / sizeof *sizes, WHOLE = 1 << 17 };

static unsigned char sent[WHOLE];
static unsigned arrived;
static uint64_t sender;

static troupe_verdict check_whole(troupe_actor *me, const troupe_message *m)
{
	unsigned i = arrived++;
	(void)me;
	CHECK_EQ(m->kind, kinds[i / SIZES % KINDS]);
	CHECK_EQ(m->size, sizes[i % SIZES]);
	CHECK_EQ(m->sender.bits_private, i >= KINDS * SIZES ? sender : 0);
	CHECK((m->data == NULL) == (m->size == 0));
	CHECK(m->size == 0 || memcmp(m->data, sent, m->size) == 0);
	CHECK_EQ((uintptr_t)m->data % (m->size >= 16 ? 16 : 8), 0);
	CHECK(m->token == 0 && m->why == TROUPE_OK && m->returned == 0 && troupe_ref_is_null(m->about));
	return TROUPE_HANDLED;
}

static const troupe_behaviour checker = { .receive = check_whole };

static troupe_verdict send_all(troupe_actor *me, void *to)
{
	for (int from = 0; from < 2; from++)
		for (unsigned k = 0; k < KINDS; k++)
			for (unsigned i = 0; i < SIZES; i++)
				CHECK_OK(from ? troupe_send_bytes_from(me, *(troupe_ref *)to, kinds[k], sent, sizes[i])
				              : troupe_send_bytes(*(troupe_ref *)to, kinds[k], sent, sizes[i]));
	return TROUPE_HANDLED;
}

TEST(handle, every_kind_and_size_arrives_whole)
{
	for (unsigned i = 0; i < WHOLE; i++)
		sent[i] = (unsigned char)(i * 7 + i / 251);
	stage_start(&s, 2);
	troupe_ref to = spawned(&s, &checker), from = player(&s);
	sender = from.bits_private;
	perform(&s, from, send_all, &to);
	CHECK_EQ(arrived, 2 * KINDS * SIZES);
	arrived = 0;
	for (unsigned k = 0; k < KINDS; k++) /* from a thread */
		for (unsigned i = 0; i < SIZES; i++)
			CHECK_OK(troupe_send_bytes(to, kinds[k], sent, sizes[i]));
	stage_settle(&s);
	CHECK_EQ(arrived, KINDS * SIZES);
	stage_finish(&s);
}

/* --------------------------------------------------------------------------------------------------------- verdicts -- */

static troupe_verdict next_verdict;
static int releases;

static void count_release(void *bytes)
{
	(void)bytes;
	releases++;
}

static troupe_verdict obey(troupe_actor *me, const troupe_message *m)
{
	return m->kind == PLAY ? player_receive(me, m) : next_verdict;
}

static const troupe_behaviour obedient = { .name = "obedient", .receive = obey };

struct question {
	troupe_ref reply;
};

static troupe_verdict tick(troupe_actor *me, void *argument)
{
	(void)argument;
	CHECK_OK(troupe_after(me, 0, TICK, 0, NULL));
	troupei_worker_fire_due(&troupei_me_worker(me)->base);
	return TROUPE_HANDLED;
}

static troupe_verdict send_from(troupe_actor *me, void *to)
{
	CHECK_OK(troupe_send_bytes_from(me, *(troupe_ref *)to, KIND, "payload", 8));
	return TROUPE_HANDLED;
}

static troupe_verdict answer_oneself(troupe_actor *me, void *argument)
{
	troupe_ref address;
	(void)argument;
	CHECK_OK(troupe_expect(me, NULL, &address));
	CHECK_OK(troupe_send_bytes(address, ANSWER, NULL, 0));
	return TROUPE_HANDLED;
}

enum way { SMALL, EXTENDED, FROM, MOVED, TIMED, ANSWERED, WAYS };

/* One message of each sort, alone. */
static void send_by(enum way way, troupe_ref to)
{
	switch (way) {
	case SMALL: CHECK_OK(troupe_send_bytes(to, KIND, "payload", 8)); break;
	case EXTENDED: CHECK_OK(troupe_send_bytes(to, KIND + 100000, sent, 70000)); break;
	case FROM: tell(player(&s), send_from, &to); break;
	case MOVED: CHECK_OK(troupe_send_moved(to, KIND, troupe_new(8, count_release))); break;
	case TIMED: tell(to, tick, NULL); break;
	default: tell(to, answer_oneself, NULL);
	}
	stage_settle(&s);
}

static void check_letters(unsigned count, troupe_status why)
{
	CHECK_EQ(stage_letters(&s, why), count);
	CHECK_EQ(s.letter_count, count);
}

TEST(handle, unknown_is_a_letter_of_whatever_sort)
{
	stage_start(&s, 1);
	troupe_ref to = spawned(&s, &obedient);
	next_verdict = TROUPE_UNKNOWN;
	for (unsigned way = 0; way < WAYS; way++) {
		send_by((enum way)way, to);
		check_letters(way + 1, TROUPE_EUNKNOWN);
	}
	CHECK_EQ(releases, 1);
	stage_finish(&s);
}

/* The actor ends; its message is a letter, unless it was a timer's: there is nothing to show of that. */
TEST(handle, failed_ends_the_actor)
{
	stage_start(&s, 1);
	next_verdict = TROUPE_FAILED;
	for (unsigned way = 0, letters = 0; way < WAYS; way++) {
		troupe_ref to = spawned(&s, &obedient);
		send_by((enum way)way, to);
		CHECK(!troupe_is_alive(to));
		check_letters(letters += way != TIMED, TROUPE_EFAILED);
	}
	CHECK(stage_logged(&s, "actor obedient"));
	CHECK(stage_logged(&s, "its handler of 7 returned TROUPE_EFAILED"));
	stage_finish(&s);
}

static troupe_verdict call_again(troupe_actor *me, void *argument)
{
	next_verdict = TROUPE_HANDLED;
	CHECK_EQ(troupe_undefer(me), (size_t)(uintptr_t)argument);
	return TROUPE_HANDLED;
}

/* What came from outside is kept for later; the runtime's own and answers cannot be. */
TEST(handle, deferred_if_a_sender_sent_it)
{
	stage_start(&s, 1);
	troupe_ref to = spawned(&s, &obedient);
	next_verdict = TROUPE_DEFERRED;
	for (unsigned way = SMALL; way <= MOVED; way++)
		send_by((enum way)way, to);
	CHECK_EQ(stage_ledger(&s).queued, 4);
	check_letters(0, TROUPE_OK);
	send_by(TIMED, to);
	send_by(ANSWERED, to);
	check_letters(2, TROUPE_EUNKNOWN);
	perform(&s, to, call_again, (void *)4);
	CHECK_EQ(stage_ledger(&s).queued, 0);
	CHECK_EQ(releases, 1);
	check_letters(2, TROUPE_EUNKNOWN);
	stage_finish(&s);
}

static troupe_status ask(troupe_ref to)
{
	return troupe_call_bytes(to, KIND, &(struct question){ 0 }, sizeof(struct question), 0, ANSWER, NULL, 0, LIMIT);
}

static atomic_int deferred;

/* Answered when it comes again: whatever is returned then, answered is answered. */
static troupe_verdict answer_later(troupe_actor *me, const troupe_message *m)
{
	const struct question *question = m->data;
	if (m->kind == PLAY)
		return troupe_undefer(me) == 1 ? TROUPE_HANDLED : TROUPE_FAILED;
	if (atomic_fetch_add(&deferred, 1) == 0)
		return TROUPE_DEFERRED;
	CHECK_OK(troupe_send_bytes(question->reply, ANSWER, NULL, 0));
	return TROUPE_UNKNOWN;
}

static const troupe_behaviour hesitant = { .receive = answer_later };

static void *remind(void *to)
{
	await_count(&deferred, 1);
	CHECK_OK(troupe_send_bytes(*(troupe_ref *)to, PLAY, NULL, 0));
	return NULL;
}

/* Each question has one outcome: what the verdict says, if the handler has not said it. */
TEST(handle, questions_have_an_outcome)
{
	pthread_t thread;
	stage_start(&s, 1);
	troupe_ref to = spawned(&s, &obedient), later = spawned(&s, &hesitant);
	next_verdict = TROUPE_HANDLED;
	CHECK_EQ(ask(to), TROUPE_EUNANSWERED);
	next_verdict = TROUPE_UNKNOWN;
	CHECK_EQ(ask(to), TROUPE_EUNKNOWN);
	next_verdict = TROUPE_FAILED;
	CHECK_EQ(ask(to), TROUPE_EFAILED);
	CHECK_OK(pthread_create(&thread, NULL, remind, &later));
	CHECK_OK(ask(later));
	CHECK_OK(pthread_join(thread, NULL));
	stage_finish(&s);
}

static troupe_verdict answer_then(troupe_actor *me, const troupe_message *m)
{
	(void)me;
	CHECK_OK(troupe_send_bytes(((const struct question *)m->data)->reply, ANSWER, NULL, 0));
	return next_verdict;
}

static const troupe_behaviour answerer = { .receive = answer_then };

/* Answered is answered: the verdict is no second outcome, which another question at that address would miss. */
TEST(handle, verdict_after_the_answer)
{
	const troupe_verdict verdicts[] = { TROUPE_HANDLED, TROUPE_UNKNOWN, TROUPE_FAILED };
	troupe_future future;
	stage_start(&s, 1);
	for (int i = 0; i < 3; i++) {
		CHECK_OK(troupe_future_open(s.system, TROUPE_OPTIONS(troupe_expectation, .answers = 2), &future));
		next_verdict = verdicts[i];
		for (int n = 0; n < 2; n++) {
			CHECK_OK(troupe_ask_bytes(spawned(&s, &answerer), KIND, &(struct question){ 0 },
			                          sizeof(struct question), 0, future.ref));
			CHECK_OK(troupe_next(future, ANSWER, NULL, 0));
		}
		stage_settle(&s); /* before the next verdict */
		troupe_future_close(future);
	}
	stage_finish(&s);
}

/* ----------------------------------------------------------------------------------------------------------- traces -- */

static troupe_verdict leave_no_trace(troupe_actor *me, const troupe_message *m)
{
	const struct actor_worker *worker = troupei_me_worker(me);
	if (m->kind == PLAY)
		return player_receive(me, m);
	CHECK(worker->question == 0 && worker->after == 0 && worker->chunk == NULL);
	if (m->kind == KIND)
		CHECK(m->token == 0 && troupe_ref_is_null(m->sender) && troupe_ref_is_null(m->about) && m->why == TROUPE_OK);
	return TROUPE_HANDLED;
}

static const troupe_behaviour traceless = { .receive = leave_no_trace };

static troupe_verdict mix(troupe_actor *me, void *argument)
{
	troupe_ref address;
	(void)argument;
	for (int i = 0; i < 3; i++) {
		CHECK_OK(troupe_expect(me, TROUPE_OPTIONS(troupe_expectation, .token = 99), &address));
		CHECK_OK(troupe_send_bytes(address, ANSWER, NULL, 0));
		CHECK_OK(troupe_send_bytes(me->ref, KIND, NULL, 0));
		CHECK_OK(troupe_send_bytes_from(me, me->ref, KIND + 1, NULL, 0));
		CHECK_OK(troupe_send_bytes(me->ref, KIND, NULL, 0));
		CHECK_OK(troupe_after(me, 0, TICK, 77, NULL));
	}
	return TROUPE_HANDLED;
}

TEST(handle, nothing_of_one_is_seen_in_the_next)
{
	stage_start(&s, 1);
	perform(&s, spawned(&s, &traceless), mix, NULL);
	stage_settle(&s);
	stage_finish(&s);
	CHECK_EQ(s.letter_count, 0);
}

static const troupe_kind known[] = { { .kind = KIND, .size = 8, .name = "KIND" }, { .kind = KIND + 1, .name = "ANY" }, { 0 } };
static const troupe_behaviour exact = { .name = "exact", .kinds = known };

TEST(handle, sizes_as_the_table_says)
{
	const struct cell cell = { .behaviour = &exact };
	troupei_handle_check_size(&cell, KIND, 8);
	troupei_handle_check_size(&cell, KIND + 1, 5);
	troupei_handle_check_size(&cell, KIND + 2, 5);
	troupei_handle_check_size(&(struct cell){ .behaviour = &obedient }, KIND, 5);
}

TEST(handle, other_sizes_stop_the_program, .signal = SIGABRT)
{
	const struct cell cell = { .behaviour = &exact };
	troupei_handle_check_size(&cell, KIND, 9);
}
