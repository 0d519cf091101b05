/* SPDX-License-Identifier: MIT */
/* runnable: the one thing the scheduler knows about its work. It lies inside whatever can run (an actor's cell); the hook that
 * runs it finds its way back. A runnable is in one run queue at most: whoever queues it has the right to (mailbox.h, I3). */
#ifndef TROUPEI_SCHEDULER_RUNNABLE_H
#define TROUPEI_SCHEDULER_RUNNABLE_H

#include <stdint.h>

struct runnable {
	uint8_t fresh; /* lowest bit: has not run yet; the others are for who runs it. Fresh ones are run newest first when there are many: a tree of actors is then
	                  walked depth first, and memory holds a path instead of a level */
};

#endif
