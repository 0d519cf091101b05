/* SPDX-License-Identifier: MIT */
/* What the child wants is done here, in its courier's turn. P3: courier.h. */
#include <string.h>

#include "actors/ask.h"
#include "actors/courier.h"
#include "actors/dead_letter.h"
#include "actors/post.h"
#include "actors/supervised.h"
#include "base/memory.h"
#include "troupe/registry.h"
#include "troupe/watch.h"

/* ------------------------------------------------------------------------------------------------- what was settled -- */

/* It was a question: what its outcome is, is known already, or is to be told, for the reason that comes back. */
static troupe_status settle_question(struct actor_worker *worker, struct envelope *envelope, enum question_state state)
{
	troupe_status owned = TROUPE_OK;

	if (state == QUESTION_KEPT)
		owned = troupei_ask_own(worker, troupei_envelope_extension(envelope)->word);
	if (state != QUESTION_FORGOTTEN && owned == TROUPE_OK)
		envelope->size = SORT_PLAIN;
	return owned == TROUPE_OK ? TROUPE_EUNANSWERED : owned;
}

static void handled(struct actor_worker *worker, struct envelope *envelope, troupe_status why)
{
	troupei_count_own_64(&worker->tally.handled, 1);
	if (troupei_envelope_sort(envelope) == SORT_QUESTION)
		troupei_question_fail_with(worker->system, worker, envelope, why);
	else
		troupei_envelope_free(envelope);
}

static bool settle(struct actor_worker *worker, struct courier *courier, const struct frame *frame)
{
	static const troupe_status reasons[] = { [SETTLED_UNKNOWN] = TROUPE_EUNKNOWN, [SETTLED_FAILED] = TROUPE_EFAILED,
		                                 [SETTLED_NO_MEMORY] = TROUPE_ENOMEM };

	if (frame->sort == SETTLED_DEFERRED) {
		troupei_courier_came_to(courier, frame->word <= FRAME_SIZE_MAX ? (uint32_t)frame->word : 0);
		return true;
	}
	struct envelope *envelope = troupei_courier_take(courier, frame->cookie);
	if (envelope == NULL || frame->sort > SETTLED_NO_MEMORY)
		return false;
	if (frame->why == 0) /* not deferred before: it counts as come to now */
		troupei_courier_came_to(courier, troupei_envelope_size(envelope));
	troupe_status why = TROUPE_OK;
	if (troupei_envelope_sort(envelope) == SORT_QUESTION)
		why = settle_question(worker, envelope, (enum question_state)frame->flags);
	if (frame->sort == SETTLED_HANDLED)
		handled(worker, envelope, why);
	else
		troupei_envelope_bury(worker->system, worker, courier->cell, envelope, reasons[frame->sort]);
	return true;
}

bool troupei_relay_page(struct actor_worker *worker, struct courier *courier)
{
	struct courier_page *page = courier->page;
	uint64_t written = troupei_load_acquire_64(&page->written), read = page->read;

	if (written - read > PAGE_ENTRIES)
		return false;
	for (; read != written; read++) {
		struct page_entry entry = page->entries[read % PAGE_ENTRIES];
		if ((int32_t)(entry.behind - courier->frames) > 0)
			break; /* P8 */
		/* READ.store, release, pairs with the child's acquire: it may use the entry again. */
		troupei_store_release_64(&page->read, read + 1);
		if (!settle(worker, courier,
		            &(struct frame){ .sort = entry.settled, .flags = entry.question, .cookie = entry.cookie,
		                             .why = entry.deferred, .word = entry.size }))
			return false;
	}
	return true;
}

/* The message goes on as it is; it counts as handled here. */
static bool forward(struct actor_worker *worker, struct courier *courier, const struct frame *frame)
{
	struct envelope *envelope = troupei_courier_take(courier, frame->cookie);
	troupe_ref to = { frame->to };

	if (envelope == NULL)
		return false;
	if (frame->why == 0)
		troupei_courier_came_to(courier, troupei_envelope_size(envelope));
	troupei_count_own_64(&worker->tally.handled, 1);
	troupe_status status = troupei_post(worker->system, worker, to, envelope);
	if (status == TROUPE_OK)
		return true;
	troupei_count_own_64(&worker->tally.sent, 1);
	uint32_t slot = troupei_ref_slot(to) < troupei_slot_limit ? troupei_ref_slot(to) : 0;
	envelope->generation = troupei_ref_generation(to);
	troupei_envelope_bury(worker->system, worker, &troupei_cells[slot], envelope, status);
	return true;
}

/* -------------------------------------------------------------------------------------------------------- addresses -- */

static struct address_pair *pair_of(const struct courier *courier, uint64_t theirs)
{
	for (uint32_t i = 0; i < courier->address_count; i++)
		if (courier->addresses[i].theirs == theirs)
			return &courier->addresses[i];
	return NULL;
}

static bool pair_add(struct courier *courier, uint64_t theirs, uint64_t ours)
{
	if (courier->address_count == courier->address_capacity) {
		uint32_t before = courier->address_capacity, capacity = before > 0 ? before * 2 : 8;
		struct address_pair *larger = troupei_reallocate(courier->addresses, before * sizeof *larger,
		                                                 capacity * sizeof *larger);
		if (larger == NULL)
			return false;
		courier->addresses = larger;
		courier->address_capacity = capacity;
	}
	courier->addresses[courier->address_count++] = (struct address_pair){ theirs, ours };
	return true;
}

static void pair_remove(struct courier *courier, struct address_pair *pair)
{
	*pair = courier->addresses[--courier->address_count];
}

static void tell_closed(struct courier *courier, uint64_t theirs, troupe_status why)
{
	troupei_courier_tell(courier, &(struct frame){ .op = FRAME_CLOSED, .word = theirs, .why = why }, NULL);
}

static void open_address(struct actor_worker *worker, struct courier *courier, const struct frame *frame)
{
	troupe_ref ours = { 0 };
	troupe_status status = troupe_expect(&worker->me,
	                                     TROUPE_OPTIONS(troupe_expectation, .answers = (uint32_t)frame->kind,
	                                                    .questions = (uint32_t)frame->why,
	                                                    .within_ns = (int64_t)frame->token, .token = frame->word,
	                                                    .then = troupei_relay_outcome),
	                                     &ours);

	if (status == TROUPE_OK && pair_add(courier, frame->word, ours.bits_private))
		return;
	if (status == TROUPE_OK)
		troupe_ignore(troupe_forget(&worker->me, ours));
	tell_closed(courier, frame->word, status != TROUPE_OK ? status : TROUPE_ENOMEM);
}

static void forget(struct actor_worker *worker, struct courier *courier, uint64_t theirs)
{
	struct address_pair *pair = pair_of(courier, theirs);

	if (pair == NULL)
		return;
	troupe_ignore(troupe_forget(&worker->me, (troupe_ref){ pair->ours }));
	pair_remove(courier, pair);
}

troupe_verdict troupei_relay_outcome(troupe_actor *me, const troupe_message *m)
{
	struct courier *courier = troupei_me_worker(me)->running->extra->courier;
	struct address_pair *pair = courier != NULL ? pair_of(courier, m->token) : NULL;

	if (pair == NULL)
		return TROUPE_HANDLED;
	struct frame frame = { .op = FRAME_OUTCOME, .word = m->token, .kind = m->kind, .size = m->size };
	if (m->kind != TROUPE_UNANSWERED) {
		troupei_courier_tell(courier, &frame, m->data); /* the pair stays until the child says that it needs it no more */
		return TROUPE_HANDLED;
	}
	tell_closed(courier, m->token, m->why);
	pair_remove(courier, pair);
	return TROUPE_HANDLED;
}

/* ---------------------------------------------------------------------------------------------------------- sending -- */

static bool is_payload(const struct frame *frame)
{
	return frame->kind > 0;
}

/* What was to answer this question, or to pass it on, could not be sent: who asked is told. If there is no memory for that either the
 * process goes: then the question, which is being handled still (P8) or is owed, fails by the envelope that it came in. */
static void lose_answer(struct actor_worker *worker, struct courier *courier, troupe_ref address, troupe_status why)
{
	if (!troupei_ask_fail_owed(worker, address.bits_private, why) &&
	    !troupei_question_fail(worker->system, worker, address.bits_private, why))
		troupei_courier_give_up(courier, "no memory for what it answers");
}

static bool relay_send(struct actor_worker *worker, struct courier *courier, const struct frame *frame, const void *payload)
{
	troupe_ref to = { frame->to };

	if (!is_payload(frame) || (frame->sort != SORT_PLAIN && frame->sort != SORT_SENDER))
		return false;
	troupe_status status = frame->sort == SORT_SENDER
	                               ? troupe_send_bytes_from(&worker->me, to, frame->kind, payload, frame->size)
	                               : troupe_send_bytes(to, frame->kind, payload, frame->size);
	if (status == TROUPE_EFULL || status == TROUPE_ENOMEM) /* the child was told that it is on its way; others are dead letters */
		troupei_dead_letter(worker->system, worker, to, frame->kind, payload, frame->size, status);
	if (status == TROUPE_ENOMEM && troupei_ref_is_address(to))
		lose_answer(worker, courier, to, status);
	return true;
}

static bool relay_ask(struct actor_worker *worker, struct courier *courier, const struct frame *frame, const void *payload)
{
	struct address_pair *pair = pair_of(courier, frame->word);
	troupe_ref address = { pair != NULL ? pair->ours : frame->word };

	if (!is_payload(frame))
		return false;
	troupe_ref to = { frame->to };
	troupe_status status;
	if (frame->cookie == REMOTE_OFFSET_NONE) {
		status = troupei_ask_again(to, frame->kind, payload, frame->size, address);
	} else {
		status = troupe_ask_bytes(to, frame->kind, payload, frame->size, frame->cookie, address);
	}
	if (frame->cookie == REMOTE_OFFSET_NONE && status == TROUPE_OK)
		troupei_ask_disown(worker, address.bits_private);
	if (status == TROUPE_OK || status == TROUPE_ECLOSED)
		return true;
	if (status == TROUPE_EINVAL)
		return false;
	lose_answer(worker, courier, address, status);
	return true;
}

/* The child was told that it is on its way. */
static void relay_end(struct actor_worker *worker, const struct frame *frame, troupe_status status)
{
	if (status == TROUPE_ENOMEM)
		troupei_log(worker->system, "actor %016llx was not ended, as one in a process wants: no memory",
		            (unsigned long long)frame->to);
}

static void fail_question(struct actor_worker *worker, const struct frame *frame)
{
	troupei_ask_fail_owed(worker, frame->word, (troupe_status)frame->why);
}

/* ------------------------------------------------------------------------------------------------ calls with a reply -- */

static bool relay_call(struct actor_worker *worker, struct courier *courier, const struct frame *frame, const void *payload)
{
	troupe_ref to = { frame->to }, found = { 0 };
	troupe_monitor_id id = { frame->word };
	struct frame reply = { .op = FRAME_REPLY };
	char name[256];

	memcpy(name, payload, frame->size < sizeof name ? frame->size : sizeof name - 1);
	name[frame->size < sizeof name ? frame->size : sizeof name - 1] = 0;
	switch (frame->sort) {
	case CALL_ALIVE:
		reply.word = troupe_is_alive(to);
		break;
	case CALL_FIND:
		reply.why = troupe_find(worker->me.system, name, &found);
		reply.word = found.bits_private;
		break;
	case CALL_NAME:
		reply.why = troupe_name(to, name);
		break;
	case CALL_UNNAME:
		reply.why = troupe_unname(worker->me.system, name);
		break;
	case CALL_MONITOR:
		reply.why = troupe_monitor(&worker->me, to, frame->token, &id);
		reply.word = id.bits_private;
		break;
	case CALL_UNMONITOR:
		reply.why = troupe_unmonitor(&worker->me, id);
		break;
	case CALL_LINK:
		reply.why = troupe_link(&worker->me, to);
		break;
	case CALL_UNLINK:
		reply.why = troupe_unlink(&worker->me, to);
		break;
	default:
		return false;
	}
	troupei_courier_send(courier, &reply, NULL);
	return true;
}

/* -------------------------------------------------------------------------------------------------------------- all -- */

static void started(struct actor_worker *worker, struct courier *courier)
{
	if (courier->started)
		return;
	courier->started = true;
	if (troupei_supervised_of(courier->cell) != NULL && !courier->ending)
		troupei_supervised_begun(worker, courier->cell);
}

/* From here on it is an actor that waits for its end, as by troupe_exit. */
static void ended(struct courier *courier, troupe_status why)
{
	struct cell *cell = courier->cell;

	courier->ended = courier->ending = courier->end_sent = true;
	courier->why = why;
	if (cell->flags & FLAG_ENDING)
		return;
	cell->flags |= FLAG_ENDING;
	cell->extra->why = why;
}

bool troupei_relay(struct actor_worker *worker, struct courier *courier, const struct frame *frame, const void *payload)
{
	/* What was settled before this was sent: a question that was kept must be known for it before it is answered. */
	if (!troupei_relay_page(worker, courier))
		return false;
	switch (frame->op) {
	case FRAME_STARTED:
		started(worker, courier);
		return true;
	case FRAME_LOOK:
		return true;
	case FRAME_SETTLED:
		return settle(worker, courier, frame);
	case FRAME_RESTS:
		troupei_courier_rests(courier, frame->word);
		return true;
	case FRAME_SEND:
		return relay_send(worker, courier, frame, payload);
	case FRAME_ASK:
		return relay_ask(worker, courier, frame, payload);
	case FRAME_FORWARD:
		return forward(worker, courier, frame);
	case FRAME_OPEN:
		open_address(worker, courier, frame);
		return true;
	case FRAME_FORGET:
		forget(worker, courier, frame->word);
		return true;
	case FRAME_UNANSWERED:
		fail_question(worker, frame);
		return true;
	case FRAME_STOP:
		relay_end(worker, frame, troupe_stop((troupe_ref){ frame->to }));
		return true;
	case FRAME_KILL:
		relay_end(worker, frame, troupe_kill((troupe_ref){ frame->to }));
		return true;
	case FRAME_QUIT:
		troupe_quit(worker->me.system);
		return true;
	case FRAME_LOG:
		troupei_log(worker->system, "%.*s", (int)frame->size, (const char *)payload);
		return true;
	case FRAME_CALL:
		return relay_call(worker, courier, frame, payload);
	case FRAME_ENDED:
		ended(courier, (troupe_status)frame->why);
		return true;
	default:
		return false;
	}
}
