/* SPDX-License-Identifier: MIT */
/* Timers: a message to oneself, later or again and again. Never early; a cancelled one never comes. */
#ifndef TROUPE_TIMER_H
#define TROUPE_TIMER_H

#include "actor.h"

TROUPE_EXTERN_C_BEGIN

/* A timer of one actor; {0} is none. A plain value: it owns nothing, and one that is over is TROUPE_ENOENT. */
typedef struct troupe_timer {
	uint64_t bits_private;
} troupe_timer;

/** Send @p me an empty message of @p kind, with m->token, once, in the control lane. The kind need not be in the protocol:
 *  then nobody else can send it. Never early; late by at most what the worker's other work takes. An actor's timers end with it.
 *  @param delay_ns  from now; 0 allowed
 *  @param out       for troupe_cancel; may be NULL
 *  @retval TROUPE_EINVAL  kind not above 0, delay below 0   @retval TROUPE_ENOMEM
 *  @retval TROUPE_ECLOSED  @p me is ending: it drains, or terminate runs */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_after(troupe_actor *me, int64_t delay_ns, int32_t kind, uint64_t token,
                                                       troupe_timer *out);

/** The same every @p period_ns, first after one period. One that is late does not catch up: at most one message of it is
 *  queued, and ticks that were missed are left out, so that the rhythm is kept.
 *  @retval TROUPE_EINVAL  kind not above 0, period not above 0   @retval TROUPE_ENOMEM   @retval TROUPE_ECLOSED  as above */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_every(troupe_actor *me, int64_t period_ns, int32_t kind, uint64_t token,
                                                       troupe_timer *out);

/** After it returns, no message of this timer is delivered, not even one that was queued.
 *  @retval TROUPE_ENOENT  it is over, was cancelled, or is not @p me's */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_cancel(troupe_actor *me, troupe_timer timer);

/** Monotonic nanoseconds of this system; a virtual clock under test. */
TROUPE_API int64_t troupe_now(troupe_system system);

TROUPE_EXTERN_C_END
#endif
