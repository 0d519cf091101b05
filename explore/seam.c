/* SPDX-License-Identifier: MIT */
/* What threads are in a simulation: the functions behind base/threads.h. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/memory.h"
#include "explore/simulation.h"

#define sim troupei_simulation

/* ----------------------------------------------------------------------------------------------------------- threads -- */

static void enter(void)
{
	struct fiber *me = sim.current;

	troupei_fiber_begun(&sim.main->stack);
	me->run(me->argument);
	me->state = FIBER_OVER;
	troupei_thread_seam->wake(me, true);
	troupei_go_on();
	abort();
}

static int create(pthread_t *thread, void *(*run)(void *argument), void *argument)
{
	struct fiber *fiber = calloc(1, sizeof *fiber);

	if (fiber == NULL || !troupei_fiber_make(&fiber->stack, enter)) {
		free(fiber);
		return EAGAIN;
	}
	fiber->number = sim.made++;
	fiber->run = run;
	fiber->argument = argument;
	fiber->waited = true;
	fiber->next = sim.fibers;
	sim.fibers = fiber;
	troupei_ready(fiber);
	troupei_touch(troupei_unit_of_fiber(fiber), TOUCH_WAKES, 0);
	*thread = (pthread_t)(uintptr_t)fiber->number;
	return 0;
}

static struct fiber *find(pthread_t thread)
{
	struct fiber *fiber = sim.fibers;

	while (fiber != NULL && fiber->number != (uint32_t)(uintptr_t)thread)
		fiber = fiber->next;
	return fiber;
}

static bool wait(const void *on, pthread_mutex_t *lock, int64_t deadline_ns);

static void forget(struct fiber *fiber)
{
	struct fiber **link = &sim.fibers;

	while (*link != fiber)
		link = &(*link)->next;
	*link = fiber->next;
	troupei_fiber_free(&fiber->stack);
	free(fiber);
}

static bool join(pthread_t thread, int64_t deadline_ns)
{
	struct fiber *fiber = find(thread);

	if (fiber == NULL)
		return true;
	while (fiber->state != FIBER_OVER)
		if (!wait(fiber, NULL, deadline_ns))
			return false;
	forget(fiber);
	return true;
}

/* ------------------------------------------------------------------------------------------------------------- waits -- */

static bool wait(const void *on, pthread_mutex_t *lock, int64_t deadline_ns)
{
	struct fiber *me = sim.current;

	if (lock != NULL)
		pthread_mutex_unlock(lock);
	me->on = on;
	me->deadline_ns = deadline_ns;
	me->in_time = true;
	me->about = NULL;
	me->worker = troupei_worker_current;
	me->waited = true;
	me->state = FIBER_WAITS;
	troupei_shop_enter(me);
	if (deadline_ns < sim.next_deadline_ns)
		sim.next_deadline_ns = deadline_ns;
	troupei_go_on();
	me->on = NULL;
	if (lock != NULL)
		pthread_mutex_lock(lock);
	return me->in_time;
}

/* A worker between two actors wakes nobody but who waits until there is nothing left to do. */
static bool is_idle(const struct fiber *fiber)
{
	const struct actor_worker *worker = (const struct actor_worker *)troupei_worker_current;

	return fiber->run == troupei_worker_main && (worker == NULL || worker->running == NULL);
}

static void wake(const void *on, bool all)
{
	for (struct fiber *fiber = sim.fibers; fiber != NULL; fiber = fiber->next) {
		if (fiber->state != FIBER_WAITS || fiber->on != on)
			continue;
		troupei_shop_leave(fiber);
		fiber->in_time = true;
		troupei_ready(fiber);
		troupei_touch(troupei_unit_of_fiber(fiber), is_idle(sim.current) ? TOUCH_RELEASES : TOUCH_WAKES, 0);
		if (!all)
			return;
	}
}

/* The worker's wake-ups are anybody's from here on, so that all can be chosen that could run now. */
static void point(const void *about)
{
	struct fiber *me = sim.current;
	struct worker *worker = troupei_worker_current;

	if (worker != NULL && me->run == troupei_worker_main)
		troupei_worker_offer(worker);
	me->about = about;
	me->waited = false;
	me->worker = worker;
	troupei_ready(me);
	troupei_go_on();
	me->about = NULL;
}

static void stack(uintptr_t *low, size_t *guard)
{
	*low = (uintptr_t)sim.current->stack.low;
	*guard = (size_t)sysconf(_SC_PAGESIZE);
}

static int64_t now_ns(void)
{
	return sim.now_ns;
}

/* --------------------------------------------------------------------------------------------------------- scheduling -- */

static void offer(const void *scheduler, void *runnable)
{
	troupei_shop_offer(scheduler, runnable);
}

static void *take(const void *scheduler)
{
	struct fiber *me = sim.current;

	(void)scheduler;
	if (me->given == NULL) {
		me->worker = troupei_worker_current;
		me->state = FIBER_RESTS;
		troupei_shop_enter(me);
		troupei_go_on();
	}
	struct runnable *runnable = me->given;
	me->given = NULL;
	return runnable;
}

static void shut(const void *scheduler)
{
	troupei_shop_close(scheduler);
}

static bool has_offers(const void *scheduler)
{
	return troupei_shop_has(scheduler);
}

const struct thread_seam troupei_simulation_seam = {
	.workers = 3, /* two actors may be in the midst of a handler while a third runs */
	.create = create,
	.join = join,
	.wait = wait,
	.wake = wake,
	.point = point,
	.now_ns = now_ns,
	.stack = stack,
	.turn = troupei_turn_run_watched,
	.offer = offer,
	.take = take,
	.close = shut,
	.has_offers = has_offers,
	.spawned = troupei_trace_spawned,
	.ended = troupei_trace_ended,
	.sent = troupei_trace_sent,
	.handles = troupei_trace_handles,
	.handled = troupei_trace_handled,
	.dead = troupei_trace_dead,
	.circle = troupei_oracle_circle,
	.gives_up = troupei_oracle_gives_up,
	.broken = troupei_oracle_broken,
	.gave_up = troupei_oracle_gave_up,
};
