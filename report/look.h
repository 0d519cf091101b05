/* SPDX-License-Identifier: MIT */
/* look: what state an actor is in, seen by a thread that does not run it.
 *   L1  A cell is always a cell (cell.h, C1), so it is read where it lies; what hangs on it may be freed at any time, and is only
 *       glanced at (glance.h). The generation is compared again behind it: what was seen is this actor's, or nobody's. */
#ifndef TROUPEI_REPORT_LOOK_H
#define TROUPEI_REPORT_LOOK_H

#include "actors/system.h"

/* In the order in which they are listed. */
enum report_state {
	REPORT_RUNNING,
	REPORT_BLOCKING,
	REPORT_AWAITING,
	REPORT_PARKED,
	REPORT_ENDING,
	REPORT_DRAINING,
	REPORT_RESTARTING,
	REPORT_QUEUED,
	REPORT_IDLE,
	REPORT_STATES,
	REPORT_NOBODY = REPORT_STATES, /* no actor: free, a reply address, not born yet, gone meanwhile */
};

extern const char *const troupei_report_state_names[REPORT_STATES];

/* Who runs now: taken once, before the actors are looked at. */
struct report_runs {
	struct cell **cells; /* in order */
	uint32_t count, capacity;
};

/* Make room for all threads of the system. False: no memory. */
bool troupei_report_runs_init(struct report_runs *runs, const struct troupei_system *system);
void troupei_report_runs_fini(struct report_runs *runs);
void troupei_report_runs_take(struct report_runs *runs, const struct troupei_system *system);

/* Any thread. */
enum report_state troupei_report_state(const struct cell *cell, const struct report_runs *runs);

enum { REPORT_NAME_MAX = 48, REPORT_KINDS = 3, REPORT_KINDS_TEXT = 160 };

/* How many messages may still be looked at. */
struct report_budget {
	uint32_t messages;
	const struct troupei_system *system; /* whose actors they are for: the message in hand is not counted as one that waits */
};

/* Names of behaviours that were looked at already: mostly there are a few for all. By address, so that one which goes and leaves its
 * place to another during a report may lend it its name. */
enum { REPORT_NAMES = 64 };
struct report_names {
	const troupe_behaviour *behaviours[REPORT_NAMES];
	char names[REPORT_NAMES][REPORT_NAME_MAX];
};

/* More about one actor. Counts that are lower bounds say so. */
struct report_actor {
	troupe_ref ref;
	enum report_state state;
	char name[REPORT_NAME_MAX];
	troupe_ref parent;
	bool supervised;
	uint32_t lives;
	char child_name[REPORT_NAME_MAX]; /* in its supervisor */
	uint32_t queued, deferred;
	bool queued_cut;
	char kinds[REPORT_KINDS_TEXT];    /* "COUNTER_ADD 10, GET 2" */
	uint32_t children, questions, timers, monitors; /* up to REPORT_COUNT_MAX */
	troupe_status why;                /* it ends */
};

enum { REPORT_COUNT_MAX = 1000 };

/* False: it is gone. @p state: as found before. */
bool troupei_report_look(const struct cell *cell, uint32_t generation, enum report_state state, struct report_budget *budget,
                         struct report_names *names, struct report_actor *out);

/* Its parent, or null. */
troupe_ref troupei_report_parent(const struct cell *cell);

/* The name of its behaviour, and of a kind there, from a behaviour that may be gone; "": not known. */
void troupei_report_name(const troupe_behaviour *behaviour, char to[REPORT_NAME_MAX]);
void troupei_report_kind(const troupe_behaviour *behaviour, int32_t kind, char to[REPORT_NAME_MAX]);

/* Is the actor one whose children must end first? Then its parent edge is a wait. */
bool troupei_report_waits_for_children(troupe_ref ref);

/* queue.c: count what is queued for the actor whose cell is a copy. */
void troupei_report_queue(const struct cell *cell, const struct cell *copy, const struct extra *extra, struct report_budget *budget,
                          struct report_actor *out);

#endif
