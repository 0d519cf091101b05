/* SPDX-License-Identifier: MIT */
/* ceiling: how many bytes the messages queued in a system may have, memory_max of its options.
 * C1  `used` is what lies in bounded queues (bounds.h): in a system with a ceiling each actor has one.
 * C2  It exceeds `max` at most for as long as one looks and is refused: bytes are taken before the message is queued, and given back when it has left the queue.
 * C3  There is room again at seven eighths. Who is to wait joins the list, then looks; who gives bytes back writes that first,
 *     then looks at the list: a full fence between the two steps of each, or both could miss the other. */
#ifndef TROUPEI_ACTORS_CEILING_H
#define TROUPEI_ACTORS_CEILING_H

#include "actors/room.h"

/* False: no room. Always true without a ceiling. */
bool troupei_ceiling_take(struct ceiling *ceiling, uint64_t bytes);

/* Give back. */
void troupei_ceiling_release(struct ceiling *ceiling, uint64_t bytes);

/* Some was given back, perhaps: whoever waits is told. With no lock held. */
void troupei_ceiling_notice(struct troupei_system *system, struct actor_worker *worker);

/* Both. */
void troupei_ceiling_give(struct troupei_system *system, struct actor_worker *worker, uint64_t bytes);

/* Wait for room. False: there is some, the request is still the caller's. */
bool troupei_ceiling_wait(struct ceiling *ceiling, struct room_request *request);

#endif
