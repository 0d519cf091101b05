/* SPDX-License-Identifier: MIT */
/* What a turn does about the signals that others have set for its actor: cell.h. */
#include "actors/ask.h"
#include "actors/courier.h"
#include "actors/lifecycle.h"
#include "actors/post.h"
#include "actors/record.h"
#include "actors/supervisor.h"
#include "actors/turn.h"

/* SIGNAL_STOP, from the parent or the system: end in the order of the queue. The message is made here, by the one who may end
 * for want of memory. A hold is over: while the parent or the whole system ends, the answer may never come. */
static bool obey_stop(struct actor_worker *worker, struct cell *cell)
{
	struct envelope *stop = NULL;
	const struct supervised *record = troupei_supervised_of(cell);

	troupei_and_full_8(&cell->signals, (uint8_t)~SIGNAL_STOP);
	if (record != NULL && !troupei_load_acquire_8(&record->ordered))
		return true; /* the end of the system; the supervisor sees to its children */
	troupei_ask_hold_over(cell);
	if (cell->flags & (FLAG_STOPPING | FLAG_ENDING))
		return true;
	cell->flags |= FLAG_STOPPING;
	stop = troupei_envelope_new(SORT_STOP, 0, 0, 0, record != NULL ? record->lives : 0);
	if (stop != NULL && troupei_post_cell(worker->system, worker, cell, cell->generation, stop) == TROUPE_OK)
		return true;
	if (stop != NULL)
		troupei_envelope_free(stop);
	return !troupei_lifecycle_end(worker, cell, TROUPE_OK);
}

bool troupei_signals_obey(struct actor_worker *worker, struct cell *cell, uint8_t signals)
{
	if (troupei_is_noted())
		troupei_note_signals(worker, cell, signals);
	if (signals & SIGNAL_CONTROL) {
		troupei_and_full_8(&cell->signals, (uint8_t)~SIGNAL_CONTROL);
		if (!(cell->flags & FLAG_DRAINING))
			troupei_mailbox_take(&cell->mailbox);
	}
	if (signals & SIGNAL_KILL) {
		troupei_and_full_8(&cell->signals, (uint8_t)~SIGNAL_KILL);
		if (troupei_lifecycle_end(worker, cell, TROUPE_EKILLED))
			return false;
	}
	if (signals & SIGNAL_LOOK) {
		troupei_and_full_8(&cell->signals, (uint8_t)~SIGNAL_LOOK);
		if (troupei_supervisor_is(cell) ? troupei_supervisor_look(worker, cell) : troupei_courier_look(worker, cell))
			return false;
	}
	return (signals & SIGNAL_STOP) ? obey_stop(worker, cell) : true;
}
