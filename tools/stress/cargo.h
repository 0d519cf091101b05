/* SPDX-License-Identifier: MIT */
/* A payload that owns memory of its own, besides what Troupe knows of. */
#ifndef STRESS_CARGO_H
#define STRESS_CARGO_H

#include "actor.h"

struct cargo {
	struct note note;
	unsigned char *owned; /* bytes that say which payload this is */
	uint64_t mark;
	uint32_t visits;
};

/** NULL: no memory; that is a finding already. */
struct cargo *cargo_new(struct dice *dice);

/** Does it still own what it was made with? Says so if not. */
bool cargo_good(const struct cargo *cargo);

/** Move it on to some actor of the part; free it if that one takes no more. */
void cargo_move(struct sender *sender, struct cargo *cargo);

/** One payload in several messages, to some actors of the part. */
void cargo_share(struct sender *sender);

/** Some actor of the part. */
uint32_t cargo_draw(struct sender *sender);

#endif
