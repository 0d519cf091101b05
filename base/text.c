/* SPDX-License-Identifier: MIT */
#include "base/text.h"

#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { REGIONS_MAX = 32 };

struct region {
	uintptr_t from, to;
	enum text text;
};

static struct region regions[REGIONS_MAX];
static unsigned region_count;
static bool complete = true;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* The linker's: where the section begins and ends. Whoever builds the library without it gets no program, not a wrong one. */
extern const char __start_troupe_text[] __attribute__((visibility("hidden")));
extern const char __stop_troupe_text[] __attribute__((visibility("hidden")));

static const struct {
	const char *name;
	enum text text;
} libraries[] = {
	{ "libc.so", TEXT_LIBC },         { "libc-", TEXT_LIBC },           { "ld-", TEXT_LIBC },
	{ "libpthread", TEXT_LIBC },      { "libck.so", TEXT_TROUPE },      { "libasan.so", TEXT_SANITIZER },
	{ "libtsan.so", TEXT_SANITIZER }, { "libubsan.so", TEXT_SANITIZER },
};

static void add(uintptr_t from, uintptr_t to, enum text text)
{
	complete = complete && region_count < REGIONS_MAX;
	if (complete)
		regions[region_count++] = (struct region){ from, to, text };
}

static bool holds(const struct dl_phdr_info *info, uintptr_t address)
{
	for (unsigned i = 0; i < info->dlpi_phnum; i++) {
		uintptr_t from = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
		if (info->dlpi_phdr[i].p_type == PT_LOAD && address >= from && address - from < info->dlpi_phdr[i].p_memsz)
			return true;
	}
	return false;
}

/* An allocator that was put before libc's has locks of its own, and the library calls it. One that is linked into the program
 * cannot be told from the program. */
static bool is_allocator(const struct dl_phdr_info *info)
{
	return info->dlpi_name[0] != 0 && holds(info, (uintptr_t)&malloc);
}

static enum text text_of_library(const struct dl_phdr_info *info)
{
	const char *slash = strrchr(info->dlpi_name, '/'), *name = slash != NULL ? slash + 1 : info->dlpi_name;

	for (unsigned i = 0; i < sizeof libraries / sizeof *libraries; i++)
		if (strncmp(name, libraries[i].name, strlen(libraries[i].name)) == 0)
			return libraries[i].text;
	return is_allocator(info) ? TEXT_LIBC : TEXT_PROGRAM;
}

static int visit(struct dl_phdr_info *info, size_t size, void *context)
{
	enum text text = text_of_library(info);

	(void)size, (void)context;
	for (unsigned i = 0; text != TEXT_PROGRAM && i < info->dlpi_phnum; i++) {
		uintptr_t from = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
		if (info->dlpi_phdr[i].p_type == PT_LOAD && (info->dlpi_phdr[i].p_flags & PF_X) != 0)
			add(from, from + info->dlpi_phdr[i].p_memsz, text);
	}
	return 0;
}

static void learn(void)
{
	add((uintptr_t)__start_troupe_text, (uintptr_t)__stop_troupe_text, TEXT_TROUPE);
	dl_iterate_phdr(visit, NULL);
}

bool troupei_text_learn(void)
{
	pthread_once(&once, learn);
	return complete;
}

enum text troupei_text_of(uintptr_t address)
{
	for (unsigned i = 0; i < region_count; i++)
		if (address >= regions[i].from && address < regions[i].to)
			return regions[i].text;
	return TEXT_PROGRAM;
}

bool troupei_text_exists(uintptr_t address)
{
#if __GLIBC_PREREQ(2, 35)
	struct dl_find_object found;

	return _dl_find_object((void *)address, &found) == 0;
#else
	Dl_info info;

	return dladdr((void *)address, &info) != 0;
#endif
}
