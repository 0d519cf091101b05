/* SPDX-License-Identifier: MIT */
/* What is tried to make a run smaller. Two kinds of moves work on the list of choices: leave parts of it out, and change the order of
 * its pieces. The others say something about the run that the list does not: this one waits, this one goes on, time goes on. What
 * nobody chose (the rest of a run goes on by itself) has no place in the list, so it cannot be left out; but it can wait.
 *
 * A piece: one unit's choices, one behind another. */
#include <string.h>

#include "explore/shrinker.h"

/* ------------------------------------------------------------------------------------------------------- leaving out -- */

static bool leave_out(struct shrinker *shrinker, size_t from, size_t length)
{
	memcpy(shrinker->candidate, shrinker->units, from * sizeof *shrinker->units);
	memcpy(shrinker->candidate + from, shrinker->units + from + length, (shrinker->count - from - length) * sizeof *shrinker->units);
	return troupei_shrinker_try(shrinker, shrinker->count - length, NULL);
}

bool troupei_shrink_leave_out(struct shrinker *shrinker)
{
	bool any = false;

	for (size_t length = shrinker->count / 2; length > 0; length /= 2)
		for (size_t from = 0; from + length <= shrinker->count && !troupei_shrinker_is_over(shrinker);) {
			if (leave_out(shrinker, from, length))
				any = true;
			else
				from += length;
		}
	return any;
}

/* -------------------------------------------------------------------------------------------------------- one piece -- */

/* The place behind the piece that begins at @p from. */
static size_t piece_end(const uint32_t *units, size_t count, size_t from)
{
	size_t end = from + 1;

	while (end < count && units[end] == units[from])
		end++;
	return end;
}

/* Where the unit of the piece before @p end has its next one; @p count: nowhere. */
static size_t next_piece(const uint32_t *units, size_t count, size_t end)
{
	size_t next = end;

	while (next < count && units[next] != units[end - 1])
		next++;
	return next;
}

/* The choices from @p from on change places with those between @p middle and @p end. */
static bool turn_round(struct shrinker *shrinker, size_t from, size_t middle, size_t end)
{
	uint32_t *to = shrinker->candidate;
	const uint32_t *units = shrinker->units;

	memcpy(to, units, shrinker->count * sizeof *to);
	memcpy(to + from, units + middle, (end - middle) * sizeof *to);
	memcpy(to + from + (end - middle), units + from, (middle - from) * sizeof *to);
	return troupei_shrinker_try(shrinker, shrinker->count, NULL);
}

bool troupei_shrink_join(struct shrinker *shrinker)
{
	bool any = false;

	for (size_t end = 1; end < shrinker->count && !troupei_shrinker_is_over(shrinker); end++) {
		size_t next = next_piece(shrinker->units, shrinker->count, end);
		if (next > end && next < shrinker->count)
			any = turn_round(shrinker, end, next, piece_end(shrinker->units, shrinker->count, next)) || any;
	}
	return any;
}

bool troupei_shrink_put_off(struct shrinker *shrinker)
{
	bool any = false;

	for (size_t from = 0, end; from < shrinker->count && !troupei_shrinker_is_over(shrinker); from = end) {
		end = piece_end(shrinker->units, shrinker->count, from);
		size_t next = next_piece(shrinker->units, shrinker->count, end);
		if (next < shrinker->count && turn_round(shrinker, from, end, next))
			any = true;
	}
	return any;
}

/* ---------------------------------------------------------------------------------------- who waits, and who goes on -- */

/* Nobody sends to the clock: so nothing ends it. */
static const struct hold for_ever = { .to = UNIT_CLOCK, .kind = KIND_ANY, .awaited = UNIT_NONE };

bool troupei_shrink_hold_back(struct shrinker *shrinker)
{
	const struct trace *best = shrinker->best;
	bool any = false;

	for (size_t from = 0; from < best->choice_count && !troupei_shrinker_is_over(shrinker);
	     from = piece_end(best->choices, best->choice_count, from)) {
		struct hold hold = for_ever;
		hold.held = best->choices[from];
		hold.from = from;
		memcpy(shrinker->candidate, shrinker->units, shrinker->count * sizeof *shrinker->units);
		if (hold.held != UNIT_CLOCK && troupei_shrinker_try(shrinker, shrinker->count, &hold)) {
			troupei_shrinker_take_made(shrinker);
			any = true;
		}
	}
	return any;
}

/* The best run up to @p at, there @p unit so many times, and on as it was. */
static bool put_in(struct shrinker *shrinker, size_t at, uint32_t unit, size_t times)
{
	const struct trace *best = shrinker->best;
	size_t rest = at < shrinker->count ? shrinker->count - at : 0;

	if (at + times + rest > TRACE_CHOICES_MAX)
		return false;
	memcpy(shrinker->candidate, best->choices, at * sizeof *best->choices);
	for (size_t i = 0; i < times; i++)
		shrinker->candidate[at + i] = unit;
	memcpy(shrinker->candidate + at + times, best->choices + at, rest * sizeof *best->choices);
	if (!troupei_shrinker_try(shrinker, at + times + rest, NULL))
		return false;
	troupei_shrinker_take_made(shrinker);
	return true;
}

bool troupei_shrink_hurry(struct shrinker *shrinker)
{
	const struct trace *best = shrinker->best;
	bool any = false;

	for (size_t at = 0; at < best->choice_count && !troupei_shrinker_is_over(shrinker); at++)
		any = put_in(shrinker, at, UNIT_CLOCK, 1) || any;
	return any;
}

bool troupei_shrink_let_go_on(struct shrinker *shrinker)
{
	enum { FOR_LONG = 16 };
	const struct trace *best = shrinker->best;
	bool any = false;

	for (size_t from = 0, end; from < best->choice_count && !troupei_shrinker_is_over(shrinker); from = end) {
		end = piece_end(best->choices, best->choice_count, from);
		any = put_in(shrinker, end, best->choices[from], FOR_LONG) || any;
		end = end < best->choice_count ? end : best->choice_count;
	}
	return any;
}
