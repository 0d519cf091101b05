/* SPDX-License-Identifier: MIT */
/* Troupe: actors for C. This header includes the whole public face; each header below also stands alone.
 *
 * AN ACTOR is a plain struct (its state) and one function, receive, with a switch over the kinds of message it knows.
 * A KIND is an enum constant. A PAYLOAD is a plain struct. A PROTOCOL is a plain union that you write yourself:
 *
 *       enum { COUNTER_ADD = 1, COUNTER_GET };          kinds: yours are 1 and up, Troupe's own are below 0
 *       typedef union counter {                         what one may say to a counter:
 *               troupe_ref ref;                             first: where it is
 *               const void *data;                           second: an incoming payload, not looked at yet
 *               const struct add *COUNTER_ADD;              then, NAMED LIKE THE KIND, the payload that goes with it
 *               const struct get *COUNTER_GET;
 *       } counter;
 *
 *
 * As a reference, `counter c`, the union is 8 bytes; only c.ref is ever read, and the pointers merely tell the compiler
 * which struct belongs to which kind: troupe_send(c, COUNTER_ADD, .by = 5) looks up c.COUNTER_ADD by name, so a message
 * that is not in the protocol does not compile. As a view of a message, `counter in = { .data = m->data }`, the same
 * names read the payload: in.COUNTER_ADD->by. A reply address is such a union too, so a reply is a send.
 * Enumerators share one name space in C: write COUNTER_ADD, not ADD.
 *
 * RULES THAT HOLD UNLESS A FUNCTION SAYS OTHERWISE
 *   Threads    any thread, also inside a handler; never from a signal handler. Functions that take `troupe_actor *me` are
 *              for the handler that was given it, while it runs.
 *   Blocking   never. The few that block say so, and inside a handler they return TROUPE_ECONTEXT having done nothing.
 *   Errors     a status other than TROUPE_OK means that nothing happened, and that output parameters were not written.
 *   Ownership  none passes: what a pointer points to is read before the call returns and is not kept.
 *   NULL       not allowed; gives TROUPE_EINVAL. An options pointer may be NULL: every default.
 *   Durations  int64_t nanoseconds; 0 means "no limit" where a limit is meant; below 0 is TROUPE_EINVAL.
 *   Options    a field that is 0 means the default named beside it.
 */
#ifndef TROUPE_H
#define TROUPE_H

#include "troupe/basics.h"
#include "troupe/status.h"
#include "troupe/message.h"
#include "troupe/system.h"
#include "troupe/bounds.h"
#include "troupe/actor.h"
#include "troupe/supervise.h"
#include "troupe/ask.h"
#include "troupe/group.h"
#include "troupe/executor.h"
#include "troupe/timer.h"
#include "troupe/watch.h"
#include "troupe/registry.h"
#include "troupe/observe.h"
#include "troupe/report.h"
#include "troupe/simulate.h"
#include "troupe/testkit.h"

#endif
