/* SPDX-License-Identifier: MIT */
/* Promise: a system with nothing to do uses no processor time: no thread of it wakes, until a message comes. */
#include "fixture.h"

#include <dirent.h>
#include <unistd.h>

enum { ACTORS = 10000, THREADS_MAX = 64 };

static const int64_t QUIET_NS = 2 * TROUPE_S;
static const int64_t SETTLE_NS = 1200 * TROUPE_MS; /* memory goes back after a while of quiet, and the watchdog sleeps when it
                                                      has looked once more */

/* What a thread of this process has done so far. */
struct usage {
	int id;
	uint64_t voluntary, forced, ticks;
};

static uint64_t number_after(const char *text, const char *name)
{
	const char *at = strstr(text, name);

	CHECK(at != NULL);
	return strtoull(at + strlen(name), NULL, 10);
}

static void read_file(int id, const char *name, char *text, size_t size)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/self/task/%d/%s", id, name);
	FILE *file = fopen(path, "r");
	CHECK(file != NULL);
	size_t length = fread(text, 1, size - 1, file);
	text[length] = '\0';
	fclose(file);
}

static struct usage usage_of(int id)
{
	struct usage usage = { .id = id };
	char text[4096];
	unsigned long long user = 0, system = 0;

	read_file(id, "status", text, sizeof text);
	usage.voluntary = number_after(text, "\nvoluntary_ctxt_switches:");
	usage.forced = number_after(text, "nonvoluntary_ctxt_switches:");
	read_file(id, "stat", text, sizeof text);
	const char *behind_name = strrchr(text, ')');
	CHECK(behind_name != NULL);
	CHECK_EQ(sscanf(behind_name + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &user, &system), 2);
	usage.ticks = user + system;
	return usage;
}

/* All threads but this one. */
static int read_usages(struct usage *usages)
{
	DIR *folder = opendir("/proc/self/task");
	int count = 0;

	CHECK(folder != NULL);
	for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
		int id = (int)strtol(entry->d_name, NULL, 10);
		if (id > 0 && id != gettid() && count < THREADS_MAX)
			usages[count++] = usage_of(id);
	}
	closedir(folder);
	return count;
}

/* Threads that were there before the system: not its workers, nor its watchdog. */
static int keep_new(struct usage *usages, int count, const struct usage *before, int before_count)
{
	int kept = 0;

	for (int i = 0; i < count; i++) {
		bool old = false;
		for (int j = 0; j < before_count; j++)
			old = old || before[j].id == usages[i].id;
		if (!old)
			usages[kept++] = usages[i];
	}
	return kept;
}

TEST(idle, ten_thousand_actors_that_wait_cost_nothing_and_wake_for_a_message)
{
	static doer actors[ACTORS];
	struct usage before[THREADS_MAX], workers[THREADS_MAX];
	struct fixture f;
	int before_count = read_usages(before);
	fixture_start(&f, 4);
	for (int i = 0; i < ACTORS; i++) {
		actors[i] = doer_spawn(&f);
		tell(actors[i].ref, do_nothing, NULL);
	}
	fixture_settle(&f);
	sleep_ns(SETTLE_NS);
	int count = keep_new(workers, read_usages(workers), before, before_count);
	CHECK_EQ(count, 4 + 1);
	sleep_ns(QUIET_NS);
	for (int i = 0; i < count; i++) {
		struct usage now = usage_of(workers[i].id);
		CHECK_EQ(now.voluntary, workers[i].voluntary);
		CHECK_EQ(now.ticks, workers[i].ticks);
	}
	for (int i = 0; i < ACTORS; i += ACTORS / 10)
		check_handles(&f, actors[i].ref);
	fixture_finish(&f);
}

static troupe_verdict tick(troupe_actor *me, const troupe_message *m)
{
	return m->kind == DO ? do_task(me, m) : TROUPE_HANDLED;
}

static troupe_verdict do_arm_far(troupe_actor *me, void *argument)
{
	(void)argument;
	for (int i = 0; i < 100; i++)
		CHECK_OK(troupe_after(me, (3600 + i) * TROUPE_S, 1, 0, NULL));
	return TROUPE_HANDLED;
}

TEST(idle, timers_that_are_far_away_wake_nobody)
{
	static const troupe_behaviour ticking = { .receive = tick };
	struct usage before[THREADS_MAX], workers[THREADS_MAX];
	struct fixture f;
	troupe_ref ref;
	int before_count = read_usages(before);
	fixture_start(&f, 2);
	CHECK_OK(troupe_spawn(f.system, &ticking, NULL, &ref));
	perform(&f, ref, do_arm_far, NULL);
	sleep_ns(SETTLE_NS);
	int count = keep_new(workers, read_usages(workers), before, before_count);
	CHECK_EQ(count, 2 + 1);
	sleep_ns(500 * TROUPE_MS);
	for (int i = 0; i < count; i++)
		CHECK_EQ(usage_of(workers[i].id).voluntary, workers[i].voluntary);
	check_handles(&f, ref);
	fixture_finish(&f);
}
