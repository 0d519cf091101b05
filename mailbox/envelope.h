/* SPDX-License-Identifier: MIT */
/* How a message lies in memory: one block, envelope and payload together.
 *
 *   small:     envelope (16)                    payload (up to 240)        kind fits 16 bits, size fits 8
 *   extended:  envelope (16)  extension (16)    payload                    any kind, any size, and one word more
 *   by pointer: an extended one whose payload is the pointer to a struct payload's bytes (moved or shared)
 *
 * A payload of up to 16 bytes makes a 32-byte block, half a cache line. The envelope of a message that its owner keeps (a timer
 * that fires, a child that ends) is embedded in a larger struct, so that sending it cannot fail for want of memory. */
#ifndef TROUPEI_MAILBOX_ENVELOPE_H
#define TROUPEI_MAILBOX_ENVELOPE_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/memory.h"

/* What the word of an extension means, and who handles the message. */
enum envelope_sort {
	SORT_PLAIN = 0,   /* for the handler; word unused */
	SORT_SENDER,      /* for the handler; word: reference of the sender */
	SORT_QUESTION,    /* for the handler; word: reply address */
	SORT_ANSWER,      /* for the handler; word: reply address it came through */
	SORT_UNANSWERED,  /* for the handler; word: reply address that closed; payload: the reason */
	SORT_RETURNED,    /* for the handler; word: who hands it back */
	SORT_TIMER,       /* for the handler; embedded in a timer */
	SORT_STOP,        /* the runtime's own: end in the order of the queue */
	SORT_KILL,        /* the runtime's own: end at once */
	SORT_CHILD_ENDED, /* the runtime's own; embedded in a child link */
	SORT_CHUNK,       /* many small ones for the handler: chunk.h */
	SORT_LIFE,        /* the runtime's own; embedded in the record of a supervised child */
	SORT_DOWN,        /* for the handler; embedded in a watch, like the next; word: who has ended; kind: why */
	SORT_LINKED,      /* for the handler that traps, else the runtime's own */
	SORT_RESTARTED,   /* for the handler; embedded in a watch of lives; word: who begins another life; kind: why the last one ended */
	SORT_BOUNDED,     /* the runtime's own: some wait in the actor's bounded queue; embedded in it */
	SORT_CREDIT,      /* the runtime's own: a parked sender goes on; embedded in a request for room, like the next */
	SORT_ROOM,        /* for the handler; word: who has room */
	SORT_RELAYED,     /* in a child process, for the handler: what the parent has sent (actors/remote.h) */
};

enum {
	ENVELOPE_CLASS = 0x07,    /* mask: block class it came from, or */
	ENVELOPE_ALLOCATED = 6,   /*   larger than every class: from troupei_allocate */
	ENVELOPE_EMBEDDED = 7,    /*   part of a larger struct: not freed by itself */
	ENVELOPE_EXTENDED = 0x08,
	ENVELOPE_MOVED = 0x10,    /* by pointer; the payload is this message's */
	ENVELOPE_SHARED = 0x20,   /* by pointer; this message holds one reference */
	ENVELOPE_CONTROL = 0x40,  /* handled before user messages */
};

struct envelope {
	struct envelope *next;
	uint32_t generation; /* of the actor it was sent to */
	int16_t kind;        /* small form only */
	uint8_t size;        /* small form: bytes; extended form: enum envelope_sort */
	uint8_t flags;
};

struct envelope_extension {
	int32_t kind;
	uint32_t size;
	uint64_t word;
};

static_assert(sizeof(struct envelope) == 16, "a 16-byte payload must fit a 32-byte block");
static_assert(sizeof(struct envelope_extension) == 16, "payloads are 16-byte aligned");

enum { ENVELOPE_SMALL_SIZE_MAX = 240, ENVELOPE_SMALL_KIND_MAX = 0x7fff };

static inline struct envelope_extension *troupei_envelope_extension(const struct envelope *envelope)
{
	return (struct envelope_extension *)((uintptr_t)envelope + sizeof *envelope);
}

static inline bool troupei_envelope_is_extended(const struct envelope *envelope)
{
	return (envelope->flags & ENVELOPE_EXTENDED) != 0;
}

static inline enum envelope_sort troupei_envelope_sort(const struct envelope *envelope)
{
	return troupei_envelope_is_extended(envelope) ? (enum envelope_sort)envelope->size : SORT_PLAIN;
}

static inline int32_t troupei_envelope_kind(const struct envelope *envelope)
{
	return troupei_envelope_is_extended(envelope) ? troupei_envelope_extension(envelope)->kind : envelope->kind;
}

static inline uint32_t troupei_envelope_size(const struct envelope *envelope)
{
	return troupei_envelope_is_extended(envelope) ? troupei_envelope_extension(envelope)->size : envelope->size;
}

/* The runtime's own: not in the ledger. */
static inline bool troupei_envelope_is_own(const struct envelope *envelope)
{
	enum envelope_sort sort = troupei_envelope_sort(envelope);

	return sort == SORT_STOP || sort == SORT_KILL || sort == SORT_CHILD_ENDED || sort == SORT_LIFE ||
	       sort == SORT_BOUNDED || sort == SORT_CREDIT;
}

/* Where the payload's bytes, or the pointer to them, lie in the block. */
static inline void *troupei_envelope_body(const struct envelope *envelope)
{
	size_t offset = sizeof *envelope;

	if (troupei_envelope_is_extended(envelope))
		offset += sizeof(struct envelope_extension);
	return (void *)((uintptr_t)envelope + offset);
}

/* The payload's bytes; NULL when there are none. */
static inline void *troupei_envelope_data(const struct envelope *envelope)
{
	void *body = troupei_envelope_body(envelope);

	if (envelope->flags & (ENVELOPE_MOVED | ENVELOPE_SHARED))
		return *(void **)body;
	return troupei_envelope_size(envelope) > 0 ? body : NULL;
}

/* Copy a payload; up to 16 bytes without a call, as two words that overlap. */
static inline void troupei_copy_small(void *to, const void *from, size_t size)
{
	if (size > 16) {
		memcpy(to, from, size);
	} else if (size >= 8) {
		memcpy(to, from, 8);
		memcpy((char *)to + size - 8, (const char *)from + size - 8, 8);
	} else if (size >= 4) {
		memcpy(to, from, 4);
		memcpy((char *)to + size - 4, (const char *)from + size - 4, 4);
	} else {
		for (size_t i = 0; i < size; i++)
			((char *)to)[i] = ((const char *)from)[i];
	}
}

/* An extended envelope with room for @p size bytes of payload; generation, next and payload are the caller's to fill in.
 * NULL: no memory. */
struct envelope *troupei_envelope_new(enum envelope_sort sort, uint8_t flags, int32_t kind, uint32_t size, uint64_t word);

/* Its head; @p flags with its class, or ENVELOPE_ALLOCATED. */
static inline void troupei_envelope_extend(struct envelope *envelope, enum envelope_sort sort, unsigned flags, int32_t kind,
                                           uint32_t size, uint64_t word)
{
	envelope->kind = 0;
	envelope->size = (uint8_t)sort;
	envelope->flags = (uint8_t)(ENVELOPE_EXTENDED | flags);
	*troupei_envelope_extension(envelope) = (struct envelope_extension){ kind, size, word };
}

/* The same with its payload, inline for whom a call is much: questions and answers. */
static inline __attribute__((always_inline)) struct envelope *troupei_envelope_new_with(enum envelope_sort sort, uint8_t flags,
                                                                                         int32_t kind, const void *data,
                                                                                         size_t size, uint64_t word)
{
	size_t whole = sizeof(struct envelope) + sizeof(struct envelope_extension) + size;
	unsigned class = troupei_block_class(whole);

	if (__builtin_expect(class == BLOCK_CLASSES, 0)) {
		struct envelope *large = troupei_envelope_new(sort, flags, kind, (uint32_t)size, word);
		return large != NULL ? memcpy(troupei_envelope_body(large), data, size), large : NULL;
	}
	struct envelope *envelope = troupei_block_take(class);
	if (envelope == NULL)
		return NULL;
	troupei_envelope_extend(envelope, sort, class | flags, kind, (uint32_t)size, word);
	troupei_copy_small(troupei_envelope_extension(envelope) + 1, data, size);
	return envelope;
}

/* The same by pointer; @p flags: ENVELOPE_MOVED or ENVELOPE_SHARED. */
struct envelope *troupei_envelope_new_pointer(enum envelope_sort sort, uint8_t flags, int32_t kind, void *payload,
                                              uint64_t word);

/* Another of the same message; a shared payload has one reference more, a moved one must have been shared before. NULL: no
 * memory. */
struct envelope *troupei_envelope_copy(const struct envelope *envelope);

/* A moved payload is shared from now on. */
void troupei_envelope_share(struct envelope *envelope);

/* Free the block, and the payload or the reference that it holds. An embedded one is left alone. */
void troupei_envelope_free(struct envelope *envelope);

/* Free the block alone. */
void troupei_envelope_free_block(struct envelope *envelope);

#endif
