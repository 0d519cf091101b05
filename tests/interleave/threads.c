/* SPDX-License-Identifier: MIT */
/* The steps of steps.h at which threads wait for one another: locks, condition variables, futexes, beginning and end. */
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>

#include "calls.h"
#include "engine.h"

#define PLACE __builtin_return_address(0)

/* The first word of a pthread_mutex_t, which all zeros make: 1 is held. */
static bool take_lock(void *mutex, const void *place)
{
	struct fiber *self = engine.current;
	buffer_drain(self);
	bool taken = word_load(mutex, 4) == 0;
	engine_tell(place, 0, 0, !taken);
	if (!taken)
		return false;
	word_swap(mutex, 1, 4);
	clock_join(&self->known, race_clock_of(mutex));
	return true;
}

static void lock(void *mutex, const void *place)
{
	if (!engine_step(STEP_LOCK, mutex))
		return;
	while (!take_lock(mutex, place))
		engine_sleep(mutex);
}

/* An unlock promises a release and no more: under TSO it waits in the buffer like any store. */
static void let_go(void *mutex)
{
	struct fiber *self = engine.current;
	if (engine.model == MODEL_TSO) {
		buffer_store(self, mutex, 0, 4, true, &self->known);
	} else {
		*race_clock_of(mutex) = self->known;
		word_swap(mutex, 0, 4);
		engine_wake(mutex);
	}
	self->known.of[self - engine.fibers]++;
}

void step_lock(void *mutex)
{
	lock(mutex, PLACE);
}

int step_try_lock(void *mutex)
{
	return !engine_step(STEP_LOCK, mutex) || take_lock(mutex, PLACE) ? 0 : EBUSY;
}

void step_unlock(void *mutex)
{
	if (!engine_step(STEP_UNLOCK, mutex))
		return;
	engine_tell(PLACE, 0, 0, false);
	let_go(mutex);
}

void step_wait(void *condition, void *mutex)
{
	if (!engine_step(STEP_SLEEP, condition))
		return;
	engine_tell(PLACE, 0, 0, false);
	let_go(mutex);
	engine_sleep(condition);
	lock(mutex, PLACE);
}

void step_wake_all(void *condition)
{
	if (!engine_step(STEP_UNLOCK, condition))
		return;
	engine_tell(PLACE, 0, 0, false);
	buffer_drain(engine.current);
	engine_wake(condition);
}

/* A sleep with a limit may always be over: it is a spin. */
static long futex_wait(const uint32_t *word, uint32_t value, const void *limit)
{
	struct fiber *self = engine.current;

	if (!engine_step(limit != NULL ? STEP_SPIN : STEP_SLEEP, word))
		return -1;
	buffer_drain(self);
	bool sleeps = word_load(word, 4) == value && limit == NULL;
	engine_tell(PLACE, word_load(word, 4), value, !sleeps);
	if (sleeps)
		engine_sleep(word);
	return 0;
}

long step_futex(long call, const uint32_t *word, int operation, uint32_t value, const void *limit, const void *unused,
                uint32_t mask)
{
	(void)call;
	(void)unused;
	(void)mask;
	if ((operation & FUTEX_CMD_MASK) == FUTEX_WAIT_BITSET || (operation & FUTEX_CMD_MASK) == FUTEX_WAIT)
		return futex_wait(word, value, limit);
	if (engine_step(STEP_UNLOCK, word)) {
		engine_tell(PLACE, 0, 0, false);
		buffer_drain(engine.current);
	}
	engine_wake(word);
	return 0;
}

/* ------------------------------------------------------------------------------------------------------ threads -- */

static struct {
	void *(*run)(void *);
	void *argument;
} starts[FIBERS_MAX];

static void start(void *at)
{
	size_t i = (size_t)(uintptr_t)at;

	starts[i].run(starts[i].argument);
}

int step_thread(pthread_t *thread, void *(*run)(void *), void *argument)
{
	static const char *const names[] = { "thread 0", "thread 1", "thread 2", "thread 3",
		                             "thread 4", "thread 5", "thread 6", "thread 7" };
	unsigned i = engine.fiber_count;

	starts[i].run = run;
	starts[i].argument = argument;
	*thread = (pthread_t)i;
	if (engine.current != NULL)
		buffer_drain(engine.current);
	thread_start(names[i], start, (void *)(uintptr_t)i);
	if (engine.current != NULL)
		engine.current->known.of[engine.current - engine.fibers]++;
	return 0;
}

int step_join(pthread_t thread)
{
	struct fiber *other = &engine.fibers[thread], *self = engine.current;

	if (!engine_step(STEP_LOCK, other))
		return 0;
	while (other->state != FIBER_ENDED)
		engine_sleep(other);
	buffer_drain(other);
	clock_join(&self->known, &other->known);
	fiber_learn(other);
	return 0;
}
