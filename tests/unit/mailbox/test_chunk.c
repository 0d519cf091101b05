/* SPDX-License-Identifier: MIT */
/* Chunks: how they lie in memory, what fits, and K1, K3 and K4 with a writer and an owner at once. */
#include "mailbox/chunk.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "support/testing.h"

enum { ROUNDS = 3000 };

static struct chunk *new_chunk(unsigned class, size_t size)
{
	struct chunk *chunk = troupei_chunk_new(class, size);
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
		for (size_t size = 0; size <= CHUNK_PAYLOAD_MAX; size += 8) {
			struct chunk *chunk = new_chunk(class, size);
			size_t slot = size <= 8 ? 16 : 32;
			CHECK_EQ(chunk->capacity, BLOCK_SIZE(class) / slot - 32 / slot);
			CHECK_EQ(chunk->envelope.flags & ENVELOPE_CLASS, class);
			done(chunk);
		}
}

/* Every size that fits a slot, until it is full; then nothing is appended, and what lies there comes in order. */
static void fill_and_read(size_t largest)
{
	unsigned char bytes[CHUNK_PAYLOAD_MAX + 1];
	struct chunk *chunk = new_chunk(CHUNK_CLASS_LAST, largest);
	for (unsigned i = 0; i < chunk->capacity; i++) {
		memset(bytes, (int)i, sizeof bytes);
		CHECK(!troupei_chunk_append(chunk, 1, bytes, largest + 1));
		CHECK(troupei_chunk_append(chunk, (int32_t)(32767 - i), bytes, i % (largest + 1)));
	}
	CHECK(!troupei_chunk_append(chunk, 1, bytes, 0));
	CHECK_EQ(troupei_chunk_count(chunk), chunk->capacity);
	for (unsigned i = 0; i < chunk->capacity; i++) {
		struct chunk_slot *slot = troupei_chunk_next(chunk);
		CHECK(slot != NULL);
		CHECK_EQ(slot->kind, 32767 - i);
		CHECK_EQ(slot->size, i % (largest + 1));
		CHECK_EQ((uintptr_t)troupei_chunk_payload(slot) % largest, 0);
		memset(bytes, (int)i, sizeof bytes);
		CHECK(memcmp(troupei_chunk_payload(slot), bytes, slot->size) == 0);
	}
	CHECK(troupei_chunk_next(chunk) == NULL);
	CHECK(troupei_chunk_next(chunk) == NULL);
	done(chunk);
}

TEST(chunk, takes_what_fits_in_order)
{
	fill_and_read(8);
	fill_and_read(16);
}

/* K1 */
TEST(chunk, sealed_with_the_first_look)
{
	struct chunk *chunk = new_chunk(CHUNK_CLASS_FIRST, 8);
	CHECK(troupei_chunk_append(chunk, 1, NULL, 0));
	CHECK(troupei_chunk_append(chunk, 2, NULL, 0));
	CHECK_EQ(troupei_chunk_next(chunk)->kind, 1);
	CHECK(!troupei_chunk_append(chunk, 3, NULL, 0));
	CHECK_EQ(troupei_chunk_count(chunk), 2);
	CHECK_EQ(troupei_chunk_next(chunk)->kind, 2);
	CHECK(troupei_chunk_next(chunk) == NULL);
	done(chunk);
}

TEST(chunk, message_out_of_a_slot)
{
	struct chunk_copy copy;
	struct chunk *chunk = new_chunk(CHUNK_CLASS_FIRST, 16);
	CHECK(troupei_chunk_append(chunk, 7, "fifteen letters", 16));
	const struct chunk_slot *slot = troupei_chunk_next(chunk);
	troupei_chunk_copy_slot(slot, 9, ENVELOPE_EMBEDDED, &copy.envelope);
	struct envelope *envelopes[] = { &copy.envelope, troupei_chunk_extract(slot, 9) };
	done(chunk);
	for (int i = 0; i < 2; i++) {
		CHECK_EQ(troupei_envelope_sort(envelopes[i]), SORT_PLAIN);
		CHECK_EQ(troupei_envelope_kind(envelopes[i]), 7);
		CHECK_EQ(envelopes[i]->generation, 9);
		CHECK_EQ(troupei_envelope_size(envelopes[i]), 16);
		CHECK_STR_EQ(troupei_envelope_data(envelopes[i]), "fifteen letters");
		troupei_envelope_free(envelopes[i]); /* the copy is left alone */
	}
}

static bool always(size_t size)
{
	(void)size;
	return true;
}

TEST(chunk, no_memory)
{
	struct chunk_slot slot[2] = { { .kind = 1, .offset = 8 } };
	troupei_memory_fails = always;
	CHECK(troupei_chunk_new(CHUNK_CLASS_FIRST, 8) == NULL);
	CHECK(troupei_chunk_extract(slot, 1) == NULL);
	troupei_memory_fails = NULL;
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
	const struct chunk_slot *slot;
	uint64_t count = 0, number;
	while ((slot = troupei_chunk_next(chunk)) != NULL) {
		memcpy(&number, troupei_chunk_payload(slot), sizeof number);
		CHECK_EQ(number, count);
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
		CHECK(troupei_chunk_append(chunk, 1, &(uint64_t){ 0 }, 8));
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
