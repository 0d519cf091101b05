/* SPDX-License-Identifier: MIT */
/* cell: an actor's memory, 64 bytes in a slot; and what the less usual actor has beside it.
 *
 *   0  head, tail            mailbox: head is written by senders, tail by the worker that runs the actor
 *  16  behaviour, extra      written by the worker that runs the actor
 *  32  generation            of the references that reach this actor; changed once, when it ends
 *  36  system                set at birth
 *  37  signals               set by anybody, atomically; cleared by the worker that runs it
 *  38  flags                 the worker that runs the actor
 *  39  runnable              the scheduler
 *  40  state                 up to 24 bytes of it; more lie in a block that a pointer here leads to
 *
 *   C1  Slots are type-stable: a cell is always a cell, so that a stale reference may be looked at at any time.
 *   C2  A message reaches an actor only if its generation is the actor's: the sender compares once, so that most stale sends
 *       are refused, and the receiver compares again, so that one which raced with the end of the actor goes to the dead
 *       letters and not to the successor.
 *   C3  "The worker that runs the actor" is one at a time (mailbox.h, I3) and hands over through the head word (I1).
 *   C4  A free cell's head is CLOSED. A reply address is a cell whose head is its state (ask.h). */
#ifndef TROUPEI_ACTORS_CELL_H
#define TROUPEI_ACTORS_CELL_H

#include <assert.h>

#include "mailbox/mailbox.h"
#include "scheduler/runnable.h"
#include "troupe/actor.h"

enum { CELL_STATE_SIZE = 24 };

/* cell.signals: any thread sets them */
enum {
	SIGNAL_CONTROL = 1, /* a control message was pushed: take a look before the batch is finished */
	SIGNAL_STOP = 2,    /* end in the order of the queue: from the parent or the system, which need no memory for it */
	SIGNAL_KILL = 4,    /* end at once: likewise */
	SIGNAL_WATCHED = 8, /* somebody is to be told of the end: a thread that waits (wait.c), or actors (watch.h) */
	SIGNAL_NAMED = 16,  /* the registry knows it */
	SIGNAL_BLOCKS = 32, /* set at birth and for life: only threads of blocking.h run it. Here, because a turn looks here anyway */
	SIGNAL_LOOK = 64,   /* a supervisor's: its list of children has changed; a courier's: there is something to read, or to ship */
	SIGNAL_CONTAINED = 128, /* set at birth, never cleared: its turns begin with a look at shelter.h */
};

/* cell.flags: the worker that runs it */
enum {
	FLAG_INIT = 1,          /* init has still to run; with FLAG_ENDING: it failed, or a handler crashed, so none runs now */
	FLAG_BECOME = 2,        /* extra->receive instead of the behaviour's */
	FLAG_STATE_OUTSIDE = 4, /* the state lies in a block */
	FLAG_HOLD = 8,          /* awaits an answer (extra->hold) or room (extra->parks), or its child process does not keep up: user messages wait */
	FLAG_ENDING = 16,       /* waits for its children to end, or drains */
	FLAG_DRAINING = 32,     /* the mailbox is closed, what is left is handled */
	FLAG_STOPPING = 64,     /* SIGNAL_STOP was seen, and a stop message queued */
	FLAG_CLOSED = 128,      /* the mailbox is closed: no timers and questions any more, whose news could not come in */
};

struct cell {
	struct mailbox mailbox;
	const troupe_behaviour *behaviour;
	struct extra *extra;
	uint32_t generation;
	union {
		struct {
			uint8_t system;
			uint8_t signals;
			uint8_t flags;
			struct runnable runnable;
		};
		uint32_t marks; /* the four at one look: see CELL_MARKS */
	};
	unsigned char state[CELL_STATE_SIZE];
} __attribute__((aligned(TROUPEI_CACHE_LINE)));

/* These signals and flags as they lie in cell.marks. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define CELL_MARKS(signals, flags) ((uint32_t)(signals) << 8 | (uint32_t)(flags) << 16)
#else
#define CELL_MARKS(signals, flags) ((uint32_t)(signals) << 16 | (uint32_t)(flags) << 8)
#endif

static_assert(sizeof(struct cell) == 64, "a million idle actors: size is a feature");
static_assert(offsetof(struct cell, state) == 40, "24 bytes of state lie inside");

/* A parent's record of a child. Made with the child, freed by the parent when it has heard of the end; until then the child's
 * slot is not used again, so that the parent may set signals in it. */
struct child_link {
	struct envelope envelope; /* SORT_CHILD_ENDED: embedded, so that ending needs no memory */
	struct envelope_extension extension;
	struct child_link *next, *previous;
	struct cell *child;
	bool supervised; /* it is the first part of a struct supervised */
};

/* What an actor has beside its cell once it uses more than messages and state. The worker that runs it. */
struct extra {
	troupe_ref parent;
	struct child_link *link;     /* how its parent knows it; NULL: nobody's child */
	struct child_link *children;
	troupe_receive *receive;     /* FLAG_BECOME */
	troupe_receive **become;     /* what unbecome goes back to */
	uint16_t become_count;
	uint16_t become_capacity;
	troupe_status why;           /* FLAG_ENDING: the reason */
	struct envelope *deferred;   /* circular, as mailbox.tail */
	struct kept_table *kept;     /* questions to answer: keep.c */
	struct id_table *timers;
	struct id_table *monitors;   /* that it has: monitor.c */
	uint32_t asks;               /* first of the reply addresses it has open, by slot; 0: none */
	uint32_t hold;               /* FLAG_HOLD: the slot it waits for */
	struct courier *courier;     /* its child process: courier.h; NULL: it runs here */
	struct cell *next_blocking;  /* SIGNAL_BLOCKS: in the queue of blocking.h */
	struct bounds *bounds;       /* NULL: none. Set for life; read by senders too: bounds.h, B2 */
	struct park *parks;          /* FLAG_HOLD: whose room it waits for. With the lock of park.c held */
	bool hears_of_room;          /* it has ever asked to be told (troupe_await_room) */
};

static_assert(sizeof(struct extra) <= 128, "one block");

static inline struct cell *troupei_cell_of(struct runnable *runnable)
{
	return (struct cell *)((char *)runnable - offsetof(struct cell, runnable));
}

/* The actor's extra, made if need be; NULL: no memory. */
struct extra *troupei_cell_extra(struct cell *cell);

/* Free it with all that hangs on it but messages, timers and asks, which have been dealt with. */
void troupei_cell_extra_free(struct cell *cell);

/* Where the state lies; NULL: the behaviour has none. */
static inline void *troupei_cell_state(const struct cell *cell)
{
	if (troupei_unlikely(cell->flags & FLAG_STATE_OUTSIDE))
		return *(void *const *)cell->state;
	return cell->behaviour->state_size > 0 ? (void *)(uintptr_t)cell->state : NULL;
}

/* Copy @p initial (NULL: zeros) to where the state lies. False: no memory. */
bool troupei_cell_state_make(struct cell *cell, const void *initial);
void troupei_cell_state_free(struct cell *cell);

#endif
