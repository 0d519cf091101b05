/* SPDX-License-Identifier: MIT */
/* Simulation: a program of actors runs on one thread, in virtual time, and who goes on is chosen by a number. So each order of
 * messages that could come about is a number too, and a bug that hides in one of them is searched for, found, and shown again. */
#ifndef TROUPE_SIMULATE_H
#define TROUPE_SIMULATE_H

#include "system.h"

TROUPE_EXTERN_C_BEGIN

/** What must be true here, whatever the order of messages; @p what says it in words that will be printed.
 *  Outside of a simulation a false one prints @p what to stderr and aborts; in one it is what the search was for: the run ends,
 *  and is reported. Any thread; does not block. NULL for @p what: no words. */
TROUPE_API void troupe_holds(bool condition, const char *what);

/** Is this a simulation? For programs that would print, or wait for the outside world. Any thread. */
TROUPE_API bool troupe_is_simulation(void);

/* How to search. */
typedef enum troupe_search_by {
	TROUPE_RANDOM_WALK,   /* each choice is as likely as any other */
	TROUPE_PCT,           /* priorities, and a few moments at which the highest falls: finds what needs few changes of order */
	TROUPE_PARTIAL_ORDER, /* priorities of steps, drawn anew where order matters: orders are as likely as may be */
	TROUPE_EXHAUSTIVE,    /* one order after another, until all have been tried: for small programs */
} troupe_search_by;

/* What else is wrong, or is not; and how much is said about it. */
typedef enum troupe_exploration_flags {
	TROUPE_FIND_UNKNOWN = 1,    /* a message that its receiver does not know (TROUPE_UNKNOWN) ends the search */
	TROUPE_FIND_WAITING = 2,    /* so does an actor that still holds for an answer when it is told to end */
	TROUPE_ALLOW_DEADLOCKS = 4, /* circles of waits that the library finds are for the program to handle: TROUPE_EDEADLOCK */
	TROUPE_ALLOW_LEAKS = 8,     /* blocks that are in use after a run and were not before are no finding */
	TROUPE_NO_SHRINK = 16,      /* the run that was found is not made smaller */
} troupe_exploration_flags;

/** For dead_letters of troupe_exploration: the bit of one reason, such as TROUPE_EGONE. */
#define TROUPE_REASON(why) (UINT64_C(1) << -(int)(why))

typedef struct troupe_exploration {
	uint32_t struct_size;    /* see TROUPE_OPTIONS */
	uint32_t strategy;       /* troupe_search_by */
	uint64_t schedules;      /* how many runs; default: 1000 */
	uint64_t seed;           /* of the first; each of the others has the next one; default: 1 */
	uint64_t steps_max;      /* of one run: more are taken for a run that never ends; default: 10,000,000, or, when a run has
	                            come to that, ten times what the program takes when it runs as plainly as can be */
	uint32_t crashes_ppm;    /* of a million plain messages to actors that a supervisor has in its care, or that are kept apart,
	                            so many make their handler fail instead; default: none */
	uint32_t refusals_ppm;   /* of a million allocations, so many fail; default: none. A run that ends by troupe_must after that,
	                            or after a crash, is no finding: the program has given up */
	const char *replay;      /* the line that an earlier finding gave: run that one again, and nothing else; default: search */
	uint32_t depth;          /* TROUPE_PCT: what must come in a certain order for the bug, 1 to 64; default: 3.
	                          * TROUPE_EXHAUSTIVE: at most so many actors of a run are interrupted; default: no limit. Else 0 */
	uint32_t reserved;       /* 0 */
	uint32_t flags;          /* troupe_exploration_flags; default: none */
	uint32_t shrink_runs;    /* to make a run that was found smaller, at most so many, and ten seconds; default: 3000 */
	uint64_t dead_letters;   /* messages to the dead that end the search: TROUPE_REASON(TROUPE_EGONE) | ...; default: none do */
	void (*invariant)(void *context); /* called after each handler, to say by troupe_holds what is true at all times; calls nothing
	                            else of Troupe's, and does not block; default: none */
	void *invariant_context; /* its argument; yours */
	const char *draw;        /* a file to draw the shrunk run to: .svg, .mmd (Mermaid), or text; default: none */
} troupe_exploration;

/* What came of it. */
typedef struct troupe_finding {
	uint64_t schedules;    /* run */
	uint64_t orders;       /* of messages among them that differ, as far as they are remembered */
	uint64_t messages;     /* handled in all of them */
	uint64_t seed;         /* of the run that went wrong */
	uint64_t hash;         /* of what happened in the last run: two with the same are the same, message by message */
	char what[256];        /* went wrong; "": nothing */
	char replay[4096];     /* the line that makes it happen again; "": nothing */
	bool exhausted;        /* TROUPE_EXHAUSTIVE: all orders have been tried, up to those of steps that do not matter to each other */
	char pattern[768];     /* what kind of bug it looks like, in plain words; "": nothing */
	char diagram[8192];    /* the shrunk run as a sequence diagram, lines of text; "": nothing */
} troupe_finding;

/** Run @p program again and again, each time as another simulation. It starts its systems, sends, waits, and finishes them, as
 *  main would; with threads of its own it must not. Runs happen in a child process, one after another, so what one leaves in static
 *  variables the next one finds; a run that ends the process ends the search.
 *  Blocking, on the thread that calls, with no system alive in the process.
 *  @param program  not NULL   @param context  its argument; yours   @param out  may be NULL
 *  @retval TROUPE_OK       nothing was found      @retval TROUPE_EFAILED   something was: *out says what
 *  @retval TROUPE_EINVAL   an option out of range, a replay line that is none; nothing was run
 *  @retval TROUPE_ENOMEM   no memory, or no process   @retval TROUPE_ECONTEXT  called in a simulation, or in a handler */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_explore(const troupe_exploration *options, void (*program)(void *context),
                                                         void *context, troupe_finding *out);

TROUPE_EXTERN_C_END

#endif
