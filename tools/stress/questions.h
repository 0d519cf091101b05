/* SPDX-License-Identifier: MIT */
/* Questions and answers. Servers do with a question whatever one may do with it; askers (actors) and callers (plain
 * threads) ask in every way there is, and check that each question has one outcome, its own. */
#ifndef STRESS_QUESTIONS_H
#define STRESS_QUESTIONS_H

#include "actor.h"

struct answer {
	struct note note;
	uint64_t question; /* the number that the question had */
	uint64_t serial;
};

/* An answer of another kind and size. */
struct wrong {
	struct note note;
	uint64_t question;
	uint64_t serial;
	uint64_t more;
};

typedef union answer_reply {
	troupe_ref ref;
	const void *data;
	const struct answer *KIND_ANSWER;
	const struct wrong *KIND_WRONG;
} answer_reply;

struct question {
	struct note note;
	uint64_t id;     /* of this question: high half who asks, low half a number of his */
	uint64_t serial; /* of the address that the answer goes to */
	uint32_t world;  /* where that address is */
	bool careless;   /* the address may be closed with answers in it that nobody has read: those are gone without a trace */
	answer_reply reply;
};

typedef union server {
	troupe_ref ref;
	const void *data;
	const struct question *KIND_QUESTION;
} server;

/* What the part shares. Servers have the indices 0 to servers - 1, askers follow. */
struct asking {
	uint32_t servers;
	uint32_t askers;
	bool mortal; /* servers fail and askers leave */
	bool honest; /* servers answer at once; nothing else */
};

static inline server server_at(struct part *part, uint32_t i)
{
	return (server){ part->refs[i] };
}

/** part->own, and the servers; room for @p askers behind them. */
void asking_build(struct part *part, uint32_t servers, uint32_t askers);
void asking_discard(struct part *part);

/** Number a question for troupe_ask to server @p to; id, serial and careless are the caller's. false: no more numbers. */
bool question_begin(struct sender *sender, struct question *question, uint32_t to);

/** Something was sent to a place that does not say whether it is there: from outside of a system that is being ended it
 *  may vanish. */
void post_excused(struct sender *sender, struct world *to_world, uint64_t number, int32_t kind);

/** Ask server @p to a new question with id, serial and careless of @p like, the answer to go to @p address. */
troupe_status question_ask(struct sender *sender, uint32_t to, troupe_ref address, const struct question *like);

/** It was sent to an address whose owner does not care. */
void post_careless(uint64_t number, int32_t kind);

/** The world number of a world, and back. */
uint32_t world_number(struct part *part, const struct world *world);

#endif
