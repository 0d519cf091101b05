/* SPDX-License-Identifier: MIT */
#include "explore/footprint.h"

void troupei_footprint_add(struct footprint *footprint, uint32_t unit, enum touch how)
{
	for (uint8_t i = 0; i < footprint->count; i++)
		if (footprint->unit[i] == unit) {
			/* a step that does several things to one unit is none of the simple ones */
			footprint->how[i] = footprint->how[i] == how ? (uint8_t)how : TOUCH_CHANGES;
			return;
		}
	if (footprint->count == FOOTPRINT_MAX) {
		footprint->all = true;
		return;
	}
	footprint->unit[footprint->count] = unit;
	footprint->how[footprint->count++] = (uint8_t)how;
}

bool troupei_footprint_has(const struct footprint *footprint, uint32_t unit)
{
	for (uint8_t i = 0; i < footprint->count; i++)
		if (footprint->unit[i] == unit)
			return true;
	return footprint->all;
}

static bool conflict(uint8_t one, uint8_t other)
{
	return one == TOUCH_CHANGES || other == TOUCH_CHANGES || one == other;
}

bool troupei_footprints_meet(const struct footprint *one, const struct footprint *other)
{
	if (one->all || other->all)
		return true;
	for (uint8_t i = 0; i < one->count; i++)
		for (uint8_t k = 0; k < other->count; k++)
			if (one->unit[i] == other->unit[k] && conflict(one->how[i], other->how[k]))
				return true;
	return false;
}
