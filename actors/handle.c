/* SPDX-License-Identifier: MIT */
/* Handling what the hot path does not: extended messages, the runtime's own, and verdicts other than "handled". */
#include <stdio.h>
#include <stdlib.h>

#include "actors/ask.h"
#include "actors/dead_letter.h"
#include "actors/deadlock.h"
#include "actors/lifecycle.h"
#include "actors/park.h"
#include "actors/remote.h"
#include "actors/supervised.h"
#include "actors/timers.h"
#include "actors/turn.h"
#include "actors/watch.h"
#include "base/check.h"
#include "mailbox/chunk.h"

void troupei_handle_check_size(const struct cell *cell, int32_t kind, uint32_t size)
{
	const troupe_kind *kinds = cell->behaviour->kinds;

	for (; kinds != NULL && kinds->kind != 0; kinds++)
		if (kinds->kind == kind && kinds->size != 0 && kinds->size != size) {
			fprintf(stderr, "troupe: actor %s was sent %s with %u bytes instead of %u\n",
			        troupei_behaviour_name(cell->behaviour), kinds->name, size, kinds->size);
			abort();
		}
}

/* --------------------------------------------------------------------------------------------------------- verdicts -- */

/* Handled: a question that nobody has cared for is answered here; else the envelope is freed as far as it is still ours. */
static void dispose(struct actor_worker *worker, struct envelope *envelope, uint32_t after)
{
	troupei_count_own_64(&worker->tally.handled, 1);
	if (envelope == NULL || (after & AFTER_FORWARDED))
		return;
	if (troupei_unlikely(worker->question != 0)) {
		worker->question = 0;
		troupei_question_fail_with(worker->system, worker, envelope, TROUPE_EUNANSWERED);
	} else if (troupei_likely((envelope->flags & (ENVELOPE_MOVED | ENVELOPE_SHARED)) == 0 &&
	                          (envelope->flags & ENVELOPE_CLASS) < BLOCK_CLASSES)) {
		troupei_block_give(envelope, envelope->flags & ENVELOPE_CLASS);
	} else if (after & AFTER_TAKEN) {
		troupei_envelope_free_block(envelope);
	} else {
		troupei_envelope_free(envelope);
	}
}

static bool is_deferrable(const struct envelope *envelope)
{
	if (envelope == NULL)
		return false;
	enum envelope_sort sort = troupei_envelope_sort(envelope);
	return sort == SORT_PLAIN || sort == SORT_SENDER || sort == SORT_QUESTION || sort == SORT_RETURNED ||
	       sort == SORT_RELAYED;
}

static void unknown(struct actor_worker *worker, struct cell *cell, struct envelope *envelope, troupe_status why)
{
	const troupe_message *message = &worker->message;

	if (envelope != NULL) {
		troupei_envelope_bury(worker->system, worker, cell, envelope, why);
		return;
	}
	if (message->kind > 0) /* a timer's: its record is free already */
		troupei_dead_letter(worker->system, worker, worker->me.ref, message->kind, NULL, 0, why);
	troupei_count_own_64(&worker->tally.handled, 1);
}

static void defer(struct actor_worker *worker, struct cell *cell, struct envelope *envelope)
{
	struct extra *extra = is_deferrable(envelope) ? troupei_cell_extra(cell) : NULL;
	bool embedded = envelope != NULL && (envelope->flags & ENVELOPE_CLASS) == ENVELOPE_EMBEDDED;

	if (extra == NULL || embedded) {
		unknown(worker, cell, envelope, is_deferrable(envelope) ? TROUPE_ENOMEM : TROUPE_EUNKNOWN);
		return;
	}
	envelope->flags &= (uint8_t)~ENVELOPE_CONTROL;
	troupei_list_append(&extra->deferred, envelope);
}

/* The oldest deferred messages, up to so many, come next, behind control messages. */
static void undefer(struct cell *cell, uint32_t count)
{
	struct extra *extra = cell->extra;
	struct envelope *back = NULL;

	if (count == UINT32_MAX) {
		back = extra->deferred;
		extra->deferred = NULL;
	} else {
		for (; count > 0 && extra->deferred != NULL; count--)
			troupei_list_append(&back, troupei_list_pop(&extra->deferred));
	}
	troupei_list_insert_behind_control(&cell->mailbox.tail, back);
}

static void failed(struct actor_worker *worker, struct cell *cell, struct envelope *envelope, troupe_status why)
{
	char kind[16];
	const char *name = troupei_kind_name(cell->behaviour, worker->message.kind);
	bool crashed = (cell->flags & FLAG_INIT) != 0; /* contain.c has logged it, with more */

	snprintf(kind, sizeof kind, "%d", worker->message.kind);
	if (!crashed)
		troupei_log(worker->system, "actor %s (%016llx) ended: its handler of %s returned %s",
		            troupei_behaviour_name(cell->behaviour), (unsigned long long)worker->me.ref.bits_private,
		            name[0] != 0 ? name : kind, troupe_status_name(why));
	if (envelope != NULL)
		troupei_envelope_bury(worker->system, worker, cell, envelope, crashed ? TROUPE_ECRASHED : TROUPE_EFAILED);
	else
		troupei_count_own_64(&worker->tally.handled, 1);
}

enum turn_next troupei_handle_verdict(struct actor_worker *worker, struct cell *cell, struct envelope *envelope,
                                      troupe_verdict verdict)
{
	uint32_t after = worker->after;
	troupe_status why = worker->why;

	worker->after = 0;
	if (verdict == TROUPE_HANDLED && after == AFTER_FORWARDED) { /* all that a router does */
		troupei_count_own_64(&worker->tally.handled, 1);
		troupei_store_relaxed_ptr(&worker->current, NULL);
		return TURN_GOES_ON;
	}
	if (verdict == TROUPE_HANDLED && after == AFTER_HOLD && !troupei_is_remote()) { /* it begins to wait when it rests */
		dispose(worker, envelope, 0);
		troupei_store_relaxed_ptr(&worker->current, NULL);
		return TURN_RECEIVE_CHANGED;
	}
	worker->why = TROUPE_OK;
	if (troupei_is_remote()) {
		worker->after = after; /* with it seen, it says what became of the message */
		verdict = troupei_remote_verdict(worker, envelope, verdict);
		worker->after = 0;
	}
	if (envelope != NULL && !(after & AFTER_FORWARDED) && worker->question == 0 && verdict != TROUPE_DEFERRED &&
	    troupei_envelope_sort(envelope) == SORT_QUESTION)
		envelope->size = SORT_PLAIN; /* answered, or kept: whatever the verdict, its outcome is not decided here */
	if (after & (AFTER_TAKEN | AFTER_FORWARDED)) {
		dispose(worker, envelope, after); /* whatever the verdict: it has gone */
	} else if (verdict == TROUPE_HANDLED) {
		dispose(worker, envelope, after);
	} else if (verdict == TROUPE_DEFERRED) {
		defer(worker, cell, envelope);
	} else if (verdict == TROUPE_FAILED) {
		failed(worker, cell, envelope, why != TROUPE_OK ? why : TROUPE_EFAILED);
	} else {
		unknown(worker, cell, envelope, TROUPE_EUNKNOWN);
	}
	worker->question = 0;
	troupei_store_relaxed_ptr(&worker->current, NULL);
	if (verdict == TROUPE_FAILED && why == TROUPE_OK)
		why = TROUPE_EFAILED;
	if ((verdict == TROUPE_FAILED || (after & AFTER_EXIT)) && troupei_lifecycle_end(worker, cell, why))
		return TURN_ACTOR_GONE;
	if ((after & (AFTER_UNDEFER | AFTER_UNDEFER_ONE | AFTER_BECOME)) && cell->extra->deferred != NULL)
		undefer(cell, after & (AFTER_UNDEFER | AFTER_BECOME) ? UINT32_MAX : worker->undefer_count);
	return TURN_RECEIVE_CHANGED;
}

enum turn_next troupei_handle_chunk_verdict(struct actor_worker *worker, struct cell *cell, struct chunk *chunk,
                                            const void *payload, troupe_verdict verdict)
{
	bool last = chunk->next == chunk->count;
	struct chunk_copy copy;
	struct envelope *envelope = NULL;

	troupei_chunk_copy(chunk, payload, ENVELOPE_EMBEDDED, &copy.envelope);
	if (verdict == TROUPE_DEFERRED && !(worker->after & (AFTER_TAKEN | AFTER_FORWARDED)))
		envelope = troupei_chunk_extract(chunk, payload);
	if (last)
		troupei_chunk_owner_done(chunk);
	return troupei_handle_verdict(worker, cell, envelope != NULL ? envelope : &copy.envelope, verdict);
}

/* --------------------------------------------------------------------------------------------------------- messages -- */

/* The handlers of an actor that crashed, or failed to begin, run no more; nor do those of one that is between two lives (V1 in
 * supervised.h): what one of them was to get goes to the next life, news of the last one to nobody. */
static bool is_in_life(const struct cell *cell)
{
	return (cell->flags & FLAG_INIT) == 0 && !troupei_supervised_is_between(cell);
}

static void withhold(struct actor_worker *worker, struct cell *cell, struct envelope *envelope)
{
	worker->question = 0;
	if (troupei_supervised_is_between(cell) && is_deferrable(envelope))
		defer(worker, cell, envelope);
	else
		unknown(worker, cell, envelope, TROUPE_ECRASHED);
	worker->message = (troupe_message){ 0 };
}

/* Call the handler with worker->message as it has been filled in; envelope NULL: it is no more. */
static enum turn_next call(struct actor_worker *worker, struct cell *cell, struct envelope *envelope,
                           troupe_receive *receive)
{
	enum turn_next next = TURN_GOES_ON;

	if (troupei_unlikely((cell->flags & (FLAG_INIT | FLAG_ENDING)) != 0) && !is_in_life(cell)) {
		withhold(worker, cell, envelope);
		return next;
	}
	troupei_store_relaxed_ptr(&worker->current, envelope);
	troupe_verdict verdict = receive(&worker->me, &worker->message);
	if (verdict == TROUPE_HANDLED && (worker->after & ~(uint32_t)AFTER_HOLD) == 0 && !troupei_is_remote()) {
		next = worker->after != 0 ? TURN_RECEIVE_CHANGED : next; /* to await an answer begins when it rests */
		worker->after = 0;
		dispose(worker, envelope, 0);
	} else if (verdict != TROUPE_HANDLED || worker->after != 0) {
		next = troupei_handle_verdict(worker, cell, envelope, verdict);
	} else {
		dispose(worker, envelope, 0);
	}
	troupei_store_relaxed_ptr(&worker->current, NULL);
	worker->message = (troupe_message){ 0 };
	return next;
}

static void fill(struct actor_worker *worker, const struct envelope *envelope)
{
	worker->message.kind = troupei_envelope_kind(envelope);
	worker->message.size = troupei_envelope_size(envelope);
	worker->message.data = troupei_envelope_data(envelope);
}

static enum turn_next unanswered(struct actor_worker *worker, struct cell *cell, struct envelope *envelope,
                                 troupe_receive *receive, uint64_t token, troupe_status why)
{
	worker->message = (troupe_message){ .kind = TROUPE_UNANSWERED, .token = token, .why = why };
	return call(worker, cell, envelope, receive);
}

/* The address has closed and all of its answers have come: settle it, and tell if there were too few. */
static enum turn_next close_address(struct actor_worker *worker, struct cell *cell, struct ask *ask, troupe_status why)
{
	uint64_t token = ask->token;
	troupe_receive *receive = ask->then != NULL ? ask->then : troupei_cell_receive(cell);
	bool missing = troupei_ask_answers_missing(ask);

	troupei_ask_settle(worker, cell, ask);
	if (!missing)
		return TURN_RECEIVE_CHANGED;
	troupei_count_own_64(&worker->tally.sent, 1);
	enum turn_next next = unanswered(worker, cell, NULL, receive, token, why);
	return next == TURN_ACTOR_GONE ? next : TURN_RECEIVE_CHANGED;
}

/* No answer will come any more; those that are on the way are waited for. */
static enum turn_next closed_for(struct actor_worker *worker, struct cell *cell, struct ask *ask, troupe_status why)
{
	ask->why = why; /* kept for when the last answer has come */
	return troupei_ask_is_complete(ask) ? close_address(worker, cell, ask, why) : TURN_GOES_ON;
}

enum turn_next troupei_handle_wait(struct actor_worker *worker, struct cell *cell, bool *quiet)
{
	if (troupei_unlikely(cell->extra->hold == 0)) { /* parked, or its child process does not keep up */
		*quiet = false;
		return troupei_park_rests(cell) ? TURN_GOES_ON : TURN_RECEIVE_CHANGED;
	}
	struct ask *ask = troupei_deadlock_hold(worker, cell, quiet);

	if (troupei_likely(ask == NULL) || !troupei_ask_expire(ask))
		return TURN_GOES_ON;
	enum turn_next next = closed_for(worker, cell, ask, TROUPE_EDEADLOCK);
	return next == TURN_ACTOR_GONE ? next : TURN_RECEIVE_CHANGED;
}

troupe_receive *troupei_handle_only_answer(struct actor_worker *worker, struct cell *cell, const struct envelope *envelope)
{
	struct ask *ask = troupei_ask_of_outcome(envelope);

	if (ask == NULL || ask->expected != 1)
		return NULL;
	troupe_receive *then = ask->then;
	worker->message.token = ask->token;
	troupei_ask_settle(worker, cell, ask);
	return then != NULL ? then : troupei_cell_receive(cell);
}

/* An answer. One that is the last settles the address before the handler runs, which may open another. */
static enum turn_next answered(struct actor_worker *worker, struct cell *cell, struct envelope *envelope, struct ask *ask,
                               troupe_receive *receive)
{
	uint64_t token = ask->token;
	troupe_receive *then = ask->then;

	ask->arrived++;
	bool complete = troupei_ask_is_complete(ask), missing = troupei_ask_answers_missing(ask);
	troupe_status why = ask->why != TROUPE_OK || troupei_ask_is_for_all(ask) ? ask->why : TROUPE_EUNANSWERED;
	if (complete)
		troupei_ask_settle(worker, cell, ask);
	fill(worker, envelope);
	worker->message.token = token;
	enum turn_next next = call(worker, cell, envelope, then != NULL ? then : receive);
	if (!complete || !missing || next == TURN_ACTOR_GONE)
		return complete && next == TURN_GOES_ON ? TURN_RECEIVE_CHANGED : next;
	troupei_count_own_64(&worker->tally.sent, 1);
	next = unanswered(worker, cell, NULL, then != NULL ? then : troupei_cell_receive(cell), token, why);
	return next == TURN_ACTOR_GONE ? next : TURN_RECEIVE_CHANGED;
}

/* An answer, or the news that none will come. */
static enum turn_next outcome(struct actor_worker *worker, struct cell *cell, struct envelope *envelope,
                              troupe_receive *receive)
{
	struct ask *ask = troupei_ask_of_outcome(envelope);

	if (ask == NULL) { /* forgotten */
		troupei_envelope_bury(worker->system, worker, cell, envelope, TROUPE_ECLOSED);
		return TURN_GOES_ON;
	}
	if (troupei_envelope_sort(envelope) == SORT_ANSWER)
		return answered(worker, cell, envelope, ask, receive);
	troupe_status why = (troupe_status)troupei_envelope_kind(envelope);
	troupei_count_own_64(&worker->tally.handled, 1); /* the handler's message is made when it is time */
	troupei_envelope_free(envelope);
	if (troupei_ask_is_for_all(ask)) { /* one of several; the first reason stays */
		ask->arrived++;
		why = ask->why != TROUPE_OK ? ask->why : why;
	}
	return closed_for(worker, cell, ask, why);
}

static enum turn_next timer(struct actor_worker *worker, struct cell *cell, struct envelope *envelope,
                            troupe_receive *receive)
{
	struct timer_event event;

	if (!troupei_timer_reached(worker, cell, envelope, &event)) {
		troupei_count_own_64(&worker->tally.handled, 1);
		return TURN_GOES_ON;
	}
	if (event.ask == 0) {
		worker->message = (troupe_message){ .kind = event.kind, .token = event.token };
		return call(worker, cell, NULL, receive);
	}
	struct ask *ask = (struct ask *)&troupei_cells[event.ask];
	troupei_count_own_64(&worker->tally.handled, 1);
	ask->timer = 0;
	if (!troupei_ask_expire(ask)) /* its last outcome is on the way */
		return TURN_GOES_ON;
	return closed_for(worker, cell, ask, TROUPE_ETIMEOUT);
}

/* In a child process the parent may have another reason, as urgent. */
static troupe_status reason_of_kill(const struct envelope *envelope)
{
	troupe_status why = (troupe_status)troupei_envelope_kind(envelope);

	return why != TROUPE_OK ? why : TROUPE_EKILLED;
}

/* The runtime's own that ends the actor. */
static enum turn_next end(struct actor_worker *worker, struct cell *cell, struct envelope *envelope, troupe_status why)
{
	troupei_envelope_free(envelope);
	return troupei_lifecycle_end(worker, cell, why) ? TURN_ACTOR_GONE : TURN_GOES_ON;
}

/* A supervisor's order to stop ends the life that it was given in, not the next one. */
static enum turn_next stop(struct actor_worker *worker, struct cell *cell, struct envelope *envelope)
{
	const struct supervised *record = troupei_supervised_of(cell);
	uint64_t life = troupei_envelope_extension(envelope)->word;

	if (record == NULL || life == 0 || life == record->lives)
		return end(worker, cell, envelope, TROUPE_OK);
	troupei_envelope_free(envelope);
	return TURN_GOES_ON;
}

/* A linked actor has ended, and this one does not trap: its failure is this one's. */
static enum turn_next linked(struct actor_worker *worker, struct cell *cell, const struct watch_news *news)
{
	troupei_count_own_64(&worker->tally.handled, 1);
	if (news->why == TROUPE_OK || (cell->flags & FLAG_ENDING))
		return TURN_GOES_ON;
	troupei_log(worker->system, "actor %s (%016llx) ended: linked to %016llx, which ended by %s",
	            troupei_behaviour_name(cell->behaviour), (unsigned long long)worker->me.ref.bits_private,
	            (unsigned long long)news->about.bits_private, troupe_status_name(news->why));
	return troupei_lifecycle_end(worker, cell, TROUPE_ELINKED) ? TURN_ACTOR_GONE : TURN_GOES_ON;
}

/* The end of an actor that this one monitors, or is linked to. */
static enum turn_next watched(struct actor_worker *worker, struct cell *cell, struct envelope *envelope,
                              troupe_receive *receive)
{
	struct watch_news news;

	if (!troupei_watch_reached(cell, envelope, &news)) {
		troupei_count_own_64(&worker->tally.handled, 1);
		return TURN_GOES_ON;
	}
	if (news.kind == TROUPE_LINKED && !cell->behaviour->traps)
		return linked(worker, cell, &news);
	worker->message = (troupe_message){ .kind = news.kind, .token = news.token, .about = news.about, .why = news.why };
	return call(worker, cell, NULL, receive);
}

/* Some wait in the bounded queue: one of them is next. It may be of the small form. */
static enum turn_next bounded(struct actor_worker *worker, struct cell *cell, troupe_receive *receive)
{
	struct envelope *envelope = troupei_bounds_next(worker, cell);

	return envelope != NULL ? troupei_handle_extended(worker, cell, envelope, receive) : TURN_GOES_ON;
}

/* There is room where it was refused. */
static enum turn_next room(struct actor_worker *worker, struct cell *cell, struct envelope *envelope, troupe_receive *receive)
{
	if (!troupei_room_reached(envelope, troupe_lives(&worker->me, NULL), &worker->message)) {
		troupei_count_own_64(&worker->tally.handled, 1);
		worker->message = (troupe_message){ 0 };
		return TURN_GOES_ON;
	}
	return call(worker, cell, NULL, receive);
}

enum turn_next troupei_handle_extended(struct actor_worker *worker, struct cell *cell, struct envelope *envelope,
                                       troupe_receive *receive)
{
	uint64_t word = troupei_envelope_is_extended(envelope) ? troupei_envelope_extension(envelope)->word : 0;

	switch (troupei_envelope_sort(envelope)) {
	case SORT_ANSWER:
	case SORT_UNANSWERED:
		return outcome(worker, cell, envelope, receive);
	case SORT_TIMER:
		return timer(worker, cell, envelope, receive);
	case SORT_DOWN:
	case SORT_LINKED:
	case SORT_RESTARTED:
		return watched(worker, cell, envelope, receive);
	case SORT_STOP:
		return stop(worker, cell, envelope);
	case SORT_KILL:
		return end(worker, cell, envelope, reason_of_kill(envelope));
	case SORT_CHILD_ENDED:
		return troupei_lifecycle_child_ended(worker, cell, envelope) ? TURN_ACTOR_GONE : TURN_GOES_ON;
	case SORT_LIFE:
		return troupei_supervised_obey(worker, cell, envelope) ? TURN_ACTOR_GONE : TURN_RECEIVE_CHANGED;
	case SORT_BOUNDED:
		return bounded(worker, cell, receive);
	case SORT_CREDIT:
		troupei_park_credited(cell, envelope);
		return TURN_RECEIVE_CHANGED;
	case SORT_ROOM:
		return room(worker, cell, envelope, receive);
	case SORT_QUESTION:
		worker->question = word;
		break;
	case SORT_SENDER:
		worker->message.sender.bits_private = word;
		break;
	case SORT_RETURNED:
		worker->message.about.bits_private = word;
		break;
	case SORT_RELAYED:
		return troupei_remote_handle(worker, cell, envelope, receive);
	case SORT_PLAIN:
	case SORT_CHUNK: /* turn.c */
		break;
	}
	fill(worker, envelope);
	if (troupei_envelope_sort(envelope) == SORT_RETURNED) {
		worker->message.returned = worker->message.kind;
		worker->message.kind = TROUPE_RETURNED;
	}
#if TROUPE_DEBUG
	troupei_handle_check_size(cell, worker->message.kind, worker->message.size);
#endif
	return call(worker, cell, envelope, receive);
}
