/* SPDX-License-Identifier: MIT */
/* Changing stacks: what the calling convention says a call keeps is pushed, and the stack pointer exchanged. */
#include "explore/fiber.h"

#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/sanitizers.h"
#include "base/stack_exchange.h"

#if TROUPEI_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

#if TROUPEI_TSAN
void *__tsan_get_current_fiber(void);
void *__tsan_create_fiber(unsigned flags);
void __tsan_destroy_fiber(void *fiber);
void __tsan_switch_to_fiber(void *fiber, unsigned flags);
#endif

enum { KEPT_MAX = 64 };
static struct {
	char *low[KEPT_MAX];
	unsigned count;
} kept;

#if !TROUPEI_HAS_STACK_EXCHANGE
#error "simulation: a change of stacks for this processor is missing"
#endif

void troupei_fiber_adopt(struct fiber_stack *stack)
{
	*stack = (struct fiber_stack){ .adopted = true };
#if TROUPEI_TSAN
	stack->sanitizer = __tsan_get_current_fiber();
#endif
}

/* A page below it belongs to nobody. */
static char *map(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *low = mmap(NULL, page + FIBER_STACK_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (low == MAP_FAILED)
		return NULL;
	if (mprotect(low + page, FIBER_STACK_SIZE, PROT_READ | PROT_WRITE) == 0)
		return low + page;
	munmap(low, page + FIBER_STACK_SIZE);
	return NULL;
}

bool troupei_fiber_make(struct fiber_stack *stack, void (*entry)(void))
{
	char *low = kept.count > 0 ? kept.low[--kept.count] : map();

	if (low == NULL)
		return false;
#if TROUPEI_ASAN
	__asan_unpoison_memory_region(low, FIBER_STACK_SIZE); /* who ended on it has not returned */
#endif
	*stack = (struct fiber_stack){ .top = troupei_stack_begin(low + FIBER_STACK_SIZE, entry), .low = low, .size = FIBER_STACK_SIZE };
#if TROUPEI_TSAN
	stack->sanitizer = __tsan_create_fiber(0);
#endif
	return true;
}

void troupei_fiber_free(struct fiber_stack *stack)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

#if TROUPEI_TSAN
	__tsan_destroy_fiber(stack->sanitizer);
#endif
	if (kept.count < KEPT_MAX)
		kept.low[kept.count++] = (char *)(uintptr_t)stack->low;
	else
		munmap((char *)(uintptr_t)stack->low - page, page + stack->size);
	stack->low = NULL;
}

void troupei_fiber_begun(struct fiber_stack *from)
{
#if TROUPEI_ASAN
	const void *low;
	size_t size;

	__sanitizer_finish_switch_fiber(NULL, &low, &size);
	if (from->adopted && from->low == NULL) { /* the first to begin comes from there; later ones may come from anybody */
		from->low = low;
		from->size = size;
	}
#else
	(void)from;
#endif
}

void troupei_fiber_change(struct fiber_stack *from, struct fiber_stack *to, bool for_ever)
{
#if TROUPEI_ASAN
	__sanitizer_start_switch_fiber(for_ever ? NULL : &from->sanitizer, to->low, to->size);
#elif TROUPEI_TSAN
	__tsan_switch_to_fiber(to->sanitizer, 0); /* what one did before is seen by the other: they take turns */
#endif
	(void)for_ever;
	troupei_stack_exchange(&from->top, to->top);
#if TROUPEI_ASAN
	__sanitizer_finish_switch_fiber(from->sanitizer, NULL, NULL);
#endif
}
