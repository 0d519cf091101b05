/* SPDX-License-Identifier: MIT */
/* What scenarios are given: memory that is new in each schedule, handovers, and time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine.h"

enum { ARENA_SIZE = 4 << 20 };

static unsigned char *arena;
static size_t arena_used;
static int64_t now_ns;
static uint32_t run;

void *step_map(size_t size);
int step_unmap(void *memory, size_t size);
int64_t step_clock(void);
int step_now(struct timespec *now);

/* The first to ask in a schedule finds everything as at its beginning. */
static void renew(void)
{
	if (arena == NULL && (arena = aligned_alloc(ARENA_SIZE, ARENA_SIZE)) == NULL)
		abort();
	if (run == engine.run)
		return;
	run = engine.run;
	arena_used = 0;
	now_ns = 0;
}

void *arena_take(size_t size, size_t alignment)
{
	renew();
	size_t at = (arena_used + alignment - 1) & ~(alignment - 1);
	if (at + size > ARENA_SIZE) {
		fprintf(stderr, "support.c: ARENA_SIZE is too small\n");
		abort();
	}
	arena_used = (at + size + 15) & ~(size_t)15;
	return arena + at;
}

void arena_free(void *memory, size_t size)
{
	if (memory != NULL)
		race_freed(memory, size);
}

void *step_map(size_t size)
{
	return memset(arena_take(size, size), 0, size);
}

int step_unmap(void *memory, size_t size)
{
	arena_free(memory, size);
	return 0;
}

int64_t step_clock(void)
{
	renew();
	return now_ns += 1000000000;
}

int step_now(struct timespec *now)
{
	int64_t ns = step_clock();

	*now = (struct timespec){ .tv_sec = (time_t)(ns / 1000000000), .tv_nsec = (long)(ns % 1000000000) };
	return 0;
}

int book_add(int *count, int amount)
{
	return *count += amount;
}

/* ------------------------------------------------------------------------------------------------------ handovers -- */

void handover_put(struct handover *handover, void *value)
{
	struct fiber *self = engine.current;
	struct handover_item *item;

	if (engine_step(STEP_CHANGE, handover)) {
		buffer_drain(self);
		engine_tell(__builtin_return_address(0), 0, (uintptr_t)value, false);
	}
	if (handover->count == HANDOVER_ROOM)
		schedule_fails("too much was handed over");
	item = &handover->items[(handover->first + handover->count++) % HANDOVER_ROOM];
	item->value = value;
	memset(item->clock, 0, sizeof item->clock);
	if (self != NULL) {
		memcpy(item->clock, self->known.of, sizeof item->clock);
		self->known.of[self - engine.fibers]++;
	}
	fiber_publish(&item->value);
	engine_wake(handover);
}

void *handover_take(struct handover *handover)
{
	struct fiber *self = engine.current;
	struct clock clock;

	engine_step(STEP_CHANGE, handover);
	engine_tell(__builtin_return_address(0), 0, 0, false);
	while (handover->count == 0 && !handover->closed)
		engine_sleep(handover);
	if (handover->count == 0)
		return NULL;
	struct handover_item *item = &handover->items[handover->first++ % HANDOVER_ROOM];
	handover->first %= HANDOVER_ROOM;
	handover->count--;
	memcpy(clock.of, item->clock, sizeof clock.of);
	clock_join(&self->known, &clock);
	buffer_drain(self);
	fiber_learn(&item->value);
	engine_tell(__builtin_return_address(0), (uintptr_t)item->value, 0, false);
	return item->value;
}

void handover_close(struct handover *handover)
{
	engine_step(STEP_CHANGE, handover);
	handover->closed = true;
	engine_wake(handover);
}
