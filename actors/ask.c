/* SPDX-License-Identifier: MIT */
/* Reply addresses: made, taken from, closed. A1 to A3: ask.h. */
#include "actors/ask.h"

#include <string.h>

#include "actors/dead_letter.h"
#include "actors/future.h"
#include "actors/park.h"
#include "actors/post.h"
#include "actors/remote.h"
#include "actors/slot_cache.h"
#include "actors/timers.h"
#include "actors/waits.h"
#include "base/threads.h"
#include "mailbox/payload.h"

bool troupei_ask_is_open(troupe_ref address)
{
	const struct ask *ask = troupei_address_ask(address);

	return ask != NULL && troupei_state_is_open(troupei_load_acquire_64(&ask->state), troupei_ref_generation(address));
}

/* -------------------------------------------------------------------------------------------------------- life cycle -- */

static inline __attribute__((always_inline)) troupe_status make(struct troupei_system *system, struct actor_worker *worker,
                                                                const troupe_expectation *options, struct ask **out)
{
	bool all = options->answers == TROUPE_ANSWERS_ALL;
	uint32_t answers = all ? UINT16_MAX : options->answers > 0 ? options->answers : 1;
	uint32_t questions = options->questions > 0 ? options->questions : all ? 1 : answers;
	struct cell *cell;

	if (answers > UINT16_MAX || questions > (all ? UINT16_MAX - 1u : UINT16_MAX) || options->within_ns < 0)
		return TROUPE_EINVAL;
	troupe_status status = troupei_cell_take_quickly(system, worker, &cell);
	if (status != TROUPE_OK)
		return status;
	struct ask *ask = troupei_ask_of(cell);
	/* Relaxed, like the other fields: OPEN.store publishes them. */
	troupei_store_relaxed_64(&ask->owner, all ? ASK_ALL : 0);
	ask->token = options->token;
	ask->then = options->then;
	ask->timer = 0;
	ask->expected = (uint16_t)answers;
	ask->arrived = 0;
	ask->opening = troupei_state_make(ask->generation, answers, questions);
	*out = ask;
	return TROUPE_OK;
}

troupe_status troupei_ask_make(struct troupei_system *system, struct actor_worker *worker,
                               const troupe_expectation *options, struct ask **out)
{
	return make(system, worker, options, out);
}

void troupei_ask_publish(struct ask *ask)
{
	uint64_t opening = ask->opening;

	ask->why = TROUPE_OK;
	/* OPEN.store, release: who finds the state sees the fields. */
	troupei_store_release_ptr(&ask->state, (void *)(uintptr_t)opening);
}

void troupei_ask_retire(struct ask *ask)
{
	if (troupei_state_is_open(troupei_load_relaxed_64(&ask->state), ask->generation))
		troupei_ask_close(ask);
	troupei_store_relaxed_64(&ask->state, (uint64_t)(uintptr_t)MAILBOX_CLOSED);
	troupei_cell_retire((struct cell *)ask);
}

void troupei_ask_free(struct troupei_system *system, struct actor_worker *worker, struct ask *ask)
{
	troupei_ask_retire(ask);
	troupei_cell_give_quickly(system, worker, (struct cell *)ask);
}

static bool close_of(struct ask *ask, uint32_t generation)
{
	uint64_t state = troupei_load_acquire_64(&ask->state);

	while (troupei_state_is_open(state, generation))
		/* CLOSE.cas: after it no TAKE.cas of the same generation succeeds (A1). */
		if (troupei_cas_acqrel_64(&ask->state, state, troupei_state_make(generation, troupei_state_answers(state), 0), &state))
			return true;
	return false;
}

bool troupei_ask_close(struct ask *ask)
{
	return close_of(ask, ask->generation);
}

bool troupei_ask_expire(struct ask *ask)
{
	return troupei_ask_close(ask);
}

/* ------------------------------------------------------------------------------------------------- taking an outcome -- */

enum taken { TAKEN_NOT, TAKEN, TAKEN_LAST };

/* Take one outcome from the address; TAKEN_NOT: it is closed. Whom it belongs to, with its marks, is read before the CAS confirms it
 * (A2). */
static inline __attribute__((always_inline)) enum taken take(struct ask *ask, uint32_t generation, bool answer, uint64_t *owner)
{
	uint64_t state = troupei_load_acquire_64(&ask->state);

	while (troupei_state_is_open(state, generation)) {
		*owner = troupei_ask_owner(ask);
		bool counts = answer || (*owner & ASK_ALL);
		uint32_t answers = troupei_state_answers(state) - (counts ? 1 : 0), questions = troupei_state_questions(state) - 1;
		/* TAKE.cas, acquire and release, pairs with the other TAKE.cas and with CLOSE.cas: outcomes are taken one by
		 * one. The fields were written before the release store of the state that made the address known. */
		if (troupei_cas_acqrel_64(&ask->state, state, troupei_state_make(generation, answers, questions), &state))
			return answers == 0 || questions == 0 ? TAKEN_LAST : TAKEN;
	}
	return TAKEN_NOT;
}

troupe_status troupei_ask_widen(troupe_ref address, uint32_t more)
{
	struct ask *ask = troupei_address_ask(address);
	uint32_t generation = troupei_ref_generation(address);
	uint64_t state = ask != NULL ? troupei_load_acquire_64(&ask->state) : 0;

	while (ask != NULL && troupei_state_is_open(state, generation)) {
		uint32_t answers = troupei_state_answers(state);
		uint64_t questions = (uint64_t)troupei_state_questions(state) + more;
		if (questions > UINT16_MAX || (troupei_ask_is_for_all(ask) && questions >= answers))
			return TROUPE_ELIMIT;
		/* WIDEN.cas: as TAKE.cas. The question that is passed on has no outcome yet, so the count is above 0. */
		if (troupei_cas_acqrel_64(&ask->state, state, troupei_state_make(generation, answers, (uint32_t)questions), &state))
			break;
	}
	return TROUPE_OK;
}

static void __attribute__((noinline)) bring_far(struct troupei_system *system, struct actor_worker *worker, troupe_ref owner,
                                                struct envelope *envelope)
{
	if (troupei_post(system, worker, owner, envelope) == TROUPE_OK)
		return;
	troupei_tally(system, worker, sent); /* it has ended meanwhile */
	envelope->generation = troupei_ref_generation(owner);
	troupei_envelope_bury(system, worker, &troupei_cells[troupei_ref_slot(owner)], envelope, TROUPE_ECLOSED);
}

/* Bring an outcome to the actor that asks. Consumes the envelope. */
static inline __attribute__((always_inline)) void bring(struct troupei_system *system, struct actor_worker *worker, troupe_ref owner,
                                                        struct envelope *envelope)
{
	struct cell *cell = troupei_ref_cell(owner);
	bool near = worker != NULL && cell != NULL && worker->system == system && troupei_cell_system(cell) == system->id;

	if (!troupei_likely(near) || troupei_post_answer(worker, cell, troupei_ref_generation(owner), envelope) != TROUPE_OK)
		bring_far(system, worker, owner, envelope); /* once more, if its mailbox was closed: it still is */
}

static bool __attribute__((noinline)) deliver_to_future(struct ask *ask, uint32_t generation, bool answer, struct envelope *envelope)
{
	pthread_mutex_t *lock = troupei_future_lock(ask);
	uint64_t owner;

	troupei_future_look_at_time(ask, generation);
	enum taken taken = take(ask, generation, answer, &owner);
	if (taken != TAKEN_NOT)
		troupei_future_put(ask, envelope, taken == TAKEN_LAST);
	troupei_future_serve(ask, generation, lock);
	return taken != TAKEN_NOT;
}

/* Take an outcome and bring it to who asked; false: closed, and the envelope is still the caller's. A failure that leaves
 * other questions open is only counted: the owner hears of it when the last one has its outcome. */
static inline __attribute__((always_inline)) bool deliver(struct troupei_system *system, struct actor_worker *worker,
                                                          troupe_ref address, bool answer, struct envelope *envelope)
{
	struct ask *ask = troupei_address_ask(address);
	uint64_t owner;

	if (ask == NULL)
		return false;
	if (troupei_unlikely(troupei_ask_owner(ask) & ASK_FUTURE))
		return deliver_to_future(ask, troupei_ref_generation(address), answer, envelope);
	enum taken taken = take(ask, troupei_ref_generation(address), answer, &owner);
	if (taken == TAKEN_NOT)
		return false;
	if (answer || taken == TAKEN_LAST || (owner & ASK_ALL))
		bring(system, worker, (troupe_ref){ owner & ~ASK_MARKS }, envelope);
	else
		troupei_envelope_free(envelope);
	return true;
}

bool troupei_ask_deliver(struct troupei_system *system, struct actor_worker *worker, troupe_ref address,
                         struct envelope *envelope)
{
	return deliver(system, worker, address, true, envelope);
}

void troupei_ask_end(struct troupei_system *system, struct actor_worker *worker, troupe_ref address,
                     struct envelope *envelope)
{
	struct ask *ask = troupei_address_ask(address);
	uint32_t generation = troupei_ref_generation(address);
	uint64_t owner = ask != NULL ? troupei_ask_owner(ask) : 0;
	bool all = (owner & ASK_ALL) != 0;
	/* With ASK_ALL each outcome that comes counts: this one, too. */
	bool open = ask != NULL && (!all || take(ask, generation, false, &owner) != TAKEN_NOT);

	if (open && (close_of(ask, generation) || all)) /* not whoever has the slot by now: A1 */
		bring(system, worker, (troupe_ref){ owner & ~ASK_MARKS }, envelope);
	else
		troupei_envelope_free(envelope);
}

static inline struct envelope *answer_envelope(troupe_ref address, int32_t kind, const void *data, size_t size, uint8_t pointer)
{
	if (troupei_unlikely(pointer != 0))
		return troupei_envelope_new_pointer(SORT_ANSWER, ENVELOPE_CONTROL | pointer, kind, (void *)(uintptr_t)data,
		                                    address.bits_private);
	return troupei_envelope_new_with(SORT_ANSWER, ENVELOPE_CONTROL, kind, data, size, address.bits_private);
}

static troupe_status __attribute__((noinline)) answer_late(struct troupei_system *system, struct actor_worker *worker,
                                                           troupe_ref address, struct envelope *envelope)
{
	troupei_dead_letter(system, worker, address, troupei_envelope_kind(envelope), troupei_envelope_data(envelope),
	                    troupei_envelope_size(envelope), TROUPE_ECLOSED);
	troupei_envelope_free(envelope);
	return TROUPE_OK;
}

/* The running actor answers: in time or not, it has cared for the question. */
static void care_for(struct actor_worker *worker, troupe_ref address)
{
	if (worker->question == address.bits_private)
		worker->question = 0;
	else
		troupei_ask_disown(worker, address.bits_private);
}

/* A plain thread answers. */
static troupe_status __attribute__((noinline)) answer_from_outside(troupe_ref address, struct envelope *envelope)
{
	struct troupei_system *system;
	uint32_t slot = troupei_ref_slot(address);
	uint8_t id = slot < troupei_slot_limit ? troupei_cell_system(&troupei_cells[slot]) : 0;
	struct gate_pass pass;
	if (id == 0 || (system = troupei_gate_enter(id, &pass)) == NULL) { /* there is nobody left to tell that it is late */
		troupei_envelope_free(envelope);
		return TROUPE_OK;
	}
	bool in_time = deliver(system, NULL, address, true, envelope);
	troupe_status status = in_time ? TROUPE_OK : answer_late(system, NULL, address, envelope);
	troupei_gate_leave(&pass);
	return status;
}

troupe_status troupei_ask_answer(troupe_ref address, int32_t kind, const void *data, size_t size, uint8_t pointer)
{
	struct actor_worker *worker = troupei_actor_worker();

	if (troupei_is_remote() && (worker == NULL || troupei_address_ask(address) == NULL)) {
		if (worker != NULL)
			care_for(worker, address);
		return troupei_remote_send(address, kind, data, size, SORT_PLAIN);
	}
	struct envelope *envelope = answer_envelope(address, kind, data, size, pointer);
	if (envelope == NULL)
		return TROUPE_ENOMEM;
	if (worker != NULL) {
		care_for(worker, address);
		return deliver(worker->system, worker, address, true, envelope) ? TROUPE_OK
		                                                                : answer_late(worker->system, worker, address, envelope);
	}
	return answer_from_outside(address, envelope);
}

/* The envelope becomes SORT_UNANSWERED with the reason in its kind. */
static void fail_through(struct troupei_system *system, struct actor_worker *worker, troupe_ref address,
                         struct envelope *envelope, troupe_status why)
{
	*troupei_envelope_extension(envelope) = (struct envelope_extension){ (int32_t)why, 0, address.bits_private };
	if (!deliver(system, worker, address, false, envelope))
		troupei_envelope_free(envelope);
}

void troupei_question_fail_with(struct troupei_system *system, struct actor_worker *worker, struct envelope *envelope,
                                troupe_status why)
{
	troupe_ref address = { troupei_envelope_extension(envelope)->word };
	unsigned class = envelope->flags & ENVELOPE_CLASS;

	if (envelope->flags & ENVELOPE_MOVED)
		troupei_payload_free(*(void **)troupei_envelope_body(envelope));
	else if (envelope->flags & ENVELOPE_SHARED)
		troupei_payload_release(*(void **)troupei_envelope_body(envelope));
	envelope->flags = (uint8_t)(class | ENVELOPE_EXTENDED | ENVELOPE_CONTROL);
	envelope->size = SORT_UNANSWERED;
	fail_through(system, worker, address, envelope, why);
}

bool troupei_question_fail(struct troupei_system *system, struct actor_worker *worker, uint64_t address,
                           troupe_status why)
{
	struct envelope *envelope;

	if (troupei_is_remote()) {
		troupei_remote_put(&(struct frame){ .op = FRAME_UNANSWERED, .word = address, .why = why }, NULL);
		return true;
	}
	envelope = troupei_envelope_new(SORT_UNANSWERED, ENVELOPE_CONTROL, 0, 0, address);
	if (envelope != NULL)
		fail_through(system, worker, (troupe_ref){ address }, envelope, why);
	return envelope != NULL;
}

/* ------------------------------------------------------------------------------------------------ the owner's side -- */

static void list_add(struct extra *extra, struct ask *ask)
{
	uint32_t slot = troupei_slot_of((struct cell *)ask);

	ask->of.links.previous = 0;
	ask->of.links.next = extra->asks;
	if (extra->asks != 0)
		troupei_ask_of(&troupei_cells[extra->asks])->of.links.previous = slot;
	extra->asks = slot;
}

static void list_remove(struct extra *extra, const struct ask *ask)
{
	uint32_t next = ask->of.links.next, previous = ask->of.links.previous;

	if (next != 0)
		troupei_ask_of(&troupei_cells[next])->of.links.previous = previous;
	if (previous != 0)
		troupei_ask_of(&troupei_cells[previous])->of.links.next = next;
	else
		extra->asks = next;
}

/* It waits for nothing else. */
static void hold_over(struct cell *owner)
{
	owner->flags &= (uint8_t)~FLAG_HOLD;
	troupei_wait_end(troupei_ref_of(owner));
}

void troupei_ask_settle(struct actor_worker *worker, struct cell *owner, struct ask *ask)
{
	if (troupei_is_remote())
		troupei_remote_settled(troupei_address_of(ask));
	list_remove(owner->extra, ask);
	if (ask->timer != 0)
		troupei_timer_cancel_entry(worker, owner, ask->timer);
	if (owner->extra->hold == troupei_slot_of((struct cell *)ask)) {
		owner->extra->hold = 0;
		if (troupei_likely(!troupei_park_is_parked(owner)))
			hold_over(owner);
		else /* it waits for room when it rests again: K1 in deadlock.h. Until then it may answer what others await */
			troupei_wait_end(troupei_ref_of(owner));
	}
	troupei_ask_free(worker->system, worker, ask);
}

void troupei_ask_settle_all(struct actor_worker *worker, struct cell *owner)
{
	while (owner->extra != NULL && owner->extra->asks != 0)
		troupei_ask_settle(worker, owner, troupei_ask_of(&troupei_cells[owner->extra->asks]));
}

void troupei_ask_hold_over(struct cell *owner)
{
	if (!(owner->flags & FLAG_HOLD))
		return;
	if (troupei_is_simulated())
		troupei_thread_seam->gives_up(owner);
	troupei_park_forget(owner);
	hold_over(owner);
}

static inline __attribute__((always_inline)) troupe_status expect(struct actor_worker *worker,
                                                                  const troupe_expectation *options, struct ask **out)
{
	struct cell *owner = worker->running;
	struct extra *extra = troupei_likely(owner->extra != NULL) ? owner->extra : troupei_cell_extra(owner);

	if (owner->flags & FLAG_CLOSED)
		return TROUPE_ECLOSED;
	if (extra == NULL)
		return TROUPE_ENOMEM;
	if (options->hold && (owner->flags & FLAG_HOLD) && extra->hold != 0)
		return TROUPE_EINVAL;
	troupe_status status = make(worker->system, worker, options, out);
	if (status != TROUPE_OK)
		return status;
	uint32_t slot = troupei_slot_of((struct cell *)*out);
	uint64_t timer = 0;
	if (options->within_ns > 0)
		status = troupei_timer_arm(worker, options->within_ns, 0, &(struct timer_event){ .ask = slot }, &timer);
	(*out)->timer = (uint32_t)timer;
	if (status != TROUPE_OK) {
		troupei_ask_free(worker->system, worker, *out);
		return status;
	}
	troupei_ask_mark(*out, worker->me.ref.bits_private);
	list_add(extra, *out);
	if (options->hold) {
		if (troupei_ask_is_single(*out))
			troupei_wait_open(*out, worker->me.ref);
		extra->hold = slot;
		owner->flags |= FLAG_HOLD;
		worker->after |= AFTER_HOLD;
	}
	troupei_ask_publish(*out);
	return TROUPE_OK;
}

/* In a child process the parent counts the questions and sees to the time: it says when the address closes. */
static troupe_status expect_remotely(struct actor_worker *worker, const troupe_expectation *options, struct ask **out)
{
	bool all = options->answers == TROUPE_ANSWERS_ALL;
	uint32_t questions_max = all ? UINT16_MAX - 1u : UINT16_MAX;
	troupe_expectation here = *options;

	if (options->questions > questions_max || options->within_ns < 0)
		return TROUPE_EINVAL;
	here.questions = questions_max;
	here.within_ns = 0;
	troupe_status status = expect(worker, &here, out);
	if (status == TROUPE_OK)
		troupei_remote_opened(troupei_address_of(*out), options);
	return status;
}

troupe_status troupe_expect(troupe_actor *me, const troupe_expectation *options, troupe_ref *out)
{
	troupe_expectation own;
	struct ask *ask;
	bool as_ours = options != NULL && options->struct_size == sizeof own; /* as it mostly is: read where it lies */

	if (me == NULL || out == NULL || (!as_ours && !troupei_options_read(&own, sizeof own, options)))
		return TROUPE_EINVAL;
	options = as_ours ? options : &own;
	troupe_status status = troupei_unlikely(troupei_is_remote()) ? expect_remotely(troupei_me_worker(me), options, &ask)
	                                                             : expect(troupei_me_worker(me), options, &ask);
	if (status == TROUPE_OK)
		*out = troupei_address_of(ask);
	return status;
}

troupe_status troupe_forget(troupe_actor *me, troupe_ref address)
{
	struct ask *ask = troupei_address_ask(address);

	if (me == NULL)
		return TROUPE_EINVAL;
	if (ask == NULL || (troupei_ask_owner(ask) & ~(ASK_MARKS & ~ASK_FUTURE)) != me->ref.bits_private)
		return TROUPE_EGONE;
	troupei_ask_settle(troupei_me_worker(me), troupei_me_worker(me)->running, ask);
	return TROUPE_OK;
}
