/* SPDX-License-Identifier: MIT */
/* Futures, and the blocking call that stands on them. */
#include "actors/future.h"

#include <string.h>
#include <time.h>

#include "actors/spawn.h"
#include "base/memory.h"

struct future {
	pthread_cond_t changed;
	struct envelope *answers; /* circular, as mailbox.tail */
	troupe_status closed;     /* once nothing more comes: why; TROUPE_OK while something may */
	uint32_t references;      /* its slot, and each thread that waits; the last one frees it */
	int64_t deadline_ns;      /* INT64_MAX: none */
};

enum { LOCKS = 64 };
static struct {
	pthread_mutex_t lock;
} __attribute__((aligned(TROUPEI_CACHE_LINE))) locks[LOCKS];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void locks_init(void)
{
	for (unsigned i = 0; i < LOCKS; i++)
		pthread_mutex_init(&locks[i].lock, NULL);
}

pthread_mutex_t *troupei_future_lock(const struct ask *ask)
{
	pthread_once(&once, locks_init);
	pthread_mutex_t *lock = &locks[troupei_slot_of((const struct cell *)ask) % LOCKS].lock;
	pthread_mutex_lock(lock);
	return lock;
}

static struct future *future_new(int64_t within_ns)
{
	struct future *future = troupei_allocate(sizeof *future);
	pthread_condattr_t monotonic;

	if (future == NULL)
		return NULL;
	memset(future, 0, sizeof *future);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&future->changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	int64_t now = troupei_clock_ns();
	future->deadline_ns = within_ns > 0 && within_ns < INT64_MAX - now ? now + within_ns : INT64_MAX;
	future->references = 1;
	return future;
}

/* With the lock held. */
static void future_drop(struct future *future)
{
	struct envelope *envelope;

	if (--future->references > 0)
		return;
	while ((envelope = troupei_list_pop(&future->answers)) != NULL)
		troupei_envelope_free(envelope);
	pthread_cond_destroy(&future->changed);
	troupei_deallocate(future, sizeof *future);
}

void troupei_future_put(struct ask *ask, struct envelope *envelope, bool last)
{
	struct future *future = ask->of.future;
	bool answer = troupei_envelope_sort(envelope) == SORT_ANSWER;

	if (last)
		future->closed = answer ? TROUPE_ECLOSED : (troupe_status)troupei_envelope_kind(envelope);
	if (answer)
		troupei_list_append(&future->answers, envelope);
	else
		troupei_envelope_free(envelope);
	pthread_cond_broadcast(&future->changed);
}

/* With the lock held: the slot's reference goes. */
static void detach(struct ask *ask, troupe_status why)
{
	struct future *future = ask->of.future;

	troupei_ask_close(ask);
	if (future->closed == TROUPE_OK)
		future->closed = why;
	pthread_cond_broadcast(&future->changed);
	future_drop(future);
}

void troupei_future_abandon(struct troupei_system *system, struct ask *ask)
{
	pthread_mutex_t *lock = troupei_future_lock(ask);

	if (troupei_cell_is_proxy((struct cell *)ask) && (ask->flags & FLAG_FUTURE)) {
		detach(ask, TROUPE_ECLOSED);
		troupei_ask_free(system, NULL, ask);
	}
	pthread_mutex_unlock(lock);
}

static troupe_status future_open(struct troupei_system *system, struct actor_worker *worker,
                                 const troupe_expectation *options, troupe_future *out)
{
	struct future *future = future_new(options->within_ns);
	struct ask *ask;

	if (future == NULL)
		return TROUPE_ENOMEM;
	troupe_status status = troupei_ask_make(system, worker, options, &ask);
	if (status != TROUPE_OK) {
		future_drop(future);
		return status;
	}
	ask->of.future = future;
	troupei_store_relaxed_8(&ask->flags, FLAG_FUTURE);
	out->ref = troupei_ref_of((struct cell *)ask);
	troupei_ask_publish(ask);
	return TROUPE_OK;
}

troupe_status troupe_future_open(troupe_system system, const troupe_expectation *options, troupe_future *out)
{
	troupe_expectation own;
	bool outside;

	if (system.private_ == NULL || out == NULL || !troupei_options_read(&own, sizeof own, options))
		return TROUPE_EINVAL;
	if (own.hold || own.then != NULL)
		return TROUPE_EINVAL;
	if (!troupei_system_enter(system.private_, &outside))
		return TROUPE_ECLOSED;
	troupe_status status = future_open(system.private_, troupei_worker_of(system.private_), &own, out);
	troupei_system_leave(system.private_, outside);
	return status;
}

/* The slot of an open future, locked; NULL: there is none any more. */
static struct ask *future_find(troupe_future future, pthread_mutex_t **lock)
{
	struct cell *cell = troupei_ref_cell(future.ref);

	if (cell == NULL)
		return NULL;
	*lock = troupei_future_lock(troupei_ask_of(cell));
	/* Slots of futures are freed with the lock held: what is seen now stays. */
	if (troupei_ref_cell(future.ref) == cell && troupei_cell_is_proxy(cell) &&
	    (troupei_ask_of(cell)->flags & FLAG_FUTURE))
		return troupei_ask_of(cell);
	pthread_mutex_unlock(*lock);
	return NULL;
}

/* Until there is an answer, an end, or no time left. With the lock held, and a reference. */
static void wait_for_change(struct future *future, pthread_mutex_t *lock)
{
	struct timespec until = { .tv_sec = (time_t)(future->deadline_ns / 1000000000),
		                  .tv_nsec = (long)(future->deadline_ns % 1000000000) };

	while (future->answers == NULL && future->closed == TROUPE_OK) {
		if (future->deadline_ns == INT64_MAX)
			pthread_cond_wait(&future->changed, lock);
		else if (pthread_cond_timedwait(&future->changed, lock, &until) != 0)
			return;
	}
}

static troupe_status read_answer(struct envelope *envelope, int32_t kind, void *answer, size_t size)
{
	bool fits = troupei_envelope_kind(envelope) == kind && troupei_envelope_size(envelope) == size;

	if (fits && size > 0)
		memcpy(answer, troupei_envelope_data(envelope), size);
	troupei_envelope_free(envelope);
	return fits ? TROUPE_OK : TROUPE_EANSWER;
}

troupe_status troupe_next(troupe_future handle, int32_t kind, void *answer, size_t size)
{
	pthread_mutex_t *lock;

	if (answer == NULL && size > 0)
		return TROUPE_EINVAL;
	if (troupei_actor_worker() != NULL)
		return TROUPE_ECONTEXT;
	struct ask *ask = future_find(handle, &lock);
	if (ask == NULL)
		return TROUPE_ECLOSED;
	struct future *future = ask->of.future;
	future->references++;
	wait_for_change(future, lock);
	struct envelope *envelope = troupei_list_pop(&future->answers);
	troupe_status status = future->closed != TROUPE_OK ? future->closed : TROUPE_ETIMEOUT;
	if (envelope == NULL && future->closed == TROUPE_OK) { /* from now on answers are late */
		future->closed = TROUPE_ETIMEOUT;
		troupei_ask_close(ask);
	}
	future_drop(future);
	pthread_mutex_unlock(lock);
	return envelope != NULL ? read_answer(envelope, kind, answer, size) : status;
}

bool troupe_future_ready(troupe_future handle)
{
	pthread_mutex_t *lock;
	struct ask *ask = future_find(handle, &lock);

	if (ask == NULL)
		return true; /* troupe_next would say TROUPE_ECLOSED at once */
	const struct future *future = ask->of.future;
	bool ready = future->answers != NULL || future->closed != TROUPE_OK || troupei_clock_ns() >= future->deadline_ns;
	pthread_mutex_unlock(lock);
	return ready;
}

void troupe_future_close(troupe_future handle)
{
	pthread_mutex_t *lock;
	struct cell *cell = troupei_ref_cell(handle.ref);
	struct troupei_system *system = cell != NULL ? troupei_gate_enter(troupei_cell_system(cell)) : NULL;
	struct ask *ask;

	if (system == NULL)
		return;
	uint8_t id = system->id;
	ask = future_find(handle, &lock);
	if (ask != NULL) {
		detach(ask, TROUPE_ECLOSED);
		troupei_ask_free(system, troupei_worker_of(system), ask);
		pthread_mutex_unlock(lock);
	}
	troupei_gate_leave(id);
}

troupe_status troupe_call_bytes(troupe_ref to, int32_t kind, const void *data, size_t size, size_t reply_offset,
                                int32_t answer_kind, void *answer, size_t answer_size, int64_t within_ns)
{
	struct cell *cell = troupei_ref_cell(to);
	troupe_future future = { { 0 } };

	if (within_ns < 0 || (answer == NULL && answer_size > 0))
		return TROUPE_EINVAL;
	if (troupei_actor_worker() != NULL)
		return TROUPE_ECONTEXT;
	if (cell == NULL)
		return TROUPE_EGONE;
	uint8_t id = troupei_cell_system(cell);
	struct troupei_system *system = troupei_gate_enter(id);
	if (system == NULL)
		return TROUPE_EGONE;
	troupe_status status = troupei_system_phase(system) == PHASE_RUNNING
	                               ? future_open(system, NULL, &(troupe_expectation){ .within_ns = within_ns }, &future)
	                               : TROUPE_ECLOSED;
	if (status == TROUPE_OK)
		status = troupe_ask_bytes(to, kind, data, size, reply_offset, future.ref);
	troupei_gate_leave(id);
	if (status == TROUPE_OK)
		status = troupe_next(future, answer_kind, answer, answer_size);
	troupe_future_close(future);
	return status;
}
