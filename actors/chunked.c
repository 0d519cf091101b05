/* SPDX-License-Identifier: MIT */
/* Receiving what lies in chunks: the hot path of floods. */
#include "actors/remote.h"
#include "actors/turn.h"
#include "mailbox/chunk.h"

/* One in a chunk did not end in the plain way; the @p plain ones before it did. The books of the chunk are closed first: what
 * follows may end the actor, and its terminate may leave by a jump. */
static enum turn_next __attribute__((noinline)) leave_chunk(struct actor_worker *worker, struct cell *cell, uint32_t plain,
                                                            troupe_verdict verdict)
{
	struct chunk *chunk = (struct chunk *)(uintptr_t)worker->chunk;

	worker->chunk = NULL;
	if (verdict == TROUPE_HANDLED && worker->after == AFTER_HOLD && !troupei_is_remote()) { /* it begins to wait when it rests */
		worker->after = 0;
		troupei_count_own_64(&worker->tally.handled, plain + 1);
		if (chunk->next == chunk->count)
			troupei_chunk_owner_done(chunk);
		return TURN_RECEIVE_CHANGED;
	}
	troupei_count_own_64(&worker->tally.handled, plain);
	return troupei_handle_chunk_verdict(worker, cell, chunk, troupei_chunk_payload(chunk, chunk->next - 1u), verdict);
}

enum turn_next troupei_turn_chunk_failed(struct actor_worker *worker, struct cell *cell)
{
	return leave_chunk(worker, cell, worker->chunk->next - 1u - worker->chunk_from, TROUPE_FAILED);
}

/* Messages of a chunk, which is the first in the list and leaves it before its last one is handled. What is the same for all of them
 * is written once: nobody changes worker->message without a wish in worker->after, which ends the loop. */
enum turn_next troupei_turn_chunk(struct actor_worker *worker, struct cell *cell, struct chunk *chunk, struct turn *turn,
                                  troupe_receive *receive)
{
	unsigned count = troupei_chunk_count(chunk), from = chunk->next, i = from, end;
	unsigned stop = from + turn->stop_at - turn->handled;
	uintptr_t size = chunk->size, data = size > 0 ? (uintptr_t)troupei_chunk_payload(chunk, from) : 0;

	troupei_store_relaxed_ptr(&worker->current, NULL);
	worker->chunk = chunk;
	worker->message.kind = chunk->kind;
	worker->message.size = chunk->size;
	do {
		worker->chunk_from = (uint16_t)(from = i); /* for troupei_turn_chunk_failed */
		end = stop < count - 1 ? stop : count - 1;
		if (i == count - 1) {
			troupei_list_pop(&cell->mailbox.tail);
			end = count;
		}
		do {
			chunk->next = (uint16_t)++i;
			worker->message.data = (const void *)data;
			troupe_verdict verdict = troupei_turn_receive(worker, cell, receive);
			if (troupei_unlikely(((uint32_t)verdict | worker->after) != 0)) {
				turn->handled = turn->stop_at - (stop - i);
				return leave_chunk(worker, cell, i - from - 1, verdict);
			}
			data += size;
		} while (i < end);
		troupei_count_own_64(&worker->tally.handled, i - from);
	} while (i < count && (i < stop || (stop += troupei_turn_look_quickly(worker, cell, turn)) > i));
	worker->chunk = NULL;
	turn->handled = turn->stop_at - (stop - i);
	if (i == count)
		troupei_chunk_owner_done(chunk);
	return TURN_GOES_ON;
}
