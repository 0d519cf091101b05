/* SPDX-License-Identifier: MIT */
/* The strategies there are, by number and by name. */
#include <stddef.h>

#include "explore/explorer.h"

static const struct {
	const char *name;
	struct strategy *(*make)(void);
} strategies[] = {
	[TROUPE_RANDOM_WALK] = { "random", troupei_random_walk },
	[TROUPE_PCT] = { "pct", troupei_pct },
	[TROUPE_PARTIAL_ORDER] = { "pos", troupei_partial_order },
	[TROUPE_EXHAUSTIVE] = { "exhaustive", troupei_exhaustive },
};

struct strategy *troupei_strategy(uint32_t number)
{
	return number < sizeof strategies / sizeof *strategies ? strategies[number].make() : NULL;
}

const char *troupei_strategy_name(uint32_t number)
{
	return number < sizeof strategies / sizeof *strategies ? strategies[number].name : NULL;
}
