/* SPDX-License-Identifier: MIT */
/* The child's side. V1 to V4: supervised.h. */
#include "actors/supervised.h"

#include "actors/ask.h"
#include "actors/courier.h"
#include "actors/lifecycle.h"
#include "actors/park.h"
#include "actors/post.h"
#include "actors/remote.h"
#include "actors/supervisor.h"
#include "actors/timers.h"
#include "actors/watch.h"

/* What waits meets its fate, but for control messages: orders and news of children are among them. */
static void empty_queue(struct actor_worker *worker, struct cell *cell, bool hand_back, troupe_status why)
{
	struct envelope *all = cell->extra->deferred, *user = NULL, *control = NULL, *envelope;

	cell->extra->deferred = NULL;
	troupei_mailbox_take(&cell->mailbox);
	troupei_list_append_all(&all, cell->mailbox.tail);
	while ((envelope = troupei_list_pop(&all)) != NULL)
		troupei_list_append(envelope->flags & ENVELOPE_CONTROL ? &control : &user, envelope);
	cell->mailbox.tail = control;
	troupei_lifecycle_leftovers(worker, cell, &user, hand_back, why);
}

static void keep_queue(struct cell *cell)
{
	struct envelope *deferred = cell->extra->deferred;

	cell->extra->deferred = NULL;
	if (deferred != NULL)
		troupei_list_insert_behind_control(&cell->mailbox.tail, deferred);
}

/* As new, but for the reference and the record. */
static void forget_life(struct cell *cell)
{
	if (cell->extra->courier != NULL)
		troupei_courier_drop(cell->extra);
	troupei_cell_state_free(cell);
	cell->extra->become_count = 0;
	cell->extra->receive = NULL;
	cell->flags = FLAG_ENDING;
}

static void report_end(struct actor_worker *worker, struct cell *cell, struct supervised *record, troupe_status why)
{
	record->last = why;
	record->between = true;
	record->link.extension.kind = why;
	/* It lives (V4), and takes control messages until its children are gone. */
	troupe_ignore(troupei_post(worker->system, worker, cell->extra->parent, &record->link.envelope));
}

/* V3. A supervisor has decided that together with what its children are to be: they must not be left behind. */
static bool is_for_good(const struct actor_worker *worker, const struct cell *cell, const struct supervised *record)
{
	if (troupei_supervisor_is(cell))
		return troupei_supervision_of(cell)->for_good;
	return troupei_load_acquire_8(&record->wanted_gone) || troupei_system_phase(worker->system) >= PHASE_KILLING;
}

bool troupei_supervised_rest(struct actor_worker *worker, struct cell *cell, troupe_status why)
{
	struct supervised *record = troupei_supervised_of(cell);

	if (record == NULL || is_for_good(worker, cell, record))
		return false;
	troupei_ask_settle_all(worker, cell);
	troupei_timer_cancel_all(worker, cell);
	troupei_monitor_forget_all(cell);
	if (record->spec.queue == TROUPE_QUEUE_KEEP)
		keep_queue(cell);
	else
		empty_queue(worker, cell, record->spec.queue == TROUPE_QUEUE_HAND_BACK, troupei_reason_for_askers(why));
	troupei_lifecycle_terminate(worker, cell, why, PART_TERMINATE_LIFE);
	troupei_supervised_rested(worker, cell, why);
	return true;
}

void troupei_supervised_rested(struct actor_worker *worker, struct cell *cell, troupe_status why)
{
	troupei_lifecycle_forget_wishes(worker);
	troupei_ask_fail_kept(worker, cell, troupei_reason_for_askers(why));
	troupei_park_forget(cell); /* terminate may have sent, too */
	forget_life(cell);
	troupei_watch_life_ended(worker, cell, why);
	report_end(worker, cell, troupei_supervised_of(cell), why);
}

void troupei_supervised_begun(struct actor_worker *worker, struct cell *cell)
{
	struct supervised *record = troupei_supervised_of(cell);

	record->order_extension.kind = ORDER_BEGUN;
	troupe_ignore(troupei_post(worker->system, worker, cell->extra->parent, &record->order));
}

/* V5. SIGNAL.clear, full, pairs with SIGNAL.or (post.c): what is cleared here was set before we look at why, so an order, or
 * the end of the system, is seen and obeyed after init. */
static void renew_signals(const struct actor_worker *worker, struct cell *cell, const struct supervised *record)
{
	troupei_and_full_8(&cell->signals, (uint8_t)~(SIGNAL_STOP | SIGNAL_KILL));
	uint8_t ordered = troupei_load_acquire_8(&record->ordered);
	if (troupei_system_phase(worker->system) >= PHASE_KILLING)
		ordered = SIGNAL_KILL;
	if (ordered != 0)
		troupei_or_full_8(&cell->signals, ordered);
}

/* Another life: state and init. False: the actor has ended for good. */
static bool begin(struct actor_worker *worker, struct cell *cell, struct supervised *record)
{
	renew_signals(worker, cell, record);
	keep_queue(cell); /* what was handed back meanwhile */
	record->between = false;
	record->lives++;
	cell->flags = cell->behaviour->init != NULL ? FLAG_INIT : 0;
	if (!troupei_cell_state_make(cell, record->spec.initial)) {
		forget_life(cell);
		report_end(worker, cell, record, TROUPE_ENOMEM);
		return true;
	}
	worker->me.state = troupei_cell_state(cell);
	if ((cell->flags & FLAG_INIT) && !troupei_lifecycle_init(worker, cell))
		return false;
	if (!record->between && record->lives > 1) /* not over already */
		troupei_watch_restarted(worker, cell, record->last);
	if (!record->between && !troupei_supervisor_is(cell) && !troupei_courier_is_starting(cell))
		troupei_supervised_begun(worker, cell);
	return true;
}

bool troupei_supervised_obey(struct actor_worker *worker, struct cell *cell, struct envelope *envelope)
{
	struct supervised *record = (struct supervised *)((char *)envelope - offsetof(struct supervised, order));

	if (record->order_extension.kind == ORDER_BEGUN)
		return troupei_supervisor_child_begun(worker, cell, record);
	if (record->order_extension.kind == ORDER_END) {
		record->goes = true;
		return troupei_lifecycle_end_between(worker, cell, record->last);
	}
	return !begin(worker, cell, record);
}

uint32_t troupe_lives(const troupe_actor *me, troupe_status *last)
{
	const struct supervised *record = me != NULL ? troupei_supervised_of(troupei_me_worker(me)->running) : NULL;
	if (troupei_is_remote() && me != NULL) {
		if (last != NULL)
			*last = troupei_remote->last;
		return troupei_remote->lives;
	}
	bool another = record != NULL && record->lives > 1;

	if (last != NULL)
		*last = another ? record->last : TROUPE_OK;
	return another ? record->lives - 1 : 0;
}
