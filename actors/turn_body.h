/* SPDX-License-Identifier: MIT */
/* The hot path of receiving: for turn.c, and once more for explore/turn.c, where TROUPEI_WATCHED is 1: simulations choose before
 * each message, and want to know of it. And for turn_recorded.c, where TROUPEI_RECORDED is 1.
 *
 *   T1  A turn ends when the mailbox is empty, after turn_messages_max messages, or after turn_ns_max; control messages that came
 *       meanwhile are looked for every few messages.
 *   T2  Most messages come alone: one waits, its handler runs, nothing has come meanwhile. Such a turn leaves the message in the
 *       mailbox while it is handled (troupei_mailbox_peek), and is two locked instructions in all, the sender's and one here.
 *       Before anything else is done with that message than read it, it is taken out: troupei_turn_settle.
 *       A question or an answer that comes alone has such a turn too, if it is a plain one: run_alone. So has an answer while its
 *       actor awaits one and others wait in the list: they are user messages, and come behind it in any case.
 *   T3  Between turns worker->after, why, flooding and peeked are 0. */
#ifndef TROUPEI_ACTORS_TURN_BODY_H
#define TROUPEI_ACTORS_TURN_BODY_H

#include "actors/turn.h"

#include "actors/ask.h"
#include "actors/blocking.h"
#include "actors/dead_letter.h"
#include "actors/deadlock.h"
#include "actors/flood.h"
#include "actors/lifecycle.h"
#include "actors/post.h"
#include "actors/record.h"
#include "actors/remote.h"
#include "actors/shelter.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/threads.h"
#include "mailbox/chunk.h"

#ifndef TROUPEI_WATCHED
#define TROUPEI_WATCHED 0
#endif
#ifndef TROUPEI_RECORDED
#define TROUPEI_RECORDED 0
#endif

enum look { LOOK_GO_ON, LOOK_TIME_IS_OVER, LOOK_ACTOR_GONE };

/* What of these signals is to be obeyed now: a replay knows when that was. */
static inline uint8_t obeyed(const struct cell *cell, uint8_t signals)
{
	bool replays = TROUPEI_WATCHED && troupei_thread_seam->obeys != NULL;

	return replays ? troupei_thread_seam->obeys(cell, signals) : signals;
}

/* Before another message, when turn->handled has come to turn->stop_at. */
static enum look __attribute__((noinline)) look(struct actor_worker *worker, struct cell *cell, struct turn *turn)
{
	uint8_t signals = obeyed(cell, troupei_load_acquire_8(&cell->signals) & SIGNALS_TO_OBEY);
	uint64_t now = troupei_clock_ticks();

	if (turn->since == 0)
		turn->since = now;
	else if (now - turn->since > worker->system->turn_ticks_max)
		turn->max = turn->handled;
	if (troupei_unlikely(signals != 0) && !troupei_signals_obey(worker, cell, signals))
		return LOOK_ACTOR_GONE;
	if (turn->handled >= turn->max)
		return LOOK_TIME_IS_OVER;
	turn->stop_at += turn->stop_at < LOOK_EVERY ? turn->stop_at : LOOK_EVERY;
	if (turn->stop_at > turn->max)
		turn->stop_at = turn->max;
	return LOOK_GO_ON;
}

/* May the actor handle this one now? Who awaits an answer, or its children's end, handles control messages alone; who drains
 * waits for nothing any more: its mailbox is closed. */
static bool may_handle(const struct cell *cell, const struct envelope *envelope)
{
	return (cell->flags & FLAGS_WAITING) == 0 || (envelope->flags & ENVELOPE_CONTROL) != 0 ||
	       (cell->flags & FLAG_DRAINING) != 0;
}

/* The cell may run elsewhere by now. A signal set after our look and before IDLE.cas found nobody to wake: look again. Who pokes
 * successfully has the right to schedule, be it that the slot is another actor's by now. */
static inline __attribute__((always_inline)) void look_back(struct actor_worker *worker, struct cell *cell)
{
	/* LOOK.back: IDLE.cas or FINISH.cas and this make a full fence, as SIGNAL.or before the poke does. Acquire and release would
	 * not do: the poke might find the actor still running, and we no signal yet. On x86 nothing but the compiler is told. */
	troupei_fence_around();
	if (troupei_unlikely(troupei_load_acquire_8(&cell->signals) & SIGNALS_TO_WAKE) &&
	    troupei_mailbox_poke(&cell->mailbox))
		troupei_schedule(worker->system, worker, cell);
}

/* It went idle without a look for circles (waits.h, Q5): one may have come about. */
static inline void look_for_asked(struct actor_worker *worker, struct cell *cell, troupe_ref me)
{
	if (troupei_unlikely(troupei_wait_is_asked(me)) && troupei_mailbox_poke(&cell->mailbox))
		troupei_schedule(worker->system, worker, cell);
}

/* Nothing to handle, and it awaits something. As below; or the actor has ended. */
static bool __attribute__((noinline)) rest_waiting(struct actor_worker *worker, struct cell *cell)
{
	troupe_ref me = worker->me.ref;
	bool quiet;
	enum turn_next next = troupei_handle_wait(worker, cell, &quiet);

	if (troupei_unlikely(next != TURN_GOES_ON))
		return next == TURN_ACTOR_GONE;
	if (!troupei_mailbox_idle(&cell->mailbox)) {
		if (quiet)
			troupei_wait_disturbed(me);
		return false;
	}
	if (quiet)
		look_for_asked(worker, cell, me);
	look_back(worker, cell);
	return true;
}

/* Nothing to handle. True: the turn is over; false: something came, or the actor goes on. */
static bool rest(struct actor_worker *worker, struct cell *cell)
{
	if (troupei_unlikely(cell->flags & FLAG_DRAINING)) {
		troupei_lifecycle_drained(worker, cell);
		return true;
	}
	if (troupei_unlikely(cell->flags & FLAG_HOLD))
		return rest_waiting(worker, cell);
	if (!troupei_mailbox_idle(&cell->mailbox))
		return false;
	look_back(worker, cell);
	return true;
}

/* Recordings: it is about to be handled. @p alone: flags are known to be 0. */
static inline __attribute__((always_inline)) void note_small(struct actor_worker *worker, const struct cell *cell,
                                                             const struct envelope *envelope, bool alone)
{
	if (alone || troupei_likely(envelope->flags == 0))
		troupei_record_handled(&worker->recorder, *troupei_record_stamp_small(envelope));
	else
		troupei_record_message(worker, cell, envelope);
}

static inline __attribute__((always_inline)) troupe_verdict receive_small(struct actor_worker *worker,
                                                                          const struct cell *cell,
                                                                          struct envelope *envelope,
                                                                          troupe_receive *receive, bool alone)
{
	if (TROUPEI_RECORDED)
		note_small(worker, cell, envelope, alone);

	worker->message.kind = envelope->kind;
	worker->message.size = envelope->size;
	worker->message.data = envelope->size > 0 ? envelope + 1 : NULL;
	troupei_store_relaxed_ptr(&worker->current, envelope);
	if (TROUPEI_WATCHED && !troupei_thread_seam->handles(envelope, cell))
		return TROUPE_FAILED;
	troupe_verdict verdict = troupei_turn_receive(worker, cell, receive);
	if (TROUPEI_WATCHED)
		troupei_thread_seam->handled(envelope, cell, verdict == TROUPE_DEFERRED);
	return verdict;
}

/* Most are of the smallest class, whose magazine needs no index. */
static inline __attribute__((always_inline)) void free_small(struct envelope *envelope)
{
	unsigned class = envelope->flags & ENVELOPE_CLASS;

	if (troupei_likely(class == 0))
		troupei_block_give(envelope, 0);
	else
		troupei_block_give(envelope, class);
}

/* One of the small form. */
static inline __attribute__((always_inline)) enum turn_next handle_small(struct actor_worker *worker, struct cell *cell,
                                                                         struct envelope *envelope,
                                                                         troupe_receive *receive)
{
	troupe_verdict verdict = receive_small(worker, cell, envelope, receive, false);

	if (troupei_unlikely(((uint32_t)verdict | worker->after) != 0))
		return troupei_handle_verdict(worker, cell, envelope, verdict);
	troupei_count_own_64(&worker->tally.handled, 1);
	free_small(envelope);
	return TURN_GOES_ON;
}

/* Did its handler put it aside? */
static inline bool is_deferred(const struct cell *cell, const struct envelope *envelope)
{
	const struct envelope *last = cell->extra != NULL ? cell->extra->deferred : NULL;
	const struct envelope *at = last;

	while (at != NULL && at != envelope)
		at = at->next != last ? at->next : NULL;
	return at != NULL;
}

/* An envelope that is in no list any more. */
static inline __attribute__((always_inline)) enum turn_next handle_envelope(struct actor_worker *worker, struct cell *cell,
                                                                            struct envelope *envelope,
                                                                            troupe_receive *receive)
{
	if (troupei_unlikely(envelope->generation != cell->generation)) { /* C2 */
		troupei_envelope_bury(worker->system, worker, cell, envelope, TROUPE_EGONE);
		return TURN_GOES_ON;
	}
	if (troupei_likely(!troupei_envelope_is_extended(envelope)))
		return handle_small(worker, cell, envelope, receive);
	if (TROUPEI_RECORDED)
		troupei_record_message(worker, cell, envelope);
	if (!TROUPEI_WATCHED)
		return troupei_handle_extended(worker, cell, envelope, receive);
	troupei_thread_seam->handles(envelope, cell);
	enum turn_next next = troupei_handle_extended(worker, cell, envelope, receive);
	troupei_thread_seam->handled(envelope, cell, next != TURN_ACTOR_GONE && is_deferred(cell, envelope));
	return next;
}

/* The first one of the list, whatever it is. */
static enum turn_next handle_first(struct actor_worker *worker, struct cell *cell, struct turn *turn, troupe_receive *receive)
{
	struct envelope *envelope = troupei_list_first(cell->mailbox.tail);

	if (troupei_envelope_is_chunk(envelope) && envelope->generation == cell->generation)
		return troupei_turn_chunk(worker, cell, troupei_chunk_of(envelope), turn, receive);
	troupei_list_pop(&cell->mailbox.tail);
	turn->handled++;
	return handle_envelope(worker, cell, envelope, receive);
}

static inline bool is_plain(const struct envelope *envelope, uint32_t generation)
{
	return troupei_likely(!troupei_envelope_is_extended(envelope) && envelope->generation == generation); /* C2 */
}

/* Messages from the list until it is empty, or it is time to look, or something has changed. The cell, which senders write to
 * meanwhile, is left alone for as long as messages are plain: they lie in a list of our own. */
static enum turn_next handle_list(struct actor_worker *worker, struct cell *cell, struct turn *turn, troupe_receive *receive)
{
	struct envelope *tail = cell->mailbox.tail, *envelope = tail->next;
	uint32_t generation = cell->generation, left = turn->stop_at - turn->handled;
	enum turn_next next;
	bool last;

	if (troupei_unlikely((cell->flags & FLAGS_WAITING) != 0) || !is_plain(envelope, generation))
		return handle_first(worker, cell, turn, receive);
	do {
		last = envelope == tail;
		if (last)
			cell->mailbox.tail = NULL;
		else
			tail->next = envelope->next;
		next = handle_small(worker, cell, envelope, receive);
		left--;
	} while (!last && troupei_likely(next == TURN_GOES_ON) && is_plain(envelope = tail->next, generation) &&
	         (left > 0 || (left = troupei_turn_look_quickly(worker, cell, turn)) > 0));
	turn->handled = turn->stop_at - left;
	return next;
}

/* All that was pushed goes to the list. The message that came alone, as most do, goes past it: it is returned. */
static inline __attribute__((always_inline)) struct envelope *take(struct cell *cell)
{
	struct envelope *batch = troupei_swap_acqrel_ptr(&cell->mailbox.head, NULL); /* TAKE.swap: mailbox.h */

	if (troupei_likely(batch->next == NULL && (cell->flags & FLAGS_WAITING) == 0 && !troupei_envelope_is_chunk(batch)))
		return batch;
	troupei_mailbox_join(&cell->mailbox.tail, batch);
	return NULL;
}

/* A replay: all that has come is in the list, and what is next stands first. False: the actor is to have no message now. */
static bool pick(struct cell *cell)
{
	if (!(cell->flags & FLAG_CLOSED))
		troupei_mailbox_take(&cell->mailbox);
	return cell->mailbox.tail == NULL || troupei_thread_seam->picks(cell);
}

/* Handle messages. True: there is more to do, or there may be: the turn's time is over. */
static bool handle_messages(struct actor_worker *worker, struct cell *cell, struct turn *turn)
{
	troupe_receive *receive = troupei_cell_receive(cell);
	enum turn_next next;

	for (;;) {
		if (TROUPEI_WATCHED && troupei_thread_seam->picks != NULL && turn->handled < turn->max && !pick(cell))
			return true;
		struct envelope *tail = cell->mailbox.tail, *envelope = troupei_list_first(tail);
		bool waiting = tail == NULL || troupei_unlikely(!may_handle(cell, envelope));
		if (TROUPEI_WATCHED && (cell->flags & FLAG_DRAINING) && waiting && troupei_thread_seam->drains != NULL &&
		    !troupei_thread_seam->drains(cell))
			return true;
		if (waiting && ((cell->flags & FLAG_DRAINING) || troupei_load_relaxed_ptr(&cell->mailbox.head) == NULL)) {
			if (rest(worker, cell))
				return false;
			receive = troupei_cell_receive(cell);
			continue;
		}
		if (troupei_unlikely(turn->handled >= turn->stop_at)) {
			enum look seen = look(worker, cell, turn);
			if (seen != LOOK_GO_ON)
				return seen == LOOK_TIME_IS_OVER;
			continue; /* a control message may be first now */
		}
		if (!waiting) {
			next = handle_list(worker, cell, turn, receive);
		} else if ((envelope = take(cell)) != NULL) {
			turn->handled++;
			next = handle_envelope(worker, cell, envelope, receive);
		} else {
			continue;
		}
		if (troupei_likely(next == TURN_GOES_ON))
			continue;
		if (next == TURN_ACTOR_GONE)
			return false;
		receive = troupei_cell_receive(cell);
		if (troupei_unlikely(obeyed(cell, troupei_load_acquire_8(&cell->signals) & SIGNALS_TO_OBEY)))
			turn->stop_at = turn->handled; /* it may have sent itself something urgent: look before the next message */
	}
}

/* What is not plain about the beginning of a turn. False: the actor has ended, or it has its turn elsewhere. */
static bool __attribute__((noinline)) begin_slowly(struct actor_worker *worker, struct cell *cell, uint8_t signals)
{
	if ((signals & SIGNAL_BLOCKS) && !troupei_blocking_begin(worker, cell))
		return false;
	if ((signals & SIGNAL_CONTAINED) && !troupei_shelter_is_entered(worker))
		troupei_shelter_enter(worker);
	if ((cell->flags & (FLAG_INIT | FLAG_ENDING)) == FLAG_INIT && !troupei_lifecycle_init(worker, cell))
		return false;
	return troupei_signals_obey(worker, cell, signals);
}

/* One that is contained comes here at each of its turns; mostly that is all. */
static inline bool begin(struct actor_worker *worker, struct cell *cell, uint8_t signals)
{
	if (((cell->flags & FLAG_INIT) | (signals ^ SIGNAL_CONTAINED)) == 0 && troupei_shelter_is_entered(worker))
		return true;
	return begin_slowly(worker, cell, signals);
}

/* It has run from now on. In a recording that was seen to already. */
static inline void ran(struct runnable *runnable)
{
	if (!TROUPEI_RECORDED)
		runnable->fresh = 0;
}

/* The turn of an actor about which nothing is known yet, or which goes on after the message that came alone. */
static void __attribute__((noinline)) run_slowly(struct actor_worker *worker, struct cell *cell, uint32_t handled)
{
	uint32_t max = TROUPEI_WATCHED ? 1 : cell->behaviour->turn_messages_max;
	struct turn turn = { .handled = handled, .max = max > 0 ? max : TURN_MESSAGES_DEFAULT, .stop_at = 1 };
	uint8_t signals = troupei_load_acquire_8(&cell->signals) & (SIGNALS_TO_OBEY | SIGNAL_BLOCKS | SIGNAL_CONTAINED);
	bool more = false;

	if (TROUPEI_WATCHED)
		signals = (uint8_t)((signals & (SIGNAL_BLOCKS | SIGNAL_CONTAINED)) | obeyed(cell, signals & SIGNALS_TO_OBEY));
	ran(&cell->runnable);
	if (troupei_likely(((cell->flags & FLAG_INIT) | signals) == 0) || begin(worker, cell, signals))
		more = handle_messages(worker, cell, &turn);
	troupei_turn_over(worker, &cell->runnable, more);
}

/* The one that came alone has been handled; all that its handler wishes is to await an answer. True: and so it does, and goes
 * idle by the same CAS as in the plain way. */
static bool wait_alone(struct actor_worker *worker, struct cell *cell, struct envelope *envelope)
{
	troupe_ref me = worker->me.ref;

	if (worker->flooding || troupei_is_remote() || !troupei_deadlock_hold_alone(worker, cell))
		return false;
	/* In this order: once FINISH.cas has succeeded the actor may run elsewhere. */
	if (troupei_unlikely(!troupei_mailbox_finish(&cell->mailbox, envelope))) {
		troupei_wait_disturbed(me);
		return false;
	}
	worker->peeked = false;
	worker->after = 0;
	troupei_count_own_64(&worker->tally.handled, 1);
	troupei_store_relaxed_ptr(&worker->running, NULL);
	look_for_asked(worker, cell, me);
	look_back(worker, cell);
	troupei_block_give(envelope, envelope->flags & ENVELOPE_CLASS);
	return true;
}

/* The one that came alone has been handled, but not in the plain way. */
static void __attribute__((noinline)) end_alone(struct actor_worker *worker, struct cell *cell, struct envelope *envelope,
                                                troupe_verdict verdict)
{
	if (verdict == TROUPE_HANDLED && worker->after == AFTER_HOLD && worker->question == 0 && wait_alone(worker, cell, envelope))
		return;
	troupei_turn_settle(worker);
	if (troupei_handle_verdict(worker, cell, envelope, verdict) == TURN_ACTOR_GONE)
		troupei_turn_over(worker, &cell->runnable, false);
	else
		run_slowly(worker, cell, 1);
}

/* It has been handled; others have come behind it. */
static void __attribute__((noinline)) go_on_behind(struct actor_worker *worker, struct cell *cell, struct envelope *envelope)
{
	troupei_turn_settle(worker);
	troupei_block_give(envelope, envelope->flags & ENVELOPE_CLASS);
	run_slowly(worker, cell, 1);
}

/* It has been handled, and nothing else is to be done for it: the actor goes idle, if nothing has come behind it. */
static inline __attribute__((always_inline)) void finish_alone(struct actor_worker *worker, struct cell *cell,
                                                               struct envelope *envelope, unsigned class, bool goes_on)
{
	troupei_count_own_64(&worker->tally.handled, 1);
	if (troupei_unlikely(goes_on || worker->flooding || !troupei_mailbox_finish(&cell->mailbox, envelope))) {
		go_on_behind(worker, cell, envelope);
		return;
	}
	worker->peeked = false;
	troupei_store_relaxed_ptr(&worker->running, NULL);
	look_back(worker, cell);
	troupei_block_give(envelope, class);
}

/* What the worker's handlers are to see. */
static inline __attribute__((always_inline)) void introduce(struct actor_worker *worker, struct cell *cell)
{
	if (TROUPEI_RECORDED && troupei_unlikely(cell->runnable.fresh != worker->mark))
		troupei_record_moved(worker, cell);
	troupei_store_relaxed_ptr(&worker->running, cell);
	worker->me.state = troupei_cell_state(cell);
	worker->me.ref = troupei_ref_of(cell);
	worker->publish_at = worker->tally.sent + SENDS_BEFORE_PUBLISH;
}

enum {
	/* What makes a turn other than plain. (Flags that are not here only say where receive and state are.) */
	FLAGS_SLOW = (uint8_t)~(FLAG_BECOME | FLAG_STATE_OUTSIDE),
	SIGNALS_SLOW = SIGNALS_TO_OBEY | SIGNAL_BLOCKS | SIGNAL_CONTAINED,
};

/* While an answer is awaited, user messages wait: is there nothing else in the list? */
static inline bool waits_for_control(const struct cell *cell, uint32_t marks)
{
	const struct envelope *tail = cell->mailbox.tail;

	return tail == NULL || ((marks & CELL_MARKS(0, FLAG_HOLD)) != 0 && (tail->next->flags & ENVELOPE_CONTROL) == 0);
}

/* The question or the answer that @p cell has its turn for, if it came alone and lies in a block; else NULL. While an answer is
 * awaited, questions wait. */
static inline struct envelope *asked_and_alone(const struct cell *cell)
{
	uint32_t marks = troupei_load_acquire_32(&cell->marks);

	if ((marks & CELL_MARKS(SIGNALS_SLOW, FLAGS_SLOW & ~FLAG_HOLD)) != 0 || !waits_for_control(cell, marks) || troupei_is_remote())
		return NULL;
	struct envelope *envelope = troupei_mailbox_peek(&cell->mailbox);
	if (envelope == NULL || envelope->generation != cell->generation || /* C2 */
	    (envelope->flags & (ENVELOPE_EXTENDED | ENVELOPE_MOVED | ENVELOPE_SHARED)) != ENVELOPE_EXTENDED ||
	    (envelope->flags & ENVELOPE_CLASS) >= BLOCK_CLASSES)
		return NULL;
	if (envelope->size == SORT_QUESTION)
		return (marks & CELL_MARKS(0, FLAG_HOLD)) == 0 ? envelope : NULL;
	return envelope->size == SORT_ANSWER ? envelope : NULL;
}

/* What is to be known before it is handled, and who handles it; NULL: that is not plain, and nothing has changed. */
static inline troupe_receive *open_asked(struct actor_worker *worker, struct cell *cell, const struct envelope *envelope)
{
	if (envelope->size == SORT_ANSWER)
		return troupei_handle_only_answer(worker, cell, envelope);
	worker->question = troupei_envelope_extension(envelope)->word;
	return troupei_cell_receive(cell);
}

static inline troupe_verdict receive_asked(struct actor_worker *worker, const struct cell *cell, struct envelope *envelope,
                                           troupe_receive *receive)
{
	const struct envelope_extension *extension = troupei_envelope_extension(envelope);

	worker->message.kind = extension->kind;
	worker->message.size = extension->size;
	worker->message.data = extension->size > 0 ? extension + 1 : NULL;
	troupei_store_relaxed_ptr(&worker->current, envelope);
#if TROUPE_DEBUG
	if (envelope->size == SORT_QUESTION)
		troupei_handle_check_size(cell, extension->kind, extension->size);
#else
	(void)cell;
#endif
	if (TROUPEI_RECORDED)
		troupei_record_message(worker, cell, envelope);
	if (TROUPEI_WATCHED)
		troupei_thread_seam->handles(envelope, cell);
	troupe_verdict verdict = receive(&worker->me, &worker->message);
	if (TROUPEI_WATCHED)
		troupei_thread_seam->handled(envelope, cell, verdict == TROUPE_DEFERRED);
	worker->message.token = 0;
	return verdict;
}

/* T2 for a question or an answer. False: it is not plain, nothing has been done. */
static bool run_alone(struct actor_worker *worker, struct cell *cell)
{
	struct envelope *envelope = asked_and_alone(cell);
	troupe_receive *receive = envelope != NULL ? open_asked(worker, cell, envelope) : NULL;

	if (receive == NULL)
		return false;
	ran(&cell->runnable);
	worker->peeked = true;
	troupe_verdict verdict = receive_asked(worker, cell, envelope, receive);
	if (((uint32_t)verdict | worker->after | worker->question) != 0) {
		end_alone(worker, cell, envelope, verdict);
		return true;
	}
	/* It may await another answer still, and what waited for this one is next. */
	finish_alone(worker, cell, envelope, envelope->flags & ENVELOPE_CLASS, (cell->flags & FLAG_HOLD) != 0 || cell->mailbox.tail != NULL);
	return true;
}

static void __attribute__((noinline)) begin_any(struct actor_worker *worker, struct cell *cell)
{
	introduce(worker, cell);
	if ((TROUPEI_WATCHED && troupei_thread_seam->picks != NULL) || !run_alone(worker, cell))
		run_slowly(worker, cell, 0);
}

/* The message that @p cell has its turn for, if it came alone and everything is plain; else NULL. */
static inline struct envelope *plain_and_alone(const struct cell *cell)
{
	uint32_t slow = troupei_load_acquire_32(&cell->marks) & CELL_MARKS(SIGNALS_SLOW, FLAGS_SLOW);

	if (troupei_unlikely((slow | (uintptr_t)cell->mailbox.tail) != 0))
		return NULL;
	struct envelope *envelope = troupei_mailbox_peek(&cell->mailbox);
	if (troupei_unlikely(envelope == NULL || envelope->generation != cell->generation || /* C2 */
	                     (TROUPEI_RECORDED ? envelope->flags != 0 : troupei_envelope_is_extended(envelope))))
		return NULL;
	return envelope;
}

static inline __attribute__((always_inline)) void turn_run(struct worker *base, struct runnable *runnable)
{
	struct actor_worker *worker = (struct actor_worker *)base;
	struct cell *cell = troupei_cell_of(runnable);
	bool replays = TROUPEI_WATCHED && troupei_thread_seam->picks != NULL;
	struct envelope *envelope = replays ? NULL : plain_and_alone(cell);

	if (troupei_unlikely(envelope == NULL)) {
		begin_any(worker, cell);
		return;
	}
	introduce(worker, cell);
	ran(runnable);
	worker->peeked = true;
	troupe_verdict verdict = receive_small(worker, cell, envelope, troupei_cell_receive(cell), true);
	if (troupei_unlikely(((uint32_t)verdict | worker->after) != 0)) {
		end_alone(worker, cell, envelope, verdict);
		return;
	}
	finish_alone(worker, cell, envelope, TROUPEI_RECORDED ? 0 : envelope->flags & ENVELOPE_CLASS, false);
}

#endif
