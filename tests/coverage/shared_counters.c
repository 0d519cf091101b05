/* SPDX-License-Identifier: MIT */
/* shared_counters: where a program of FLAVOR=coverage counts: in a file that all its processes map.
 * The profile runtime of clang writes when a process exits; a test that is killed, that a signal ends, or that calls _exit would
 * leave nothing. Here the counters themselves lie in the file, so that they are kept however a process ends.
 *
 *     TROUPE_COVERAGE=FILE                              count into FILE: as many runs as you like, all of one program
 *     TROUPE_COVERAGE=FILE TROUPE_COVERAGE_PROFILE=OUT  run nothing: write what FILE holds to OUT, as llvm-profdata reads it
 *
 * The counters fill whole pages: the two arrays below end their sections, on a page's end, if this object is the last that is
 * linked; and their alignment is that of the sections' beginnings. */
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PAGE = 4096, NO_COUNTERS = 96 };

extern char __start___llvm_prf_cnts[], __stop___llvm_prf_cnts[], __start___llvm_prf_bits[], __stop___llvm_prf_bits[];
void __llvm_profile_set_filename(const char *name);
int __llvm_profile_write_file(void);

__attribute__((used, section("__llvm_prf_cnts"), aligned(PAGE))) static char end_of_counts[PAGE];
__attribute__((used, section("__llvm_prf_bits"), aligned(PAGE))) static char end_of_bits[PAGE];

static _Noreturn void fail(const char *what)
{
	perror(what);
	_exit(NO_COUNTERS);
}

static void lay(int file, char *from, size_t size, off_t where)
{
	if (((uintptr_t)from | size) % PAGE != 0)
		fail("coverage: shared_counters.o is not the last object");
	if (mmap(from, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file, where) == MAP_FAILED)
		fail("coverage: cannot map the counters");
}

/* The file is made as long as all processes have it, at once: a shorter one, for a moment, would lose what others count. */
static void lay_all(int file)
{
	size_t counts = (size_t)(__stop___llvm_prf_cnts - __start___llvm_prf_cnts);
	size_t bits = (size_t)(__stop___llvm_prf_bits - __start___llvm_prf_bits);

	if (ftruncate(file, (off_t)(counts + bits)) != 0)
		fail("coverage: no room for the counters");
	lay(file, __start___llvm_prf_cnts, counts, 0);
	lay(file, __start___llvm_prf_bits, bits, (off_t)counts);
}

/* Before any constructor of the library: 101 is the first that programs may have. */
__attribute__((constructor(101))) static void share_counters(void)
{
	const char *name = getenv("TROUPE_COVERAGE"), *profile = getenv("TROUPE_COVERAGE_PROFILE");
	int file;

	/* The runtime's own writing at exit is not wanted. */
	__llvm_profile_set_filename(profile != NULL ? profile : "/dev/null");
	if (name == NULL)
		return;
	file = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (file < 0)
		fail(name);
	lay_all(file);
	close(file);
	if (profile != NULL)
		_exit(__llvm_profile_write_file());
}
