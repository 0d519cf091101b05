/* SPDX-License-Identifier: MIT */
/* watchdog: a thread that notices handlers that take too long, tells, and calls a spare worker for each worker that is kept.
 *
 *   D1  Workers do nothing for it: it compares words that they write anyway, twice a limit. What has not changed for as long as the
 *       limit is the same call of the same handler. Time counts only as far as the watchdog itself ran: a process that was stopped
 *       as a whole accuses nobody.
 *   D2  It sleeps without a limit while all workers sleep, and on threads apart nothing runs, or is about to, that it watches (D4). A
 *       worker that leaves the sleepers wakes it (scheduler/park.c); none hands work to a thread apart before that.
 *   D3  The calls that led to where a handler is are collected by a signal to its thread (SIGURG, which nothing sends otherwise and
 *       which is ignored by default). The same signal lets the worker give away what only it could reach (spare.h, P4), if it
 *       interrupted the handler's own code, or the C library's called from there.
 *   D4  Threads on which actors may block are watched only where the behaviour sets a limit of its own, and need no spare. */
#ifndef TROUPEI_ACTORS_WATCHDOG_H
#define TROUPEI_ACTORS_WATCHDOG_H

#include "actors/system.h"

/* The system is started: watch, unless its limit is none. TROUPE_ETHREAD */
troupe_status troupei_watchdog_start(struct troupei_system *system, int64_t handler_ns_max);

/* A behaviour with a limit of its own. TROUPE_ETHREAD */
troupe_status troupei_watchdog_cover(struct troupei_system *system, int64_t handler_ns_max);

/* Before the workers stop. Again: nothing. */
void troupei_watchdog_stop(struct troupei_system *system);

#endif
