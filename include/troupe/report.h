/* SPDX-License-Identifier: MIT */
/* What everybody is doing: a report of a system while it runs, hangs, or does not come to its end. */
#ifndef TROUPE_REPORT_H
#define TROUPE_REPORT_H

#include "system.h"

TROUPE_EXTERN_C_BEGIN

#define TROUPE_REPORT_ACTORS_MAX 1000000

typedef enum troupe_report_format {
	TROUPE_REPORT_TEXT = 0, /* for people */
	TROUPE_REPORT_JSON,     /* one object (RFC 8259); its lines may be joined with or without line breaks */
	TROUPE_REPORT_GRAPHVIZ  /* a digraph for dot: who supervises whom, and, dashed, who waits for whom; circles are red */
} troupe_report_format;

typedef struct troupe_report_options {
	uint32_t struct_size; /* see TROUPE_OPTIONS */
	uint32_t actors_max;  /* listed one by one, up to TROUPE_REPORT_ACTORS_MAX; the others are counted. Those that are busy or
	                         wait for something come first, the idle last. Default: 1000 */
	troupe_report_format format;
	uint32_t reserved_small; /* 0 */
	void (*line)(void *context, const char *text); /* called for each line, which has no line break and is valid during the
	                         call; must not finish the system. Default: to stderr; of troupe_system_report_on: to the log hook */
	void *context;        /* for line; yours */
} troupe_report_options;

/** Write a report: phase of the system, ledger, counters, memory, what each worker runs, threads and pools for what blocks, what
 *  is in the way of an end, who waits for whom, and the actors: each with its state, what is queued for it, its questions,
 *  timers, children, and who supervises it.
 *  States: running; blocking (running on a thread for actors that block); awaiting (an answer, and handles nothing else);
 *  parked (until another has room); ending (waits for its children); draining; restarting (between two lives: waits for its
 *  supervisor); queued (to run); idle.
 *  It stops nobody, and nobody waits for it but an end of the system. So it is no picture of one moment: each actor is looked at
 *  by itself, and what it has queued is counted while it may change; up to 1000 messages of one actor, and 100,000 in all, then
 *  the number is marked as a lower bound. Where the operating system refuses process_vm_readv (some sandboxes), names and counts are
 *  missing.
 *  Threads: any, handlers too. Time: about 100 ns for each actor there is, and 20 us for each that is listed.
 *  @param options  NULL: text, to stderr
 *  @retval TROUPE_EINVAL   no system, an unknown format, actors_max too large, struct_size 0 or larger than is known and the
 *                          rest not 0
 *  @retval TROUPE_ENOMEM   no memory: no line was written
 *  @retval TROUPE_ECLOSED  the system is gone, or its workers are stopping */
TROUPE_API troupe_status troupe_system_report(troupe_system system, const troupe_report_options *options);

/** Write such a report whenever the process gets a signal, SIGUSR1 say. It is written by a thread of its own, not in the
 *  handler. Several systems may have the same signal; each has one: a second call replaces the first. What handled the signal
 *  before does so again when the last system that has it takes it off, or is finished.
 *  @param signal   0: no report any more
 *  @param options  as above; copied. With signal 0: not looked at
 *  @retval TROUPE_EINVAL   as above; or no signal that may be handled, or one of those that containment handles (SIGSEGV, SIGBUS,
 *                          SIGFPE, SIGILL, SIGABRT), or the watchdog's (SIGURG)
 *  Blocking: until a report that is being written has been, if nobody wants any more. Not from the `line` of one.
 *  @retval TROUPE_ETHREAD  no thread can be made   @retval TROUPE_ECLOSED  its workers are stopping
 *  @retval TROUPE_ECONTEXT in a handler */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_system_report_on(troupe_system system, int signal,
                                                                  const troupe_report_options *options);

TROUPE_EXTERN_C_END
#endif
