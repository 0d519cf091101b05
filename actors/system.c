/* SPDX-License-Identifier: MIT */
/* Building a system, and running it until told. (Its end: shutdown.c.) */
#include "actors/system.h"

#include <string.h>

#include "actors/blocking.h"
#include "actors/contain.h"
#include "actors/courier.h"
#include "actors/flood.h"
#include "actors/options.h"
#include "actors/record.h"
#include "actors/remote.h"
#include "actors/shelter.h"
#include "actors/shutdown.h"
#include "actors/timers.h"
#include "actors/turn.h"
#include "actors/waits.h"
#include "actors/watchdog.h"
#include "base/check.h"
#include "base/memory.h"
#include "scheduler/topology.h"

#define TURN_NS_DEFAULT    INT64_C(200000)
#define CRASHES_DEFAULT    1000
#define CRASHES_NS_DEFAULT INT64_C(1000000000)

static bool options_are_valid(const troupe_options *options)
{
	return options->workers <= TROUPE_WORKERS_MAX && options->turn_ns_max >= 0 &&
	       options->blocking_max <= TROUPE_BLOCKING_MAX && options->reserved_small == 0 &&

	       options->crashes_within_ns >= 0 && options->handler_ns_max >= -1;
}

/* Everything but the workers. */
static bool system_init(struct troupei_system *system, const troupe_options *options, uint8_t id)
{
	int64_t turn_ns = options->turn_ns_max > 0 ? options->turn_ns_max : TURN_NS_DEFAULT;

	memset(system, 0, sizeof *system);
	system->id = id;
	system->counts_actors = options->actors_max > 0;
	system->actors_max = options->actors_max;
	/* How long a turn took depends on the machine: in a simulation nothing may. */
	system->turn_ticks_max = troupei_is_simulated() ? UINT64_MAX : troupei_clock_ticks_in(turn_ns);
	system->dead_letter = options->dead_letter;
	system->log = options->log;
	system->context = options->context;
	system->ledger = options->ledger;
	system->ceiling.max = options->memory_max;
	system->crashes_max = options->crashes_max > 0 ? options->crashes_max : CRASHES_DEFAULT;
	system->crashes_within_ns = options->crashes_within_ns > 0 ? options->crashes_within_ns : CRASHES_NS_DEFAULT;
	system->registry = troupei_registry_create();
	if (system->registry == NULL)
		return false;
	troupei_slot_pool_init(&system->slots, id);
	troupei_blocking_init(system, options->blocking_max);
	troupei_courier_init(system);
	pthread_mutex_init(&system->wait_lock, NULL);
	troupei_cond_init(&system->quit_signal);
	return true;
}

void troupei_system_fini(struct troupei_system *system)
{
	troupei_courier_fini(system);
	TROUPEI_ASSERT(system->ceiling.used == 0); /* nothing is queued any more: ceiling.h, C1 */
	troupei_blocking_fini(system);
	troupei_slot_pool_fini(&system->slots);
	troupei_registry_destroy(system->registry);
	pthread_cond_destroy(&system->quit_signal);
	pthread_mutex_destroy(&system->wait_lock);
}

static bool worker_begin(struct worker *base)
{
	struct actor_worker *worker = (struct actor_worker *)base;

	worker->system = (struct troupei_system *)((char *)base->scheduler - offsetof(struct troupei_system, scheduler));
	worker->system_id = worker->system->id;
	troupei_record_worker(worker);
	troupei_flood_set(worker, false);
	worker->me.system.private_ = worker->system;
	return !base->spare || troupei_shelter_make(worker); /* of the others they are made when they are needed: crash.c */
}

static void worker_end(struct worker *base)
{
	troupei_shelter_free((struct actor_worker *)base);
}

static uint64_t worker_handled(const struct worker *base)
{
	return troupei_load_relaxed_64(&((const struct actor_worker *)base)->tally.handled);
}

static const struct scheduler_hooks hooks = {
	.handled = worker_handled,
	.run = troupei_turn_run,
	.fire = troupei_timer_fire,
	.begin = worker_begin,
	.escaped = troupei_contain_escaped,
	.end = worker_end,
	.worker_size = sizeof(struct actor_worker),
};

static troupe_status start_workers(struct troupei_system *system, const struct environment *environment, uint32_t workers)
{
	struct scheduler_hooks own = hooks;

	if (troupei_is_simulated())
		own.run = troupei_thread_seam->turn;
	else if (troupei_is_recorded())
		own.run = troupei_turn_run_recorded, own.now_and_then = troupei_record_now_and_then;
	switch (troupei_scheduler_start(&system->scheduler, &own, environment, workers)) {
	case SCHEDULER_STARTED:
		return TROUPE_OK;
	case SCHEDULER_NO_THREAD:
		return TROUPE_ETHREAD;
	default:
		return TROUPE_ENOMEM;
	}
}

bool troupei_system_reborn(struct troupei_system *system)
{
	struct environment environment = system->scheduler.environment;
	uint64_t turn_ticks_max = system->turn_ticks_max;
	troupe_options none = { 0 };

	if (!system_init(system, &none, system->id))
		return false;
	system->turn_ticks_max = turn_ticks_max;
	return troupei_scheduler_start_alone(&system->scheduler, &hooks, &environment);
}

troupe_status troupei_system_start(const troupe_options *options, const struct environment *environment,
                                   troupe_system *out)
{
	bool reserved = troupei_slots_init() && troupei_waits_init();
	uint8_t id = reserved ? troupei_gate_reserve() : 0;
	struct troupei_system *system = NULL;
	troupe_status status = TROUPE_ENOMEM;

	if (id == 0)
		return reserved ? TROUPE_ELIMIT : TROUPE_ENOMEM;
	system = troupei_allocate_aligned(sizeof *system);
	if (system != NULL && system_init(system, options, id)) {
		uint32_t workers = options->workers > 0 ? options->workers : troupe_workers_default();
		status = start_workers(system, environment, workers);
		if (status == TROUPE_OK &&
		    (status = troupei_watchdog_start(system, options->handler_ns_max)) != TROUPE_OK)
			troupei_scheduler_stop(&system->scheduler, INT64_MAX);
		if (status == TROUPE_OK) {
			troupei_gate_open(id, system);
			out->private_ = system;
			return TROUPE_OK;
		}
		troupei_system_fini(system);
	}
	troupei_deallocate_aligned(system);
	troupei_gate_release(id);
	return status;
}

static int64_t virtual_now(void *context)
{
	(void)context;
	return troupei_clock_ns();
}

/* Each choice is the simulation's: worker.c looks there. */
static uint32_t never(void *context, uint32_t choices)
{
	(void)context, (void)choices;
	return 0;
}

troupe_status troupei_system_open(const troupe_options *given, troupe_system *out)
{
	troupe_options options;

	if (out == NULL || !troupei_options_read(&options, sizeof options, given) || !options_are_valid(&options))
		return TROUPE_EINVAL;
	if (troupei_is_remote())
		return TROUPE_EREMOTE;
	troupe_status status = troupei_record_if_asked(&options);
	if (status != TROUPE_OK)
		return status;
	if (options.memory_max > 0)
		troupei_record_cannot("a system with a limit of memory");
	struct environment environment = { .seed = options.seed > 0 ? options.seed : 1 };
	if (troupei_is_simulated()) {
		environment.choose = never;
		environment.now_ns = virtual_now;
		options.workers = troupei_thread_seam->workers;
	}
	return troupei_system_start(&options, &environment, out);
}

uint32_t troupe_workers_default(void)
{
	uint32_t cpus = troupei_topology_cpus();

	return cpus < TROUPE_WORKERS_MAX ? cpus : TROUPE_WORKERS_MAX;
}

troupe_status troupe_run(troupe_system handle)
{
	struct troupei_system *system = handle.private_;

	if (system == NULL)
		return TROUPE_EINVAL;
	if (troupei_actor_worker() != NULL)
		return TROUPE_ECONTEXT;
	pthread_mutex_lock(&system->wait_lock);
	while (!system->quit)
		troupei_cond_wait(&system->quit_signal, &system->wait_lock, INT64_MAX);
	pthread_mutex_unlock(&system->wait_lock);
	return TROUPE_OK;
}

troupe_status troupe_quit(troupe_system handle)
{
	struct troupei_system *system = handle.private_;

	if (system == NULL)
		return TROUPE_EINVAL;
	if (troupei_is_remote()) {
		troupei_remote_put(&(struct frame){ .op = FRAME_QUIT }, NULL);
		return TROUPE_OK;
	}
	pthread_mutex_lock(&system->wait_lock);
	system->quit = true;
	troupei_cond_broadcast(&system->quit_signal);
	pthread_mutex_unlock(&system->wait_lock);
	return TROUPE_OK;
}

troupe_status troupe_settle(troupe_system handle, int64_t within_ns)
{
	if (handle.private_ == NULL || within_ns < 0)
		return TROUPE_EINVAL;
	if (troupei_actor_worker() != NULL)
		return TROUPE_ECONTEXT;
	int64_t deadline = troupei_deadline_in(within_ns);
	return troupei_scheduler_settle(&handle.private_->scheduler, deadline) ? TROUPE_OK : TROUPE_ETIMEOUT;
}
