/* SPDX-License-Identifier: MIT */
/* Are two accesses that conflict ordered? By C11's happens-before, whatever the machine at hand would forgive: so an acquire
 * or a release that is missing is found on x86 too, in the first schedule in which it would have handed something over.
 *
 * Each store leaves at its address what its thread had released by then; who reads that, and has an acquire after it, knows
 * it. A granule of 8 bytes remembers its latest accesses, each with the step of its thread; one that the other thread does not
 * know of is a race (Flanagan, Freund: FastTrack, PLDI 2009, with several accesses a granule instead of one). Atomic ones do
 * not race with each other. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"

enum { INDEX = 1 << 13, GRANULES = INDEX / 2, WORDS = 1 << 11, ACCESSES = 8, FINE_MAX = 8, FREED_MAX = 128 };

struct access {
	const void *place;
	int16_t step;
	uint8_t fiber;
	uint8_t bytes; /* of the granule, a bit each */
	bool writes;
};

/* Of atomic accesses, which do not race with each other, the latest of each fiber: one that reads, one that writes. */
struct granule {
	uintptr_t number;
	uint16_t count;
	uint16_t atomic_mask;
	struct access plain[ACCESSES];
	struct access atomic[2 * FIBERS_MAX];
};

struct word {
	uintptr_t at;
	uint32_t run;
	struct clock released;
};

struct range {
	uintptr_t first, end;
};

/* Found by a hash, and dense: a schedule touches a few hundred. */
static struct {
	uint32_t run, at;
} index_of[INDEX];
static struct granule granules[GRANULES];
static uint32_t granule_count;
static struct word words[WORDS];
static struct range fine[FINE_MAX], freed[FREED_MAX];
static unsigned fine_count, freed_count;

void race_reset(void)
{
	fine_count = freed_count = granule_count = 0;
}

static uint32_t hash(uintptr_t key)
{
	return (uint32_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> 40);
}

struct clock *race_clock_of(const void *at)
{
	for (uint32_t i = hash((uintptr_t)at), tries = 0; tries < WORDS; i++, tries++) {
		struct word *word = &words[i % WORDS];
		if (word->run == engine.run && word->at == (uintptr_t)at)
			return &word->released;
		if (word->run == engine.run)
			continue;
		*word = (struct word){ .at = (uintptr_t)at, .run = engine.run };
		return &word->released;
	}
	fprintf(stderr, "races.c: WORDS is too small\n");
	abort();
}

static struct granule *granule_of(uintptr_t number)
{
	uint32_t i = hash(number) % INDEX;

	for (; index_of[i].run == engine.run; i = (i + 1) % INDEX)
		if (granules[index_of[i].at].number == number)
			return &granules[index_of[i].at];
	if (granule_count == GRANULES) {
		fprintf(stderr, "races.c: GRANULES is too small\n");
		abort();
	}
	index_of[i].run = engine.run;
	index_of[i].at = granule_count;
	struct granule *granule = &granules[granule_count++];
	granule->number = number;
	granule->count = granule->atomic_mask = 0;
	return granule;
}

static bool is_within(const struct range *ranges, unsigned count, uintptr_t at, uintptr_t end)
{
	for (unsigned i = 0; i < count; i++)
		if (end > ranges[i].first && at < ranges[i].end)
			return true;
	return false;
}

static void add_range(struct range *ranges, unsigned *count, unsigned max, const void *memory, size_t size)
{
	if (*count == max) {
		fprintf(stderr, "races.c: too many ranges\n");
		abort();
	}
	ranges[(*count)++] = (struct range){ (uintptr_t)memory, (uintptr_t)memory + size };
}

void races_are_fine(const void *memory, size_t size)
{
	add_range(fine, &fine_count, FINE_MAX, memory, size);
}

/* The other one came before, and nothing says so. */
static bool conflict(const struct granule *granule, const struct access *access, const struct access *other)
{
	if (other->fiber == access->fiber || (other->bytes & access->bytes) == 0 || !(other->writes || access->writes) ||
	    other->step <= engine.current->known.of[other->fiber] ||
	    is_within(fine, fine_count, granule->number * 8, granule->number * 8 + 8))
		return false;
	engine_fail("a data race: two accesses that nothing orders", access->place, other->place);
	return true;
}

/* Whatever would race with the old one later would race with the new one too. */
static bool replaces(const struct access *new, const struct access *old)
{
	return (old->bytes & ~new->bytes) == 0 && old->step <= engine.current->known.of[old->fiber] &&
	       (new->writes || (!old->writes && new->fiber == old->fiber));
}

/* Its own, as most are, and once more as before. */
static bool is_private(const struct granule *granule, const struct access *access)
{
	const struct access *only = &granule->plain[0];

	return granule->count == 1 && granule->atomic_mask == 0 && only->fiber == access->fiber && only->bytes == access->bytes &&
	       only->writes <= access->writes;
}

static void access_plain(struct granule *granule, const struct access *access)
{
	unsigned kept = 0;

	if (is_private(granule, access)) {
		granule->plain[0] = *access;
		return;
	}
	for (unsigned mask = granule->atomic_mask; mask != 0; mask &= mask - 1)
		if (conflict(granule, access, &granule->atomic[__builtin_ctz(mask)]))
			return;
	for (unsigned i = 0; i < granule->count; i++) {
		const struct access *other = &granule->plain[i];
		if (conflict(granule, access, other))
			return;
		if (!replaces(access, other) && kept++ != i)
			granule->plain[kept - 1] = *other;
	}
	if (kept == ACCESSES) /* the oldest is forgotten: a race may be missed, none is made up */
		memmove(&granule->plain[0], &granule->plain[1], --kept * sizeof *access);
	granule->plain[kept++] = *access;
	granule->count = (uint16_t)kept;
}

static void access_atomic(struct granule *granule, const struct access *access)
{
	unsigned slot = 2u * access->fiber + access->writes;

	for (unsigned i = 0; i < granule->count; i++)
		if (conflict(granule, access, &granule->plain[i]))
			return;
	granule->atomic[slot] = *access;
	granule->atomic_mask |= (uint16_t)(1u << slot);
}

void race_access(const void *at, size_t size, bool writes, bool atomic, const void *place)
{
	uintptr_t first = (uintptr_t)at, end = first + size;
	struct fiber *self = engine.current;
	size_t me = (size_t)(self - engine.fibers);

	if (freed_count > 0 && is_within(freed, freed_count, first, end)) {
		engine_fail("memory is used after it was freed", place, NULL);
		return;
	}
	for (uintptr_t number = first / 8; number <= (end - 1) / 8; number++) {
		uintptr_t from = number * 8 > first ? 0 : first - number * 8;
		uintptr_t to = (number + 1) * 8 < end ? 8 : end - number * 8;
		struct access access = { place, self->known.of[me], (uint8_t)me,
			                 (uint8_t)((1u << to) - (1u << from)), writes };
		(atomic ? access_atomic : access_plain)(granule_of(number), &access);
	}
}

void race_freed(const void *at, size_t size)
{
	if (engine.current == NULL)
		return;
	race_access(at, size < 1024 ? size : 1024, true, false, __builtin_return_address(0));
	add_range(freed, &freed_count, FREED_MAX, at, size);
}
