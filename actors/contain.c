/* SPDX-License-Identifier: MIT */
#include "actors/contain.h"

#include <pthread.h>
#include <stdio.h>

#include "actors/crash.h"
#include "actors/lifecycle.h"
#include "actors/supervised.h"
#include "actors/turn.h"
#include "base/callback.h"
#include "base/check.h"
#include "base/threads.h"

enum { FRAMES_TEXT_MAX = 640 };

static const char *const part_names[] = { "its handler of ", "init", "terminate", "terminate" };

static void describe(const struct actor_worker *worker, const struct cell *cell, char *to, size_t size)
{
	const char *name = troupei_kind_name(cell->behaviour, worker->message.kind);

	if (worker->part != PART_RECEIVE)
		snprintf(to, size, "%s", part_names[worker->part]);
	else if (name[0] != 0)
		snprintf(to, size, "%s%s", part_names[worker->part], name);
	else
		snprintf(to, size, "%s%d", part_names[worker->part], worker->message.kind);
}

static void log_crash(struct actor_worker *worker, const struct cell *cell, const struct crash *crash)
{
	char where[96], calls[FRAMES_TEXT_MAX];

	describe(worker, cell, where, sizeof where);
	troupei_frames_print(&crash->frames, calls, sizeof calls);
	troupei_log(worker->system, "actor %s (%016llx) crashed: %s in %s: %s%s at 0x%llx; calls:%s",
	            troupei_behaviour_name(cell->behaviour), (unsigned long long)worker->me.ref.bits_private,
	            troupe_status_name(TROUPE_ECRASHED), where, troupei_crash_signal_name(crash->signal),
	            crash->overflows ? " (stack overflow)" : "", (unsigned long long)crash->address, calls);
}

/* After a crash what the handler asked for counts no more, but what has gone has gone. */
static void take_crash(struct actor_worker *worker, struct cell *cell, struct crash *crash)
{
	pthread_sigmask(SIG_SETMASK, &crash->mask, NULL);
	troupei_count_own_64(&worker->tally.crashes, 1);
	log_crash(worker, cell, crash);
	crash->signal = 0;
	if (worker->part == PART_TERMINATE || worker->part == PART_TERMINATE_LIFE)
		return;
	worker->after = (worker->after & (AFTER_TAKEN | AFTER_FORWARDED)) | AFTER_WHY;
	worker->why = TROUPE_ECRASHED;
	cell->flags |= FLAG_INIT; /* none of its handlers is to see its state again: cell.h */
}

/* As if the function had returned TROUPE_FAILED. False: the actor has ended. */
static bool finish_part(struct actor_worker *worker, struct cell *cell, bool crashed)
{
	enum part part = (enum part)worker->part;
	enum turn_next next;

	worker->part = PART_RECEIVE;
	if (part == PART_TERMINATE) {
		troupei_lifecycle_terminated(worker, cell, worker->ended_by);
		return false;
	}
	if (part == PART_TERMINATE_LIFE) {
		troupei_supervised_rested(worker, cell, worker->ended_by);
		return true;
	}
	if (part == PART_INIT)
		return troupei_lifecycle_init_failed(worker, cell, crashed);
	if (worker->chunk != NULL)
		next = troupei_turn_chunk_failed(worker, cell);
	else
		next = troupei_handle_verdict(worker, cell, worker->current, TROUPE_FAILED);
	worker->message = (troupe_message){ 0 };
	return next != TURN_ACTOR_GONE;
}

void troupei_contain_escaped(struct worker *base)
{
	struct actor_worker *worker = (struct actor_worker *)base;
	struct cell *cell = worker->running;
	/* Acquire, with SHELTER.store: who left by troupe_fail_now may run while another thread makes the first shelters. */
	struct shelter *shelter = troupei_load_acquire_ptr(&worker->shelter);
	struct crash *crash = shelter != NULL ? &shelter->crash : NULL;
	bool crashed = crash != NULL && crash->signal != 0;

	troupei_thread_landed();
	troupei_turn_settle(worker);
	if (crashed)
		take_crash(worker, cell, crash);
	bool more = finish_part(worker, cell, crashed);
	troupei_turn_over(worker, &cell->runnable, more);
}

void troupe_fail_now(troupe_actor *me, troupe_status why)
{
	struct actor_worker *worker = troupei_actor_worker();

	/* Elsewhere there is nothing to jump to, or the library is half way through something (callback.h, C1). */
	TROUPEI_ASSERT(me != NULL && worker != NULL && me == &worker->me && worker->running != NULL && !troupei_in_callback());
	worker->after |= AFTER_WHY;
	worker->why = why != TROUPE_OK ? why : TROUPE_EFAILED;
	troupei_worker_escape(&worker->base);
}
