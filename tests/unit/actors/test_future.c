/* SPDX-License-Identifier: MIT */
/* Futures: their locks, what becomes of answers that nobody takes, and of threads that wait when the system ends. */
#include "actors/future.h"

#include "stage.h"

enum { ANSWER = 1, THREADS = 4, EACH = 250 };

static struct stage s;

static troupe_future open_future(uint32_t answers, int64_t within_ns)
{
	troupe_future future;
	CHECK_OK(troupe_future_open(
		s.system, TROUPE_OPTIONS(troupe_expectation, .answers = answers, .within_ns = within_ns), &future));
	return future;
}

static void answer(troupe_future future, uint64_t number)
{
	CHECK_OK(troupe_send_bytes(future.ref, ANSWER, &number, sizeof number));
}

static void check_next(troupe_future future, uint64_t expected)
{
	uint64_t number = 0;
	CHECK_OK(troupe_next(future, ANSWER, &number, sizeof number));
	CHECK_EQ(number, expected);
}

static troupe_status why_none(troupe_future future)
{
	uint64_t number = 7;
	troupe_status status = troupe_next(future, ANSWER, &number, sizeof number);
	CHECK_EQ(number, 7);
	return status;
}

TEST(future, locks_belong_to_slots)
{
	CHECK(troupei_slots_init());
	const struct ask *a = troupei_ask_of(&troupei_cells[5]), *b = troupei_ask_of(&troupei_cells[6]);
	pthread_mutex_t *lock = troupei_future_lock(a);
	CHECK(pthread_mutex_trylock(lock) != 0);
	pthread_mutex_t *other = troupei_future_lock(b); /* at once */
	CHECK(lock != other);
	CHECK_OK(pthread_mutex_unlock(lock));
	CHECK_OK(pthread_mutex_unlock(other));
	CHECK(troupei_future_lock(a) == lock);
	CHECK_OK(pthread_mutex_unlock(lock));
}

TEST(future, answers_come_in_order_and_end)
{
	stage_start(&s, 1);
	troupe_future future = open_future(3, 0);
	CHECK(!troupe_future_ready(future));
	for (uint64_t i = 0; i < 3; i++)
		answer(future, i);
	for (uint64_t i = 0; i < 3; i++) {
		CHECK(troupe_future_ready(future));
		check_next(future, i);
	}
	CHECK(troupe_future_ready(future));
	CHECK_EQ(why_none(future), TROUPE_ECLOSED);
	troupe_future_close(future);
	stage_finish(&s);
	CHECK_EQ(s.ledger.handled, 3);
}

/* Each is a letter, once; the slot is free then, and the handle harmless. */
TEST(future, closed_with_answers_left)
{
	stage_start(&s, 1);
	troupe_future future = open_future(5, 0);
	for (uint64_t i = 0; i < 4; i++)
		answer(future, i);
	check_next(future, 0);
	troupe_future_close(future);
	CHECK_EQ(stage_letters(&s, TROUPE_ECLOSED), 3);
	for (unsigned i = 0; i < 3; i++)
		CHECK_EQ(s.letters[i].number, i + 1);
	CHECK(troupei_address_ask(future.ref) == NULL);
	answer(future, 4); /* late */
	CHECK_EQ(stage_letters(&s, TROUPE_ECLOSED), 4);
	troupe_future_close(future);
	CHECK(troupe_future_ready(future));
	CHECK_EQ(why_none(future), TROUPE_ECLOSED);
	CHECK_EQ(stage_ledger(&s).queued, 0);
	stage_finish(&s);
}

/* Also when nobody looks: an answer that comes later is late. */
TEST(future, closes_with_its_time)
{
	stage_start(&s, 1);
	troupe_future waited = open_future(1, TROUPE_MS), unseen = open_future(2, TROUPE_MS);
	CHECK_EQ(why_none(waited), TROUPE_ETIMEOUT);
	sleep_ns(2 * TROUPE_MS);
	CHECK(troupe_future_ready(unseen));
	answer(waited, 1);
	answer(unseen, 1);
	CHECK_EQ(stage_letters(&s, TROUPE_ECLOSED), 2);
	CHECK_EQ(why_none(unseen), TROUPE_ETIMEOUT);
	CHECK_EQ(why_none(waited), TROUPE_ETIMEOUT);
	troupe_future_close(waited);
	troupe_future_close(unseen);
	stage_finish(&s);
}

TEST(future, what_does_not_fit_is_a_letter)
{
	uint64_t number;
	stage_start(&s, 1);
	troupe_future future = open_future(3, 0);
	for (uint64_t i = 0; i < 3; i++)
		answer(future, i);
	CHECK_EQ(troupe_next(future, ANSWER + 1, &number, sizeof number), TROUPE_EANSWER);
	CHECK_EQ(troupe_next(future, ANSWER, &number, 4), TROUPE_EANSWER);
	check_next(future, 2);
	CHECK_EQ(stage_letters(&s, TROUPE_EANSWER), 2);
	CHECK_EQ(troupe_next(future, ANSWER, NULL, 8), TROUPE_EINVAL);
	troupe_future_close(future);
	stage_finish(&s);
}

/* Of two questions one fails: what was answered is taken first, then it is told that this was not all. */
TEST(future, some_answers_missing)
{
	stage_start(&s, 1);
	for (int last = 0; last < 2; last++) {
		troupe_future future = open_future(2, 0);
		if (last == 0)
			troupei_question_fail(s.system.private_, NULL, future.ref.bits_private, TROUPE_EGONE);
		answer(future, 1);
		if (last == 1)
			troupei_question_fail(s.system.private_, NULL, future.ref.bits_private, TROUPE_EGONE);
		check_next(future, 1);
		CHECK_EQ(why_none(future), last == 0 ? TROUPE_EUNANSWERED : TROUPE_EGONE);
		troupe_future_close(future);
	}
	stage_finish(&s);
}

/* ---------------------------------------------------------------------------------------------------------- threads -- */

static troupe_future shared;
static atomic_int waiting;

static void *wait_for_answer(void *argument)
{
	(void)argument;
	atomic_fetch_add(&waiting, 1);
	CHECK_EQ(why_none(shared), TROUPE_ECLOSED);
	return NULL;
}

/* Nobody who waits is left behind, and nobody touches what has been freed. */
TEST(future, abandoned_at_the_end_of_the_system)
{
	pthread_t thread;
	stage_start(&s, 1);
	shared = open_future(2, 0);
	troupe_future unread = open_future(2, 0);
	answer(unread, 3);
	CHECK_OK(pthread_create(&thread, NULL, wait_for_answer, NULL));
	await_count(&waiting, 1);
	sleep_ns(TROUPE_MS);
	stage_finish(&s);
	CHECK_OK(pthread_join(thread, NULL));
	CHECK_EQ(s.ledger.dead, 1);
	CHECK_EQ(why_none(unread), TROUPE_ECLOSED);
	answer(unread, 4);
	troupe_future_close(unread);
	troupe_future_close(shared);
}

static void *answer_many(void *argument)
{
	(void)argument;
	for (uint64_t i = 0; i < EACH; i++)
		answer(shared, i);
	return NULL;
}

TEST(future, answers_from_many_threads)
{
	pthread_t threads[THREADS];
	uint64_t sum = 0, number;
	stage_start(&s, 1);
	shared = open_future(THREADS * EACH, 0);
	for (int i = 0; i < THREADS; i++)
		CHECK_OK(pthread_create(&threads[i], NULL, answer_many, NULL));
	for (int i = 0; i < THREADS * EACH; i++, sum += number)
		CHECK_OK(troupe_next(shared, ANSWER, &number, sizeof number));
	CHECK_EQ(sum, THREADS * EACH * (EACH - 1) / 2);
	CHECK_EQ(why_none(shared), TROUPE_ECLOSED);
	for (int i = 0; i < THREADS; i++)
		CHECK_OK(pthread_join(threads[i], NULL));
	troupe_future_close(shared);
	stage_finish(&s);
	CHECK_EQ(s.ledger.handled, THREADS * EACH);
}

/* ---------------------------------------------------------------------------------------------------- several at once -- */

TEST(future, the_first_of_several)
{
	troupe_future futures[3];
	size_t which = 9;
	stage_start(&s, 1);
	for (int i = 0; i < 3; i++)
		futures[i] = open_future(1, 0);
	CHECK_EQ(troupe_future_first(futures, 3, TROUPE_MS, &which), TROUPE_ETIMEOUT);
	CHECK_EQ(which, 9);
	answer(futures[2], 5);
	CHECK_OK(troupe_future_first(futures, 3, LIMIT, &which));
	CHECK_EQ(which, 2);
	answer(futures[1], 5);
	CHECK_OK(troupe_future_first(futures, 3, LIMIT, &which));
	CHECK_EQ(which, 1);
	troupe_future_close(futures[0]);
	CHECK_OK(troupe_future_first(futures, 3, LIMIT, &which)); /* nothing is waited for there */
	CHECK_EQ(which, 0);
	for (int i = 1; i < 3; i++) {
		check_next(futures[i], 5);
		troupe_future_close(futures[i]);
	}
	stage_finish(&s);
}

TEST(future, the_first_by_its_own_time)
{
	troupe_future futures[2];
	size_t which = 9;
	stage_start(&s, 1);
	futures[0] = open_future(1, 0);
	futures[1] = open_future(1, TROUPE_MS);
	CHECK_OK(troupe_future_first(futures, 2, 0, &which));
	CHECK_EQ(which, 1);
	CHECK_EQ(why_none(futures[1]), TROUPE_ETIMEOUT);
	troupe_future_close(futures[0]);
	troupe_future_close(futures[1]);
	stage_finish(&s);
}

static troupe_future watched[THREADS];

static void *wait_for_first(void *argument)
{
	size_t which;
	(void)argument;
	atomic_fetch_add(&waiting, 1);
	CHECK_OK(troupe_future_first(watched, THREADS, LIMIT, &which));
	return NULL;
}

/* However it becomes ready while several threads wait: answered, failed, closed, or its system ends. */
TEST(future, the_first_wakes_all_who_wait)
{
	pthread_t threads[THREADS];
	for (int way = 0; way < 4; way++) {
		stage_start(&s, 1);
		waiting = 0;
		for (int i = 0; i < THREADS; i++)
			watched[i] = open_future(1, 0);
		for (int i = 0; i < THREADS; i++)
			CHECK_OK(pthread_create(&threads[i], NULL, wait_for_first, NULL));
		await_count(&waiting, THREADS);
		sleep_ns(TROUPE_MS);
		if (way == 0)
			answer(watched[1], 1);
		else if (way == 1)
			troupei_question_fail(s.system.private_, NULL, watched[1].ref.bits_private, TROUPE_EGONE);
		else if (way == 2)
			troupe_future_close(watched[1]);
		else
			stage_finish(&s);
		for (int i = 0; i < THREADS; i++)
			CHECK_OK(pthread_join(threads[i], NULL));
		for (int i = 0; i < THREADS; i++)
			troupe_future_close(watched[i]);
		if (way < 3)
			stage_finish(&s);
	}
}

static troupe_verdict first_inside(troupe_actor *me, void *future)
{
	size_t which;
	(void)me;
	CHECK_EQ(troupe_future_first(future, 1, 0, &which), TROUPE_ECONTEXT);
	return TROUPE_HANDLED;
}

TEST(future, the_first_not_in_a_handler_nor_without_memory)
{
	size_t which;
	stage_start(&s, 1);
	troupe_future future = open_future(1, 0);
	perform(&s, player(&s), first_inside, &future);
	atomic_store(&allocations_allowed, 0);
	troupei_memory_fail_by(fail_when_used_up);
	CHECK_EQ(troupe_future_first(&future, 1, LIMIT, &which), TROUPE_ENOMEM);
	troupei_memory_fail_by(NULL);
	troupe_future_close(future);
	stage_finish(&s);
}
