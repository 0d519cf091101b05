/* SPDX-License-Identifier: MIT */
/* Beginning and ending. L1 to L3: lifecycle.h. */
#include "actors/lifecycle.h"

#include "actors/ask.h"
#include "actors/bounds.h"
#include "actors/courier.h"
#include "actors/dead_letter.h"
#include "actors/names.h"
#include "actors/post.h"
#include "actors/record.h"
#include "actors/remote.h"
#include "actors/spawn.h"
#include "actors/supervisor.h"
#include "actors/timers.h"
#include "actors/turn.h"
#include "actors/watch.h"
#include "base/memory.h"
#include "mailbox/chunk.h"

static void finalise(struct actor_worker *worker, struct cell *cell, troupe_status why);

/* The reason of a verdict that is a failure. */
static troupe_status failure_of(struct actor_worker *worker)
{
	troupe_status why = worker->why;

	worker->why = TROUPE_OK;
	return why != TROUPE_OK ? why : TROUPE_EFAILED;
}

static void log_failure(struct actor_worker *worker, struct cell *cell, const char *where, troupe_status why)
{
	troupei_log(worker->system, "actor %s (%016llx) ended: %s returned %s", troupei_behaviour_name(cell->behaviour),
	            (unsigned long long)worker->me.ref.bits_private, where, troupe_status_name(why));
}

bool troupei_lifecycle_init_failed(struct actor_worker *worker, struct cell *cell, bool crashed)
{
	troupe_status why = failure_of(worker);

	worker->after = 0;
	if (!crashed) /* or it is logged already, with more */
		log_failure(worker, cell, "init", why);
	cell->flags |= FLAG_INIT; /* so that terminate does not run */
	return !troupei_lifecycle_end(worker, cell, why);
}

bool troupei_lifecycle_init(struct actor_worker *worker, struct cell *cell)
{
	cell->flags &= (uint8_t)~FLAG_INIT;
	if (troupei_is_noted())
		troupei_note_init(worker, cell);
	worker->part = PART_INIT;
	troupe_verdict verdict = cell->behaviour->init(&worker->me);
	worker->part = PART_RECEIVE;
	if (verdict == TROUPE_FAILED)
		return troupei_lifecycle_init_failed(worker, cell, false);
	bool exits = (worker->after & AFTER_EXIT) != 0;
	worker->after = 0;
	if (!exits)
		return true;
	troupe_status why = worker->why;
	worker->why = TROUPE_OK;
	return !troupei_lifecycle_end(worker, cell, why);
}

/* ------------------------------------------------------------------------------------------------------- leftovers -- */

/* To who sent it, else to the parent; the message itself counts as returned, the news of it as a new message. */
static bool hand_back(struct actor_worker *worker, struct cell *cell, struct envelope *envelope)
{
	enum envelope_sort sort = troupei_envelope_sort(envelope);
	bool extended = troupei_envelope_is_extended(envelope);
	bool to_parent = cell->extra != NULL && troupei_supervised_of(cell) == NULL; /* a supervisor would not know what to do */
	troupe_ref to = to_parent ? cell->extra->parent : (troupe_ref){ 0 };

	if (sort != SORT_PLAIN && sort != SORT_SENDER)
		return false;
	if (sort == SORT_SENDER)
		to.bits_private = troupei_envelope_extension(envelope)->word;
	if (!extended) { /* the small form has no room for who hands it back */
		struct envelope *larger = troupei_envelope_new(SORT_RETURNED, ENVELOPE_CONTROL, envelope->kind, envelope->size,
		                                               worker->me.ref.bits_private);
		if (larger == NULL)
			return false;
		__builtin_memcpy(troupei_envelope_body(larger), troupei_envelope_body(envelope), envelope->size);
		if (troupei_post(worker->system, worker, to, larger) != TROUPE_OK) {
			troupei_envelope_free(larger);
			return false;
		}
		troupei_envelope_free(envelope);
		return true;
	}
	uint64_t word = troupei_envelope_extension(envelope)->word;
	uint32_t generation = envelope->generation;
	envelope->size = SORT_RETURNED;
	envelope->flags |= ENVELOPE_CONTROL;
	troupei_envelope_extension(envelope)->word = worker->me.ref.bits_private;
	if (troupei_post(worker->system, worker, to, envelope) == TROUPE_OK)
		return true;
	envelope->size = (uint8_t)sort;
	envelope->flags &= (uint8_t)~ENVELOPE_CONTROL;
	envelope->generation = generation;
	troupei_envelope_extension(envelope)->word = word;
	return false;
}

static void leftover(struct actor_worker *worker, struct cell *cell, struct envelope *envelope, bool back, troupe_status why)
{
	if (back && hand_back(worker, cell, envelope))
		troupei_count_own_64(&worker->tally.returned, 1);
	else
		troupei_envelope_bury(worker->system, worker, cell, envelope, why);
}

/* One by one, as if each had come in a block of its own, to be handed back. */
static void leftover_chunk(struct actor_worker *worker, struct cell *cell, struct chunk *chunk, troupe_status why)
{
	const void *payload;
	struct chunk_copy copy;

	while ((payload = troupei_chunk_next(chunk)) != NULL) {
		struct envelope *envelope = troupei_chunk_extract(chunk, payload);
		troupei_chunk_copy(chunk, payload, ENVELOPE_EMBEDDED, &copy.envelope);
		if (envelope != NULL)
			leftover(worker, cell, envelope, true, why);
		else
			troupei_envelope_bury(worker->system, worker, cell, &copy.envelope, why);
	}
	troupei_chunk_owner_done(chunk);
}

void troupei_lifecycle_leftovers(struct actor_worker *worker, struct cell *cell, struct envelope **tail, bool hand_back,
                                 troupe_status why)
{
	struct envelope *envelope;

	while ((envelope = troupei_list_pop(tail)) != NULL) {
		if (troupei_envelope_sort(envelope) == SORT_BOUNDED)
			troupei_bounds_empty(worker, cell, tail);
		else if (envelope->generation == cell->generation && troupei_envelope_is_chunk(envelope) && hand_back)
			leftover_chunk(worker, cell, troupei_chunk_of(envelope), why);
		else if (envelope->generation == cell->generation)
			leftover(worker, cell, envelope, hand_back, why);
		else
			troupei_envelope_bury(worker->system, worker, cell, envelope, TROUPE_EGONE);
	}
}

/* ---------------------------------------------------------------------------------------------------------- ending -- */

static void signal_children(struct actor_worker *worker, const struct extra *extra, uint8_t signal)
{
	for (const struct child_link *link = extra->children; link != NULL; link = link->next)
		troupei_signal(worker->system, worker, link->child, signal);
}

/* Timers, questions and monitors go before the mailbox is closed: a record that is on its way then finds it open, or finds itself
 * cancelled; after that nobody touches it but who brings it (timers.h, R2; watch.h, W4). */
static void close_down(struct actor_worker *worker, struct cell *cell)
{
	if (cell->flags & FLAG_CLOSED)
		return;
	cell->flags |= FLAG_CLOSED;
	troupei_ask_settle_all(worker, cell);
	troupei_timer_cancel_all(worker, cell);
	if (cell->extra != NULL)
		troupei_monitor_forget_all(cell);
	if (troupei_cell_is_marked(cell))
		troupei_bounds_close(worker, cell);
	troupei_mailbox_close(&cell->mailbox);
}

bool troupei_lifecycle_end_between(struct actor_worker *worker, struct cell *cell, troupe_status why)
{
	if (troupei_supervisor_is(cell) && !troupei_supervisor_end(worker, cell, false))
		return false;
	close_down(worker, cell);
	cell->flags |= FLAG_INIT; /* so that terminate does not run */
	finalise(worker, cell, why);
	return true;
}

/* Between two lives there is nothing to kill; when END has come, its children may be what it waited for (V3 in supervised.h). */
static bool end_if_it_goes(struct actor_worker *worker, struct cell *cell)
{
	const struct supervised *record = troupei_supervised_of(cell);

	return record->goes && troupei_lifecycle_end_between(worker, cell, record->last);
}

bool troupei_lifecycle_children_ended(struct actor_worker *worker, struct cell *cell)
{
	if (troupei_supervised_is_between(cell))
		return end_if_it_goes(worker, cell);
	cell->flags &= (uint8_t)~FLAG_ENDING;
	return troupei_lifecycle_end(worker, cell, cell->extra->why);
}

/* Not a reason that a handler gave itself, to pass it on. */
static bool is_crash(const struct cell *cell, troupe_status why)
{
	return why == TROUPE_ECRASHED && (cell->flags & FLAG_INIT) != 0;
}

bool troupei_lifecycle_end(struct actor_worker *worker, struct cell *cell, troupe_status why)
{
	struct extra *extra = cell->extra;
	bool killed = why == TROUPE_EKILLED;

	if (troupei_supervised_is_between(cell))
		return end_if_it_goes(worker, cell);
	troupei_ask_hold_over(cell);
	if (cell->flags & FLAG_ENDING) { /* again, and more urgently: by kill, or by a crash, which ends draining too */
		if (!killed && !is_crash(cell, why))
			return false;
		if (extra->why == TROUPE_EKILLED)
			killed = true;
		else
			extra->why = why;
		why = extra->why;
	}
	if (troupei_supervisor_is(cell)) {
		cell->flags |= FLAG_ENDING;
		extra->why = why;
		if (!troupei_supervisor_end(worker, cell, killed))
			return false;
	}
	if (extra != NULL && extra->children != NULL) {
		cell->flags |= FLAG_ENDING;
		extra->why = why;
		signal_children(worker, extra, killed ? SIGNAL_KILL : SIGNAL_STOP);
		return false;
	}
	if (extra != NULL && extra->courier != NULL && troupei_courier_ends(worker, cell, why))
		return false;
	if (extra != NULL && extra->link != NULL && troupei_supervised_rest(worker, cell, why))
		return false;
	close_down(worker, cell);
	if (cell->behaviour->leftovers == TROUPE_DRAIN && !killed && !(cell->flags & (FLAG_DRAINING | FLAG_INIT))) {
		cell->flags |= FLAG_ENDING | FLAG_DRAINING;
		extra->why = why;
		troupei_list_prepend_all(&cell->mailbox.tail, extra->deferred);
		extra->deferred = NULL;
		return false;
	}
	finalise(worker, cell, why);
	return true;
}

void troupei_child_unlink(struct extra *parent, struct child_link *link)
{
	if (link->next != NULL)
		link->next->previous = link->previous;
	if (link->previous != NULL)
		link->previous->next = link->next;
	else
		parent->children = link->next;
	troupei_block_give(link, troupei_block_class(sizeof *link));
}

bool troupei_lifecycle_child_ended(struct actor_worker *worker, struct cell *cell, struct envelope *envelope)
{
	struct child_link *link = (struct child_link *)((char *)envelope - offsetof(struct child_link, envelope));
	struct extra *extra = cell->extra;

	if (link->supervised)
		return troupei_supervisor_child_ended(worker, cell, (struct supervised *)link);
	troupei_cell_give(worker->system, worker, link->child); /* L3 */
	troupei_child_unlink(extra, link);
	if (!(cell->flags & FLAG_ENDING) || (cell->flags & FLAG_DRAINING) || extra->children != NULL)
		return false;
	cell->flags &= (uint8_t)~FLAG_ENDING;
	return troupei_lifecycle_end(worker, cell, extra->why);
}

void troupei_lifecycle_drained(struct actor_worker *worker, struct cell *cell)
{
	finalise(worker, cell, cell->extra->why);
}

void troupei_lifecycle_terminate(struct actor_worker *worker, struct cell *cell, troupe_status why, enum part part)
{
	if (cell->behaviour->terminate == NULL || (cell->flags & FLAG_INIT))
		return;
	worker->part = (uint8_t)part;
	worker->ended_by = why;
	cell->behaviour->terminate(&worker->me, why);
}

void troupei_lifecycle_forget_wishes(struct actor_worker *worker)
{
	worker->part = PART_RECEIVE;
	worker->after = 0;
	worker->why = TROUPE_OK;
}

static void release(struct actor_worker *worker, struct cell *cell, troupe_status why)
{
	troupei_ask_fail_kept(worker, cell, troupei_reason_for_askers(why));
	troupei_cell_state_free(cell);
}

/* Tell who wants to know; a child's slot stays its parent's (L3). */
static void announce(struct actor_worker *worker, struct cell *cell, struct child_link *link, troupe_ref parent,
                     troupe_status why)
{
	struct troupei_system *system = worker->system;
	troupe_ref ref = worker->me.ref;

	troupei_cell_retire(cell);
	/* END.generation, full: pairs with who sets SIGNAL_WATCHED or SIGNAL_NAMED and then looks at the
	 * generation. */
	troupei_fence_full();
	uint8_t signals = troupei_load_acquire_8(&cell->signals);
	if (signals & SIGNAL_WATCHED)
		troupei_watch_ended(worker, ref, why); /* before another actor has the slot */
	if (link == NULL)
		troupei_cell_give(system, worker, cell);
	if (signals & SIGNAL_NAMED)
		troupei_name_drop_all(system, ref);
	if (signals & SIGNAL_WATCHED)
		troupei_wait_notify(system, ref, why);
	if (link != NULL)
		troupe_ignore(troupei_post(system, worker, parent, &link->envelope)); /* it lives: L2 */
}

void troupei_lifecycle_terminated(struct actor_worker *worker, struct cell *cell, troupe_status why)
{
	struct child_link *link = cell->extra != NULL ? cell->extra->link : NULL;
	troupe_ref parent = link != NULL ? cell->extra->parent : (troupe_ref){ 0 };

	if (troupei_supervisor_is(cell))
		troupei_supervisor_ended(cell);
	if (link != NULL && link->supervised) {
		link->extension.kind = why;
		link->extension.word = 1; /* for good */
	}
	troupei_lifecycle_forget_wishes(worker);
	release(worker, cell, why);
	troupei_cell_extra_free(cell);
	troupei_count_own_64(&worker->tally.ended, 1);
	if (troupei_is_noted())
		troupei_note_ended(worker, cell, why);
	announce(worker, cell, link, parent, why);
	troupei_store_relaxed_ptr(&worker->running, NULL);
}

static void finalise(struct actor_worker *worker, struct cell *cell, troupe_status why)
{
	troupe_status reason = troupei_reason_for_askers(why);

	if (cell->extra != NULL) {
		troupei_list_prepend_all(&cell->mailbox.tail, cell->extra->deferred);
		cell->extra->deferred = NULL;
	}
	troupei_lifecycle_leftovers(worker, cell, &cell->mailbox.tail,
	                            cell->behaviour->leftovers == TROUPE_HAND_BACK && why != TROUPE_EKILLED, reason);
	if (troupei_is_remote())
		troupei_remote_ending(why);
	troupei_lifecycle_terminate(worker, cell, why, PART_TERMINATE);
	troupei_lifecycle_terminated(worker, cell, why);
}

/* ---------------------------------------------------------------------------------------------------- public face -- */

troupe_verdict troupe_fail(troupe_actor *me, troupe_status why)
{
	if (me != NULL) {
		troupei_me_worker(me)->after |= AFTER_WHY;
		troupei_me_worker(me)->why = why != TROUPE_OK ? why : TROUPE_EFAILED;
	}
	return TROUPE_FAILED;
}

void troupe_exit(troupe_actor *me, troupe_status why)
{
	if (me == NULL)
		return;
	troupei_me_worker(me)->after |= AFTER_EXIT;
	troupei_me_worker(me)->why = why;
}

static troupe_status refused(troupe_status why)
{
	if (!troupei_is_noted())
		return why;
	troupei_note_refused(why);
	return troupei_note_told(why);
}

/* SORT_STOP or SORT_KILL to an actor, from anywhere. */
static troupe_status send_end(troupe_ref actor, enum envelope_sort sort, uint8_t flags)
{
	struct cell *cell;

	if (troupei_ref_is_address(actor))
		return TROUPE_EINVAL;
	if (troupei_is_remote())
		return troupei_remote_end(actor, sort);
	troupei_point(troupei_ref_cell(actor));
	troupe_status said = troupei_is_noted() ? troupei_note_dictated() : TROUPE_OK;
	if (troupei_unlikely(said != TROUPE_OK))
		return said;
	if ((cell = troupei_ref_cell(actor)) == NULL)
		return refused(TROUPE_EGONE);
	struct gate_pass pass;
	struct troupei_system *system = troupei_gate_enter_for(actor, cell, &pass);
	if (system == NULL)
		return refused(TROUPE_EGONE);
	struct envelope *envelope = troupei_envelope_new(sort, flags, 0, 0, 0);
	troupe_status status = envelope != NULL ? troupei_post_cell(system, troupei_worker_of(system), cell,
	                                                            troupei_ref_generation(actor), envelope)
	                                        : TROUPE_ENOMEM;
	if (envelope != NULL && status != TROUPE_OK)
		troupei_envelope_free(envelope);
	troupei_gate_leave(&pass);
	return status;
}

troupe_status troupe_stop(troupe_ref actor)
{
	return send_end(actor, SORT_STOP, 0);
}

troupe_status troupe_kill(troupe_ref actor)
{
	return send_end(actor, SORT_KILL, ENVELOPE_CONTROL);
}

bool troupe_is_alive(troupe_ref actor)
{
	uint64_t alive = 0;

	troupei_point(troupei_ref_cell(actor));
	struct cell *cell = troupei_ref_cell(actor);
	if (troupei_is_remote() && cell == NULL)
		return troupei_remote_call(CALL_ALIVE, actor, NULL, 0, &alive) == TROUPE_OK && alive != 0;
	return cell != NULL && !troupei_cell_is_proxy(cell);
}
