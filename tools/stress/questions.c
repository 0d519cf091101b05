/* SPDX-License-Identifier: MIT */
/* What servers, askers and callers have in common. */
#include <stdlib.h>

#include "questions.h"

void asking_discard(struct part *part)
{
	free(part->own);
}

uint32_t world_number(struct part *part, const struct world *world)
{
	return (uint32_t)(world - part->round->worlds);
}

bool question_begin(struct sender *sender, struct question *question, uint32_t to)
{
	const struct world *home = sender->world != NULL ? sender->world : part_world(sender->part, to);

	question->note = (struct note){ .to = ANYONE, .edge = NO_EDGE };
	question->world = world_number(sender->part, home);
	atomic_fetch_add_explicit(&totals.asks, 1, memory_order_relaxed);
	return post_begin(sender, &question->note, KIND_QUESTION, sizeof *question);
}

void post_careless(uint64_t number, int32_t kind)
{
	books_count(kind, COLUMN_EXCUSED);
	books_excuse(number);
}

void post_excused(struct sender *sender, struct world *to_world, uint64_t number, int32_t kind)
{
	if (sender->world == to_world || !atomic_load_explicit(&to_world->finishing, memory_order_relaxed))
		return;
	post_careless(number, kind);
}

troupe_status question_ask(struct sender *sender, uint32_t to, troupe_ref address, const struct question *like)
{
	struct question q = { .id = like->id, .serial = like->serial, .careless = like->careless };

	if (!question_begin(sender, &q, to))
		return TROUPE_ECLOSED;
	if (like->note.number != 0) /* passed on: the address is where it was */
		q.world = like->world;
	troupe_status status = troupe_ask(server_at(sender->part, to), KIND_QUESTION, address, .note = q.note, .id = q.id,
	                                  .serial = q.serial, .world = q.world, .careless = q.careless);
	if (status == TROUPE_OK)
		post_excused(sender, part_world(sender->part, to), q.note.number, KIND_QUESTION);
	else
		books_unsend(q.note.number, KIND_QUESTION);
	return status;
}
