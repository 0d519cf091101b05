/* SPDX-License-Identifier: MIT */
/* trace: what happened in a run, event by event, and the choices that made it so. It lies in memory that is shared with the
 * process that looks at it, since the run may end by a crash. */
#ifndef TROUPEI_EXPLORE_TRACE_H
#define TROUPEI_EXPLORE_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum trace_sort {
	TRACE_SPAWN,   /* to: the new actor */
	TRACE_SEND,    /* by to to: message */
	TRACE_HANDLE,  /* to begins to handle message, which by sent */
	TRACE_END,     /* to has ended; kind: why */
	TRACE_CLOCK,   /* time went on to a deadline */
	TRACE_CRASH,   /* to's handler of message was made to fail */
	TRACE_DEFER,   /* to has put message aside */
	TRACE_DEAD,    /* message became a dead letter; 0: the send by by to to was refused; why */
	TRACE_WAIT,    /* the end: by waits for to (UNIT_NONE: for somebody) */
};

struct trace_event {
	uint8_t sort;      /* enum trace_sort */
	uint8_t envelope;  /* of a message: enum envelope_sort */
	uint8_t control;   /* of a message: ahead of the others */
	uint8_t reserved;
	int32_t kind;
	uint32_t by, to;   /* units; by: who sent, or did it */
	uint32_t message;  /* its number, from 1 on; 0: not known */
	uint32_t choices;  /* made so far */
	int32_t why;
	int64_t now_ns;
};

enum finding_sort {
	FINDING_NONE,
	FINDING_PROMISE,   /* troupe_holds was told false */
	FINDING_STUCK,     /* nobody can go on */
	FINDING_ENDLESS,   /* more steps than allowed */
	FINDING_SIGNAL,    /* the program was killed by a signal; code: which */
	FINDING_EXIT,      /* it ended with an exit code; code: which */
	FINDING_DEADLOCK,  /* actors that ask each other in a circle */
	FINDING_LEFT,      /* the program ended and left a system behind */
	FINDING_REPLAY,    /* the same choices did not lead to the same run */
	FINDING_DEAD,      /* a message to the dead */
	FINDING_UNKNOWN,   /* a message that its receiver does not know */
	FINDING_WAITING,   /* an actor waited for an answer to the end */
	FINDING_LEAK,      /* blocks of memory are in use that were not before */
	FINDING_LEDGER,    /* messages sent are not those handled, dead and returned */
};

enum { TRACE_EVENTS_MAX = 1 << 15, TRACE_CHOICES_MAX = 1 << 16, TRACE_TEXT_MAX = 256, TRACE_NAME_MAX = 24, TRACE_NAMES_MAX = 256,
       TRACE_KINDS_MAX = 128 };

/* What its receiver calls a kind of message. */
struct trace_kind {
	uint32_t to; /* unit */
	int32_t kind;
	char name[TRACE_NAME_MAX];
};

struct trace {
	uint64_t seed;
	uint64_t hash;            /* of all events: two runs with the same one are the same */
	uint64_t steps, messages; /* all of them; what is kept is limited */
	uint64_t kept_from;       /* set after the beginning: what happens before so many messages were handled is not kept */
	uint32_t event_count, choice_count, messages_sent;
	uint32_t switches;        /* times that another one went on */
	uint32_t choices_needed;  /* behind these, the replay does of itself what was chosen */
	uint32_t finding;         /* enum finding_sort */
	int32_t code;
	bool gave_up;             /* the program ended by troupe_must, when something had been made to fail: that is no finding */
	char text[TRACE_TEXT_MAX];
	char names[TRACE_NAMES_MAX][TRACE_NAME_MAX]; /* of the first actors, by number */
	uint32_t kind_count;
	bool with_kinds; /* set before the run: write names of kinds down too */
	struct trace_kind kinds[TRACE_KINDS_MAX];
	struct trace_event events[TRACE_EVENTS_MAX];
	uint32_t choices[TRACE_CHOICES_MAX]; /* units */
};

/* A new run; what is kept of the last one is forgotten. */
void troupei_trace_begin(struct trace *trace, uint64_t seed);

void troupei_trace_event(struct trace *trace, const struct trace_event *event);
void troupei_trace_choice(struct trace *trace, uint32_t unit);

#endif
