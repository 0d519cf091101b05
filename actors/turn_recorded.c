/* SPDX-License-Identifier: MIT */
/* The turn of a process that is recorded: as in production, whose turn pays nothing for it, but that each message's stamp is written
 * down before its handler runs. */
#define TROUPEI_RECORDED 1
#include "actors/turn_body.h"

void troupei_turn_run_recorded(struct worker *base, struct runnable *runnable)
{
	turn_run(base, runnable);
}
