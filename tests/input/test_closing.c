/* SPDX-License-Identifier: MIT */
/* Plain threads that send, spawn, name, ask and open futures while the system ends: they get the documented codes, every message
 * that was accepted is in the final ledger, and nobody waits for ever.
 *
 * A system's handle is not valid after troupe_finish, so the threads must have done with it before that returns: an actor whose
 * end waits for them holds it up. References stay legal for ever: the threads go on with these after the end. */
#include "victim.h"

enum { ROUNDS = TEST_WITH_ASAN || TEST_WITH_TSAN ? 20 : 50, THREADS = 4, REFUSALS = 20, AFTERWARDS = 50 };

static atomic_int go, done, over;
static atomic_uint_fast64_t accepted, refused;

static bool is_one_of(troupe_status status, const troupe_status *allowed)
{
	for (; *allowed != TROUPE_OK; allowed++)
		if (status == *allowed)
			return true;
	return status == TROUPE_OK;
}

/* TROUPE_OK is always among them. */
#define CHECK_ONE_OF(status, ...)                                                                         \
	do {                                                                                              \
		const troupe_status one_ = (status);                                                      \
		cr_assert(is_one_of(one_, (const troupe_status[]){ __VA_ARGS__, TROUPE_OK }), "%s is %s", \
		          #status, troupe_status_name(one_));                                             \
	} while (0)

/* ---------------------------------------------------------------------------------------------------------- holding -- */

/* The end of the system waits here until the threads no longer use its handle. */
static void hold_up(troupe_actor *me, troupe_status why)
{
	(void)me, (void)why;
	await_count(&done, THREADS);
}

static const troupe_behaviour holding = { .name = "holding", .receive = victim_receive, .terminate = hold_up };

/* -------------------------------------------------------------------------------------------- what the threads do -- */

static troupe_status send_one(victim to)
{
	troupe_status status = troupe_send(to, NOTE, .n = 1);

	CHECK_ONE_OF(status, TROUPE_ECLOSED, TROUPE_EGONE);
	atomic_fetch_add(status == TROUPE_OK ? &accepted : &refused, 1);
	return status;
}

static void send_by_pointer(victim to)
{
	struct value *value = troupe_new(sizeof *value, NULL);
	troupe_status status = troupe_move(to, NOTE, &value);

	CHECK_ONE_OF(status, TROUPE_ECLOSED, TROUPE_EGONE);
	CHECK_EQ(value == NULL, status == TROUPE_OK);
	atomic_fetch_add(status == TROUPE_OK ? &accepted : &refused, 1);
	troupe_free(value);
}

static void spawn_one(void)
{
	victim young = { .ref = { 0 } };
	troupe_status status = troupe_spawn(theirs, &victim_behaviour, NULL, &young.ref);

	CHECK_ONE_OF(status, TROUPE_ECLOSED);
	CHECK_EQ(troupe_ref_is_null(young.ref), status != TROUPE_OK);
	if (status == TROUPE_OK)
		send_one(young);
	if (status == TROUPE_OK)
		CHECK_ONE_OF(troupe_stop(young.ref), TROUPE_EGONE, TROUPE_ECLOSED);
}

static void ask_one(void)
{
	struct value answer;

	CHECK_ONE_OF(troupe_call(actor, GET, VALUE, &answer, LIMIT, .n = 1), TROUPE_ECLOSED, TROUPE_EGONE);
}

static void use_future(void)
{
	troupe_future future;
	struct value answer;
	troupe_status status = troupe_future_open(theirs, NULL, &future);

	CHECK_ONE_OF(status, TROUPE_ECLOSED);
	if (status != TROUPE_OK)
		return;
	status = troupe_ask(actor, GET, future.ref, .n = 1);
	CHECK_ONE_OF(status, TROUPE_ECLOSED);
	if (status == TROUPE_OK)
		CHECK_ONE_OF(troupe_next(future, VALUE, &answer, sizeof answer), TROUPE_ECLOSED, TROUPE_EGONE);
	troupe_future_close(future);
}

static void use_names(void)
{
	troupe_ref found;

	CHECK_ONE_OF(troupe_name(actor.ref, "closing"), TROUPE_EEXIST, TROUPE_EGONE, TROUPE_ECLOSED);
	CHECK_ONE_OF(troupe_find(theirs, "closing", &found), TROUPE_ENOENT);
	CHECK_ONE_OF(troupe_unname(theirs, "closing"), TROUPE_ENOENT);
}

/* With a reference only: this may go on for ever. */
static void use_reference(void)
{
	troupe_status why;

	send_one(actor);
	send_by_pointer(actor);
	ask_one();
	CHECK_ONE_OF(troupe_name(actor.ref, "closing too"), TROUPE_EEXIST, TROUPE_EGONE, TROUPE_ECLOSED);
	CHECK_ONE_OF(troupe_wait_end(actor.ref, TROUPE_MS / 10, &why), TROUPE_ETIMEOUT);
	troupe_is_alive(actor.ref);
}

static void *use_all(void *argument)
{
	(void)argument;
	atomic_fetch_add(&go, 1);
	for (int refusals = 0; refusals < REFUSALS;) {
		refusals += send_one(actor) != TROUPE_OK;
		send_by_pointer(actor);
		spawn_one();
		ask_one();
		use_future();
		use_names();
	}
	atomic_fetch_add(&done, 1);
	while (!over)
		use_reference();
	for (int i = 0; i < AFTERWARDS; i++)
		use_reference();
	return NULL;
}

/* ----------------------------------------------------------------------------------------------------------- rounds -- */

static void start_round(void)
{
	go = done = over = 0;
	accepted = refused = 0;
	victim_start();
	CHECK_OK(troupe_spawn(theirs, &holding, NULL, NULL));
}

/* Each accepted message was handled or is a dead letter; so may be each that was refused, while there was a system. */
static void check_accounts(void)
{
	uint64_t seen = (uint64_t)notes + letters_of[NOTE];

	check_books();
	CHECK(final_ledger.sent >= accepted);
	CHECK(seen >= accepted);
	CHECK(seen <= accepted + refused);
}

static void run_round(int round)
{
	pthread_t threads[THREADS];

	start_round();
	for (int i = 0; i < THREADS; i++)
		CHECK_OK(pthread_create(&threads[i], NULL, use_all, NULL));
	await_count(&go, THREADS);
	sleep_ns(round % 5 * TROUPE_MS / 2);
	CHECK_OK(troupe_finish(theirs, LIMIT));
	over = 1;
	for (int i = 0; i < THREADS; i++)
		CHECK_OK(pthread_join(threads[i], NULL));
	check_accounts();
}

TEST(closing, while_threads_use_everything, .timeout = 180)
{
	for (int round = 0; round < ROUNDS; round++)
		run_round(round);
}

/* ----------------------------------------------------------------------------------- threads that have no handle -- */

static void *use_only_references(void *argument)
{
	(void)argument;
	atomic_fetch_add(&go, 1);
	while (!over)
		use_reference();
	return NULL;
}

/* Nothing holds up the end: it may come at any moment of a call. */
TEST(closing, while_threads_use_references, .timeout = 180)
{
	for (int round = 0; round < ROUNDS; round++) {
		pthread_t threads[THREADS];
		go = over = 0;
		accepted = refused = 0;
		victim_start();
		for (int i = 0; i < THREADS; i++)
			CHECK_OK(pthread_create(&threads[i], NULL, use_only_references, NULL));
		await_count(&go, THREADS);
		CHECK_OK(troupe_finish(theirs, LIMIT));
		over = 1;
		for (int i = 0; i < THREADS; i++)
			CHECK_OK(pthread_join(threads[i], NULL));
		check_accounts();
	}
}

/* ------------------------------------------------------------------------------------------- futures that are open -- */

static troupe_future waited_for;

static void *wait_for_answer(void *result)
{
	struct value answer;

	atomic_fetch_add(&go, 1);
	*(troupe_status *)result = troupe_next(waited_for, VALUE, &answer, sizeof answer);
	troupe_future_close(waited_for);
	return NULL;
}

/* A thread that waits for an answer which never comes is told so when the system ends. */
TEST(closing, while_a_thread_waits_at_a_future)
{
	for (int round = 0; round < ROUNDS; round++) {
		troupe_status result = TROUPE_OK;
		pthread_t thread;
		go = 0;
		victim_start();
		CHECK_OK(troupe_future_open(theirs, NULL, &waited_for));
		CHECK_OK(pthread_create(&thread, NULL, wait_for_answer, &result));
		await_count(&go, 1);
		sleep_ns(round % 2 * TROUPE_MS);
		CHECK_OK(troupe_finish(theirs, LIMIT));
		CHECK_OK(pthread_join(thread, NULL));
		CHECK_EQ(result, TROUPE_ECLOSED);
		check_books();
	}
}

static void *wait_for_end(void *result)
{
	troupe_status why = TROUPE_EUSER;

	atomic_fetch_add(&go, 1);
	*(troupe_status *)result = troupe_wait_end(actor.ref, LIMIT, &why);
	CHECK(why == TROUPE_OK || why == TROUPE_EGONE);
	return NULL;
}

TEST(closing, while_a_thread_waits_for_an_end)
{
	for (int round = 0; round < ROUNDS; round++) {
		troupe_status result = TROUPE_EUSER;
		pthread_t thread;
		go = 0;
		victim_start();
		CHECK_OK(pthread_create(&thread, NULL, wait_for_end, &result));
		await_count(&go, 1);
		sleep_ns(round % 2 * TROUPE_MS);
		CHECK_OK(troupe_finish(theirs, LIMIT));
		CHECK_OK(pthread_join(thread, NULL));
		CHECK_OK(result);
		check_books();
	}
}
