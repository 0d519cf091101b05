/* SPDX-License-Identifier: MIT */
/* Affinity and cgroup quota. A container with a quota of two CPUs on a machine of sixty-four gets two workers, not sixty-four
 * that take turns in being throttled. */
#include "scheduler/topology.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static uint32_t affinity_cpus(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0)
		return (uint32_t)CPU_COUNT(&set);
	long online = sysconf(_SC_NPROCESSORS_ONLN); /* more than 1024 CPUs: the set above is too small */
	return online > 0 ? (uint32_t)online : 1;
}

uint32_t troupei_topology_quota(const char *cpu_max)
{
	long long quota, period;

	if (sscanf(cpu_max, "%lld %lld", &quota, &period) != 2 || quota <= 0 || period <= 0)
		return UINT32_MAX;
	long long cpus = quota / period + (quota % period != 0);
	return cpus < UINT32_MAX ? (uint32_t)cpus : UINT32_MAX;
}

/* The first line of a file; "" when there is none. */
static void read_line(const char *path, char *line, int size)
{
	FILE *file = fopen(path, "re");

	line[0] = 0;
	if (file == NULL)
		return;
	if (fgets(line, size, file) == NULL)
		line[0] = 0;
	fclose(file);
}

/* This process's cgroup v2, as far as it is visible under /sys/fs/cgroup, and the root of it (what a container sees). */
static uint32_t quota_v2(void)
{
	char line[512], path[600], limit[64];
	uint32_t least;

	read_line("/sys/fs/cgroup/cpu.max", limit, sizeof limit);
	least = troupei_topology_quota(limit);
	read_line("/proc/self/cgroup", line, sizeof line);
	if (strncmp(line, "0::/", 4) != 0)
		return least;
	line[strcspn(line, "\n")] = 0;
	snprintf(path, sizeof path, "/sys/fs/cgroup%s/cpu.max", line + 3);
	read_line(path, limit, sizeof limit);
	uint32_t own = troupei_topology_quota(limit);
	return own < least ? own : least;
}

static uint32_t quota_v1(void)
{
	char quota[32], period[32], both[80];

	read_line("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", quota, sizeof quota);
	read_line("/sys/fs/cgroup/cpu/cpu.cfs_period_us", period, sizeof period);
	snprintf(both, sizeof both, "%s %s", quota, period);
	return troupei_topology_quota(both);
}

uint32_t troupei_topology_cpus(void)
{
	uint32_t cpus = affinity_cpus(), quota = quota_v2();

	if (quota == UINT32_MAX)
		quota = quota_v1();
	if (quota < cpus)
		cpus = quota;
	return cpus > 0 ? cpus : 1;
}
