/* SPDX-License-Identifier: MIT */
/* chunk: many small messages from one worker to one actor in one block, while nobody handles them.
 *
 * A flood of messages to an actor that does not get to run is bounded by memory, not by atomics: every block is a page touched,
 * and a cache line missed when it is turned round. In a chunk such messages lie one behind the other, 16 bytes each (32 with
 * payloads of 9 to 16) instead of 32, and they are taken from the mailbox all at once.
 *
 * The chunk lies in the mailbox like any other message, its first slots filled. As long as it is the newest there, the worker
 * that pushed it may append to it.
 *
 *   state   count (16) | SEALED | OWNER_DONE | WRITER_GONE
 *
 *   K1  Only the writer adds to the count, with a CAS that fails once the chunk is sealed. Only the owner of the mailbox seals,
 *       before it reads the first slot; after that the count is final.
 *   K2  The writer appends only while the chunk is the head of the mailbox. So what another sender pushed before, in whatever
 *       way the writer may know of it, is not overtaken: causal order holds as without chunks.
 *   K3  A message that was appended will be handled: the chunk was pushed when it had one already, so its owner is scheduled,
 *       and seals only when it gets to it.
 *   K4  Both sides may look at the chunk until they say that they will not any more; who says so last frees it. */
#ifndef TROUPEI_MAILBOX_CHUNK_H
#define TROUPEI_MAILBOX_CHUNK_H

#include <string.h>

#include "mailbox/envelope.h"

enum {
	CHUNK_COUNT = 0xffff,
	CHUNK_SEALED = 1 << 16,
	CHUNK_OWNER_DONE = 1 << 17,
	CHUNK_WRITER_GONE = 1 << 18,
	CHUNK_CLASS_FIRST = 3, /* 256 bytes: 14 slots of 16 */
	CHUNK_CLASS_LAST = 5,  /* 1024 bytes: 62 slots of 16 */
	CHUNK_PAYLOAD_MAX = 16,
};

struct chunk {
	struct envelope envelope; /* SORT_CHUNK */
	uint32_t state;
	uint16_t capacity;        /* slots */
	uint16_t slot_shift;      /* 4: slots of 16 bytes, payloads up to 8 at 8; 5: of 32, up to 16 at 16 */
	uint16_t next;            /* owner: the first slot not handled */
	uint16_t count;           /* owner: final, once sealed */
	uint32_t unused;
};

struct chunk_slot {
	int16_t kind;
	uint8_t size;
	uint8_t offset; /* of the payload: half a slot, so that it is aligned as a type of its size may ask for */
	uint8_t unused[4];
};

/* A message out of a slot, as an envelope of its own that nobody frees: for the ways off the hot path. */
struct chunk_copy {
	struct envelope envelope;
	unsigned char payload[CHUNK_PAYLOAD_MAX];
};

static_assert(sizeof(struct chunk) == 32, "slots are aligned as payloads of their size are");
static_assert(sizeof(struct chunk_slot) == 8, "likewise");

static inline struct chunk *troupei_chunk_of(struct envelope *envelope)
{
	return (struct chunk *)envelope;
}

static inline struct chunk_slot *troupei_chunk_slot(struct chunk *chunk, unsigned index)
{
	return (struct chunk_slot *)((char *)(chunk + 1) + ((size_t)index << chunk->slot_shift));
}

static inline void *troupei_chunk_payload(const struct chunk_slot *slot)
{
	return (char *)(uintptr_t)slot + slot->offset;
}

/* Into @p envelope, which has room for CHUNK_PAYLOAD_MAX bytes behind it, with these flags. */
static inline void troupei_chunk_copy_slot(const struct chunk_slot *slot, uint32_t generation, uint8_t flags,
                                           struct envelope *envelope)
{
	envelope->generation = generation;
	envelope->kind = slot->kind;
	envelope->size = slot->size;
	envelope->flags = flags;
	memcpy(envelope + 1, troupei_chunk_payload(slot), slot->size);
}

/* The same into a block of its own; NULL: no memory. */
struct envelope *troupei_chunk_extract(const struct chunk_slot *slot, uint32_t generation);

static inline bool troupei_envelope_is_chunk(const struct envelope *envelope)
{
	return troupei_envelope_is_extended(envelope) && envelope->size == SORT_CHUNK;
}

/* Writer. An empty chunk for payloads of @p size, from a block of @p class; NULL: no memory. */
struct chunk *troupei_chunk_new(unsigned class, size_t size);

/* Writer. False: sealed meanwhile (or full, or too small a slot): nothing was appended. */
static inline bool troupei_chunk_append(struct chunk *chunk, int32_t kind, const void *data, size_t size)
{
	uint32_t state = troupei_load_relaxed_32(&chunk->state); /* sealed: larger than any capacity */

	size_t half = (size_t)8 << (chunk->slot_shift - 4);
	if (troupei_unlikely(state >= chunk->capacity || size > half))
		return false;
	struct chunk_slot *slot = troupei_chunk_slot(chunk, state);
	slot->kind = (int16_t)kind;
	slot->size = (uint8_t)size;
	slot->offset = (uint8_t)half;
	troupei_copy_small((char *)slot + half, data, size);
	/* APPEND.cas, release, pairs with SEAL.add (acquire): the slot is seen by who handles it. */
	ck_pr_fence_release();
	return ck_pr_cas_32(&chunk->state, state, state + 1);
}

/* Owner. How many there are; sealing at the first call. */
static inline unsigned troupei_chunk_count(struct chunk *chunk)
{
	if (troupei_unlikely(chunk->count == 0)) {
		/* SEAL.add, acquire, pairs with APPEND.cas. */
		chunk->count = (uint16_t)(troupei_add_full_32(&chunk->state, CHUNK_SEALED) & CHUNK_COUNT);
	}
	return chunk->count;
}

/* Owner. The next slot; NULL: that was all. */
static inline struct chunk_slot *troupei_chunk_next(struct chunk *chunk)
{
	return chunk->next < troupei_chunk_count(chunk) ? troupei_chunk_slot(chunk, chunk->next++) : NULL;
}

/* K4 */
void troupei_chunk_owner_done(struct chunk *chunk);
void troupei_chunk_writer_gone(struct chunk *chunk);

#endif
