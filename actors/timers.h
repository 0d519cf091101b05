/* SPDX-License-Identifier: MIT */
/* timers: an actor's timers, and the deadlines of its questions. The record of a timer holds the message that it becomes, so
 * that firing cannot fail.
 *
 *   R1  A record is in one place: armed (in a worker's wheel), on its way (fired, its message queued or about to be), or with
 *       its owner's turn. Who takes it out of the wheel decides where it goes; the wheel's lock makes that one thread.
 *   R2  The owner finds it through its table; a record that is on its way when its timer is cancelled loses its table entry,
 *       and is freed when its message is reached. So after cancel nothing is delivered.
 *   R3  A periodic timer is armed again by its owner when its message is reached: at most one is ever queued. */
#ifndef TROUPEI_ACTORS_TIMERS_H
#define TROUPEI_ACTORS_TIMERS_H

#include "actors/system.h"

struct timer;

/* What a timer's message says when it is reached. */
struct timer_event {
	int32_t kind;
	uint64_t token;
	uint32_t ask; /* slot of the reply address whose time is over; 0: a timer of the user's */
};

/* The hook of the scheduler: a record's time has come. */
void troupei_timer_fire(struct worker *worker, struct timer_entry *entry);

/* The owner reaches its message. False: cancelled. The record is armed again or freed. */
bool troupei_timer_reached(struct actor_worker *worker, struct cell *owner, struct envelope *envelope,
                           struct timer_event *out);

/* The message ended elsewhere: free the record. */
void troupei_timer_discard(struct envelope *envelope);

/* Arm: @p period_ns 0 is once; @p ask 0 is the user's. TROUPE_ENOMEM, TROUPE_ECLOSED. */
troupe_status troupei_timer_arm(struct actor_worker *worker, int64_t delay_ns, int64_t period_ns,
                                const struct timer_event *event, uint64_t *out);

/* TROUPE_ENOENT. */
troupe_status troupei_timer_cancel(struct actor_worker *worker, struct cell *owner, uint64_t id);

/* The same by its place in the table, the lower half of its id; the caller knows that it is still there. */
void troupei_timer_cancel_entry(struct actor_worker *worker, struct cell *owner, uint32_t place);

/* The owner ends. */
void troupei_timer_cancel_all(struct actor_worker *worker, struct cell *owner);

/* A record for the deadline of the future at @p address, armed; NULL: no memory. Any thread of the system, or one in its gate. */
struct timer *troupei_timer_arm_future(struct troupei_system *system, troupe_ref address, int64_t deadline_ns);

/* True: it was armed, and has been freed. False: it is on its way to troupei_future_expire, and freed after that. */
bool troupei_timer_disarm_future(struct troupei_system *system, struct timer *timer);

#endif
