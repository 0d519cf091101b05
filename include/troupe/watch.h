/* SPDX-License-Identifier: MIT */
/* Links and monitors: one actor hears of another's end, or ends with it.
 *
 * A MONITOR is one way: you are told once, by TROUPE_DOWN, how an actor ended. A LINK goes both ways: two actors that are of no
 * use without each other. When one ends by failure, so does the other, with the reason TROUPE_ELINKED, unless its behaviour has
 * `traps`: then it is told, by TROUPE_LINKED. A normal end (TROUPE_OK) ends nobody else; who traps is told of it too.
 *
 * Failure is every reason but TROUPE_OK: TROUPE_EKILLED, and TROUPE_ELINKED itself, so a failure runs along a chain of links and
 * stops at who traps. An end by a link is an ordinary one: children end first, what is queued goes as `leftovers` says, terminate
 * runs. The news comes after all that: who is told knows that the other one is over. A message that names TROUPE_DOWN or
 * TROUPE_LINKED cannot be sent.
 *
 * TROUPE_DOWN, TROUPE_RESTARTED and TROUPE_LINKED come in the control lane: before user messages that are queued, those of the actor that ended
 * among them, but after its answers; an actor that awaits an answer gets them too. Each counts in the ledger as one message, sent
 * and handled. A handler that does not know them returns TROUPE_UNKNOWN, and they are dropped.
 *
 * A supervised actor (supervise.h) may live several times: a monitor of it tells its end for good, a link is of one life and tells
 * how that ended. Links that are made between two lives are of the next one; who ends meanwhile is not told of.
 *
 * The other actor may live in another system of the process, and is not disturbed. A reference that reaches nobody, the null
 * reference too, is an actor that ended by TROUPE_EGONE. A monitor needs 128 bytes, and so does a link; the first of the process
 * reserves 3 GB of addresses (not of memory). */
#ifndef TROUPE_WATCH_H
#define TROUPE_WATCH_H

#include "actor.h"

TROUPE_EXTERN_C_BEGIN

/** Link @p me and @p other. They are linked once, whoever asks and how often. If it has ended already, that counts as a failure
 *  by TROUPE_EGONE, which @p me hears of, or ends by, after this handler.
 *  @retval TROUPE_EINVAL   @p other is @p me itself, or a reply address
 *  @retval TROUPE_ENOMEM   no memory; nothing has changed
 *  @retval TROUPE_ECLOSED  @p me is ending: it drains, or terminate runs */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_link(troupe_actor *me, troupe_ref other);

/** Take the link away, whoever made it. No end of the one concerns the other after this; nor does one that @p me has not been
 *  told of yet.
 *  @retval TROUPE_ENOENT  there is no link   @retval TROUPE_EINVAL  a reply address */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_unlink(troupe_actor *me, troupe_ref other);

/** Send @p me one TROUPE_DOWN when @p other ends, with m->about, m->why and m->token; at once, with TROUPE_EGONE, if it has ended
 *  already. Each monitor sends one, however many @p me has of the same actor. Monitors end with the actor that has them.
 *  @param token  for m->token
 *  @param out    for troupe_unmonitor; may be NULL
 *  @retval TROUPE_EINVAL   @p other is @p me itself, or a reply address
 *  @retval TROUPE_ENOMEM   no memory; nothing has changed
 *  @retval TROUPE_ECLOSED  @p me is ending: it drains, or terminate runs */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_monitor(troupe_actor *me, troupe_ref other, uint64_t token,
                                                         troupe_monitor_id *out);

/** The same, and one TROUPE_RESTARTED each time that @p other, a child of a supervisor, has begun another life: its init has
 *  succeeded, and m->why is how its last life ended. It is the same actor, so TROUPE_DOWN comes once, when it has ended for good. Of
 *  restarts that follow each other before @p me has handled the news of the first, that one is told alone. A monitor of lives
 *  needs 256 bytes. Parameters and codes as troupe_monitor. */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_monitor_lives(troupe_actor *me, troupe_ref other, uint64_t token,
                                                               troupe_monitor_id *out);

/** After it returns, no TROUPE_DOWN or TROUPE_RESTARTED of this monitor is delivered, not even one that was queued.
 *  @retval TROUPE_ENOENT  it has told, was taken back, or is not @p me's */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_unmonitor(troupe_actor *me, troupe_monitor_id monitor);

TROUPE_EXTERN_C_END
#endif
