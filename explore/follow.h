/* SPDX-License-Identifier: MIT */
/* follow: a strategy that does what a recording says: each thread's log in its order, and a message not before it has been sent.
 *
 *   R1  A handler runs to its end before anybody else goes on: what a handler does depends on its actor's state and on its
 *       message (X2), and on the outcomes of calls, which are recorded where they were a refusal.
 *   R2  A step of a log is done when its message waits in its actor's mailbox. There is always one, since there was in the run
 *       that was recorded, and this is an order of the same steps in which each message is sent before it is handled.
 *   R3  The program's own thread goes on when no log can: so what it does comes as late as it can, since nothing of it is written
 *       down but what it sends.
 *   R4  Stamps are counted as in the recording: what a handler sends counts for the thread in whose log it is. */
#ifndef TROUPEI_EXPLORE_FOLLOW_H
#define TROUPEI_EXPLORE_FOLLOW_H

#include "explore/recording.h"
#include "explore/simulation.h"

/* How a replay ends, as far as the replay can tell. */
enum follow_end {
	FOLLOW_GOES_ON,
	FOLLOW_OVER,     /* the recording has no more */
	FOLLOW_DIVERGED, /* the program did something else than it did then */
};

struct following {
	struct recording *recording;
	uint64_t handled;       /* messages: the number of the one that is being handled, from 1 on */
	enum follow_end end;
	char why[TRACE_TEXT_MAX];
	struct recorded_log *current;  /* whose step is being done; NULL: the first thread's own */
	struct recorded_step granted;  /* STEP_END: it has been done */
	uint64_t cause;                /* the message under way, for what is sent in its midst; 0: none is */
	const struct cell *actor;
	const struct envelope *message;
	/* Called before each message's handler, when it has been counted. */
	void (*before)(const struct cell *cell, const struct envelope *envelope);
};

extern struct following troupei_following TROUPEI_HIDDEN;

/* The strategy. The recording stays the caller's. */
struct strategy *troupei_follow(struct recording *recording);

/* Is the step under way the last one of its log? */
bool troupei_follow_at_end(void);

#endif
