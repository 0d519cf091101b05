/* SPDX-License-Identifier: MIT */
/* The queue of a bounded mailbox. B1 to B4: bounds.h. */
#include "actors/bounds.h"

#include <string.h>

#include "actors/ceiling.h"
#include "actors/dead_letter.h"
#include "actors/park.h"
#include "actors/record.h"
#include "base/check.h"
#include "base/memory.h"

#define INTERVAL_DEFAULT INT64_C(100000000) /* RFC 8289, 4.3 */

enum { LOCKS = 256, LATE_MAX = 64 /* dropped in one go, with the lock held */ };

#define LOCK_1  { PTHREAD_ADAPTIVE_MUTEX_INITIALIZER_NP }
#define LOCK_4  LOCK_1, LOCK_1, LOCK_1, LOCK_1
#define LOCK_16 LOCK_4, LOCK_4, LOCK_4, LOCK_4
#define LOCK_64 LOCK_16, LOCK_16, LOCK_16, LOCK_16

/* B2. By slot; two actors may share one, and neither holds it for long. */
static struct bounds_lock {
	pthread_mutex_t mutex;
} __attribute__((aligned(TROUPEI_CACHE_LINE))) locks[LOCKS] = { LOCK_64, LOCK_64, LOCK_64, LOCK_64 };

static pthread_mutex_t *lock_of(const struct cell *cell)
{
	return &locks[troupei_slot_of(cell) % LOCKS].mutex;
}

/* With the lock held. NULL: it has ended, or takes no more. */
static struct bounds *reached(const struct cell *cell, uint32_t generation)
{
	if (troupei_load_relaxed_32(&cell->generation) != generation || !troupei_cell_is_marked(cell))
		return NULL;
	return cell->extra->bounds->closed ? NULL : cell->extra->bounds;
}

static unsigned bounds_class(void)
{
	return troupei_block_class(sizeof(struct bounds));
}

/* ----------------------------------------------------------------------------------------------------- birth and end -- */

bool troupei_bounds_are_valid(const troupe_bounds *limits)
{
	if (limits == NULL)
		return true;
	if (limits->messages_max == 0 && limits->bytes_max == 0 && limits->delay_ns_max == 0)
		return false;
	if ((unsigned)limits->overflow > TROUPE_PARK || (limits->overflow == TROUPE_PARK && limits->messages_max == 0))
		return false;
	if (limits->delay_ns_max < 0 || limits->delay_interval_ns < 0 || limits->newest_first > 1)
		return false;
	if (limits->delay_interval_ns > 0 && (limits->delay_ns_max == 0 || limits->delay_interval_ns < limits->delay_ns_max))
		return false;
	if (limits->newest_first && limits->delay_ns_max == 0)
		return false;
	return troupei_is_zero(limits->reserved_small, sizeof limits->reserved_small) &&
	       troupei_is_zero(limits->reserved, sizeof limits->reserved);
}

static void fill(struct bounds *bounds, struct troupei_system *system, const troupe_bounds *limits)
{
	memset(bounds, 0, sizeof *bounds);
	bounds->system = system;
	if (limits != NULL)
		bounds->limits = *limits;
	bounds->delay.target = bounds->limits.delay_ns_max;
	bounds->delay.interval = bounds->limits.delay_interval_ns;
	if (bounds->delay.interval == 0)
		bounds->delay.interval =
			bounds->delay.target > INTERVAL_DEFAULT ? bounds->delay.target : INTERVAL_DEFAULT;
	bounds->token.size = SORT_BOUNDED;
	bounds->token.flags = ENVELOPE_EMBEDDED | ENVELOPE_EXTENDED;
}

bool troupei_bounds_make(struct troupei_system *system, struct cell *cell, const troupe_bounds *limits)
{
	struct extra *extra = troupei_cell_extra(cell);
	struct bounds *bounds = extra != NULL ? troupei_block_take(bounds_class()) : NULL;

	if (bounds == NULL)
		return false;
	fill(bounds, system, limits);
	troupei_record_cannot("an actor with a bounded mailbox");
	pthread_mutex_lock(lock_of(cell));
	extra->bounds = bounds;
	troupei_cell_mark(cell, true);
	pthread_mutex_unlock(lock_of(cell));
	return true;
}

void troupei_bounds_free(struct cell *cell)
{
	struct bounds *bounds = cell->extra->bounds;

	pthread_mutex_lock(lock_of(cell));
	troupei_cell_mark(cell, false);
	cell->extra->bounds = NULL;
	pthread_mutex_unlock(lock_of(cell));
	TROUPEI_ASSERT(bounds->queue.count == 0 && bounds->room.first == NULL);
	troupei_deque_free(&bounds->queue);
	troupei_block_give(bounds, bounds_class());
}

/* ------------------------------------------------------------------------------------------------------------- counting -- */

static bool is_order(const struct envelope *envelope)
{
	return troupei_envelope_is_own(envelope);
}

/* What a queued message takes of memory; a shared payload as if it were this one's alone. */
static uint64_t weight(const struct envelope *envelope)
{
	unsigned class = envelope->flags & ENVELOPE_CLASS;
	uint64_t size = troupei_envelope_size(envelope), bytes = sizeof(struct deque_entry);

	bytes += class < BLOCK_CLASSES ? BLOCK_SIZE(class)
	                               : sizeof *envelope + sizeof(struct envelope_extension) + size;
	return envelope->flags & (ENVELOPE_MOVED | ENVELOPE_SHARED) ? bytes + size : bytes;
}

static int64_t now_for(const struct bounds *bounds)
{
	return bounds->delay.target > 0 ? troupei_scheduler_now(&bounds->system->scheduler) : 0;
}

/* Would what comes now be too old when its turn comes? It stands, or has not moved for so long that it would. Where the newest come
 * first that is not said of them, until the oldest are about to be dropped. */
static bool is_late(const struct bounds *bounds, int64_t now)
{
	const struct delay *delay = &bounds->delay;

	if (delay->target == 0 || bounds->queue.count == 0)
		return false;
	int64_t waited = now - troupei_deque_at(&bounds->queue, 0)->since_ns;
	int64_t over = (bounds->limits.newest_first ? waited / 2 : waited) - delay->target;
	return over >= 0 && (delay->standing || over >= delay->interval);
}

static bool fits(const struct bounds *bounds, uint64_t bytes, int64_t now)
{
	const troupe_bounds *limits = &bounds->limits;

	return !is_late(bounds, now) && (limits->messages_max == 0 || bounds->count < limits->messages_max) &&
	       (limits->bytes_max == 0 || (bytes <= limits->bytes_max && bounds->bytes <= limits->bytes_max - bytes));
}

/* Half of it is free: who waits is told so early, and then has something to do. */
static bool has_room(const struct bounds *bounds, int64_t now)
{
	const troupe_bounds *limits = &bounds->limits;

	return !is_late(bounds, now) && (limits->messages_max == 0 || bounds->count <= limits->messages_max / 2) &&
	       (limits->bytes_max == 0 || bounds->bytes <= limits->bytes_max / 2);
}

static void count_in(struct bounds *bounds, const struct envelope *envelope)
{
	if (is_order(envelope)) {
		bounds->stops++;
		return;
	}
	bounds->count++;
	bounds->bytes += weight(envelope);
}

/* The system's bytes are given back by the caller: with the lock held nobody can be told. */
static struct envelope *count_out(struct bounds *bounds, struct envelope *envelope)
{
	if (is_order(envelope)) {
		bounds->stops--;
		return envelope;
	}
	bounds->count--;
	bounds->bytes -= weight(envelope);
	return envelope;
}

/* As many of those who wait as there is room for. When nothing is left, all: those who were told may have nothing to send any more,
 * and then nobody would ever look here again. */
static void make_room(struct bounds *bounds, int64_t now, struct room_request **told)
{
	uint32_t max = bounds->limits.messages_max;

	if (bounds->room.first != NULL && has_room(bounds, now))
		troupei_room_take(&bounds->room, max > 0 && bounds->count > 0 ? max - bounds->count : UINT32_MAX, told);
}

static void bury_all(struct troupei_system *system, struct actor_worker *worker, struct cell *cell, struct envelope *list,
                     troupe_status why)
{
	struct envelope *envelope;

	while ((envelope = troupei_list_pop(&list)) != NULL) {
		troupei_tally(system, worker, dropped);
		troupei_envelope_bury(system, worker, cell, envelope, why);
	}
}

/* -------------------------------------------------------------------------------------------------------------- sending -- */

/* One message on its way in. */
struct arrival {
	struct envelope *envelope;
	uint64_t bytes;
	int64_t now;
	struct envelope *dropped; /* a list: older ones that made way */
	bool parks;               /* its sender does */
};

enum admission { ADMITTED, REFUSED, DROPPED };

/* The oldest makes way. False: there is none but orders. */
static bool drop_oldest(struct bounds *bounds, struct arrival *arrival)
{
	if (bounds->queue.count == 0 || is_order(troupei_deque_at(&bounds->queue, 0)->envelope))
		return false;
	struct envelope *oldest = count_out(bounds, troupei_deque_pop_oldest(&bounds->queue));
	troupei_ceiling_release(&bounds->system->ceiling, weight(oldest));
	troupei_list_append(&arrival->dropped, oldest);
	return true;
}

static enum admission overflow(struct bounds *bounds, struct arrival *arrival)
{
	const troupe_bounds *limits = &bounds->limits;

	switch (limits->overflow) {
	case TROUPE_REFUSE:
		break;
	case TROUPE_DROP_NEWEST:
		return DROPPED;
	case TROUPE_DROP_OLDEST:
		if (limits->bytes_max > 0 && arrival->bytes > limits->bytes_max)
			return DROPPED;
		while (!fits(bounds, arrival->bytes, arrival->now))
			if (!drop_oldest(bounds, arrival))
				return DROPPED;
		return ADMITTED;
	case TROUPE_PARK:
		arrival->parks = troupei_park_is_possible(troupei_actor_worker());
		return arrival->parks ? ADMITTED : REFUSED;
	}
	return REFUSED;
}

static enum admission admit(struct bounds *bounds, const struct cell *cell, struct arrival *arrival)
{
	enum admission admission = ADMITTED;

	if (bounds->limits.overflow == TROUPE_PARK && troupei_park_is_waiting(troupei_actor_worker(), cell))
		return REFUSED;
	if (!fits(bounds, arrival->bytes, arrival->now))
		admission = overflow(bounds, arrival);

	if (admission != ADMITTED)
		return admission;
	while (!troupei_ceiling_take(&bounds->system->ceiling, arrival->bytes)) {
		if (bounds->limits.overflow == TROUPE_DROP_NEWEST)
			return DROPPED;
		if (bounds->limits.overflow != TROUPE_DROP_OLDEST)
			return REFUSED;
		if (!drop_oldest(bounds, arrival))
			return DROPPED;
	}
	return ADMITTED;
}

/* Into the queue, and its sender parked if that is to be; all or nothing. */
static troupe_status queue(struct bounds *bounds, struct cell *cell, struct arrival *arrival)
{
	troupe_status status = TROUPE_OK;

	if (!troupei_deque_push(&bounds->queue, arrival->envelope, arrival->now))
		return TROUPE_ENOMEM;
	if (arrival->parks)
		status = troupei_park(troupei_actor_worker(), cell, &bounds->room, lock_of(cell),
		                      troupei_envelope_kind(arrival->envelope));
	if (status == TROUPE_OK)
		count_in(bounds, arrival->envelope);
	else
		troupei_deque_pop_newest(&bounds->queue);
	return status;
}

/* B3. True: the caller schedules the actor. */
static bool put_token(struct bounds *bounds, struct cell *cell)
{
	if (bounds->token_out)
		return false;
	bounds->token_out = true;
	bounds->token.generation = cell->generation;
	enum mailbox_push pushed = troupei_mailbox_push(&cell->mailbox, &bounds->token);
	TROUPEI_ASSERT(pushed != MAILBOX_REFUSED);
	return pushed == MAILBOX_WOKEN;
}

/* With the lock held. */
static troupe_status arrive(struct bounds *bounds, struct actor_worker *worker, struct cell *cell, struct arrival *arrival,
                            bool *woken)
{
	struct troupei_system *system = bounds->system;
	bool order = is_order(arrival->envelope);
	arrival->now = now_for(bounds);
	enum admission admission = order ? ADMITTED : admit(bounds, cell, arrival);

	if (admission == REFUSED) {
		troupei_tally(system, worker, refused);
		return TROUPE_EFULL;
	}
	if (!order)
		troupei_tally(system, worker, sent); /* before it can be handled, and the ledger read */
	if (admission == DROPPED) {
		troupei_list_append(&arrival->dropped, arrival->envelope);
		return TROUPE_OK;
	}
	troupe_status status = queue(bounds, cell, arrival);
	if (status == TROUPE_OK) {
		*woken = put_token(bounds, cell);
		return TROUPE_OK;
	}
	if (!order) {
		troupei_tally_back(system, worker, sent);
		troupei_ceiling_release(&system->ceiling, arrival->bytes);
	}
	return status;
}

/* F4 in worker.h: whoever this handler has woken does not wait for it, while it sends and sends, or is refused and tries again. */
static void publish(struct actor_worker *worker, troupe_status status)
{
	if (worker == NULL || worker->apart)
		return;
	if (status != TROUPE_EFULL && worker->tally.sent < worker->publish_at)
		return;
	troupei_published(worker);
	troupei_worker_publish(&worker->base);
}

troupe_status troupei_bounds_post(struct troupei_system *system, struct actor_worker *worker, struct cell *cell,
                                  uint32_t generation, struct envelope *envelope)
{
	struct arrival arrival = { .envelope = envelope, .bytes = weight(envelope) };
	troupe_status status = TROUPE_ECLOSED;
	bool woken = false;

	envelope->generation = generation;
	pthread_mutex_lock(lock_of(cell));
	struct bounds *bounds = reached(cell, generation);
	if (bounds != NULL)
		status = arrive(bounds, worker, cell, &arrival, &woken);
	pthread_mutex_unlock(lock_of(cell));
	if (woken)
		troupei_schedule(system, worker, cell);
	bury_all(system, worker, cell, arrival.dropped, TROUPE_EFULL);
	troupei_ceiling_notice(system, worker);
	publish(worker, status);
	return status;
}

uint32_t troupei_bounds_queued(struct cell *cell, uint32_t generation)
{
	pthread_mutex_lock(lock_of(cell));
	const struct bounds *bounds = reached(cell, generation);
	uint32_t count = bounds != NULL ? bounds->count : 0;
	pthread_mutex_unlock(lock_of(cell));
	return count;
}

bool troupei_bounds_wait(struct troupei_system *system, struct cell *cell, uint32_t generation,
                         struct room_request *request)
{
	bool waits = false;

	pthread_mutex_lock(lock_of(cell));
	struct bounds *bounds = reached(cell, generation);
	if (bounds != NULL && !has_room(bounds, now_for(bounds))) {
		troupei_room_add(&bounds->room, lock_of(cell), request);
		waits = true;
	} else if (bounds != NULL) {
		waits = troupei_ceiling_wait(&system->ceiling, request);
	}
	pthread_mutex_unlock(lock_of(cell));
	return waits;
}

/* ------------------------------------------------------------------------------------------------------ the owner's side -- */

/* The next to handle, and before it those that have waited for too long. An order to stop comes after what was sent before it, so
 * there is no newest first as long as one waits. */
static struct envelope *choose(struct bounds *bounds, int64_t now, struct envelope **late)
{
	struct deque *queue = &bounds->queue;

	for (uint32_t dropped = 0; queue->count > 0; dropped++) {
		const struct deque_entry *oldest = troupei_deque_at(queue, 0);
		if (is_order(oldest->envelope) ||
		    !troupei_delay_drops(&bounds->delay, now, oldest->since_ns, queue->count == 1))
			break;
		if (dropped == LATE_MAX)
			return NULL;
		troupei_list_append(late, count_out(bounds, troupei_deque_pop_oldest(queue)));
	}
	if (queue->count == 0)
		return NULL;
	if (bounds->limits.newest_first && bounds->delay.standing && bounds->stops == 0)
		return count_out(bounds, troupei_deque_pop_newest(queue));
	return count_out(bounds, troupei_deque_pop_oldest(queue));
}

struct envelope *troupei_bounds_next(struct actor_worker *worker, struct cell *cell)
{
	struct bounds *bounds = cell->extra->bounds;
	struct room_request *told = NULL;
	struct envelope *late = NULL;

	pthread_mutex_lock(lock_of(cell));
	uint64_t bytes = bounds->bytes;
	int64_t now = now_for(bounds);
	struct envelope *envelope = choose(bounds, now, &late);
	bytes -= bounds->bytes;
	bool more = bounds->token_out = bounds->queue.count > 0;
	make_room(bounds, now, &told);
	pthread_mutex_unlock(lock_of(cell));
	if (more)
		troupei_list_append(&cell->mailbox.tail, &bounds->token);
	troupei_ceiling_give(worker->system, worker, bytes);
	bury_all(worker->system, worker, cell, late, TROUPE_ETIMEOUT);
	troupei_room_tell(worker->system, worker, told);
	return envelope;
}

void troupei_bounds_close(struct actor_worker *worker, struct cell *cell)
{
	struct bounds *bounds = cell->extra->bounds;
	struct room_request *told = NULL;

	pthread_mutex_lock(lock_of(cell));
	bounds->closed = true;
	troupei_room_take(&bounds->room, UINT32_MAX, &told);
	pthread_mutex_unlock(lock_of(cell));
	troupei_room_tell(worker->system, worker, told);
}

void troupei_bounds_empty(struct actor_worker *worker, struct cell *cell, struct envelope **tail)
{
	struct bounds *bounds = cell->extra->bounds;
	struct room_request *told = NULL;
	struct envelope *all = NULL, *envelope;

	pthread_mutex_lock(lock_of(cell));
	uint64_t bytes = bounds->bytes;
	while ((envelope = troupei_deque_pop_oldest(&bounds->queue)) != NULL)
		troupei_list_append(&all, count_out(bounds, envelope));
	bounds->token_out = false;
	make_room(bounds, 0, &told);
	pthread_mutex_unlock(lock_of(cell));
	troupei_list_prepend_all(tail, all);
	troupei_ceiling_give(worker->system, worker, bytes);
	troupei_room_tell(worker->system, worker, told);
}
