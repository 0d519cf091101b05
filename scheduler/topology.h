/* SPDX-License-Identifier: MIT */
/* How many CPUs this process may use. */
#ifndef TROUPEI_SCHEDULER_TOPOLOGY_H
#define TROUPEI_SCHEDULER_TOPOLOGY_H

#include <stdint.h>

/* The CPUs in the affinity mask, but no more than the quota of the cgroup (v2 or v1), rounded up; at least 1. */
uint32_t troupei_topology_cpus(void);

/* CPUs that "QUOTA PERIOD" (cgroup v2's cpu.max; "max" is no limit) allows, rounded up; UINT32_MAX: no limit. */
uint32_t troupei_topology_quota(const char *cpu_max);

#endif
