/* SPDX-License-Identifier: MIT */
/* Chunks: how they lie in memory, what fits, and K1, K3 and K4 with a writer and an owner at once. */
#include "mailbox/chunk.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "support/testing.h"

enum { ROUNDS = 3000 };

/* With one message of @p size in it, of kind 1. */
static struct chunk *new_chunk(unsigned class, size_t size)
{
	static const unsigned char zeros[CHUNK_PAYLOAD_MAX];
	struct chunk *chunk = troupei_chunk_new(class, 9, 1, zeros, size);
	CHECK(chunk != NULL);
	CHECK(troupei_envelope_is_chunk(&chunk->envelope));
	return chunk;
}

static void done(struct chunk *chunk)
{
	troupei_chunk_writer_gone(chunk);
	troupei_chunk_owner_done(chunk);
}

TEST(chunk, capacity)
{
	for (unsigned class = CHUNK_CLASS_FIRST; class <= CHUNK_CLASS_LAST; class++)
		for (size_t size = 0; size <= CHUNK_PAYLOAD_MAX; size++) {
			struct chunk *chunk = new_chunk(class, size);
			size_t room = BLOCK_SIZE(class) - sizeof *chunk;
			CHECK_EQ(chunk->capacity, size > 0 ? room / size : room);
			CHECK_EQ(chunk->envelope.flags & ENVELOPE_CLASS, class);
			done(chunk);
		}
}

/* Of one size until it is full; then nothing is appended, and what lies there comes in order and aligned. */
static void fill_and_read(size_t size)
{
	unsigned char bytes[CHUNK_PAYLOAD_MAX + 1];
	struct chunk *chunk = new_chunk(CHUNK_CLASS_LAST, size);
	for (unsigned i = 1; i < chunk->capacity; i++) {
		memset(bytes, (int)i, sizeof bytes);
		CHECK(!troupei_chunk_append(chunk, 1, bytes, size + 1));
		CHECK(!troupei_chunk_append(chunk, 2, bytes, size));
		CHECK(troupei_chunk_append(chunk, 1, bytes, size));
	}
	CHECK(!troupei_chunk_append(chunk, 1, bytes, size));
	CHECK_EQ(troupei_chunk_count(chunk), chunk->capacity);
	for (unsigned i = 0; i < chunk->capacity; i++) {
		const void *payload = troupei_chunk_next(chunk);
		CHECK(payload != NULL);
		if (size > 0)
			CHECK_EQ((uintptr_t)payload % ((size & -size) < 16 ? (size & -size) : 16), 0);
		memset(bytes, (int)i, sizeof bytes);
		CHECK(memcmp(payload, bytes, size) == 0);
	}
	CHECK(troupei_chunk_next(chunk) == NULL);
	CHECK(troupei_chunk_next(chunk) == NULL);
	done(chunk);
}

TEST(chunk, takes_its_size_in_order)
{
	for (size_t size = 0; size <= CHUNK_PAYLOAD_MAX; size++)
		fill_and_read(size);
}

/* K1 */
TEST(chunk, sealed_with_the_first_look)
{
	struct chunk *chunk = new_chunk(CHUNK_CLASS_FIRST, 8);
	CHECK(troupei_chunk_append(chunk, 1, &(uint64_t){ 5 }, 8));
	CHECK(troupei_chunk_next(chunk) != NULL);
	CHECK(!troupei_chunk_append(chunk, 1, &(uint64_t){ 6 }, 8));
	CHECK_EQ(troupei_chunk_count(chunk), 2);
	CHECK_EQ(*(uint64_t *)troupei_chunk_next(chunk), 5);
	CHECK(troupei_chunk_next(chunk) == NULL);
	done(chunk);
}

static void check_one_of(struct chunk *chunk, const char *text, uint32_t size)
{
	struct chunk_copy copy;
	const void *payload = troupei_chunk_next(chunk);
	troupei_chunk_copy(chunk, payload, ENVELOPE_EMBEDDED, &copy.envelope);
	struct envelope *envelopes[] = { &copy.envelope, troupei_chunk_extract(chunk, payload) };
	for (int i = 0; i < 2; i++) {
		CHECK_EQ(troupei_envelope_sort(envelopes[i]), SORT_PLAIN);
		CHECK_EQ(troupei_envelope_kind(envelopes[i]), 7);
		CHECK_EQ(envelopes[i]->generation, 9);
		CHECK_EQ(troupei_envelope_size(envelopes[i]), size);
		CHECK_STR_EQ(troupei_envelope_data(envelopes[i]), text);
		troupei_envelope_free(envelopes[i]); /* the copy is left alone */
	}
}

TEST(chunk, one_message_by_itself)
{
	static const char longest[CHUNK_PAYLOAD_MAX] = "sixty-four bytes, most of them not letters but nothing at all";
	const struct { const char *text; uint32_t size; } payloads[] = { { "fifteen letters", 16 }, { longest, sizeof longest } };
	for (int i = 0; i < 2; i++) {
		struct chunk *chunk = troupei_chunk_new(CHUNK_CLASS_FIRST, 9, 7, payloads[i].text, payloads[i].size);
		CHECK(troupei_chunk_append(chunk, 7, payloads[i].text, payloads[i].size));
		check_one_of(chunk, payloads[i].text, payloads[i].size);
		check_one_of(chunk, payloads[i].text, payloads[i].size);
		done(chunk);
	}
}

static bool always(size_t size)
{
	(void)size;
	return true;
}

TEST(chunk, no_memory)
{
	const struct { struct chunk chunk; uint64_t payload; } own = { .chunk.size = 8 };
	troupei_memory_fail_by(always);
	CHECK(troupei_chunk_new(CHUNK_CLASS_FIRST, 9, 1, NULL, 0) == NULL);
	CHECK(troupei_chunk_extract(&own.chunk, &own.payload) == NULL);
	troupei_memory_fail_by(NULL);
}

/* K4: whoever is last frees it, whichever that is; before that it is there. */
TEST(chunk, freed_by_the_last_of_the_two)
{
	void (*const leave[])(struct chunk *) = { troupei_chunk_owner_done, troupei_chunk_writer_gone };
	CHECK_OK(setenv("TROUPE_ALLOC", "slabs", 1));
	for (int i = 0; i < 2; i++) {
		struct chunk *chunk = new_chunk(CHUNK_CLASS_FIRST, 8);
		leave[i](chunk);
		void *another = troupei_block_take(CHUNK_CLASS_FIRST);
		CHECK(another != chunk);
		troupei_block_give(another, CHUNK_CLASS_FIRST);
		leave[1 - i](chunk);
		CHECK((another = troupei_block_take(CHUNK_CLASS_FIRST)) == chunk);
		troupei_block_give(another, CHUNK_CLASS_FIRST);
	}
}

/* ---------------------------------------------------------------------------------------------------------- threads -- */

static _Atomic(struct chunk *) shared;
static atomic_uint appended; /* in this round, once the writer is done: 1 more than there are */

/* Append until it says no, then leave. */
static void *write_all(void *argument)
{
	(void)argument;
	for (int round = 0; round < ROUNDS; round++) {
		struct chunk *chunk;
		uint64_t count = 1; /* one lies there already: it was pushed with it */
		while ((chunk = atomic_exchange(&shared, NULL)) == NULL)
			sched_yield();
		while (troupei_chunk_append(chunk, 1, &count, sizeof count))
			count++;
		troupei_chunk_writer_gone(chunk);
		atomic_store(&appended, (unsigned)count + 1);
	}
	return NULL;
}

static unsigned read_all(struct chunk *chunk)
{
	const uint64_t *number;
	uint64_t count = 0;
	while ((number = troupei_chunk_next(chunk)) != NULL) {
		CHECK_EQ(*number, count);
		count++;
	}
	CHECK_EQ(count, troupei_chunk_count(chunk));
	troupei_chunk_owner_done(chunk);
	return (unsigned)count;
}

/* The owner reads exactly what was appended, whenever it comes. */
TEST(chunk, nothing_is_lost_between_writer_and_owner)
{
	pthread_t writer;
	CHECK_OK(pthread_create(&writer, NULL, write_all, NULL));
	for (int round = 0; round < ROUNDS; round++) {
		struct chunk *chunk = new_chunk(CHUNK_CLASS_FIRST + (unsigned)round % 3, 8);
		atomic_store(&appended, 0);
		atomic_store(&shared, chunk);
		while (atomic_load(&shared) != NULL)
			sched_yield();
		for (int i = 0; i < round % 50; i++)
			troupei_spin_hint();
		unsigned count = read_all(chunk);
		while (atomic_load(&appended) == 0)
			sched_yield();
		CHECK_EQ(count + 1, atomic_load(&appended));
	}
	CHECK_OK(pthread_join(writer, NULL));
}
