/* SPDX-License-Identifier: MIT */
/* explorer: one run after another, in child processes, until one goes wrong.
 *
 * A function is run many times by one child, which is made anew only when a run has ended it. A whole program cannot be: each run
 * of it is a child of its own, made where the program starts its first system. */
#ifndef TROUPEI_EXPLORE_EXPLORER_H
#define TROUPEI_EXPLORE_EXPLORER_H

#include <stdbool.h>

#include "explore/strategy.h"
#include "explore/trace.h"
#include "troupe/simulate.h"

enum { SEEN_BITS = 18, RUN_SECONDS_MAX = 20, SHRINK_SECONDS = 10, SHRINK_RUNS_DEFAULT = 3000 };

/* What parent and child share. */
struct exploration {
	uint64_t schedule;             /* the one under way, from 0 on */
	uint64_t done, orders, messages, steps;
	uint64_t gave_up;              /* of those done: the program ended by troupe_must, when something had been made to fail */
	uint32_t choices;              /* at most, that a run had to make */
	bool is_over;                  /* there is nothing more to try, */
	bool exhausted;                /*   and all has been tried */
	uint64_t seen[1 << SEEN_BITS]; /* hashes of runs; 0: free */
	struct trace trace;            /* of the run under way */
};

/* How far the making smaller of a run has come. */
struct shrinking {
	uint32_t runs;                      /* so far */
	uint32_t messages_first, messages;  /* handled, before and now */
	uint32_t switches_first, switches;
	bool done;                          /* the trace is that of a smaller run, whose choices stand in `replayed` */
};

/* One search: what it is asked, and where what it finds goes. */
struct search {
	troupe_exploration options; /* with defaults filled in */
	struct strategy *strategy;
	uint32_t *replayed;         /* the choices of the replay line; NULL: none */
	uint32_t expected;          /* of the replay line: what the strategy was told of earlier runs; 0: nothing */
	struct exploration *shared;
	size_t shared_size;
	bool may_lengthen;          /* nobody has asked for so many steps and no more */
	bool one_seed;              /* of the strategy that searches: what stands in for it later does as it did */
	uint32_t workers;           /* likewise */
	bool (*run)(struct search *search); /* one run in a child of its own; false: what it found stands in the trace */
	void (*program)(void *context);     /* a function that is explored; NULL: a whole program */
	void *context;
	void (*progress)(const struct search *search); /* of shrinking; may be NULL */
	struct shrinking shrinking;
	char pattern[sizeof((troupe_finding *)0)->pattern], diagram[sizeof((troupe_finding *)0)->diagram];
};

/* Fill in the defaults and the strategy, and share memory. TROUPE_EINVAL, TROUPE_ENOMEM. */
troupe_status troupei_search_open(struct search *search, const troupe_exploration *given);
void troupei_search_close(struct search *search);

/* How many choices the strategy is told to expect: those of earlier runs, rounded up to a power of two. */
uint32_t troupei_search_expects(const struct search *search);

/* In a child: run number `schedule` begins, or has ended well. */
void troupei_run_begin(struct search *search);
void troupei_run_end(struct search *search);

/* The parent: wait for a child. False: what it found stands in the trace. */
bool troupei_run_wait(struct search *search, int child);

/* In a child: the program's own words are of no use a thousand times over. */
void troupei_run_silence(void);

/* longer.c: the run that was found has no end, or so it seems. True: programs like this are long; now it may take more steps. Else
 * the finding stands. Runs a schedule, and that once in a search. */
bool troupei_search_lengthen(struct search *search);

/* shrink.c: make the run that was found smaller, unless the options forbid; the trace is then that of the smaller one. */
void troupei_search_shrink(struct search *search);

/* explain.c: after a finding: shrink, recognise, draw. */
void troupei_search_explain(struct search *search);

/* What was found, for the caller. */
void troupei_search_tell(const struct search *search, troupe_finding *out);

/* serve.c. Once per process: if the environment says that this program is to be explored, do it, and exit; in the children, which
 * are the runs, it returns. */
void troupei_explore_serve(void);

/* line.c: the line that makes a run happen again, and what it says. */
struct line {
	uint32_t strategy;
	uint32_t depth, expected; /* of a strategy that has them; else 0 */
	uint64_t seed;
	uint32_t *choices;        /* instead of a strategy, to be freed; NULL: none */
	size_t count;
	uint32_t workers;         /* if choices; 0: as many as usual */
};

/* Written into @p size bytes; "" if it does not fit. */
void troupei_line_write(const struct search *search, char *line, size_t size);
/* False: it is none. */
bool troupei_line_read(const char *text, struct line *out);

/* strategies.c: by troupe_search_by; NULL: there is none. */
struct strategy *troupei_strategy(uint32_t number);
const char *troupei_strategy_name(uint32_t number);

#endif
