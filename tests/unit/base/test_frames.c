/* SPDX-License-Identifier: MIT */
#include "base/frames.h"

#include <stdlib.h>
#include <ucontext.h>

#include "base/text.h"
#include "support/faults.h"
#include "support/testing.h"

static struct frames seen;
static uintptr_t pc_seen;

#if defined(__x86_64__)
#define PC(context) ((uintptr_t)((ucontext_t *)(context))->uc_mcontext.gregs[REG_RIP])
#else
#define PC(context) ((uintptr_t)((ucontext_t *)(context))->uc_mcontext.pc)
#endif

static void on_signal(int number, siginfo_t *info, void *context)
{
	(void)number, (void)info;
	pc_seen = PC(context);
	troupei_frames_collect(&seen, pc_seen);
}

static void __attribute__((noinline)) raise_it(int number)
{
	raise(number);
	__asm__ volatile("");
}

static void collect(void)
{
	struct sigaction action = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO };

	troupei_frames_prepare();
	seen.count = 0;
	CHECK_OK(sigaction(SIGUSR1, &action, NULL));
	raise_it(SIGUSR1);
}

static bool lies_in(uintptr_t address, uintptr_t function)
{
	return address >= function && address < function + 256;
}

TEST(frames, begin_where_the_signal_came)
{
	collect();
	CHECK(seen.count > 3);
	CHECK_EQ(seen.addresses[0], pc_seen);
	bool found = false;
	for (uint32_t i = 1; i < seen.count; i++)
		found = found || lies_in(seen.addresses[i], (uintptr_t)raise_it);
	CHECK(found);
}

/* raise is libc's and exported; of a test's own function its file says nothing to others. */
TEST(frames, have_names_if_they_are_shown)
{
	collect();
	bool found = false;
	for (uint32_t i = 1; i < seen.count; i++) {
		const char *name = troupei_frames_symbol(seen.addresses[i] - 1);
		found = found || (name != NULL && (strcmp(name, "raise") == 0 || strcmp(name, "gsignal") == 0));
	}
	CHECK(found);
	CHECK(troupei_frames_symbol((uintptr_t)raise_it) == NULL);
	CHECK(troupei_frames_symbol(0) == NULL);
}

TEST(frames, are_printed_as_far_as_they_fit)
{
	char line[1024], short_line[32];
	collect();
	troupei_frames_print(&seen, line, sizeof line);
	CHECK(strstr(line, " libc.so") != NULL && strstr(line, "signal+0x") != NULL);
	troupei_frames_print(&seen, short_line, sizeof short_line);
	CHECK(strlen(short_line) < sizeof short_line);
	CHECK(strncmp(line, short_line, strlen(short_line)) == 0);
	char after = line[strlen(short_line)];
	CHECK(after == ' ' || after == 0);
	troupei_frames_print(&(struct frames){ .count = 1, .addresses = { 16 } }, line, sizeof line);
	CHECK_STR_EQ(line, " 0x10");
	const struct frames two = { .count = 2, .addresses = { 16, 33 } };
	troupei_frames_print(&two, line, 11);
	CHECK_STR_EQ(line, " 0x10 0x21");
	troupei_frames_print(&two, line, 10); /* whole ones alone */
	CHECK_STR_EQ(line, " 0x10");
}
