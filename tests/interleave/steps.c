/* SPDX-License-Identifier: MIT */
/* The steps of steps.h that touch memory: choose who goes on, do the one thing, note what it orders. Before the schedule, and after it, they are
 * just done. */
#include "calls.h"
#include "engine.h"

#define PLACE __builtin_return_address(0)

/* What a store releases: what a release fence before it did. One right after the fence is a release itself, so who reads it
 * knows of it too; and what comes after it is another step. */
static struct clock released_by(struct fiber *self)
{
	size_t me = (size_t)(self - engine.fibers);
	struct clock released = self->released;

	if (self->known.of[me] == released.of[me] + 2)
		released.of[me] = self->known.of[me]++;
	return released;
}

static uint64_t cut(uint64_t value, unsigned size)
{
	return size < 8 ? value & ((UINT64_C(1) << (8 * size)) - 1) : value;
}

uint64_t step_load(const void *at, unsigned size)
{
	struct fiber *self = engine.current;

	if (!engine_step(STEP_LOAD, at))
		return word_load(at, size);
	race_access(at, size, false, true, PLACE);
	uint64_t value = buffer_load(self, at, size);
	clock_join(&self->acquired, race_clock_of(at));
	engine_tell(PLACE, value, value, false);
	return value;
}

void step_store(void *at, uint64_t value, unsigned size)
{
	struct fiber *self = engine.current;

	if (!engine_step(STEP_STORE, at)) {
		word_store(at, value, size);
		return;
	}
	race_access(at, size, true, true, PLACE);
	value = cut(value, size);
	engine_tell(PLACE, 0, value, false);
	struct clock released = released_by(self);
	if (engine.model == MODEL_TSO) {
		buffer_store(self, at, value, size, false, &released);
		return;
	}
	word_store(at, value, size);
	*race_clock_of(at) = released;
}

enum change { CHANGE_SWAP, CHANGE_ADD, CHANGE_OR, CHANGE_AND };

static uint64_t changed(enum change change, uint64_t old, uint64_t by)
{
	switch (change) {
	case CHANGE_ADD: return old + by;
	case CHANGE_OR: return old | by;
	case CHANGE_AND: return old & by;
	default: return by;
	}
}

static uint64_t read_modify_write(enum change change, void *at, uint64_t by, unsigned size, const void *place)
{
	struct fiber *self = engine.current;
	bool runs = engine_step(STEP_CHANGE, at);

	if (runs) {
		race_access(at, size, true, true, place);
		buffer_drain(self);
		clock_join(&self->acquired, race_clock_of(at));
		struct clock released = released_by(self);
		clock_join(race_clock_of(at), &released); /* it goes on with the release sequence of what it replaces */
	}
	uint64_t old = word_load(at, size), value = cut(changed(change, old, by), size);
	word_swap(at, value, size);
	if (runs)
		engine_tell(place, old, value, false);
	return old;
}

uint64_t step_swap(void *at, uint64_t value, unsigned size)
{
	return read_modify_write(CHANGE_SWAP, at, value, size, PLACE);
}

uint64_t step_add(void *at, uint64_t amount, unsigned size)
{
	return read_modify_write(CHANGE_ADD, at, amount, size, PLACE);
}

uint64_t step_or(void *at, uint64_t bits, unsigned size)
{
	return read_modify_write(CHANGE_OR, at, bits, size, PLACE);
}

uint64_t step_and(void *at, uint64_t bits, unsigned size)
{
	return read_modify_write(CHANGE_AND, at, bits, size, PLACE);
}

bool step_cas(void *at, uint64_t expected, uint64_t value, uint64_t *seen, unsigned size)
{
	struct fiber *self = engine.current;
	bool runs = engine_step(STEP_CHANGE, at);

	if (runs)
		buffer_drain(self);
	*seen = word_load(at, size);
	bool done = *seen == cut(expected, size);
	if (runs) {
		race_access(at, size, done, true, PLACE);
		clock_join(&self->acquired, race_clock_of(at));
		struct clock released = done ? released_by(self) : (struct clock){ 0 };
		clock_join(race_clock_of(at), &released);
		engine_tell(PLACE, *seen, cut(value, size), !done);
	}
	if (done)
		word_swap(at, value, size);
	return done;
}

/* -------------------------------------------------------------------------------------------------------- order -- */

static void release(struct fiber *self)
{
	self->released = self->known;
	self->known.of[self - engine.fibers]++; /* what it does from now on is not released by it */
}

void step_order(enum step_order order)
{
	struct fiber *self = engine.current;

	if (self == NULL)
		return;
	if (order & ORDER_ACQUIRE)
		clock_join(&self->known, &self->acquired);
	if (order & ORDER_RELEASE)
		release(self);
}

void step_fence(void)
{
	if (!engine_step(STEP_FENCE, NULL))
		return;
	engine_tell(PLACE, 0, 0, false);
	buffer_drain(engine.current);
	step_order(ORDER_BOTH);
}

void step_spin(void)
{
	if (engine_step(STEP_SPIN, NULL))
		engine_tell(PLACE, 0, 0, false);
}
