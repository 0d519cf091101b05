/* SPDX-License-Identifier: MIT */
/* Making and freeing extended envelopes. The small form is made where it is sent (actors/send.c): it is the hot path. */
#include "mailbox/envelope.h"

#include "base/check.h"
#include "mailbox/payload.h"

static size_t whole_size(uint32_t body)
{
	return sizeof(struct envelope) + sizeof(struct envelope_extension) + body;
}

/* @p flags: its class, or ENVELOPE_ALLOCATED, is added. */
static inline __attribute__((always_inline)) struct envelope *allocate(uint32_t body, unsigned *flags)
{
	unsigned class = troupei_block_class(whole_size(body));
	bool large = class == BLOCK_CLASSES;

	*flags |= large ? ENVELOPE_ALLOCATED : class;
	return large ? troupei_allocate(whole_size(body) + troupei_block_tail) : troupei_block_take(class);
}

struct envelope *troupei_envelope_new(enum envelope_sort sort, uint8_t flags, int32_t kind, uint32_t size, uint64_t word)
{
	unsigned all = flags;
	struct envelope *envelope = allocate(size, &all);

	if (envelope != NULL)
		troupei_envelope_extend(envelope, sort, all, kind, size, word);
	return envelope;
}

struct envelope *troupei_envelope_new_pointer(enum envelope_sort sort, uint8_t flags, int32_t kind, void *payload,
                                              uint64_t word)
{
	unsigned all = flags;
	struct envelope *envelope = allocate(sizeof payload, &all);

	if (envelope == NULL)
		return NULL;
	troupei_envelope_extend(envelope, sort, all, kind, troupei_payload_of(payload)->size, word);
	*(void **)troupei_envelope_body(envelope) = payload;
	return envelope;
}

static struct envelope *copy_small(const struct envelope *envelope)
{
	size_t size = sizeof *envelope + envelope->size;
	unsigned class = troupei_block_class(size);
	struct envelope *copy = troupei_block_take(class);

	if (copy == NULL)
		return NULL;
	memcpy(copy, envelope, size);
	copy->flags = (uint8_t)(class | (envelope->flags & ENVELOPE_CONTROL));
	return copy;
}

struct envelope *troupei_envelope_copy(const struct envelope *envelope)
{
	if (!troupei_envelope_is_extended(envelope))
		return copy_small(envelope);
	const struct envelope_extension *extension = troupei_envelope_extension(envelope);
	enum envelope_sort sort = troupei_envelope_sort(envelope);
	void *data = troupei_envelope_data(envelope);
	TROUPEI_ASSERT(!(envelope->flags & ENVELOPE_MOVED));
	uint8_t flags = envelope->flags & (ENVELOPE_SHARED | ENVELOPE_CONTROL);
	if (envelope->flags & ENVELOPE_SHARED) {
		struct envelope *copy = troupei_envelope_new_pointer(sort, flags, extension->kind, data, extension->word);
		if (copy != NULL)
			troupei_payload_retain(data);
		return copy;
	}
	struct envelope *copy = troupei_envelope_new(sort, flags, extension->kind, extension->size, extension->word);
	if (copy != NULL && extension->size > 0)
		memcpy(troupei_envelope_body(copy), data, extension->size);
	return copy;
}

void troupei_envelope_share(struct envelope *envelope)
{
	if (!(envelope->flags & ENVELOPE_MOVED))
		return;
	troupei_payload_freeze(troupei_envelope_data(envelope));
	envelope->flags = (uint8_t)((envelope->flags & ~ENVELOPE_MOVED) | ENVELOPE_SHARED);
}

void troupei_envelope_free_block(struct envelope *envelope)
{
	unsigned class = envelope->flags & ENVELOPE_CLASS;

	if (class == ENVELOPE_EMBEDDED)
		return;
	if (class == ENVELOPE_ALLOCATED)
		troupei_deallocate(envelope, whole_size(troupei_envelope_size(envelope)));
	else
		troupei_block_give(envelope, class);
}

void troupei_envelope_free(struct envelope *envelope)
{
	if (envelope->flags & ENVELOPE_MOVED)
		troupei_payload_free(*(void **)troupei_envelope_body(envelope));
	else if (envelope->flags & ENVELOPE_SHARED)
		troupei_payload_release(*(void **)troupei_envelope_body(envelope));
	troupei_envelope_free_block(envelope);
}
