/* SPDX-License-Identifier: MIT */
/* Outcomes that go to a function: each once, in order, one after the other, and the reason when no more come. */
#include "actors/future.h"

#include "stage.h"

enum { ANSWER = 1, THREADS = 4, EACH = 250 };

static struct stage s;

struct heard {
	atomic_int answers, ends, inside;
	uint64_t sum, token;
	troupe_status why;
	troupe_future chain; /* to answer what comes, doubled */
	troupe_future close; /* at the first answer */
};

static struct heard heard;

static void hear(void *context, const troupe_message *outcome)
{
	struct heard *h = context;

	CHECK_EQ(atomic_fetch_add(&h->inside, 1), 0);
	h->token = outcome->token;
	if (outcome->kind == ANSWER) {
		h->sum += *(const uint64_t *)outcome->data;
		if (!troupe_ref_is_null(h->chain.ref))
			CHECK_OK(troupe_send_bytes(h->chain.ref, ANSWER, &(uint64_t){ 2 * *(const uint64_t *)outcome->data }, 8));
		troupe_future_close(h->close);
	} else {
		CHECK_EQ(outcome->kind, TROUPE_UNANSWERED);
		h->why = outcome->why;
	}
	atomic_fetch_sub(&h->inside, 1);
	atomic_fetch_add(outcome->kind == ANSWER ? &h->answers : &h->ends, 1);
}

static troupe_future opened(uint32_t answers, int64_t within_ns)
{
	troupe_future future;

	CHECK_OK(troupe_future_open(s.system, TROUPE_OPTIONS(troupe_expectation, .answers = answers, .within_ns = within_ns,
	                                                     .token = 77), &future));
	return future;
}

static void answer(troupe_future future, uint64_t number)
{
	CHECK_OK(troupe_send_bytes(future.ref, ANSWER, &number, sizeof number));
}

static bool is_open(troupe_future future)
{
	return troupei_address_ask(future.ref) != NULL;
}

TEST(future_then, what_is_there_and_what_comes)
{
	stage_start(&s, 1);
	troupe_future future = opened(3, 0);
	answer(future, 1);
	CHECK_OK(troupe_future_then(future, hear, &heard));
	CHECK_EQ(heard.answers, 1);
	CHECK_EQ(heard.token, 77);
	CHECK_EQ(troupe_future_then(future, hear, &heard), TROUPE_EINVAL);
	CHECK_EQ(troupe_next(future, ANSWER, &heard.sum, 8), TROUPE_EINVAL);
	answer(future, 10);
	CHECK(is_open(future));
	answer(future, 100);
	CHECK_EQ(heard.answers, 3);
	CHECK_EQ(heard.sum, 111);
	CHECK_EQ(heard.ends, 0);
	CHECK(!is_open(future)); /* closed by itself */
	CHECK_EQ(troupe_future_then(future, hear, &heard), TROUPE_ECLOSED);
	stage_finish(&s);
	CHECK_EQ(s.ledger.handled, 3);
}

TEST(future_then, chains)
{
	static struct heard last;

	stage_start(&s, 1);
	troupe_future first = opened(1, 0), second = opened(1, 0);
	heard.chain = second;
	CHECK_OK(troupe_future_then(second, hear, &last));
	CHECK_OK(troupe_future_then(first, hear, &heard));
	answer(first, 21);
	CHECK_EQ(last.sum, 42);
	CHECK(!is_open(first) && !is_open(second));
	stage_finish(&s);
}

static troupe_verdict forget(troupe_actor *me, void *nothing)
{
	(void)me, (void)nothing;
	return TROUPE_HANDLED;
}

struct question {
	struct script script;
	troupe_ref reply;
};

TEST(future_then, says_why_no_answer_comes)
{
	struct question question = { .script = { forget, NULL } };

	stage_start(&s, 1);
	troupe_ref gone = ended_player(&s), forgets = player(&s);
	troupe_future future = opened(1, 0);
	CHECK_OK(troupe_future_then(future, hear, &heard));
	CHECK_OK(troupe_ask_bytes(gone, PLAY, &question, sizeof question, offsetof(struct question, reply), future.ref));
	CHECK_EQ(heard.ends, 1);
	CHECK_EQ(heard.why, TROUPE_EGONE);
	future = opened(1, 0);
	CHECK_OK(troupe_future_then(future, hear, &heard));
	CHECK_OK(troupe_ask_bytes(forgets, PLAY, &question, sizeof question, offsetof(struct question, reply), future.ref));
	await_count(&heard.ends, 2);
	CHECK_EQ(heard.why, TROUPE_EUNANSWERED);
	CHECK_EQ(heard.answers, 0);
	stage_finish(&s);
}

TEST(future_then, at_its_time)
{
	stage_start(&s, 1);
	troupe_future future = opened(2, TROUPE_MS * 5);
	answer(future, 5);
	CHECK_OK(troupe_future_then(future, hear, &heard));
	await_count(&heard.ends, 1);
	CHECK_EQ(heard.answers, 1);
	CHECK_EQ(heard.why, TROUPE_ETIMEOUT);
	for (int64_t waited = 0; is_open(future); waited += TROUPE_MS / 10) {
		CHECK(waited < LIMIT);
		sleep_ns(TROUPE_MS / 10);
	}
	stage_finish(&s);
}

/* Done, or closed, before its time: nothing of it is left behind. */
TEST(future_then, before_its_time)
{
	troupe_counters counters;

	stage_start(&s, 1);
	troupe_future done = opened(1, 3600 * TROUPE_S), closed = opened(1, 3600 * TROUPE_S), left = opened(1, 3600 * TROUPE_S);
	CHECK_OK(troupe_future_then(done, hear, &heard));
	CHECK_OK(troupe_future_then(closed, hear, &heard));
	CHECK_OK(troupe_future_then(left, hear, &heard));
	answer(done, 1);
	troupe_future_close(closed);
	CHECK_OK(troupe_counters_read(s.system, &counters));
	CHECK_EQ(counters.timers_armed, 1);
	CHECK_EQ(heard.answers, 1);
	CHECK_EQ(heard.ends, 0);
	stage_finish(&s);
	CHECK_EQ(heard.ends, 1);
	CHECK_EQ(heard.why, TROUPE_ECLOSED);
}

TEST(future_then, closed_by_its_own_function)
{
	stage_start(&s, 1);
	troupe_future future = opened(3, 0);
	for (int i = 0; i < 2; i++)
		answer(future, 1);
	heard.close = future;
	CHECK_OK(troupe_future_then(future, hear, &heard));
	CHECK_EQ(heard.answers, 1);
	CHECK_EQ(heard.ends, 0);
	CHECK(!is_open(future));
	stage_finish(&s);
	CHECK_EQ(stage_letters(&s, TROUPE_ECLOSED), 1);
}

static troupe_future shared_future;

static void *answer_often(void *argument)
{
	for (int i = 0; i < EACH; i++)
		answer(shared_future, 1);
	return argument;
}

TEST(future_then, from_many_threads)
{
	pthread_t threads[THREADS];

	stage_start(&s, 1);
	shared_future = opened(THREADS * EACH, 3600 * TROUPE_S);
	CHECK_OK(troupe_future_then(shared_future, hear, &heard));
	for (int i = 0; i < THREADS; i++)
		CHECK_OK(pthread_create(&threads[i], NULL, answer_often, NULL));
	for (int i = 0; i < THREADS; i++)
		CHECK_OK(pthread_join(threads[i], NULL));
	CHECK_EQ(heard.answers, THREADS * EACH);
	CHECK_EQ(heard.sum, THREADS * EACH);
	CHECK_EQ(heard.ends, 0);
	CHECK(!is_open(shared_future));
	stage_finish(&s);
}

/* All that were asked, however many: the end is told, and that it went well. */
TEST(future_then, of_all)
{
	struct question question = { .script = { forget, NULL } };
	troupe_future future;

	stage_start(&s, 1);
	CHECK_OK(troupe_future_open(s.system, TROUPE_OPTIONS(troupe_expectation, .answers = TROUPE_ANSWERS_ALL, .questions = 2),
	                            &future));
	CHECK_OK(troupe_future_then(future, hear, &heard));
	answer(future, 4);
	answer(future, 5);
	CHECK_EQ(heard.answers, 2);
	CHECK_EQ(heard.ends, 1);
	CHECK_EQ(heard.why, TROUPE_OK);
	CHECK_OK(troupe_future_open(s.system, TROUPE_OPTIONS(troupe_expectation, .answers = TROUPE_ANSWERS_ALL, .questions = 2),
	                            &future));
	CHECK_OK(troupe_future_then(future, hear, &heard));
	answer(future, 6);
	CHECK_OK(troupe_ask_bytes(player(&s), PLAY, &question, sizeof question, offsetof(struct question, reply), future.ref));
	await_count(&heard.ends, 2);
	CHECK_EQ(heard.why, TROUPE_EUNANSWERED);
	stage_finish(&s);
}

TEST(future_then, no_memory_for_its_time)
{
	use_malloc();
	stage_start(&s, 1);
	troupe_future future = opened(1, TROUPE_S);
	troupei_memory_fail_by(fail_when_used_up);
	CHECK_EQ(troupe_future_then(future, hear, &heard), TROUPE_ENOMEM);
	troupei_memory_fail_by(NULL);
	answer(future, 3); /* as if nothing had happened */
	uint64_t number;
	CHECK_OK(troupe_next(future, ANSWER, &number, sizeof number));
	CHECK_EQ(number, 3);
	CHECK_EQ(troupe_future_then(future, NULL, NULL), TROUPE_EINVAL);
	troupe_future_close(future);
	stage_finish(&s);
}

TEST(future_then, some_of_several)
{
	troupe_future futures[3];

	stage_start(&s, 1);
	for (int i = 0; i < 3; i++)
		futures[i] = opened(1, 0);
	CHECK_EQ(troupe_future_some(futures, 3, 0, 1), TROUPE_EINVAL);
	CHECK_EQ(troupe_future_some(futures, 3, 4, 1), TROUPE_EINVAL);
	CHECK_EQ(troupe_future_some(NULL, 3, 1, 1), TROUPE_EINVAL);
	CHECK_EQ(troupe_future_some(futures, 3, 1, 1), TROUPE_ETIMEOUT);
	answer(futures[2], 1);
	CHECK_OK(troupe_future_some(futures, 3, 1, LIMIT));
	CHECK_EQ(troupe_future_some(futures, 3, 2, TROUPE_MS), TROUPE_ETIMEOUT);
	shared_future = futures[0];
	pthread_t thread;
	CHECK_OK(pthread_create(&thread, NULL, answer_often, NULL)); /* the first counts, the others are late */
	CHECK_OK(troupe_future_some(futures, 3, 2, LIMIT));
	CHECK_OK(pthread_join(thread, NULL));
	troupe_future_close(futures[1]);
	CHECK_OK(troupe_future_some(futures, 3, 3, LIMIT));
	troupei_memory_fail_by(fail_when_used_up);
	for (int allowed = 0; allowed < 2; allowed++) {
		atomic_store(&allocations_allowed, allowed);
		CHECK_EQ(troupe_future_some(futures, 3, 1, LIMIT), TROUPE_ENOMEM);
	}
	troupei_memory_fail_by(NULL);
	for (int i = 0; i < 3; i++)
		troupe_future_close(futures[i]);
	stage_finish(&s);
}
