/* SPDX-License-Identifier: MIT */
/* Bits of sleepers and a count of searchers. S1 to S5: idle_set.h. */
#include "scheduler/idle_set.h"

#include <string.h>

void troupei_idle_set_init(struct idle_set *set)
{
	memset(set, 0, sizeof *set);
	set->keeper = IDLE_NOBODY;
	set->keeper_deadline_ns = INT64_MAX;
}

void troupei_idle_set_join(struct idle_set *set, uint32_t index)
{
	troupei_fence_around();
	ck_pr_or_64(&set->words[index / 64], UINT64_C(1) << index % 64);
	troupei_fence_full(); /* S2: before the caller looks for work */
}

void troupei_idle_set_leave(struct idle_set *set, uint32_t index)
{
	troupei_fence_around();
	ck_pr_and_64(&set->words[index / 64], ~(UINT64_C(1) << index % 64));
	troupei_fence_full(); /* S5: before the caller takes work */
}

void troupei_idle_set_retire(struct idle_set *set, uint32_t index)
{
	troupei_fence_around();
	ck_pr_or_64(&set->retired[index / 64], UINT64_C(1) << index % 64);
	troupei_fence_full(); /* S2, as join: before the caller passes wake-ups on */
}

void troupei_idle_set_unretire(struct idle_set *set, uint32_t index)
{
	troupei_fence_around();
	ck_pr_and_64(&set->retired[index / 64], ~(UINT64_C(1) << index % 64));
	troupei_fence_full(); /* S5, as leave */
}

bool troupei_idle_set_all(const struct idle_set *set, uint32_t count)
{
	for (uint32_t i = 0; i < IDLE_WORDS && count > 0; i++) {
		uint32_t bits = count < 64 ? count : 64;
		uint64_t all = bits == 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
		/* One moves between the two words only by way of neither. */
		if ((troupei_load_acquire_64(&set->words[i]) | troupei_load_acquire_64(&set->retired[i])) != all)
			return false;
		count -= bits;
	}
	return true;
}

/* Clear one bit of the word that is not in @p spared; IDLE_NOBODY: there is none. */
static uint32_t take_from_word(uint64_t *word, uint64_t spared)
{
	uint64_t bits = troupei_load_relaxed_64(word), seen;

	while ((bits & ~spared) != 0) {
		uint32_t bit = (uint32_t)__builtin_ctzll(bits & ~spared);
		if (troupei_cas_acqrel_64(word, bits, bits & ~(UINT64_C(1) << bit), &seen)) /* S4 */
			return bit;
		bits = seen;
	}
	return IDLE_NOBODY;
}

uint32_t troupei_idle_set_take(struct idle_set *set)
{
	uint32_t keeper = troupei_load_relaxed_32(&set->keeper);

	for (unsigned pass = 0; pass < 2; pass++)
		for (uint32_t i = 0; i < IDLE_WORDS; i++) {
			uint64_t spared = pass == 0 && keeper / 64 == i ? UINT64_C(1) << keeper % 64 : 0;
			uint32_t bit = take_from_word(&set->words[i], spared);
			if (bit != IDLE_NOBODY)
				return i * 64 + bit;
		}
	return IDLE_NOBODY;
}

bool troupei_idle_set_search_begin(struct idle_set *set, uint32_t workers)
{
	uint32_t searching = troupei_load_relaxed_32(&set->searching); /* relaxed: one more or less does no harm */

	if (2 * searching >= workers || searching >= SEARCHERS_MAX)
		return false;
	troupei_add_full_32(&set->searching, 1);
	return true;
}

bool troupei_idle_set_search_end(struct idle_set *set)
{
	return troupei_add_full_32(&set->searching, (uint32_t)-1) == 1;
}
