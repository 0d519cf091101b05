/* SPDX-License-Identifier: MIT */
/* What is in a payload: a note, then a pattern that depends on the number, so that bytes of another message show. */
#include <string.h>

#include "books.h"

uint32_t note_size(struct dice *dice)
{
	uint32_t least = sizeof(struct note), share = dice_below(dice, 200);

	if (share < 150)
		return dice_between(dice, least, least + 40);
	if (share < 190)
		return dice_between(dice, least, 1000);
	if (share < 199)
		return dice_between(dice, 1000, 9000);
	return dice_between(dice, 9000, SIZE_LARGEST);
}

static unsigned char *pattern_of(struct note *note)
{
	return (unsigned char *)note + sizeof *note;
}

static uint64_t word_at(uint64_t number, size_t at)
{
	return dice_mix(number) + at;
}

void note_fill(struct note *note)
{
	unsigned char *bytes = pattern_of(note);
	size_t left = note->size - sizeof *note;

	for (size_t at = 0; at < left; at += 8) {
		uint64_t word = word_at(note->number, at);
		memcpy(bytes + at, &word, left - at < 8 ? left - at : 8);
	}
}

static bool pattern_good(const struct note *note)
{
	const unsigned char *bytes = (const unsigned char *)note + sizeof *note;
	size_t left = note->size - sizeof *note;

	for (size_t at = 0; at < left; at += 8) {
		uint64_t word = word_at(note->number, at);
		if (memcmp(bytes + at, &word, left - at < 8 ? left - at : 8) != 0)
			return false;
	}
	return true;
}

/* Kinds that are a note and a pattern. The others have fields of their own behind the note. */
static bool has_pattern(int32_t kind)
{
	return kind == KIND_PARCEL || kind == KIND_LOOSE || kind == KIND_SHARED || kind == KIND_LATER ||
	       kind == KIND_COMMAND || kind == KIND_REPORT;
}

bool note_check(const void *data, uint32_t size, int32_t kind)
{
	const struct note *note = data;

	if (data == NULL || (uintptr_t)data % 16 != 0 || size < sizeof *note) {
		finding("kind %d: a payload of %u bytes at %p, which is not 16-byte aligned or too small", (int)kind, size, data);
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

	if ((size == 0) != (data == NULL) || (uintptr_t)data % 16 != 0) {
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
