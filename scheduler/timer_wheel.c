/* SPDX-License-Identifier: MIT */
/* The timing wheel: see timer_wheel.h for what it is and for its invariants W1 to W6. */
#include "scheduler/timer_wheel.h"

#include <assert.h>

#include "base/check.h"

/* 64 bits make eleven digits, and every place fits into an entry. */
static_assert((TIMER_ROWS - 1) * TIMER_LEVEL_BITS >= 64, "a level for every bit");
static_assert(TIMER_ROWS * TIMER_LEVEL_SLOTS <= UINT16_MAX, "place is too small");

/* Flipping the sign bit turns the order of int64_t into that of uint64_t. */
static uint64_t key_of(int64_t time_ns)
{
	return (uint64_t)time_ns ^ (UINT64_C(1) << 63);
}

static int64_t time_of(uint64_t key)
{
	return (int64_t)(key ^ (UINT64_C(1) << 63));
}

/* W2. The lowest bit is set so that equal keys have a highest differing bit too: it is level 0 either way. */
static unsigned place_of(const struct timer_wheel *wheel, uint64_t key)
{
	if (key < wheel->reached)
		return TIMER_OVERDUE;
	unsigned bit = 63 - (unsigned)__builtin_clzll((key ^ wheel->reached) | 1);
	unsigned level = bit / TIMER_LEVEL_BITS;
	unsigned slot = (unsigned)(key >> (level * TIMER_LEVEL_BITS)) % TIMER_LEVEL_SLOTS;
	return (level + 1) * TIMER_LEVEL_SLOTS + slot;
}

/* The place of the earliest entry (W2), or TIMER_NOT_ARMED. */
static unsigned first_place(const struct timer_wheel *wheel)
{
	for (unsigned row = 0; row < TIMER_ROWS; row++)
		if (wheel->occupied[row] != 0)
			return row * TIMER_LEVEL_SLOTS + (unsigned)__builtin_ctzll(wheel->occupied[row]);
	return TIMER_NOT_ARMED;
}

/* W3, both ways. */
static void mark_occupied(struct timer_wheel *wheel, unsigned place)
{
	wheel->occupied[place / TIMER_LEVEL_SLOTS] |= UINT64_C(1) << (place % TIMER_LEVEL_SLOTS);
}

static void mark_empty(struct timer_wheel *wheel, unsigned place)
{
	wheel->occupied[place / TIMER_LEVEL_SLOTS] &= ~(UINT64_C(1) << (place % TIMER_LEVEL_SLOTS));
}

static void list_append(struct timer_slot *list, struct timer_entry *entry)
{
	entry->next = NULL;
	if (list->first != NULL) {
		entry->prev = list->last;
		list->last->next = entry;
	} else {
		entry->prev = NULL;
		list->first = entry;
	}
	list->last = entry;
}

static void list_remove(struct timer_slot *list, struct timer_entry *entry)
{
	if (entry->prev != NULL)
		entry->prev->next = entry->next;
	else
		list->first = entry->next;
	if (entry->next != NULL)
		entry->next->prev = entry->prev;
	else
		list->last = entry->prev;
}

/* Where it belongs by W2; count is the caller's business. */
static void put(struct timer_wheel *wheel, struct timer_entry *entry)
{
	uint64_t key = key_of(entry->deadline_ns);
	unsigned place = place_of(wheel, key);
	struct timer_slot *slot = &wheel->slots[place];

	if (slot->first == NULL || key < slot->earliest)
		slot->earliest = key;
	list_append(slot, entry);
	entry->place = (uint16_t)place;
	mark_occupied(wheel, place);
}

/* Two sorted lists into one. Stable: of equal ones, those of @p older come first. */
static struct timer_entry *merged(struct timer_entry *older, struct timer_entry *newer)
{
	struct timer_entry *first = NULL, **end = &first;

	while (older != NULL && newer != NULL) {
		struct timer_entry **from = newer->deadline_ns < older->deadline_ns ? &newer : &older;
		*end = *from;
		end = &(*from)->next;
		*from = *end;
	}
	*end = older != NULL ? older : newer;
	return first;
}

/* Merge sort. runs[i] is empty or a sorted list of 2^i entries; the higher, the older. */
static struct timer_entry *sorted(struct timer_entry *list)
{
	struct timer_entry *runs[64] = { NULL }, *result = NULL;

	while (list != NULL) {
		struct timer_entry *run = list;
		list = list->next;
		run->next = NULL;
		unsigned i = 0;
		for (; runs[i] != NULL; runs[i++] = NULL)
			run = merged(runs[i], run);
		runs[i] = run;
	}
	for (unsigned i = 0; i < 64; i++)
		result = merged(runs[i], result);
	return result;
}

/* Empty the first slot: what has its earliest key is due, the others move at least one level down, for
 * they have this level's digit in common with the new reached. Of the overdue all are due; no wheel has
 * sorted them, so it is done here. */
static void empty_first(struct timer_wheel *wheel, unsigned place, struct timer_slot *due)
{
	struct timer_entry *entry = wheel->slots[place].first, *next;

	wheel->slots[place].first = NULL;
	mark_empty(wheel, place);
	if (place == TIMER_OVERDUE)
		entry = sorted(entry);
	else
		wheel->reached = wheel->slots[place].earliest;
	for (; entry != NULL; entry = next) {
		next = entry->next;
		if (key_of(entry->deadline_ns) > wheel->reached) {
			put(wheel, entry);
			continue;
		}
		list_append(due, entry);
		entry->place = TIMER_NOT_ARMED;
		wheel->count--;
	}
}

void troupei_timer_wheel_init(struct timer_wheel *wheel, int64_t now_ns)
{
	*wheel = (struct timer_wheel){ .reached = key_of(now_ns) };
}

void troupei_timer_wheel_add(struct timer_wheel *wheel, struct timer_entry *entry)
{
	TROUPEI_DEBUG_ASSERT(entry->place == TIMER_NOT_ARMED);
	put(wheel, entry);
	wheel->count++;
}

void troupei_timer_wheel_remove(struct timer_wheel *wheel, struct timer_entry *entry)
{
	struct timer_slot *slot = &wheel->slots[entry->place];

	if (entry->place == TIMER_NOT_ARMED)
		return;
	list_remove(slot, entry);
	if (slot->first == NULL)
		mark_empty(wheel, entry->place);
	entry->place = TIMER_NOT_ARMED;
	wheel->count--;
}

bool troupei_timer_entry_is_armed(const struct timer_entry *entry)
{
	return entry->place != TIMER_NOT_ARMED;
}

int64_t troupei_timer_wheel_next(const struct timer_wheel *wheel)
{
	unsigned place = first_place(wheel);

	return place == TIMER_NOT_ARMED ? INT64_MAX : time_of(wheel->slots[place].earliest);
}

struct timer_entry *troupei_timer_wheel_advance(struct timer_wheel *wheel, int64_t now_ns)
{
	struct timer_slot due = { NULL, NULL, 0 };
	uint64_t now = key_of(now_ns);
	unsigned place;

	if (now < wheel->reached)
		return NULL;
	while ((place = first_place(wheel)) != TIMER_NOT_ARMED && wheel->slots[place].earliest <= now)
		empty_first(wheel, place, &due);
	return due.first;
}

size_t troupei_timer_wheel_count(const struct timer_wheel *wheel)
{
	return wheel->count;
}
