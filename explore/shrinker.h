/* SPDX-License-Identifier: MIT */
/* shrinker: the making smaller of one run. shrink.c says when it is over, shrink_moves.c what is tried. */
#ifndef TROUPEI_EXPLORE_SHRINKER_H
#define TROUPEI_EXPLORE_SHRINKER_H

#include <time.h>

#include "explore/explorer.h"

struct shrinker {
	struct search *search;
	struct trace *best;     /* of the smallest run so far */
	uint32_t *units;        /* the choices that lead to it: candidates are made of these */
	size_t count;
	uint32_t *candidate;    /* room for TRACE_CHOICES_MAX */
	struct timespec until;
};

/* So many runs have been made, or so much time has gone by, that it is enough. */
bool troupei_shrinker_is_over(const struct shrinker *shrinker);

/* Run the first @p count choices of the candidate, and with @p hold. True: the same goes wrong, and it costs less; then it is the
 * best, and its choices are those that lead there. */
bool troupei_shrinker_try(struct shrinker *shrinker, size_t count, const struct hold *hold);

/* From now on the choices are those that the best run has made, without those that come of themselves. */
void troupei_shrinker_take_made(struct shrinker *shrinker);

/* The moves. True: something became smaller. */
bool troupei_shrink_leave_out(struct shrinker *shrinker);  /* parts of the choices */
bool troupei_shrink_join(struct shrinker *shrinker);       /* who went on in two pieces does so in one: the second comes earlier, */
bool troupei_shrink_put_off(struct shrinker *shrinker);    /*   the first comes later, */
bool troupei_shrink_hold_back(struct shrinker *shrinker);  /*   or none of it comes as long as anybody else can go on */
bool troupei_shrink_hurry(struct shrinker *shrinker);      /* time goes on here */
bool troupei_shrink_let_go_on(struct shrinker *shrinker);  /* who goes on does so for longer */

#endif
