/* SPDX-License-Identifier: MIT */
/* Who goes on. X1 to X6: simulation.h. */
#include "explore/simulation.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/callback.h"

#define STEP_NS      100     /* X4 */
#define LATE_STEP_NS 1000000 /* X5 */

struct simulation troupei_simulation;
void (*troupei_simulation_leave)(void);

#define sim troupei_simulation

/* ------------------------------------------------------------------------------------------------------------ units -- */

const struct cell *troupei_fiber_actor(const struct fiber *fiber)
{
	const struct actor_worker *worker = (const struct actor_worker *)fiber->worker;

	return worker != NULL ? worker->running : NULL;
}

uint32_t troupei_unit_of_fiber(const struct fiber *fiber)
{
	const struct cell *cell = troupei_fiber_actor(fiber);

	return cell != NULL ? troupei_unit_of_cell(cell) : troupei_unit_of_thread(fiber->number);
}

static int64_t next_timer(void)
{
	int64_t next = INT64_MAX;

	for (uint32_t i = 0; i < sim.shop_count; i++) {
		int64_t theirs = troupei_scheduler_next_timer(sim.shops[i].scheduler);
		next = theirs < next ? theirs : next;
	}
	return next;
}

/* Could it be that all are slow, and time goes on although somebody could? */
static bool clock_is_option(void)
{
	int64_t next = next_timer();

	return next != INT64_MAX && next > sim.now_ns;
}

static struct shop *shop_at(uint32_t *index)
{
	for (uint32_t i = 0; i < sim.shop_count; i++) {
		struct shop *shop = &sim.shops[i];
		if (shop->free == 0)
			continue;
		if (*index < shop->count)
			return shop;
		*index -= shop->count;
	}
	return NULL;
}

bool troupei_simulation_is_crowded(void)
{
	for (uint32_t i = 0; i < sim.shop_count; i++)
		if (sim.shops[i].free == 0 && sim.shops[i].count > 0)
			return true;
	return false;
}

static uint32_t count_options(bool *with_clock)
{
	uint32_t count = sim.ready_count;

	for (uint32_t i = 0; i < sim.shop_count; i++)
		count += sim.shops[i].free > 0 ? sim.shops[i].count : 0;
	*with_clock = count > 0 && clock_is_option();
	return count;
}

static const struct choice time_passes = { .unit = UNIT_CLOCK, .about = UNIT_NONE };

struct choice troupei_simulation_choice(uint32_t index)
{
	uint32_t i = index - sim.ready_count;

	if (index < sim.ready_count) {
		const struct fiber *fiber = sim.ready[index];
		uint32_t about = fiber->about != NULL ? troupei_unit_of_cell(fiber->about) : UNIT_NONE;
		return (struct choice){ .unit = troupei_unit_of_fiber(fiber), .goes_on = fiber == sim.current, .waited = fiber->waited,
		                        .about = about };
	}
	const struct shop *shop = shop_at(&i);
	if (shop == NULL)
		return time_passes;
	uint32_t unit = troupei_unit_of_cell(troupei_cell_of(shop->ready[i]));
	return (struct choice){ .unit = unit, .begins = true, .about = unit };
}

/* ------------------------------------------------------------------------------------------------------------ fibers -- */

void troupei_ready(struct fiber *fiber)
{
	if (fiber->run == troupei_worker_main && troupei_fiber_actor(fiber) == NULL) {
		fiber->state = FIBER_READY;
		fiber->next_idle = sim.idle;
		sim.idle = fiber;
		return;
	}
	if (sim.ready_count == sim.ready_room) {
		sim.ready_room = sim.ready_room > 0 ? 2 * sim.ready_room : 16;
		sim.ready = realloc(sim.ready, sim.ready_room * sizeof *sim.ready);
		if (sim.ready == NULL)
			abort();
	}
	fiber->state = FIBER_READY;
	fiber->place = sim.ready_count;
	sim.ready[sim.ready_count++] = fiber;
}

static struct fiber *take_idle(void)
{
	struct fiber *fiber = sim.idle;

	sim.idle = fiber->next_idle;
	return fiber;
}

static void take_ready(struct fiber *fiber)
{
	struct fiber *last = sim.ready[--sim.ready_count];

	sim.ready[fiber->place] = last;
	last->place = fiber->place;
}

/* A worker about its own affairs counts as nobody. */
static void count_switch(const struct fiber *fiber)
{
	uint32_t unit = fiber->given != NULL ? troupei_unit_of_cell(troupei_cell_of(fiber->given)) : troupei_unit_of_fiber(fiber);

	if (fiber->run == troupei_worker_main && !troupei_unit_is_actor(unit))
		return;
	sim.trace->switches += unit != sim.last_unit;
	sim.last_unit = unit;
}

/* This fiber goes on; when somebody chooses ours again, it returns. */
static void run(struct fiber *fiber)
{
	struct fiber *me = sim.current;

	fiber->state = FIBER_RUNS;
	count_switch(fiber);
	if (fiber == me)
		return;
	me->worker = troupei_worker_current;
	me->own = troupei_thread_own;
	troupei_worker_current = fiber->worker;
	troupei_thread_own = fiber->own;
	sim.current = fiber;
	troupei_fiber_change(&me->stack, &fiber->stack, me->state == FIBER_OVER);
}

/* A worker of the shop that rests, or one that sleeps: the current one, if it is. */
static struct fiber *vehicle(const struct shop *shop)
{
	struct fiber *found = NULL;

	for (struct fiber *fiber = sim.fibers; fiber != NULL; fiber = fiber->next)
		if (troupei_is_free_worker(fiber, shop->scheduler)) {
			if (fiber == sim.current)
				return fiber;
			if (found == NULL || fiber->state == FIBER_RESTS)
				found = fiber;
		}
	return found;
}

static struct fiber *give(struct shop *shop, uint32_t index)
{
	struct fiber *fiber = vehicle(shop);

	fiber->given = shop->ready[index];
	shop->ready[index] = shop->ready[--shop->count];
	shop->free--;
	fiber->in_time = true;
	return fiber;
}

/* -------------------------------------------------------------------------------------------------------------- time -- */

/* Those whose time has come can go on. */
static void wake_late(void)
{
	int64_t next = INT64_MAX;

	if (sim.now_ns < sim.next_deadline_ns)
		return;
	for (struct fiber *fiber = sim.fibers; fiber != NULL; fiber = fiber->next) {
		if (fiber->state != FIBER_WAITS || fiber->deadline_ns == INT64_MAX)
			continue;
		if (fiber->deadline_ns <= sim.now_ns) {
			fiber->in_time = false;
			troupei_shop_leave(fiber);
			troupei_ready(fiber);
		} else if (fiber->deadline_ns < next) {
			next = fiber->deadline_ns;
		}
	}
	sim.next_deadline_ns = next;
}

bool troupei_simulation_rouse(void)
{
	for (struct fiber *fiber = sim.fibers; fiber != NULL; fiber = fiber->next)
		if (fiber->state == FIBER_RESTS) {
			troupei_shop_leave(fiber);
			troupei_ready(fiber);
			return true;
		}
	return false;
}

static void move_clock(int64_t to_ns)
{
	if (to_ns > sim.now_ns) {
		sim.now_ns = to_ns;
		sim.still = 0;
	}
	troupei_trace_event(sim.trace, &(struct trace_event){ .sort = TRACE_CLOCK, .by = UNIT_CLOCK, .to = UNIT_NONE,
	                                                      .now_ns = sim.now_ns });
	troupei_simulation_rouse();
}

static void force(const struct choice *only)
{
	if (sim.strategy->forced != NULL)
		sim.strategy->forced(sim.strategy, only);
}

/* Nobody can go on now. */
static void wait_for_time(void)
{
	int64_t next = INT64_MAX;

	if (troupei_simulation_rouse())
		return;
	for (const struct fiber *fiber = sim.fibers; fiber != NULL; fiber = fiber->next)
		if (fiber->state == FIBER_WAITS && fiber->deadline_ns < next)
			next = fiber->deadline_ns;
	if (next == INT64_MAX)
		troupei_oracle_stuck();
	force(&time_passes);
	move_clock(next);
	sim.next_deadline_ns = INT64_MIN;
}

/* ------------------------------------------------------------------------------------------------------------- choices -- */

static int64_t step_ns(void)
{
	if (sim.still_max == 0)
		return STEP_NS;
	return ++sim.still > sim.still_max ? LATE_STEP_NS : 0; /* X5 */
}

static uint32_t choose(uint32_t count, bool with_clock)
{
	uint32_t index = 0;

	if (count + with_clock > 1 || sim.strategy->also_forced) {
		index = sim.strategy->choose(sim.strategy, count + with_clock);
		troupei_trace_choice(sim.trace, troupei_simulation_choice(index).unit);
	} else if (sim.strategy->forced != NULL) {
		struct choice only = troupei_simulation_choice(0);
		force(&only);
	}
	sim.now_ns += step_ns();
	if (++sim.steps > sim.steps_max)
		troupei_oracle_endless();
	sim.trace->steps = sim.steps;
	return index;
}

void troupei_go_on(void)
{
	struct fiber *chosen = NULL;
	bool with_clock;

	while (chosen == NULL) {
		wake_late();
		if (sim.idle != NULL) {
			chosen = take_idle();
			break;
		}
		uint32_t count = count_options(&with_clock);
		if (count == 0) {
			wait_for_time();
			continue;
		}
		uint32_t index = choose(count, with_clock);
		if (index == count) {
			move_clock(next_timer());
		} else if (index < sim.ready_count) {
			chosen = sim.ready[index];
			take_ready(chosen);
		} else {
			index -= sim.ready_count;
			struct shop *shop = shop_at(&index);
			chosen = give(shop, index);
		}
	}
	run(chosen);
}

/* -------------------------------------------------------------------------------------------------- beginning and end -- */

void troupei_simulation_begin(struct strategy *strategy, struct trace *trace, const struct simulation *limits)
{
	static struct fiber main;
	static struct thread_seam seam;
	struct fiber **ready = sim.ready;
	uint32_t room = sim.ready_room;

	sim = (struct simulation){ .ready = ready, .ready_room = room, .strategy = strategy, .trace = trace, .now_ns = 1000000000,
		                       .next_deadline_ns = INT64_MAX, .steps_max = limits->steps_max, .still_max = limits->still_max,
		                       .random = trace->seed, .crashes_ppm = limits->crashes_ppm,
		                       .refusals_ppm = limits->refusals_ppm, .may_give_up = limits->may_give_up, .oracles = limits->oracles };
	main = (struct fiber){ .state = FIBER_RUNS };
	troupei_fiber_adopt(&main.stack);
	sim.fibers = sim.current = sim.main = &main;
	sim.made = 1;
	strategy->begin(strategy, trace->seed);
	troupei_units_forget();
	troupei_notes_forget();
	troupei_oracles_begin();
	seam = troupei_simulation_seam;
	seam.workers = strategy->workers > 0 ? strategy->workers : seam.workers;
	if (strategy->tap != NULL)
		strategy->tap(&seam);
	troupei_thread_seam = &seam;
	troupei_noted = true;
}

bool troupei_simulation_has_workers(void)
{
	for (const struct fiber *fiber = sim.fibers; fiber != NULL; fiber = fiber->next)
		if (fiber->run == troupei_worker_main)
			return true;
	return false;
}

void troupei_simulation_end(void)
{
	troupei_shops_free();
	troupei_thread_seam = NULL;
	troupei_noted = troupei_record_on;
	for (struct fiber *fiber = sim.fibers, *next; fiber != sim.main && fiber != NULL; fiber = next) {
		next = fiber->next;
		if (fiber->stack.low != NULL)
			troupei_fiber_free(&fiber->stack);
		free(fiber);
	}
}

void troupei_simulation_fail(enum finding_sort sort, const char *format, ...)
{
	va_list arguments;

	if (sim.trace->finding == FINDING_NONE) {
		va_start(arguments, format);
		vsnprintf(sim.trace->text, sizeof sim.trace->text, format, arguments);
		va_end(arguments);
		sim.trace->finding = sort;
	}
	troupei_simulation_leave();
	abort();
}
