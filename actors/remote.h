/* SPDX-License-Identifier: MIT */
/* remote: the child's side of an actor that runs in a process of its own. The parent's: courier.h.
 *
 * The process is a fork of the parent, with one thread. It keeps the parent's memory as it was at that moment, for the user's
 * sake; the library's own part is made anew: one system, at the parent's address and with its number, so that a handle is good
 * here too, with one worker, which is this thread, and one actor, in the slot and with the generation that it has there. So
 * me->ref is the same, and handlers, timers, deferring and becoming are what they are everywhere.
 *
 *   Q1  No other reference of the parent's reaches a cell here: the cells are fresh. Where a send finds nobody (and always, since
 *       the worker's number is nobody's) it goes the slow way, and from there to the parent, in order. So the hot path has no
 *       look at this.
 *   Q2  Reply addresses made here have generations that the parent's never come to, so that neither side takes one for its own.
 *       The parent opens one that stands for it.
 *   Q3  Each frame goes out at once: what a handler sent before it crashed stays sent.
 *   Q4  If the parent is gone, so is this process. */
#ifndef TROUPEI_ACTORS_REMOTE_H
#define TROUPEI_ACTORS_REMOTE_H

#include "actors/courier.h"
#include "actors/turn.h"

/* Not NULL in a child process, from its beginning on. */
extern struct remote *troupei_remote;

struct remote {
	struct channel channel;
	struct troupei_system *system;
	struct actor_worker *worker;
	struct cell *cell;
	uint32_t generation;      /* of the actor */
	struct courier_page *page;
	uint32_t unsettled;       /* messages that came, and have not been handled or deferred */
	uint32_t untold;          /* entries of the page that the parent has not been told of */
	uint64_t taken;           /* P6 in courier.h: frames that a handler runs for */
	bool owes_rest;           /* some of these are not settled, and FRAME_RESTS was not sent since */
	bool told_rest;           /* FRAME_RESTS was sent, and nothing has come since */
	bool replied;             /* the reply that is waited for has come */
	struct frame reply;
	uint32_t frames;          /* P8 in courier.h: that went out */
	uint32_t lives;           /* for troupe_lives */
	troupe_status last;
};

/* The body of a message that the parent has sent: SORT_RELAYED. The payload comes behind it. */
struct relayed {
	uint64_t cookie; /* 0: the parent does not ask what became of it */
	uint64_t word;   /* question, sender */
	uint64_t token;
	uint64_t about;
	int32_t kind, why;
	uint32_t size;
	uint8_t sort;
	uint8_t deferred; /* once */
	uint8_t unused[2];
};

static_assert(sizeof(struct relayed) % 16 == 0, "the payload behind it is aligned");

static inline bool troupei_is_remote(void)
{
	return troupei_unlikely(troupei_remote != NULL);
}

/* The first thing that runs in the child. */
void troupei_remote_main(struct courier *courier, int fd) __attribute__((noreturn));

/* ------------------------------------------------------------------------ what the public functions do instead: remote.c */

void troupei_remote_put(const struct frame *frame, const void *payload);
troupe_status troupei_remote_send(troupe_ref to, int32_t kind, const void *data, size_t size, enum envelope_sort sort);
troupe_status troupei_remote_ask(troupe_ref to, int32_t kind, const void *data, size_t size, size_t reply_offset,
                                 troupe_ref address);
/* A payload by pointer is copied; TROUPE_EREMOTE if it has a release function. */
troupe_status troupei_remote_move(troupe_ref to, int32_t kind, void *bytes, uint8_t flag);
troupe_status troupei_remote_forward(struct actor_worker *worker, struct envelope *envelope, troupe_ref to);
troupe_status troupei_remote_end(troupe_ref actor, enum envelope_sort sort);

/* An address was opened, with these options; it is needed no more. */
void troupei_remote_opened(troupe_ref address, const troupe_expectation *options);
void troupei_remote_settled(troupe_ref address);

/* Tell the parent to look at the page, if there is anything on it that it has not been told of. */
void troupei_remote_tell(struct remote *remote);

/* The actor ends: all but its terminate has run. */
void troupei_remote_ending(troupe_status why);

/* Ask the parent and wait. @p word: taken and given back; may be NULL. */
troupe_status troupei_remote_call(enum remote_call call, troupe_ref to, const char *name, uint64_t token, uint64_t *word);

/* The handler of a message has returned, or was left: tell the parent what became of it, if it is one of the parent's. */
troupe_verdict troupei_remote_verdict(struct actor_worker *worker, struct envelope *envelope, troupe_verdict verdict);

/* Handle a message of the parent's: SORT_RELAYED. */
enum turn_next troupei_remote_handle(struct actor_worker *worker, struct cell *cell, struct envelope *envelope,
                                     troupe_receive *receive);

/* ------------------------------------------------------------------------------------------------------ remote_main.c -- */

/* Take in what has come. False: nothing had. */
bool troupei_remote_take_in(struct remote *remote);

/* Wait for something to come, for up to so long (INT64_MAX: no limit). */
void troupei_remote_wait(const struct remote *remote, int64_t within_ns);

#endif
