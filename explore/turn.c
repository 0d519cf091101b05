/* SPDX-License-Identifier: MIT */
/* The turn of a simulation: one message at a time, each said to who watches. All else is as in production, whose turn pays
 * nothing for it. */
#define TROUPEI_WATCHED 1
#include "actors/turn_body.h"
#include "explore/simulation.h"

void troupei_turn_run_watched(struct worker *base, struct runnable *runnable)
{
	turn_run(base, runnable);
}
