/* SPDX-License-Identifier: MIT */
/* courier: the parent's side of an actor that runs in a child process.
 *
 *     senders ──> mailbox ──> courier ──frames──> child: the user's behaviour, alone in a system of its own (remote.h)
 *                              │    ^                 │
 *     others <── sends, asks ──┘    └──── frames ─────┘
 *
 * For everybody else it is an ordinary actor: cell, mailbox, links, monitors, names, supervisor, ledger. Its behaviour is a copy
 * of the user's with init and receive of our own. Where a handler would run, the message goes to the child.
 *
 *   P1  A message stays in the courier's list of deferred messages until the child has said what became of it: the one place
 *       that leftovers, a restart and the ledger look at. So a child may die at any moment, and no message is lost or counted
 *       twice; the one that it was handling is known from a page that both share, and is a dead letter.
 *   P2  `shipped` is the last in that list that went out; who is behind it waits for the window: so many messages and bytes that
 *       the child has not come to yet. While somebody waits the courier takes nothing from its mailbox (FLAG_HOLD).
 *   P3  Whatever the child sends, asks or wants is done by the courier in its own turn, in the child's order, as if its handler
 *       had. So a sender's messages stay in order, and what a question is owed is known here, too.
 *   P4  The courier reads and writes without waiting; the child may wait. So neither waits for the other for ever.
 *   P5  An end waits for the child's: a stop in the order of the queue is sent after what was queued before it; a kill is
 *       SIGKILL. The rest of the ending is everybody's (lifecycle.h), when the child is dead and all that it wrote was read.
 *   P6  While the child has something to do, the scheduler counts it as a runnable apart: a system is not settled before. What it
 *       was told and does not settle (an answer, news of others) keeps it busy until it says that it rests; and it rests only if
 *       it says so when it has taken in all that it was told: what it said before is old.
 *   P7  Who is parked (park.h) by what its child sends reads no further until there is room; the child, which finds the socket
 *       full, waits. Messages that it sent before it died are read all the same.
 *   P8  What the page says of a message counts when all has been done that the child sent before: so a question whose answer cannot
 *       be sent on is here still, and fails by its own envelope. */
#ifndef TROUPEI_ACTORS_COURIER_H
#define TROUPEI_ACTORS_COURIER_H

#include "actors/system.h"
#include "processes/channel.h"

enum frame_op {
	/* to the child */
	FRAME_MESSAGE = 1, /* sort, kind, word; cookie: for FRAME_SETTLED, 0: none wanted. Own kinds: why, token, to (about) */
	FRAME_OUTCOME,     /* an answer: kind; word: the child's address */
	FRAME_CLOSED,      /* no more will come: why; word */
	FRAME_END,         /* why; flags */
	FRAME_REPLY,       /* to FRAME_CALL: why; word */
	/* from the child */
	FRAME_STARTED,     /* init is done */
	FRAME_SETTLED,     /* what a page_entry says, when the page is full: cookie; sort: settled; flags: question;
	                      why: deferred; word: size */
	FRAME_LOOK,        /* there is something on the page */
	FRAME_RESTS,       /* it has nothing to do but wait, though not all is settled; word: how much it was told by then */
	FRAME_SEND,        /* sort: plain or sender; to, kind */
	FRAME_ASK,         /* to, kind; word: address; cookie: where in the payload it goes */
	FRAME_FORWARD,     /* cookie; to */
	FRAME_OPEN,        /* a reply address: word; kind: answers; why: questions; token: within_ns */
	FRAME_FORGET,      /* word */
	FRAME_UNANSWERED,  /* the question at the address word gets no answer: why */
	FRAME_STOP,        /* to */
	FRAME_KILL,        /* to */
	FRAME_QUIT,
	FRAME_LOG,         /* a line */
	FRAME_CALL,        /* sort: enum remote_call; wants a reply */
	FRAME_ENDED,       /* why; nothing but terminate runs after it */
};

/* What became of a message. */
enum settled { SETTLED_HANDLED, SETTLED_UNKNOWN, SETTLED_FAILED, SETTLED_NO_MEMORY, SETTLED_DEFERRED };

/* And of the question that it may have been. */
enum question_state { QUESTION_NONE, QUESTION_CARED_FOR, QUESTION_KEPT, QUESTION_FORGOTTEN };

/* Flags of FRAME_END. */
enum { END_AT_ONCE = 1, END_HOLD = 2 /* an answer that is awaited is waited for no more */ };

enum remote_call { CALL_ALIVE, CALL_FIND, CALL_NAME, CALL_UNNAME, CALL_MONITOR, CALL_UNMONITOR, CALL_LINK, CALL_UNLINK };

/* The child's reply addresses have generations from here on, which no slot of this process comes to. */
#define REMOTE_GENERATION UINT32_C(0x60000001)

/* FRAME_ASK: the address lies in the payload already. */
#define REMOTE_OFFSET_NONE UINT64_MAX

enum { PAGE_ENTRIES = 168 };

/* What FRAME_SETTLED says. */
struct page_entry {
	uint64_t cookie;
	uint32_t size;
	uint8_t settled, question, deferred, unused;
	uint32_t behind;   /* P8: how many frames the child had sent */
	uint32_t reserved;
};

/* Both processes see it; the child writes all but `read`. What became of messages stands here, which costs no system call and
 * outlives a crash; the child says so when it rests, or each so many, or at once when somebody waits for it. */
struct courier_page {
	uint64_t handling; /* cookie of the message whose handler runs; 0: none */
	int32_t kind;
	uint32_t part;     /* enum part + 1; 0: no function of the user's runs */
	uint64_t written;  /* entries ever */
	uint64_t read;
	struct page_entry entries[PAGE_ENTRIES];
};

/* A reply address of the child, and the one here that stands for it. */
struct address_pair {
	uint64_t theirs, ours;
};

struct courier {
	struct troupei_system *system;
	struct cell *cell;
	troupe_ref ref;
	struct ward *ward;
	struct channel channel;
	struct courier_page *page;
	struct envelope *shipped;  /* P2; NULL: none of those in the list */
	uint32_t in_flight;        /* shipped, and the child has not come to them */
	uint64_t in_flight_bytes;
	uint32_t frames;           /* P8: of the child's, done */
	struct address_pair *addresses;
	uint32_t address_count, address_capacity;
	uint8_t news;              /* the keeper sets it: there is something to read */
	uint8_t passed_over;       /* looks that waited for more to ship in one go */
	bool stuck;                /* the socket takes no more at the moment */
	bool busy;                 /* P6: it is counted */
	uint64_t told;             /* P6: frames that a handler there is to run for */
	uint64_t owed;             /* the number of the last of these that the page does not settle; 0: it rested since */
	bool started, rests;
	bool ending, end_sent;     /* P5 */
	bool ended;                /* the child has said so: why */
	bool given_up;             /* it has gone wrong, and was killed for it: nothing is read any more */
	bool over;                 /* it is dead, and all was read */
	troupe_status why;
};

/* A behaviour as the cell has it, made once for each of the user's; a system's for its life. */
struct courier_behaviour {
	troupe_behaviour outer;         /* first */
	const troupe_behaviour *inner;
	struct courier_behaviour *next;
};

void troupei_courier_init(struct troupei_system *system);
/* All actors have ended: wait until no child is left. */
void troupei_courier_fini(struct troupei_system *system);

/* The behaviour that such an actor's cell has instead; NULL: no memory. */
const troupe_behaviour *troupei_courier_behaviour(struct troupei_system *system, const troupe_behaviour *inner);

/* Make the child process of an actor that has its state. TROUPE_ENOMEM; TROUPE_ETHREAD: no process, or no descriptors. */
troupe_status troupei_courier_begin(struct troupei_system *system, struct cell *cell);

/* Its part of a life is over, or never began: nothing of it is left. */
void troupei_courier_drop(struct extra *extra);

/* SIGNAL_LOOK: there is something to read or to ship. True: the actor has ended. */
bool troupei_courier_look(struct actor_worker *worker, struct cell *cell);

/* The actor is to end. True: the child first. */
bool troupei_courier_ends(struct actor_worker *worker, struct cell *cell, troupe_status why);

/* Does its init still run? The supervisor is told when it is done. */
static inline bool troupei_courier_is_starting(const struct cell *cell)
{
	return cell->extra != NULL && cell->extra->courier != NULL && !cell->extra->courier->started;
}

/* Send a frame, or give the child up. */
void troupei_courier_send(struct courier *courier, const struct frame *frame, const void *payload);

/* The same for what a handler there is to run for, and which it does not settle: P6. */
void troupei_courier_tell(struct courier *courier, const struct frame *frame, const void *payload);

/* FRAME_RESTS has come. */
void troupei_courier_rests(struct courier *courier, uint64_t told);

/* The child has gone wrong: say so and kill it. */
void troupei_courier_give_up(struct courier *courier, const char *what);

/* Take the message out of the list (P1); NULL: there is none such. */
struct envelope *troupei_courier_take(struct courier *courier, uint64_t cookie);

/* The child has come to a message of this size. */
void troupei_courier_came_to(struct courier *courier, uint32_t size);

/* relay.c: read what the page says. False: it makes no sense. */
bool troupei_relay_page(struct actor_worker *worker, struct courier *courier);

/* relay.c: do what a frame says. False: it makes no sense. */
bool troupei_relay(struct actor_worker *worker, struct courier *courier, const struct frame *frame, const void *payload);

/* relay.c: the continuation of every address that stands for one of the child's. */
troupe_verdict troupei_relay_outcome(troupe_actor *me, const troupe_message *m);

#endif
