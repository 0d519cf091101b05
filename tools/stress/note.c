/* SPDX-License-Identifier: MIT */
/* What is in a payload: a note, then a pattern that depends on the number, so that bytes of another message show. */
#include <string.h>

#include "books.h"

uint32_t note_size(struct dice *dice)
{
	uint32_t least = sizeof(struct note), share = dice_below(dice, 1000);

	if (share < 850)
		return dice_between(dice, least, least + 40);
	if (share < 980)
		return dice_between(dice, least, 1000);
	if (share < 999)
		return dice_between(dice, 1000, 9000);
	return dice_between(dice, 9000, SIZE_LARGEST);
}

/* The pattern is words of eight bytes, each the one before plus one; at the end as many bytes as fit. */
void note_fill(struct note *note)
{
	unsigned char *bytes = (unsigned char *)(note + 1);
	size_t left = note->size - sizeof *note, words = left / 8;
	uint64_t word = dice_mix(note->number);

	for (size_t i = 0; i < words; i++, word++)
		memcpy(bytes + 8 * i, &word, 8);
	memcpy(bytes + 8 * words, &word, left % 8);
}

static bool pattern_good(const struct note *note)
{
	const unsigned char *bytes = (const unsigned char *)(note + 1);
	size_t left = note->size - sizeof *note, words = left / 8;
	uint64_t word = dice_mix(note->number), found, wrong = 0;

	for (size_t i = 0; i < words; i++, word++) {
		memcpy(&found, bytes + 8 * i, 8);
		wrong |= found ^ word;
	}
	return wrong == 0 && memcmp(bytes + 8 * words, &word, left % 8) == 0;
}

/* Kinds that are a note and a pattern. The others have fields of their own behind the note. */
static bool has_pattern(int32_t kind)
{
	return kind == KIND_PARCEL || kind == KIND_LOOSE || kind == KIND_SHARED || kind == KIND_LATER ||
	       kind == KIND_COMMAND || kind == KIND_REPORT;
}

void payload_check(const void *data, uint32_t size)
{
	static _Atomic bool told;
	uint32_t least = size % 16 == 0 ? 16 : size & -size;

	if ((data == NULL) != (size == 0))
		finding("a payload of %u bytes lies at %p", size, data);
	else if (data != NULL && (uintptr_t)data % least != 0 && !atomic_exchange(&told, true))
		finding("a payload of %u bytes lies at %p, which is not %u-byte aligned", size, data, least);
}

bool note_check(const void *data, uint32_t size, int32_t kind)
{
	const struct note *note = data;

	if (data == NULL || size < sizeof *note) {
		finding("kind %d: a payload of %u bytes at %p", (int)kind, size, data);
		return false;
	}
	if (note->size != size || note->kind != kind) {
		finding("kind %d, %u bytes: the payload is of another message (kind %u, %u bytes)", (int)kind, size,
		        (unsigned)note->kind, note->size);
		return false;
	}
	if (has_pattern(kind) && !pattern_good(note)) {
		finding("kind %d, %u bytes, message %llu: the contents have changed", (int)kind, size,
		        (unsigned long long)note->number);
		return false;
	}
	return true;
}

void tiny_fill(unsigned char *bytes, uint32_t size)
{
	for (uint32_t i = 0; i < size; i++)
		bytes[i] = (unsigned char)(size * 7 + i * 3 + 1);
}

bool tiny_check(const void *data, uint32_t size)
{
	unsigned char expected[sizeof(struct note)];

	if ((size == 0) != (data == NULL)) {
		finding("a payload of %u bytes at %p", size, data);
		return false;
	}
	tiny_fill(expected, size);
	if (size != 0 && memcmp(data, expected, size) != 0) {
		finding("a payload of %u bytes: the contents have changed", size);
		return false;
	}
	return true;
}

bool speck_check(const void *data, uint32_t size, int32_t kind)
{
	if (data != NULL && size == (kind == KIND_MOTE ? MOTE_SIZE : sizeof(struct speck)))
		return true;
	finding("kind %d: a payload of %u bytes at %p", (int)kind, size, data);
	return false;
}
