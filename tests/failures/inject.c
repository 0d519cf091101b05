/* SPDX-License-Identifier: MIT */
#include "failures/inject.h"

#include <unwind.h>

struct injection *injection;

extern const char __start_troupe_text[], __stop_troupe_text[]; /* the library's own code: base/text.h */

struct walk {
	uintptr_t frames[FRAMES_MAX];
	uint32_t count;
};

static _Unwind_Reason_Code visit(struct _Unwind_Context *context, void *argument)
{
	struct walk *walk = argument;
	uintptr_t pc = (uintptr_t)_Unwind_GetIP(context);
	bool ours = pc >= (uintptr_t)__start_troupe_text && pc < (uintptr_t)__stop_troupe_text;

	if (ours)
		walk->frames[walk->count++] = pc;
	return walk->count < FRAMES_MAX && (ours || walk->count == 0) ? _URC_NO_REASON : _URC_END_OF_STACK;
}

/* The library's calls that led here, up to the first that is not its own. */
static void look(struct walk *walk)
{
	walk->count = 0;
	_Unwind_Backtrace(visit, walk);
}

static uint64_t hash(const struct walk *walk)
{
	uint64_t sum = UINT64_C(1469598103934665603);

	for (uint32_t i = 0; i < walk->count && i < 5; i++)
		sum = (sum ^ walk->frames[i]) * UINT64_C(1099511628211);
	return sum;
}

static void remember(const struct walk *walk)
{
	injection->frame_count = walk->count;
	for (uint32_t i = 0; i < walk->count; i++)
		injection->frames[i] = walk->frames[i];
}

int inject(enum call call)
{
	const struct plan *plan = &injection->plan;
	struct walk walk;

	if (!injection->armed)
		return 0;
	uint32_t at = atomic_fetch_add(&injection->count[call], 1) + 1;
	if (plan->nth == 0) {
		look(&walk);
		if (at <= RECORDS_MAX)
			injection->sites[call][at - 1] = hash(&walk);
		return 0;
	}
	if (call != plan->call || at < plan->nth || (at > plan->nth && !plan->from_there))
		return 0;
	if (atomic_fetch_add(&injection->hits, 1) == 0) {
		look(&walk);
		remember(&walk);
	}
	return call == ALLOCATION ? ENOMEM : plan->error;
}

bool inject_allocation(size_t size)
{
	(void)size;
	return inject(ALLOCATION) != 0;
}

void inject_mapped(long bytes)
{
	atomic_fetch_add(&injection->mapped, bytes);
}
