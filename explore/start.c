/* SPDX-License-Identifier: MIT */
/* Where a program comes in: production, or one run of a simulation after another. */
#include <stdio.h>
#include <stdlib.h>

#include "actors/options.h"
#include "base/threads.h"
#include "explore/explorer.h"
#include "explore/replayer.h"
#include "explore/simulation.h"
#include "troupe.h"

troupe_status troupe_start(const troupe_options *options, troupe_system *out)
{
	troupei_explore_serve();
	troupei_replay_serve();
	return troupei_system_open(options, out);
}

bool troupe_is_simulation(void)
{
	return troupei_is_simulated();
}

void troupe_holds(bool condition, const char *what)
{
	if (condition)
		return;
	what = what != NULL ? what : "what must hold does not";
	if (troupei_is_simulated())
		troupei_simulation_fail(FINDING_PROMISE, "%s", what);
	fprintf(stderr, "troupe: does not hold: %s\n", what);
	abort();
}
