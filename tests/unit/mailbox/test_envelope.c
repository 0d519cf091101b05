/* SPDX-License-Identifier: MIT */
/* The three forms of a message, what is read from them, and that freeing one frees exactly what it holds. */
#include "mailbox/envelope.h"

#include <signal.h>
#include <stdlib.h>

#include "mailbox/payload.h"
#include "support/testing.h"

enum { HEADER = sizeof(struct envelope) + sizeof(struct envelope_extension) };

/* Around the edges of the block classes, and beyond them. */
static const uint32_t sizes[] = { 0, 1, 16, 32, 33, 96, 97, 224, 225, 480, 481, 991, 992, 993, 5000, 1000000 };
enum { SIZES = sizeof sizes / sizeof sizes[0] };

static unsigned releases;

static void release(void *bytes)
{
	(void)bytes;
	releases++;
}

static void *payload(size_t size)
{
	void *bytes = troupei_payload_new(size, release);
	CHECK(bytes != NULL);
	return bytes;
}

/* A payload of up to 16 bytes makes half a cache line. */
TEST(envelope, sizes_are_as_promised)
{
	CHECK_EQ(sizeof(struct envelope), 16);
	CHECK_EQ(sizeof(struct envelope_extension), 16);
	CHECK_EQ(troupei_block_class(sizeof(struct envelope) + 16), 0);
	CHECK_EQ(troupei_block_class(sizeof(struct envelope) + ENVELOPE_SMALL_SIZE_MAX), 3);
	CHECK((int)ENVELOPE_ALLOCATED >= (int)BLOCK_CLASSES); /* no class is taken for it */
}

/* The small form is made by who sends it. */
TEST(envelope, small_form_is_read)
{
	_Alignas(16) uint8_t bytes[sizeof(struct envelope) + ENVELOPE_SMALL_SIZE_MAX];
	struct envelope *envelope = (struct envelope *)bytes;
	*envelope = (struct envelope){ .kind = ENVELOPE_SMALL_KIND_MAX, .size = ENVELOPE_SMALL_SIZE_MAX, .flags = 3 };
	CHECK(!troupei_envelope_is_extended(envelope));
	CHECK_EQ(troupei_envelope_sort(envelope), SORT_PLAIN);
	CHECK_EQ(troupei_envelope_kind(envelope), ENVELOPE_SMALL_KIND_MAX);
	CHECK_EQ(troupei_envelope_size(envelope), ENVELOPE_SMALL_SIZE_MAX);
	CHECK(troupei_envelope_data(envelope) == bytes + 16);
	CHECK(troupei_envelope_body(envelope) == bytes + 16);
	envelope->kind = -5;
	envelope->size = 0;
	CHECK_EQ(troupei_envelope_kind(envelope), -5);
	CHECK_EQ(troupei_envelope_size(envelope), 0);
	CHECK(troupei_envelope_data(envelope) == NULL);
}

TEST(envelope, extended_form_of_every_size)
{
	for (unsigned i = 0; i < SIZES; i++) {
		struct envelope *envelope = troupei_envelope_new(SORT_SENDER, 0, INT32_MIN, sizes[i], UINT64_MAX);
		CHECK(envelope != NULL);
		CHECK(troupei_envelope_is_extended(envelope));
		CHECK_EQ(troupei_envelope_sort(envelope), SORT_SENDER);
		CHECK_EQ(troupei_envelope_kind(envelope), INT32_MIN);
		CHECK_EQ(troupei_envelope_size(envelope), sizes[i]);
		CHECK_EQ(troupei_envelope_extension(envelope)->word, UINT64_MAX);
		CHECK_EQ((uintptr_t)troupei_envelope_body(envelope) - (uintptr_t)envelope, HEADER);
		CHECK_EQ((uintptr_t)troupei_envelope_body(envelope) % 16, 0);
		void *data = troupei_envelope_data(envelope);
		CHECK(data == (sizes[i] > 0 ? troupei_envelope_body(envelope) : NULL));
		if (data != NULL)
			memset(data, 0xff, sizes[i]); /* there is room for all of it */
		CHECK_EQ(troupei_envelope_size(envelope), sizes[i]);
		troupei_envelope_free(envelope);
	}
}

TEST(envelope, every_sort_is_kept)
{
	for (int sort = SORT_PLAIN; sort <= SORT_CHILD_ENDED; sort++) {
		struct envelope *envelope = troupei_envelope_new((enum envelope_sort)sort, ENVELOPE_CONTROL, 7, 100, 9);
		CHECK(envelope != NULL);
		CHECK_EQ(troupei_envelope_sort(envelope), sort);
		CHECK_EQ(envelope->flags & ~ENVELOPE_CLASS, ENVELOPE_EXTENDED | ENVELOPE_CONTROL);
		troupei_envelope_free(envelope);
	}
}

TEST(envelope, by_pointer_the_data_is_the_payload)
{
	void *bytes = payload(70000);
	struct envelope *envelope = troupei_envelope_new_pointer(SORT_QUESTION, ENVELOPE_MOVED, 8, bytes, 11);
	CHECK(envelope != NULL);
	CHECK_EQ(troupei_envelope_sort(envelope), SORT_QUESTION);
	CHECK_EQ(troupei_envelope_kind(envelope), 8);
	CHECK_EQ(troupei_envelope_extension(envelope)->word, 11);
	CHECK_EQ(troupei_envelope_size(envelope), 70000);
	CHECK(troupei_envelope_data(envelope) == bytes);
	CHECK(*(void **)troupei_envelope_body(envelope) == bytes);
	troupei_envelope_free(envelope);
	CHECK_EQ(releases, 1);
}

/* One of no bytes is a payload still. */
TEST(envelope, empty_payload_is_no_missing_one)
{
	void *bytes = payload(0);
	struct envelope *envelope = troupei_envelope_new_pointer(SORT_PLAIN, ENVELOPE_MOVED, 8, bytes, 0);
	CHECK_EQ(troupei_envelope_size(envelope), 0);
	CHECK(troupei_envelope_data(envelope) == bytes);
	troupei_envelope_free(envelope);
	CHECK_EQ(releases, 1);
}

TEST(envelope, shared_one_holds_one_reference)
{
	void *bytes = payload(10);
	struct envelope *envelopes[3];
	troupei_payload_freeze(bytes);
	for (int i = 0; i < 3; i++) {
		troupei_payload_retain(bytes);
		envelopes[i] = troupei_envelope_new_pointer(SORT_PLAIN, ENVELOPE_SHARED, i, bytes, 0);
	}
	troupei_payload_release(bytes);
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(releases, 0);
		CHECK_EQ(troupei_payload_of(bytes)->references, 3 - i);
		troupei_envelope_free(envelopes[i]);
	}
	CHECK_EQ(releases, 1);
}

TEST(envelope, block_alone_leaves_the_payload)
{
	void *bytes = payload(10);
	troupei_envelope_free_block(troupei_envelope_new_pointer(SORT_PLAIN, ENVELOPE_MOVED, 1, bytes, 0));
	CHECK_EQ(releases, 0);
	troupei_payload_free(bytes);
	CHECK_EQ(releases, 1);
}

TEST(envelope, embedded_one_is_left_alone)
{
	static struct {
		struct envelope envelope;
		struct envelope_extension extension;
	} timer = { { .size = SORT_TIMER, .flags = ENVELOPE_EMBEDDED | ENVELOPE_EXTENDED }, { .kind = 4, .size = 0 } };
	troupei_envelope_free(&timer.envelope);
	troupei_envelope_free_block(&timer.envelope);
	CHECK_EQ(troupei_envelope_sort(&timer.envelope), SORT_TIMER);
	CHECK_EQ(troupei_envelope_kind(&timer.envelope), 4);
	CHECK(timer.envelope.next == NULL);
}

/* The flags tell the class that the block came from, and there it goes back to. */
TEST(envelope, block_is_used_again)
{
	CHECK_OK(setenv("TROUPE_ALLOC", "slabs", 1));
	for (unsigned i = 0; i < SIZES; i++) {
		unsigned class = troupei_block_class(HEADER + sizes[i]);
		struct envelope *envelope = troupei_envelope_new(SORT_PLAIN, 0, 1, sizes[i], 0);
		CHECK(envelope != NULL);
		CHECK_EQ(envelope->flags & ENVELOPE_CLASS, class == BLOCK_CLASSES ? (unsigned)ENVELOPE_ALLOCATED : class);
		troupei_envelope_free(envelope);
		if (class == BLOCK_CLASSES)
			continue;
		void *block = troupei_block_take(class);
		CHECK(block == envelope);
		troupei_block_give(block, class);
	}
}

/* The small form, in whatever block it lies. */
TEST(envelope, copies_of_the_small_form)
{
	_Alignas(16) uint8_t bytes[sizeof(struct envelope) + ENVELOPE_SMALL_SIZE_MAX] = { 0 };
	struct envelope *envelope = (struct envelope *)bytes;
	for (unsigned size = 0; size <= ENVELOPE_SMALL_SIZE_MAX; size++) {
		*envelope = (struct envelope){ .kind = 7, .size = (uint8_t)size, .flags = ENVELOPE_EMBEDDED };
		if (size > 0)
			bytes[sizeof *envelope + size - 1] = (uint8_t)size;
		struct envelope *copy = troupei_envelope_copy(envelope);
		CHECK(copy != NULL && copy != envelope);
		CHECK_EQ(copy->flags, troupei_block_class(sizeof *envelope + size));
		CHECK_EQ(copy->kind, 7);
		CHECK_EQ(copy->size, size);
		CHECK(memcmp(copy + 1, envelope + 1, size) == 0);
		troupei_envelope_free(copy);
	}
}

TEST(envelope, copies_of_the_extended_form)
{
	for (unsigned i = 0; i < SIZES; i++) {
		struct envelope *envelope = troupei_envelope_new(SORT_QUESTION, 0, 100000, sizes[i], 77);
		CHECK(envelope != NULL);
		memset(troupei_envelope_body(envelope), 'y', sizes[i]);
		struct envelope *copy = troupei_envelope_copy(envelope);
		CHECK(copy != NULL);
		CHECK_EQ(copy->flags, envelope->flags);
		CHECK_EQ(troupei_envelope_sort(copy), SORT_QUESTION);
		CHECK_EQ(troupei_envelope_kind(copy), 100000);
		CHECK_EQ(troupei_envelope_size(copy), sizes[i]);
		CHECK_EQ(troupei_envelope_extension(copy)->word, 77);
		CHECK(memcmp(troupei_envelope_body(copy), troupei_envelope_body(envelope), sizes[i]) == 0);
		troupei_envelope_free(envelope);
		troupei_envelope_free(copy);
	}
}

/* By pointer: nothing but the reference is copied, and the last one releases. */
TEST(envelope, copies_share_a_payload)
{
	void *bytes = payload(5000);
	struct envelope *envelope = troupei_envelope_new_pointer(SORT_PLAIN, ENVELOPE_MOVED, 5, bytes, 0);
	troupei_envelope_share(envelope);
	troupei_envelope_share(envelope); /* once is enough */
	CHECK_EQ(envelope->flags & (ENVELOPE_MOVED | ENVELOPE_SHARED), ENVELOPE_SHARED);
	struct envelope *copy = troupei_envelope_copy(envelope);
	CHECK(copy != NULL && troupei_envelope_data(copy) == bytes);
	CHECK_EQ(troupei_envelope_size(copy), 5000);
	CHECK_EQ(troupei_payload_of(bytes)->references, 2);
	troupei_envelope_free(envelope);
	CHECK_EQ(releases, 0);
	troupei_envelope_free(copy);
	CHECK_EQ(releases, 1);
}

TEST(envelope, a_moved_payload_is_not_copied, .signal = SIGABRT)
{
	troupei_envelope_copy(troupei_envelope_new_pointer(SORT_PLAIN, ENVELOPE_MOVED, 5, payload(8), 0));
}

static bool always(size_t size)
{
	(void)size;
	return true;
}

TEST(envelope, no_memory_for_a_copy)
{
	void *bytes = payload(1000);
	struct envelope *envelope = troupei_envelope_new_pointer(SORT_PLAIN, ENVELOPE_MOVED, 5, bytes, 0);
	struct envelope *other = troupei_envelope_new(SORT_PLAIN, 0, 5, 100, 0);
	troupei_envelope_share(envelope);
	troupei_memory_flush();
	troupei_memory_fail_by(always);
	CHECK(troupei_envelope_copy(envelope) == NULL);
	CHECK(troupei_envelope_copy(other) == NULL);
	CHECK_EQ(troupei_payload_of(bytes)->references, 1);
	troupei_memory_fail_by(NULL);
	troupei_envelope_free(envelope);
	troupei_envelope_free(other);
	CHECK_EQ(releases, 1);
}

TEST(envelope, no_memory)
{
	void *bytes = payload(1000);
	troupei_memory_flush();
	troupei_memory_fail_by(always);
	for (unsigned i = 0; i < SIZES; i++)
		CHECK(troupei_envelope_new(SORT_PLAIN, 0, 1, sizes[i], 0) == NULL);
	CHECK(troupei_envelope_new_pointer(SORT_PLAIN, ENVELOPE_MOVED, 1, bytes, 0) == NULL);
	CHECK_EQ(releases, 0); /* the payload is the caller's still */
	CHECK_EQ(troupei_payload_of(bytes)->size, 1000);
	troupei_payload_free(bytes);
	CHECK_EQ(releases, 1);
}

TEST(envelope, own_ones_are_told_from_those_of_the_program)
{
	static const enum envelope_sort own[] = { SORT_STOP, SORT_KILL, SORT_CHILD_ENDED, SORT_LIFE, SORT_BOUNDED, SORT_CREDIT };
	struct envelope *envelope = troupei_envelope_new(SORT_PLAIN, 0, 1, 0, 0);
	CHECK(envelope != NULL && !troupei_envelope_is_own(envelope));
	for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
		envelope->size = (uint8_t)own[i];
		CHECK(troupei_envelope_is_own(envelope));
	}
	envelope->size = SORT_SENDER;
	CHECK(!troupei_envelope_is_own(envelope));
	troupei_envelope_free(envelope);
}
