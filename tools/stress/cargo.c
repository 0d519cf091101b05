/* SPDX-License-Identifier: MIT */
/* How a cargo is made, moved and released. */
#include <stdlib.h>
#include <string.h>

#include "cargo.h"

#define OWNED_SIZE 48u

static void cargo_gone(void *payload)
{
	struct cargo *cargo = payload;

	if (cargo->owned == NULL)
		finding("a cargo was released twice");
	free(cargo->owned);
	cargo->owned = NULL;
	payload_gone(cargo);
}

struct cargo *cargo_new(struct dice *dice)
{
	uint32_t size = sizeof(struct cargo) + note_size(dice);
	struct cargo *cargo = troupe_new(size, cargo_gone);

	if (cargo == NULL) {
		finding("troupe_new gives no payload of %u bytes", size);
		return NULL;
	}
	payload_made();
	cargo->note = (struct note){ .to = ANYONE, .edge = NO_EDGE, .size = size };
	cargo->mark = dice_next(dice);
	cargo->owned = process_array(OWNED_SIZE, 1);
	memset(cargo->owned, (int)(cargo->mark & 0xff), OWNED_SIZE);
	return cargo;
}

bool cargo_good(const struct cargo *cargo)
{
	for (uint32_t i = 0; i < OWNED_SIZE; i++)
		if (cargo->owned == NULL || cargo->owned[i] != (cargo->mark & 0xff)) {
			finding("a cargo has lost what it owned");
			return false;
		}
	return true;
}

uint32_t cargo_draw(struct sender *sender)
{
	return dice_below(&sender->dice, sender->part->refs_count);
}

/* Moves it on to somebody; frees it if nobody takes it. */
void cargo_move(struct sender *sender, struct cargo *cargo)
{
	uint32_t to = cargo_draw(sender);
	uint64_t letters = books_letters_here();

	if (!post_begin(sender, &cargo->note, KIND_CARGO, cargo->note.size)) {
		troupe_free(cargo);
		return;
	}
	uint64_t number = cargo->note.number;
	troupe_status status = troupe_move_out(sender->part->refs[to], KIND_CARGO, &cargo);
	post_done(sender, part_world(sender->part, to), number, KIND_CARGO, status, letters);
	if ((status == TROUPE_OK) != (cargo == NULL))
		finding("troupe_move gave %s, but the pointer is %s", troupe_status_name(status),
		        cargo == NULL ? "gone" : "still there");
	troupe_free(cargo);
}

/* One payload, several messages. */
void cargo_share(struct sender *sender)
{
	uint32_t size = note_size(&sender->dice), copies = dice_below(&sender->dice, 8);
	struct note *note = payload_new(size);

	if (note == NULL)
		return;
	*note = (struct note){ .to = ANYONE, .edge = NO_EDGE, .size = size, .kind = KIND_SHARED };
	note_fill(note);
	const void *payload = troupe_freeze(note);
	for (uint32_t i = 0; i < copies; i++) {
		uint32_t to = cargo_draw(sender);
		uint64_t letters = books_letters_here();
		books_count(KIND_SHARED, COLUMN_SENT);
		troupe_status status = troupe_send_shared(sender->part->refs[to], KIND_SHARED, payload);
		post_done(sender, part_world(sender->part, to), 0, KIND_SHARED, status, letters);
	}
	troupe_release(payload);
}
