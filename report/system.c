/* SPDX-License-Identifier: MIT */
/* What a report says of the system as a whole, of its threads, and of the pools of the process. */
#include <stdio.h>

#include "actors/blocking.h"
#include "base/memory.h"
#include "executors/pool.h"
#include "report/glance.h"
#include "report/report.h"

enum { TASKS_NAMED_MAX = 8 };

static const char *const phase_names[] = { "running", "closing", "stopping", "killing" };

static void write_ledger(struct troupei_system *system, struct writer *writer)
{
	troupe_ledger ledger;

	troupe_ledger_read((troupe_system){ system }, &ledger);
	troupei_writer_object(writer, "ledger");
	troupei_writer_number(writer, "sent", ledger.sent);
	troupei_writer_number(writer, "handled", ledger.handled);
	troupei_writer_number(writer, "dead", ledger.dead);
	troupei_writer_number(writer, "returned", ledger.returned);
	troupei_writer_number(writer, "queued", ledger.queued);
	troupei_writer_close(writer);
}

static void write_counters(struct troupei_system *system, struct writer *writer)
{
	troupe_counters counters;

	troupe_counters_read((troupe_system){ system }, &counters);
	troupei_writer_object(writer, "counters");
	troupei_writer_number(writer, "actors_alive", counters.actors_alive);
	troupei_writer_number(writer, "actors_spawned", counters.actors_spawned);
	troupei_writer_number(writer, "actors_ended", counters.actors_ended);
	troupei_writer_number(writer, "restarts", counters.restarts);
	troupei_writer_number(writer, "crashes", counters.crashes);
	troupei_writer_number(writer, "dead_letters", counters.dead_letters);
	troupei_writer_number(writer, "refused", counters.refused);
	troupei_writer_number(writer, "dropped", counters.dropped);
	troupei_writer_number(writer, "parked", counters.parked);
	troupei_writer_number(writer, "credited", counters.credited);
	troupei_writer_number(writer, "deadlocks", counters.deadlocks);
	troupei_writer_number(writer, "stalls", counters.stalls);
	troupei_writer_number(writer, "timers_armed", counters.timers_armed);
	troupei_writer_number(writer, "steals", counters.steals);
	troupei_writer_number(writer, "parks", counters.parks);
	troupei_writer_close(writer);
}

static void write_states(const struct report_picks *picks, struct writer *writer)
{
	troupei_writer_object(writer, "states");
	for (unsigned i = 0; i < REPORT_STATES; i++)
		troupei_writer_number(writer, troupei_report_state_names[i], picks->states[i]);
	troupei_writer_close(writer);
}

void troupei_report_system(struct report *report, struct writer *writer)
{
	struct troupei_system *system = report->system;

	troupei_writer_object(writer, "system");
	troupei_writer_number(writer, "number", system->id);
	troupei_writer_text(writer, "phase", phase_names[troupei_system_phase(system)]);
	troupei_writer_number(writer, "workers", system->scheduler.regular_count);
	troupei_writer_number(writer, "inject_queue", troupei_load_relaxed_64(&system->scheduler.inject.count));
	troupei_writer_close(writer);
	write_states(&report->picks, writer);
	write_ledger(system, writer);
	write_counters(system, writer);
	troupei_writer_object(writer, "memory");
	troupei_writer_number(writer, "message_bytes_of_the_process", troupe_memory_bytes());
	troupei_writer_number(writer, "cell_bytes", troupei_load_relaxed_64(&system->slots.cells) * sizeof(struct cell));
	troupei_writer_close(writer);
}

/* ---------------------------------------------------------------------------------------------------------- threads -- */

/* Whom it runs, if anybody. */
static bool write_run(struct writer *writer, const struct actor_worker *worker)
{
	const struct cell *cell = troupei_load_acquire_ptr(&worker->running);
	char name[REPORT_NAME_MAX], kind[REPORT_NAME_MAX];
	struct cell copy;
	int32_t number = 0;

	if (cell == NULL || !troupei_glance(&copy, cell, sizeof copy) || troupei_load_acquire_ptr(&worker->running) != cell)
		return false;
	troupei_report_name(copy.behaviour, name);
	troupei_glance(&number, &worker->message.kind, sizeof number);
	troupei_report_kind(copy.behaviour, number, kind);
	troupei_writer_text(writer, "runs", name);
	troupei_writer_ref(writer, "ref", troupei_ref(troupei_slot_of(cell), copy.generation));
	troupei_writer_text(writer, "kind", kind);
	return true;
}

static bool sleeps(const struct scheduler *scheduler, uint32_t index)
{
	return (troupei_load_relaxed_64(&scheduler->idle.words[index / 64]) >> index % 64 & 1) != 0;
}

static void write_blocking(struct troupei_system *system, struct writer *writer)
{
	struct blocking *blocking = &system->blocking;

	pthread_mutex_lock(&blocking->crew.lock);
	uint32_t threads = blocking->crew.threads, idle = blocking->crew.idle;
	pthread_mutex_unlock(&blocking->crew.lock);
	troupei_writer_object(writer, "blocking");
	troupei_writer_number(writer, "threads", threads);
	troupei_writer_number(writer, "idle", idle);
	troupei_writer_number(writer, "threads_max", blocking->threads_max);
	troupei_writer_close(writer);
	troupei_writer_list(writer, "blocking_threads");
	for (const struct actor_worker *at = NULL; (at = troupei_blocking_next(system, at)) != NULL;) {
		if (troupei_load_relaxed_ptr(&at->running) == NULL)
			continue;
		troupei_writer_item(writer);
		if (!write_run(writer, at))
			troupei_writer_text(writer, "name", "between two turns");
		troupei_writer_close(writer);
	}
	troupei_writer_list_end(writer);
}

void troupei_report_workers(struct report *report, struct writer *writer)
{
	struct scheduler *scheduler = &report->system->scheduler;

	troupei_writer_list(writer, "workers");
	for (uint32_t i = 0; i < troupei_scheduler_workers(scheduler); i++) {
		const struct worker *worker = scheduler->workers[i];
		troupei_writer_item(writer);
		troupei_writer_number(writer, "worker", i);
		if (!write_run(writer, (const struct actor_worker *)worker))
			troupei_writer_text(writer, "state", sleeps(scheduler, i) ? "sleeps" : "awake");
		troupei_writer_number(writer, "ring", troupei_worker_ring_size(worker));
		troupei_writer_number(writer, "turns", troupei_load_relaxed_64(&worker->turns));
		troupei_writer_number(writer, "steals", troupei_load_relaxed_64(&worker->steals));
		troupei_writer_number(writer, "parks", troupei_load_relaxed_64(&worker->parks));
		troupei_writer_number(writer, "timers", troupei_timers_count((struct timers *)(uintptr_t)&worker->timers));
		troupei_writer_close(writer);
	}
	troupei_writer_list_end(writer);
	write_blocking(report->system, writer);
}

/* ------------------------------------------------------------------------------------------------------------ pools -- */

/* What one looks like; copied with its lock held, written without. */
struct pool_seen {
	char name[TROUPE_NAME_SIZE_MAX + 1];
	bool closing;
	uint32_t threads, threads_max, running, queued;
	uint64_t over;
	char tasks[TASKS_NAMED_MAX * REPORT_NAME_MAX];
};

static void see_pool(const struct pool *pool, struct pool_seen *seen)
{
	int used = 0;
	unsigned named = 0;

	snprintf(seen->name, sizeof seen->name, "%s", pool->name);
	seen->closing = pool->closing;
	seen->threads = pool->crew.threads;
	seen->threads_max = pool->crew.threads_max;
	seen->running = pool->started_count;
	seen->queued = pool->queued_count;
	seen->over = pool->over_count;
	seen->tasks[0] = 0;
	for (const struct troupe_job *job = pool->started.first; job != NULL && named < TASKS_NAMED_MAX; job = job->next)
		used += snprintf(seen->tasks + used, sizeof seen->tasks - (size_t)used, "%s%.40s", named++ > 0 ? ", " : "",
		                 job->options.name != NULL ? job->options.name : "task");
}

static void write_pool(struct writer *writer, const struct pool_seen *seen)
{
	troupei_writer_item(writer);
	troupei_writer_text(writer, "name", seen->name[0] != 0 ? seen->name : "(no name)");
	troupei_writer_number(writer, "threads", seen->threads);
	troupei_writer_number(writer, "threads_max", seen->threads_max);
	troupei_writer_number(writer, "running", seen->running);
	troupei_writer_number(writer, "queued", seen->queued);
	troupei_writer_number(writer, "over", seen->over);
	if (seen->closing)
		troupei_writer_flag(writer, "closing", true);
	if (seen->tasks[0] != 0)
		troupei_writer_text(writer, "tasks", seen->tasks);
	troupei_writer_close(writer);
}

void troupei_report_pools(struct writer *writer)
{
	struct pool_seen seen;
	struct pool *pool;

	troupei_writer_list(writer, "pools");
	for (uint32_t i = 0; (pool = troupei_pool_at(i)) != NULL; i++) {
		pthread_mutex_lock(&pool->crew.lock);
		bool open = pool->open;
		if (open)
			see_pool(pool, &seen);
		pthread_mutex_unlock(&pool->crew.lock);
		if (open)
			write_pool(writer, &seen);
	}
	troupei_writer_list_end(writer);
}
