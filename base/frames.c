/* SPDX-License-Identifier: MIT */
#include "base/frames.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <ucontext.h>
#include <unwind.h>

struct walk {
	struct frames *frames;
	uintptr_t pc;
	bool found; /* pc was met: what comes before it is the signal handler's */
};

static _Unwind_Reason_Code step(struct _Unwind_Context *context, void *argument)
{
	struct walk *walk = argument;
	uintptr_t ip = _Unwind_GetIP(context);

	if (!walk->found) {
		walk->found = ip == walk->pc;
		return _URC_NO_REASON;
	}
	if (ip == 0 || walk->frames->count == FRAMES_MAX)
		return _URC_END_OF_STACK;
	walk->frames->addresses[walk->frames->count++] = ip;
	return _URC_NO_REASON;
}

static _Unwind_Reason_Code stop(struct _Unwind_Context *context, void *argument)
{
	(void)context, (void)argument;
	return _URC_END_OF_STACK;
}

void troupei_frames_prepare(void)
{
	_Unwind_Backtrace(stop, NULL);
}

uintptr_t troupei_frames_pc(const void *context)
{
	const ucontext_t *interrupted = context;

#if defined(__x86_64__)
	return (uintptr_t)interrupted->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
	return (uintptr_t)interrupted->uc_mcontext.pc;
#else
#error "where does this processor keep its program counter?"
#endif
}

void troupei_frames_collect(struct frames *frames, uintptr_t pc)
{
	struct walk walk = { .frames = frames, .pc = pc };

	frames->addresses[0] = pc;
	frames->count = 1;
	_Unwind_Backtrace(step, &walk);
}

const char *troupei_frames_symbol(uintptr_t address)
{
	Dl_info info;

	return dladdr((void *)address, &info) != 0 ? info.dli_sname : NULL;
}

static int print_one(char *to, size_t size, uintptr_t address, bool is_return)
{
	Dl_info info;
	uintptr_t place = is_return ? address - 1 : address; /* a call may be the last thing in its function */

	if (dladdr((void *)place, &info) == 0)
		return snprintf(to, size, " 0x%llx", (unsigned long long)address);
	if (info.dli_sname != NULL)
		return snprintf(to, size, " %s+0x%llx", info.dli_sname,
		                (unsigned long long)(address - (uintptr_t)info.dli_saddr));
	const char *slash = strrchr(info.dli_fname, '/');
	return snprintf(to, size, " %s+0x%llx", slash != NULL ? slash + 1 : info.dli_fname,
	                (unsigned long long)(address - (uintptr_t)info.dli_fbase));
}

void troupei_frames_print(const struct frames *frames, char *to, size_t size)
{
	size_t used = 0;

	to[0] = 0;
	for (uint32_t i = 0; i < frames->count; i++) {
		int more = print_one(to + used, size - used, frames->addresses[i], i > 0);
		if (more < 0 || (size_t)more >= size - used) {
			to[used] = 0;
			return;
		}
		used += (size_t)more;
	}
}
