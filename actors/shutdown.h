/* SPDX-License-Identifier: MIT */
/* shutdown: the end of a system, in the steps that troupe_finish promises. */
#ifndef TROUPEI_ACTORS_SHUTDOWN_H
#define TROUPEI_ACTORS_SHUTDOWN_H

#include "actors/system.h"

/* system.c: free what start made, but for the workers and the struct itself. */
void troupei_system_fini(struct troupei_system *system);

/* wait.c: block until no thread waits for the end of one of its actors any more. All have ended. */
void troupei_wait_for_waiters(struct troupei_system *system);

/* How many threads wait so at this moment. */
uint32_t troupei_wait_count(struct troupei_system *system);

#endif
