/* SPDX-License-Identifier: MIT */
/* Making, counting and freeing payloads that travel by pointer. */
#include "mailbox/payload.h"

#include <string.h>

#include "base/callback.h"
#include "base/check.h"
#include "base/memory.h"

static size_t whole_size(size_t size)
{
	return sizeof(struct payload) + size;
}

void *troupei_payload_new(size_t size, void (*release)(void *bytes))
{
	unsigned class = troupei_block_class(whole_size(size));
	struct payload *payload =
		class < BLOCK_CLASSES ? troupei_block_take(class) : troupei_allocate(whole_size(size));

	if (payload == NULL)
		return NULL;
	memset(payload, 0, whole_size(size));
	payload->release = release;
	payload->size = (uint32_t)size;
	payload->magic = PAYLOAD_MAGIC;
	return payload + 1;
}

void troupei_payload_free(void *bytes)
{
	struct payload *payload = troupei_payload_of(bytes);
	unsigned class = troupei_block_class(whole_size(payload->size));

	TROUPEI_ASSERT(payload->magic == PAYLOAD_MAGIC); /* not from troupe_new or troupe_take, or freed twice */
	if (payload->release != NULL) {
		troupei_callback_enter();
		payload->release(bytes);
		troupei_callback_leave();
	}
	payload->magic = 0;
	if (class < BLOCK_CLASSES)
		troupei_block_give(payload, class);
	else
		troupei_deallocate(payload, whole_size(payload->size));
}

void troupei_payload_freeze(void *bytes)
{
	struct payload *payload = troupei_payload_of(bytes);

	TROUPEI_ASSERT(payload->magic == PAYLOAD_MAGIC);
	troupei_store_relaxed_64(&payload->references, 1); /* still one thread's: the send that shares it publishes it */
}

void troupei_payload_retain(const void *bytes)
{
	struct payload *payload = troupei_payload_of(bytes);

	TROUPEI_ASSERT(payload->magic == PAYLOAD_MAGIC);
	/* Relaxed: who retains has a reference already, so it cannot go meanwhile. */
	troupei_count_relaxed_64(&payload->references, 1);
}

void troupei_payload_release(const void *bytes)
{
	struct payload *payload = troupei_payload_of(bytes);

	/* PAYLOAD.drop, full: pairs with the other drops; what every holder read happens before the free by the last one. */
	if (troupei_add_full_64(&payload->references, (uint64_t)-1) == 1)
		troupei_payload_free(payload + 1);
}
