/* SPDX-License-Identifier: MIT */
/* Bounds: mailboxes that do not grow without end, and what becomes of what does not fit.
 *
 * A behaviour with `.bounds`, or a spawn with them, limits what may wait in its actor's mailbox. What is sent beyond that is refused,
 * dropped, or its sender waits: `overflow` says which. Answers, timers, news of other actors, and what ends actors are never
 * refused and do not count; nor do messages that the actor has deferred.
 * In a system whose options have `memory_max` the same is done for all actors together: what an actor without bounds is sent then
 * is refused. */
#ifndef TROUPE_BOUNDS_H
#define TROUPE_BOUNDS_H

#include "message.h"

TROUPE_EXTERN_C_BEGIN

/* What becomes of a message that is sent to a full mailbox. A question that is refused or dropped is answered so. */
typedef enum troupe_overflow {
	TROUPE_REFUSE = 0,  /* the send is TROUPE_EFULL: nothing has happened, and no dead letter */
	TROUPE_DROP_NEWEST, /* the send is TROUPE_OK, and its message a dead letter (EFULL) */
	TROUPE_DROP_OLDEST, /* the send is TROUPE_OK, and the oldest that wait are dead letters (EFULL) */
	TROUPE_PARK         /* the send is TROUPE_OK and its message queued; its sender is parked: from the end of its handler on
	                       it handles control messages alone, until half of the mailbox is free. No thread waits for that. For
	                       plain threads, at the ceiling of memory_max, and for who is parked there already and handles a
	                       control message, as TROUPE_REFUSE.
	                       An actor is not parked if it is ending, or if a circle of actors would wait for each other's
	                       room: then it goes on (counters.credited), beyond the bound by what it sends */
} troupe_overflow;

/* Bounds of a mailbox. 0: no limit; one of the three must be set. */
typedef struct troupe_bounds {
	uint32_t messages_max;     /* that wait; TROUPE_PARK needs it, and each sender may exceed it by what one handler sends */
	troupe_overflow overflow;  /* default: refuse */
	uint64_t bytes_max;        /* of memory that they take: their payload, rounded up, and some 32 bytes each. What alone is
	                              more never fits; it is parked for all the same */
	int64_t delay_ns_max;      /* how long they may wait, when the queue stands: when none has waited less for
	                              delay_interval_ns. Then some are dropped (dead letters, ETIMEOUT) when they would be next,
	                              more and more of them, and all that have waited twice as long: RFC 8289. A mailbox
	                              that stands is full while its oldest has waited for so long */
	int64_t delay_interval_ns; /* a burst may last so long, not less than delay_ns_max; default: 100 ms, or delay_ns_max */
	uint8_t newest_first;      /* 1: while the queue stands, the newest are handled first: some are served in time, instead of
	                              all too late. Order is not kept then. Needs delay_ns_max; goes well with
	                              TROUPE_DROP_OLDEST. Default: 0 */
	uint8_t reserved_small[7]; /* 0 */
	uint64_t reserved[4];      /* 0 */
} troupe_bounds;

/** After TROUPE_EFULL: one message TROUPE_ROOM (about: @p to, token) comes to @p me when half of what @p to may have waiting is
 *  free, or it has ended; at once if that is so now, or @p to has no bounds. Who waits first is told first, and no more than there
 *  is room for. It is a hint: others may be faster. A later life of @p me is not told.
 *  @retval TROUPE_ENOMEM  @retval TROUPE_EINVAL  @p me is NULL, or @p to a reply address
 *  @retval TROUPE_ECLOSED  @p me is ending: it drains, or terminate runs */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_await_room(troupe_actor *me, troupe_ref to, uint64_t token);

/** The same for threads. Blocking: up to @p within_ns (0: no limit). Threads: any but a worker; not for oneself.
 *  @retval TROUPE_OK        there is room, or @p to has ended, or never was
 *  @retval TROUPE_ETIMEOUT  there is none still   @retval TROUPE_ECONTEXT  called in a handler
 *  @retval TROUPE_EINVAL    @p within_ns is negative, or @p to a reply address */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_wait_room(troupe_ref to, int64_t within_ns);

TROUPE_EXTERN_C_END
#endif
