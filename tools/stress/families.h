/* SPDX-License-Identifier: MIT */
/* All scenarios, by the file they are in. */
#ifndef STRESS_FAMILIES_H
#define STRESS_FAMILIES_H

#include "round.h"

/* topologies.c */
extern const struct scenario ring_scenario, tree_scenario, fan_in_scenario, fan_out_scenario, mesh_scenario,
	pipeline_scenario, random_scenario, burst_scenario, threads_scenario;

extern const struct scenario spawn_scenario;   /* spawning.c */
extern const struct scenario churn_scenario;   /* churn.c */
extern const struct scenario ask_scenario;     /* asker.c */
extern const struct scenario call_scenario;    /* caller.c */
extern const struct scenario timers_scenario;  /* timers.c */
extern const struct scenario stash_scenario;   /* feeder.c */
extern const struct scenario payload_scenario; /* payload.c */
extern const struct scenario names_scenario;   /* names.c */
extern const struct scenario process_scenario; /* family_process.c, inmate.c */

/* family_*.c: a cast of actors that fail (cast.h) does this besides; `mixed` does several of them with the same actors. */
extern const struct family watch_family, supervise_family, contain_family, group_family, gather_family, pool_family,
	block_family, bound_family, circle_family;
extern const struct scenario watch_scenario, supervise_scenario, contain_scenario, group_scenario, gather_scenario,
	pool_scenario, block_scenario, bound_scenario, circle_scenario, mixed_scenario;

#endif
