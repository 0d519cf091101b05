/* SPDX-License-Identifier: MIT */
/* supervised: a child of a supervisor, and the lives it has.
 *
 *            BEGIN                    stop, failure, kill
 *   between ------> living, init runs ------------------> between ...          END: for good, from anywhere
 *
 *   V1  Between two lives the mailbox is open and the reference current: user messages wait (FLAG_ENDING), control messages are
 *       handled.
 *   V2  The record is made with the child, and holds every message that goes between it and its supervisor, so that beginning,
 *       ending and telling take no memory. `link.envelope` goes up when a life has ended; `order` goes down (BEGIN, END), and
 *       comes back up when the child has begun. Each is in one place: with the supervisor, on its way, or with the child.
 *   V3  `wanted_gone` is set by the supervisor before it orders an end: a life that ends when it is set is the last. Who ends a
 *       life without having seen it rests between two lives, and the supervisor, which hears of that, sends END.
 *   V4  A supervisor outlives its children (lifecycle.h, L2); the record is freed by it when the child is gone. */
#ifndef TROUPEI_ACTORS_SUPERVISED_H
#define TROUPEI_ACTORS_SUPERVISED_H

#include "actors/system.h"
#include "troupe/supervise.h"

/* order's kind */
enum supervised_order { ORDER_BEGIN = 1, ORDER_END, ORDER_BEGUN };

/* What the supervisor knows of its child. */
enum supervised_life { LIFE_BETWEEN, LIFE_BEGINNING, LIFE_ON, LIFE_STOPPING, LIFE_GOING };

struct supervised {
	struct child_link link; /* first: lifecycle.c knows it by that */
	struct envelope order;  /* SORT_LIFE */
	struct envelope_extension order_extension;

	/* set when it is made */
	troupe_child_spec spec; /* a copy; name and initial are the user's, or of an added child its own */
	troupe_ref ref;
	bool added;             /* by troupe_add_child */

	/* the child's */
	uint32_t lives;         /* begun so far */
	troupe_status last;     /* how the last one ended */
	bool between;           /* V1 */
	bool leaving;           /* ORDER_END has come: the supervisor has had the news of the last life */

	/* any thread: V3 */
	uint8_t wanted_gone;
	uint8_t unwanted;       /* a supervisor's: it is to end, and need not wait for its children to begin */
	uint8_t ordered;        /* SIGNAL_STOP comes from the supervisor, not from the end of the system */

	/* the supervisor's; the list is read by others under the system's lock */
	struct supervised *next, *previous; /* in the order of the specs */
	enum supervised_life life;
	bool off;               /* its life is to end, before it begins again or for good */
	bool gone;              /* for good; wanted_gone follows */
	uint32_t streak;        /* restarts in a row */
	int64_t began_ns;
	uint64_t timer;         /* of its stop or its back-off; 0: none */
	bool waits;             /* for the back-off to be over */
};

/* The record of the child that lives at @p cell; NULL: it has no supervisor. */
static inline struct supervised *troupei_supervised_of(const struct cell *cell)
{
	struct child_link *link = cell->extra != NULL ? cell->extra->link : NULL;

	return link != NULL && link->supervised ? (struct supervised *)link : NULL;
}

/* Is it between two lives? By the worker that runs it. */
static inline bool troupei_supervised_is_between(const struct cell *cell)
{
	const struct supervised *record = troupei_supervised_of(cell);

	return record != NULL && record->between;
}

/* A life has ended (its children are gone). True: the child rests until its supervisor decides; false: this end is for good. */
bool troupei_supervised_rest(struct actor_worker *worker, struct cell *cell, troupe_status why);

/* The rest of that, after terminate. */
void troupei_supervised_rested(struct actor_worker *worker, struct cell *cell, troupe_status why);

/* An order from the supervisor. True: the actor has ended. */
bool troupei_supervised_obey(struct actor_worker *worker, struct cell *cell, struct envelope *envelope);

/* The child has begun: tell its supervisor. A supervisor that is itself a child has when its children have. */
void troupei_supervised_begun(struct actor_worker *worker, struct cell *cell);

#endif
