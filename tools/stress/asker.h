/* SPDX-License-Identifier: MIT */
/* Askers: the addresses that one has open, and what its questions may come to. asker.c asks, outcome.c receives. */
#ifndef STRESS_ASKER_H
#define STRESS_ASKER_H

#include "questions.h"

#define OPEN_MOST 6u

enum asking_way {
	ASK_PLAIN, /* the answer comes among other messages */
	ASK_HOLD,  /* other messages wait */
	ASK_THEN,  /* a continuation handles it */
	ASK_LINE,  /* troupe_ask_then: one at a time, for it has no token */
	ASK_GROUP, /* several questions with one address */
	ASK_WAYS
};

/* A reply address that is open. */
struct open {
	bool used;
	enum asking_way way;
	uint64_t serial;   /* the token; never used again */
	uint32_t first;    /* its questions are first to first + questions - 1 */
	uint32_t questions;
	uint32_t answers;  /* that may still come */
	int64_t earliest;  /* when TROUPE_ETIMEOUT may come; 0: never */
	troupe_ref address;
};

struct asker {
	struct self self;
	struct open open[OPEN_MOST];
	uint64_t serials;  /* given */
	uint32_t asked;    /* questions ever */
	uint32_t steps;    /* addresses still to be opened */
	bool holding;
	bool line;         /* an ASK_LINE is open */
	bool finished;     /* nothing left to do: no longer pending */
	bool leaving;      /* it has called troupe_exit */
};

/** Open addresses and ask, as long as there is room and work. */
void asker_go_on(troupe_actor *me, struct asker *asker);

/** An address has closed. */
void open_close(struct asker *asker, struct open *open);

/** The handler of outcomes, for receive and for continuations. */
troupe_verdict asker_outcome(troupe_actor *me, struct asker *asker, const troupe_message *m,
                             bool in_continuation);

#endif
