/* SPDX-License-Identifier: MIT */
/* Which scenarios there are. */
#include "families.h"

const struct scenario *const scenarios[] = {
	&ring_scenario,   &tree_scenario,   &fan_in_scenario,  &fan_out_scenario, &mesh_scenario,    &pipeline_scenario,
	&random_scenario, &burst_scenario,  &threads_scenario, &spawn_scenario,   &churn_scenario,   &ask_scenario,
	&call_scenario,   &timers_scenario, &stash_scenario,   &payload_scenario, &names_scenario,
	&watch_scenario,  &supervise_scenario, &contain_scenario, &group_scenario, &gather_scenario, &pool_scenario,
	&block_scenario,  &bound_scenario,  &circle_scenario, &mixed_scenario,
	&process_scenario,
};

const unsigned scenarios_count = sizeof scenarios / sizeof *scenarios;
