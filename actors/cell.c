/* SPDX-License-Identifier: MIT */
/* An actor's memory beside its cell: a state too large for it, and the extra. */
#include "actors/cell.h"

#include <string.h>

#include "actors/bounds.h"
#include "actors/courier.h"
#include "base/memory.h"

static unsigned extra_class(void)
{
	return troupei_block_class(sizeof(struct extra));
}

struct extra *troupei_cell_extra(struct cell *cell)
{
	if (cell->extra == NULL && (cell->extra = troupei_block_take(extra_class())) != NULL)
		memset(cell->extra, 0, sizeof *cell->extra);
	return cell->extra;
}

void troupei_cell_extra_free(struct cell *cell)
{
	struct extra *extra = cell->extra;

	if (extra == NULL)
		return;
	if (extra->bounds != NULL)
		troupei_bounds_free(cell);
	if (extra->courier != NULL)
		troupei_courier_drop(extra);
	troupei_deallocate(extra->become, extra->become_capacity * sizeof *extra->become);
	troupei_block_give(extra, extra_class());
	cell->extra = NULL;
}

bool troupei_cell_state_make(struct cell *cell, const void *initial)
{
	size_t size = cell->behaviour->state_size;
	void *state = cell->state;

	if (size > CELL_STATE_SIZE) {
		unsigned class = troupei_block_class(size);
		state = class < BLOCK_CLASSES ? troupei_block_take(class) : troupei_allocate(size);
		if (state == NULL)
			return false;
		memcpy(cell->state, &state, sizeof state);
		/* Atomic for who looks at the slot late, taking it for the address that it was (ask.h): the look counts for nothing. */
		troupei_store_relaxed_8(&cell->flags, cell->flags | FLAG_STATE_OUTSIDE);
	}
	if (initial != NULL)
		memcpy(state, initial, size);
	else
		memset(state, 0, size);
	return true;
}

void troupei_cell_state_free(struct cell *cell)
{
	unsigned class = troupei_block_class(cell->behaviour->state_size);

	if (!(cell->flags & FLAG_STATE_OUTSIDE))
		return;
	if (class < BLOCK_CLASSES)
		troupei_block_give(troupei_cell_state(cell), class);
	else
		troupei_deallocate(troupei_cell_state(cell), cell->behaviour->state_size);
}
