/* SPDX-License-Identifier: MIT */
/* footprint: what a step did to whom. Two steps whose footprints do not meet come to the same in either order. */
#ifndef TROUPEI_EXPLORE_FOOTPRINT_H
#define TROUPEI_EXPLORE_FOOTPRINT_H

#include <stdbool.h>
#include <stdint.h>

#include "explore/strategy.h"

enum { FOOTPRINT_MAX = 5 };

struct footprint {
	bool all; /* more than can be written down, or it is not known */
	uint8_t count;
	uint8_t how[FOOTPRINT_MAX]; /* enum touch, never TOUCH_WAKES */
	uint32_t unit[FOOTPRINT_MAX];
};

void troupei_footprint_add(struct footprint *footprint, uint32_t unit, enum touch how);

/* Has it sent to, handled at or changed this unit? */
bool troupei_footprint_has(const struct footprint *footprint, uint32_t unit);

/* Does their order matter? Two senders to one actor: yes. One who sends, and the actor that handles what was there before: no, as
 * the new message lies behind it either way. */
bool troupei_footprints_meet(const struct footprint *one, const struct footprint *other);

#endif
