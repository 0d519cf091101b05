/* SPDX-License-Identifier: MIT */
/* One schedule. X1 to X4: engine.h. There is no thread of the engine's own: who is about to make a step chooses who goes on,
 * and goes there at once; if it is itself, nothing is switched. */
#include "engine.h"

#include <stdlib.h>
#include <string.h>

struct engine engine;

enum { OWN_MAX = 4, OWN_BYTES = 1024 };
static struct {
	void *variable;
	size_t size;
} own[OWN_MAX];
static unsigned own_count;

uint32_t engine_random(uint32_t below)
{
	uint64_t x = engine.random;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	engine.random = x;
	return (uint32_t)((x * UINT64_C(2685821657736338717)) >> 32) % below;
}

/* ------------------------------------------------------------------------------------------------- own variables -- */

void thread_has_own(void *variable, size_t size)
{
	if (own_count == OWN_MAX)
		abort();
	own[own_count].variable = variable;
	own[own_count++].size = size;
	memset(variable, 0, size);
	races_are_fine(variable, size);
}

/* Not memcpy, which the thread sanitizer takes for an access of the code under test. */
static void copy(unsigned char *to, const unsigned char *from, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		to[i] = from[i];
		__asm__ volatile("" ::: "memory");
	}
}

static void own_exchange(struct fiber *from, const struct fiber *to)
{
	size_t at = 0;

	for (unsigned i = 0; i < own_count; at += own[i++].size) {
		if (from != NULL)
			copy(from->own + at, own[i].variable, own[i].size);
		if (to != NULL)
			copy(own[i].variable, to->own + at, own[i].size);
	}
}

static void go(struct fiber *to)
{
	struct fiber *from = engine.current;

	if (own_count > 0)
		own_exchange(from, to);
	engine.current = to;
	fiber_switch(from, to);
}

/* ----------------------------------------------------------------------------------------------------- telling -- */

/* The step that was chosen last. Only a story wants it: a schedule that is not told does not pay. */
static void tell(enum step_kind kind, const void *at)
{
	if (engine.tells)
		engine.told[engine.steps - 1] =
			(struct told){ .choice = engine.choices[engine.steps - 1], .kind = kind, .at = at };
}

void engine_tell(const void *place, uint64_t before, uint64_t after, bool failed)
{
	struct told *told = &engine.told[engine.steps - 1];

	if (!engine.tells)
		return;
	told->place = place;
	told->before = before;
	told->after = after;
	told->failed = failed;
}

/* ----------------------------------------------------------------------------------------------------- choosing -- */

static unsigned possible(uint8_t *choices)
{
	unsigned count = 0;

	for (unsigned i = 0; i < engine.fiber_count; i++)
		if (engine.fibers[i].state == FIBER_READY)
			choices[count++] = (uint8_t)i;
	for (unsigned i = 0; i < engine.fiber_count; i++)
		if (engine.fibers[i].buffered_count > 0)
			choices[count++] = (uint8_t)(DRAIN + i);
	return count;
}

static bool is_among(uint8_t choice, const uint8_t *choices, unsigned count)
{
	return memchr(choices, choice, count) != NULL;
}

/* What was logged, if it is possible here; else go on with the same one, unless it spins. */
static unsigned choose_replayed(const uint8_t *choices, unsigned count)
{
	uint8_t last = engine.steps > 0 ? engine.choices[engine.steps - 1] : 0;

	if (engine.steps < engine.replayed_count && is_among(engine.replayed[engine.steps], choices, count))
		return engine.replayed[engine.steps];
	if (!is_among(last, choices, count))
		return choices[0];
	if (last >= DRAIN || !engine.fibers[last].spins || count == 1)
		return last;
	const uint8_t *at = memchr(choices, last, count);
	return choices[(size_t)(at - choices + 1) % count];
}

static bool all_ended(void)
{
	for (unsigned i = 0; i < engine.fiber_count; i++)
		if (engine.fibers[i].state != FIBER_ENDED)
			return false;
	return true;
}

/* Stores reach memory as choices say so, until it is a fiber's turn. NULL: the schedule is over. */
static struct fiber *choose(void)
{
	uint8_t choices[2 * FIBERS_MAX];

	while (engine.failure.what == NULL) {
		unsigned count = possible(choices);
		if (count == 0) {
			if (!all_ended())
				engine.failure.what = "every live thread is asleep: a wake-up was lost, or a deadlock";
			return NULL;
		}
		if (engine.steps == STEPS_MAX) {
			engine.failure.what = "no end within the bound on steps: a livelock";
			return NULL;
		}
		unsigned choice = engine.replayed != NULL ? choose_replayed(choices, count) : strategy_choose(choices, count);
		engine.choices[engine.steps++] = (uint8_t)choice;
		if (choice < DRAIN)
			return &engine.fibers[choice];
		struct fiber *fiber = &engine.fibers[choice - DRAIN];
		tell(STEP_DRAIN, fiber->buffered[0].at);
		engine_tell(NULL, 0, fiber->buffered[0].value, false);
		buffer_commit(fiber);
	}
	return NULL;
}

static void go_on(void)
{
	struct fiber *self = engine.current, *next = choose();

	if (next != self)
		go(next);
	self->spins = false;
	engine.plain_accesses = 0;
	size_t me = (size_t)(self - engine.fibers);
	self->known.of[me]++;
}

/* --------------------------------------------------------------------------------------------------------- steps -- */

bool engine_step(enum step_kind kind, const void *at)
{
	struct fiber *self = engine.current;

	if (self == NULL)
		return false;
	self->next = kind;
	self->next_at = at;
	self->spins = kind == STEP_SPIN;
	engine.somebody_spins |= self->spins;
	go_on();
	tell(kind, at);
	return true;
}

void engine_sleep(const void *on)
{
	struct fiber *self = engine.current;

	buffer_drain(self);
	self->state = FIBER_ASLEEP;
	self->sleeps_on = on;
	self->next = STEP_WAKE;
	self->next_at = on;
	go_on();
	tell(STEP_WAKE, on);
}

void engine_wake(const void *on)
{
	for (unsigned i = 0; i < engine.fiber_count; i++)
		if (engine.fibers[i].state == FIBER_ASLEEP && engine.fibers[i].sleeps_on == on)
			engine.fibers[i].state = FIBER_READY;
}

void engine_fail(const char *what, const void *place, const void *other)
{
	if (engine.failure.what == NULL)
		engine.failure = (struct failure){ what, place, other };
	if (engine.current == NULL)
		longjmp(engine.outside, 1);
	go(NULL); /* for good */
}

void schedule_fails(const char *what)
{
	engine_fail(what, __builtin_return_address(0), NULL);
}

/* ------------------------------------------------------------------------------------------------------- threads -- */

static void fiber_main(void)
{
	struct fiber *self = engine.current;

	fiber_learn(&engine);
	tell(STEP_START, NULL);
	self->run(self->argument);
	self->state = FIBER_ENDED;
	fiber_publish(self);
	fiber_publish(&engine);
	engine_wake(self);
	go(choose());
	abort();
}

void thread_start(const char *name, void (*run)(void *), void *argument)
{
	struct fiber *fiber = &engine.fibers[engine.fiber_count];

	if (engine.fiber_count == FIBERS_MAX)
		abort();
	unsigned char *stack = fiber->stack, *copies = fiber->own != NULL ? fiber->own : malloc(OWN_BYTES);
	if (copies == NULL)
		abort();
	memset(copies, 0, OWN_BYTES);
	*fiber = (struct fiber){ .stack = stack, .own = copies, .run = run, .argument = argument, .name = name };
	fiber->priority = 1 + engine_random(1 << 30);
	fiber->drain_priority = 1 + engine_random(1 << 30);
	if (engine.current != NULL)
		fiber->known = engine.current->known;
	fiber->known.of[engine.fiber_count]++;
	fiber_make(fiber, fiber_main);
	engine.fiber_count++;
}

static void run_all(uint64_t seed)
{
	engine.random = seed * UINT64_C(0x9e3779b97f4a7c15) + 0x1234567;
	for (unsigned i = 0; i < 4; i++)
		engine_random(2);
	engine.run++;
	engine.fiber_count = engine.steps = own_count = 0;
	engine.current = NULL;
	engine.failure = (struct failure){ 0 };
	race_reset();
	names_reset();
	scenario.begin();
	strategy_begin();
	struct fiber *first = choose();
	fiber_publish(&engine);
	if (first != NULL)
		go(first);
	fiber_learn(&engine);
	engine.plain_accesses = 0;
	if (engine.failure.what == NULL)
		scenario.end();
}

bool engine_run(uint64_t seed)
{
	if (setjmp(engine.outside) == 0)
		run_all(seed);
	return engine.failure.what != NULL;
}

bool engine_replay(uint64_t seed, const uint8_t *choices, unsigned count)
{
	engine.replayed = choices;
	engine.replayed_count = count;
	bool failed = engine_run(seed);
	engine.replayed = NULL;
	return failed;
}
