/* SPDX-License-Identifier: MIT */
/* Counters of a system, summed without stopping it; names for reports; the log. */
#include <stdarg.h>
#include <stdio.h>

#include "actors/blocking.h"
#include "base/callback.h"
#include "base/memory.h"

enum { LINE_MAX_SIZE = 1024 }; /* with the calls that led to a crash */

static void tally_add(struct tally *sum, const struct tally *tally)
{
	sum->sent += troupei_load_relaxed_64(&tally->sent);
	sum->handled += troupei_load_relaxed_64(&tally->handled);
	sum->dead += troupei_load_relaxed_64(&tally->dead);
	sum->returned += troupei_load_relaxed_64(&tally->returned);
	sum->spawned += troupei_load_relaxed_64(&tally->spawned);
	sum->ended += troupei_load_relaxed_64(&tally->ended);
	sum->restarted += troupei_load_relaxed_64(&tally->restarted);
	sum->crashes += troupei_load_relaxed_64(&tally->crashes);
	sum->refused += troupei_load_relaxed_64(&tally->refused);
	sum->dropped += troupei_load_relaxed_64(&tally->dropped);
	sum->parked += troupei_load_relaxed_64(&tally->parked);
	sum->credited += troupei_load_relaxed_64(&tally->credited);
	sum->deadlocks += troupei_load_relaxed_64(&tally->deadlocks);
}

static const struct tally *worker_tally(const struct worker *worker)
{
	return &((const struct actor_worker *)worker)->tally;
}

struct tally troupei_tally_sum(struct troupei_system *system)
{
	struct tally sum = { 0 };

	for (uint32_t i = 0; i < troupei_scheduler_workers(&system->scheduler); i++)
		tally_add(&sum, worker_tally(system->scheduler.workers[i]));
	for (const struct actor_worker *at = NULL; (at = troupei_blocking_next(system, at)) != NULL;)
		tally_add(&sum, &at->tally);
	tally_add(&sum, &system->outside);
	return sum;
}

troupe_status troupe_ledger_read(troupe_system handle, troupe_ledger *out)
{
	if (handle.private_ == NULL || out == NULL)
		return TROUPE_EINVAL;
	struct tally sum = troupei_tally_sum(handle.private_);
	uint64_t ended = sum.handled + sum.dead + sum.returned;
	*out = (troupe_ledger){ .sent = sum.sent, .handled = sum.handled, .dead = sum.dead, .returned = sum.returned,
		                .queued = sum.sent > ended ? sum.sent - ended : 0 };
	return TROUPE_OK;
}

troupe_status troupe_counters_read(troupe_system handle, troupe_counters *out)
{
	if (handle.private_ == NULL || out == NULL)
		return TROUPE_EINVAL;
	struct troupei_system *system = handle.private_;
	struct tally sum = troupei_tally_sum(system);
	troupe_counters counters = { .actors_spawned = sum.spawned, .actors_ended = sum.ended, .dead_letters = sum.dead,
		                     .workers = system->scheduler.regular_count, .restarts = sum.restarted,
		                     .crashes = sum.crashes, .refused = sum.refused, .dropped = sum.dropped,
		                     .parked = sum.parked, .credited = sum.credited, .deadlocks = sum.deadlocks,
		                     .stalls = troupei_load_relaxed_64(&system->watchdog.stalls) };
	counters.actors_alive = sum.spawned > sum.ended ? sum.spawned - sum.ended : 0;
	for (uint32_t i = 0; i < troupei_scheduler_workers(&system->scheduler); i++) {
		struct worker *worker = system->scheduler.workers[i];
		counters.steals += troupei_load_relaxed_64(&worker->steals);
		counters.parks += troupei_load_relaxed_64(&worker->parks);
		counters.timers_armed += troupei_timers_count(&worker->timers);
	}
	*out = counters;
	return TROUPE_OK;
}

uint64_t troupe_memory_bytes(void)
{
	return troupei_memory_bytes();
}

const char *troupei_kind_name(const troupe_behaviour *behaviour, int32_t kind)
{
	for (const troupe_kind *known = behaviour->kinds; known != NULL && known->kind != 0; known++)
		if (known->kind == kind)
			return known->name;
	return "";
}

void troupei_log(struct troupei_system *system, const char *format, ...)
{
	char line[LINE_MAX_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line, sizeof line, format, arguments);
	va_end(arguments);
	if (system->log == NULL) {
		fprintf(stderr, "troupe: %s\n", line);
		return;
	}
	troupei_callback_enter();
	system->log(system->context, line);
	troupei_callback_leave();
}
