/* SPDX-License-Identifier: MIT */
/* Pushing envelopes that are ready: the runtime's own, and users' from outside. */
#include "actors/post.h"

#include "actors/bounds.h"
#include "actors/deadlock.h"
#include "base/threads.h"

static void count(const struct actor_worker *worker, uint64_t *column, uint64_t amount)
{
	if (worker != NULL)
		troupei_count_own_64(column, amount);
	else
		troupei_count_relaxed_64(column, amount);
}

static troupe_status post_begins(struct envelope *envelope, const struct cell *cell)
{
	bool counts = (envelope->flags & ENVELOPE_CLASS) != ENVELOPE_EMBEDDED;
	troupe_status said = counts ? troupei_note_dictated() : TROUPE_OK;

	if (said == TROUPE_OK)
		troupei_note_sent(envelope, cell);
	return said;
}

static troupe_status post_refused(const struct envelope *envelope, troupe_status why)
{
	if ((envelope->flags & ENVELOPE_CLASS) == ENVELOPE_EMBEDDED)
		return why;
	troupei_note_unsent(envelope, why);
	return troupei_note_told(why);
}

/* @p noted: somebody wants to know (record.h). */
static inline __attribute__((always_inline)) troupe_status push(struct troupei_system *system, struct actor_worker *worker,
                                                                struct cell *cell, uint32_t generation, struct envelope *envelope,
                                                                bool control, uint64_t counted, bool noted)
{
	troupe_status said;

	envelope->generation = generation;
	if (noted && (said = post_begins(envelope, cell)) != TROUPE_OK)
		return said;
	uint64_t *sent = worker != NULL ? &worker->tally.sent : &system->outside.sent;
	/* Counted before the push: after it the envelope may be handled and the ledger read. */
	count(worker, sent, counted);
	enum mailbox_push pushed = troupei_mailbox_push(&cell->mailbox, envelope);
	if (pushed == MAILBOX_REFUSED) {
		count(worker, sent, -counted);
		return noted ? post_refused(envelope, TROUPE_ECLOSED) : TROUPE_ECLOSED;
	}
	if (control && worker != NULL && worker->running == cell)
		worker->after |= AFTER_LOOK;
	if (control && pushed == MAILBOX_QUEUED)
		troupei_or_full_8(&cell->signals, SIGNAL_CONTROL); /* only a hint: a stale one costs the successor a look */
	if (pushed == MAILBOX_WOKEN)
		troupei_schedule(system, worker, cell);
	return TROUPE_OK;
}

static troupe_status __attribute__((noinline, cold)) post_noted(struct troupei_system *system, struct actor_worker *worker,
                                                                struct cell *cell, uint32_t generation, struct envelope *envelope)
{
	return push(system, worker, cell, generation, envelope, (envelope->flags & ENVELOPE_CONTROL) != 0,
	            troupei_envelope_is_own(envelope) ? 0 : 1, true);
}

static inline __attribute__((always_inline)) troupe_status post(struct troupei_system *system, struct actor_worker *worker,
                                                                struct cell *cell, uint32_t generation,
                                                                struct envelope *envelope, bool control, uint64_t counted)
{
	if (troupei_unlikely(troupei_cell_is_marked(cell)) && !control)
		return troupei_bounds_post(system, worker, cell, generation, envelope);
	return troupei_is_noted() ? post_noted(system, worker, cell, generation, envelope)
	                          : push(system, worker, cell, generation, envelope, control, counted, false);
}

troupe_status troupei_post_answer_noted(struct actor_worker *worker, struct cell *cell, uint32_t generation, struct envelope *envelope)
{
	return push(worker->system, worker, cell, generation, envelope, true, 1, true);
}

/* deadlock.h, K2 */
troupe_status troupei_post_question(struct troupei_system *system, struct actor_worker *worker, struct cell *cell,
                                    uint32_t generation, struct envelope *envelope)
{
	const struct envelope_extension *extension = troupei_envelope_extension(envelope);
	uint32_t address = (uint32_t)extension->word & (SLOTS_MAX - 1);
	troupe_ref to = troupei_ref(troupei_slot_of(cell), generation);
	/* Not set: nobody comes to wait for that address, whosever it is. */
	bool waited = (troupei_ask_owner(troupei_ask_of(&troupei_cells[address])) & ASK_WAITED) != 0;
	bool known = !waited || (worker != NULL && troupei_wait_pass_first((troupe_ref){ extension->word }, worker->me.ref, to,
	                                                                   extension->kind));

	if (!known && troupei_deadlock_pass(system, worker, to, envelope))
		return TROUPE_OK;
	bool control = (envelope->flags & ENVELOPE_CONTROL) != 0;
	troupe_status status = post(system, worker, cell, generation, envelope, control, 1);
	if (troupei_unlikely(status != TROUPE_OK))
		troupei_deadlock_pass_failed(envelope);
	return status;
}

troupe_status troupei_post_cell(struct troupei_system *system, struct actor_worker *worker, struct cell *cell,
                                uint32_t generation, struct envelope *envelope)
{
	if (troupei_envelope_sort(envelope) == SORT_QUESTION)
		return troupei_post_question(system, worker, cell, generation, envelope);
	return post(system, worker, cell, generation, envelope, (envelope->flags & ENVELOPE_CONTROL) != 0,
	            troupei_envelope_is_own(envelope) ? 0 : 1);
}

/* There is nobody to push it to. */
static troupe_status gone(const struct envelope *envelope)
{
	if (!troupei_is_noted() || (envelope->flags & ENVELOPE_CLASS) == ENVELOPE_EMBEDDED)
		return TROUPE_EGONE;
	troupe_status said = troupei_note_dictated();
	troupei_note_refused(TROUPE_EGONE);
	return said != TROUPE_OK ? said : troupei_note_told(TROUPE_EGONE);
}

troupe_status troupei_post(struct troupei_system *system, struct actor_worker *worker, troupe_ref ref,
                           struct envelope *envelope)
{
	struct cell *cell = troupei_ref_cell(ref);
	troupe_status status;

	if (cell == NULL)
		return gone(envelope);
	if (troupei_likely(troupei_cell_system(cell) == system->id && worker != NULL))
		return troupei_post_cell(system, worker, cell, troupei_ref_generation(ref), envelope);
	struct gate_pass pass;
	struct troupei_system *theirs = troupei_gate_enter_for(ref, cell, &pass);
	if (theirs == NULL)
		return gone(envelope);
	status = troupei_post_cell(theirs, troupei_worker_of(theirs), cell, troupei_ref_generation(ref), envelope);
	troupei_gate_leave(&pass);
	return status;
}

void troupei_signal(struct troupei_system *system, struct actor_worker *worker, struct cell *cell, uint8_t signal)
{
	/* SIGNAL.or, full, pairs with POKE.cas and IDLE.cas: either the actor is woken by the poke, or its worker, which has not
	 * gone idle yet, sees the signal when it looks before it does (turn.c). */
	troupei_or_full_8(&cell->signals, signal);
	if (troupei_mailbox_poke(&cell->mailbox))
		troupei_schedule(system, worker, cell);
}
