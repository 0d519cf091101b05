/* SPDX-License-Identifier: MIT */
/* Making and freeing extended envelopes. The small form is made where it is sent (actors/send.c): it is the hot path. */
#include "mailbox/envelope.h"

#include "base/check.h"
#include "mailbox/payload.h"

static size_t whole_size(uint32_t body)
{
	return sizeof(struct envelope) + sizeof(struct envelope_extension) + body;
}

static struct envelope *new_with_body(enum envelope_sort sort, uint8_t flags, uint32_t body)
{
	unsigned class = troupei_block_class(whole_size(body));
	bool large = class == BLOCK_CLASSES;
	struct envelope *envelope = large ? troupei_allocate(whole_size(body)) : troupei_block_take(class);

	if (envelope == NULL)
		return NULL;
	envelope->kind = 0;
	envelope->size = (uint8_t)sort;
	envelope->flags = (uint8_t)((large ? ENVELOPE_ALLOCATED : class) | ENVELOPE_EXTENDED | flags);
	return envelope;
}

struct envelope *troupei_envelope_new(enum envelope_sort sort, uint8_t flags, int32_t kind, uint32_t size, uint64_t word)
{
	struct envelope *envelope = new_with_body(sort, flags, size);

	if (envelope != NULL)
		*troupei_envelope_extension(envelope) = (struct envelope_extension){ kind, size, word };
	return envelope;
}

struct envelope *troupei_envelope_new_pointer(enum envelope_sort sort, uint8_t flags, int32_t kind, void *payload,
                                              uint64_t word)
{
	struct envelope *envelope = new_with_body(sort, flags, sizeof payload);

	if (envelope == NULL)
		return NULL;
	uint32_t size = troupei_payload_of(payload)->size;
	*troupei_envelope_extension(envelope) = (struct envelope_extension){ kind, size, word };
	*(void **)troupei_envelope_body(envelope) = payload;
	return envelope;
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
