/* SPDX-License-Identifier: MIT */
/* timer_wheel: which deadline is next, and what is due. Pure data: the caller locks, and reads the clock.
 *
 * A hierarchical timing wheel (G. Varghese, T. Lauck: Hashed and Hierarchical Timing Wheels, SOSP 1987),
 * of eleven wheels of 64 slots, each slot of a wheel as long as the whole wheel below it, down to 1 ns. So
 * nothing is rounded: an entry is due when now_ns >= deadline_ns, neither early nor late, and comes in
 * order without being compared with others. Only what is near is sorted finely: an entry goes down by at
 * least one level whenever the slot that it is in is emptied, so at most ten times, usually two or three.
 * Empty time costs nothing: it is jumped over with the bitmaps.
 *
 *     level    0     1       2      3      4     5    6     7     8     9       10
 *     a slot   1 ns  64 ns   4 us   262 us 17 ms 1 s  69 s  73 m  3.3 d 208 d   36 y */
#ifndef TROUPEI_SCHEDULER_TIMER_WHEEL_H
#define TROUPEI_SCHEDULER_TIMER_WHEEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	TIMER_LEVEL_BITS = 6,
	TIMER_LEVEL_SLOTS = 1 << TIMER_LEVEL_BITS,
	TIMER_ROWS = 12, /* row 0 holds the overdue; row n + 1 is level n */

	/* Places: row * TIMER_LEVEL_SLOTS + slot. The first is nobody's, so that {0} is not armed. */
	TIMER_NOT_ARMED = 0,
	TIMER_OVERDUE = 1
};

/* One timer; it lies in what it belongs to. {0} is one that is not armed. */
struct timer_entry {
	int64_t deadline_ns;             /* the caller's; must not change while armed                  */
	uint16_t place;                  /* row and slot while armed, or TIMER_NOT_ARMED               */
	uint16_t wheel;                  /* the caller's, like marks: what else would be padding       */
	uint8_t marks;
	struct timer_entry *next, *prev; /* the wheel's while armed; next also in what advance returns */
};

/* A list of entries; key: the deadline as an unsigned number in the same order. */
struct timer_slot {
	struct timer_entry *first, *last; /* first NULL: empty, and the rest means nothing */
	uint64_t earliest;                /* a key, W4 */
};

/* W1  reached only grows, and no armed key is below it, save the overdue: those were below it when they were
 *     armed.
 * W2  Level: the highest digit (6 bits) in which a key differs from reached, or 0; slot: that digit of the
 *     key. Therefore the earliest entry is in the lowest occupied slot of the lowest occupied row, and when
 *     that slot is emptied and reached moves into it, everybody else's place stays right.
 * W3  A bit of occupied is set if and only if that slot is not empty.
 * W4  A slot's earliest is a key that belongs into it, and not above any key in it. It is the smallest
 *     there, unless that one was removed.
 * W5  Entries with the same key are in one slot, in the order in which they were armed: their places follow
 *     from key and reached alone, slots are filled at the end, and emptied from the front into slots that
 *     were empty.
 * W6  count is the number of entries in all slots. */
struct timer_wheel {
	uint64_t reached; /* a key: how far the wheel has turned; never past the now_ns of an advance */
	size_t count;
	uint64_t occupied[TIMER_ROWS];
	struct timer_slot slots[TIMER_ROWS * TIMER_LEVEL_SLOTS];
};

/** Nothing is armed; the clock reads @p now_ns. */
void troupei_timer_wheel_init(struct timer_wheel *wheel, int64_t now_ns);

/** Arm @p entry, which is not armed, for its deadline_ns; one in the past is due at once. O(1). */
void troupei_timer_wheel_add(struct timer_wheel *wheel, struct timer_entry *entry);

/** Take @p entry off; nothing happens when it is not armed. O(1). */
void troupei_timer_wheel_remove(struct timer_wheel *wheel, struct timer_entry *entry);

bool troupei_timer_entry_is_armed(const struct timer_entry *entry);

/** When troupei_timer_wheel_advance must be called next: INT64_MAX for never, else never later than the
 *  earliest deadline. It is the earliest deadline itself unless entries were removed: a removed one may
 *  cost one call that finds nothing, and all that were removed from one slot cost one together. O(levels). */
int64_t troupei_timer_wheel_next(const struct timer_wheel *wheel);

/** Take off all entries whose deadline_ns is at most @p now_ns.
 *  @param now_ns  nothing is returned for a time before what has already expired
 *  @return them, linked by next up to NULL, by deadline, equal ones in the order in which they were armed.
 *  None is armed any more, and arming one again overwrites its next. */
struct timer_entry *troupei_timer_wheel_advance(struct timer_wheel *wheel, int64_t now_ns);

/** How many entries are armed. */
size_t troupei_timer_wheel_count(const struct timer_wheel *wheel);

#endif
