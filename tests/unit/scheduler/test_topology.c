/* SPDX-License-Identifier: MIT */
/* Quotas as cgroups write them, and the affinity mask. */
#include "scheduler/topology.h"

#include <sched.h>

#include "support/testing.h"

/* A container with a quota of one and a half CPUs gets two workers. */
TEST(topology, quota_is_rounded_up)
{
	static const struct {
		const char *cpu_max;
		uint32_t cpus;
	} cases[] = {
		{ "100000 100000\n", 1 },     { "100001 100000\n", 2 },    { "200000 100000", 2 },
		{ "199999 100000", 2 },       { "150000 100000", 2 },      { "50000 100000", 1 },
		{ "1 100000", 1 },            { "1000 1000000", 1 },       { "6400000 100000", 64 },
		{ "3 1", 3 },                 { " 200000   100000 ", 2 },  { "200000\n100000\n", 2 },
		{ "5000000000 1", UINT32_MAX }, { "9223372036854775807 100000", UINT32_MAX },
		{ "100000 9223372036854775807", 1 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		CHECK_EQ(troupei_topology_quota(cases[i].cpu_max), cases[i].cpus);
}

TEST(topology, no_quota_is_no_limit)
{
	static const char *const unlimited[] = {
		"max 100000\n", "max", "", "\n", " ",         "-1 100000", "-1\n 100000\n", "0 100000",
		"100000",       "100000 0", "100000 -1", "100000 max", "nonsense", "12a 100000",
	};
	for (size_t i = 0; i < sizeof unlimited / sizeof unlimited[0]; i++)
		CHECK_EQ(troupei_topology_quota(unlimited[i]), UINT32_MAX);
}

TEST(topology, cpus_are_those_of_the_affinity_mask_at_most)
{
	cpu_set_t allowed, one;
	CHECK_OK(sched_getaffinity(0, sizeof allowed, &allowed));
	uint32_t cpus = troupei_topology_cpus();
	CHECK(cpus >= 1 && cpus <= (uint32_t)CPU_COUNT(&allowed));
	CHECK_EQ(troupei_topology_cpus(), cpus);
	CPU_ZERO(&one);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &allowed) && CPU_COUNT(&one) == 0)
			CPU_SET(cpu, &one);
	CHECK_OK(sched_setaffinity(0, sizeof one, &one));
	CHECK_EQ(troupei_topology_cpus(), 1);
}
