/* SPDX-License-Identifier: MIT */
/* Actors that run in child processes (inmate.c), and what they share with who watches them here (family_process.c). The books
 * cannot be kept in a child: it writes what it does to pages that both have. */
#ifndef STRESS_INMATE_H
#define STRESS_INMATE_H

#include "actor.h"

#define INMATES_MAX 4u
#define TICKETS_MAX 4096u

/* What a parcel tells an inmate to do: note.hops. Its ticket is note.burst. */
enum order {
	ORDER_NOTHING,
	ORDER_REST, /* for a moment */
	ORDER_DEFER,
	ORDER_FORWARD,
	ORDER_UNKNOWN,
	ORDER_LAST_HARMLESS = ORDER_UNKNOWN,
	ORDER_CRASH,
	ORDER_QUIT,   /* the process, by _exit */
	ORDER_SIGNAL, /* a signal to itself */
	ORDER_EXIT,
	ORDER_FAIL,
	ORDER_FAIL_NOW,
	ORDER_KILL,
	ORDER_COUNT
};

/* Kinds of its own. */
enum {
	KIND_ECHO = 96, /* an inmate has handled a parcel */
	KIND_WATCH,     /* to the keeper of the books here: one more inmate */
	KIND_PLEA,      /* a question */
	KIND_GRANT,     /* its answer */
	KIND_FAVOUR     /* a question that an inmate asks the keeper of the books; answered by KIND_GRANT */
};

struct plea {
	uint64_t id;
	troupe_ref reply;
};

struct grant {
	uint64_t id;
};

/* Written by children; read here when they are gone. */
struct jail {
	_Atomic int32_t pid[INMATES_MAX];
	_Atomic uint32_t lives[INMATES_MAX];
	_Atomic uint32_t seen[INMATES_MAX][THREADS_MAX]; /* the last number of each sender */
	_Atomic uint32_t disordered, changed;
	_Atomic uint8_t begun[TICKETS_MAX], done[TICKETS_MAX], echoed[TICKETS_MAX];
};

#define PLEAS_KEPT 4u

struct inmate {
	uint32_t index;
	uint64_t seed;
	struct jail *jail;
	troupe_ref clerk; /* keeps the books here */
	struct dice dice;
	struct plea kept[PLEAS_KEPT], asking;
	uint32_t kept_count;
};

troupe_verdict inmate_receive(troupe_actor *me, const troupe_message *m);
troupe_verdict inmate_init(troupe_actor *me);

#endif
