/* SPDX-License-Identifier: MIT */
/* Payloads that travel by pointer: made, released once, counted by several threads, and what misuse does. */
#include "mailbox/payload.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "base/memory.h"
#include "support/testing.h"

enum { THREADS = 4, STEPS = 50000 };

/* Around the edges of the block classes, and beyond them. */
static const size_t sizes[] = { 0, 1, 15, 16, 32, 33, 96, 97, 480, 481, 991, 992, 993, 1024, 5000, 300000 };
enum { SIZES = sizeof sizes / sizeof sizes[0] };

static unsigned releases;
static void *released;

static void release(void *bytes)
{
	releases++;
	released = bytes;
}

static void *made(size_t size)
{
	void *bytes = troupei_payload_new(size, release);
	CHECK(bytes != NULL);
	return bytes;
}

TEST(payload, header_lies_before_the_bytes)
{
	for (unsigned i = 0; i < SIZES; i++) {
		void *bytes = made(sizes[i]);
		struct payload *payload = troupei_payload_of(bytes);
		CHECK((void *)(payload + 1) == bytes);
		CHECK_EQ((uintptr_t)bytes % 16, 0);
		CHECK_EQ(payload->size, sizes[i]);
		CHECK_EQ(payload->magic, PAYLOAD_MAGIC);
		CHECK_EQ(payload->question, 0);
		CHECK_EQ(payload->references, 0);
		CHECK(payload->release == release);
		troupei_payload_free(bytes);
	}
}

/* Also where another payload lay before. */
TEST(payload, bytes_are_zero)
{
	for (unsigned i = 0; i < 2 * SIZES; i++) {
		uint8_t *bytes = made(sizes[i / 2]);
		for (size_t at = 0; at < sizes[i / 2]; at++)
			CHECK_EQ(bytes[at], 0);
		memset(bytes, 0xa5, sizes[i / 2]);
		troupei_payload_of(bytes)->question = 1;
		troupei_payload_free(bytes);
	}
}

TEST(payload, release_is_called_once_with_the_bytes)
{
	void *bytes = made(40);
	CHECK_EQ(releases, 0);
	troupei_payload_free(bytes);
	CHECK_EQ(releases, 1);
	CHECK(released == bytes);
}

TEST(payload, release_may_be_missing)
{
	void *bytes = troupei_payload_new(5000, NULL);
	CHECK(bytes != NULL);
	troupei_payload_free(bytes);
}

/* The block goes back to the class that it came from. */
TEST(payload, block_is_used_again)
{
	CHECK_OK(setenv("TROUPE_ALLOC", "slabs", 1));
	for (unsigned i = 0; i < SIZES; i++) {
		unsigned class = troupei_block_class(sizeof(struct payload) + sizes[i]);
		void *bytes = made(sizes[i]);
		troupei_payload_free(bytes);
		if (class == BLOCK_CLASSES)
			continue;
		void *block = troupei_block_take(class);
		CHECK(block == troupei_payload_of(bytes));
		troupei_block_give(block, class);
	}
}

TEST(payload, last_reference_frees)
{
	void *bytes = made(8);
	troupei_payload_freeze(bytes);
	troupei_payload_retain(bytes);
	troupei_payload_retain(bytes);
	troupei_payload_release(bytes);
	troupei_payload_release(bytes);
	CHECK_EQ(releases, 0);
	CHECK_EQ(troupei_payload_of(bytes)->references, 1);
	troupei_payload_release(bytes);
	CHECK_EQ(releases, 1);
}

/* ----------------------------------------------------------------------------------------------------------- threads -- */

/* Each holder has a reference, makes and drops others, and reads; the last drop comes after every read. */
static pthread_barrier_t start;

static void *hold(void *bytes)
{
	const int *number = bytes;
	pthread_barrier_wait(&start);
	for (int step = 0; step < STEPS; step++) {
		troupei_payload_retain(bytes);
		CHECK_EQ(*number, 42);
		troupei_payload_release(bytes);
	}
	CHECK_EQ(*number, 42);
	troupei_payload_release(bytes);
	return NULL;
}

static void overwrite(void *bytes)
{
	releases++;
	*(int *)bytes = 0; /* after the last read: a thread sanitizer would tell */
}

TEST(payload, shared_by_threads_is_released_once_and_last)
{
	pthread_t threads[THREADS];
	int *bytes = troupei_payload_new(sizeof *bytes, overwrite);
	*bytes = 42;
	CHECK_OK(pthread_barrier_init(&start, NULL, THREADS));
	troupei_payload_freeze(bytes);
	for (int i = 0; i < THREADS; i++) {
		troupei_payload_retain(bytes);
		CHECK_OK(pthread_create(&threads[i], NULL, hold, bytes));
	}
	troupei_payload_release(bytes);
	for (int i = 0; i < THREADS; i++)
		CHECK_OK(pthread_join(threads[i], NULL));
	CHECK_EQ(releases, 1);
}

/* ------------------------------------------------------------------------------------------------ no memory, misuse -- */

static bool always(size_t size)
{
	(void)size;
	return true;
}

TEST(payload, no_memory)
{
	troupei_memory_fail_by(always);
	for (unsigned i = 0; i < SIZES; i++)
		CHECK(troupei_payload_new(sizes[i], release) == NULL);
	CHECK_EQ(releases, 0);
}

/* A pointer to anything else: the magic is missing. */
static uint64_t stranger[16];

TEST(payload, freeing_a_stranger_aborts, .signal = SIGABRT)
{
	troupei_payload_free(&stranger[8]);
}

TEST(payload, freezing_a_stranger_aborts, .signal = SIGABRT)
{
	troupei_payload_freeze(&stranger[8]);
}

TEST(payload, retaining_a_stranger_aborts, .signal = SIGABRT)
{
	troupei_payload_retain(&stranger[8]);
}

TEST(payload, freeing_twice_aborts, .signal = SIGABRT)
{
	CHECK_OK(setenv("TROUPE_ALLOC", "slabs", 1)); /* otherwise it is the sanitizer that stops us */
	void *bytes = made(8);
	troupei_payload_free(bytes);
	troupei_payload_free(bytes);
}
