/* SPDX-License-Identifier: MIT */
/* Watching a system: the ledger of its messages, its dead letters, its counters. */
#ifndef TROUPE_OBSERVE_H
#define TROUPE_OBSERVE_H

#include "message.h"

TROUPE_EXTERN_C_BEGIN

/* Every message is in exactly one column: sent == handled + dead + returned + queued. It is asserted when a system finishes
 * (queued is 0 then). While it runs the counters of the workers are read one after the other, so queued is a close guess. */
typedef struct troupe_ledger {
	uint64_t sent;     /* messages that sends were called for with valid arguments and memory; timers' and answers too, and
	                      TROUPE_DOWN, TROUPE_LINKED and TROUPE_RESTARTED, but not what tells actors to end */
	uint64_t handled;  /* a handler returned TROUPE_HANDLED, or Troupe itself consumed it */
	uint64_t dead;     /* dead letters: each was shown to the hook */
	uint64_t returned; /* handed back; the TROUPE_RETURNED message counts as a new one */
	uint64_t queued;   /* in mailboxes, deferred ones too */
} troupe_ledger;

/** Read the ledger. @retval TROUPE_EINVAL */
TROUPE_API troupe_status troupe_ledger_read(troupe_system system, troupe_ledger *out);

/* A message that nobody handled. Valid during the hook; the payload too. */
typedef struct troupe_dead_letter {
	troupe_ref to;
	const char *to_name;   /* behaviour name of the receiver; "?" when it is gone */
	int32_t kind;
	const char *kind_name; /* from behaviour.kinds; "" when not known */
	troupe_status why;     /* EGONE: no such actor, or it has ended. ECLOSED: it is ending, the system is, or the reply
	                          address is closed. EUNKNOWN: it does not know the kind. EFAILED: its handler failed on it.
	                          ECRASHED: it crashed on it, or has crashed. EKILLED: it was killed with
	                          this queued. EFULL: dropped by a bound, or a question
	                          that it refused. ETIMEOUT: it waited for too long in a bounded mailbox. EANSWER: not the answer
	                          that was asked for. ENOENT, ENOMEM, ELIMIT: a group could not pass it on */
	const void *data;
	uint32_t size;
} troupe_dead_letter;

/* Since the system started. Summed over the workers without stopping them. */
typedef struct troupe_counters {
	uint64_t actors_alive;
	uint64_t actors_spawned;
	uint64_t actors_ended;
	uint64_t steals;          /* times that a worker took work from another */
	uint64_t parks;           /* times that a worker went to sleep */
	uint64_t timers_armed;    /* now */
	uint64_t dead_letters;
	uint32_t workers;
	uint32_t reserved_small;
	uint64_t restarts;        /* of supervised actors, after a life that ended by itself */
	uint64_t crashes;         /* contained: TROUPE_CONTAINED in actor.h */
	uint64_t refused;         /* sends: TROUPE_EFULL, and questions that were answered so */
	uint64_t dropped;         /* messages, by bounds: dead letters too (TROUPE_EFULL, TROUPE_ETIMEOUT) */
	uint64_t parked;          /* times that an actor was parked by a full mailbox */
	uint64_t credited;        /* times that it was not, since that would have closed a circle */
	uint64_t deadlocks;       /* circles of actors that waited for each other; each was broken: TROUPE_EDEADLOCK */
	uint64_t stalls;          /* handlers that took too long: WATCHDOG in system.h */
	uint64_t reserved[16];    /* 0: room for more counters */
} troupe_counters;

/** Read the counters. @retval TROUPE_EINVAL */
TROUPE_API troupe_status troupe_counters_read(troupe_system system, troupe_counters *out);

/** Bytes of message memory taken from the operating system at this moment, by all systems of the process. */
TROUPE_API uint64_t troupe_memory_bytes(void);

TROUPE_EXTERN_C_END
#endif
