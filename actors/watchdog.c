/* SPDX-License-Identifier: MIT */
/* The thread that watches. D1 to D4: watchdog.h. */
#include "actors/watchdog.h"

#include "actors/blocking.h"
#include "actors/stall.h"
#include "scheduler/spare.h"

#define HANDLER_NS_DEFAULT INT64_C(1000000000)
#define LOOK_NS_MIN        INT64_C(1000000) /* however short a limit is */

static struct watchdog *dog_of(struct troupei_system *system)
{
	return &system->watchdog;
}

static int64_t look_every(const struct watchdog *dog)
{
	int64_t half = (int64_t)troupei_load_acquire_64(&dog->limit_min_ns) / 2;

	return half > LOOK_NS_MIN ? half : LOOK_NS_MIN;
}

/* ------------------------------------------------------------------------------------------------------- one worker -- */

/* How long may what it runs take? 0: for ever. */
static int64_t limit_of(const struct watchdog *dog, const struct actor_worker *worker, const struct cell *running)
{
	const troupe_behaviour *behaviour = troupei_load_relaxed_ptr(&running->behaviour);

	if (behaviour->handler_ns_max != 0)
		return behaviour->handler_ns_max > 0 ? behaviour->handler_ns_max : 0;
	return worker->apart ? 0 : dog->limit_ns; /* D4 */
}

static void tell(struct watchdog *dog, struct actor_worker *worker, struct watched *watched)
{
	struct frames frames = { 0 };

	troupei_count_own_64(&dog->stalls, 1); /* before the signal, which may let the handler go on */
	enum stall_signal came = troupei_stall_signal(worker, &watched->sign, !worker->apart, &frames);
	watched->told = true;
	watched->exposed = worker->apart || came == STALL_EXPOSED;
	troupei_stall_report(worker, &watched->sign, watched->for_ns, &frames);
}

/* It was somewhere in the library, or the signal did not come. */
static void expose_again(struct actor_worker *worker, struct watched *watched)
{
	struct frames frames;

	watched->exposed = troupei_stall_signal(worker, &watched->sign, true, &frames) == STALL_EXPOSED;
}

/* D1. True: it has been running for too long. */
static bool look_at(struct watchdog *dog, struct actor_worker *worker, int64_t passed_ns)
{
	struct watched *watched = &worker->watched;
	struct stall_sign sign = troupei_stall_look(worker);

	if (sign.running == NULL || !troupei_stall_is_same(&sign, &watched->sign)) {
		if (watched->told)
			troupei_store_relaxed_8(&worker->base.kept, 0);
		*watched = (struct watched){ .sign = sign };
		return false;
	}
	watched->for_ns += passed_ns;
	int64_t limit = limit_of(dog, worker, sign.running);
	if (limit == 0 || watched->for_ns < limit)
		return false;
	if (!watched->told)
		tell(dog, worker, watched);
	else if (!watched->exposed)
		expose_again(worker, watched);
	return !worker->apart;
}

/* --------------------------------------------------------------------------------------------------------- all of them -- */

/* As many spares as workers are kept. */
static void stand_in(struct scheduler *scheduler, uint32_t kept)
{
	uint32_t spares = troupei_spare_count(scheduler);

	for (; spares < kept && troupei_spare_call(scheduler); spares++)
		;
	for (; spares > kept; spares--)
		troupei_spare_dismiss(scheduler);
	if (kept > 0)
		troupei_spare_poke(scheduler);
}

static void look_at_all(struct troupei_system *system, int64_t passed_ns)
{
	struct watchdog *dog = dog_of(system);
	struct scheduler *scheduler = &system->scheduler;
	uint32_t kept = 0, workers = troupei_scheduler_workers(scheduler);

	for (uint32_t i = 0; i < workers; i++)
		kept += look_at(dog, (struct actor_worker *)troupei_load_acquire_ptr(&scheduler->workers[i]), passed_ns);
	stand_in(scheduler, kept);
	for (const struct actor_worker *at = NULL; (at = troupei_blocking_next(system, at)) != NULL;)
		look_at(dog, (struct actor_worker *)(uintptr_t)at, passed_ns);
}

/* D2: do all workers sleep, and does each turn that was handed to a thread apart run, and without a limit? In this order: a turn
 * counts until its thread shows nothing any more, so one that has not begun is never taken for one that is over. */
static bool nobody_runs(const struct troupei_system *system)
{
	const struct scheduler *scheduler = &system->scheduler;
	bool asleep = troupei_idle_set_all(&scheduler->idle, troupei_scheduler_workers(scheduler));
	uint32_t apart = troupei_load_acquire_32(&scheduler->apart), free = 0;

	for (const struct actor_worker *at = NULL; (at = troupei_blocking_next(system, at)) != NULL;) {
		const struct cell *running = troupei_load_acquire_ptr(&at->running);
		free += running != NULL && limit_of(&system->watchdog, at, running) == 0;
	}
	return asleep && apart <= free;
}

/* Until a worker wakes. */
static void sleep_until_work(struct troupei_system *system)
{
	struct scheduler *scheduler = &system->scheduler;
	uint32_t ticket = troupei_parker_ticket(&scheduler->watcher);

	troupei_store_relaxed_32(&scheduler->watcher_sleeps, 1);
	troupei_fence_full(); /* W.dekker in park.c */
	if (nobody_runs(system) && troupei_load_acquire_32(&system->watchdog.stop) == 0)
		troupei_parker_sleep(&scheduler->watcher, ticket, INT64_MAX);
	troupei_store_relaxed_32(&scheduler->watcher_sleeps, 0);
}

static void *watch(void *argument)
{
	struct troupei_system *system = argument;
	struct watchdog *dog = dog_of(system);
	struct scheduler *scheduler = &system->scheduler;

	while (troupei_load_acquire_32(&dog->stop) == 0) {
		sleep_until_work(system);
		/* Before it looks how often to look: whoever changes that, or says stop, wakes it after that. */
		uint32_t ticket = troupei_parker_ticket(&scheduler->watcher);
		int64_t every = look_every(dog), from = troupei_clock_ns();
		if (troupei_load_acquire_32(&dog->stop) == 0)
			troupei_parker_sleep(&scheduler->watcher, ticket, from + every);
		int64_t passed = troupei_clock_ns() - from;
		look_at_all(system, passed < 2 * every ? passed : 2 * every);
	}
	return NULL;
}

/* ------------------------------------------------------------------------------------------------- beginning and end -- */

/* With the system's lock held. */
static bool begin(struct troupei_system *system)
{
	struct watchdog *dog = dog_of(system);

	if (!dog->started)
		dog->started = pthread_create(&dog->thread, NULL, watch, system) == 0;
	return dog->started;
}

troupe_status troupei_watchdog_cover(struct troupei_system *system, int64_t handler_ns_max)
{
	struct watchdog *dog = dog_of(system);
	bool covered = true;

	if (handler_ns_max <= 0 || dog->never || (uint64_t)handler_ns_max >= troupei_load_relaxed_64(&dog->limit_min_ns))
		return TROUPE_OK;
	pthread_mutex_lock(&system->wait_lock);
	if ((uint64_t)handler_ns_max < dog->limit_min_ns) {
		covered = begin(system);
		if (covered)
			troupei_store_release_64(&dog->limit_min_ns, (uint64_t)handler_ns_max);
	}
	pthread_mutex_unlock(&system->wait_lock);
	troupei_parker_wake(&system->scheduler.watcher); /* it looks more often from now on */
	return covered ? TROUPE_OK : TROUPE_ETHREAD;
}

troupe_status troupei_watchdog_start(struct troupei_system *system, int64_t handler_ns_max)
{
	struct watchdog *dog = dog_of(system);
	const struct environment *environment = &system->scheduler.environment;

	dog->limit_min_ns = INT64_MAX;
	dog->never = environment->now_ns != NULL || environment->choose != NULL; /* time and order are a test's */
	dog->limit_ns = handler_ns_max == 0 ? HANDLER_NS_DEFAULT : handler_ns_max > 0 ? handler_ns_max : 0;
	return troupei_watchdog_cover(system, dog->limit_ns);
}

void troupei_watchdog_stop(struct troupei_system *system)
{
	struct watchdog *dog = dog_of(system);

	if (!dog->started)
		return;
	troupei_store_release_32(&dog->stop, 1);
	troupei_parker_wake(&system->scheduler.watcher);
	pthread_join(dog->thread, NULL);
	dog->started = false;
}
