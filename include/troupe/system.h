/* SPDX-License-Identifier: MIT */
/* Systems: start one, run it until told, finish it in order. Several may live in one process. */
#ifndef TROUPE_SYSTEM_H
#define TROUPE_SYSTEM_H

#include "observe.h"

TROUPE_EXTERN_C_BEGIN

#define TROUPE_WORKERS_MAX 256 /* threads of one system */
#define TROUPE_BLOCKING_MAX 4096 /* threads of one system on which actors may block */
#define TROUPE_SYSTEMS_MAX 127 /* systems alive at once in one process */

typedef struct troupe_options {
	uint32_t struct_size;  /* see TROUPE_OPTIONS */
	uint32_t workers;      /* threads, up to TROUPE_WORKERS_MAX; default: the CPUs that affinity and the cgroup's quota allow */
	uint64_t actors_max;   /* alive at once, open reply addresses too; default: no limit but 134,217,727 in the process */
	int64_t turn_ns_max;   /* an actor with more to do steps back after so long; default: 200 us */
	void (*dead_letter)(void *context, const troupe_dead_letter *letter); /* called for each, on any thread, at once; must
	                          not block nor call Troupe's blocking functions; default: none */
	void (*log)(void *context, const char *line); /* failures of actors and what stands in the way of an end, a line each,
	                          without a line break; any thread; default: to stderr */
	void *context;         /* for the hooks; yours */
	troupe_ledger *ledger; /* the final ledger is written there by troupe_finish; yours; default: none */
	uint64_t seed;         /* for what Troupe decides by chance (whom to steal from); default: 1 */
	uint32_t blocking_max; /* threads for actors that block, up to TROUPE_BLOCKING_MAX; made when needed; default: 64 */
	uint32_t reserved_small; /* 0 */
	uint64_t crashes_max;      /* of contained actors, within crashes_within_ns; one more ends the process, as without
	                              containment: each may have left damage behind. UINT64_MAX: no limit; default: 1000 */
	int64_t crashes_within_ns; /* counted from a crash on; default: 1 s */
	int64_t handler_ns_max;    /* how long a handler may take: see WATCHDOG; -1: no limit, no watchdog; default: 1 s */
	uint64_t memory_max;       /* bytes that the messages waiting in all mailboxes may take; what is sent beyond that is
	                              treated as bounds.h says of full mailboxes, without bounds refused (TROUPE_EFULL). Answers
	                              and control messages are not. All sends are somewhat slower then, and actors larger.
	                              Default: no limit */
	const char *record;        /* the process is recorded to this file: see RECORDING; default: what the environment variable
	                              TROUPE_RECORD says, else not */
	uint64_t record_max;       /* bytes of it; default: 1 GB */
} troupe_options;


/* WATCHDOG. A handler (init and terminate too) that takes longer than handler_ns_max, its behaviour's or else the system's, is
 * reported once to the log hook: actor, kind of message, how long so far, and the calls that led to where it is (for addr2line).
 * Nothing is done to it. While it runs, a worker more runs in place of its own, so that others have their share and timers come
 * on time: they are held up at most until it is noticed, half as long again as the limit. Up to as many as there are workers (256
 * with them), so that more stuck handlers than workers do keep others waiting.
 *   - Its thread gets a signal, SIGURG, to find those calls: a system call that it waits in may return EINTR. A thread that
 *     blocks SIGURG is reported without the calls; and whom this handler itself has woken last, and actors that were
 *     spawned on its worker and never ran, then wait for it. The same while it is inside a function of Troupe's or a hook.
 *   - A handler of a behaviour with `blocks` is watched only if that sets a limit: it may wait, and keeps no worker.
 *   - The watchdog is a thread of the system's. It looks every half of the shortest limit (at least 1 ms) while a worker
 *     is awake, and sleeps while all do. */

/* RECORDING. Who handles which message is written down, up to 8 bytes each, for `troupe replay FILE`, which runs the same program
 * again, message by message, up to where it failed. The file outlives a crash. It is the process's: begun with its first system,
 * as its options or the environment say, and for all systems after it. When the file is full, or something cannot be replayed (bounded
 * mailboxes, actors that block or run in other processes, threads of your own that send), the recording ends there, and the
 * program goes on: stderr and the file say why. In a simulation nothing is recorded. */

/** Start a system: its workers run when it returns.
 *  @retval TROUPE_EINVAL   a field out of range, or struct_size is 0, or larger than this library knows and the rest is not 0; or
 *                          the recording cannot begin: its file cannot be made (stderr says why), or messages or payloads
 *                          were made before
 *  @retval TROUPE_ENOMEM   no memory   @retval TROUPE_ETHREAD  no thread   @retval TROUPE_ELIMIT  TROUPE_SYSTEMS_MAX live
 *  Nothing is left behind by a failure. */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_start(const troupe_options *options, troupe_system *out);

/** Run until told: block until troupe_quit is called. Threads: any but a worker. @retval TROUPE_ECONTEXT in a handler */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_run(troupe_system system);

/** Let troupe_run return, now or when it is called. @return always TROUPE_OK with a valid system */
TROUPE_API troupe_status troupe_quit(troupe_system system);

/** Wait until no message is queued that could be handled and no handler runs. Timers that are armed, and deferred or held
 *  messages, do not count. Blocking: up to @p within_ns (0: no limit). Threads: any but a worker.
 *  @retval TROUPE_ETIMEOUT  still busy   @retval TROUPE_ECONTEXT  in a handler */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_settle(troupe_system system, int64_t within_ns);

/** End a system in order, and free it. Blocking: up to @p within_ns (0: no limit). Threads: any but a worker.
 *   1. Sends and spawns from outside are refused (TROUPE_ECLOSED).
 *   2. What is queued is handled, with all that follows from it, for up to half of the time. Timers go on meanwhile.
 *   3. Every actor is told to end, as by troupe_stop: children before parents.
 *   4. When three quarters of the time are over, the rest are killed, as by troupe_kill.
 *   5. Workers end; the ledger is asserted and written; everything is freed; @p system is invalid.
 *  @retval TROUPE_OK        all actors ended in order
 *  @retval TROUPE_ETIMEOUT  some had to be killed (they get up to a second for it), each named to the log hook with what it was doing. An actor whose handler
 *                           does not return cannot be ended: the workers and the memory of the system are left behind
 *  @retval TROUPE_ECONTEXT  called inside a handler: nothing happened */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_finish(troupe_system system, int64_t within_ns);

/** How many workers troupe_start makes by default: the CPUs that affinity and the cgroup's quota allow, at least 1. */
TROUPE_API uint32_t troupe_workers_default(void);

TROUPE_EXTERN_C_END
#endif
