/* SPDX-License-Identifier: MIT */
/* post: a finished envelope goes to an actor's mailbox, by the runtime itself. (Users' sends: send.c.) */
#ifndef TROUPEI_ACTORS_POST_H
#define TROUPEI_ACTORS_POST_H

#include "actors/record.h"
#include "actors/system.h"

/* Push @p envelope to the actor that @p ref reaches and schedule it; counted as sent by @p system.
 * TROUPE_EGONE or TROUPE_ECLOSED: it is still the caller's, and nothing was counted. */
troupe_status troupei_post(struct troupei_system *system, struct actor_worker *worker, troupe_ref ref,
                           struct envelope *envelope);

/* The same within one system, whose cell the caller knows. */
troupe_status troupei_post_cell(struct troupei_system *system, struct actor_worker *worker, struct cell *cell,
                                uint32_t generation, struct envelope *envelope);

/* The envelope of the message that is being handled, as the caller's own from now on, to be posted, buried or freed: the message
 * counts as handled. A question's outcome goes with it. NULL: no memory (it lay in a chunk), or taken or forwarded already;
 * nothing has changed. move.c */
struct envelope *troupei_message_detach(struct actor_worker *worker, const troupe_message *m);

/* The same for a question (SORT_QUESTION). */
troupe_status troupei_post_question(struct troupei_system *system, struct actor_worker *worker, struct cell *cell,
                                    uint32_t generation, struct envelope *envelope);

/* The same as the next one, for somebody who wants to know (record.h). */
troupe_status troupei_post_answer_noted(struct actor_worker *worker, struct cell *cell, uint32_t generation, struct envelope *envelope)
	__attribute__((cold));

/* The same for an outcome (SORT_ANSWER, SORT_UNANSWERED) and an actor of the system that @p worker belongs to. */
static inline troupe_status troupei_post_answer(struct actor_worker *worker, struct cell *cell, uint32_t generation,
                                                struct envelope *envelope)
{
	if (troupei_is_noted())
		return troupei_post_answer_noted(worker, cell, generation, envelope);
	envelope->generation = generation;
	troupei_count_own_64(&worker->tally.sent, 1); /* before the push: after it the ledger may be read */
	enum mailbox_push pushed = troupei_mailbox_push(&cell->mailbox, envelope);
	if (troupei_unlikely(pushed == MAILBOX_REFUSED)) {
		troupei_count_own_64(&worker->tally.sent, (uint64_t)-1);
		return TROUPE_ECLOSED;
	}
	if (troupei_unlikely(worker->running == cell))
		worker->after |= AFTER_LOOK;
	if (troupei_likely(pushed == MAILBOX_WOKEN))
		troupei_schedule(worker->system, worker, cell);
	else
		troupei_or_full_8(&cell->signals, SIGNAL_CONTROL); /* only a hint: a stale one costs the successor a look */
	return TROUPE_OK;
}

#endif
