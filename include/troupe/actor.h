/* SPDX-License-Identifier: MIT */
/* Actors: what they are, how they are made, change, and end. */
#ifndef TROUPE_ACTOR_H
#define TROUPE_ACTOR_H

#include "bounds.h"

TROUPE_EXTERN_C_BEGIN

/* What became of the message: the result of a handler. A type of its own, so that an actor does not fail because somebody
 * else's mailbox was full, unless its author says so: `return troupe_fail(me, status)`. */
typedef enum troupe_verdict {
	TROUPE_HANDLED = 0, /* done with it */
	TROUPE_DEFERRED,    /* stashed; delivered again, in the old order, after the next troupe_become, troupe_unbecome or
	                       troupe_undefer */
	TROUPE_UNKNOWN,     /* not mine: it goes to the dead letters (TROUPE_EUNKNOWN), a question is answered so, and the
	                       actor goes on */
	TROUPE_FAILED = -1  /* the handler failed: the actor ends. Say why: `return troupe_fail(me, why)` */
} troupe_verdict;

/** The one kind of function that every actor has: handles one message. Also used for become and for continuations.
 *  Runs on one thread at a time; what it writes to the state is visible to the next call on whichever thread. Must not
 *  block: while it does, a worker does nothing else. One that must is of a behaviour with `blocks`, or gives the work to a
 *  pool (executor.h). */
typedef troupe_verdict troupe_receive(troupe_actor *me, const troupe_message *m);

/* What becomes of messages that an ending actor has not handled. */
typedef enum troupe_fate {
	TROUPE_DEAD_LETTER = 0, /* skip them: dead letters; questions are answered TROUPE_UNANSWERED */
	TROUPE_HAND_BACK,       /* to who sent it (troupe_send_from), else to the parent, as TROUPE_RETURNED; else as above */
	TROUPE_DRAIN            /* handled first, while nothing new is accepted */
} troupe_fate;

/* One kind of message that a behaviour knows: see TROUPE_KIND. */
typedef struct troupe_kind {
	int32_t kind;     /* 0 ends a table */
	uint32_t size;    /* of its payload, bytes; 0: any */
	const char *name; /* for reports and dead letters */
} troupe_kind;

/** TROUPE_KIND(protocol, KIND): a row of a table of kinds,
 *  `static const troupe_kind counter_kinds[] = { TROUPE_KIND(counter, COUNTER_ADD), TROUPE_KIND(counter, COUNTER_GET), { 0 } };`
 *  It does not compile when the protocol has no such KIND. */
#define TROUPE_KIND(protocol, KIND)                                                     \
	{                                                                               \
		.kind = (KIND), .size = sizeof *((protocol *)0)->KIND, .name = #KIND    \
	}

/** TROUPE_KIND_ANY_SIZE(KIND): a row for a kind whose payloads vary in size, sent with troupe_send_bytes. */
#define TROUPE_KIND_ANY_SIZE(KIND)                            \
	{                                                     \
		.kind = (KIND), .size = 0, .name = #KIND      \
	}

/* What a crash in a handler does. See CONTAINMENT in this file. */
typedef enum troupe_isolation {
	TROUPE_TOGETHER = 0, /* it ends the process */
	TROUPE_CONTAINED,    /* it ends the actor: TROUPE_ECRASHED */
	TROUPE_PROCESS       /* the actor has a child process to itself, and ends with it: TROUPE_ECRASHED */
} troupe_isolation;

/* What an actor is. Usually `static const`; must outlive the actors made from it. Only receive is needed. */
typedef struct troupe_behaviour {
	const char *name;               /* in reports and dead letters; default: "actor" */
	troupe_receive *receive;        /* handles a message; not NULL */
	troupe_verdict (*init)(troupe_actor *me); /* first thing in an actor's life, before any message and soon after the
	                                   spawn; may do all that a handler may. TROUPE_FAILED: it ends at once. Default: nothing */
	void (*terminate)(troupe_actor *me, troupe_status why); /* last thing in its life: free what the state owns. Not after
	                                   a failed init or a crash. Default: nothing */
	size_t state_size;              /* bytes; default: 0, me->state is NULL */
	const troupe_kind *kinds;       /* the protocol, ended by { 0 }: gives names to reports and dead letters; builds with
	                                   TROUPE_DEBUG compare sizes, and stop the program where they differ */
	troupe_fate leftovers;          /* queued and deferred messages at the end; default: dead letters */
	uint32_t turn_messages_max;     /* handled in one go before others run; default: 64 */
	const troupe_bounds *bounds;    /* of its mailbox: see bounds.h; copied at each spawn. Default: none */
	troupe_isolation isolation;     /* of crashes in its handlers; default: none */
	uint8_t blocks;                 /* 1: handlers may block, and call what blocks: they run on threads apart from the workers,
	                                   up to blocking_max of the system. Default: 0 */
	uint8_t traps;                  /* 1: the end of a linked actor is a message, TROUPE_LINKED; default, 0: its failure ends
	                                   this one too (TROUPE_ELINKED). See watch.h */
	uint16_t reserved_small;        /* 0 */
	int64_t handler_ns_max;         /* how long a handler may take before the watchdog reports it: see system.h; -1: no limit;
	                                   default: handler_ns_max of the system, and no limit where it blocks. Not for
	                                   TROUPE_PROCESS, whose handlers may block: above 0 it is TROUPE_EINVAL there */
	uint64_t reserved[5];           /* 0 */
} troupe_behaviour;

/* A monitor that one actor has: see watch.h. {0} is none. A plain value: it owns nothing. */
typedef struct troupe_monitor_id {
	uint64_t bits_private;
} troupe_monitor_id;

/* How to spawn. */
typedef struct troupe_spawn_options {
	uint32_t struct_size; /* see TROUPE_OPTIONS */
	bool child;           /* it becomes the child of the actor that spawns it: it is told to end, and has ended, before
	                         its parent does; what it hands back goes there. Default: nobody's child */
	const char *name;     /* registered before the first message can reach it; copied; default: none */
	uint8_t link;         /* 1: linked to the actor that spawns it, from birth: troupe_link with no moment between */
	uint8_t monitor;      /* 1: monitored by the actor that spawns it, likewise */
	uint16_t reserved_small;       /* 0 */
	uint32_t reserved;             /* 0 */
	uint64_t token;                /* of the monitor */
	troupe_monitor_id *monitor_id; /* where to put the monitor's id; default: nowhere */
	const troupe_bounds *bounds;   /* of its mailbox; copied; default: the behaviour's */
} troupe_spawn_options;

/** Make an actor that is nobody's child. It starts as a copy of a struct that you fill in: there is no constructor to write.
 *  @param behaviour  kept: must outlive the actor
 *  @param initial    state_size bytes, copied; NULL: zeros
 *  @param out        the new actor, `&c.ref`; may be NULL. That @p behaviour speaks the protocol of c is for you to see to:
 *                    write one function `counter counter_spawn(...)` per behaviour
 *  @retval TROUPE_EINVAL   no receive, an enum out of range, blocks not 0 or 1, handler_ns_max below -1, reserved not 0, bounds
 *                          that set no limit, or that contradict themselves; a process that blocks or drains
 *  @retval TROUPE_ENOMEM   no memory; or none for stacks to handle signals on, if @p behaviour is the first that is contained
 *  @retval TROUPE_ETHREAD  it blocks, has a process, or is the first that has a limit of time, and the operating system gives no
 *                          thread, process or descriptors for it
 *  @retval TROUPE_EREMOTE  called in a process of an actor (see THE WALL in this file)
 *  @retval TROUPE_ELIMIT   actors_max of the system is reached
 *  @retval TROUPE_ECLOSED  the system is shutting down */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_spawn(troupe_system system, const troupe_behaviour *behaviour,
                                                       const void *initial, troupe_ref *out);

/** Make a child of @p me. Codes as troupe_spawn; TROUPE_ECLOSED also when @p me is ending. */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_spawn_child(troupe_actor *me, const troupe_behaviour *behaviour,
                                                             const void *initial, troupe_ref *out);

/** Make an actor with options.
 *  @param me  the actor that spawns; NULL: none, from a plain thread. Needed for options->child, link, monitor.
 *  @retval TROUPE_EINVAL  also: child, link or monitor without @p me; a member that is neither 0 nor 1; struct_size is 0, or
 *                         larger than this library knows and the rest is not 0
 *  @retval TROUPE_ECLOSED  also: link or monitor, and @p me drains or terminate runs
 *  @retval TROUPE_EEXIST  the name is taken: no actor was made
 *  Others as troupe_spawn. */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_spawn_with(troupe_system system, troupe_actor *me,
                                                            const troupe_behaviour *behaviour, const void *initial,
                                                            const troupe_spawn_options *options, troupe_ref *out);

/** The actor whose child @p me is; null when it is nobody's. */
TROUPE_API troupe_ref troupe_parent(const troupe_actor *me);

/* ------------------------------------------------------------------------------------------------------ becoming -- */

/** Handle messages with @p receive from the next one on; what handled them till now is remembered for troupe_unbecome.
 *  Deferred messages come first, in the order they had.
 *  @retval TROUPE_EINVAL  @p receive is NULL   @retval TROUPE_ENOMEM  no memory to remember; nothing has changed */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_become(troupe_actor *me, troupe_receive *receive);

/** Go back to what handled messages before the last troupe_become. Deferred messages come first.
 *  @retval TROUPE_ENOENT  there was none */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_unbecome(troupe_actor *me);

/** Deliver the deferred messages again, next, without a change of behaviour. How many there were. */
TROUPE_API size_t troupe_undefer(troupe_actor *me);

/** Deliver the oldest deferred message again, next; called twice, the oldest two. False: there is none (left). For an actor that works one message off at a time
 *  and defers what comes meanwhile: each is then looked at twice, however many wait. */
TROUPE_API bool troupe_undefer_one(troupe_actor *me);

/* --------------------------------------------------------------------------------------------------------- ending -- */

/** Fail: remember why, for `return troupe_fail(me, why)`. The actor ends with that reason, its message is a dead letter.
 *  @param why  TROUPE_OK is taken as TROUPE_EFAILED */
TROUPE_API TROUPE_NODISCARD troupe_verdict troupe_fail(troupe_actor *me, troupe_status why);

/** The usual last line of a handler: TROUPE_OK is TROUPE_HANDLED, anything else a failure for that reason, as by
 *  `return troupe_fail(me, status)`. For a handler that cannot go on when what it did has not worked. */
TROUPE_NODISCARD static inline troupe_verdict troupe_done(troupe_actor *me, troupe_status status)
{
	return status == TROUPE_OK ? TROUPE_HANDLED : troupe_fail(me, status);
}

/** End the handler that runs, here and now, from any depth of its calls: the same as if it had done
 *  `return troupe_fail(me, why)`. In init too; in terminate it only ends that.
 *  It is a longjmp: what lies on the stack between here and the handler is forgotten, not undone. Nothing is freed, unlocked or
 *  closed there, and no C++ destructor or cleanup attribute runs (in C++, throw and catch in the handler instead).
 *  @param me   the running actor. From a hook, a release function or another thread, or NULL: the process is aborted
 *  @param why  TROUPE_OK is taken as TROUPE_EFAILED */
TROUPE_API TROUPE_NORETURN void troupe_fail_now(troupe_actor *me, troupe_status why);

/** End @p me when this handler has returned: TROUPE_OK a normal end, anything else a failure. Children end first. */
TROUPE_API void troupe_exit(troupe_actor *me, troupe_status why);

/** Ask an actor to end, in the order of its queue: after what was sent to it before, its children first, what is left
 *  treated as its behaviour says.
 *  @retval TROUPE_EGONE  it had ended already   @retval TROUPE_ECLOSED  it is ending   @retval TROUPE_ENOMEM
 *  @retval TROUPE_EINVAL  a reply address, here and in the functions below */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_stop(troupe_ref actor);

/** End an actor ahead of its queue: soon after the message it is handling, all that is queued goes to the dead letters, whatever
 *  its behaviour says about leftovers; terminate runs (why: TROUPE_EKILLED), its children are killed too. @retval TROUPE_EGONE  it had ended already
 *  @retval TROUPE_ECLOSED  it is ending: it drains what it has   @retval TROUPE_ENOMEM */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_kill(troupe_ref actor);

/** Wait until an actor has ended. Blocking: up to @p within_ns (0: no limit). Threads: any but a worker; not for oneself.
 *  @param why  how it ended; may be NULL. TROUPE_EGONE is written there when it had ended before this call
 *  @retval TROUPE_OK        it has ended, or never was
 *  @retval TROUPE_ETIMEOUT  it lives still   @retval TROUPE_ECONTEXT  called in a handler   @retval TROUPE_ENOMEM */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_wait_end(troupe_ref actor, int64_t within_ns, troupe_status *why);

/** troupe_stop, then troupe_wait_end. Blocking: up to @p within_ns (0: no limit). An actor that had ended is TROUPE_OK. */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_stop_wait(troupe_ref actor, int64_t within_ns);

/** Does the actor live, at this moment? Only a "no" stays true. */
TROUPE_API bool troupe_is_alive(troupe_ref actor);

/* ---------------------------------------------------------------------------------------------------- CONTAINMENT --
 * An actor whose behaviour says `.isolation = TROUPE_CONTAINED` survives nothing, but the others survive it. When its receive,
 * init, terminate or a continuation reads a bad address (SIGSEGV, SIGBUS), divides by zero (SIGFPE), meets an illegal instruction
 * (SIGILL), calls abort, raise or a failing assert (SIGABRT), or overflows the stack, then
 *   - the actor ends with TROUPE_ECRASHED, and none of its functions runs again: not terminate, nor what TROUPE_DRAIN would
 *     drain, nor an answer while its children end. A crash in terminate ends only that;
 *   - the message is a dead letter (TROUPE_ECRASHED); a question is answered so. What it had sent before stays sent;
 *   - a line goes to the log hook: actor, kind, signal, address, and the calls that led there (for addr2line).
 * A crash goes to who handled the signal before, by default to a core dump and a line on stderr, when
 *   - it is not in the handler's own code, but inside Troupe: a bad pointer passed to troupe_send_bytes, say;
 *   - it is inside the C library: a corrupted heap that malloc finds, printf of a bad string, a stack that overflows there.
 *     But what copies, compares and measures memory and strings (memcpy, strlen), called by the handler itself, is contained;
 *   - it is in a hook, a release function, or a thread that is no worker; or the signal was sent by another process;
 *   - it is one more than crashes_max of the options.
 * The handlers of signals are installed when the first such actor is spawned. One that is installed later comes first.
 * LIMITS. It is C: nobody can say what a handler that went wrong wrote before. What it wrote into others' memory stays; locks
 * that it held stay locked, and whoever wants them waits for ever; what it had allocated, opened or taken (troupe_take, with the
 * duty to answer) leaks; no destructor runs. An allocator that is linked into the program itself cannot be told from the program:
 * do not contain with it. A frame larger than the guard page may overflow past it, unless compiled with
 * -fstack-clash-protection. For code that you do not trust, a process is the wall.
 *
 * THE WALL. An actor whose behaviour says `.isolation = TROUPE_PROCESS` runs in a child process. Reference, sends,
 * questions, timers, names, links, monitors, supervisors, stops and the ledger are as ever. However the process dies (a
 * crash, also inside the C library or Troupe; exit; kill -9 from outside), the actor ends with TROUPE_ECRASHED, and no other
 * knows of it but by what it is told. The message that was being handled is a dead letter, a question is answered so; the
 * others that waited meet the fate that leftovers, or the supervisor's queue, say. The log line has the signal or the exit
 * code. A supervisor gives it another process.
 *   - It is a fork of the program, made by the spawn (and by each restart), with one thread. It sees the program's memory as
 *     it was then; what either side writes later is its own. A lock that another thread held at that moment stays locked
 *     there. Descriptors but 0, 1 and 2 are closed, signal handlers are the default ones. Its handlers may block, and make
 *     threads; these may send, and nothing else.
 *   - Payloads are copied, moved and shared ones too. One that has a release function would come without what that frees:
 *     refused (TROUPE_EREMOTE) both ways, or a dead letter with that reason when a group or a forward brings it.
 *   - A send from there is TROUPE_OK when it is on its way; that the receiver is gone, or its mailbox full, shows as a dead
 *     letter alone. Who is to be parked for room is, once the socket is full, too. What a handler had sent before it crashed
 *     stays sent. Messages that it sends to itself go by way of the parent, like all
 *     others.
 *   - A reply address that it opens (troupe_expect) is good for troupe_ask alone: as a plain reference in a payload it
 *     reaches nobody.
 *   - TROUPE_EREMOTE is what it gets for spawns, supervisors, groups, pools, futures, waits for room, monitors of lives, reports
 *     and other systems: it asks an actor here to do it.
 *   - A kill is a kill: terminate does not run. TROUPE_DRAIN, `blocks` and handler_ns_max are TROUPE_EINVAL with it.
 *   - troupe_settle waits for what it handles, but does not see a handler of one of its timers.
 *   - No process outlives the program, nor the system: one that does not end in troupe_finish's time is killed.
 * COSTS. A thread for the system's processes, from the first on. About 0.6 ms for a spawn in a small program, and more in a
 * large one, as for any fork; some 100 us for a question and its answer, about 1 us of processor time for each message of
 * many. Plain actors pay nothing. */

TROUPE_EXTERN_C_END
#endif
