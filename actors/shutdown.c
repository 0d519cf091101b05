/* SPDX-License-Identifier: MIT */
/* The end of a system. THE PROTOCOL, on top of that of scheduler.h:
 *
 *   1. phase CLOSING. Who comes from outside from now on is refused; the gate is flushed, so that nobody who came before is
 *      still on the way in.
 *   2. The scheduler settles, for up to half of the time: all that is queued is handled, and what follows from it. Timers
 *      fire; a periodic one does not keep the system from being quiet between two beats.
 *   3. phase STOPPING: no more spawning. Every actor gets SIGNAL_STOP, which its worker turns into a stop message in the order of
 *      its queue; parents wait for their children. An actor may be made while the actors are gone through, so they are gone
 *      through again until none is left or the time is over.
 *   4. At three quarters of the time, phase KILLING: those that are left are named, and get SIGNAL_KILL.
 *   5. All have ended: futures are closed, workers stop and are joined, the ledger is asserted, everything is freed.
 *      If one has not, its handler does not return: it is named with the kind of its message; its thread and the system's
 *      memory are left behind, the gate stays shut and its number taken. */
#include "actors/shutdown.h"

#include <stdio.h>

#include "actors/blocking.h"
#include "actors/future.h"
#include "actors/watchdog.h"
#include "base/check.h"
#include "base/memory.h"
#include "base/threads.h"

enum {
	NAMED_MAX = 20,  /* actors that are named one by one */
	GRACE_NS = 1000000000, /* for those that are killed, however short the limit */
	ROUNDS_MAX = 64, /* of signalling all: one more than the first only for actors made meanwhile */
};

static uint64_t actors_alive(struct troupei_system *system)
{
	struct tally sum = troupei_tally_sum(system);

	return sum.spawned - sum.ended;
}

static bool is_living_actor(const struct cell *cell)
{
	return !troupei_mailbox_refuses(troupei_load_relaxed_ptr(&cell->mailbox.head));
}

struct visit {
	struct troupei_system *system;
	uint8_t signal;
	unsigned named;
};

static void signal_actor(struct cell *cell, void *context)
{
	const struct visit *visit = context;

	if (is_living_actor(cell))
		troupei_signal(visit->system, NULL, cell, visit->signal);
}

/* Signal all, let it take effect, until all have ended or the time is over. */
static bool end_all(struct troupei_system *system, uint8_t signal, int64_t deadline_ns)
{
	struct visit visit = { .system = system, .signal = signal };
	unsigned rounds = 0;

	while (actors_alive(system) > 0 && rounds++ < ROUNDS_MAX) {
		troupei_slots_each(&system->slots, signal_actor, &visit);
		if (!troupei_scheduler_settle(&system->scheduler, deadline_ns))
			break;
	}
	return actors_alive(system) == 0;
}

/* ---------------------------------------------------------------------------------------------------------- naming -- */

static void name_actor(struct cell *cell, void *context)
{
	struct visit *visit = context;
	uint32_t generation = troupei_load_acquire_32(&cell->generation);
	const troupe_behaviour *behaviour = troupei_load_relaxed_ptr(&cell->behaviour);

	if (!is_living_actor(cell) || behaviour == NULL || troupei_load_acquire_32(&cell->generation) != generation)
		return; /* it ended while we looked */
	if (visit->named++ >= NAMED_MAX)
		return;
	troupei_log(visit->system, "in the way of the end: actor %s (%016llx)%s", troupei_behaviour_name(behaviour),
	            (unsigned long long)troupei_ref_glance(cell).bits_private,
	            troupei_load_relaxed_ptr(&cell->mailbox.head) == MAILBOX_IDLE ? ", waiting" : "");
}

/* A glance at what another thread is writing: for a report, right or not. */
static int32_t __attribute__((no_sanitize("thread"), noinline)) peek_kind(const struct actor_worker *worker)
{
	return worker->message.kind;
}

static void name_run_by(struct troupei_system *system, const struct actor_worker *worker, const char *where)
{
	struct cell *cell = troupei_load_acquire_ptr(&worker->running);
	const troupe_behaviour *behaviour = cell != NULL ? troupei_load_relaxed_ptr(&cell->behaviour) : NULL;

	if (behaviour == NULL || troupei_load_acquire_ptr(&worker->running) != cell)
		return; /* its turn is over */
	int32_t kind = peek_kind(worker);
	troupei_log(system, "in the way of the end: actor %s (%016llx), its handler of kind %d %s on %s",
	            troupei_behaviour_name(behaviour), (unsigned long long)troupei_ref_glance(cell).bits_private, kind,
	            troupei_kind_name(behaviour, kind), where);
}

static void name_running(struct troupei_system *system)
{
	char where[24];

	for (uint32_t i = 0; i < troupei_scheduler_workers(&system->scheduler); i++) {
		snprintf(where, sizeof where, "worker %u", i);
		name_run_by(system, (struct actor_worker *)system->scheduler.workers[i], where);
	}
	for (const struct actor_worker *at = NULL; (at = troupei_blocking_next(system, at)) != NULL;)
		name_run_by(system, at, "a blocking thread");
}

static void name_all(struct troupei_system *system)
{
	struct visit visit = { .system = system };

	name_running(system);
	troupei_slots_each(&system->slots, name_actor, &visit);
	if (visit.named > NAMED_MAX)
		troupei_log(system, "in the way of the end: and %u actors more", visit.named - NAMED_MAX);
}

/* --------------------------------------------------------------------------------------------------------- the end -- */

static void abandon_future(struct cell *cell, void *system)
{
	if (troupei_cell_is_proxy(cell))
		troupei_future_abandon(system, troupei_ask_of(cell));
}

static void write_ledger(const struct troupei_system *system, const struct tally *sum)
{
	uint64_t ended = sum->handled + sum->dead + sum->returned;

	if (system->ledger != NULL)
		*system->ledger = (troupe_ledger){ .sent = sum->sent, .handled = sum->handled, .dead = sum->dead,
			                           .returned = sum->returned,
			                           .queued = sum->sent > ended ? sum->sent - ended : 0 };
}

static void check_ledger(const struct troupei_system *system, const struct tally *sum)
{
	write_ledger(system, sum);
	if (sum->sent == sum->handled + sum->dead + sum->returned)
		return;
	if (troupei_is_simulated())
		troupei_thread_seam->broken("the ledger is not exact: not each message that was sent is handled, dead or returned");
	fprintf(stderr, "troupe: the ledger: %llu sent, %llu handled, %llu dead, %llu returned\n",
	        (unsigned long long)sum->sent, (unsigned long long)sum->handled, (unsigned long long)sum->dead,
	        (unsigned long long)sum->returned);
	TROUPEI_ASSERT(sum->sent == sum->handled + sum->dead + sum->returned);
}

/* Step 5. False: a handler does not return. */
static bool take_down(struct troupei_system *system)
{
	uint8_t id = system->id;

	if (actors_alive(system) > 0) {
		struct tally so_far = troupei_tally_sum(system);
		write_ledger(system, &so_far);
		troupei_watchdog_stop(system);
		return false;
	}
	/* The last actor counts itself out before it has told everybody: let the workers come to rest. */
	troupei_scheduler_settle(&system->scheduler, INT64_MAX);
	troupei_wait_for_waiters(system);
	troupei_slots_each(&system->slots, abandon_future, system);
	troupei_gate_close(id); /* from here on nobody counts anything */
	if (system->ended != NULL)
		system->ended(system);
	struct tally sum = troupei_tally_sum(system);
	troupei_watchdog_stop(system);
	troupei_blocking_stop(system);
	troupei_scheduler_stop(&system->scheduler, INT64_MAX);
	check_ledger(system, &sum);
	troupei_system_fini(system);
	troupei_deallocate_aligned(system);
	troupei_gate_release(id);
	return true;
}

static void advance(struct troupei_system *system, enum system_phase phase)
{
	/* PHASE.store, release, pairs with troupei_system_phase (acquire). */
	troupei_store_release_32(&system->phase, phase);
	troupei_fence_full();
}

/* A point of the time given: @p quarters of it. */
static int64_t at(int64_t from_ns, int64_t within_ns, int64_t quarters)
{
	if (within_ns == 0 || within_ns >= INT64_MAX - from_ns)
		return INT64_MAX;
	return from_ns + within_ns / 4 * quarters;
}

troupe_status troupe_finish(troupe_system handle, int64_t within_ns)
{
	struct troupei_system *system = handle.private_;
	int64_t from = troupei_clock_ns();

	if (system == NULL || within_ns < 0)
		return TROUPE_EINVAL;
	if (troupei_actor_worker() != NULL)
		return TROUPE_ECONTEXT;
	advance(system, PHASE_CLOSING);
	troupei_gate_flush(system->id);
	troupei_scheduler_settle(&system->scheduler, at(from, within_ns, 2));
	advance(system, PHASE_STOPPING);
	bool in_order = end_all(system, SIGNAL_STOP, at(from, within_ns, 3));
	if (!in_order) {
		name_all(system);
		advance(system, PHASE_KILLING);
		int64_t last = at(from, within_ns, 4), grace = troupei_clock_ns() + GRACE_NS;
		end_all(system, SIGNAL_KILL, last > grace ? last : grace); /* who can end is not left behind for a moment */
	}
	bool freed = take_down(system);
	return in_order && freed ? TROUPE_OK : TROUPE_ETIMEOUT;
}
