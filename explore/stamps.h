/* SPDX-License-Identifier: MIT */
/* stamps: which message, or which actor, a stamp stands for in the replay under way. */
#ifndef TROUPEI_EXPLORE_STAMPS_H
#define TROUPEI_EXPLORE_STAMPS_H

#include <stdint.h>

struct cell;
struct envelope;

struct stamped {
	uint32_t stamp;      /* 0: this place is free */
	uint32_t generation; /* of the actor in cell */
	const struct cell *cell;
	const struct envelope *envelope; /* NULL: the stamp is that of the actor's birth */
	uint64_t cause;      /* the message in whose midst it was sent; 0: none */
	uint32_t by;         /* unit */
};

/* Ends the program if there is no memory. */
void troupei_stamps_put(uint32_t stamp, const struct cell *cell, const struct envelope *envelope, uint64_t cause, uint32_t by);

/* Until the next put; NULL: there is none. */
const struct stamped *troupei_stamps_get(uint32_t stamp);

/* If it stands for this message still. */
void troupei_stamps_drop(uint32_t stamp, const struct envelope *envelope);

void troupei_stamps_forget(void);

#endif
