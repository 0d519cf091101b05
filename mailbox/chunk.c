/* SPDX-License-Identifier: MIT */
/* Making and freeing chunks. */
#include "mailbox/chunk.h"

#include "base/memory.h"

/* Empty payloads take no room: then the count is the limit, and memory is not. */
static uint16_t capacity(unsigned class, size_t size)
{
	size_t room = BLOCK_SIZE(class) - sizeof(struct chunk);

	return (uint16_t)(size > 0 ? room / size : room);
}

struct chunk *troupei_chunk_new(unsigned class, uint32_t generation, int32_t kind, const void *data, size_t size)
{
	struct chunk *chunk = troupei_block_take(class);

	if (chunk == NULL)
		return NULL;
	*chunk = (struct chunk){
		.envelope = { .generation = generation, .size = SORT_CHUNK, .flags = (uint8_t)(class | ENVELOPE_EXTENDED) },
		.state = 1, .capacity = capacity(class, size), .kind = (int16_t)kind, .size = (uint8_t)size,
	};
	troupei_copy_small(chunk + 1, data, size);
	return chunk;
}

struct envelope *troupei_chunk_extract(const struct chunk *chunk, const void *payload)
{
	unsigned class = troupei_block_class(sizeof(struct envelope) + chunk->size);
	struct envelope *envelope = troupei_block_take(class);

	if (envelope != NULL)
		troupei_chunk_copy(chunk, payload, (uint8_t)class, envelope);
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
