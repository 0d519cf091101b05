/* SPDX-License-Identifier: MIT */
/* What the public functions do in a child process. Q1 to Q4: remote.h. */
#include "actors/remote.h"

#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "actors/ask.h"
#include "base/check.h"
#include "mailbox/payload.h"

enum { UNTOLD_MAX = 64 };

struct remote *troupei_remote;

static pthread_mutex_t put_lock = PTHREAD_MUTEX_INITIALIZER; /* first taken in the child */

/* Also from threads that a handler has made: these may send. */
void troupei_remote_put(const struct frame *frame, const void *payload)
{
	if (troupei_actor_worker() != NULL)
		troupei_remote->untold = 0; /* the parent looks at the page first */
	pthread_mutex_lock(&put_lock);
	enum channel_result result = troupei_channel_send(&troupei_remote->channel, frame, payload);
	troupei_store_relaxed_32(&troupei_remote->frames, troupei_remote->frames + 1);
	pthread_mutex_unlock(&put_lock);
	if (result != CHANNEL_DONE)
		_exit(1); /* Q4 */
}

/* ---------------------------------------------------------------------------------------------------------- sending -- */

troupe_status troupei_remote_send(troupe_ref to, int32_t kind, const void *data, size_t size, enum envelope_sort sort)
{
	troupei_remote_put(&(struct frame){ .op = FRAME_SEND, .sort = (uint8_t)sort, .kind = kind, .size = (uint32_t)size,
	                                    .to = to.bits_private },
	                   data);
	return troupe_ref_is_null(to) ? TROUPE_EGONE : TROUPE_OK;
}

static void put_question(troupe_ref to, int32_t kind, const void *data, size_t size, uint64_t offset, troupe_ref address)
{
	troupei_remote_put(&(struct frame){ .op = FRAME_ASK, .kind = kind, .size = (uint32_t)size, .to = to.bits_private,
	                                    .word = address.bits_private, .cookie = offset },
	                   data);
}

static bool is_made_here(troupe_ref address)
{
	return troupei_ref_generation(address) >= REMOTE_GENERATION;
}

troupe_status troupei_remote_ask(troupe_ref to, int32_t kind, const void *data, size_t size, size_t reply_offset,
                                 troupe_ref address)
{
	struct actor_worker *worker = troupei_actor_worker();

	if (!troupei_ref_is_address(address) || (is_made_here(address) && !troupei_ask_is_open(address)))
		return TROUPE_ECLOSED;
	put_question(to, kind, data, size, reply_offset, address);
	if (worker != NULL && worker->question == address.bits_private)
		worker->question = 0; /* passed on */
	return TROUPE_OK;
}

troupe_status troupei_remote_move(troupe_ref to, int32_t kind, void *bytes, uint8_t flag)
{
	struct payload *payload = troupei_payload_of(bytes);
	uint64_t asked = flag == ENVELOPE_MOVED ? payload->question : 0;

	if (payload->release != NULL)
		return TROUPE_EREMOTE;
	if (asked != 0 && !troupei_ref_is_address(to) && troupei_ask_disown(troupei_actor_worker(), asked))
		put_question(to, kind, bytes, payload->size, REMOTE_OFFSET_NONE, (troupe_ref){ asked });
	else
		troupei_remote_send(to, kind, bytes, payload->size, SORT_PLAIN);
	if (flag == ENVELOPE_MOVED)
		troupei_payload_free(bytes);
	else
		troupei_payload_release(bytes);
	return TROUPE_OK;
}

troupe_status troupei_remote_forward(struct actor_worker *worker, struct envelope *envelope, troupe_ref to)
{
	const struct relayed *relayed = troupei_envelope_body(envelope);

	if (troupei_envelope_sort(envelope) != SORT_RELAYED || relayed->cookie == 0 || relayed->sort == SORT_RETURNED)
		return TROUPE_EINVAL;
	if (!relayed->deferred)
		troupei_remote->unsettled--;
	troupei_remote_put(&(struct frame){ .op = FRAME_FORWARD, .cookie = relayed->cookie, .to = to.bits_private,
	                                    .why = relayed->deferred },
	                   NULL);
	troupei_store_relaxed_64(&troupei_remote->page->handling, 0);
	troupei_envelope_free(envelope);
	worker->question = 0;
	worker->after |= AFTER_FORWARDED;
	worker->message.data = NULL;
	worker->message.size = 0;
	return TROUPE_OK;
}

troupe_status troupei_remote_end(troupe_ref actor, enum envelope_sort sort)
{
	troupei_remote_put(&(struct frame){ .op = sort == SORT_KILL ? FRAME_KILL : FRAME_STOP, .to = actor.bits_private }, NULL);
	return TROUPE_OK;
}

/* -------------------------------------------------------------------------------------------------------- addresses -- */

void troupei_remote_opened(troupe_ref address, const troupe_expectation *options)
{
	troupei_remote_put(&(struct frame){ .op = FRAME_OPEN, .word = address.bits_private, .kind = (int32_t)options->answers,
	                                    .why = (int32_t)options->questions, .token = (uint64_t)options->within_ns },
	                   NULL);
}

void troupei_remote_settled(troupe_ref address)
{
	troupei_remote_put(&(struct frame){ .op = FRAME_FORGET, .word = address.bits_private }, NULL);
}

void troupei_remote_ending(troupe_status why)
{
	troupei_remote_put(&(struct frame){ .op = FRAME_ENDED, .why = why }, NULL);
	troupei_store_relaxed_32(&troupei_remote->page->part, PART_TERMINATE + 1);
}

/* ------------------------------------------------------------------------------------------------------------- calls -- */

troupe_status troupei_remote_call(enum remote_call call, troupe_ref to, const char *name, uint64_t token, uint64_t *word)
{
	struct remote *remote = troupei_remote;

	if (troupei_actor_worker() == NULL) /* a handler's own thread: the reply would be read by the wrong one */
		return TROUPE_EREMOTE;
	remote->replied = false;
	troupei_remote_put(&(struct frame){ .op = FRAME_CALL, .sort = (uint8_t)call, .to = to.bits_private, .token = token,
	                                    .word = word != NULL ? *word : 0,
	                                    .size = name != NULL ? (uint32_t)strlen(name) : 0 },
	                   name);
	while (!remote->replied)
		if (!troupei_remote_take_in(remote))
			troupei_remote_wait(remote, INT64_MAX);
	if (word != NULL)
		*word = remote->reply.word;
	return (troupe_status)remote->reply.why;
}

/* ---------------------------------------------------------------------------------------------------------- handling -- */

static enum question_state question_state(const struct actor_worker *worker, const struct relayed *relayed)
{
	if (relayed->sort != SORT_QUESTION)
		return QUESTION_NONE;
	if (worker->question == relayed->word)
		return QUESTION_FORGOTTEN;
	return troupei_ask_is_owed(worker, relayed->word) ? QUESTION_KEPT : QUESTION_CARED_FOR;
}

void troupei_remote_tell(struct remote *remote)
{
	if (remote->untold > 0)
		troupei_remote_put(&(struct frame){ .op = FRAME_LOOK }, NULL);
}

/* On the page, or if that is full in a frame. */
static void put_settled(const struct page_entry *entry)
{
	struct remote *remote = troupei_remote;
	struct courier_page *page = remote->page;
	bool waited_for = entry->settled != SETTLED_HANDLED || entry->question == QUESTION_FORGOTTEN;

	if (page->written - troupei_load_acquire_64(&page->read) >= PAGE_ENTRIES) {
		troupei_remote_put(&(struct frame){ .op = FRAME_SETTLED, .sort = entry->settled, .cookie = entry->cookie,
		                                    .flags = entry->question, .why = entry->deferred, .word = entry->size },
		                   NULL);
		return;
	}
	page->entries[page->written % PAGE_ENTRIES] = *entry;
	page->entries[page->written % PAGE_ENTRIES].behind = troupei_load_relaxed_32(&remote->frames); /* its own sends among them */
	/* WRITTEN.store, release, pairs with the parent's acquire: who sees the count sees the entry. */
	troupei_store_release_64(&page->written, page->written + 1);
	if (++remote->untold >= UNTOLD_MAX || waited_for)
		troupei_remote_tell(remote);
}

static void tell_settled(struct actor_worker *worker, struct relayed *relayed, enum settled settled)
{
	struct page_entry entry = { .cookie = relayed->cookie, .size = relayed->size, .settled = (uint8_t)settled,
		                    .question = (uint8_t)question_state(worker, relayed), .deferred = relayed->deferred };

	if (!relayed->deferred)
		troupei_remote->unsettled--;
	if (settled != SETTLED_DEFERRED || !relayed->deferred)
		put_settled(&entry);
	relayed->deferred = relayed->deferred || settled == SETTLED_DEFERRED;
	worker->question = 0;
	troupei_store_relaxed_64(&troupei_remote->page->handling, 0);
}

troupe_verdict troupei_remote_verdict(struct actor_worker *worker, struct envelope *envelope, troupe_verdict verdict)
{
	static const enum settled outcomes[] = { [TROUPE_HANDLED] = SETTLED_HANDLED, [TROUPE_DEFERRED] = SETTLED_DEFERRED,
		                                 [TROUPE_UNKNOWN] = SETTLED_UNKNOWN };
	bool mine = envelope != NULL && troupei_envelope_sort(envelope) == SORT_RELAYED;
	struct relayed *relayed = mine ? troupei_envelope_body(envelope) : NULL;

	if (relayed == NULL || (worker->after & AFTER_FORWARDED))
		return verdict;
	if (verdict == TROUPE_DEFERRED && relayed->cookie == 0)
		verdict = TROUPE_UNKNOWN; /* the runtime's own cannot be deferred */
	enum settled settled = verdict == TROUPE_FAILED ? SETTLED_FAILED : outcomes[verdict];
	if (relayed->cookie != 0)
		tell_settled(worker, relayed, worker->after & AFTER_TAKEN ? SETTLED_HANDLED : settled);
	return verdict;
}

/* Sender, address and the like go where a handler looks for them. */
static void fill(struct actor_worker *worker, const struct relayed *relayed)
{
	troupe_message *message = &worker->message;

	*message = (troupe_message){ .kind = relayed->kind, .size = relayed->size,
		                     .data = relayed->size > 0 ? relayed + 1 : NULL, .token = relayed->token,
		                     .about = { relayed->about }, .why = (troupe_status)relayed->why };
	if (relayed->sort == SORT_SENDER)
		message->sender.bits_private = relayed->word;
	else if (relayed->sort == SORT_QUESTION)
		worker->question = relayed->word;
	if (relayed->sort != SORT_RETURNED)
		return;
	message->about.bits_private = relayed->word;
	message->returned = relayed->kind;
	message->kind = TROUPE_RETURNED;
}

enum turn_next troupei_remote_handle(struct actor_worker *worker, struct cell *cell, struct envelope *envelope,
                                     troupe_receive *receive)
{
	struct relayed *relayed = troupei_envelope_body(envelope);
	struct courier_page *page = troupei_remote->page;
	enum turn_next next = TURN_GOES_ON;

	fill(worker, relayed);
#if TROUPE_DEBUG
	troupei_handle_check_size(cell, worker->message.kind, worker->message.size);
#endif
	worker->current = envelope;
	troupei_store_relaxed_32((uint32_t *)&page->kind, (uint32_t)worker->message.kind);
	troupei_store_relaxed_32(&page->part, PART_RECEIVE + 1);
	troupei_store_relaxed_64(&page->handling, relayed->cookie);
	troupe_verdict verdict = receive(&worker->me, &worker->message);
	if (verdict != TROUPE_HANDLED || worker->after != 0) {
		next = troupei_handle_verdict(worker, cell, envelope, verdict);
	} else {
		troupei_remote_verdict(worker, envelope, verdict);
		troupei_count_own_64(&worker->tally.handled, 1);
		troupei_envelope_free(envelope);
	}
	troupei_store_relaxed_64(&page->handling, 0);
	if (next != TURN_ACTOR_GONE)
		troupei_store_relaxed_32(&page->part, 0);
	worker->current = NULL;
	worker->message = (troupe_message){ 0 };
	return next;
}
