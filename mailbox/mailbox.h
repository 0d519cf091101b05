/* SPDX-License-Identifier: MIT */
/* mailbox: many senders push, one owner takes everything; nobody locks, and the head word tells who must schedule the owner.
 *
 * Shape: Concurrency Kit's stack, push_upmc by senders and batch_pop_upmc by the owner (Treiber 1986, with the ABA-free pop of
 * everything), whose head word also holds something that is no pointer:
 *
 *     head = NULL    the owner runs, or is queued to run, and has taken everything
 *     head = e       the same, and e -> ... -> NULL wait, newest first; or the last of them is being handled (peek)
 *     head = IDLE    nothing waits and the owner is not scheduled
 *     head = CLOSED  nobody is here: pushes are refused
 *     head < 0       and not CLOSED, taken as a signed number: no mailbox, but the state of a reply address (ask.h). Pushes
 *                    are refused; sends to addresses go another way
 *
 * | operation | who            | at once with | what it promises                                               |
 * |-----------|----------------|--------------|----------------------------------------------------------------|
 * | push      | anybody        | everything   | queued, or refused; tells exactly one sender to schedule       |
 * | poke      | anybody        | everything   | the same without a message                                     |
 * | take      | owner          | push, poke   | all that was pushed before, in the order of the pushes         |
 * | peek      | owner          | push, poke   | the message that waits alone, left where it is                 |
 * | finish    | owner          | push, poke   | IDLE if it is still alone; else false, and it still lies there |
 * | idle      | owner          | push, poke   | IDLE if nothing waits; false if something does                 |
 * | close     | owner          | push, poke   | as take, and every later push is refused                       |
 * | open      | who makes it   | push         | IDLE                                                           |
 *
 * I1  Only the owner reads or writes `tail`, and only while head is not IDLE: it is handed over with the head word.
 * I2  A message that was pushed belongs to the mailbox until take or close returns it; then it is the owner's alone. One that
 *     was peeked at may be read, and handled, but stays linked from what is pushed behind it, until finish succeeds or
 *     take_behind has taken it out.
 * I3  From IDLE to not-IDLE goes exactly one push or poke, and that one schedules the owner. So an actor is in one run queue
 *     at most, and runs on one worker at most.
 * I4  The pushes of one mailbox are in one total order (that of their CAS), and a sender's pushes are in program order: this
 *     gives first in first out for each sender, and causal order within one process.
 *
 * What was taken lies in a circular list that `tail` (the newest) closes: tail->next is the oldest. Appending a batch, taking
 * the oldest and putting the stash in front are each a few stores, with one word in the actor. Control messages stand before
 * user messages in it. */
#ifndef TROUPEI_MAILBOX_MAILBOX_H
#define TROUPEI_MAILBOX_MAILBOX_H

#include "base/atomics.h"
#include "mailbox/envelope.h"

struct mailbox {
	struct envelope *head; /* senders */
	struct envelope *tail; /* owner */
};

#define MAILBOX_IDLE   ((struct envelope *)1)
#define MAILBOX_CLOSED ((struct envelope *)INTPTR_MIN)

enum mailbox_push { MAILBOX_QUEUED, MAILBOX_WOKEN, MAILBOX_REFUSED };

/* No push gets in here: no actor, or one that has ended. User space has no such pointers. */
static inline bool troupei_mailbox_refuses(const struct envelope *head)
{
	return (intptr_t)head < 0;
}

static inline bool troupei_mailbox_is_proxy(const struct envelope *head)
{
	return troupei_mailbox_refuses(head) && head != MAILBOX_CLOSED;
}

/* Is it a message? */
static inline bool troupei_mailbox_head_waits(const struct envelope *head)
{
	return (intptr_t)head > (intptr_t)MAILBOX_IDLE;
}

/* Any thread. Lock-free: repeats only when another push, take or close came between. MAILBOX_WOKEN: the caller schedules the
 * owner. MAILBOX_REFUSED: closed (or an address); the message is still the caller's. */
static inline enum mailbox_push troupei_mailbox_push(struct mailbox *mailbox, struct envelope *envelope)
{
	/* Relaxed: only compared and linked to, never followed, before the CAS below has confirmed it. */
	void *head = troupei_load_relaxed_ptr(&mailbox->head);

	for (;;) {
		void *seen;
		if (troupei_unlikely(troupei_mailbox_refuses(head)))
			return MAILBOX_REFUSED;
		envelope->next = head == MAILBOX_IDLE ? NULL : head;
		/* PUSH.cas, acquire and release. Release pairs with TAKE.swap: kind and payload are seen by who takes it;
		 * weakened, the owner reads an unwritten message. Acquire pairs with IDLE.cas: who wakes the owner hands on
		 * all that the owner did before (I1); weakened, the next worker sees an old state or tail. */
		if (troupei_likely(troupei_cas_acqrel_ptr(&mailbox->head, head, envelope, &seen)))
			return head == MAILBOX_IDLE ? MAILBOX_WOKEN : MAILBOX_QUEUED;
		head = seen;
		troupei_spin_hint();
	}
}

/* Any thread. Wake the owner without a message: true means that the caller schedules it. */
static inline bool troupei_mailbox_poke(struct mailbox *mailbox)
{
	void *seen;

	/* POKE.cas: as PUSH.cas. */
	return troupei_cas_acqrel_ptr(&mailbox->head, MAILBOX_IDLE, NULL, &seen);
}

/* ---------------------------------------------------------------------------------------- circular lists: one thread -- */

static inline struct envelope *troupei_list_first(const struct envelope *tail)
{
	return tail == NULL ? NULL : tail->next;
}

static inline void troupei_list_append(struct envelope **tail, struct envelope *envelope)
{
	if (*tail == NULL) {
		envelope->next = envelope;
	} else {
		envelope->next = (*tail)->next;
		(*tail)->next = envelope;
	}
	*tail = envelope;
}

/* The oldest, or NULL. */
static inline struct envelope *troupei_list_pop(struct envelope **tail)
{
	struct envelope *last = *tail, *first;

	if (last == NULL)
		return NULL;
	first = last->next;
	if (first == last)
		*tail = NULL;
	else
		last->next = first->next;
	return first;
}

/* Put all of @p front before all of @p tail. */
static inline void troupei_list_prepend_all(struct envelope **tail, struct envelope *front)
{
	if (front == NULL)
		return;
	if (*tail == NULL) {
		*tail = front;
		return;
	}
	struct envelope *first = front->next;
	front->next = (*tail)->next;
	(*tail)->next = first;
}

/* Put all of @p back behind all of @p tail. */
static inline void troupei_list_append_all(struct envelope **tail, struct envelope *back)
{
	struct envelope *front = *tail;

	*tail = back;
	if (back == NULL)
		*tail = front;
	else
		troupei_list_prepend_all(tail, front);
}

/* Put all of @p control behind the control messages that @p tail begins with, before its user messages. */
void troupei_list_insert_behind_control(struct envelope **tail, struct envelope *control);

/* ---------------------------------------------------------------------------------------------------- owner's side -- */

/* Turn a batch, newest first, round, and join it to @p tail by lanes. */
static inline void troupei_mailbox_join(struct envelope **tail, struct envelope *batch)
{
	struct envelope *user = NULL, *user_last = NULL, *control = NULL, *control_last = NULL;

	while (batch != NULL) {
		struct envelope *next = batch->next;
		if (troupei_unlikely(batch->flags & ENVELOPE_CONTROL)) {
			control_last = control == NULL ? batch : control_last;
			batch->next = control;
			control = batch;
		} else {
			user_last = user == NULL ? batch : user_last;
			batch->next = user;
			user = batch;
		}
		batch = next;
	}
	if (troupei_likely(user != NULL)) {
		user_last->next = user;
		troupei_list_append_all(tail, user_last);
	}
	if (troupei_unlikely(control != NULL)) {
		control_last->next = control;
		troupei_list_insert_behind_control(tail, control_last);
	}
}

/* Owner. Join all that was pushed to the list; false: nothing was. */
static inline bool troupei_mailbox_take(struct mailbox *mailbox)
{
	/* Relaxed: a glance that saves the swap; what it misses, troupei_mailbox_idle will not. */
	if (troupei_load_relaxed_ptr(&mailbox->head) == NULL)
		return false;
	/* TAKE.swap, acquire, pairs with PUSH.cas (release) of every message in the batch: each push is a read-modify-write,
	 * so they form one release sequence and the swap acquires them all. */
	troupei_mailbox_join(&mailbox->tail, troupei_swap_acqrel_ptr(&mailbox->head, NULL));
	return true;
}

/* Owner, with nothing in its list. The message, if it waits alone, as most do: one swap saved. It is left where it is. */
static inline struct envelope *troupei_mailbox_peek(const struct mailbox *mailbox)
{
	/* PEEK.load, acquire, pairs with PUSH.cas (release): kind and payload of the message are seen. */
	struct envelope *head = troupei_load_acquire_ptr(&mailbox->head);

	return head != NULL && head->next == NULL ? head : NULL;
}

/* Owner, who has handled the message it peeked at. Nothing came behind it: true, as troupei_mailbox_idle, and the message is
 * the caller's. */
static inline bool troupei_mailbox_finish(struct mailbox *mailbox, struct envelope *peeked)
{
	void *seen;

	/* FINISH.cas, release, pairs with PUSH.cas and POKE.cas (acquire): as IDLE.cas. */
	return troupei_cas_acqrel_ptr(&mailbox->head, peeked, MAILBOX_IDLE, &seen);
}

/* Owner. Join all that was pushed behind the message that was peeked at, which is the caller's now. (mailbox.c) */
void troupei_mailbox_take_behind(struct mailbox *mailbox, const struct envelope *peeked);

/* Owner. Nothing left to do: true, and the owner is not scheduled any more and must not touch the actor; false: there is. */
static inline bool troupei_mailbox_idle(struct mailbox *mailbox)
{
	void *seen;

	/* IDLE.cas, release, pairs with PUSH.cas and POKE.cas (acquire): state, tail and flags go to the next worker.
	 * It is also the second look: a message pushed after our last take makes the CAS fail, so no wake-up is lost. */
	return troupei_cas_acqrel_ptr(&mailbox->head, NULL, MAILBOX_IDLE, &seen);
}

/* Owner. Refuse all later pushes, and join what was pushed before. */
static inline void troupei_mailbox_close(struct mailbox *mailbox)
{
	/* CLOSE.swap: as TAKE.swap. */
	struct envelope *batch = troupei_swap_acqrel_ptr(&mailbox->head, MAILBOX_CLOSED);

	if (troupei_mailbox_head_waits(batch))
		troupei_mailbox_join(&mailbox->tail, batch);
}

#endif
