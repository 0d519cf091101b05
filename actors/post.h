/* SPDX-License-Identifier: MIT */
/* post: a finished envelope goes to an actor's mailbox, by the runtime itself. (Users' sends: send.c.) */
#ifndef TROUPEI_ACTORS_POST_H
#define TROUPEI_ACTORS_POST_H

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

/* The same for an outcome (SORT_ANSWER, SORT_UNANSWERED) and an actor of the system that @p worker belongs to. */
troupe_status troupei_post_answer(struct actor_worker *worker, struct cell *cell, uint32_t generation, struct envelope *envelope);

#endif
