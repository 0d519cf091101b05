/* SPDX-License-Identifier: MIT */
/* chunk: many messages of one kind and size from one worker to one actor in one block, while nobody handles them.
 *
 * A flood of messages to an actor that does not get to run is bounded by memory, not by atomics: every block is a page touched,
 * and a cache line missed when it is turned round. In a chunk the payloads lie one behind the other and nothing else does, so a
 * message takes as many bytes as it says, instead of 32 or more, and they are taken from the mailbox all at once.
 *
 * The chunk lies in the mailbox like any other message, its first payloads filled. As long as it is the newest there, the worker
 * that pushed it may append to it.
 *
 *   state   count (16) | SEALED | OWNER_DONE | WRITER_GONE
 *
 *   K1  Only the writer adds to the count, with a CAS that fails once the chunk is sealed. Only the owner of the mailbox seals,
 *       before it reads the first payload; after that the count is final.
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
	CHUNK_CLASS_FIRST = 3, /* 256 bytes */
	CHUNK_CLASS_LAST = 5,  /* 1024 bytes */
	CHUNK_PAYLOAD_MAX = 64,
};

struct chunk {
	struct envelope envelope; /* SORT_CHUNK */
	uint32_t state;
	uint16_t capacity;        /* messages */
	int16_t kind;             /* of them all */
	uint16_t next;            /* owner: the first not handled */
	uint16_t count;           /* owner: final, once sealed */
	uint8_t size;             /* of each payload, bytes; the next one begins where it ends: a type's size is a multiple of
	                             its alignment */
	uint8_t unused[3];
};

/* One of the messages, as an envelope of its own that nobody frees: for the ways off the hot path. */
struct chunk_copy {
	struct envelope envelope;
	unsigned char payload[CHUNK_PAYLOAD_MAX];
};

static_assert(sizeof(struct chunk) == 32, "the first payload is aligned as any of its size is");

static inline struct chunk *troupei_chunk_of(struct envelope *envelope)
{
	return (struct chunk *)envelope;
}

/* Where the payload of the message with this number lies. */
static inline void *troupei_chunk_payload(const struct chunk *chunk, unsigned index)
{
	return (char *)(uintptr_t)(chunk + 1) + (size_t)index * chunk->size;
}

/* The message whose payload is this, into @p envelope, which has room for CHUNK_PAYLOAD_MAX bytes behind it. */
static inline void troupei_chunk_copy(const struct chunk *chunk, const void *payload, uint8_t flags, struct envelope *envelope)
{
	envelope->generation = chunk->envelope.generation;
	envelope->kind = chunk->kind;
	envelope->size = chunk->size;
	envelope->flags = flags;
	memcpy(envelope + 1, payload, chunk->size);
}

/* The same into a block of its own; NULL: no memory. */
struct envelope *troupei_chunk_extract(const struct chunk *chunk, const void *payload);

static inline bool troupei_envelope_is_chunk(const struct envelope *envelope)
{
	return troupei_envelope_is_extended(envelope) && envelope->size == SORT_CHUNK;
}

/* Writer. A chunk with this message in it, from a block of @p class; NULL: no memory. */
struct chunk *troupei_chunk_new(unsigned class, uint32_t generation, int32_t kind, const void *data, size_t size);

/* Writer. False: sealed meanwhile, or full, or of another kind or size: nothing was appended. */
static inline bool troupei_chunk_append(struct chunk *chunk, int32_t kind, const void *data, size_t size)
{
	uint32_t state = troupei_load_relaxed_32(&chunk->state); /* sealed: larger than any capacity */

	if (troupei_unlikely(state >= chunk->capacity || size != chunk->size || kind != chunk->kind))
		return false;
	troupei_copy_small(troupei_chunk_payload(chunk, state), data, size);
	/* APPEND.cas, release, pairs with SEAL.add (acquire): the payload is seen by who handles it. */
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

/* Owner. Where the next payload lies, also when it is empty; NULL: that was all. */
static inline void *troupei_chunk_next(struct chunk *chunk)
{
	return chunk->next < troupei_chunk_count(chunk) ? troupei_chunk_payload(chunk, chunk->next++) : NULL;
}

/* K4 */
void troupei_chunk_owner_done(struct chunk *chunk);
void troupei_chunk_writer_gone(struct chunk *chunk);

#endif
