/* SPDX-License-Identifier: MIT */
/* Deferring: an actor that is closed puts off messages of one kind and handles the others. When it opens, what it put off
 * comes first, in its old order. Feeders send both kinds, and commands to open, close and try again. */
#ifndef STRESS_STASH_H
#define STRESS_STASH_H

#include "actor.h"

#define CLASSES 2u /* of messages: those that may be deferred, and the others */

/* Stashers have the indices 0 to stashers - 1, feeders follow. */
struct pantry {
	uint32_t stashers, feeders;
	uint32_t *sent, *seen; /* [(feeder * stashers + stasher) * CLASSES + class] */
};

/** Spawn stasher @p i. */
void stasher_spawn(struct part *part, uint32_t i);

#endif
