/* SPDX-License-Identifier: MIT */
/* Payloads that are not copied: made, moved, shared, taken over; messages passed on. */
#include <string.h>

#include "actors/ask.h"
#include "actors/post.h"
#include "actors/record.h"
#include "actors/remote.h"
#include "actors/route.h"
#include "actors/spawn.h"
#include "actors/turn.h"
#include "actors/waits.h"
#include "base/check.h"
#include "mailbox/chunk.h"
#include "mailbox/payload.h"

void *troupe_new(size_t size, void (*release)(void *payload))
{
	return size > 0 && size <= TROUPE_MESSAGE_SIZE_MAX ? troupei_payload_new(size, release) : NULL;
}

/* Whoever asked is not to wait for nothing, if the actor that took the question has not answered it. */
static void fail_question(uint64_t question)
{
	struct actor_worker *worker = troupei_actor_worker();
	struct gate_pass pass;
	struct troupei_system *system;

	if (question == 0)
		return;
	if (worker != NULL) {
		troupei_ask_fail_owed(worker, question, TROUPE_EUNANSWERED);
		return;
	}
	/* From a plain thread nobody knows whether it was answered: if its address is still open, it was not. */
	system = troupei_gate_enter(troupei_cell_system(&troupei_cells[troupei_ref_slot((troupe_ref){ question })]), &pass);
	if (system == NULL)
		return;
	troupei_question_fail(system, NULL, question, TROUPE_EUNANSWERED);
	troupei_gate_leave(&pass);
}

void troupe_free(void *payload)
{
	if (payload == NULL)
		return;
	uint64_t question = troupei_payload_of(payload)->question;
	troupei_payload_free(payload);
	fail_question(question);
}

const void *troupe_freeze(void *payload)
{
	if (payload == NULL)
		return NULL;
	uint64_t question = troupei_payload_of(payload)->question;
	troupei_payload_of(payload)->question = 0;
	troupei_payload_freeze(payload);
	fail_question(question); /* what is shared by many is nobody's to answer */
	return payload;
}

void troupe_retain(const void *payload)
{
	if (payload != NULL)
		troupei_payload_retain(payload);
}

void troupe_release(const void *payload)
{
	if (payload != NULL)
		troupei_payload_release(payload);
}

/* ---------------------------------------------------------------------------------------------------------- sending -- */

/* Does it run in a process of its own? What a payload's fields own cannot go there. (A glance: what comes too late for it is a
 * dead letter, courier.c.) */
static bool is_apart(const struct cell *cell)
{
	const troupe_behaviour *behaviour = troupei_load_relaxed_ptr(&cell->behaviour);

	return behaviour != NULL && troupei_isolation(behaviour) == TROUPE_PROCESS;
}

/* Send by pointer. The envelope takes the payload (or the reference counted for it) over on success only. */
static troupe_status send_pointer(troupe_ref to, int32_t kind, void *bytes, uint8_t flag)
{
	struct payload *payload = troupei_payload_of(bytes);
	uint64_t asked = flag == ENVELOPE_MOVED ? payload->question : 0;
	struct route route;

	if (troupei_is_remote() && troupei_address_ask(to) == NULL)
		return troupei_remote_move(to, kind, bytes, flag);
	if (troupei_ref_is_address(to))
		return troupei_ask_answer(to, kind, bytes, payload->size, flag);
	troupei_point(troupei_ref_cell(to));
	troupe_status status = troupei_route_open(&route, to);
	if (status != TROUPE_OK)
		return troupei_route_refuse(&route, status, kind, bytes, payload->size);
	if (payload->release != NULL && is_apart(route.cell)) {
		troupei_route_close(&route);
		return TROUPE_EREMOTE;
	}
	bool owed = asked != 0 && troupei_ask_is_owed(troupei_actor_worker(), asked); /* not answered by now */
	struct envelope *envelope =
		troupei_envelope_new_pointer(owed ? SORT_QUESTION : SORT_PLAIN, flag, kind, bytes, asked);
	if (envelope == NULL) {
		troupei_route_close(&route);
		return TROUPE_ENOMEM;
	}
	if (flag == ENVELOPE_MOVED)
		payload->question = 0;
	uint32_t size = payload->size;
	if (owed)
		troupei_wait_kept((troupe_ref){ asked }, troupei_actor_worker()->me.ref, false);
	status = troupei_post_cell(route.system, route.worker, route.cell, troupei_ref_generation(to), envelope);
	if (status != TROUPE_OK) {
		troupei_envelope_free_block(envelope);
		if (flag == ENVELOPE_MOVED)
			payload->question = asked;
		if (owed)
			troupei_wait_kept((troupe_ref){ asked }, troupei_actor_worker()->me.ref, true);
		return troupei_route_refuse(&route, status, kind, bytes, size);
	}
	if (owed)
		troupei_ask_disown(troupei_actor_worker(), asked); /* whoever has it now owes it */
	troupei_route_close(&route);
	return TROUPE_OK;
}

troupe_status troupe_send_moved(troupe_ref to, int32_t kind, void *payload)
{
	if (payload == NULL || kind <= 0)
		return TROUPE_EINVAL;
	TROUPEI_ASSERT(troupei_payload_of(payload)->magic == PAYLOAD_MAGIC); /* from troupe_new or troupe_take */
	TROUPEI_ASSERT(troupei_payload_of(payload)->references == 0);        /* frozen ones are shared */
	return send_pointer(to, kind, payload, ENVELOPE_MOVED);
}

troupe_status troupe_send_shared(troupe_ref to, int32_t kind, const void *payload)
{
	if (payload == NULL || kind <= 0)
		return TROUPE_EINVAL;
	troupei_payload_retain(payload);
	troupe_status status = send_pointer(to, kind, (void *)(uintptr_t)payload, ENVELOPE_SHARED);
	if (status != TROUPE_OK)
		troupei_payload_release(payload);
	return status;
}

/* ------------------------------------------------------------------------------------------- in the hands of a handler -- */

/* The envelope being handled, if it is still the handler's to give away. Before it goes anywhere it is settled: turn.h. */
static struct envelope *current(struct actor_worker *worker, const troupe_message *m)
{
	if (m != &worker->message || (worker->after & (AFTER_TAKEN | AFTER_FORWARDED)))
		return NULL;
	return worker->current;
}

/* Likewise the chunk that the message lies in: it has no envelope yet. */
static const struct chunk *current_chunk(struct actor_worker *worker, const troupe_message *m)
{
	if (m != &worker->message || (worker->after & (AFTER_TAKEN | AFTER_FORWARDED)))
		return NULL;
	return worker->chunk;
}

static void *take_copy(const troupe_message *m)
{
	void *bytes = troupei_payload_new(m->size, NULL);

	if (bytes != NULL)
		memcpy(bytes, m->data, m->size);
	return bytes;
}

void *troupe_take(troupe_actor *me, const troupe_message *m)
{
	struct actor_worker *worker = me != NULL ? troupei_me_worker(me) : NULL;
	struct envelope *envelope = worker != NULL ? current(worker, m) : NULL;

	if (worker == NULL || (envelope == NULL && current_chunk(worker, m) == NULL) || m->size == 0)
		return NULL;
	if (envelope != NULL && (envelope->flags & ENVELOPE_SHARED))
		return NULL;
	bool moved = envelope != NULL && (envelope->flags & ENVELOPE_MOVED) != 0;
	void *bytes = moved ? troupei_envelope_data(envelope) : take_copy(m);
	if (bytes == NULL)
		return NULL;
	if (worker->question != 0 && troupei_ask_own(worker, worker->question) != TROUPE_OK) {
		if (!moved)
			troupei_payload_free(bytes);
		return NULL;
	}
	troupei_payload_of(bytes)->question = worker->question;
	worker->question = 0;
	worker->after |= AFTER_TAKEN;
	return bytes;
}

/* Post the envelope as it is to another actor. */
static troupe_status pass_on(struct actor_worker *worker, struct envelope *envelope, troupe_ref to)
{
	struct route route;

	troupei_point(troupei_ref_cell(to));
	troupe_status status = troupei_route_open(&route, to);
	troupei_turn_settle(worker);
	if (status == TROUPE_OK)
		status = troupei_post_cell(route.system, route.worker, route.cell, troupei_ref_generation(to), envelope);
	if (status != TROUPE_OK && troupei_is_noted())
		status = troupei_note_told(status);
	if (status == TROUPE_OK) {
		worker->question = 0;
		worker->after |= AFTER_FORWARDED;
		worker->message.data = NULL; /* another worker may have freed it by now */
		worker->message.size = 0;
	}
	troupei_route_close(&route);
	return status;
}

troupe_status troupe_forward(troupe_actor *me, const troupe_message *m, troupe_ref to)
{
	struct actor_worker *worker = me != NULL ? troupei_me_worker(me) : NULL;
	struct envelope *envelope = worker != NULL ? current(worker, m) : NULL;
	const struct chunk *chunk = worker != NULL ? current_chunk(worker, m) : NULL;
	troupe_status status;

	if (troupei_ref_is_address(to))
		return TROUPE_EINVAL;
	if (troupei_is_remote())
		return envelope != NULL ? troupei_remote_forward(worker, envelope, to) : TROUPE_EINVAL;
	if (chunk != NULL) {
		if ((envelope = troupei_chunk_extract(chunk, m->data)) == NULL)
			return TROUPE_ENOMEM;
		status = pass_on(worker, envelope, to);
		if (status != TROUPE_OK)
			troupei_envelope_free(envelope);
		return status;
	}
	if (envelope == NULL)
		return TROUPE_EINVAL;
	enum envelope_sort sort = troupei_envelope_sort(envelope);
	if (sort != SORT_PLAIN && sort != SORT_SENDER && sort != SORT_QUESTION)
		return TROUPE_EINVAL;
	uint32_t generation = envelope->generation;
	status = pass_on(worker, envelope, to);
	if (status != TROUPE_OK)
		envelope->generation = generation;
	return status;
}

struct envelope *troupei_message_detach(struct actor_worker *worker, const troupe_message *m)
{
	struct envelope *envelope = current(worker, m);
	const struct chunk *chunk = current_chunk(worker, m);

	if (envelope == NULL && chunk != NULL)
		envelope = troupei_chunk_extract(chunk, m->data);
	if (envelope == NULL)
		return NULL;
	troupei_turn_settle(worker);
	worker->question = 0;
	worker->after |= AFTER_FORWARDED;
	worker->message.data = NULL;
	worker->message.size = 0;
	return envelope;
}
