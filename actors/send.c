/* SPDX-License-Identifier: MIT */
/* Sending by copy: the hot path of every message, and the ways round it.
 *
 * The hot path: from a worker to an actor of its own system, kind and size in the small form. Everything else (plain threads,
 * other systems, reply addresses, large payloads, refusals) goes through send_slowly. */
#include <string.h>

#include "actors/ask.h"
#include "actors/blocking.h"
#include "actors/dead_letter.h"
#include "actors/flood.h"
#include "actors/post.h"
#include "actors/record.h"
#include "actors/remote.h"
#include "actors/route.h"
#include "actors/waits.h"

enum {
	HOT_SIZE_MAX = BLOCK_SIZE_SMALLEST - sizeof(struct envelope),
};

static inline __attribute__((always_inline)) void fill_small(struct envelope *envelope, unsigned class, int32_t kind,
                                                              const void *data, size_t size)
{
	envelope->kind = (int16_t)kind;
	envelope->size = (uint8_t)size;
	envelope->flags = (uint8_t)class;
	if (class == 0 && size > HOT_SIZE_MAX)
		__builtin_unreachable();
	troupei_copy_small(envelope + 1, data, size);
}

static struct envelope *make_small(int32_t kind, const void *data, size_t size)
{
	unsigned class = troupei_block_class(sizeof(struct envelope) + size);
	struct envelope *envelope = troupei_block_take(class);

	if (envelope != NULL)
		fill_small(envelope, class, kind, data, size);
	return envelope;
}

static struct envelope *make_large(enum envelope_sort sort, int32_t kind, const void *data, size_t size, uint64_t word)
{
	return troupei_envelope_new_with(sort, 0, kind, data, size, word);
}

static struct envelope *make(enum envelope_sort sort, int32_t kind, const void *data, size_t size, uint64_t word)
{
	if (sort == SORT_PLAIN && kind <= ENVELOPE_SMALL_KIND_MAX && size <= ENVELOPE_SMALL_SIZE_MAX)
		return make_small(kind, data, size);
	return make_large(sort, kind, data, size, word);
}

static bool is_valid(int32_t kind, const void *data, size_t size)
{
	return kind > 0 && size <= TROUPE_MESSAGE_SIZE_MAX && (data != NULL || size == 0);
}

/* From anywhere to anything. */
static troupe_status __attribute__((noinline)) send_slowly(troupe_ref to, int32_t kind, const void *data, size_t size,
                                                           enum envelope_sort sort, uint64_t word)
{
	struct route route;

	if (!is_valid(kind, data, size))
		return TROUPE_EINVAL;
	troupei_point(troupei_ref_cell(to));
	if (troupei_ref_is_address(to))
		return troupei_ask_answer(to, kind, data, size, 0);
	if (troupei_is_remote())
		return troupei_remote_send(to, kind, data, size, sort);
	troupe_status status = troupei_route_open(&route, to);
	if (status != TROUPE_OK)
		return troupei_route_refuse(&route, status, kind, data, size);
	struct envelope *envelope = make(sort, kind, data, size, word);
	if (envelope == NULL) {
		troupei_route_close(&route);
		return TROUPE_ENOMEM;
	}
	status = troupei_post_cell(route.system, route.worker, route.cell, troupei_ref_generation(to), envelope);
	if (troupei_unlikely(status != TROUPE_OK)) {
		troupei_envelope_free(envelope);
		return troupei_route_refuse(&route, status, kind, data, size);
	}
	troupei_route_close(&route);
	return TROUPE_OK;
}

/* The rare ends of the hot path are calls in tail position, so that it saves no registers for them. */
static troupe_status __attribute__((noinline)) queue_before(struct actor_worker *worker, struct runnable *before)
{
	troupei_worker_queue(&worker->base, before);
	return TROUPE_OK;
}

static troupe_status __attribute__((noinline)) publish(struct actor_worker *worker)
{
	if (worker->apart) { /* after each send: who was woken does not wait until this handler, which may block, returns */
		troupei_blocking_publish(worker);
		return TROUPE_OK;
	}
	troupei_published(worker);
	if (troupei_likely(worker->publish_at > 0) && !troupei_is_noted())
		troupei_flood_on(worker);
	troupei_worker_publish(&worker->base);
	return TROUPE_OK;
}

static troupe_status __attribute__((noinline)) push_refused(troupe_ref to, struct envelope *envelope)
{
	struct route route;

	troupei_count_own_64(&troupei_actor_worker()->tally.sent, (uint64_t)-1); /* it is counted as a dead letter instead */
	if (troupei_is_noted())
		troupei_note_unsent(envelope, TROUPE_OK);
	troupe_status status = troupei_route_open(&route, to);
	if (status == TROUPE_OK) {
		status = TROUPE_ECLOSED;
		if (troupei_is_noted())
			troupei_note_refused(status);
	}
	troupei_route_refuse(&route, status, envelope->kind, troupei_envelope_data(envelope), envelope->size);
	troupei_envelope_free_block(envelope);
	return status;
}

/* The envelope is ready, and its receiver one of this system's. */
static inline __attribute__((always_inline)) troupe_status push(struct actor_worker *worker, struct cell *cell,
                                                                 troupe_ref to, struct envelope *envelope)
{
	struct runnable *before;
	uint64_t sent = worker->tally.sent + 1;

	troupei_store_relaxed_64(&worker->tally.sent, sent);
	enum mailbox_push pushed = troupei_mailbox_push(&cell->mailbox, envelope);
	if (troupei_likely(pushed == MAILBOX_WOKEN)) {
		before = worker->base.lifo;
		worker->base.lifo = &cell->runnable;
		if (before != NULL)
			return queue_before(worker, before);
	} else if (troupei_unlikely(pushed == MAILBOX_REFUSED)) {
		return push_refused(to, envelope);
	}
	if (troupei_unlikely(sent >= worker->publish_at))
		return publish(worker);
	return TROUPE_OK;
}

/* The magazine is empty (or there is none: blocks are malloc's), or the receiver lives in another system. */
static troupe_status __attribute__((noinline)) send_refilled(struct actor_worker *worker, troupe_ref to, int32_t kind,
                                                              const void *data, size_t size)
{
	struct cell *cell = &troupei_cells[troupei_ref_slot(to)];
	struct envelope *envelope;

	if (troupei_cell_lane(cell) != worker->system_id)
		return send_slowly(to, kind, data, size, SORT_PLAIN, 0);
	if (troupei_unlikely((envelope = make_small(kind, data, size)) == NULL))
		return TROUPE_ENOMEM;
	envelope->generation = troupei_ref_generation(to);
	return push(worker, cell, to, envelope);
}

/* From an actor that sends and sends, when the message does not fit behind the last one. */
static troupe_status __attribute__((noinline)) flood_slowly(troupe_ref to, int32_t kind, const void *data, size_t size,
                                                             struct actor_worker *worker)
{
	struct cell *cell = &troupei_cells[troupei_ref_slot(to)];
	struct envelope *head = troupei_load_relaxed_ptr(&cell->mailbox.head), *envelope;
	bool busy = troupei_mailbox_head_waits(head);
	uint32_t generation = troupei_ref_generation(to);

	if (troupei_cell_lane(cell) != worker->system_id)
		return send_slowly(to, kind, data, size, SORT_PLAIN, 0);
	if (busy && troupei_flood_begin(worker, cell, head, generation, kind, data, size))
		return publish(worker);
	if (troupei_unlikely((envelope = make_small(kind, data, size)) == NULL))
		return TROUPE_ENOMEM;
	envelope->generation = generation;
	if (busy)
		troupei_flood_push(worker, cell, head, envelope);
	return push(worker, cell, to, envelope);
}

/* The same: if messages wait there already, perhaps this one fits where the last one went. */
static inline __attribute__((always_inline)) troupe_status flood(troupe_ref to, int32_t kind, const void *data, size_t size,
                                                                  struct actor_worker *worker, struct cell *cell)
{
	uint32_t slot = (uint32_t)to.bits_private;

	if (troupei_unlikely(!troupei_flood_append(worker, cell, slot, troupei_ref_generation(to), kind, data, size)))
		return flood_slowly(to, kind, data, size, worker);
	troupei_count_own_64(&worker->tally.sent, 1);
	return TROUPE_OK;
}

static troupe_status __attribute__((noinline)) send_flooding_any(troupe_ref to, int32_t kind, const void *data, size_t size,
                                                                  struct actor_worker *worker, struct cell *cell)
{
	return flood(to, kind, data, size, worker, cell);
}

/* The hot path of floods: so small that it needs no call, and so no registers saved for one. A function of its own, since within
 * troupe_send_bytes it costs the sends that are no flood three of them. */
static troupe_status __attribute__((noinline)) send_flooding(troupe_ref to, int32_t kind, const void *data, size_t size,
                                                              struct actor_worker *worker, struct cell *cell)
{
	if (size > HOT_SIZE_MAX)
		__builtin_unreachable();
	return flood(to, kind, data, size, worker, cell);
}

/* Not as the hot path wants it: which of the ways round is it? */
static troupe_status __attribute__((noinline)) send_otherwise(troupe_ref to, int32_t kind, const void *data, size_t size)
{
	struct actor_worker *worker = troupei_actor_worker();

	if (troupei_ref_is_address(to) && !troupei_is_simulated())
		return is_valid(kind, data, size) ? troupei_ask_answer(to, kind, data, size, 0) : TROUPE_EINVAL;
	if (worker == NULL || troupei_is_noted() || troupei_ref_cell(to) == NULL || (uint32_t)kind - 1 >= ENVELOPE_SMALL_KIND_MAX ||
	    size > ENVELOPE_SMALL_SIZE_MAX || (data == NULL && size > 0))
		return send_slowly(to, kind, data, size, SORT_PLAIN, 0);
	if (worker->flooding)
		return send_flooding_any(to, kind, data, size, worker, &troupei_cells[troupei_ref_slot(to)]);
	return send_refilled(worker, to, kind, data, size);
}

/* Both ends of the hot path: that of a process that is recorded has its message stamped. */
static inline __attribute__((always_inline)) troupe_status finish(struct actor_worker *worker, struct cell *cell, troupe_ref to,
                                                                   int32_t kind, const void *data, size_t size,
                                                                   struct envelope *envelope, bool stamped)
{
	struct block_cache_class *cache = &troupei_block_cache.classes[0];

	cache->list = (struct block *)envelope->next;
	cache->count--;
	fill_small(envelope, 0, kind, data, size);
	envelope->generation = troupei_ref_generation(to);
	if (stamped)
		*troupei_record_stamp_small(envelope) = troupei_record_next(&worker->recorder);
	return push(worker, cell, to, envelope);
}

troupe_status troupe_send_bytes(troupe_ref to, int32_t kind, const void *data, size_t size)
{
	struct actor_worker *worker = troupei_actor_worker();
	uint32_t slot = (uint32_t)to.bits_private, generation = troupei_ref_generation(to);

	if (troupei_unlikely(worker == NULL || slot >= troupei_slot_limit || (uint32_t)kind - 1 >= ENVELOPE_SMALL_KIND_MAX ||
	                     size > HOT_SIZE_MAX || (data == NULL && size > 0)))
		return send_otherwise(to, kind, data, size);
	struct cell *cell = &troupei_cells[slot];
	struct envelope *envelope = (struct envelope *)troupei_block_cache.classes[0].list;
	/* Relaxed: a first look; the receiver's look decides (C2). An even generation is no actor's, but its mailbox is closed. */
	if (troupei_unlikely(troupei_load_relaxed_32(&cell->generation) != generation))
		return send_otherwise(to, kind, data, size);
	uint32_t lane = troupei_cell_lane(cell);
	if (troupei_unlikely(lane != worker->sends_to)) {
		if (worker->flooding)
			return send_flooding(to, kind, data, size, worker, cell);
		return lane == worker->records_to && envelope != NULL ? finish(worker, cell, to, kind, data, size, envelope, true)
		                                                      : send_slowly(to, kind, data, size, SORT_PLAIN, 0);
	}
	if (troupei_unlikely(envelope == NULL))
		return send_refilled(worker, to, kind, data, size);
	return finish(worker, cell, to, kind, data, size, envelope, false);
}

troupe_status troupe_send_bytes_from(troupe_actor *me, troupe_ref to, int32_t kind, const void *data, size_t size)
{
	if (me == NULL)
		return TROUPE_EINVAL;
	return send_slowly(to, kind, data, size, SORT_SENDER, me->ref.bits_private);
}

/* -------------------------------------------------------------------------------------------------------- questions -- */

/* The question cannot be delivered: that is its outcome. It is counted where its address belongs, or where it is asked. */
static troupe_status refuse_question(struct route *route, troupe_ref to, struct envelope *envelope, troupe_status why)
{
	struct actor_worker *worker = troupei_actor_worker();
	uint32_t slot = troupei_ref_slot((troupe_ref){ troupei_envelope_extension(envelope)->word });
	uint8_t id = worker == NULL ? troupei_cell_system(&troupei_cells[slot]) : 0;
	struct gate_pass pass;
	struct troupei_system *system = worker != NULL ? worker->system : troupei_gate_enter(id, &pass);

	troupei_route_close(route);
	if (system == NULL) {
		troupei_envelope_free(envelope);
		return TROUPE_ECLOSED;
	}
	troupei_dead_letter(system, worker, to, troupei_envelope_kind(envelope), troupei_envelope_data(envelope),
	                    troupei_envelope_size(envelope), why);
	troupei_question_fail_with(system, worker, envelope, why);
	if (worker == NULL)
		troupei_gate_leave(&pass);
	return TROUPE_OK;
}

static troupe_status __attribute__((noinline)) refuse_near(troupe_ref to, struct envelope *envelope, troupe_status why)
{
	struct route route = { .gate = false };

	return refuse_question(&route, to, envelope, why);
}

static troupe_status __attribute__((noinline)) deliver_far(troupe_ref to, struct envelope *envelope)
{
	struct route route;
	troupe_status status = troupei_route_open(&route, to);

	if (status != TROUPE_OK)
		return refuse_question(&route, to, envelope, status);
	status = troupei_post_cell(route.system, route.worker, route.cell, troupei_ref_generation(to), envelope);
	if (status != TROUPE_OK)
		return refuse_question(&route, to, envelope, status);
	troupei_route_close(&route);
	return TROUPE_OK;
}

static inline __attribute__((always_inline)) troupe_status deliver_question(struct actor_worker *worker, troupe_ref to,
                                                                            struct envelope *envelope)
{
	struct cell *cell = troupei_ref_cell(to);

	if (troupei_unlikely(worker == NULL || cell == NULL || troupei_cell_lane(cell) != worker->system_id))
		return deliver_far(to, envelope);
	/* As most are. */
	troupe_status status = troupei_post_question(worker->system, worker, cell, troupei_ref_generation(to), envelope);
	return troupei_likely(status == TROUPE_OK) ? TROUPE_OK : refuse_near(to, envelope, status);
}

troupe_status troupei_ask_again(troupe_ref to, int32_t kind, const void *data, size_t size, troupe_ref address)
{
	struct envelope *envelope = make_large(SORT_QUESTION, kind, data, size, address.bits_private);

	return envelope != NULL ? deliver_question(troupei_actor_worker(), to, envelope) : TROUPE_ENOMEM;
}

troupe_status troupe_ask_bytes(troupe_ref to, int32_t kind, const void *data, size_t size, size_t reply_offset,
                               troupe_ref address)
{
	struct actor_worker *worker = troupei_actor_worker();

	if (!is_valid(kind, data, size) || size < sizeof address || reply_offset > size - sizeof address)
		return TROUPE_EINVAL;
	if (troupei_ref_is_address(to))
		return TROUPE_EINVAL;
	troupei_point(troupei_ref_cell(to));
	if (troupei_is_remote())
		return troupei_remote_ask(to, kind, data, size, reply_offset, address);
	const struct ask *ask = troupei_address_ask(address);
	if (ask == NULL || !troupei_state_is_open(troupei_load_acquire_64(&ask->state), troupei_ref_generation(address)))
		return TROUPE_ECLOSED;
	struct envelope *envelope = troupei_envelope_new_with(SORT_QUESTION, 0, kind, data, size, address.bits_private);
	if (envelope == NULL)
		return TROUPE_ENOMEM;
	memcpy((char *)(troupei_envelope_extension(envelope) + 1) + reply_offset, &address, sizeof address);
	bool keeps = worker != NULL && worker->running != NULL && worker->running->extra != NULL &&
	             worker->running->extra->kept != NULL && troupei_ask_is_owed(worker, address.bits_private);
	if (troupei_unlikely(keeps))
		troupei_wait_kept(address, worker->me.ref, false);
	troupe_status status = deliver_question(worker, to, envelope);
	if (troupei_unlikely(keeps) && status == TROUPE_OK)
		troupei_ask_disown(worker, address.bits_private);
	else if (status == TROUPE_OK && worker != NULL && worker->question == address.bits_private)
		worker->question = 0; /* passed on */
	return status;
}

troupe_status troupe_ask_then_bytes(troupe_actor *me, troupe_ref to, int32_t kind, const void *data, size_t size,
                                    size_t reply_offset, troupe_receive *then, int64_t within_ns)
{
	troupe_ref address;
	troupe_status status =
		troupe_expect(me, TROUPE_OPTIONS(troupe_expectation, .then = then, .within_ns = within_ns), &address);

	if (status != TROUPE_OK)
		return status;
	status = troupe_ask_bytes(to, kind, data, size, reply_offset, address);
	if (status != TROUPE_OK)
		troupe_ignore(troupe_forget(me, address));
	return status;
}
