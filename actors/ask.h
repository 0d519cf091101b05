/* SPDX-License-Identifier: MIT */
/* ask: reply addresses. One is a slot like an actor's, so that it is a reference like any other, but where an actor has the head
 * of its mailbox it has its state, a negative number: a send to it takes the other way, here.
 *
 *   state   answers still expected, and questions without an outcome: ask_state.h
 *
 *   A1  Whoever delivers an outcome first takes it from `state` with one CAS, which fails if the address has been closed or the
 *       slot used again (the generation is part of it): a late answer never reaches a newer question.
 *   A2  The slot is freed by its owner alone, when it is closed and every answer that was taken from it has arrived (or the
 *       owner forgets it, or ends): so the fields below may be read by whoever saw state open before and after. Answers may
 *       overtake each other between the CAS and the mailbox: the last one taken need not be the last to arrive.
 *       With ASK_ALL every outcome counts as an answer there, of 65535 that never come, and each is brought to the owner.
 *   A3  An owner's addresses hang on one list that only the owner touches. */
#ifndef TROUPEI_ACTORS_ASK_H
#define TROUPEI_ACTORS_ASK_H

#include "actors/ask_state.h"
#include "actors/system.h"

struct ask {
	uint64_t state;          /* MAILBOX_CLOSED until it is published, and after it is freed */
	union {
		uint64_t opening;    /* the state to publish; from then on: */
		troupe_status why;   /* the owner's: why it closed, while answers are still on the way; 0: not told */
	};
	uint64_t owner;          /* reference of the actor that asks (0: a thread does, through a future), with ASK_... */
	union {
		struct {
			uint32_t next, previous; /* A3: by slot; 0: none */
		} links;
		struct future *future;
	} of;
	uint32_t generation;
	uint8_t system;
	uint8_t signals;         /* an actor's: somebody may still set one that was the slot's before */
	uint8_t unused[2];
	uint64_t token;
	troupe_receive *then;
	uint32_t timer;          /* of the deadline: its place in the owner's table; 0: none */
	uint16_t expected;       /* answers in all; the owner's, like these two */
	uint16_t arrived;        /* answers (ASK_ALL: outcomes) that have come to the owner */
};

static_assert(sizeof(struct ask) == sizeof(struct cell), "they share slots");
static_assert(offsetof(struct ask, generation) == offsetof(struct cell, generation), "checked before it is known which");
static_assert(offsetof(struct ask, state) == offsetof(struct cell, mailbox.head), "one word, and only ever atomic");
static_assert(offsetof(struct ask, system) == offsetof(struct cell, system), "likewise");

/* ask.owner, in bits that are 0 in a reference (slots have 27): whose it is and what kind it is of is one word, written before the
 * state that opens the address, and so either both the address's own, or both another's (A2). */
#define ASK_WAITED (UINT64_C(1) << 27) /* an actor may wait for its one answer: waits.h */
#define ASK_ALL    (UINT64_C(1) << 28) /* TROUPE_ANSWERS_ALL */
#define ASK_FUTURE (UINT64_C(1) << 29) /* a thread's */
#define ASK_MARKS  (ASK_WAITED | ASK_ALL | ASK_FUTURE)

static_assert((ASK_MARKS & (SLOTS_MAX - 1)) == 0, "bits that no slot has");

static inline struct ask *troupei_ask_of(struct cell *cell)
{
	return (struct ask *)cell;
}

static inline bool troupei_cell_is_proxy(const struct cell *cell)
{
	return troupei_mailbox_is_proxy(troupei_load_relaxed_ptr(&cell->mailbox.head));
}

/* The reference that answers are sent to. */
static inline troupe_ref troupei_address_of(const struct ask *ask)
{
	return troupei_ref(troupei_slot_of((const struct cell *)ask) | SLOT_ADDRESS, ask->generation);
}

/* The slot that the address reaches, if it is in use at this moment; NULL: stale or forged, or no address. */
static inline struct ask *troupei_address_ask(troupe_ref address)
{
	struct cell *cell = troupei_ref_is_address(address)
	                            ? troupei_ref_cell((troupe_ref){ address.bits_private & ~(uint64_t)SLOT_ADDRESS })
	                            : NULL;

	return cell != NULL && troupei_cell_is_proxy(cell) ? troupei_ask_of(cell) : NULL;
}

/* Is it still open? */
bool troupei_ask_is_open(troupe_ref address);

/* Open one. TROUPE_EINVAL, TROUPE_ENOMEM, TROUPE_ELIMIT. The caller fills in owner, links and flags, then publishes it. */
troupe_status troupei_ask_make(struct troupei_system *system, struct actor_worker *worker,
                               const troupe_expectation *options, struct ask **out);
void troupei_ask_publish(struct ask *ask);

/* Nothing reaches it any more. */
void troupei_ask_retire(struct ask *ask);

/* The same, and free the slot. */
void troupei_ask_free(struct troupei_system *system, struct actor_worker *worker, struct ask *ask);

/* Close without freeing, so that no outcome can be taken any more. False: it was closed already. */
bool troupei_ask_close(struct ask *ask);

/* A send to a reply address, from anywhere (kind and payload have been checked). @p pointer: 0, or ENVELOPE_MOVED or
 * ENVELOPE_SHARED. */
troupe_status troupei_ask_answer(troupe_ref address, int32_t kind, const void *data, size_t size, uint8_t pointer);

/* The same with an answer that is an envelope already, for an address of this system. False: closed, and the envelope is still
 * the caller's. */
bool troupei_ask_deliver(struct troupei_system *system, struct actor_worker *worker, troupe_ref address,
                         struct envelope *envelope);

/* Close the address for the reason that the envelope (SORT_UNANSWERED) says, once what was answered has come. Consumes it. */
void troupei_ask_end(struct troupei_system *system, struct actor_worker *worker, troupe_ref address,
                     struct envelope *envelope);

/* send.c: send a question whose payload has the address in it already. */
troupe_status troupei_ask_again(troupe_ref to, int32_t kind, const void *data, size_t size, troupe_ref address);

/* A question with this address is now so many more: it goes to several. TROUPE_ELIMIT: more than can be counted. An address
 * that is closed is fine: nobody counts any more. */
troupe_status troupei_ask_widen(troupe_ref address, uint32_t more);

/* Its owner and its marks, at a look that may come too late: the slot is another's by then, perhaps an actor's, whose behaviour lies
 * there. What is read counts only if the state, looked at after it, is still that of the address (A1). */
static inline uint64_t troupei_ask_owner(const struct ask *ask)
{
	return troupei_load_relaxed_64(&ask->owner);
}

static inline void troupei_ask_mark(struct ask *ask, uint64_t mark)
{
	troupei_store_relaxed_64(&ask->owner, ask->owner | mark);
}

/* Are answers expected from all that were asked? */
static inline bool troupei_ask_is_for_all(const struct ask *ask)
{
	return (troupei_ask_owner(ask) & ASK_ALL) != 0;
}

/* The question at @p address gets no answer, for this reason. False: no memory to say so. */
bool troupei_question_fail(struct troupei_system *system, struct actor_worker *worker, uint64_t address,
                           troupe_status why);

/* The same with the envelope of the question (or any of its size), which becomes the news: needs no memory. Consumes it. */
void troupei_question_fail_with(struct troupei_system *system, struct actor_worker *worker, struct envelope *envelope,
                                troupe_status why);

/* ------------------------------------------------------------------------------------------------ the owner's side -- */

/* The owner handles an outcome that has come (SORT_ANSWER, SORT_UNANSWERED): find its address. NULL: forgotten meanwhile. */
static inline struct ask *troupei_ask_of_outcome(const struct envelope *envelope)
{
	return troupei_address_ask((troupe_ref){ troupei_envelope_extension(envelope)->word });
}

/* Take the address from its owner's list, disarm its deadline, end a hold, free it. */
void troupei_ask_settle(struct actor_worker *worker, struct cell *owner, struct ask *ask);

/* The owner ends: close all. */
void troupei_ask_settle_all(struct actor_worker *worker, struct cell *owner);

/* It is closed, and all that was taken has arrived. */
static inline bool troupei_ask_is_complete(const struct ask *ask)
{
	uint64_t state = troupei_load_acquire_64(&ask->state);

	return !troupei_state_is_open(state, ask->generation) && ask->arrived == ask->expected - troupei_state_answers(state);
}

/* One question, one answer. The caller has not published it yet. */
static inline bool troupei_ask_is_single(const struct ask *ask)
{
	return troupei_state_answers(ask->opening) == 1 && troupei_state_questions(ask->opening) == 1;
}

/* Its owner does not await anything any more, if it did. */
void troupei_ask_hold_over(struct cell *owner);

/* It has closed: were there fewer answers than it expected? */
static inline bool troupei_ask_answers_missing(const struct ask *ask)
{
	return troupei_state_answers(troupei_load_relaxed_64(&ask->state)) > 0;
}

/* A deadline has come: the address of this slot closes if it is still open. True: its owner is to be told. */
bool troupei_ask_expire(struct ask *ask);

/* ------------------------------------------------------------------------------------- the side of who is asked: keep.c -- */

/* The running actor owes an answer to this address. TROUPE_ENOMEM. */
troupe_status troupei_ask_own(struct actor_worker *worker, uint64_t address);
bool troupei_ask_is_owed(const struct actor_worker *worker, uint64_t address);
/* It has answered, or somebody else owes it now. False: it did not owe it. */
bool troupei_ask_disown(struct actor_worker *worker, uint64_t address);
/* It will not answer, for this reason. Needs no memory. False: it did not owe it. */
bool troupei_ask_fail_owed(struct actor_worker *worker, uint64_t address, troupe_status why);

/* The actor ends: fail the questions it kept. */
void troupei_ask_fail_kept(struct actor_worker *worker, struct cell *cell, troupe_status why);

#endif
