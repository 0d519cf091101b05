/* SPDX-License-Identifier: MIT */
/* The hot path of receiving. T1: a turn ends when the mailbox is empty, after turn_messages_max messages, or after turn_ns_max;
 * control messages that came meanwhile are looked for every few messages. */
#include "actors/turn.h"

#include "actors/dead_letter.h"
#include "actors/lifecycle.h"
#include "actors/post.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/memory.h"

enum { LOOK_EVERY = 8 }; /* messages between two looks at clock and signals */

/* What a turn knows besides the actor. */
struct turn {
	uint32_t handled;  /* messages so far */
	uint32_t max;
	uint32_t next_look; /* 1, 2, 4, 8, 16, 24 ...: a turn of one message never reads the clock */
	uint64_t since;    /* ticks at the first look */
};

/* SIGNAL_STOP, from the parent or the system: end in the order of the queue. The message is made here, by the one who may end
 * for want of memory; while the whole system stops no answer will come that a hold could wait for. */
static bool obey_stop(struct actor_worker *worker, struct cell *cell)
{
	struct envelope *stop = NULL;

	troupei_and_full_8(&cell->signals, (uint8_t)~SIGNAL_STOP);
	if (cell->flags & (FLAG_STOPPING | FLAG_ENDING))
		return true;
	cell->flags |= FLAG_STOPPING;
	if (troupei_system_phase(worker->system) >= PHASE_STOPPING)
		cell->flags &= (uint8_t)~FLAG_HOLD;
	stop = troupei_envelope_new(SORT_STOP, 0, 0, 0, 0);
	if (stop != NULL && troupei_post_cell(worker->system, worker, cell, cell->generation, stop) == TROUPE_OK)
		return true;
	if (stop != NULL)
		troupei_envelope_free(stop);
	return !troupei_lifecycle_end(worker, cell, TROUPE_OK);
}

/* Somebody set a signal. False: the actor has ended. */
static bool obey_signals(struct actor_worker *worker, struct cell *cell, uint8_t signals)
{
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
	return (signals & SIGNAL_STOP) ? obey_stop(worker, cell) : true;
}

enum { SIGNALS_TO_OBEY = SIGNAL_CONTROL | SIGNAL_STOP | SIGNAL_KILL };

/* Before another message: is the time over, did somebody set a signal? False: the actor has ended. */
static bool look(struct actor_worker *worker, struct cell *cell, struct turn *turn)
{
	uint8_t signals = troupei_load_acquire_8(&cell->signals) & SIGNALS_TO_OBEY;

	uint64_t now = troupei_clock_ticks();

	if (turn->since == 0)
		turn->since = now;
	else if (now - turn->since > worker->system->turn_ticks_max)
		turn->max = turn->handled;
	turn->next_look += turn->next_look < LOOK_EVERY ? turn->next_look : LOOK_EVERY;
	return troupei_likely(signals == 0) || obey_signals(worker, cell, signals);
}

/* May the actor handle this one now? Who awaits an answer, or its children's end, handles control messages alone. */
static bool may_handle(const struct cell *cell, const struct envelope *envelope)
{
	if (troupei_likely(!(cell->flags & (FLAG_HOLD | FLAG_ENDING))))
		return true;
	/* Who drains waits for nothing any more: its mailbox is closed. */
	return (envelope->flags & ENVELOPE_CONTROL) != 0 || (cell->flags & FLAG_DRAINING) != 0;
}

/* The next message to handle, still in the list; NULL: none, for now. */
static struct envelope *next_message(struct cell *cell)
{
	struct envelope *first = troupei_list_first(cell->mailbox.tail);

	if (troupei_likely(first != NULL && may_handle(cell, first)))
		return first;
	if ((cell->flags & FLAG_DRAINING) || !troupei_mailbox_take(&cell->mailbox))
		return NULL;
	first = troupei_list_first(cell->mailbox.tail);
	return first != NULL && may_handle(cell, first) ? first : NULL;
}

/* Nothing to handle. True: the turn is over; false: something came, or the actor goes on. */
static bool rest(struct actor_worker *worker, struct cell *cell)
{
	if (troupei_unlikely(cell->flags & FLAG_DRAINING)) {
		troupei_lifecycle_drained(worker, cell);
		return true;
	}
	if (!troupei_mailbox_idle(&cell->mailbox))
		return false;
	/* From here on the cell may run elsewhere. A signal set after our look and before IDLE.cas found nobody to wake: look
	 * again. Who pokes successfully has the right to schedule, be it that the slot is another actor's by now. */
	if (troupei_unlikely(troupei_load_acquire_8(&cell->signals) & (SIGNAL_STOP | SIGNAL_KILL)) &&
	    troupei_mailbox_poke(&cell->mailbox))
		troupei_worker_submit(&worker->base, &cell->runnable);
	return true;
}

/* One of the small form: the whole of the hot path. */
static inline enum turn_next handle_small(struct actor_worker *worker, struct cell *cell, struct envelope *envelope,
                                          troupe_receive *receive)
{
	worker->message.kind = envelope->kind;
	worker->message.size = envelope->size;
	worker->message.data = envelope->size > 0 ? envelope + 1 : NULL;
	worker->current = envelope;
#if TROUPE_DEBUG
	troupei_handle_check_size(cell, envelope->kind, envelope->size);
#endif
	troupe_verdict verdict = receive(&worker->me, &worker->message);
	if (troupei_unlikely(verdict != TROUPE_HANDLED || worker->after != 0))
		return troupei_handle_verdict(worker, cell, envelope, verdict);
	troupei_count_own_64(&worker->tally.handled, 1);
	troupei_block_give(envelope, envelope->flags & ENVELOPE_CLASS);
	return TURN_GOES_ON;
}

static inline enum turn_next handle(struct actor_worker *worker, struct cell *cell, struct envelope *envelope,
                                    troupe_receive *receive)
{
	if (troupei_unlikely(envelope->generation != cell->generation)) { /* C2 */
		troupei_envelope_bury(worker->system, worker, cell, envelope, TROUPE_EGONE);
		return TURN_GOES_ON;
	}
	if (troupei_likely(!troupei_envelope_is_extended(envelope)))
		return handle_small(worker, cell, envelope, receive);
	return troupei_handle_extended(worker, cell, envelope, receive);
}

/* Handle messages. True: there is more to do, or there may be: the turn's time is over. */
static bool handle_messages(struct actor_worker *worker, struct cell *cell, struct turn *turn)
{
	troupe_receive *receive = troupei_cell_receive(cell);

	for (;;) {
		struct envelope *envelope = next_message(cell);
		if (envelope == NULL) {
			if (rest(worker, cell))
				return false;
			continue;
		}
		if (troupei_unlikely(turn->handled >= turn->next_look)) {
			if (!look(worker, cell, turn))
				return false;
			if (turn->handled >= turn->max)
				return true;
			continue; /* a control message may be first now */
		}
		if (troupei_unlikely(turn->handled >= turn->max))
			return true;
		troupei_list_pop(&cell->mailbox.tail);
		turn->handled++;
		enum turn_next next = handle(worker, cell, envelope, receive);
		if (troupei_likely(next == TURN_GOES_ON))
			continue;
		if (next == TURN_ACTOR_GONE)
			return false;
		receive = troupei_cell_receive(cell);
	}
}

void troupei_turn_run(struct worker *base, struct runnable *runnable)
{
	struct actor_worker *worker = (struct actor_worker *)base;
	struct cell *cell = troupei_cell_of(runnable);
	uint32_t max = cell->behaviour->turn_messages_max;
	struct turn turn = { .max = max > 0 ? max : TURN_MESSAGES_DEFAULT, .next_look = 1 };

	runnable->fresh = 0;
	worker->running = cell;
	worker->me.state = troupei_cell_state(cell);
	worker->me.ref = troupei_ref_of(cell);
	worker->turn_sent = worker->tally.sent;
	uint8_t signals = troupei_load_acquire_8(&cell->signals) & SIGNALS_TO_OBEY;
	bool more = false;
	if (troupei_likely(!(cell->flags & FLAG_INIT)) || troupei_lifecycle_init(worker, cell))
		if (troupei_likely(signals == 0) || obey_signals(worker, cell, signals))
			more = handle_messages(worker, cell, &turn);
	worker->running = NULL;
	worker->current = NULL;
	if (more)
		troupei_worker_yield(base, runnable);
}
