/* SPDX-License-Identifier: MIT */
/* The runnables that never ran: newest first for the owner, oldest first towards the ring. */
#include "base/memory.h"
#include "scheduler/worker.h"

enum { CAPACITY_FIRST = 256, CAPACITY_KEPT = 65536 };

static bool grow(struct fresh_stack *stack)
{
	uint32_t count = troupei_fresh_stack_count(stack);
	uint32_t capacity = stack->capacity == 0 ? CAPACITY_FIRST : stack->capacity * 2;
	struct runnable **array = capacity == 0 ? NULL : troupei_allocate(capacity * sizeof(*array));

	if (array == NULL)
		return false;
	for (uint32_t i = 0; i < count; i++)
		array[i] = stack->array[(stack->bottom + i) & (stack->capacity - 1)];
	troupei_deallocate(stack->array, stack->capacity * sizeof(*array));
	*stack = (struct fresh_stack){ .array = array, .capacity = capacity, .bottom = 0, .top = count };
	return true;
}

bool troupei_fresh_stack_push(struct fresh_stack *stack, struct runnable *runnable)
{
	if (troupei_fresh_stack_count(stack) == stack->capacity && !grow(stack))
		return false;
	stack->array[stack->top++ & (stack->capacity - 1)] = runnable;
	return true;
}

/* After a burst the array goes back. */
static struct runnable *emptied(struct fresh_stack *stack, struct runnable *last)
{
	if (stack->top == stack->bottom && stack->capacity > CAPACITY_KEPT)
		troupei_fresh_stack_fini(stack);
	return last;
}

struct runnable *troupei_fresh_stack_pop_newest(struct fresh_stack *stack)
{
	if (stack->top == stack->bottom)
		return NULL;
	return emptied(stack, stack->array[--stack->top & (stack->capacity - 1)]);
}

struct runnable *troupei_fresh_stack_pop_oldest(struct fresh_stack *stack)
{
	if (stack->top == stack->bottom)
		return NULL;
	return emptied(stack, stack->array[stack->bottom++ & (stack->capacity - 1)]);
}

void troupei_fresh_stack_fini(struct fresh_stack *stack)
{
	troupei_deallocate(stack->array, stack->capacity * sizeof(*stack->array));
	*stack = (struct fresh_stack){ 0 };
}
