/* SPDX-License-Identifier: MIT */
/* The tool's own books. Every message of the kinds below begins with a note; its number is marked when it is sent and when
 * it is seen: handled by a handler, shown to the dead letter hook, or handed back. At the end of a round each number must
 * have exactly one of these. Kinds that carry no number (too small, or one payload for several) are counted instead. */
#ifndef STRESS_BOOKS_H
#define STRESS_BOOKS_H

#include "stress.h"

enum kind {
	KIND_PARCEL = 1, /* numbered, in order for each pair */
	KIND_LOOSE,      /* numbered, not ordered: it is forwarded, or from senders without a pair */
	KIND_TINY,       /* too small for a note, down to nothing: counted */
	KIND_SPECK,      /* 16 bytes, numbered, in order with the parcels of the pair */
	KIND_MOTE,       /* 8 bytes, in order likewise: counted */
	KIND_SHARED,     /* one payload in many messages: counted */
	KIND_CARGO,      /* moved from hand to hand, owns memory */
	KIND_LATER,      /* may be deferred */
	KIND_COMMAND,    /* tells an actor of the tool what to do next */
	KIND_REPORT,     /* a child tells its parent that its work is done */
	KIND_QUESTION,
	KIND_ANSWER,
	KIND_WRONG,      /* an answer that a caller did not ask for */
	KIND_ONCE,       /* timers: not sent by the tool, so not in the books */
	KIND_AGAIN,
	KIND_COUNT
};

enum column { COLUMN_SENT, COLUMN_HANDLED, COLUMN_DEAD, COLUMN_RETURNED, COLUMN_EXCUSED, COLUMN_COUNT };

/* Bits of a number's mark. */
enum fate {
	FATE_SENT = 1,
	FATE_HANDLED = 2,
	FATE_DEAD = 4,
	FATE_RETURNED = 8,
	FATE_EXCUSED = 16 /* sent from outside to a system that was being ended: nobody may be there to show it to */
};

#define ANYONE  UINT32_MAX /* note.to: whoever gets it */
#define NO_EDGE UINT32_MAX /* note.edge: no order to check */

/* What payloads begin with. */
struct note {
	uint64_t number;   /* in the books; 0: not numbered */
	uint32_t to;       /* the actor meant, its index in the part */
	uint32_t edge;     /* which pair of sender and receiver */
	uint32_t sequence; /* in this pair, from 1 */
	uint32_t size;     /* of the payload, this note included; behind it a pattern made from the number */
	uint32_t burst;    /* how many messages the receiver shall send */
	uint16_t hops;     /* how often it is still passed on */
	uint8_t part;
	uint8_t kind;
};

#define SIZE_LARGEST 70000u

/* Small messages; of a mote only the second half. */
struct speck {
	uint64_t number;
	uint32_t edge;
	uint32_t sequence;
};

#define MOTE_SIZE 8u

/* A sender's stock of numbers; taken in blocks, so that senders seldom meet. */
struct numbers {
	uint64_t next, end;
};

void books_open(void);

/** A new number, marked as sent; 0 when there are no more for this round. */
uint64_t books_number(struct numbers *numbers, unsigned part);

/** It was not sent after all. */
void books_unsend(uint64_t number, int32_t kind);

/** A message was handled, dead, returned or excused. */
void books_mark(uint64_t number, int32_t kind, enum fate fate);

/** Has anybody seen this number yet? */
bool books_seen(uint64_t number);

/** It may vanish: no finding if nobody sees it. */
void books_excuse(uint64_t number);

void books_count(int32_t kind, enum column column);

/** The sum of a column over all kinds, so far in this round. */
uint64_t books_sum(enum column column);

/** For the dead letter hook. */
void books_letter(const troupe_dead_letter *letter);

/** How many dead letters the hook was shown on this thread. */
uint64_t books_letters_here(void);

/** After all systems have ended: is every number accounted for? Then the books are closed and emptied. */
void books_close(const char *const *part_names, unsigned parts);

/** A size for a payload: most are small, some are large, up to SIZE_LARGEST. */
uint32_t note_size(struct dice *dice);

/** Write the pattern behind the note. */
void note_fill(struct note *note);

/** What message.h promises of m->data: aligned for any type of its size, up to 16. (A dead letter shows what the sender had,
 *  wherever that was.) Told once: who breaks it does so in every message. */
void payload_check(const void *data, uint32_t size);

/** Are size and pattern right? Says so if not. */
bool note_check(const void *data, uint32_t size, int32_t kind);

/** The same for specks and motes. */
bool speck_check(const void *data, uint32_t size, int32_t kind);

/** The same for KIND_TINY, which has no note. */
void tiny_fill(unsigned char *bytes, uint32_t size);
bool tiny_check(const void *data, uint32_t size);

#endif
