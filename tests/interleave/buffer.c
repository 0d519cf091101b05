/* SPDX-License-Identifier: MIT */
/* Store buffers, as x86 has them (X3 in engine.h): a fiber's stores that memory has not seen, in order. Under SC they are empty. */
#include <string.h>

#include "engine.h"

void buffer_commit(struct fiber *fiber)
{
	struct buffered *oldest = &fiber->buffered[0];

	word_store(oldest->at, oldest->value, oldest->size);
	*race_clock_of(oldest->at) = oldest->released;
	if (oldest->unlocks)
		engine_wake(oldest->at);
	fiber->buffered_count--;
	memmove(oldest, oldest + 1, fiber->buffered_count * sizeof *oldest);
}

void buffer_drain(struct fiber *fiber)
{
	while (fiber->buffered_count > 0)
		buffer_commit(fiber);
}

void buffer_store(struct fiber *self, void *at, uint64_t value, unsigned size, bool unlocks, const struct clock *released)
{
	if (self->buffered_count == BUFFERED_MAX)
		buffer_drain(self);
	self->buffered[self->buffered_count++] = (struct buffered){ at, value, size, unlocks, *released };
}

/* Its own newest store there, if memory has not seen it; one that overlaps in part reaches memory first. */
uint64_t buffer_load(struct fiber *self, const void *at, unsigned size)
{
	for (unsigned i = self->buffered_count; i-- > 0;) {
		const struct buffered *store = &self->buffered[i];
		if (store->at == at && store->size == size)
			return store->value;
		if ((const char *)store->at < (const char *)at + size && (const char *)at < (const char *)store->at + store->size) {
			buffer_drain(self);
			break;
		}
	}
	return word_load(at, size);
}
