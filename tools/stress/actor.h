/* SPDX-License-Identifier: MIT */
/* What all actors of the tool have in common: struct self first in their state, a guard around each handler, and sending
 * and spawning with entries in the books. */
#ifndef STRESS_ACTOR_H
#define STRESS_ACTOR_H

#include "round.h"

/* The first member of every state. */
struct self {
	struct sender sender;
	uint32_t index;           /* in its part */
	_Atomic uint32_t running; /* 1 while a handler runs: nobody else may find it so */
	uint64_t turns;           /* not atomic: must equal the part's count, or the state was not visible */
	struct self *address;     /* where the state was at first: it must stay there */
	uint64_t ref_bits;        /* who it was at first */
};

/** The common state of actor @p index, for the struct that an actor is spawned with. */
struct self self_initial(struct part *part, uint32_t index);

/** Run one handler, with the checks before and after. Every receive function and continuation of the tool calls it. */
troupe_verdict guard(troupe_actor *me, const troupe_message *m, troupe_receive *handle);

/** The checks of a terminate function. Call it first there. */
void guard_terminate(troupe_actor *me);

/** A terminate function that does nothing else. */
void plain_terminate(troupe_actor *me, troupe_status why);

/** An init function's failure. */
troupe_verdict self_unborn(troupe_actor *me);

/** Handle a TROUPE_RETURNED message: enter it in the books. */
troupe_verdict self_returned(const troupe_message *m, struct self *self);

/** Is this a message for me, whole and unchanged? Says so if not. */
bool self_accepts(struct self *self, const troupe_message *m);

/** Spawn and count. @p parent: it becomes the child of that actor; else NULL. */
bool self_spawn(struct world *world, troupe_actor *parent, const troupe_behaviour *behaviour, const void *initial,
                troupe_ref *out);

/* --------------------------------------------------------------------------------------------------------- sending -- */

enum way {
	WAY_COPY,
	WAY_FROM, /* troupe_send_from: needs me, else as WAY_COPY */
	WAY_MOVE,
	WAY_COUNT
};

/* A message to be sent. Fill in note.to, edge, sequence, hops, burst; the rest is filled in here. */
struct letter {
	troupe_ref to;
	struct world *world; /* where @p to lives */
	int32_t kind;
	uint32_t size;       /* 0: just the note */
	struct note note;
};

/** Send a note with its pattern. Any status but OK, EGONE and ECLOSED is a finding. */
troupe_status post(struct sender *sender, troupe_actor *me, enum way way, const struct letter *letter);

/** Number the note of a payload that the caller sends by other means: call this, send, then post_done.
 *  false: there are no more numbers. */
bool post_begin(struct sender *sender, struct note *note, int32_t kind, uint32_t size);

/** @p number what the note had; @p letters_before books_letters_here() before the send. */
void post_done(struct sender *sender, struct world *to_world, uint64_t number, int32_t kind, troupe_status status,
               uint64_t letters_before);

/** Send something too small for a note, @p size bytes below sizeof(struct note). */
troupe_status post_tiny(struct sender *sender, troupe_ref to, struct world *world, uint32_t size);

/** Send a speck or a mote. */
troupe_status post_speck(struct sender *sender, troupe_ref to, struct world *world, int32_t kind, uint32_t edge,
                         uint32_t sequence);

/** A payload for troupe_move and troupe_share with a release function that counts. */
void *payload_new(size_t size);

/** The release function, for payloads that own more; made with payload_made. */
void payload_gone(void *payload);
void payload_made(void);

/** Payloads made and not released yet. */
int64_t payloads_out(void);

#endif
