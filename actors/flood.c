/* SPDX-License-Identifier: MIT */
/* Who is being flooded, and the chunk that its messages go to. */
#include "actors/flood.h"

#include "base/clock.h"

enum { STREAK_BEFORE_CHUNK = 2 };

static void drop_chunk(struct flood_entry *entry)
{
	if (entry->chunk != NULL)
		troupei_chunk_writer_gone(entry->chunk);
	entry->chunk = NULL;
}

/* Is this message, for a mailbox whose newest is @p head, like the last one, and nobody else's between? */
static bool goes_on(const struct flood_entry *entry, const struct cell *cell, const struct envelope *head, int32_t kind,
                    size_t size)
{
	return entry->cell == cell && entry->last == head && entry->kind == kind && entry->size == size;
}

/* At least a few messages in the first one. */
static uint8_t first_class(size_t size)
{
	return (uint8_t)(CHUNK_CLASS_FIRST + (size > 16) + (size > 32));
}

/* A new chunk that holds this message, pushed. False: no memory, or somebody was faster, or the actor has ended. */
static bool start_chunk(struct flood_entry *entry, struct cell *cell, struct envelope *head, uint32_t generation,
                        const void *data)
{
	struct chunk *chunk = troupei_chunk_new(entry->class, generation, entry->kind, data, entry->size);

	if (chunk == NULL)
		return false;
	chunk->envelope.next = head;
	void *seen;
	/* As PUSH.cas in mailbox.h; the head is not a sentinel, so nobody is woken. */
	if (!troupei_cas_acqrel_ptr(&cell->mailbox.head, head, chunk, &seen)) {
		troupei_block_give(chunk, chunk->envelope.flags & ENVELOPE_CLASS);
		return false;
	}
	entry->chunk = chunk;
	return true;
}

bool troupei_flood_begin(struct actor_worker *worker, struct cell *cell, struct envelope *head, uint32_t generation,
                         int32_t kind, const void *data, size_t size)
{
	struct flood_entry *entry = troupei_flood_entry(worker, cell);
	bool was_full = entry->chunk != NULL && head == &entry->chunk->envelope;

	if (size > CHUNK_PAYLOAD_MAX || !goes_on(entry, cell, head, kind, size) || ++entry->streak < STREAK_BEFORE_CHUNK)
		return false;
	drop_chunk(entry);
	if (was_full && entry->class < CHUNK_CLASS_LAST)
		entry->class++;
	troupei_count_own_64(&worker->tally.sent, 1); /* before the push: after it, it may be handled */
	if (start_chunk(entry, cell, head, generation, data)) {
		entry->last = &entry->chunk->envelope;
		if (!entry->listed)
			worker->flooded[worker->flooded_count++] = (uint16_t)(entry - worker->floods);
		entry->listed = true;
		return true;
	}
	troupei_count_own_64(&worker->tally.sent, (uint64_t)-1);
	return false;
}

void troupei_flood_push(struct actor_worker *worker, struct cell *cell, const struct envelope *head,
                        struct envelope *envelope)
{
	struct flood_entry *entry = troupei_flood_entry(worker, cell);

	drop_chunk(entry);
	if (!goes_on(entry, cell, head, envelope->kind, envelope->size)) {
		entry->streak = 0;
		entry->class = first_class(envelope->size);
	}
	entry->cell = cell;
	entry->last = envelope;
	entry->kind = envelope->kind;
	entry->size = envelope->size;
}

void troupei_flood_on(struct actor_worker *worker)
{
	if (worker->flooding)
		return;
	troupei_flood_set(worker, true);
	worker->flooding_since = troupei_clock_ticks();
}

void troupei_flood_over(struct actor_worker *worker)
{
	while (worker->flooded_count > 0) {
		struct flood_entry *entry = &worker->floods[worker->flooded[--worker->flooded_count]];
		drop_chunk(entry);
		entry->listed = false;
	}
	troupei_flood_set(worker, false);
	troupei_worker_flooded(&worker->base, troupei_clock_ticks() - worker->flooding_since);
}
