/* SPDX-License-Identifier: MIT */
/* Making and freeing chunks. */
#include "mailbox/chunk.h"

#include "base/memory.h"

struct chunk *troupei_chunk_new(unsigned class, size_t size)
{
	struct chunk *chunk = troupei_block_take(class);

	if (chunk == NULL)
		return NULL;
	memset(chunk, 0, sizeof *chunk);
	chunk->envelope.size = SORT_CHUNK;
	chunk->envelope.flags = (uint8_t)(class | ENVELOPE_EXTENDED);
	chunk->slot_shift = size <= 8 ? 4 : 5;
	chunk->capacity = (uint16_t)((BLOCK_SIZE(class) - sizeof *chunk) >> chunk->slot_shift);
	return chunk;
}

struct envelope *troupei_chunk_extract(const struct chunk_slot *slot, uint32_t generation)
{
	struct envelope *envelope = troupei_block_take(0);

	if (envelope != NULL)
		troupei_chunk_copy_slot(slot, generation, 0, envelope);
	return envelope;
}

/* The last of the two frees it. RELEASE.add, full, pairs with itself: what the other side did is over. */
static void release(struct chunk *chunk, uint32_t mine, uint32_t theirs)
{
	if (troupei_add_full_32(&chunk->state, mine) & theirs)
		troupei_block_give(chunk, chunk->envelope.flags & ENVELOPE_CLASS);
}

void troupei_chunk_owner_done(struct chunk *chunk)
{
	release(chunk, CHUNK_OWNER_DONE, CHUNK_WRITER_GONE);
}

void troupei_chunk_writer_gone(struct chunk *chunk)
{
	release(chunk, CHUNK_WRITER_GONE, CHUNK_OWNER_DONE);
}
