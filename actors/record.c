/* SPDX-License-Identifier: MIT */
/* What of an actor's life goes into a recording. */
#include "actors/record.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "actors/turn.h"

enum { MARKS_MAX = 127 };

/* Stamps of births, by slot. Written before others can reach the actor. */
static uint32_t *births;

/* ------------------------------------------------------------------------------------------------------------ who -- */

/* Of this thread. One that is neither a worker nor the first cannot be made to do the same again. */
static struct recorder *recorder_here(void)
{
	struct actor_worker *worker = troupei_actor_worker();
	struct recorder *own = worker != NULL ? &worker->recorder : &troupei_record_thread;

	if (own->is_open)
		return own;
	troupei_record_break("a thread that is neither a worker nor the first one to start a system took part");
	troupei_record_open(own, RECORD_OTHER);
	return own;
}

void troupei_record_worker(struct actor_worker *worker)
{
	worker->records_to = troupei_record_on ? worker->system_id : UINT32_MAX;
	if (!troupei_is_recorded())
		return;
	if (worker->base.index >= MARKS_MAX)
		troupei_record_break("there are more workers than it can tell apart");
	worker->mark = (uint8_t)((worker->base.index % MARKS_MAX + 1) << 1);
	troupei_record_open(&worker->recorder, RECORD_WORKER);
}

void troupei_record_moved(struct actor_worker *worker, struct cell *cell)
{
	uint32_t last = cell->runnable.fresh >> 1; /* 0: nobody */

	if (last != 0)
		troupei_record_after(&worker->recorder, &((struct actor_worker *)worker->base.scheduler->workers[last - 1])->recorder);
	cell->runnable.fresh = worker->mark;
}

void troupei_record_now_and_then(struct worker *worker)
{
	troupei_record_time(&((struct actor_worker *)worker)->recorder);
}

/* ----------------------------------------------------------------------------------------------------- the beginning -- */

static void say(const char *why)
{
	fprintf(stderr, "troupe: the recording ends here: %s\n", why);
}

static bool map_births(void)
{
	if (births == NULL) {
		void *memory = mmap(NULL, SLOTS_MAX * sizeof *births, PROT_READ | PROT_WRITE,
		                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		births = memory != MAP_FAILED ? memory : NULL;
	}
	return births != NULL;
}

static troupe_status begin(const char *path, uint64_t limit)
{
	if (!map_births())
		return TROUPE_ENOMEM;
	switch (troupei_record_begin(path, limit, say)) {
	case RECORD_STARTED:
		troupei_noted = true;
		return TROUPE_OK;
	case RECORD_NO_FILE:
		fprintf(stderr, "troupe: cannot record to %s: %s\n", path, strerror(errno));
		return TROUPE_EINVAL;
	case RECORD_TOO_LATE:
		return TROUPE_EINVAL;
	default:
		return TROUPE_ENOMEM;
	}
}

troupe_status troupei_record_if_asked(const troupe_options *options)
{
	const char *path = options->record != NULL ? options->record : getenv("TROUPE_RECORD");

	if (path == NULL || path[0] == '\0' || troupei_record_on || troupei_is_simulated())
		return TROUPE_OK;
	return begin(path, options->record_max);
}

/* ------------------------------------------------------------------------------------------------------------ stamps -- */

/* Where it lies; NULL: it has none. */
static uint32_t *stamp_of(const struct envelope *envelope)
{
	unsigned class = envelope->flags & ENVELOPE_CLASS;
	size_t size = sizeof *envelope + sizeof(struct envelope_extension) + troupei_envelope_size(envelope);

	if (class == ENVELOPE_EMBEDDED)
		return NULL;
	if (class == ENVELOPE_ALLOCATED)
		return (uint32_t *)((uintptr_t)envelope + ((size + 7) & ~(size_t)7));
	return (uint32_t *)((uintptr_t)envelope + BLOCK_SIZE(class));
}

static void about(struct recorder *recorder, const struct cell *cell)
{
	troupei_record_add(recorder, RECORD_ACTOR, 0, births[troupei_slot_of(cell)]);
}

/* Which of the messages of its sort: a timer's number; of the others it is the first. */
static uint32_t which(const struct envelope *envelope)
{
	return troupei_envelope_sort(envelope) == SORT_TIMER ? (uint32_t)troupei_envelope_extension(envelope)->word : 0;
}

void troupei_record_message(struct actor_worker *worker, const struct cell *cell, const struct envelope *envelope)
{
	const uint32_t *stamp = stamp_of(envelope);

	if (stamp != NULL) {
		troupei_record_handled(&worker->recorder, *stamp);
		return;
	}
	about(&worker->recorder, cell);
	troupei_record_add(&worker->recorder, RECORD_NEWS, (uint32_t)troupei_envelope_sort(envelope), which(envelope));
}

/* ------------------------------------------------------------------------------------------------------------- notes -- */

void troupei_note_sent(const struct envelope *envelope, const struct cell *to)
{
	if (troupei_is_simulated()) {
		troupei_thread_seam->sent(envelope, to);
		return;
	}
	uint32_t *stamp = stamp_of(envelope);
	if (stamp != NULL)
		*stamp = troupei_record_next(recorder_here());
}

void troupei_note_refused(troupe_status why)
{
	if (troupei_is_simulated())
		return;
	struct recorder *recorder = recorder_here();
	troupei_record_add(recorder, RECORD_REFUSED, (uint16_t)(int16_t)why, recorder->stamp);
}

void troupei_note_unsent(const struct envelope *envelope, troupe_status why)
{
	if ((envelope->flags & ENVELOPE_CLASS) == ENVELOPE_EMBEDDED)
		return;
	if (troupei_is_simulated()) {
		if (troupei_thread_seam->unsent != NULL)
			troupei_thread_seam->unsent(envelope);
		return;
	}
	recorder_here()->stamp -= RECORD_STEP;
	if (why != TROUPE_OK)
		troupei_note_refused(why);
}

troupe_status troupei_note_dictated(void)
{
	bool replays = troupei_is_simulated() && troupei_thread_seam->dictates != NULL;

	return replays ? (troupe_status)troupei_thread_seam->dictates() : TROUPE_OK;
}

troupe_status troupei_note_told(troupe_status why)
{
	bool replays = troupei_is_simulated() && troupei_thread_seam->refused != NULL;

	return replays ? (troupe_status)troupei_thread_seam->refused(why) : why;
}

void troupei_note_spawned(const struct cell *cell)
{
	if (troupei_is_simulated())
		troupei_thread_seam->spawned(cell);
	else
		births[troupei_slot_of(cell)] = troupei_record_next(recorder_here());
}

void troupei_note_init(struct actor_worker *worker, const struct cell *cell)
{
	if (troupei_is_simulated())
		return;
	about(&worker->recorder, cell);
	troupei_record_add(&worker->recorder, RECORD_INIT, 0, 0);
}

void troupei_note_signals(struct actor_worker *worker, const struct cell *cell, uint8_t signals)
{
	if (troupei_is_simulated() || (signals & SIGNALS_TO_WAKE) == 0)
		return;
	about(&worker->recorder, cell);
	troupei_record_add(&worker->recorder, RECORD_SIGNALS, signals & SIGNALS_TO_WAKE, 0);
}

void troupei_note_ended(struct actor_worker *worker, const struct cell *cell, troupe_status why)
{
	if (troupei_is_simulated()) {
		troupei_thread_seam->ended(cell, why);
		return;
	}
	about(&worker->recorder, cell);
	troupei_record_add(&worker->recorder, RECORD_ENDED, 0, 0);
}

int64_t troupei_note_clock(int64_t now_ns)
{
	if (troupei_is_simulated())
		return troupei_thread_seam->clock != NULL ? troupei_thread_seam->clock(now_ns) : now_ns;
	struct recorder *recorder = recorder_here();
	troupei_record_add(recorder, RECORD_CLOCK, 0, (uint32_t)now_ns);
	troupei_record_add(recorder, RECORD_CLOCK_UPPER, 0, (uint32_t)((uint64_t)now_ns >> 32));
	return now_ns;
}
