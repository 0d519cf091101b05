/* SPDX-License-Identifier: MIT */
/* A table with open addressing, at most half full. */
#include "explore/stamps.h"

#include <stdlib.h>

#include "actors/cell.h"

static struct {
	struct stamped *places;
	uint32_t room, used; /* room is a power of two */
} table;

static uint32_t home_of(uint32_t stamp)
{
	return (uint32_t)((stamp * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & (table.room - 1);
}

static uint32_t place_of(uint32_t stamp)
{
	uint32_t at = home_of(stamp);

	while (table.places[at].stamp != 0 && table.places[at].stamp != stamp)
		at = (at + 1) & (table.room - 1);
	return at;
}

static void grow(void)
{
	struct stamped *old = table.places;
	uint32_t count = table.room;

	table.room = count > 0 ? 2 * count : 4096;
	table.places = calloc(table.room, sizeof *table.places);
	if (table.places == NULL)
		abort();
	for (uint32_t i = 0; i < count; i++)
		if (old[i].stamp != 0)
			table.places[place_of(old[i].stamp)] = old[i];
	free(old);
}

void troupei_stamps_put(uint32_t stamp, const struct cell *cell, const struct envelope *envelope, uint64_t cause, uint32_t by)
{
	if (2 * (table.used + 1) > table.room)
		grow();
	struct stamped *place = &table.places[place_of(stamp)];
	table.used += place->stamp == 0;
	*place = (struct stamped){ stamp, cell->generation, cell, envelope, cause, by };
}

const struct stamped *troupei_stamps_get(uint32_t stamp)
{
	if (table.room == 0)
		return NULL;
	const struct stamped *place = &table.places[place_of(stamp)];
	return place->stamp != 0 ? place : NULL;
}

void troupei_stamps_drop(uint32_t stamp, const struct envelope *envelope)
{
	uint32_t at = place_of(stamp), next = at, home;

	if (table.places[at].stamp == 0 || table.places[at].envelope != envelope)
		return;
	table.used--;
	for (;;) { /* Knuth, volume 3, 6.4, algorithm R */
		table.places[at].stamp = 0;
		do {
			next = (next + 1) & (table.room - 1);
			if (table.places[next].stamp == 0)
				return;
			home = home_of(table.places[next].stamp);
		} while (at <= next ? at < home && home <= next : at < home || home <= next);
		table.places[at] = table.places[next];
		at = next;
	}
}

void troupei_stamps_forget(void)
{
	free(table.places);
	table.places = NULL;
	table.room = table.used = 0;
}
