/* SPDX-License-Identifier: MIT */
/* Facts about this process: memory, threads, and whether it runs under a sanitizer or valgrind. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "stress.h"

#ifndef __has_feature
#define __has_feature(feature) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || __has_feature(address_sanitizer) || \
	__has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

#define SAMPLES     64u           /* rounds whose memory is remembered, at the beginning and at the end */
#define GROWTH_FREE (96u << 20)   /* bytes that the resident memory may grow by without being a leak */

/* valgrind preloads libraries whose names begin so. */
static bool under_valgrind(void)
{
	char line[512];
	bool found = false;
	FILE *maps = fopen("/proc/self/maps", "r");

	while (maps != NULL && !found && fgets(line, sizeof line, maps) != NULL)
		found = strstr(line, "vgpreload") != NULL;
	if (maps != NULL)
		fclose(maps);
	return found;
}

uint32_t process_slow(void)
{
	static _Atomic uint32_t known;
	uint32_t slow = atomic_load_explicit(&known, memory_order_relaxed);

	if (slow == 0) {
		slow = SANITIZED || under_valgrind() ? 10 : 1;
		atomic_store_explicit(&known, slow, memory_order_relaxed);
	}
	return slow;
}

uint64_t process_rss_bytes(void)
{
	unsigned long size = 0, resident = 0;
	FILE *statm = fopen("/proc/self/statm", "r");

	if (statm == NULL)
		return 0;
	if (fscanf(statm, "%lu %lu", &size, &resident) != 2)
		resident = 0;
	fclose(statm);
	return (uint64_t)resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

static uint32_t count_entries(const char *path)
{
	uint32_t count = 0;
	DIR *folder = opendir(path);
	const struct dirent *entry;

	while (folder != NULL && (entry = readdir(folder)) != NULL)
		count += entry->d_name[0] != '.';
	if (folder != NULL)
		closedir(folder);
	return count;
}

uint32_t process_threads(void)
{
	return count_entries("/proc/self/task");
}

uint32_t process_descriptors(void)
{
	return count_entries("/proc/self/fd");
}

bool process_children(void)
{
	siginfo_t info;

	return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

void process_nap(int64_t ns)
{
	struct timespec time = { .tv_sec = ns / TROUPE_S, .tv_nsec = ns % TROUPE_S };

	nanosleep(&time, NULL);
}

void *process_array(size_t count, size_t size)
{
	void *array = calloc(count == 0 ? 1 : count, size);

	if (array == NULL) {
		perror("troupe-stress: no memory");
		exit(2);
	}
	return array;
}

/* The most among the first rounds against the least among the last ones: rounds differ in size, a leak only grows. */
void process_round_ended(void)
{
	static uint64_t rounds, most_at_first, recent[SAMPLES];
	uint64_t now = process_rss_bytes(), least = UINT64_MAX;

	recent[rounds % SAMPLES] = now;
	if (rounds++ < SAMPLES) {
		most_at_first = now > most_at_first ? now : most_at_first;
		return;
	}
	if (process_slow() != 1 || rounds % SAMPLES != 0)
		return;
	for (unsigned i = 0; i < SAMPLES; i++)
		least = recent[i] < least ? recent[i] : least;
	if (least > most_at_first + most_at_first / 2 + GROWTH_FREE)
		finding("memory grows over the rounds: at most %llu MB in the first %u, at least %llu MB in the last %u",
		        (unsigned long long)(most_at_first >> 20), SAMPLES, (unsigned long long)(least >> 20), SAMPLES);
}
