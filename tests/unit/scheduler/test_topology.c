/* SPDX-License-Identifier: MIT */
/* Quotas as cgroups write them, and the affinity mask. */
#include "scheduler/topology.h"

#include <dlfcn.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

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

/* --------------------------------------------------------------------------------------------- a machine of the test's -- */

static struct {
	const char *v2, *own, *mine, *quota, *period; /* what the files hold; NULL: there is none */
	bool is_on, has_no_mask;
} machine;

static const char *content_of(const char *path)
{
	const struct {
		const char *path, *content;
	} files[] = {
		{ "/sys/fs/cgroup/cpu.max", machine.v2 },
		{ "/proc/self/cgroup", machine.mine },
		{ "/sys/fs/cgroup/a/b/cpu.max", machine.own },
		{ "/sys/fs/cgroup/cpu/cpu.cfs_quota_us", machine.quota },
		{ "/sys/fs/cgroup/cpu/cpu.cfs_period_us", machine.period },
	};
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
		if (strcmp(path, files[i].path) == 0)
			return files[i].content;
	return NULL;
}

FILE *fopen(const char *path, const char *mode)
{
	FILE *(*real)(const char *, const char *);
	void *found = dlsym(RTLD_NEXT, "fopen");
	memcpy(&real, &found, sizeof real);
	if (!machine.is_on)
		return real(path, mode);
	const char *content = content_of(path);
	if (content == NULL)
		return NULL;
	FILE *file = tmpfile();
	CHECK(file != NULL && fputs(content, file) >= 0);
	rewind(file);
	return file;
}

int sched_getaffinity(pid_t process, size_t size, cpu_set_t *set)
{
	int (*real)(pid_t, size_t, cpu_set_t *);
	void *found = dlsym(RTLD_NEXT, "sched_getaffinity");
	memcpy(&real, &found, sizeof real);
	if (!machine.is_on)
		return real(process, size, set);
	CPU_ZERO(set);
	for (int cpu = 0; cpu < 8; cpu++)
		CPU_SET(cpu, set);
	return machine.has_no_mask ? -1 : 0;
}

static uint32_t cpus_of(const char *v2, const char *mine, const char *own, const char *quota, const char *period)
{
	machine.v2 = v2, machine.mine = mine, machine.own = own, machine.quota = quota, machine.period = period;
	machine.is_on = true;
	uint32_t cpus = troupei_topology_cpus();
	machine.is_on = false;
	return cpus;
}

/* Eight CPUs in the mask. */
TEST(topology, smallest_limit_of_all_counts)
{
	CHECK_EQ(cpus_of(NULL, NULL, NULL, NULL, NULL), 8);
	CHECK_EQ(cpus_of("300000 100000\n", NULL, NULL, NULL, NULL), 3); /* of the container */
	CHECK_EQ(cpus_of("300000 100000\n", "0::/a/b\n", NULL, NULL, NULL), 3);
	CHECK_EQ(cpus_of("300000 100000\n", "0::/a/b\n", "200000 100000\n", NULL, NULL), 2); /* of the own group */
	CHECK_EQ(cpus_of("300000 100000\n", "0::/a/b\n", "max 100000\n", NULL, NULL), 3);
	CHECK_EQ(cpus_of("max 100000\n", "0::/a/b\n", "400000 100000\n", NULL, NULL), 4);
	CHECK_EQ(cpus_of("1600000 100000\n", "0::/a/b\n", "max 100000\n", NULL, NULL), 8);
	CHECK_EQ(cpus_of("300000 100000\n", "1:cpu:/a/b\n", "200000 100000\n", NULL, NULL), 3); /* not of version 2 */
}

TEST(topology, limits_of_version_one_count_where_there_are_none_of_version_two)
{
	CHECK_EQ(cpus_of(NULL, NULL, NULL, "500000\n", "100000\n"), 5);
	CHECK_EQ(cpus_of("max 100000\n", NULL, NULL, "500000\n", "100000\n"), 5);
	CHECK_EQ(cpus_of("200000 100000\n", NULL, NULL, "100000\n", "100000\n"), 2);
	CHECK_EQ(cpus_of(NULL, NULL, NULL, "-1\n", "100000\n"), 8);
	CHECK_EQ(cpus_of("", "", "", "", ""), 8);
}

/* The mask was too small for the machine: all that are online count. */
TEST(topology, without_a_mask_all_cpus_count)
{
	machine.has_no_mask = true;
	CHECK_EQ(cpus_of(NULL, NULL, NULL, NULL, NULL), sysconf(_SC_NPROCESSORS_ONLN));
}
