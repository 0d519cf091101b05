/* SPDX-License-Identifier: MIT */
/* pace: does it help that this worker steals?
 *
 * Actors that hand one message to and fro are quickest on one core: what takes 15 ns there takes 100 and more when the message, the
 * mailbox and the state of its reader come from another core. A thief cannot see that in the work it takes; it can see what comes
 * of it. So one that steals often measures how many messages all workers handle while it steals and while it rests, for a
 * millisecond each, goes on with what is quicker, and asks again, less and less often. (Hill climbing on throughput, as the thread
 * pool of .NET does: Hellerstein, Morrison, Eilebrecht, "Optimizing Concurrency Levels in the .NET ThreadPool", FeBID 2008.)
 *
 *   E1  Only a worker without any work of its own rests, so nothing waits for it.
 *   E2  While it rests it looks every PACE_SLICE_NS whether the others get on: if they handle less than half of what all did before
 *       (nine tenths in the first rest, which is only to find out), or nothing, it steals again at once; and also if one of them, the
 *       next in each slice that has runnables in its ring, has handled nothing for a slice. So what it could have stolen waits for a
 *       handler that does not return no longer than that, once for each worker.
 *   E3  It is no sleeper meanwhile: nobody wakes it for work, and the scheduler is not quiet. Step 4 of the shutdown wakes it.
 *   E4  One worker asks at a time (scheduler.pacing), or they would measure each other. Who asks may find work of its own for ever;
 *       so another's rest, which is not measured meanwhile, ends all the same, at the latest after the longest there is. */
#ifndef TROUPEI_SCHEDULER_PACE_H
#define TROUPEI_SCHEDULER_PACE_H

#include <stdbool.h>
#include <stdint.h>

struct worker;

#define PACE_MEASURE_NS UINT64_C(1000000)
#define PACE_SLICE_NS   UINT64_C(250000)

/*   STEALS --often--> BEFORE ---> RESTS --better--> BACK ---> AFTER --still better--> RESTS (twice as long) ...
 *      ^                            |                           |
 *      +--------- not better -------+---------------------------+                        (STEALS four times as long) */
enum pace_phase { PACE_STEALS, PACE_BEFORE, PACE_RESTS, PACE_BACK, PACE_AFTER };

/* A thief's memory of it. Owner. */
struct pace {
	enum pace_phase phase;
	uint64_t since;       /* ticks: when the phase began */
	uint64_t handled;     /* messages, by all workers, until then */
	uint64_t steals;      /* its own, until then */
	uint64_t slice_since; /* the same of the slice of rest under way */
	uint64_t slice_handled;
	uint64_t steals_for;  /* ticks: how long to steal before the next question; 0: it has never stolen */
	uint64_t rests_for;   /* ticks: how long to rest */
	double stealing;      /* messages a tick, of all workers, when it stole and was measured last */
	double resting;       /* and while it rested last */
	uint32_t suspect;     /* E2: the worker whose ring was not empty, by index, */
	uint64_t suspect_handled; /* and what it had handled */
};

/* What it sees at one moment. */
struct pace_sight {
	uint64_t now;     /* ticks */
	uint64_t handled; /* by all workers so far */
	uint64_t steals;  /* its own so far */
	uint64_t measure; /* PACE_MEASURE_NS in ticks */
	bool asks;        /* E4: no other does */
	bool kept;        /* E2: in a ring something waits for a handler that does not return */
};

/* What to do now. True: steal; false: rest for a slice, then come again. */
bool troupei_pace_step(struct pace *pace, const struct pace_sight *sight);

/* The same for a worker that is about to steal, the slice of rest included. Owner, with no work of its own. */
bool troupei_pace_may_steal(struct worker *worker);

#endif
