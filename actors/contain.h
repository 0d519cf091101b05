/* SPDX-License-Identifier: MIT */
/* contain: a handler was left by a jump, after a crash or by troupe_fail_now: its turn is finished from the top of the loop.
 *   J1  A handler is called with everything written down that the rest of the turn needs: its message has left the list, and
 *       worker->current, chunk and part say what it was. What lies in variables of the turn may be lost. */
#ifndef TROUPEI_ACTORS_CONTAIN_H
#define TROUPEI_ACTORS_CONTAIN_H

#include "actors/system.h"

/* The hook of the scheduler. */
void troupei_contain_escaped(struct worker *worker);

#endif
