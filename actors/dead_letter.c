/* SPDX-License-Identifier: MIT */
/* Dead letters: the last stop of a message. */
#include "actors/dead_letter.h"

#include "actors/ask.h"
#include "actors/room.h"
#include "actors/timers.h"
#include "actors/watch.h"
#include "base/callback.h"
#include "base/check.h"
#include "base/threads.h"
#include "mailbox/chunk.h"

static void show(struct troupei_system *system, const troupe_dead_letter *letter)
{
	if (system->dead_letter == NULL)
		return;
	troupei_callback_enter();
	system->dead_letter(system->context, letter);
	troupei_callback_leave();
}

/* Of one that has ended, too, as long as nobody else has its place. */
static const struct cell *cell_that_was(troupe_ref to)
{
	uint32_t slot = (uint32_t)to.bits_private, generation = troupei_ref_generation(to);

	if (slot >= troupei_slot_limit || (generation & 1) == 0)
		return NULL;
	return troupei_load_relaxed_32(&troupei_cells[slot].generation) - generation <= 1 ? &troupei_cells[slot] : NULL;
}

void troupei_dead_letter(struct troupei_system *system, struct actor_worker *worker, troupe_ref to, int32_t kind,
                         const void *data, size_t size, troupe_status why)
{
	troupei_tally(system, worker, sent);
	troupei_tally(system, worker, dead);
	if (troupei_is_simulated())
		troupei_thread_seam->dead(NULL, cell_that_was(to), kind, why);
	show(system, &(troupe_dead_letter){ .to = to, .to_name = "?", .kind = kind, .kind_name = "", .why = why,
	                                    .data = data, .size = (uint32_t)size });
}

/* Those that a handler was to see: shown. @p alive: the receiver's behaviour may still be named. */
static void bury_users(struct troupei_system *system, struct actor_worker *worker, struct cell *to,
                       const struct envelope *envelope, troupe_status why)
{
	/* Named only by who runs it: then it cannot end under our eyes. A stale message was for somebody before it. */
	bool alive = worker != NULL && worker->running == to && envelope->generation == to->generation;
	int32_t kind = troupei_envelope_kind(envelope);

	troupei_tally(system, worker, dead);
	if (troupei_is_simulated())
		troupei_thread_seam->dead(envelope, to, kind, why);
	show(system, &(troupe_dead_letter){
			     .to = troupei_ref(troupei_slot_of(to), envelope->generation),
			     .to_name = alive ? troupei_behaviour_name(to->behaviour) : "?",
			     .kind = kind,
			     .kind_name = alive ? troupei_kind_name(to->behaviour, kind) : "",
			     .why = why,
			     .data = troupei_envelope_data(envelope),
			     .size = troupei_envelope_size(envelope) });
}

static void bury_chunk(struct troupei_system *system, struct actor_worker *worker, struct cell *to, struct chunk *chunk,
                       troupe_status why)
{
	const void *payload;
	struct chunk_copy copy;

	while ((payload = troupei_chunk_next(chunk)) != NULL) {
		troupei_chunk_copy(chunk, payload, ENVELOPE_EMBEDDED, &copy.envelope);
		bury_users(system, worker, to, &copy.envelope, why);
	}
	troupei_chunk_owner_done(chunk);
}

void troupei_envelope_bury(struct troupei_system *system, struct actor_worker *worker, struct cell *to,
                           struct envelope *envelope, troupe_status why)
{
	switch (troupei_envelope_sort(envelope)) {
	case SORT_PLAIN:
	case SORT_SENDER:
	case SORT_ANSWER:
	case SORT_RETURNED:
	case SORT_RELAYED:
		bury_users(system, worker, to, envelope, why);
		troupei_envelope_free(envelope);
		return;
	case SORT_QUESTION:
		bury_users(system, worker, to, envelope, why);
		troupei_question_fail_with(system, worker, envelope, why);
		return;
	case SORT_TIMER:
		troupei_tally(system, worker, handled);
		troupei_timer_discard(envelope);
		return;
	case SORT_DOWN:
	case SORT_LINKED:
		troupei_tally(system, worker, handled);
		troupei_watch_discard(envelope);
		return;
	case SORT_RESTARTED:
		troupei_tally(system, worker, handled);
		troupei_lives_discard(envelope);
		return;
	case SORT_UNANSWERED:
		troupei_tally(system, worker, handled);
		troupei_envelope_free(envelope);
		return;
	case SORT_ROOM:
		troupei_tally(system, worker, handled);
		troupei_room_discard(envelope);
		return;
	case SORT_CREDIT:
		troupei_room_discard(envelope);
		return;
	case SORT_STOP:
	case SORT_KILL:
		troupei_envelope_free(envelope);
		return;
	case SORT_CHUNK:
		bury_chunk(system, worker, to, troupei_chunk_of(envelope), why);
		return;
	case SORT_BOUNDED: /* lifecycle.c empties the queue instead */
	case SORT_LIFE:
	case SORT_CHILD_ENDED: /* the parent of a child outlives it: it is never buried */
		TROUPEI_ASSERT(false);
	}
}
