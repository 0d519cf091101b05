/* SPDX-License-Identifier: MIT */
/* idle_set: who sleeps, who searches, and whom to wake, so that no work waits while a worker sleeps and no worker is woken in
 * vain.
 *
 *   S1  Who queues work first makes it visible, then (full fence) looks for searchers and sleepers.
 *   S2  Who gives up first leaves the searchers, then joins the sleepers, then (full fence) looks for work.
 *       Either the one sees the sleeper or the other sees the work: the classic "write mine, then read yours" (Dekker). Drop
 *       either fence and both may read old values: a lost wake-up.
 *   S3  While somebody searches nobody is woken: the searcher will find the work, and wakes the next one when it does.
 *   S4  A sleeper's bit is cleared by who wakes it, so each wake-up goes to another sleeper.
 *   S5  A worker that finds work after it has joined the sleepers leaves them before it takes the work: while all bits are
 *       set, nobody holds work. troupei_scheduler_is_quiet stands on it. */
#ifndef TROUPEI_SCHEDULER_IDLE_SET_H
#define TROUPEI_SCHEDULER_IDLE_SET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/atomics.h"

enum {
	IDLE_WORDS = 4,     /* 256 workers */
	SEARCHERS_MAX = 16, /* at once: each look takes the line of a ring from its owner (docs/design/0021-scaling-model.md) */
};
#define IDLE_NOBODY UINT32_MAX

struct idle_set {
	uint64_t words[IDLE_WORDS]; /* bit: this worker sleeps, or is about to */
	uint64_t retired[IDLE_WORDS]; /* bit: this one is off duty: as good as asleep, but never woken for work (spare.h, P2) */
	uint32_t searching;         /* workers that look for work to steal */
	uint32_t keeper;            /* the sleeper that wakes for the next timer: woken for work only if no other is there */
	int64_t keeper_deadline_ns; /* INT64_MAX: there is no keeper */
} __attribute__((aligned(TROUPEI_CACHE_LINE)));

void troupei_idle_set_init(struct idle_set *set);

/* Worker @p index joins or leaves the sleepers. */
void troupei_idle_set_join(struct idle_set *set, uint32_t index);
void troupei_idle_set_leave(struct idle_set *set, uint32_t index);

/* Worker @p index goes off duty, or comes back. */
void troupei_idle_set_retire(struct idle_set *set, uint32_t index);
void troupei_idle_set_unretire(struct idle_set *set, uint32_t index);

/* Are the first @p count workers all asleep, or off duty? */
bool troupei_idle_set_all(const struct idle_set *set, uint32_t count);

/* Take a sleeper out of the set, to be woken; IDLE_NOBODY: none sleeps. */
uint32_t troupei_idle_set_take(struct idle_set *set);

/* Start searching, if fewer than half of @p workers do, and fewer than SEARCHERS_MAX. */
bool troupei_idle_set_search_begin(struct idle_set *set, uint32_t workers);
/* Stop. True: nobody searches any more. */
bool troupei_idle_set_search_end(struct idle_set *set);

/* After a full fence: should somebody be woken for work that was just queued? (S1, S3) */
static inline bool troupei_idle_set_should_wake(const struct idle_set *set)
{
	if (troupei_load_relaxed_32(&set->searching) > 0)
		return false;
	for (unsigned i = 0; i < IDLE_WORDS; i++)
		if (troupei_load_relaxed_64(&set->words[i]) != 0)
			return true;
	return false;
}

#endif
