/* SPDX-License-Identifier: MIT */
/* Messages that nobody handles: counted, shown to the hook, answered if they were questions, and freed. */
#ifndef TROUPEI_ACTORS_DEAD_LETTER_H
#define TROUPEI_ACTORS_DEAD_LETTER_H

#include "actors/system.h"

/* Count and show a message that has no envelope: a send that was refused. */
void troupei_dead_letter(struct troupei_system *system, struct actor_worker *worker, troupe_ref to, int32_t kind,
                         const void *data, size_t size, troupe_status why);

/* The end of a message that was queued, whatever sort it is: the users' go to the dead letters, a question is answered with
 * @p why, the runtime's own count as handled. @p to: whom it was for; the envelope is gone when it returns. */
void troupei_envelope_bury(struct troupei_system *system, struct actor_worker *worker, struct cell *to,
                           struct envelope *envelope, troupe_status why);

#endif
