/* SPDX-License-Identifier: MIT */
/* Sending with an entry in the books. A send that is refused is a dead letter all the same, and the hook was shown it by
 * the time the send returns. The one excuse: it came from outside, and the system was being ended. */
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "actor.h"

#define ON_STACK      512u

static _Atomic int64_t payloads;

int64_t payloads_out(void)
{
	return atomic_load_explicit(&payloads, memory_order_relaxed);
}

void payload_made(void)
{
	atomic_fetch_add_explicit(&payloads, 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&totals.payloads, 1, memory_order_relaxed);
}

void payload_gone(void *payload)
{
	struct note *note = payload;

	if (note->size == 0)
		finding("a payload was released twice");
	note->size = 0;
	atomic_fetch_sub_explicit(&payloads, 1, memory_order_relaxed);
}

void *payload_new(size_t size)
{
	struct note *note = troupe_new(size, payload_gone);

	if (note == NULL) {
		finding("troupe_new gives no payload of %zu bytes", size);
		return NULL;
	}
	payload_made();
	note->size = (uint32_t)size;
	return note;
}

bool post_begin(struct sender *sender, struct note *note, int32_t kind, uint32_t size)
{
	note->number = books_number(&sender->numbers, sender->part->id);
	note->size = size;
	note->part = (uint8_t)sender->part->id;
	note->kind = (uint8_t)kind;
	if (note->number != 0)
		books_count(kind, COLUMN_SENT);
	return note->number != 0;
}

static bool ending(struct sender *sender, struct world *to_world)
{
	return sender->world != to_world && atomic_load_explicit(&to_world->finishing, memory_order_relaxed);
}

void post_done(struct sender *sender, struct world *to_world, uint64_t number, int32_t kind, troupe_status status,
               uint64_t letters_before)
{
	if (status == TROUPE_OK)
		return;
	if (status == TROUPE_EFULL && sender->part->bounded) { /* nothing has happened */
		atomic_fetch_add_explicit(&to_world->refused, 1, memory_order_relaxed);
		books_unsend(number, kind);
		if (books_letters_here() != letters_before)
			finding("a send was refused, and is a dead letter too");
		return;
	}
	if (!EXPECT("a send", status, TROUPE_EGONE, TROUPE_ECLOSED) && status != TROUPE_EGONE && status != TROUPE_ECLOSED) {
		books_unsend(number, kind);
		return;
	}
	if (books_letters_here() != letters_before)
		return;
	if (ending(sender, to_world)) {
		books_count(kind, COLUMN_EXCUSED);
		books_excuse(number);
	} else {
		finding("a send gave %s, but the dead letter hook was not called", troupe_status_name(status));
	}
}

static troupe_status send_moved(const struct letter *letter, const struct note *note)
{
	struct note *payload = payload_new(note->size);

	if (payload == NULL)
		return TROUPE_ENOMEM;
	*payload = *note;
	note_fill(payload);
	troupe_status status = troupe_send_moved(letter->to, letter->kind, payload);
	if (status != TROUPE_OK)
		troupe_free(payload);
	return status;
}

static troupe_status send_copied(troupe_actor *me, enum way way, const struct letter *letter, const struct note *note)
{
	alignas(16) unsigned char small[ON_STACK];
	struct note *copy = note->size <= ON_STACK ? (struct note *)(void *)small : malloc(note->size);

	if (copy == NULL)
		return TROUPE_ENOMEM;
	*copy = *note;
	note_fill(copy);
	troupe_status status = way == WAY_FROM && me != NULL
	                               ? troupe_send_bytes_from(me, letter->to, letter->kind, copy, note->size)
	                               : troupe_send_bytes(letter->to, letter->kind, copy, note->size);
	memset(copy, 0xa5, note->size);
	if (note->size > ON_STACK)
		free(copy);
	return status;
}

troupe_status post(struct sender *sender, troupe_actor *me, enum way way, const struct letter *letter)
{
	struct note note = letter->note;
	uint64_t letters = books_letters_here();

	if (!post_begin(sender, &note, letter->kind, letter->size < sizeof note ? sizeof note : letter->size))
		return TROUPE_ENOMEM;
	troupe_status status = way == WAY_MOVE ? send_moved(letter, &note) : send_copied(me, way, letter, &note);
	post_done(sender, letter->world, note.number, letter->kind, status, letters);
	return status;
}

troupe_status post_tiny(struct sender *sender, troupe_ref to, struct world *world, uint32_t size)
{
	unsigned char bytes[sizeof(struct note)];
	uint64_t letters = books_letters_here();

	tiny_fill(bytes, size);
	books_count(KIND_TINY, COLUMN_SENT);
	troupe_status status = troupe_send_bytes(to, KIND_TINY, size == 0 ? NULL : bytes, size);
	post_done(sender, world, 0, KIND_TINY, status, letters);
	return status;
}

troupe_status post_speck(struct sender *sender, troupe_ref to, struct world *world, int32_t kind, uint32_t edge,
                         uint32_t sequence)
{
	struct speck speck = { .edge = edge, .sequence = sequence };
	uint64_t letters = books_letters_here();
	troupe_status status;

	speck.number = kind == KIND_SPECK ? books_number(&sender->numbers, sender->part->id) : 0;
	if (kind == KIND_SPECK && speck.number == 0)
		return TROUPE_ENOMEM;
	books_count(kind, COLUMN_SENT);
	if (kind == KIND_SPECK)
		status = troupe_send_bytes(to, kind, &speck, sizeof speck);
	else
		status = troupe_send_bytes(to, kind, &speck.edge, MOTE_SIZE);
	post_done(sender, world, speck.number, kind, status, letters);
	return status;
}
